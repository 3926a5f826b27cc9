"""Access to a record: its rule, who was let in, who asks, secret links; asking; and what was opened to me."""

from __future__ import annotations

import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dop2i.core.vocabularies import VOCABULARIES
from dop2i.errors import Conflict, Dop2iError, InvalidDocument, InvalidInput, NotAuthenticated, NotFound
from dop2i.faces.addresses import base_url
from dop2i.faces.web import present
from dop2i.faces.web.access_box import access_box
from dop2i.faces.web.rendering import page, person_of
from dop2i.faces.web.rules import access_sent, rule_values
from dop2i.faces.web.said import said, said_text
from dop2i.server.access.models import AccessRequest
from dop2i.server.records import lifting, requests, sharing
from dop2i.server.records.closures import rule_of
from dop2i.server.records.models import Record
from dop2i.server.records.policy import may, may_know, require
from dop2i.server.records.queries import find_record


@require_http_methods(["GET", "HEAD", "POST"])
def manage(request: HttpRequest, record_id: int) -> HttpResponse:
    """Who may see this record: its rule, grants, requests, secret links. Each form does one thing."""
    record = find_record(record_id)
    require(request.actor, "grant", record)
    if request.method != "POST":
        return _manage_page(request, record)
    what = request.POST.get("do", "")
    try:
        secret = _DOING[what](request, record) if what in _DOING else None
    except InvalidDocument as error:
        words = "; ".join(said_text(problem.message) for problem in error.problems)
        return _manage_page(request, record, problem=words, status=400)
    except (InvalidInput, Conflict, NotFound) as error:
        return _manage_page(request, record, problem=said(error), status=400)
    if secret:
        return _manage_page(request, find_record(record_id), secret=secret)
    return HttpResponseRedirect(reverse("web:record-access", args=[record_id]))


def _change_rule(request: HttpRequest, record: Record) -> None:
    access = access_sent(request.POST, (record.document or {}).get("access") or {})
    lifting.change_access(actor=request.actor, record_id=record.pk, access=access)
    messages.success(request, _("The rule was changed. It holds from now on."))


def _grant(request: HttpRequest, record: Record) -> None:
    sharing.grant_access(
        actor=request.actor, record_id=record.pk, to=sharing.subject_named(request.POST.get("to", "")), **_sent(request)
    )
    messages.success(request, _("Access was granted."))


def _sent(request: HttpRequest) -> dict[str, Any]:
    """What a grant, an answer and a link have in common."""
    sent = request.POST
    return {
        "view": sent.get("view", "files"),
        "patterns": sent.get("patterns", "").split("\n"),
        "until": sent.get("until", ""),
        "terms": sent.get("terms", ""),
    }


def _revoke(request: HttpRequest, record: Record) -> None:
    sharing.revoke_grant(actor=request.actor, grant_id=_number(request.POST.get("grant", "")))
    messages.success(request, _("Access was ended."))


def _make_link(request: HttpRequest, record: Record) -> str:
    draft = request.POST.get("draft") == "1"
    label = request.POST.get("label", "")
    _link, secret = sharing.make_link(
        actor=request.actor, record_id=record.pk, label=label, draft=draft, **_sent(request)
    )
    return f"{base_url(request)}{reverse('web:record', args=[record.pk])}?token={secret}"


def _revoke_link(request: HttpRequest, record: Record) -> None:
    sharing.revoke_link(actor=request.actor, link_id=_number(request.POST.get("link", "")))
    messages.success(request, _("The link no longer opens anything."))


def _answer(request: HttpRequest, record: Record) -> None:
    number, answer = _number(request.POST.get("request", "")), request.POST.get("answer", "")
    if request.POST.get("decision") == "decline":
        requests.decline_request(actor=request.actor, request_id=number, answer=answer)
        messages.success(request, _("The request was declined."))
        return
    requests.grant_request(actor=request.actor, request_id=number, answer=answer, **_sent(request))
    messages.success(request, _("Access was granted."))


_DOING = {
    "rule": _change_rule,
    "grant": _grant,
    "revoke": _revoke,
    "link": _make_link,
    "revoke-link": _revoke_link,
    "answer": _answer,
}


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise InvalidInput("The form was not filled in by this page.")
    return int(text)


