"""FITS files: images, cubes, tables, event lists, HEALPix maps, also compressed (``.fits.gz``, tiles as in ``.fz``)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from dop2i.core.formats import _fits_data as data
from dop2i.core.formats import _fits_metadata as knowledge
from dop2i.core.formats import _fits_planes as planes
from dop2i.core.formats import _gzip
from dop2i.core.formats._arrays import no_table
from dop2i.core.formats._findings import MOST_HEADERS, MOST_MEMBERS, Findings, tidy
from dop2i.core.formats._fits_units import Unit, units_of
from dop2i.core.formats.base import Description, FormatReader, Member, Plane, Source, Table, Values, Window, kept
from dop2i.core.formats.limits import Budget
from dop2i.errors import NotFound, UnreadableFile

_BEGINNING = b"SIMPLE  ="
_GZIPPED = (".fits.gz", ".fit.gz", ".fts.gz", ".fits.gzip")
_STRUCTURE = frozenset(
    {
        *("", "SIMPLE", "XTENSION", "BITPIX", "NAXIS", "EXTEND", "PCOUNT", "GCOUNT", "GROUPS", "TFIELDS", "THEAP"),
        *("CHECKSUM", "DATASUM", "END", "COMMENT", "HISTORY"),
    }
)
_COLUMN_KEYS = (
    "TTYPE",
    "TFORM",
    "TUNIT",
    "TNULL",
    "TSCAL",
    "TZERO",
    "TDISP",
    "TBCOL",
    "TDIM",
    "TCOMM",
    "TUCD",
    "NAXIS",
)


class FitsReader(FormatReader):
    """Any FITS file. Units are found by their headers; data are streamed by range.

    Public source: FITS Standard 4.0; OGIP/93-003 and the gamma-ray data formats for event lists; HEALPix primer.
    """

    name = "fits"
    label = {"en": "FITS file", "fr": "Fichier FITS"}
    media_types = ("application/fits", "image/fits")
    suffixes = (".fits", ".fit", ".fts", ".fits.fz", ".fz", *_GZIPPED)
    rank = 10

    def recognises(self, name: str, head: bytes) -> float:
        """``SIMPLE  =`` at the start, or within a gzip file."""
        if head.startswith(_BEGINNING):
            return 1.0
        if head.startswith(_gzip.MAGIC) and _gzip.beginning(head).startswith(_BEGINNING):
            return 0.99
        return 0.0

    def describe(self, source: Source) -> Description:
        """Images, tables, headers. Raises ``UnreadableFile`` when the first header is damaged."""
        description = Description(format=self.name, label=self.label["en"], media_type=self.media_types[0])
        budget = Budget.of(source)
        with _content(source, budget) as content:
            if isinstance(content, _gzip.UnpackedSource):
                description.label = "FITS file, gzip-compressed"
                if content.damage:
                    description.error = f"{source.name} is cut short or damaged: {content.damage}."
                elif not content.complete:
                    description.warnings.append(f"Only the first {content.size:,} unpacked bytes were read.")
            _describe_units(content, description, budget, partly=_is_part(content), name=source.name)
        return description

    def preview(self, source: Source, *, table: str, start: int = 0, stop: int = 50) -> dict[str, Any]:
        """Rows of one table or image. Raises ``NotFound`` when there is none of that name."""
        with _content(source, Budget.of(source)) as content:
            for name, unit in _named(units_of(content, [])):
                if name == table and unit.kind != "empty":
                    return data.preview_unit(content, unit, start=start, stop=stop)
        raise NotFound(f"{source.name} has no table or image {table!r}.")

    def arrays(
        self, source: Source, *, table: str, columns: Sequence[str], start: int = 0, stop: int | None = None
    ) -> dict[str, Values]:
        """Columns of a table, or the pixels of an image (its only column) by its first axis."""
        from dop2i.core.formats._fits_arrays import read_columns

        content = kept(source, "content", lambda: _unpacked(source))
        units = kept(source, "units", lambda: dict(_named(units_of(content, []))))
        if table not in units or units[table].kind == "empty":
            raise no_table(source, table)
        return read_columns(content, units[table], columns, start, stop, table=table)

    def plane(self, source: Source, *, table: str, index: int, window: Window) -> Plane:
        """A plane of an image or cube, with the keywords that say where on the sky it lies."""
        with _content(source, Budget.of(source)) as content:
            for name, unit in _named(units_of(content, [])):
                if name == table:
                    return planes.read_plane(content, unit, index=index, window=window)
        raise NotFound(f"{source.name} has no image {table!r}.")


def _unpacked(source: Source) -> Source:
    """The file itself, or what a gzip file holds (which whoever keeps it closes)."""
    packed = source.read_range(0, 3) == _gzip.MAGIC
    return _gzip.UnpackedSource(source, Budget.of(source)) if packed else source


@contextlib.contextmanager
def _content(source: Source, budget: Budget) -> Iterator[Source]:
    """The file itself, or what a gzip file holds."""
    if source.read_range(0, 3) != _gzip.MAGIC:
        yield source
        return
    with _gzip.UnpackedSource(source, budget) as unpacked:
        yield unpacked


def _is_part(content: Source) -> bool:
    return isinstance(content, _gzip.UnpackedSource) and not content.complete


def _named(units: Iterator[Unit]) -> Iterator[tuple[str, Unit]]:
    """Units with names that differ: a second SCI becomes ``SCI,2`` by EXTVER, or ``SCI#5`` by number."""
    seen: set[str] = set()
    for unit in units:
        name = unit.name
        if name in seen:
            name = f"{name},{unit.whole('EXTVER')}" if unit.whole("EXTVER") > 1 else f"{name}#{unit.index}"
        if name in seen:
            name = f"{unit.name}#{unit.index}"
        seen.add(name)
        yield name, unit


