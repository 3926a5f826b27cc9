"""Columns of text cells: their name with its unit, their type found as the rows stream by."""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import Any

from dop2i.core.formats.base import Column

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "nil", "-", "--", "---", "…", "?", "#n/a"})
_UNIT = re.compile(
    r"^(?P<name>.*?\S)\s*(?:\[\s*(?P<a>[^\[\]]{1,40}?)\s*\]|\(\s*(?:in\s+)?(?P<b>[^()]{1,40}?)\s*\))\s*$"
)
_KNOWN_UNIT = re.compile(
    r"^(?:[yzafpnuµμmcdhkMGTPEZ]?(?:eV|m|g|s|Hz|b|barn|Pa|A|V|W|J|K|T|N|C|F|Gy|Sv|Bq|Ci|rad|sr|pc|Jy|L|bar|mol|cd|yr|min|h|u)"
    r"|%|deg|degrees?|arcmin|arcsec|mag|d|day|days|hours?|sec|seconds?|°C?|dex|adu|counts?|ph|MJD|G|erg|ly|AU|kpc|Mpc)$"
)
_UNIT_PART = re.compile(r"^/?\s*[\w°%µμ.^*/{}$\\ +()-]+$")
_TIME = re.compile(r"^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$")
_TRUTH = {"true": 1, "false": 0}


def name_and_unit(text: str) -> tuple[str, str]:
    """``energy [keV]`` → (``energy``, ``keV``); round brackets count only around what is a unit."""
    text = text.strip().strip('"').strip()
    match = _UNIT.match(text)
    if not match:
        return text, ""
    square = match.group("a")
    if square is not None:
        return match.group("name"), "" if square in {"-", "1"} else square
    unit = match.group("b")
    parts = [part for part in re.split(r"[\s*/·^]+|(?<=\w)[-+]?\d+", unit) if part and not part.lstrip("-+").isdigit()]
    if parts and _UNIT_PART.match(unit) and all(_KNOWN_UNIT.match(part) for part in parts):
        return match.group("name"), unit
    return text, ""


class GrowingColumn:
    """One column of text cells. Starts as whole numbers and widens: int64, float64, bool, datetime, str."""

    def __init__(self, name: str, *, unit: str = "", meaning: str = "", decimal_comma: bool = False) -> None:
        from dop2i.core.formats._columns import ColumnFacts

        self._name, self._unit, self._meaning = name, unit, meaning
        self._facts = ColumnFacts(name, "", (), unit, meaning)
        self._kind = ""
        self._earlier = 0
        self._comma = decimal_comma

    def afresh(self) -> GrowingColumn:
        """The same column with nothing read."""
        return GrowingColumn(self._name, unit=self._unit, meaning=self._meaning, decimal_comma=self._comma)

    def add(self, cells: list[str]) -> None:
        """Takes the cells of the next rows."""
        if self._kind in ("", "int64", "float64") and self._add_numbers(cells, missing=0):
            return
        there = [cell for cell in cells if cell.strip().lower() not in MISSING]
        missing = len(cells) - len(there)
        if not there:
            self._facts.add([], entries=len(cells), missing=missing)
            return
        if self._kind in ("", "int64", "float64") and self._add_numbers(there, missing=missing):
            return
        self._add_words(there, missing=missing)

    def _add_numbers(self, cells: list[str], *, missing: int) -> bool:
        import numpy as np

        values: Any = None
        if self._kind != "float64":
            try:
                values = np.array(list(map(int, cells)), dtype=np.int64)
                self._kind = "int64"
            except (ValueError, OverflowError):
                values = None
        if values is None:
            try:
                values = np.array(list(map(float, cells)))
            except ValueError:
                values = self._with_decimal_comma(cells)
                if values is None:
                    return False
            self._kind = "float64"
        self._facts.add(values, entries=len(cells) + missing, missing=missing)
        return True

    def _with_decimal_comma(self, cells: list[str]) -> Any:
        if not self._comma:
            return None
        import numpy as np

        try:
            return np.array([float(cell.replace(",", ".")) for cell in cells])
        except ValueError:
            return None

    def _add_words(self, there: list[str], *, missing: int) -> None:
        words = [cell.strip() for cell in there]
        kind = "str"
        if self._kind in ("", "bool") and all(word.lower() in _TRUTH for word in words):
            kind = "bool"
        elif self._kind in ("", "datetime64[ns]") and all(_TIME.match(word) for word in words):
            kind = "datetime64[ns]"
        if self._kind and self._kind != kind:
            self._earlier += self._facts.entries
            kind = "str"
            if self._kind != "str":
                self._facts = self.afresh()._facts
        self._kind = kind
        values: Any = words
        if kind == "bool":
            values = [_TRUTH[word.lower()] for word in words]
        self._facts.add(values, entries=len(there) + missing, missing=missing)

    def add_extremes(self, kind: str, low: Any, high: Any, *, entries: int, missing: int) -> None:
        """Takes what an outside reader has already found of a chunk of words or dates."""
        self._kind = self._kind or kind
        self._facts.add([low, high] if low is not None else [], entries=entries, missing=missing)

    def add_array(self, values: Any, *, kind: str, missing: int) -> None:
        """Takes numbers that an outside reader has already converted."""
        self._kind = kind
        self._facts.add(values, entries=len(values) + missing, missing=missing)

    def column(self) -> Column:
        """The facts so far."""
        column = self._facts.column()
        column.dtype = self._kind or "str"
        if self._earlier:
            column.entries = (column.entries or 0) + self._earlier
            column.minimum = column.maximum = column.mean = None
            column.histogram = []
        return column


def turn(rows: list[list[str]], width: int) -> tuple[list[list[str]], int]:
    """Rows as columns of ``width``; the number of rows that had more or fewer cells."""
    ragged = sum(1 for row in rows if len(row) != width)
    if ragged:
        rows = [row[:width] if len(row) > width else row for row in rows]
    turned = [list(cells) for cells in zip_longest(*rows, fillvalue="")]
    turned += [[""] * len(rows) for _ in range(width - len(turned))]
    return turned, ragged