def _manage_page(
    request: HttpRequest, record: Record, *, problem: str = "", secret: str = "", status: int = 200
) -> HttpResponse:
    found = list(requests.requests_of(request.actor, record)[:100])
    context = {
        "record": record,
        "title": present.title_of(record.document or record.draft or {}),
        "problem": problem,
        "secret": secret,
        "values": request.POST if status != 200 else {},
        "may_change": record.is_published and may(request.actor, "manage_access", record),
        "may_withdraw": record.is_published and may(request.actor, "withdraw", record),
        "rule": rule_values(record.document or {}) if record.is_published else None,
        "reasons": VOCABULARIES["closurereasons"].values(),
        "lift": _lift(request, record),
        "grants": [(grant, sharing.is_held(grant)) for grant in sharing.grants_of(request.actor, record)[:200]],
        "links": [(link, sharing.is_held(link)) for link in sharing.links_of(request.actor, record)[:200]],
        "open_requests": [(one, requests.who_asks(one)) for one in found if one.state == AccessRequest.State.OPEN],
        "old_requests": [(one, requests.who_asks(one)) for one in found if one.state != AccessRequest.State.OPEN],
        "tomorrow": (lifting.closures.today() + datetime.timedelta(days=1)).isoformat(),
    }
    return page(request, "access.html", context, status=status, nav="work")


def _lift(request: HttpRequest, record: Record) -> lifting.Lift | None:
    if not record.is_published or not may(request.actor, "manage_access", record):
        return None
    if not rule_of(record.document or {}).closes_something:
        return None
    return lifting.preview_lift(request.actor, record.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, record_id: int) -> HttpResponse:
    """Ask to be let in: what for; a visitor also gives a name and an address."""
    record = find_record(record_id)
    if not may_know(request.actor, record) or not record.is_published:
        raise NotFound(f"There is no record {record_id}.")
    problem = ""
    if request.method == "POST":
        sent = request.POST
        try:
            made = requests.ask_access(
                actor=request.actor,
                record_id=record.pk,
                purpose=sent.get("purpose", ""),
                name=sent.get("name", ""),
                email=sent.get("email", ""),
            )
        except NotAuthenticated:
            raise
        except Dop2iError as error:
            problem = said(error)
        else:
            if made.person_id is None:
                messages.success(request, _("A mail is on its way to you: open its address to send the request."))
            else:
                messages.success(request, _("Your request was sent. You will be told of the answer."))
            return HttpResponseRedirect(reverse("web:record", args=[record.pk]))
    rule = rule_of(record.document or {})
    context = {
        "record": record,
        "title": "" if rule.record_closed and not may(request.actor, "read", record) else record.title,
        "problem": problem,
        "values": request.POST,
        **access_box(request, record, rule.readable),
    }
    return page(request, "access_ask.html", context, status=400 if problem else 200, nav="catalogue")


@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """A visitor confirms the address of a request: the link shows a button, so that no mail reader does it unasked."""
    secret = request.POST.get("token", "") if request.method == "POST" else request.GET.get("token", "")
    done = None
    if request.method == "POST":
        done = requests.confirm_request(secret=secret)
    answer = page(request, "access_confirm.html", {"token": secret, "done": done})
    answer["Referrer-Policy"] = "no-referrer"
    return answer


@require_POST
def accept(request: HttpRequest, record_id: int) -> HttpResponse:
    """Accept the terms under which files were opened."""
    if request.POST.get("accepted") == "1":
        sharing.accept_terms(actor=request.actor, record_id=record_id)
        messages.success(request, _("You accepted the terms: the files are open to you."))
    record = find_record(record_id)
    query = "" if record.is_published else "?preview=1"
    return HttpResponseRedirect(reverse("web:record", args=[record_id]) + query)


@require_safe
def my_access(request: HttpRequest) -> HttpResponse:
    """What was opened to me, what I asked for, what I am asked for."""
    if person_of(request) is None:
        raise NotAuthenticated("Sign in to see what was opened to you.")
    context = {
        "grants": [
            {"grant": grant, "record": record, "title": present.title_of(record.document or {}), "accepted": accepted}
            for grant, record, accepted in sharing.my_grants(request.actor)
        ],
        "asked": list(requests.my_requests(request.actor)[:100]),
        "to_decide": [(one, requests.who_asks(one)) for one in requests.requests_to_decide(request.actor)],
    }
    return page(request, "my_access.html", context, nav="work")


@require_POST
def cancel(request: HttpRequest, request_id: int) -> HttpResponse:
    """Take a request of mine back."""
    requests.cancel_request(actor=request.actor, request_id=request_id)
    messages.success(request, _("Your request was taken back."))
    return HttpResponseRedirect(reverse("web:my-access"))
