"""The one place where an error becomes a page: the exceptions of dop2i, and Django's own answers."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from dop2i.errors import Dop2iError, NotAuthenticated, NotPermitted, TooManyRequests
from dop2i.faces.problems import problem_response, status_of
from dop2i.faces.web.rendering import page, person_of
from dop2i.faces.web.said import said

log = logging.getLogger(__name__)
View = Callable[..., HttpResponseBase]


def with_error_pages(view: View) -> View:
    """The view, with every error of dop2i told as a page (and "say who you are" as the way to the sign-in page)."""

    @functools.wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except NotAuthenticated:
            return to_sign_in(request)
        except NotPermitted as error:
            if person_of(request) is None:
                return to_sign_in(request)
            return error_page(request, 403, detail=said(error))
        except Http404:
            return error_page(request, 404)
        except Dop2iError as error:
            status = status_of(error)
            if status == 500:
                log.exception("A page could not be made: %s", request.path)
            made = error_page(request, status, detail=said(error))
            if isinstance(error, TooManyRequests):
                made["Retry-After"] = str(error.seconds)
            return made

    return answer


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in page, and back to this address afterwards (to its page, when a form was sent)."""
    query = urlencode({"next": request.get_full_path() if request.method == "GET" else request.path})
    return HttpResponseRedirect(f"{reverse('web:sign-in')}?{query}")


def error_page(request: HttpRequest, status: int, *, detail: str = "") -> HttpResponse:
    """What happened, where, and what to do next."""
    titles = {
        400: _("This request cannot be used"),
        403: _("You may not do that here"),
        404: _("There is nothing at this address"),
        409: _("It changed in the meantime"),
        429: _("Too many requests came from you"),
        503: _("A service elsewhere does not answer"),
        507: _("There is no room left"),
    }
    advice = {
        400: _("Go back, correct it and send it again."),
        403: _("If it should be allowed, write to the person who looks after this installation."),
        404: _(
            "The address may hold a typing error, or the record is not public. Records never vanish: "
            "a withdrawn one leaves a page that says so."
        ),
        409: _("Read the page again and decide which of the two to keep."),
        429: _("Wait a moment, then try again. Programs that ask much sign in with a token."),
        503: _("Nothing was lost. It will be tried again; look again in a few minutes."),
        507: _("Nothing was lost. The person who looks after this installation has to make room first."),
    }
    context = {
        "status": status,
        "title": titles.get(status, _("The page could not be made")),
        "advice": advice.get(
            status,
            _(
                "The error is in the log of this installation. Try again; if it comes back, "
                "write to the person who looks after it."
            ),
        ),
        "detail": detail,
    }
    return page(request, "error.html", context, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400."""
    return error_page(request, 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler403."""
    return error_page(request, 403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404; programs under ``/api`` get a problem document."""
    if request.path_info.startswith("/api/"):
        return problem_response(404, "There is nothing at this address.")
    return error_page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500; the traceback is in the log already."""
    if request.path_info.startswith("/api/"):
        return problem_response(500, "The answer could not be made. The error is in the log of this installation.")
    return error_page(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """CSRF_FAILURE_VIEW: an old form, or cookies refused."""
    detail = _(
        "The form was older than your session, or this browser refuses cookies. Read the page again, "
        "then send the form."
    )
    return error_page(request, 403, detail=detail)
