"""HDF5 files: groups, datasets and attributes, read by h5py; what a convention adds is in ``_hdf5_flavours``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dop2i.core.formats import _hdf5 as shared
from dop2i.core.formats import _hdf5_arrays as stored
from dop2i.core.formats._findings import Findings
from dop2i.core.formats._hdf5_flavours import recognise_convention
from dop2i.core.formats.base import Description, FormatReader, Plane, Source, Values, Window, kept
from dop2i.core.formats.limits import Budget


class Hdf5Reader(FormatReader):
    """Any HDF5 file, and more of GWOSC strain, NeXus, openPMD and KM3NeT files.

    Format: The HDF Group, HDF5 File Format Specification 3.0.
    """

    name = "hdf5"
    label = {"en": "HDF5 file", "fr": "Fichier HDF5"}
    media_types = ("application/x-hdf5", "application/x-hdf")
    suffixes = (".h5", ".hdf5", ".hdf", ".he5", ".nxs", ".nx5")
    rank = 20
    fragile = True

    def recognises(self, name: str, head: bytes) -> float:
        """The HDF5 signature; less certain than a reader of something built upon HDF5."""
        return 0.9 if shared.has_signature(head) else 0.0

    def describe(self, source: Source) -> Description:
        """Tables, arrays, attributes, members. Raises ``UnreadableFile`` when the file cannot be opened."""
        description = Description(format=self.name, label=self.label["en"], media_type=self.media_types[0])
        budget = Budget.of(source)
        with shared.open_hdf5(source) as file:
            contents = shared.walk(file, description, budget)
            root = contents.attributes.get("/", {})
            description.headers = {**root, **description.headers}
            description.tables = shared.tables_of(contents, budget=budget, warnings=description.warnings)
        findings = Findings(description, source.name)
        findings.dataset()
        recognise_convention(contents, description, findings)
        if not description.proposals[1:]:
            findings.title(root.get("title") or root.get("Title"), key="/@title")
        _judge(description, source)
        description.summary = _summary(description)
        return description

    def preview(self, source: Source, *, table: str, start: int = 0, stop: int = 50) -> dict[str, Any]:
        """Rows of one table or dataset. Raises ``NotFound`` when there is none of that name."""
        with shared.open_hdf5(source) as file:
            return shared.preview_table(file, table=table, start=start, stop=stop, source=source)

    def arrays(
        self, source: Source, *, table: str, columns: Sequence[str], start: int = 0, stop: int | None = None
    ) -> dict[str, Values]:
        """Columns of a compound dataset, of a group of datasets of one length, or one dataset."""
        file = kept(source, "hdf5", lambda: shared.open_hdf5(source))
        return stored.read_columns(file, table=table, columns=columns, start=start, stop=stop, name=source.name)

    def plane(self, source: Source, *, table: str, index: int, window: Window) -> Plane:
        """A plane of a dataset, with its axes where they are even scales."""
        with shared.open_hdf5(source) as file:
            return stored.read_plane(file, table=table, index=index, window=window, name=source.name)


def _judge(description: Description, source: Source) -> None:
    """A file in which nothing could be opened is damaged, whatever its signature says."""
    if description.warnings and not description.tables and not description.headers:
        description.error = f"Nothing in {source.name} could be read: {description.warnings[0]}"


def _summary(description: Description) -> str:
    tables = len(description.tables)
    columns = sum(len(table.columns) for table in description.tables)
    rows = max((table.rows or 0 for table in description.tables), default=0)
    words = f"{tables} {'table' if tables == 1 else 'tables'}, {columns} {'column' if columns == 1 else 'columns'}"
    return f"{description.label}: {words}, up to {rows:,} rows" if tables else f"{description.label}, without datasets"
