"""What waits on a desk, section by section. Each costs what it shows, whatever the catalogue holds.

A section counts to ``MOST_COUNTED`` at most: beyond that the number no longer tells anything.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from django.db.models import BooleanField, Exists, F, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from dop2i.errors import NotFound
from dop2i.server.access.models import AccessRequest, Closure
from dop2i.server.communities.models import Placement
from dop2i.server.desk.policy import Reach
from dop2i.server.files.models import ContentDescription, FileEntry
from dop2i.server.harvests.models import Harvest
from dop2i.server.identifiers.models import Pid
from dop2i.server.jobs.models import Job
from dop2i.server.people.models import Person
from dop2i.server.records.closures import today
from dop2i.server.records.models import Concept, Record
from dop2i.server.records.requests import requests_to_decide
from dop2i.server.reviews.models import Review
from dop2i.server.reviews.queries import waiting_for

MOST_COUNTED = 1000
LARGEST_PAGE = 100
SOON = datetime.timedelta(days=60)
_MOST_ACCOUNTS = 5000

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Section(Generic[Row]):
    """Some rows of a kind, and how many there are, counted to ``MOST_COUNTED``."""

    rows: list[Row] = field(default_factory=list)
    total: int = 0


@dataclass(frozen=True, slots=True)
class Orphan:
    """A published record whose owner's account is closed, or that a robot deposited: ``communities`` look after it."""

    record: Record
    owner: str
    communities: list[Any]


@dataclass(frozen=True, slots=True)
class FailingFile:
    """A file that no reader could open: ``draft`` for one that is not published yet."""

    record: Record
    key: str
    why: str
    at: datetime.datetime
    draft: bool


@dataclass(frozen=True, slots=True)
class EndingClosure:
    """A closure that ends, or is to be looked at again, soon."""

    closure: Closure
    record: Record


@dataclass(frozen=True, slots=True)
class FailedPid:
    """An identifier that the service refused (``failed``), or whose registration is being tried again."""

    pid: Pid
    record: Record


def reviews(reach: Reach, *, first: int = 0, size: int = 8) -> Section[Review]:
    """The reviews that wait for the actor, those that wait longest first."""
    rows = waiting_for(reach.actor)
    return _section(rows.order_by("updated", "id"), first, size)


def requests(reach: Reach, *, first: int = 0, size: int = 8) -> Section[tuple[AccessRequest, Record]]:
    """The requests for access that the actor may decide, the oldest first."""
    open_ones = requests_to_decide(reach.actor)
    shown = open_ones[first : first + size]
    records = _records(one.record_id for one in shown)
    return Section([(one, records[one.record_id]) for one in shown if one.record_id in records], len(open_ones))


def orphans(reach: Reach, *, first: int = 0, size: int = 8) -> Section[Orphan]:
    """Records whose owner's account is closed, and what robots deposited in no community: those of nobody first."""
    placed = Exists(Placement.objects.filter(concept_id=OuterRef("concept_id")))
    closed = Person.objects.filter(is_active=False).values_list("pk", flat=True)[:_MOST_ACCOUNTS]
    robots = Person.objects.filter(is_robot=True, is_active=True).values_list("pk", flat=True)[:_MOST_ACCOUNTS]
    left = Q(concept_id__in=Concept.objects.filter(owner_id__in=list(closed)).values("pk"))
    alone = Q(concept_id__in=Concept.objects.filter(owner_id__in=list(robots)).values("pk"), is_placed=False)
    rows = Record.objects.annotate(is_placed=placed).filter(left | alone, **_published())
    rows = _within(reach, rows).select_related("concept__owner").order_by("is_placed", "id")
    found = _section(rows, first, size)
    within: dict[int, list[Any]] = {}
    concepts = [record.concept_id for record in found.rows]
    for placement in Placement.objects.filter(concept_id__in=concepts).select_related("community"):
        within.setdefault(placement.concept_id, []).append(placement.community)
    made = [Orphan(one, str(one.concept.owner), within.get(one.concept_id, [])) for one in found.rows]
    return Section(made, found.total)


def files(reach: Reach, *, first: int = 0, size: int = 8) -> Section[FailingFile]:
    """Files that their reader could not open, the last looked at first; curators see those that are published."""
    # written as the partial index has it, with nothing bound, so that every database sees that it fits
    failed = RawSQL("files_contentdescription.error > ''", [], output_field=BooleanField())
    rows = ContentDescription.objects.filter(failed).select_related("content").defer("document")
    if not reach.everything:
        rows = rows.filter(content__space__in=reach.concepts())
    found = _section(rows.order_by("-created", "-pk"), first, size)
    entries: dict[int, FileEntry] = {}
    for entry in FileEntry.objects.filter(content_id__in=[one.content_id for one in found.rows]).order_by("pk"):
        entries[entry.content_id or 0] = entry
    buckets = [entry.bucket_id for entry in entries.values()]
    kept = {r.bucket_id: r for r in _light(Record.objects.filter(bucket_id__in=buckets).order_by("-index"))}
    written = {r.draft_bucket_id: r for r in _light(Record.objects.filter(draft_bucket_id__in=buckets))}
    made = []
    for one in found.rows:
        entry = entries.get(one.content_id)
        if entry is None:
            continue
        record = kept.get(entry.bucket_id) or (written.get(entry.bucket_id) if reach.everything else None)
        if record is not None:
            is_draft = entry.bucket_id not in kept
            made.append(FailingFile(record, entry.key, one.error, one.created, is_draft))
    return Section(made, found.total)


