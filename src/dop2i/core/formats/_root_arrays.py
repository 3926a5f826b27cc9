"""Values of TTrees and RNTuples for the views, by uproot: only the baskets or pages of the rows that are asked for."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from dop2i.core.formats._arrays import no_column
from dop2i.core.formats._root_trees import UNIT, meaning_of
from dop2i.core.formats.base import Values

_LARGEST_BLOCK = 2_000_000


def blocks_of(tree: Any, columns: Sequence[str]) -> list[tuple[int, int]]:
    """Ranges of entries that lie together."""
    if hasattr(tree, "cluster_summaries"):
        found = [
            (int(one.num_first_entry), int(one.num_first_entry + one.num_entries)) for one in tree.cluster_summaries
        ]
        return _cut(found)
    if not columns:
        return []
    branch, _field = _branch(tree, columns[0])
    edges = [int(edge) for edge in branch.entry_offsets] if branch is not None else []
    return _cut([(first, last) for first, last in itertools.pairwise(edges) if last > first])


def _cut(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    made = []
    for first, last in ranges:
        for start in range(first, last, _LARGEST_BLOCK):
            made.append((start, min(start + _LARGEST_BLOCK, last)))
    return made


def read_columns(tree: Any, table: str, columns: Sequence[str], start: int, stop: int | None) -> dict[str, Values]:
    """The columns as the reader describes them. Raises ``NotFound`` for one that is not there."""
    total = int(tree.num_entries)
    start = max(0, min(start, total))
    stop = total if stop is None else max(start, min(stop, total))
    if hasattr(tree, "cluster_summaries"):
        return {name: _field_values(tree, table, name, start, stop) for name in columns}
    return {name: _branch_values(tree, table, name, start, stop) for name in columns}


def _branch(tree: Any, name: str) -> tuple[Any, str]:
    """The branch of a column, and the name of its field where a leaf list has several; ``(None, "")`` for neither."""
    import uproot

    for path, field in ((name, ""), (name.rpartition("/")[0], name.rpartition("/")[2])):
        if path:
            try:
                return tree[path], field
            except uproot.KeyInFileError:
                continue
    return None, ""


def _branch_values(tree: Any, table: str, name: str, start: int, stop: int) -> Values:
    branch, field = _branch(tree, name)
    if branch is None or branch.branches:
        raise no_column(table, name)
    found = UNIT.search(meaning_of(branch.title, branch.name))
    array = branch.array(entry_start=start, entry_stop=stop, library="ak")
    if field and field in (array.fields or ()):
        array = array[field]
    return _values(array, unit=found.group(1) if found else "")


def _field_values(ntuple: Any, table: str, name: str, start: int, stop: int) -> Values:
    try:
        field = ntuple[name]
    except Exception:
        raise no_column(table, name) from None
    array = field.array(entry_start=start, entry_stop=stop)
    if array.fields:
        array = array[name.rpartition(".")[2]]
    return _values(array, unit="")


def _values(array: Any, *, unit: str) -> Values:
    """An awkward array as one flat NumPy array, with offsets where rows are lists (nested ones are flattened)."""
    import numpy as np

    layout = array.layout
    offsets = None
    while True:
        if layout.parameter("__array__") in ("string", "bytestring"):
            import awkward as ak

            return Values(np.array([_text(one) for one in ak.to_list(layout)], dtype=object), offsets, unit)
        if layout.is_option or layout.is_indexed:
            layout = layout.project()
        elif layout.is_list:
            listed = layout.to_ListOffsetArray64(True)
            inner = np.asarray(listed.offsets.data)
            offsets = inner if offsets is None else inner[offsets]
            layout = listed.content[: int(inner[-1])]
        elif layout.is_numpy:
            data = np.asarray(layout.data)
            if data.ndim > 1:
                offsets = _widened(offsets, len(data), int(np.prod(data.shape[1:])))
            return Values(np.ascontiguousarray(data).reshape(-1), offsets, unit)
        elif layout.is_regular:
            offsets = _widened(offsets, len(layout), int(layout.size))
            layout = layout.content[: len(layout) * layout.size]
        else:
            import awkward as ak

            return Values(np.array([str(one)[:200] for one in ak.to_list(layout)], dtype=object), offsets, unit)


def _widened(offsets: Any, rows: int, size: int) -> Any:
    """Offsets when each of ``rows`` entries holds ``size`` values."""
    import numpy as np

    return (np.arange(rows + 1) if offsets is None else offsets) * size


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
