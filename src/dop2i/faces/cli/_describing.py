"""Descriptions as a person reads them on a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from dop2i.faces.cli._terminal import aligned, clean, count_text, size_text, spark

if TYPE_CHECKING:
    from dop2i.core.formats.base import Column, Coverage, Description, Histogram, Proposal, Table
    from dop2i.core.proposals import FolderDescription

TABLES, COLUMNS, HEADERS, MEMBERS, FILES, PROPOSALS, WARNINGS = 8, 24, 12, 12, 40, 30, 3
VALUE_WIDTH = 64

FIELD_ORDER = (
    "metadata.title", "metadata.additional_titles", "metadata.creators", "metadata.contributors",
    "metadata.description", "metadata.additional_descriptions", "metadata.resource_type", "metadata.rights",
    "metadata.publication_date", "metadata.dates", "metadata.version", "metadata.languages", "metadata.subjects",
    "metadata.publisher", "metadata.identifiers", "metadata.related_identifiers", "metadata.references",
    "metadata.funding", "metadata.locations", "custom_fields.dop2i:theme",
)  # fmt: skip
"""As on a record's page; what is not named comes after, by name."""


def file_lines(found: Description, *, everything: bool = False, heading: bool = True) -> Iterator[str]:
    """One file: what it is, its tables, histograms, headers, coverage and what it proposes."""
    if heading:
        what = clean(found.label or found.media_type)
        theme = f" · {found.theme}" if found.theme else ""
        yield f"{_bold(clean(found.name))}   {what} · {size_text(found.size)}{theme}"
    if found.error:
        yield click.style(f"  damaged: {clean(found.error)}", fg="red")
    if found.summary:
        yield f"  {clean(found.summary, limit=200)}"
    for warning in _first(found.warnings, WARNINGS, everything):
        yield click.style(f"  note: {clean(warning, limit=0 if everything else 160)}", fg="yellow")
    yield from _more(found.warnings, WARNINGS, everything, "note")
    yield from _coverage_lines(found.coverage)
    for table in _first(found.tables, TABLES, everything):
        yield ""
        yield from table_lines(table, everything=everything)
    yield from _more(found.tables, TABLES, everything, "table")
    if found.histograms:
        yield ""
        yield from _histogram_lines(found.histograms, everything=everything)
    yield from _header_lines(found.headers, everything=everything)
    if found.members and (everything or not found.tables):
        yield ""
        yield f"  {_bold('holds')} {count_text(len(found.members), 'entry', 'entries')}"
        rows = [[clean(m.path, limit=90), "" if m.size is None else size_text(m.size)] for m in found.members]
        yield from aligned(_first(rows, MEMBERS, everything), indent=4, right=frozenset({1}))
        yield from _more(rows, MEMBERS, everything, "entry", "entries", indent=4)
    if found.proposals:
        yield ""
        yield f"  {_bold('proposes')}"
        yield from proposal_lines(found.proposals, everything=everything)


def table_lines(table: Table, *, everything: bool = False) -> Iterator[str]:
    """A table with a line a column: type, unit, entries, range, a small histogram."""
    name = "" if table.name == table.kind else clean(table.name) or "(unnamed)"
    yield f"  {table.kind} {_bold(name)}{'  ' if name else ''}{_extent(table)}".rstrip()
    if table.meaning:
        yield f"    {clean(table.meaning, limit=150)}"
    columns = _first(table.columns, COLUMNS, everything)
    if not columns:
        return
    rows = [_column_cells(column) for column in columns]
    head = ["column", "type", "unit", "entries", "min", "max", "", "meaning"]
    kept = [i for i in range(len(head)) if i == 0 or any(row[i] for row in rows)]
    right = frozenset(kept.index(i) for i in (3, 4, 5) if i in kept)
    styled = [[_dim(head[i]) for i in kept]] + [[row[i] for i in kept] for row in rows]
    yield from aligned(styled, indent=4, right=right)
    yield from _more(table.columns, COLUMNS, everything, "column", indent=4)


