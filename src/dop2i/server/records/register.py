"""The public register of closures: what is closed, why, until when; and what a steward has to look at."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import Count, F, Q, QuerySet

from dop2i.errors import InvalidQuery, NotPermitted
from dop2i.server.access.models import Closure
from dop2i.server.people.policy import Actor, require_scope
from dop2i.server.records import closures
from dop2i.server.records.models import Record

SCOPES = tuple(Closure.Scope.values)
LARGEST_PAGE = 200
_ATTACK = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Line:
    """One closure as it is told: ``title`` is empty for a record whose description is closed."""

    record_id: int
    title: str
    scope: str
    reason: str
    note: str
    until: datetime.date | None
    review: datetime.date | None
    since: datetime.date | None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the register: ``reasons`` and ``scopes`` count every line that the other filter lets through."""

    lines: list[Line]
    total: int
    page: int
    size: int
    reasons: dict[str, int] = field(default_factory=dict)
    scopes: dict[str, int] = field(default_factory=dict)


def register(*, reason: str = "", scope: str = "", ending: str = "", page: int = 1, size: int = 50) -> Page:
    """The closures that everybody may know of, those that end first first.

    ``reason`` and ``scope`` (record, files, part) narrow; ``ending`` is ``dated``, ``open`` (no end) or empty.
    Raises ``InvalidQuery``.
    """
    if scope and scope not in SCOPES:
        raise InvalidQuery(f"There is no scope {scope[:40]!r}.", hint=f"Choose among {', '.join(SCOPES)}.")
    if ending not in ("", "dated", "open"):
        raise InvalidQuery(f"There is no ending {ending[:40]!r}.", hint="Choose dated or open.")
    size, page = max(1, min(size, LARGEST_PAGE)), max(1, page)
    told = _listed()
    if ending:
        told = told.filter(until__isnull=ending == "open")
    found = told.filter(**{name: value for name, value in (("reason", reason), ("scope", scope)) if value})
    start = (page - 1) * size
    rows = list(_in_order(found)[start : start + size])
    return Page(
        lines=list(_lines(rows)),
        total=found.count(),
        page=page,
        size=size,
        reasons=_counts(told.filter(scope=scope) if scope else told, "reason"),
        scopes=_counts(told.filter(reason=reason) if reason else told, "scope"),
    )


def _listed() -> QuerySet[Closure]:
    """What everybody may know of, as it stands today: what has ended is not closed any more."""
    today = closures.today()
    return Closure.objects.filter(Q(until__isnull=True) | Q(until__gt=today), listed=True)


def _in_order(found: QuerySet[Closure]) -> QuerySet[Closure]:
    return found.order_by(F("until").asc(nulls_last=True), "record_id", "id")


def _counts(found: QuerySet[Closure], name: str) -> dict[str, int]:
    return dict(found.values_list(name).annotate(count=Count("pk")).order_by(name))


def _lines(rows: list[Closure]) -> Iterator[Line]:
    named = [row.record_id for row in rows if row.named]
    documents = dict(Record.objects.filter(pk__in=named).values_list("pk", "document"))
    for row in rows:
        metadata = (documents.get(row.record_id) or {}).get("metadata") or {}
        yield Line(
            record_id=row.record_id,
            title=str(metadata.get("title") or "") if row.named else "",
            scope=row.scope,
            reason=row.reason,
            note=row.note,
            until=row.until,
            review=row.review,
            since=row.since,
        )


def csv_lines() -> Iterator[str]:
    """The whole register as CSV (RFC 4180), a line at a time. No cell begins like a formula."""
    yield _csv(["record", "title", "scope", "reason", "note", "since", "until", "review"])
    rows = _in_order(_listed())
    start = 0
    while page := list(rows[start : start + 500]):
        start += len(page)
        for line in _lines(page):
            days = [day.isoformat() if day else "" for day in (line.since, line.until, line.review)]
            yield _csv([str(line.record_id), line.title, line.scope, line.reason, line.note, *days])


def _csv(cells: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow([f"'{cell}" if cell.startswith(_ATTACK) else cell for cell in cells])
    return text.getvalue()


def to_review(actor: Actor, *, days: int = 60) -> list[tuple[Closure, str]]:
    """For stewards: closures that end or are to be looked at again within so many days, with the record's title.

    The first day first; what should have been looked at already is at the top. Raises ``NotPermitted``.
    """
    require_scope(actor, "curate")
    if not actor.is_steward:
        raise NotPermitted("This list is for those who look after every record.")
    limit = closures.today() + datetime.timedelta(days=max(1, min(days, 3660)))
    rows = list(Closure.objects.filter(Q(until__lte=limit) | Q(review__lte=limit))[:1000])
    rows.sort(key=lambda row: (min(day for day in (row.until, row.review) if day), row.record_id))
    titles = {record.pk: record.title for record in Record.objects.filter(pk__in=[row.record_id for row in rows])}
    return [(row, titles.get(row.record_id, "")) for row in rows]
