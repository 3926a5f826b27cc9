"""``access``, ``files`` and ``pids`` of the record document: who may see it, what it holds, what it is called."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from dop2i.core.model.parts import Line, Part, Prose, Word, fault


def _day(text: str) -> str:
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        raise fault("This is no day. Write it like 2030-05-17.") from None
    return text


class Embargo(Part):
    """Until when the files stay closed, and why. InvenioRDM's rule: an active embargo needs restricted files."""

    active: bool = False
    until: Annotated[str, AfterValidator(_day)] | None = None
    reason: Prose | None = None

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if self.active and not self.until:
            raise fault("An embargo needs its last day: write it like 2030-05-17.", at="until")
        return self


class Access(Part):
    """The rule of access. ``status`` is computed by the server and not kept."""

    record: Literal["public", "restricted"] = "public"
    files: Literal["public", "restricted"] = "public"
    embargo: Embargo | None = None
    status: Word | None = None

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