def _describe_units(source: Source, description: Description, budget: Budget, *, partly: bool, name: str) -> None:
    units: list[Unit] = []
    tables: dict[int, Table] = {}
    troubles: list[str] = []
    for unit_name, unit in _named(units_of(source, troubles)):
        if len(units) < 200:
            units.append(unit)
        if len(description.members) < MOST_MEMBERS:
            description.members.append(Member(unit_name, unit.data_size, unit.kind))
        _keep_headers(unit, unit_name, description)
        table = _table_of(source, unit, unit_name, description, budget)
        if table is not None:
            tables[unit.index] = table
            description.tables.append(table)
        if unit.present < unit.data_size and not partly and not description.error:
            description.error = (
                f"{name} is cut short: its part {unit_name} announces {unit.data_size:,} bytes of data and "
                f"{unit.present:,} are there."
            )
    if troubles and not partly and not description.error:
        description.warnings += [f"{name} may be cut short: {trouble}." for trouble in troubles]
    findings = Findings(description, name)
    findings.dataset()
    knowledge.propose_from_headers(units, description, findings)
    knowledge.propose_sky(units, tables, description, findings)
    knowledge.propose_energies(units, tables, findings)
    _finish(units, tables, description)


def _table_of(source: Source, unit: Unit, name: str, description: Description, budget: Budget) -> Table | None:
    if unit.kind == "empty" or budget.columns_left <= 0:
        return None
    try:
        if unit.kind == "image":
            return data.describe_image(source, unit, name, budget)
        if unit.kind == "ascii":
            return data.describe_ascii(source, unit, name, budget)
        return data.describe_table(source, unit, name, budget)
    except UnreadableFile as problem:
        description.warnings.append(str(problem))
    except Exception as problem:
        description.warnings.append(f"The data of {name} cannot be read: {tidy(problem, longest=200)}.")
    return Table(name=name, kind=unit.kind if unit.kind == "image" else "table", rows=None)


def _keep_headers(unit: Unit, name: str, description: Description) -> None:
    """Cards that say something about the data, by ``UNIT:KEY``; structure and columns are described elsewhere."""
    for key, value in unit.cards.items():
        if len(description.headers) >= MOST_HEADERS:
            return
        if key in _STRUCTURE or key.startswith(_COLUMN_KEYS) or value == "":
            continue
        description.headers[f"{name}:{key}"] = tidy(value) if isinstance(value, str) else value


def _finish(units: list[Unit], tables: dict[int, Table], description: Description) -> None:
    """Label and summary in the words of the field."""
    classes = {unit.text("HDUCLAS1").upper() for unit in units} | {unit.name.upper() for unit in units}
    if "EVENTS" in classes:
        description.label = "FITS event list"
    elif any(unit.text("PIXTYPE").upper() == "HEALPIX" for unit in units):
        description.label = "HEALPix map (FITS)"
    parts = []
    images = [table for table in tables.values() if table.kind in ("image", "array")]
    catalogues = [table for table in tables.values() if table.kind == "table"]
    if images:
        largest = max(images, key=lambda table: (table.rows or 0) * (table.shape[-1] if table.shape else 1))
        size = " × ".join(str(length) for length in reversed(largest.shape))
        parts.append(f"{len(images)} image{'s' if len(images) > 1 else ''}" + (f" ({size})" if size else ""))
    if catalogues:
        rows = max(table.rows or 0 for table in catalogues)
        parts.append(f"{len(catalogues)} table{'s' if len(catalogues) > 1 else ''} (up to {rows:,} rows)")
    description.summary = f"{description.label}: {', '.join(parts) if parts else 'headers only'}"
