"""The journal in pages: my own part of it, that of a record, and the whole for administrators; each as a file too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dop2i.errors import InvalidInput, NotFound
from dop2i.faces.journal_download import journal_download
from dop2i.faces.web import present
from dop2i.faces.web.rendering import page
from dop2i.faces.web.said import said
from dop2i.faces.web.words_of_the_journal import action_words
from dop2i.server.people import audit as journal
from dop2i.server.people.journal_exports import FORMATS
from dop2i.server.records.history import record_history as history_of_record
from dop2i.server.records.history import record_targets

SIZE = 100
_MOST_FACTS = 6
_LONGEST_FACT = 120


@require_safe
def my_history(request: HttpRequest) -> HttpResponseBase:
    """What I did and what was done to my account, with the addresses that I came from."""
    asked = journal.own_history(request.actor)
    context = {
        "title": _("My history"),
        "lead": _("What you did here, what was done to your account, and from where."),
        "above": [(reverse("web:work"), _("My work")), (reverse("web:profile"), _("My profile"))],
        "with_addresses": True,
    }
    return _answer(request, asked, context, name="my-history", nav="work")


@require_safe
def record_history(request: HttpRequest, record_id: int) -> HttpResponseBase:
    """Who did what to a record and its other versions, for those who look after it."""
    record, asked = history_of_record(request.actor, record_id)
    # a draft that was never published is shown to who may read it: history_of_record has asked
    title = present.title_of(record.document or record.draft or {})
    shown = reverse("web:record" if record.document else "web:draft", args=[record.pk])
    context = {
        "title": _("History"),
        "lead": _("Who did what to this record and its other versions, and by which token. Nothing here can change."),
        "above": [(shown, title)],
        "with_addresses": request.actor.is_administrator,
    }
    return _answer(request, asked, context, name=f"record-{record.pk}-history")


@require_safe
def whole_journal(request: HttpRequest) -> HttpResponseBase:
    """Everything that was done in this installation, for its administrators."""
    journal.require_journal(request.actor)
    names = ("record", "person", "action", "since", "until")
    values = {name: request.GET.get(name, "").strip()[:254] for name in names}
    error = ""
    try:
        asked = _filter_of(values)
    except (InvalidInput, NotFound) as problem:
        asked, error = journal.Filter(targets=("nothing",)), said(problem)
    context = {
        "title": _("Journal"),
        "lead": _("Who did what, when, from where and by which token. Lines are only ever added."),
        "above": [],
        "values": values,
        "error": error,
        "with_filters": True,
        "with_addresses": True,
    }
    return _answer(request, asked, context, name="journal", nav="journal", status=400 if error else 200)


def _filter_of(values: dict[str, str]) -> journal.Filter:
    number = values["record"]
    if number and not (number.isascii() and number.isdecimal() and len(number) < 19):
        raise InvalidInput(_("A record is named by its number."))
    until = _day(values["until"])
    return journal.Filter(
        targets=record_targets(int(number)) if number else (),
        person_id=journal.person_number(values["person"]) if values["person"] else None,
        action=values["action"],
        since=_day(values["since"]),
        until=until + timedelta(days=1) if until else None,
    )


def _day(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise InvalidInput(_("Write a day as 2026-11-22.")) from error


def _answer(
    request: HttpRequest,
    asked: journal.Filter,
    context: dict[str, Any],
    *,
    name: str,
    nav: str = "",
    status: int = 200,
) -> HttpResponseBase:
    form = request.GET.get("format", "")
    if form in FORMATS and status == 200:
        return journal_download(request, asked, format=form, name=name)
    before = request.GET.get("before", "")
    number = int(before) if before.isascii() and before.isdecimal() and len(before) < 19 else None
    lines, following = journal.journal_page(asked, reader=request.actor, before=number, size=SIZE)
    kept = request.GET.copy()
    for dropped in ("before", "format"):
        kept.pop(dropped, None)
    shared = {
        "rows": [_row(line) for line in lines],
        "query": kept.urlencode(),
        "following": following,
        "begun": number is not None,
    }
    answer = page(request, "journal.html", {**shared, **context}, nav=nav, status=status)
    answer["Cache-Control"] = "private, no-store"
    return answer


def _row(line: journal.Line) -> dict[str, Any]:
    kind, _colon, number = line.target.partition(":")
    is_record = kind == "record" and number.isdecimal()
    facts = [f"{name}: {_short(value)}" for name, value in list(line.details.items())[:_MOST_FACTS]]
    return {
        "line": line,
        "words": action_words(line.action),
        "target": f"{_kinds().get(kind, kind)} {number}".strip(),
        "href": reverse("web:record", args=[int(number)]) if is_record else "",
        "facts": "; ".join(facts),
    }


def _kinds() -> dict[str, str]:
    """What is written about, in words."""
    return {
        "record": _("record"),
        "concept": _("concept"),
        "person": _("person"),
        "community": _("community"),
        "group": _("group"),
    }


def _short(value: Any) -> str:
    text = ", ".join(str(item) for item in value) if isinstance(value, list) else str(value)
    return text if len(text) <= _LONGEST_FACT else f"{text[: _LONGEST_FACT - 1]}…"
