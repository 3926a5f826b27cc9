"""Which files of a bucket somebody may see: a rule over names that a row, a page and a query answer alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q


@dataclass(frozen=True, slots=True)
class Readable:
    """Names of files: those that are not ``closed``, and those that are ``opened`` all the same.

    A pattern is a file's name, or a folder's with its slash (``raw/`` is all that lies below). ``nothing_else``
    closes every file that is not opened.
    """

    closed: tuple[str, ...] = ()
    opened: tuple[str, ...] = ()
    nothing_else: bool = False
    _sets: dict[str, frozenset[str]] = field(default_factory=dict, repr=False, compare=False, hash=False)

    @property
    def everything(self) -> bool:
        """Whether no file at all is closed."""
        return not self.nothing_else and not self.closed

    @property
    def nothing(self) -> bool:
        """Whether every file is closed."""
        return self.nothing_else and not self.opened

    def __contains__(self, key: str) -> bool:
        if self.everything:
            return True
        closed = self.nothing_else or self._matches("closed", key)
        return not closed or self._matches("opened", key)

    def _matches(self, which: str, key: str) -> bool:
        if which not in self._sets:
            self._sets[which] = frozenset(getattr(self, which))
        names = self._sets[which]
        if key in names:
            return True
        end = key.find("/")
        while end >= 0:
            if key[: end + 1] in names:
                return True
            end = key.find("/", end + 1)
        return False

    def opening(self, patterns: Iterable[str]) -> Readable:
        """The same with these files opened; without patterns, everything."""
        more = tuple(patterns)
        if not more or self.everything:
            return EVERYTHING
        return Readable(self.closed, tuple(sorted({*self.opened, *more})), self.nothing_else)

    def q(self) -> Q:
        """The condition on rows of ``FileEntry``."""
        if self.everything:
            return Q()
        opened = _any(self.opened)
        if self.nothing_else:
            return opened if opened is not None else Q(pk__in=())
        closed = _any(self.closed)
        open_ones = ~closed if closed is not None else Q()
        return open_ones | opened if opened is not None else open_ones

    def sql(self, alias: str, values: dict[str, Any]) -> str:
        """The condition in SQL on the column ``key`` of ``alias``; its values are added to ``values``."""
        if self.everything:
            return "1 = 1"
        opened = _sql("opened", alias, self.opened, values)
        if self.nothing_else:
            return opened
        return f"(NOT {_sql('closed', alias, self.closed, values)} OR {opened})"


EVERYTHING = Readable()
NOTHING = Readable(nothing_else=True)


def end_of(folder: str) -> str:
    """The least name beyond all that lies in a folder (``raw/``)."""
    # Every name inside begins with the folder and "/"; "0" is the character that follows "/" in every encoding.
    return f"{folder[:-1]}0"


def _any(patterns: tuple[str, ...]) -> Q | None:
    made: Q | None = None
    files = [name for name in patterns if not name.endswith("/")]
    if files:
        made = Q(key__in=files)
    for folder in patterns:
        if folder.endswith("/"):
            inside = Q(key__gte=folder, key__lt=end_of(folder))
            made = inside if made is None else made | inside
    return made


def _sql(kind: str, alias: str, patterns: tuple[str, ...], values: dict[str, Any]) -> str:
    parts = []
    for number, pattern in enumerate(patterns):
        name = f"{kind}{number}"
        values[name] = pattern
        if pattern.endswith("/"):
            values[f"{name}_end"] = end_of(pattern)
            parts.append(f"({alias}.key >= %({name})s AND {alias}.key < %({name}_end)s)")
        else:
            parts.append(f"{alias}.key = %({name})s")
    return f"({' OR '.join(parts)})" if parts else "1 = 0"
