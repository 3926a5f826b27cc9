"""Columns of TTrees and RNTuples, streamed basket by basket through uproot."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dop2i.core.formats._findings import cell, tidy
from dop2i.core.formats.base import Column, Table
from dop2i.core.formats.limits import CHUNK_BYTES, Budget

if TYPE_CHECKING:
    from dop2i.core.formats._columns import ColumnFacts

UNIT = re.compile(r"\[([A-Za-z%µ°][A-Za-z0-9/^*µ°%. -]{0,15})\]\s*$")
_OBJECT_ROWS = 1000
_LARGEST_BASKET = 512 * 2**20
_MOST_SHOWN = 200

_ELEMENT_TYPES = {
    "bool": "bool",
    "char": "int8",
    "float": "float32",
    "double": "float64",
    "std::byte": "uint8",
    "std::string": "str",
    "TString": "str",
    **{
        f"{prefix}{sign}int{bits}_t": f"{sign}int{bits}"
        for prefix in ("std::", "")
        for sign in ("", "u")
        for bits in (8, 16, 32, 64)
    },
}
_LIST_TYPES = re.compile(r"^(?:std::vector|ROOT::VecOps::RVec|ROOT::RVec|std::set|std::array)<(.+?)(?:,\s*\d+)?>$")


class _Branch:
    """One leaf branch: how to read it raw, what it is called, and its facts."""

    def __init__(self, path: str, branch: Any, parts: list[tuple[str, Any, ColumnFacts]], *, raw: bool) -> None:
        self.path = path
        self.branch = branch
        self.parts = parts
        self.raw = raw
        self.failed = ""


def describe_tree(tree: Any, name: str, *, budget: Budget, warnings: list[str]) -> Table:
    """The table of a TTree; a branch that cannot be read keeps its name and type and gives a warning."""
    table = Table(name=name, kind="tree", rows=int(tree.num_entries), meaning=meaning_of(tree.title, name))
    found = [(path, branch) for path, branch in tree.iteritems(recursive=True, full_paths=True) if not branch.branches]
    wanted = budget.take_columns(len(found))
    strange: list[tuple[str, str]] = []
    branches = [_open_branch(path, branch, table, strange) for path, branch in found[:wanted]]
    if wanted < len(found):
        warnings.append(f"{name} has {len(found)} branches; {wanted} are described.")
    readable = [branch for branch in branches if branch is not None]
    # The first basket of every branch comes first, so that a small budget still shows something of each.
    for first in (True, False):
        for branch in readable:
            if not _read_branch(branch, first=first, budget=budget):
                table.sampled = True
    failed = [(branch.path, branch.failed) for branch in readable if branch.failed]
    if failed:
        warnings.append(f"Columns of {name} that could not be read: {_listed(failed)}.")
    if strange:
        warnings.append(f"Columns of {name} of an unknown type: {_listed(strange)}.")
    read = [facts for branch in readable for _, _, facts in branch.parts]
    table.columns += [facts.column() if facts.entries else _only_named(facts) for facts in read]
    if table.sampled:
        table.rows_read = max((facts.entries for facts in read), default=0)
    return table


def _only_named(facts: ColumnFacts) -> Column:
    column = facts.column()
    column.missing = None
    column.entries = None
    return column


def _listed(branches: list[tuple[str, str]]) -> str:
    """The first three branches with what is wrong with each."""
    listing = "; ".join(f"{path} ({reason})" for path, reason in branches[:3])
    return f"{listing}; + {len(branches) - 3}" if len(branches) > 3 else listing


def _open_branch(path: str, branch: Any, table: Table, strange: list[tuple[str, str]]) -> _Branch | None:
    import uproot

    from dop2i.core.formats._columns import ColumnFacts

    meaning = meaning_of(branch.title, branch.name)
    shape: tuple[int, ...]
    found = UNIT.search(meaning)
    unit = found.group(1) if found else ""
    try:
        interpretation = branch.interpretation
        if isinstance(interpretation, uproot.AsJagged) and isinstance(interpretation.content, uproot.AsDtype):
            stored, shape = interpretation.content.from_dtype, (-1,)
            raw = interpretation.header_bytes == 0
        elif type(interpretation) is uproot.AsDtype:
            stored, shape, raw = interpretation.from_dtype, (), True
        else:
            text = isinstance(interpretation, uproot.AsStrings)
            numeric = "str" if text else _numeric_name(interpretation)
            kind, shape = (numeric, ()) if numeric else _element_type(str(branch.typename))
            return _Branch(path, branch, [("", None, ColumnFacts(path, kind, shape, unit, meaning))], raw=False)
    except Exception as problem:
        strange.append((path, _first_line(problem)))
        table.columns.append(Column(name=path, dtype=_typename(branch), meaning=meaning))
        return None
    element, inner = stored.subdtype or (stored, ())
    shape = (*shape, *inner)
    if element.names is None:
        facts = ColumnFacts(path, element.newbyteorder("=").name, shape, unit, meaning)
        return _Branch(path, branch, [("", stored, facts)], raw=raw)
    parts = []
    for field in element.names:
        base, dims = element[field].subdtype or (element[field], ())
        column = ColumnFacts(f"{path}/{field}", base.newbyteorder("=").name, (*shape, *dims), unit, meaning)
        parts.append((field, stored, column))
    return _Branch(path, branch, parts, raw=raw)


def _typename(branch: Any) -> str:
    try:
        return str(branch.typename)
    except Exception:
        return "unknown"


def _numeric_name(interpretation: Any) -> str:
    dtype = getattr(interpretation, "to_dtype", None)
    return dtype.name if dtype is not None and dtype.names is None and dtype.subdtype is None else ""


def _read_branch(branch: _Branch, *, first: bool, budget: Budget) -> bool:
    """Reads the first basket or all others; False when the budget stopped it."""
    if branch.failed:
        return True
    try:
        if branch.raw:
            return _read_baskets(branch, first=first, budget=budget)
        return _read_entries(branch, first=first, budget=budget)
    except Exception as problem:
        branch.failed = _first_line(problem)
        return True


def _read_baskets(branch: _Branch, *, first: bool, budget: Budget) -> bool:
    """Values straight from the decompressed baskets: no offsets are made, no jagged array is built."""
    import numpy as np

    count = branch.branch.num_baskets
    offsets = branch.branch.entry_offsets
    typical = branch.branch.uncompressed_bytes // max(count, 1)
    for number in range(0, min(1, count)) if first else range(1, count):
        if typical > _LARGEST_BASKET or not budget.spend(max(typical, 1)):
            return False
        basket = branch.branch.basket(number)
        data = basket.data
        entries = int(offsets[number + 1] - offsets[number])
        for field, stored, facts in branch.parts:
            whole = len(data) // stored.itemsize * stored.itemsize
            values = np.frombuffer(data[:whole], dtype=stored)
            facts.add(values[field] if field else values, entries=entries)
    return True


def _read_entries(branch: _Branch, *, first: bool, budget: Budget) -> bool:
    """Values that need uproot's own deserialisation (strings, nested vectors, objects): the first thousand rows."""
    if not first:
        return True
    total = int(branch.branch.num_entries)
    stop = min(total, _OBJECT_ROWS)
    size = int(branch.branch.uncompressed_bytes * (stop / total)) if total else 0
    if not budget.spend(max(size, 1)):
        return False
    facts = branch.parts[0][2]
    try:
        array = branch.branch.array(entry_stop=stop, library="ak")
        values = flat_values(array)
    except Exception:
        values = [None] * len(branch.branch.array(entry_stop=stop, library="np"))
        facts.add([], entries=len(values))
        return stop == total
    facts.add(values, entries=len(array))
    return stop == total


