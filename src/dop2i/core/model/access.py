"""``access``, ``files`` and ``pids`` of the record document: who may see it, what it holds, what it is called."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from dop2i.core.model.parts import Line, Part, Prose, Word, fault, term_of

MOST_CLOSURES, MOST_PATTERNS = 100, 1000


def _day(text: str) -> str:
    try:
        if len(text) == len("2030-05-17"):
            datetime.date.fromisoformat(text)
            return text
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise fault("This is no day. Write it like 2030-05-17.") from None
    if moment.tzinfo is None:
        raise fault("This time has no time zone: write the day alone, like 2030-05-17 (UTC), or add the zone.")
    return text


def utc_day(text: str) -> str:
    """The day (UTC) of a valid day or moment; a moment after midnight means the next day: nothing opens too early."""
    if len(text) == len("2030-05-17"):
        return text
    moment = datetime.datetime.fromisoformat(text).astimezone(datetime.UTC)
    after_midnight = moment.time() != datetime.time(0)
    return (moment.date() + datetime.timedelta(days=1 if after_midnight else 0)).isoformat()


def _pattern(text: str) -> str:
    if text.startswith("/") or "*" in text or "//" in text or ".." in text.split("/"):
        raise fault("This names no file and no folder. Write a file like raw/run1.root, or a folder like raw/.")
    return text


Day = Annotated[str, AfterValidator(_day)]
Pattern = Annotated[str, Field(min_length=1, max_length=1_000), AfterValidator(_pattern)]


class Embargo(Part):
    """Until when the files stay closed, and why. InvenioRDM's rule: an active embargo needs restricted files.

    ``reason`` is a term of the vocabulary ``closurereasons``, or prose; ``note`` says more, for everybody to read.
    """

    active: bool = False
    until: Day | None = None
    reason: Prose | None = None
    note: Prose | None = None
    review: Day | None = None

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if self.active and not self.until:
            raise fault("An embargo needs its last day: write it like 2030-05-17.", at="until")
        return self


class Closure(Part):
    """Some files that stay closed: names of files, or folders with their slash. Without ``until``, until changed."""

    patterns: Annotated[list[Pattern], Field(min_length=1, max_length=MOST_PATTERNS)]
    reason: Annotated[str, AfterValidator(term_of("closurereasons"))]
    note: Prose | None = None
    until: Day | None = None
    review: Day | None = None


class Access(Part):
    """The rule of access. ``status`` is computed by the server and not kept.

    ``dop2i:stub`` shows everybody that a restricted record exists, without its description. ``dop2i:members_read``
    false keeps the members of its communities out. ``dop2i:reason``, ``dop2i:note`` and ``dop2i:review`` say why
    something is restricted without an end.
    """

    record: Literal["public", "restricted"] = "public"
    files: Literal["public", "restricted"] = "public"
    embargo: Embargo | None = None
    status: Word | None = None
    closures: Annotated[list[Closure] | None, Field(max_length=MOST_CLOSURES)] = Field(
        default=None, alias="dop2i:closures"
    )
    stub: bool | None = Field(default=None, alias="dop2i:stub")
    members_read: bool | None = Field(default=None, alias="dop2i:members_read")
    reason: Annotated[str, AfterValidator(term_of("closurereasons"))] | None = Field(default=None, alias="dop2i:reason")
    note: Prose | None = Field(default=None, alias="dop2i:note")
    review: Day | None = Field(default=None, alias="dop2i:review")

    @model_validator(mode="after")
    def _closed_under_embargo(self) -> Self:
        if self.embargo and self.embargo.active and self.files == "public" and self.record == "public":
            raise fault("Under an embargo the files must be restricted: set files to restricted.", at="files")
        return self


class Files(Part):
    """``files.enabled`` is false for a record of metadata alone; counts and entries come from the server."""

    enabled: bool = True
    default_preview: Line | None = None
    order: Annotated[list[Line], Field(max_length=200_000)] | None = None
    count: Any = None
    total_bytes: Any = None
    entries: Any = None
    links: Any = None


class Pid(Part):
    """A persistent identifier of the record."""

    identifier: Annotated[str, Field(max_length=2_048)]
    provider: Word | None = None
    client: Word | None = None
