"""Variables of a HEPData table as numbers: bins, values, errors by source, qualifiers.

Format: https://hepdata-submission.readthedocs.io/en/latest/data_yaml.html
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dop2i.core.formats import _metadata as md
from dop2i.core.formats._yaml import load_yaml
from dop2i.core.formats.base import Source
from dop2i.core.latex import plain
from dop2i.errors import UnreadableFile

MOST_ROWS = 5000
_UNITS = re.compile(r"^(?:%|[kMGTPfpnμ]?(?:eV|b|m|s|g|K|J|W|Hz|T|rad|deg)\b.*|(?:PB|NB|FB|MB|MICROBARN).*)$")
Error = tuple[float, float]
"""Downward and upward length."""


@dataclass(slots=True)
class Variable:
    """One column. ``low`` and ``high`` are the bins; a column of words has ``words`` and its places as values."""

    name: str
    unit: str
    values: list[float | None] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    errors: list[dict[str, Error]] = field(default_factory=list)
    qualifiers: list[tuple[str, str]] = field(default_factory=list)

    @property
    def has_bins(self) -> bool:
        """Whether some value is a bin with a width."""
        return any(high > low for low, high in zip(self.low, self.high, strict=True))


def variables_of(source: Source) -> tuple[list[Variable], list[Variable]]:
    """Independent and dependent variables. Raises ``UnreadableFile`` for what is no table of HEPData."""
    documents = load_yaml(source)
    document = documents[0] if documents else None
    if not isinstance(document, dict):
        raise UnreadableFile(f"{source.name} is no HEPData table: its top level is not a mapping.")
    found = []
    for key in ("independent_variables", "dependent_variables"):
        found.append([_variable(one) for one in md.as_list(document.get(key)) if isinstance(one, dict)])
    if not found[1]:
        raise UnreadableFile(f"{source.name} has no dependent_variables, so it is no HEPData table.")
    return found[0], found[1]


def _variable(document: dict[str, Any]) -> Variable:
    header = document.get("header")
    header = header if isinstance(header, dict) else {"name": header}
    made = _named(md.plain(header.get("name"), limit=300), md.plain(header.get("units"), limit=60))
    rows = [one if isinstance(one, dict) else {"value": one} for one in md.as_list(document.get("values"))[:MOST_ROWS]]
    places: dict[str, int] = {}
    for row in rows:
        low, high, value = number(row.get("low")), number(row.get("high")), number(row.get("value"))
        if low is not None and high is not None:
            low, high = min(low, high), max(low, high)
            value = value if value is not None else (low + high) / 2
        elif value is None and md.plain(row.get("value")) not in ("", "-"):
            value = float(places.setdefault(plain(md.plain(row.get("value"), limit=120)), len(places)))
        made.values.append(value)
        made.low.append(low if low is not None and high is not None else value or 0.0)
        made.high.append(high if low is not None and high is not None else value or 0.0)
        made.errors.append(_errors(row.get("errors"), value))
    if places and len(places) >= sum(value is not None for value in made.values) // 2:
        made.words = list(places)
    for one in md.as_list(document.get("qualifiers"))[:20]:
        if isinstance(one, dict):
            said = f"{md.plain(one.get('value'), limit=200)} {md.plain(one.get('units'), limit=60)}".strip()
            made.qualifiers.append((plain(md.plain(one.get("name"), limit=100)), plain(said)))
    return made


def _named(name: str, unit: str) -> Variable:
    """Name and unit without LaTeX; a unit in brackets at the end of the name is the unit."""
    words, measure = plain(name), plain(unit)
    found = None if measure else re.match(r"^(.{1,200}?)\s*[\[(]([^\])]{1,20})[\])]$", words)
    return (
        Variable(found.group(1), found.group(2)) if found and _UNITS.match(found.group(2)) else Variable(words, measure)
    )


def number(value: Any) -> float | None:
    """A finite number, however it is written; None for a dash, a word or nothing."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        found = float(value) if isinstance(value, int | float) else float(str(value).strip())
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def _errors(listed: Any, value: float | None) -> dict[str, Error]:
    made: dict[str, Error] = {}
    for one in md.as_list(listed)[:60]:
        if not isinstance(one, dict):
            continue
        label = md.plain(one.get("label"), limit=60) or "total"
        if "symerror" in one:
            length = _length(one["symerror"], value)
            made[label] = (abs(length), abs(length)) if length is not None else (0.0, 0.0)
        elif isinstance(one.get("asymerror"), dict):
            shifts = [_length(one["asymerror"].get(key), value) or 0.0 for key in ("plus", "minus")]
            made[label] = (max(0.0, *(-shift for shift in shifts)), max(0.0, *shifts))
    return made


def _length(value: Any, of: float | None) -> float | None:
    """A length, or a share of the value (``5%``)."""
    if isinstance(value, str) and value.strip().endswith("%"):
        share = number(value.strip()[:-1])
        return None if share is None or of is None else share / 100 * of
    return number(value)


def sources_of(variables: Sequence[Variable]) -> list[str]:
    """The labels of all errors, in the order of the file."""
    return list(dict.fromkeys(label for variable in variables for row in variable.errors for label in row))


def combined(errors: Sequence[Mapping[str, Error]], labels: Sequence[str]) -> list[Error]:
    """Some sources added in quadrature, row by row."""
    made = []
    for row in errors:
        down = math.sqrt(math.fsum(row[label][0] ** 2 for label in labels if label in row))
        up = math.sqrt(math.fsum(row[label][1] ** 2 for label in labels if label in row))
        made.append((down, up))
    return made


def is_statistical(label: str) -> bool:
    """Whether a source is the statistical one."""
    return label.casefold().lstrip().startswith("stat")


def is_total(label: str) -> bool:
    """Whether a source is the sum of the others."""
    return label.casefold().startswith(("total", "tot"))