def closures(reach: Reach, *, first: int = 0, size: int = 8) -> Section[EndingClosure]:
    """Embargoes and other closures that end within two months, or are to be looked at again; the first day first."""
    limit = today() + SOON
    rows = Closure.objects.filter(Q(until__gt=today(), until__lte=limit) | Q(review__lte=limit))
    if not reach.everything:
        rows = rows.filter(concept_id__in=reach.concepts())
    found = _section(rows.order_by(F("until").asc(nulls_last=True), "review", "record_id"), first, size)
    records = _records(row.record_id for row in found.rows)
    made = [EndingClosure(row, records[row.record_id]) for row in found.rows if row.record_id in records]
    return Section(made, found.total)


def identifiers(reach: Reach, *, first: int = 0, size: int = 8) -> Section[FailedPid]:
    """Identifiers that could not be registered: refused ones first, then those that are being tried again."""
    rows = Pid.objects.filter(state__in=(Pid.State.FAILED, Pid.State.PENDING)).exclude(error="")
    if not reach.everything:
        numbers = Record.objects.filter(concept_id__in=reach.concepts()).values_list("pk", flat=True)[:_MOST_ACCOUNTS]
        rows = rows.filter(target__in=[f"record:{number}" for number in numbers])
    found = _section(rows.order_by("state", "-updated"), first, size)
    records = _of_targets(row.target for row in found.rows)
    made = [FailedPid(row, records[row.target]) for row in found.rows if row.target in records]
    return Section(made, found.total)


def jobs(reach: Reach, *, first: int = 0, size: int = 8) -> Section[Job]:
    """Jobs that failed for good, the last first. For who looks after every record."""
    if not reach.everything:
        return Section()
    return _section(Job.objects.filter(state=Job.State.FAILED).order_by("-finished", "-pk"), first, size)


def harvests(reach: Reach, *, first: int = 0, size: int = 8) -> Section[Harvest]:
    """Sources whose last harvest failed. For who looks after every record."""
    if not reach.everything:
        return Section()
    return _section(Harvest.objects.filter(state=Harvest.State.FAILED, paused=False).order_by("title"), first, size)


SECTIONS: dict[str, Callable[..., Section[Any]]] = {
    "reviews": reviews,
    "requests": requests,
    "orphans": orphans,
    "files": files,
    "closures": closures,
    "identifiers": identifiers,
    "jobs": jobs,
    "harvests": harvests,
}
"""Every section of a desk, in its order."""


def section_of(reach: Reach, name: str, *, page: int = 1, size: int = 8) -> Section[Any]:
    """One page of a section. Raises ``NotFound``."""
    if name not in SECTIONS:
        raise NotFound(f"A desk has no section {name[:40]!r}.", hint=f"There are {', '.join(SECTIONS)}.")
    size = max(1, min(size, LARGEST_PAGE))
    return SECTIONS[name](reach, first=(max(1, page) - 1) * size, size=size)


def _section(rows: QuerySet[Any], first: int, size: int) -> Section[Any]:
    shown = list(rows[first : first + size])
    if first == 0 and len(shown) < size:
        return Section(shown, len(shown))
    return Section(shown, rows.order_by()[:MOST_COUNTED].count())


def _published() -> dict[str, Any]:
    return {"state": Record.State.PUBLISHED, "is_latest": True}


def _within(reach: Reach, rows: QuerySet[Record]) -> QuerySet[Record]:
    return rows if reach.everything else rows.filter(concept_id__in=reach.concepts())


def _light(rows: QuerySet[Record]) -> QuerySet[Record]:
    return rows.defer("publication", "withdrawal")


def _records(numbers: Iterable[int]) -> dict[int, Record]:
    return {record.pk: record for record in _light(Record.objects.filter(pk__in=list(numbers)))}


def _of_targets(targets: Iterable[str]) -> dict[str, Record]:
    """The record of each ``record:12``, the newest of each ``concept:11``."""
    wanted = {target: target.partition(":") for target in targets}
    numbers = {int(number): target for target, (kind, _, number) in wanted.items() if kind == "record"}
    concepts = {int(number): target for target, (kind, _, number) in wanted.items() if kind == "concept"}
    found = {numbers[record.pk]: record for record in _light(Record.objects.filter(pk__in=list(numbers)))}
    for record in _light(Record.objects.filter(concept_id__in=list(concepts)).order_by("index")):
        found[concepts[record.concept_id]] = record
    return found