def flat_values(array: Any) -> Any:
    """All numbers of an awkward array as one NumPy array, the extremes of texts, nothing for records and unions."""
    import numpy as np

    layout = array.layout
    while True:
        if layout.parameter("__array__") in ("string", "bytestring"):
            return _extreme_texts(layout)
        if layout.is_option or layout.is_indexed:
            layout = layout.project()
        elif layout.is_list:
            listed = layout.to_ListOffsetArray64(True)
            layout = listed.content[: int(listed.offsets[-1])]
        elif layout.is_numpy:
            return np.asarray(layout.data).ravel()
        elif layout.is_regular:
            layout = layout.content[: len(layout) * layout.size]
        else:
            return []


def _extreme_texts(layout: Any) -> list[str]:
    """The first and the last text in order, straight from their bytes (UTF-8 sorts like the characters)."""
    listed = layout.to_ListOffsetArray64(True)
    data = listed.content.data.tobytes()
    offsets = listed.offsets.data.tolist()
    texts = {data[start:stop] for start, stop in itertools.pairwise(offsets)}
    return [text.decode("utf-8", "replace") for text in (min(texts), max(texts))] if texts else []


def describe_rntuple(ntuple: Any, name: str, *, budget: Budget, warnings: list[str]) -> Table:
    """The table of an RNTuple: one column a leaf field, named by its dotted path."""
    from dop2i.core.formats._columns import ColumnFacts

    table = Table(name=name, kind="tree", rows=int(ntuple.num_entries), attributes={"class": "RNTuple"})
    paths = [path for path in ntuple.keys() if not path.startswith("_")]  # noqa: SIM118 - not a mapping
    parents = {path.rpartition(".")[0] for path in paths}
    leaves = [path for path in paths if path not in parents]
    wanted = budget.take_columns(len(leaves))
    if wanted < len(leaves):
        warnings.append(f"{name} has {len(leaves)} fields; {wanted} are described.")
    columns: list[ColumnFacts] = []
    for path in leaves[:wanted]:
        field = ntuple[path]
        dtype, shape = _element_type(str(field.typename))
        meaning = tidy(getattr(field, "description", ""))
        facts = ColumnFacts(path, dtype, shape, "", meaning)
        columns.append(facts)
        try:
            for start, stop in _entry_ranges(ntuple):
                # A value takes 8 bytes at most; lists are charged once their length is known.
                if not budget.spend((stop - start) * 8):
                    table.sampled = True
                    break
                array = field.array(entry_start=start, entry_stop=stop)
                values = flat_values(array[path.rpartition(".")[2]] if array.fields else array)
                facts.add(values, entries=stop - start)
                budget.spend(max(0, getattr(values, "nbytes", 0) - (stop - start) * 8))
        except Exception as problem:
            warnings.append(f"{name}/{path} could not be read: {_first_line(problem)}.")
    table.columns = [facts.column() if facts.entries else _only_named(facts) for facts in columns]
    if table.sampled:
        table.rows_read = max((facts.entries for facts in columns), default=0)
    return table


