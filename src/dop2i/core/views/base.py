"""The contract of a view: one way to look into a file, from its bytes to numbers that a page draws.

A view never makes markup. It answers with a figure (``figures.py``), which a page draws, the API gives as JSON and a
person takes home as CSV. It reads ranges of the file and never more than it shows, so that a file of 100 GB costs as
much as a small one. It runs in a process of its own that may be killed: it needs not guard against hanging libraries.
"""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, ClassVar

from dop2i.core.formats.base import Source
from dop2i.core.views.figures import Figure
from dop2i.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class Part:
    """One thing in a file that a view can draw: a table, a plane, a group. ``name`` goes into the address.

    ``kind`` says what it is to people (``tree``, ``table``, ``image`` …, as in ``Table.kind``), ``size`` how large
    (``12,480 × 47``; free text), ``depth`` how far it is indented where parts form a tree.
    """

    name: str
    label: str = ""
    kind: str = ""
    size: str = ""
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing that a reader may set. A page shows it as a control, the API as a query parameter.

    ``kind`` is ``choice`` (one of ``choices``: value → label in both languages), ``column`` (a name out of ``choices``,
    which may be many), ``columns`` (several of them, by comma or one a line), ``integer``, ``number``, ``text``,
    ``formula`` (text in the language of ``_expressions``), ``switch`` (``1`` or nothing) or ``hidden`` (kept, but set
    by links of the figure rather than by a control). ``suggested`` is the value where none is given.
    """

    name: str
    label: dict[str, str]
    kind: str = "text"
    choices: Mapping[str, dict[str, str]] = field(default_factory=dict)
    suggested: str = ""
    hint: dict[str, str] = field(default_factory=dict)


class View(ABC):
    """Draws one kind of figure. One module a view in ``core/views``; found by the registry, never registered.

    ``name`` is the key that addresses use (``distribution``), ``label`` the words on the page in both languages.
    Lower ``rank`` comes first; the first view that has a part of a file is what the file opens with. ``edition`` is
    raised when the figure of the same file and values changes, so that kept figures are made anew.
    """

    name: ClassVar[str] = ""
    label: ClassVar[dict[str, str]] = {}
    rank: ClassVar[int] = 50
    edition: ClassVar[int] = 1

    @abstractmethod
    def parts(self, description: Mapping[str, Any]) -> list[Part]:
        """What of a described file this view can draw, most telling first; empty when nothing.

        ``description`` is the stored ``Description.to_json()``. At most 500 parts; never reads the file.
        """

    def parameters(self, description: Mapping[str, Any], part: Part) -> list[Parameter]:
        """What a reader may set for this part."""
        return []

    def needed(self, description: Mapping[str, Any], part: str) -> dict[str, Any]:
        """What of the description :meth:`draw` asks for (by :func:`description_of`); kept small, for it is sent along.

        The default is the format and the table that is named as the part.
        """
        tables = [table for table in description.get("tables") or [] if table.get("name") == part]
        return {"format": description.get("format", ""), "tables": tables[:1]}

    @abstractmethod
    def draw(self, source: Source, *, part: str, values: Mapping[str, str]) -> Figure:
        """The figure of a part, as the values ask (strings from an address; absent ones take what is suggested).

        Raises ``InvalidInput`` with a sentence for a value that means nothing, ``NotFound`` for a part that is not
        there, ``UnreadableFile`` for a damaged file. Bounded in what it reads, returns and keeps in memory.
        """


class DescribedSource:
    """A source together with what of its description a view needs, and what was opened on the way (``kept``)."""

    def __init__(self, source: Source, description: Mapping[str, Any] | None) -> None:
        self.source = source
        self.description = description
        self.kept: dict[str, Any] = {}
        self.name = source.name
        self.size = source.size
        self.local_path = source.local_path

    def read_range(self, start: int, length: int) -> bytes:
        """As the source within."""
        return self.source.read_range(start, length)

    def open(self) -> io.BufferedIOBase:
        """As the source within."""
        return self.source.open()

    def close(self) -> None:
        """Close what was opened."""
        while self.kept:
            _key, opened = self.kept.popitem()
            with suppress(Exception):
                getattr(opened, "close", int)()


def description_of(source: Source) -> Mapping[str, Any]:
    """What ``View.needed`` took from the stored description; made now, without values, where none came along."""
    given = getattr(source, "description", None)
    if isinstance(given, Mapping):
        return given
    from dop2i.core.formats import FORMATS, HEAD_BYTES, STRUCTURE_ONLY, recognise
    from dop2i.core.formats.limits import Budget, BudgetedSource

    reader = recognise(source.name, source.read_range(0, HEAD_BYTES)) if len(FORMATS) else None
    found = reader.describe(BudgetedSource(source, Budget(STRUCTURE_ONLY))).to_json() if reader is not None else {}
    if isinstance(source, DescribedSource):
        source.description = found
    return found


def integer(values: Mapping[str, str], name: str, *, default: int, least: int, most: int) -> int:
    """A whole number out of the values, brought between ``least`` and ``most``. Raises ``InvalidValue``."""
    text = values.get(name, "").strip()
    if not text:
        return default
    try:
        return max(least, min(int(text), most))
    except ValueError:
        raise InvalidValue(
            f"{name} is {text[:40]!r}, which is no whole number.", hint=f"From {least} to {most}.", parameter=name
        ) from None


def number(values: Mapping[str, str], name: str) -> float | None:
    """A finite number out of the values, None where none is given. Raises ``InvalidValue``."""
    text = values.get(name, "").strip().replace(",", ".")
    if not text:
        return None
    try:
        found = float(text)
    except ValueError:
        found = float("nan")
    if found != found or found in (float("inf"), float("-inf")):
        raise InvalidValue(
            f"{name} is {text[:40]!r}, which is no number.", hint="Write for example 13.6 or 1e-3.", parameter=name
        )
    return found