def _extent(table: Table) -> str:
    words = []
    if table.rows is not None:
        words.append(count_text(table.rows, "row"))
        if len(table.columns) > 1:
            words.append(count_text(len(table.columns), "column"))
    elif table.shape:
        words.append(" × ".join(str(length) for length in table.shape))
    if table.sampled and table.rows_read is not None:
        words.append(f"facts from {count_text(table.rows_read, 'row')}")
    return _dim(", ".join(words))


def _column_cells(column: Column) -> list[str]:
    shape = "".join("[]" if length < 0 else f"[{length}]" for length in column.shape)
    entries = "" if column.entries is None else f"{column.entries:,}"
    if column.missing:
        entries += f" ({column.missing:,} missing)"
    return [
        clean(column.name, limit=40),
        clean(f"{column.dtype}{shape}", limit=24),
        clean(column.unit, limit=20),
        entries,
        number(column.minimum),
        number(column.maximum),
        spark(column.histogram),
        clean(column.meaning or column.ucd, limit=50),
    ]


def number(value: Any) -> str:
    """A value as short as it can be read: six figures for a float."""
    if value is None or isinstance(value, bool):
        return "" if value is None else str(value).lower()
    if isinstance(value, float):
        return f"{value:.6g}"
    return clean(value, limit=24)


def _histogram_lines(histograms: Sequence[Histogram], *, everything: bool) -> Iterator[str]:
    yield f"  {_bold('histograms')} {_dim(str(len(histograms)))}"
    rows = []
    for item in _first(histograms, COLUMNS, everything):
        bins = " × ".join(str(max(len(edges) - 1, 0)) for edges in item.edges) or "?"
        ranges = ", ".join(f"{edges[0]:.4g} … {edges[-1]:.4g}" for edges in item.edges if edges)
        picture = spark(item.counts) if len(item.edges) == 1 else ""
        entries = "" if item.entries is None else f"{item.entries:.6g} entries"
        rows.append([clean(item.name, limit=40), f"{bins} bins", ranges, entries, picture, clean(item.title, limit=50)])
    yield from aligned(rows, indent=4)
    yield from _more(histograms, COLUMNS, everything, "histogram", indent=4)


def _coverage_lines(coverage: Coverage) -> Iterator[str]:
    if coverage.time_start:
        end = f" to {coverage.time_end}" if coverage.time_end and coverage.time_end != coverage.time_start else ""
        gps = f" (GPS {coverage.gps_start:.10g})" if coverage.gps_start is not None else ""
        yield f"  time  {clean(coverage.time_start + end)}{gps}"
    if coverage.ra is not None and coverage.dec is not None:
        around = f", radius {coverage.radius:.4g}°" if coverage.radius else ""
        yield f"  sky   {coverage.ra:.5f}° {coverage.dec:+.5f}° ICRS{around}"


def _header_lines(headers: dict[str, Any], *, everything: bool) -> Iterator[str]:
    rows = list(_flattened(headers))
    if not rows:
        return
    yield ""
    yield f"  {_bold('headers')}"
    yield from aligned(_first(rows, HEADERS, everything), indent=4)
    yield from _more(rows, HEADERS, everything, "header", indent=4)


def _flattened(headers: dict[str, Any], before: str = "") -> Iterator[list[str]]:
    for key, value in headers.items():
        name = f"{before}{key}"
        if isinstance(value, dict) and len(name) < 60:
            yield from _flattened(value, f"{name}.")
        elif value not in (None, "", [], {}):
            yield [clean(name, limit=40), clean(number(value) if isinstance(value, float) else value, limit=100)]


