"""Where a figure stands: the record, the file, the view, the part and the values, and the addresses made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.urls import reverse


@dataclass(frozen=True, slots=True)
class Look:
    """One way to look into one file, or into a ``member`` of it; ``values`` are those that the view knows."""

    record_id: int
    key: str
    view: str
    part: str
    values: Mapping[str, str] = field(default_factory=dict)
    draft: bool = False
    member: str = ""

    def href(self, *, view: str = "", part: str | None = None, **changes: object) -> str:
        """The page's address with some values changed (None takes one away); escape it in markup.

        Another view or part forgets the values that are not named.
        """
        return f"{page_url(self.record_id, self.key)}?{self._query(view, part, changes)}"

    def entering(self, member: str) -> str:
        """The page of a file within this archive; of the file itself where ``member`` is empty."""
        within = f"{self.member}!/{member}" if self.member and member else member
        asked = {**({"member": within} if within else {}), **({"draft": "1"} if self.draft else {})}
        return page_url(self.record_id, self.key) + (f"?{urlencode(asked)}" if asked else "")

    def file(self, suffix: str, **changes: object) -> str:
        """The address of this figure as a file: ``svg``, ``png``, ``csv`` or ``json``."""
        base = reverse("web:look-figure", args=[self.record_id, self.key])
        return f"{base}?{self._query('', None, changes)}&as={suffix}"

    def api(self) -> str:
        """The address of the figure in the REST API."""
        middle = "draft/files" if self.draft else "files"
        base = reverse("web:record", args=[self.record_id])
        query = urlencode({"part": self.part, **_said(self.values)})
        return f"/api{base}/{middle}/{_quoted(self.key)}/views/{self.view}?{query}"

    def content(self) -> str:
        """The address of the file's own bytes."""
        return file_url(self.record_id, self.key, draft=self.draft)

    def fields(self) -> list[tuple[str, str]]:
        """What a form that changes a value must send along."""
        kept = [("view", self.view), ("part", self.part)]
        kept += [("member", self.member)] if self.member else []
        return [*kept, ("draft", "1")] if self.draft else kept

    def _query(self, view: str, part: str | None, changes: Mapping[str, object]) -> str:
        moved = (view and view != self.view) or (part is not None and part != self.part)
        values: dict[str, object] = {} if moved else dict(self.values)
        values.update(changes)
        asked = {"view": view or self.view, "part": self.part if part is None else part, **_said(values)}
        asked |= {"member": self.member} if self.member else {}
        return urlencode({**asked, "draft": "1"} if self.draft else asked)


def page_url(record_id: int, key: str) -> str:
    """The page that looks into a file."""
    return reverse("web:look", args=[record_id, key])


def file_url(record_id: int, key: str, *, draft: bool = False) -> str:
    """The bytes of a file."""
    return reverse("web:file", args=[record_id, key]) + ("?draft=1" if draft else "")


def _said(values: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items() if value is not None and value != ""}


def _quoted(key: str) -> str:
    from urllib.parse import quote

    return quote(key, safe="/")
