"""What the document of a record says is closed, as it holds on a given day. Pure: asks no database."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from dop2i.core.model.access import utc_day
from dop2i.errors import Problem
from dop2i.server.files.readable import EVERYTHING, NOTHING, Readable


@dataclass(frozen=True, slots=True)
class Part:
    """Some files that are closed today, and why."""

    patterns: tuple[str, ...]
    reason: str = ""
    note: str = ""
    until: datetime.date | None = None
    review: datetime.date | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A record's closure as it holds today.

    ``record_closed``: the description is not public; ``files_closed``: no file is. ``parts`` close some files of a
    record whose others are open. ``embargoed``: all opens by itself on ``until``. ``stub``: everybody may know that
    the closed record exists.
    """

    record_closed: bool = False
    files_closed: bool = False
    embargoed: bool = False
    until: datetime.date | None = None
    reason: str = ""
    note: str = ""
    review: datetime.date | None = None
    parts: tuple[Part, ...] = ()
    stub: bool = False
    members_read: bool = True

    @property
    def closes_something(self) -> bool:
        """Whether anything at all is not public."""
        return self.record_closed or self.files_closed or bool(self.parts)

    @property
    def readable(self) -> Readable:
        """The files that everybody may read."""
        if self.record_closed or self.files_closed:
            return NOTHING
        if not self.parts:
            return EVERYTHING
        return Readable(closed=tuple(sorted({pattern for part in self.parts for pattern in part.patterns})))

    @property
    def next_change(self) -> datetime.date | None:
        """The first day on which something opens by itself, None when nothing does."""
        days = [day for day in (self.until if self.embargoed else None, *(p.until for p in self.parts)) if day]
        return min(days, default=None)


def today() -> datetime.date:
    """The day by which closures end, UTC."""
    return timezone.now().date()


def rule_of(document: dict[str, Any], *, day: datetime.date | None = None) -> Rule:
    """The rule of a document on a day (today by default).

    What cannot be understood counts as closed: an unknown word, an end that is no day.
    """
    access = document.get("access") or {}
    day = day or today()
    embargo = access.get("embargo") or {}
    active, until = bool(embargo.get("active")), _day(embargo.get("until"))
    record_closed = access.get("record", "public") != "public"
    files_closed = access.get("files", "public") != "public"
    if active and until is not None and until <= day:
        record_closed = files_closed = active = False
    closed = record_closed or files_closed
    return Rule(
        record_closed=record_closed,
        files_closed=files_closed or record_closed,
        embargoed=active,
        until=until if active else None,
        reason=str((embargo.get("reason") if active else access.get("dop2i:reason")) or "") if closed else "",
        note=str((embargo.get("note") if active else access.get("dop2i:note")) or "") if closed else "",
        review=_day(embargo.get("review") if active else access.get("dop2i:review")) if closed else None,
        parts=tuple(part for part in map(_part, access.get("dop2i:closures") or ()) if not _is_over(part, day)),
        stub=bool(access.get("dop2i:stub")) and record_closed,
        members_read=access.get("dop2i:members_read") is not False,
    )


def embargo_end(document: dict[str, Any]) -> datetime.date | None:
    """The day on which an active embargo of the document ends, None without one."""
    embargo = (document.get("access") or {}).get("embargo") or {}
    return _day(embargo.get("until")) if embargo.get("active") else None


def effective_access(document: dict[str, Any], *, whole: bool = False) -> dict[str, Any]:
    """The document's access rule as it holds today, as it is served: an embargo whose day has come is lifted.

    Closed parts tell why and until when; ``whole`` names their files too, for who may read them all.
    """
    access, rule = document.get("access") or {}, rule_of(document)
    record = "restricted" if rule.record_closed else "public"
    files = "restricted" if rule.files_closed else "public"
    if record == "public" and files == "public":
        status = "open" if (document.get("files") or {}).get("enabled", True) else "metadata-only"
    else:
        status = "embargoed" if rule.embargoed else "restricted"
    made = {
        "record": record,
        "files": files,
        "embargo": {**(access.get("embargo") or {}), "active": rule.embargoed},
        "status": status,
    }
    for name, value in (("dop2i:reason", rule.reason), ("dop2i:note", rule.note)):
        if value and not rule.embargoed:
            made[name] = value
    if rule.review and not rule.embargoed:
        made["dop2i:review"] = rule.review.isoformat()
    if rule.stub:
        made["dop2i:stub"] = True
    if not rule.members_read:
        made["dop2i:members_read"] = False
    if rule.parts:
        made["dop2i:closures"] = [part_facts(part, whole=whole) for part in rule.parts]
    return made


def part_facts(part: Part, *, whole: bool) -> dict[str, Any]:
    """A closed part as JSON; ``whole`` names its files."""
    facts: dict[str, Any] = {"patterns": list(part.patterns)} if whole else {}
    facts["reason"] = part.reason
    for name, value in (("note", part.note), ("until", part.until), ("review", part.review)):
        if value:
            facts[name] = value.isoformat() if isinstance(value, datetime.date) else value
    return facts


def _part(closure: Any) -> Part:
    if not isinstance(closure, dict):
        return Part(patterns=())
    return Part(
        patterns=tuple(str(pattern) for pattern in closure.get("patterns") or ()),
        reason=str(closure.get("reason") or ""),
        note=str(closure.get("note") or ""),
        until=_day(closure.get("until")),
        review=_day(closure.get("review")),
    )


def _is_over(part: Part, day: datetime.date) -> bool:
    return not part.patterns or (part.until is not None and part.until <= day)


def _day(value: Any) -> datetime.date | None:
    """The day of a text; a day that cannot be read never comes."""
    if not value:
        return None
    try:
        return datetime.date.fromisoformat(utc_day(str(value)))
    except ValueError:
        return datetime.date.max


def check_days(draft: dict[str, Any], *, before: dict[str, Any] | None) -> list[Problem]:
    """The ends of closures in a draft that have come already; those that stood in ``before`` were simply lifted."""
    known = {(end.isoformat() if end else "") for _, end in _ends(before or {})}
    return [
        Problem(path, f"This day has come already: choose a later one, or open it now. The day is: {end}.")
        for path, end in _ends(draft)
        if end is not None and end <= today() and end.isoformat() not in known
    ]


def _ends(document: dict[str, Any]) -> Iterator[tuple[str, datetime.date | None]]:
    yield "access.embargo.until", embargo_end(document)
    access = document.get("access") or {}
    for place, closure in enumerate(access.get("dop2i:closures") or ()):
        if isinstance(closure, dict):
            yield f"access.dop2i:closures.{place}.until", _day(closure.get("until"))


def lifted(document: dict[str, Any]) -> dict[str, Any]:
    """The document with what ended taken out of its rule; the same when nothing has ended."""
    access = dict(document.get("access") or {})
    end, day = embargo_end(document), today()
    if end is not None and end <= day:
        access |= {"record": "public", "files": "public"}
        access["embargo"] = {**(access.get("embargo") or {}), "active": False}
    if access.get("dop2i:closures"):
        kept = [closure for closure in access["dop2i:closures"] if not _is_over(_part(closure), day)]
        access["dop2i:closures"] = kept
        if not kept:
            del access["dop2i:closures"]
    return {**document, "access": access}


def rebased(draft: dict[str, Any] | None, *, old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any] | None:
    """The edit under way when the published rule changes: it follows, unless it has a rule of its own already."""
    if draft is None or draft.get("access") != old.get("access"):
        return draft
    return {**draft, "access": new.get("access")}