def proposal_lines(proposals: Sequence[Proposal], *, everything: bool = False) -> Iterator[str]:
    """Proposed values, the surest first, each with where it was read."""
    grouped: dict[tuple[str, str], list[Proposal]] = {}
    for proposal in sorted(proposals, key=lambda proposal: (-proposal.confidence, proposal.path)):
        grouped.setdefault((proposal.path, value_text(proposal.value)), []).append(proposal)
    rows = []
    before = ""
    for (path, value), group in list(grouped.items())[: None if everything else PROPOSALS]:
        where = evidence_text(group[0].evidence.file, group[0].evidence.key)
        also = f" and {count_text(len(group) - 1, 'other')}" if len(group) > 1 else ""
        rows.append([field_name(path) if path != before else "", value, _dim(where + also)])
        before = path
    yield from aligned(rows, indent=4)
    yield from _more(list(grouped), PROPOSALS, everything, "proposal", indent=4)


def field_name(path: str) -> str:
    """A dotted path as a person names it: ``creators``, ``experiment``."""
    short = path.removeprefix("metadata.").removeprefix("custom_fields.").removeprefix("dop2i:")
    return clean(short.replace("_", " "), limit=30)


def evidence_text(file: str, key: str) -> str:
    """``file: key``."""
    where = clean(file, limit=60)
    return f"{where}: {clean(key, limit=40)}" if key else where


def evidence_of(item: dict[str, Any]) -> str:
    """Where an assembled value comes from, and how many more files say the same."""
    file, key = item.get("file") or "", item.get("key") or ""
    also = f" and {count_text(item['count'] - 1, 'other')}" if item.get("count", 1) > 1 else ""
    return (evidence_text(file, key) if file else clean(key, limit=60)) + also


def value_text(value: Any, *, limit: int = VALUE_WIDTH) -> str:
    """A proposed value on one line."""
    if isinstance(value, dict):
        return clean(_object_text(value), limit=limit)
    if isinstance(value, list):
        return clean("; ".join(value_text(item, limit=limit) for item in value), limit=limit)
    if isinstance(value, float):
        return number(value)
    return clean(value, limit=limit)


def _object_text(value: dict[str, Any]) -> str:
    """The part of a structured value that says most."""
    person = value.get("person_or_org")
    if isinstance(person, dict):
        identifiers = ", ".join(
            str(i.get("identifier", "")) for i in person.get("identifiers", []) if isinstance(i, dict)
        )
        places = ", ".join(str(a.get("name") or a.get("id")) for a in value.get("affiliations", []))
        name = person.get("name") or f"{person.get('family_name', '')}, {person.get('given_name', '')}"
        return f"{name}{f' ({places})' if places else ''}{f' {identifiers}' if identifiers else ''}"
    if "minimum" in value or "maximum" in value:
        ends = [number(value[key]) for key in ("minimum", "maximum") if value.get(key) is not None]
        return f"{' to '.join(dict.fromkeys(ends))} {value.get('unit', '')}".strip()
    if "start" in value or "end" in value:
        return " to ".join(dict.fromkeys(str(value[key]) for key in ("start", "end") if value.get(key)))
    if "ra" in value and "dec" in value:
        around = f", radius {number(value['radius'])}°" if value.get("radius") else ""
        return f"ra {number(value['ra'])}°, dec {number(value['dec'])}°{around}"
    if isinstance(value.get("relation_type"), dict):
        return f"{value['relation_type'].get('id', '')} {value.get('identifier', '')}"
    if value.get("date"):
        kind = value.get("type")
        return f"{value['date']}{' ' + str(kind.get('id', '')) if isinstance(kind, dict) else ''}"
    for key in ("title", "subject", "identifier", "description", "date", "name", "id"):
        inner = value.get(key)
        if isinstance(inner, dict):
            inner = inner.get("en") or next(iter(inner.values()), "")
        if inner:
            return str(inner)
    return ", ".join(f"{key}: {value_text(item)}" for key, item in value.items() if item not in (None, "", [], {}))


