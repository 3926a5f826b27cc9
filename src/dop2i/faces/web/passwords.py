"""A forgotten password: Django's own reset, by a link in a mail, in our look."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse_lazy
from django.utils.translation import gettext as _

from dop2i.faces import rates
from dop2i.faces.web.rendering import page
from dop2i.faces.web.sign_in_with import absolute


class _InOurLook:
    """A view of Django that answers with a page of ours."""

    request: HttpRequest
    page_name = ""

    def render_to_response(self, context: dict[str, Any], **_options: Any) -> HttpResponse:
        """The page; 400 when its form was refused."""
        form = context.get("form")
        wanted = {"form": form, "validlink": context.get("validlink", True)}
        answer = page(self.request, self.page_name, wanted, status=400 if form is not None and form.errors else 200)
        answer["Cache-Control"] = "private, no-store"
        answer["Referrer-Policy"] = "no-referrer"
        return answer


class Forgotten(_InOurLook, views.PasswordResetView):
    """Asks for the address and says the same whether it is known or not."""

    page_name = "forgotten.html"
    email_template_name = "dop2i/mail/forgotten.txt"
    subject_template_name = "dop2i/mail/forgotten_subject.txt"
    success_url = reverse_lazy("web:sign-in")

    def form_valid(self, form: Any) -> HttpResponse:
        """Writes the mail, when somebody has that address and a password."""
        rates.spend("letter", self.request.META.get("REMOTE_ADDR", ""))
        rates.spend("letter", form.cleaned_data["email"].lower())
        self.extra_email_context = {
            "base": absolute(self.request, "/").rstrip("/"),
            "instance_title": settings.DOP2I.title,
        }
        messages.success(
            self.request,
            _("If an account has this address and a password, a mail is on its way: its link is good for a day."),
        )
        return super().form_valid(form)


class NewPassword(_InOurLook, views.PasswordResetConfirmView):
    """The new password, where the mail's link leads. The second factor stays."""

    page_name = "new_password.html"
    success_url = reverse_lazy("web:sign-in")

    def form_valid(self, form: Any) -> HttpResponse:
        """Sets it; every session of the account ends."""
        from dop2i.server.people.identities import reset_password

        reset_password(person=self.user, password=form.cleaned_data["new_password1"], address=_address(self.request))
        self.request.session.pop(views.INTERNAL_RESET_SESSION_TOKEN, None)
        messages.success(self.request, _("The password is set. Sign in with it."))
        return HttpResponseRedirect(str(self.success_url))


def _address(request: HttpRequest) -> str:
    return request.META.get("REMOTE_ADDR", "")
