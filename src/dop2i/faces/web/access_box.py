"""What a record's page says of access: what is closed, why, until when, what was opened to the reader, how to ask."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from dop2i.errors import NotFound
from dop2i.faces.web import present
from dop2i.faces.web.rendering import page, person_of
from dop2i.server.access.models import AccessRequest
from dop2i.server.files.readable import Readable
from dop2i.server.records.closures import Rule, rule_of
from dop2i.server.records.policy import may, may_know
from dop2i.server.records.queries import find_record
from dop2i.server.records.sharing import terms_to_accept
from dop2i.server.records.standing import standing_of


def access_box(request: HttpRequest, record: Any, readable: Readable) -> dict[str, Any]:
    """The part of the page's context that is about access."""
    actor, rule = request.actor, rule_of(record.document or {})
    published = record.is_published
    closed = published and rule.closes_something
    shut = closed and not readable.everything
    context = {
        "closures": closure_lines(rule) if closed else [],
        "closed_to_reader": shut,
        "opened_to_reader": closed and not readable.nothing and readable != rule.readable,
        "terms": terms_to_accept(actor, record) if closed else [],
        "may_ask": shut,
        "may_manage": may(actor, "grant", record),
        "may_withdraw": published and may(actor, "withdraw", record),
        "asked": None,
        "by_link": bool(actor.links) and not standing_of(actor, record).is_known,
    }
    if shut and person_of(request) is not None:
        mine = AccessRequest.objects.filter(person=actor.person, concept_id=record.concept_id)
        context["asked"] = mine.filter(state=AccessRequest.State.OPEN).first()
    return context


def closure_lines(rule: Rule) -> list[dict[str, Any]]:
    """What is closed, in words: how much, why, until when."""
    lines = []
    if rule.files_closed:
        scope = "record" if rule.record_closed else "files"
        lines.append({"scope": scope, "until": rule.until, "note": rule.note, "reason": reason_words(rule.reason)})
    if not rule.record_closed and not rule.files_closed:
        lines += [
            {"scope": "part", "until": part.until, "note": part.note, "reason": reason_words(part.reason)}
            for part in rule.parts
        ]
    return lines


def reason_words(reason: str) -> str:
    """A reason in the page's language; prose stays as it was written."""
    return present.term_label("closurereasons", reason) if reason else ""


def closed_page(request: HttpRequest, record_id: int) -> HttpResponse:
    """A closed record of which everybody may know: nothing of its description, only why and until when."""
    record = find_record(record_id)
    if not may_know(request.actor, record):
        raise NotFound(f"There is no record {record_id}.")
    context = {"record": record, **access_box(request, record, rule_of(record.document or {}).readable)}
    return page(request, "closed.html", context, status=403, nav="catalogue")


def tombstone_page(request: HttpRequest, told: dict[str, Any]) -> HttpResponse:
    """What is left of a withdrawn record."""
    facts = told["tombstone"]
    pids = [pid["identifier"] for pid in told["pids"].values()]
    record = find_record(told["id"])
    context = {
        "number": told["id"],
        "facts": facts,
        "reason": present.term_label("removalreasons", facts["removal_reason"]["id"]),
        "pid": pids[0] if pids else "",
        "may_restore": may(request.actor, "restore", record) and not (record.withdrawal or {}).get("law"),
        "may_delete": may(request.actor, "delete_for_law", record) and not (record.withdrawal or {}).get("law"),
    }
    return page(request, "tombstone.html", context, status=410)