def folder_lines(found: FolderDescription, *, address: str, everything: bool = False) -> Iterator[str]:
    """A folder: what kinds of files, file by file in a line, what stands out, and what it proposes together."""
    files = found.files
    total = sum(file.size for file in files)
    yield f"{_bold(clean(address))}   {count_text(len(files), 'file')} · {size_text(total)}"
    kinds = Counter(file.label or file.media_type for file in files)
    yield "  " + " · ".join(f"{count} {clean(kind)}" for kind, count in kinds.most_common(10))
    yield ""
    rows = [_file_cells(file) for file in _first(files, FILES, everything)]
    yield from aligned(rows, indent=2, right=frozenset({1}))
    yield from _more(files, FILES, everything, "file")
    for file in files:
        if file.error:
            yield click.style(f"  damaged: {clean(_named_error(file))}", fg="red")
    for warning in getattr(found, "warnings", []):
        yield click.style(f"  note: {clean(warning)}", fg="yellow")
    for file in _telling(files, everything=everything):
        yield ""
        yield from file_lines(_without_proposals(file), everything=everything)
    yield from _assembled_lines(found, everything=everything)


def _assembled_lines(found: FolderDescription, *, everything: bool) -> Iterator[str]:
    """What the files of a folder propose together; with ``everything`` also what was not chosen."""
    from dop2i.core.proposals import assemble

    made = assemble(found)
    order = {path: number for number, path in enumerate(FIELD_ORDER)}
    items = sorted(made.evidence, key=lambda item: (order.get(item["path"], 99), item["path"], not item["chosen"]))
    rows: list[list[str]] = []
    before = ("", "")
    for item in items:
        if not item["chosen"] and not everything:
            continue
        path, text = item["path"], value_text(item["value"])
        where = ("" if item["chosen"] else "not chosen, ") + evidence_of(item)
        if (path, where) == before and len(rows[-1][1]) + len(text) < VALUE_WIDTH - 2:
            rows[-1][1] += f", {text}"
            continue
        rows.append([field_name(path) if path != before[0] else "", text, _dim(where)])
        before = (path, where)
    if rows:
        yield ""
        yield _bold("proposed metadata")
        yield from aligned(rows)
    for problem in made.missing:
        yield f"  {field_name(problem.path)}: {_dim('not found; publish asks for it')}"


def _named_error(file: Description) -> str:
    return file.error if file.name.rsplit("/", 1)[-1] in file.error else f"{file.name}: {file.error}"


def _file_cells(file: Description) -> list[str]:
    said = click.style("damaged", fg="red") if file.error else clean(file.summary, limit=70)
    return [clean(file.name, limit=70), size_text(file.size), clean(file.label or file.media_type, limit=30), said]


def _telling(files: Sequence[Description], *, everything: bool) -> list[Description]:
    """The files that hold data, one of each kind and shape (all of them with ``everything``)."""
    seen: set[tuple[Any, ...]] = set()
    chosen = []
    for file in files:
        if not file.tables and not file.histograms:
            continue
        shape = (file.format, tuple(sorted({column.name for table in file.tables for column in table.columns})))
        if everything or (shape not in seen and len(chosen) < 6):
            seen.add(shape)
            chosen.append(file)
    return chosen


def _without_proposals(file: Description) -> Description:
    from dataclasses import replace

    return replace(file, proposals=[])


def _first(items: Sequence[Any], limit: int, everything: bool) -> Sequence[Any]:
    return items if everything else items[:limit]


def _more(
    items: Sequence[Any], limit: int, everything: bool, singular: str, plural: str = "", *, indent: int = 2
) -> Iterator[str]:
    if not everything and len(items) > limit:
        rest = count_text(len(items) - limit, f"more {singular}", f"more {plural or singular + 's'}")
        yield " " * indent + _dim(f"… and {rest} (--all shows them)")


def _bold(text: str) -> str:
    return click.style(text, bold=True)


def _dim(text: str) -> str:
    return click.style(text, dim=True) if text else ""