def _element_type(typename: str) -> tuple[str, tuple[int, ...]]:
    shape: tuple[int, ...] = ()
    found = _LIST_TYPES.match(typename)
    while found and len(shape) < 8:
        shape += (-1,)
        typename = found.group(1).strip()
        found = _LIST_TYPES.match(typename)
    if typename.startswith("ROOT::RNTupleCardinality"):
        return "uint64", shape
    return _ELEMENT_TYPES.get(typename, typename), shape


def _entry_ranges(ntuple: Any) -> Iterator[tuple[int, int]]:
    """Ranges within one cluster, short enough for a chunk."""
    most = CHUNK_BYTES // 8
    for cluster in ntuple.cluster_summaries:
        start, end = int(cluster.num_first_entry), int(cluster.num_first_entry + cluster.num_entries)
        while start < end:
            yield start, min(start + most, end)
            start += most


def preview_tree(tree: Any, *, start: int, stop: int) -> dict[str, Any]:
    """Rows of a TTree or an RNTuple, at most 200 columns; an unreadable one shows empty cells."""
    total = int(tree.num_entries)
    start, stop = max(0, min(start, total)), max(0, min(stop, total))
    if hasattr(tree, "branches"):
        found = [(path, item) for path, item in tree.iteritems(recursive=True, full_paths=True) if not item.branches]
    else:
        keys = [path for path in tree.keys() if not path.startswith("_")]  # noqa: SIM118 - not a mapping
        parents = {path.rpartition(".")[0] for path in keys}
        found = [(path, tree[path]) for path in keys if path not in parents]
    names, columns = [], []
    for path, item in found[:_MOST_SHOWN]:
        try:
            values = item.array(entry_start=start, entry_stop=stop).to_list()
        except Exception:
            values = [None] * (stop - start)
        names.append(path)
        columns.append(values)
    rows = [[cell(column[row]) for column in columns] for row in range(stop - start)]
    return {"columns": names, "rows": rows, "total": total}


def meaning_of(title: Any, name: str) -> str:
    """A title in words; a leaf list (``pt/F``, ``hits[n]``) or the name again says nothing."""
    text = tidy(title)
    return text if " " in text and text != name and text != "object title" else ""


def _first_line(problem: BaseException) -> str:
    lines = [line.strip() for line in str(problem).splitlines() if line.strip()]
    return (lines[0] if lines else type(problem).__name__)[:200].rstrip(". :")
