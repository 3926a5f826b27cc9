"""What HDF5 and NetCDF-4 have in common: opening, walking and streaming the datasets of a file through h5py.

External links, external storage and virtual datasets are named and never followed: they would read other files.
"""

from __future__ import annotations

import contextlib
import math
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dop2i.core.formats._blocks import blocks, values_in
from dop2i.core.formats._findings import MOST_HEADERS, MOST_MEMBERS, cell, short, tidy
from dop2i.core.formats.base import Column, Description, Member, Source, Table
from dop2i.core.formats.limits import LARGEST_MAPPED, PIECE_BYTES, Budget
from dop2i.errors import NotFound, UnreadableFile

if TYPE_CHECKING:
    from dop2i.core.formats._columns import ColumnFacts

SIGNATURE = b"\x89HDF\r\n\x1a\n"
_MOST_OBJECTS = 20_000
_MOST_ATTRIBUTES = 100
_LARGEST_CHUNK = 512 * 2**20
_LARGEST_SCALAR = 2**20
_MOST_IN_HEADER = 8
_SPARSE = 5000
_MAPPED_PIECE = 2 * 2**20
_UNIT_NAMES = ("units", "unit", "Units", "Unit", "UNITS", "Yunits")
_MEANING_NAMES = ("long_name", "description", "Description", "title", "Title", "DESCRIPTION")


@dataclass(slots=True)
class Contents:
    """What a walk found: attributes by path (groups and datasets), small values by path, datasets in file order.

    ``mapped`` holds the bytes of a local file that is not too large.
    """

    attributes: dict[str, dict[str, Any]] = field(default_factory=dict)
    scalars: dict[str, Any] = field(default_factory=dict)
    datasets: dict[str, Any] = field(default_factory=dict)
    mapped: Any = None

    def attribute(self, path: str, name: str) -> str:
        """One attribute as text; empty when there is none."""
        return tidy(self.attributes.get(path, {}).get(name))

    def value(self, path: str) -> Any:
        """A small value, lists of one unpacked; None when there is none."""
        found = self.scalars.get(path)
        return found[0] if isinstance(found, list) and len(found) == 1 else found


def has_signature(head: bytes) -> bool:
    """The HDF5 signature at 0, 512, 1024, 2048 or 4096 (HDF5 file format 3.0, section II.A)."""
    return any(head[start : start + 8] == SIGNATURE for start in (0, 512, 1024, 2048, 4096))


def open_hdf5(source: Source) -> Any:
    """An ``h5py.File`` read by range. Raises ``UnreadableFile`` when the superblock or root group is damaged."""
    import h5py

    try:
        # the library asks for the real name of a file, and a member of an archive has none
        if source.local_path is not None and Path(source.local_path).resolve().exists():
            return h5py.File(source.local_path, "r", locking=False)
        return h5py.File(source.open(), "r")
    except Exception as problem:
        raise UnreadableFile(
            f"{source.name} begins like an HDF5 file, but cannot be opened ({first_line(problem)}).",
            hint="It is damaged or cut short: compare its size and checksum with the original.",
        ) from problem


def walk(file: Any, description: Description, budget: Budget) -> Contents:
    """Every group and dataset that lies in this file, once; loops of links are cut by object address."""
    import h5py

    contents = Contents(mapped=_mapped(file))
    seen: set[int] = set()
    waiting: list[tuple[str, Any]] = [("", file)]
    count = 0
    while waiting and count < _MOST_OBJECTS and not budget.out_of_time:
        path, group = waiting.pop()
        contents.attributes[path or "/"] = attributes_of(group)
        children: list[tuple[str, Any]] = []
        for name in _names_in(group, path, description):
            child_path = f"{path}/{name}" if path else name
            count += 1
            item = _child(group, name, child_path, description, seen)
            if isinstance(item, h5py.Group):
                _member(description, child_path, None, "group")
                children.append((child_path, item))
            elif isinstance(item, h5py.Dataset):
                _add_dataset(contents, child_path, item, description)
        waiting.extend(reversed(children))
    if waiting:
        description.warnings.append(f"Only the first {count:,} objects of the file were visited.")
    return contents


def _names_in(group: Any, path: str, description: Description) -> list[str]:
    try:
        return list(group)
    except Exception as problem:
        description.warnings.append(f"The group /{path} cannot be listed: {first_line(problem)}.")
        return []


def _child(group: Any, name: str, path: str, description: Description, seen: set[int]) -> Any:
    """The object behind a hard link; None for other links, for one already seen, and for a damaged one."""
    import h5py

    if name.startswith("_i_"):  # PyTables keeps its search indexes there
        return None
    try:
        encoded = name.encode("utf-8", "surrogateescape")
        link = group.id.links.get_info(encoded)
        if link.type == h5py.h5l.TYPE_HARD:
            if link.u in seen:
                return None
            seen.add(link.u)
            return _opened(h5py.h5o.open(group.id, encoded))
        if link.type == h5py.h5l.TYPE_EXTERNAL:
            where = tidy(group.get(name, getlink=True).filename)
            description.warnings.append(f"/{path} points into another file, {where}; it is not followed.")
        else:
            _member(description, path, None, "link")
        return None
    except Exception as problem:
        description.warnings.append(f"/{path} cannot be opened: {first_line(problem)}.")
        return None


def _opened(identity: Any) -> Any:
    """What h5py makes of an object, without asking for the file's name and mode each time; None of a type's name."""
    import h5py

    if isinstance(identity, h5py.h5g.GroupID):
        return h5py.Group(identity)
    return h5py.Dataset(identity, readonly=True) if isinstance(identity, h5py.h5d.DatasetID) else None


def _member(description: Description, path: str, size: int | None, kind: str) -> None:
    if len(description.members) < MOST_MEMBERS:
        description.members.append(Member(path, size, kind))


def _add_dataset(contents: Contents, path: str, dataset: Any, description: Description) -> None:
    try:
        stored = int(dataset.id.get_storage_size())
        contents.attributes[path] = attributes_of(dataset)
        _member(description, path, stored, "dataset")
        shape = dataset.shape
        if shape is None:
            return
        small = math.prod(shape) <= _MOST_IN_HEADER and len(shape) <= 1
        if small and dataset.dtype.itemsize <= _LARGEST_SCALAR and readable(dataset):
            value = dataset[()]
            contents.scalars[path] = short(value)
            if shape in ((), (1,)) and dataset.dtype.names is None:
                if len(description.headers) < MOST_HEADERS:
                    description.headers[path] = short(value[0] if shape else value)
                return
        contents.datasets[path] = dataset
    except Exception as problem:
        description.warnings.append(f"/{path} cannot be read: {first_line(problem)}.")


def readable(dataset: Any) -> bool:
    """Whether the values lie in this very file."""
    return not dataset.external and not dataset.is_virtual


def attributes_of(item: Any) -> dict[str, Any]:
    """Attributes as small values; a reference or a damaged one is left out."""
    found: dict[str, Any] = {}
    with contextlib.suppress(Exception):
        if not _has_attributes(item):
            return found
        attributes = item.attrs
        for name in list(attributes)[:_MOST_ATTRIBUTES]:
            if name in ("DIMENSION_LIST", "REFERENCE_LIST"):
                continue
            with contextlib.suppress(Exception):
                found[name] = short(attributes[name])
    return found


def _has_attributes(item: Any) -> bool:
    import h5py

    return bool(h5py.h5a.get_num_attrs(item.id))


def tables_of(contents: Contents, *, budget: Budget, warnings: list[str]) -> list[Table]:
    """One table a compound dataset, one for all one-dimensional datasets of a group with one length, else one each."""
    tables: list[Table] = []
    troubles: list[str] = []
    for name, paths in layout(contents).items():
        if budget.columns_left <= 0:
            warnings.append(f"The file has more than {budget.limits.max_columns} columns; the first are described.")
            break
        if len(paths) == 1 and paths[0] == name:
            tables.append(_table_of(name, contents, budget, troubles))
            continue
        table = Table(name=name, kind="table", rows=contents.datasets[paths[0]].shape[0])
        for path in paths[: budget.take_columns(len(paths))]:
            part = Table(name=path)
            table.columns += _columns_of(path, path.rpartition("/")[2], contents, part, budget, troubles)
            table.sampled = table.sampled or part.sampled
        if table.sampled:
            table.rows_read = max((column.entries or 0 for column in table.columns), default=0)
        tables.append(table)
    if troubles:
        more = f" and {len(troubles) - 3} more" if len(troubles) > 3 else ""
        warnings.append(f"Values that could not be read: {'; '.join(troubles[:3])}{more}.")
    return tables


def layout(contents: Contents) -> dict[str, list[str]]:
    """Table name to the datasets that make it: columns of one length in one group belong together."""
    together: dict[tuple[str, int], list[str]] = defaultdict(list)
    for path, dataset in contents.datasets.items():
        if len(dataset.shape) == 1 and dataset.dtype.names is None and dataset.shape[0] > 1:
            together[path.rpartition("/")[0], dataset.shape[0]].append(path)
    shared = {key: paths for key, paths in together.items() if len(paths) > 1}
    lengths = defaultdict(list)
    for group, length in shared:
        lengths[group].append(length)
    tables: dict[str, list[str]] = {}
    for path, dataset in contents.datasets.items():
        group = path.rpartition("/")[0]
        length = dataset.shape[0] if dataset.shape else 0
        if path in shared.get((group, length), ()):
            name = group or "/"
            tables[name if len(lengths[group]) == 1 else f"{name}[{length}]"] = shared[group, length]
        else:
            tables[path] = [path]
    return tables


def _table_of(path: str, contents: Contents, budget: Budget, troubles: list[str]) -> Table:
    dataset = contents.datasets[path]
    attributes = contents.attributes[path]
    kind = "table" if dataset.dtype.names else "series" if len(dataset.shape) == 1 else "array"
    if tidy(attributes.get("CLASS")) == "IMAGE" and len(dataset.shape) > 1:
        kind = "image"
    table = Table(
        name=path,
        kind=kind,
        rows=dataset.shape[0] if dataset.shape else 1,
        shape=tuple(dataset.shape) if len(dataset.shape) > 1 else (),
        meaning=_first_of(attributes, _MEANING_NAMES),
        attributes={name: value for name, value in attributes.items() if not name.startswith("FIELD_")},
    )
    if dataset.chunks:
        table.attributes["chunks"] = list(dataset.chunks)
    if dataset.compression:
        table.attributes["compression"] = str(dataset.compression)
    table.columns = _columns_of(path, path.rpartition("/")[2], contents, table, budget, troubles)
    if table.sampled:
        table.rows_read = max((column.entries or 0 for column in table.columns), default=0)
    return table


def _columns_of(
    path: str, name: str, contents: Contents, table: Table, budget: Budget, troubles: list[str]
) -> list[Column]:
    """The columns of one dataset with their facts; sets ``table.sampled`` when the budget stopped the reading."""
    from dop2i.core.formats._columns import ColumnFacts

    dataset = contents.datasets[path]
    attributes = contents.attributes[path]
    dtype, inner = dataset.dtype, tuple(dataset.shape[1:])
    if dtype.names:
        fields = dtype.names[: budget.take_columns(len(dtype.names))]
        facts = {field: ColumnFacts(field, *_type_of(dtype[field], inner)) for field in fields}
    else:
        unit, meaning = _first_of(attributes, _UNIT_NAMES), _first_of(attributes, _MEANING_NAMES)
        meaning = meaning or tidy(attributes.get("standard_name"))
        facts = {"": ColumnFacts(name, *_type_of(dtype, inner), unit, meaning)}
    rows = 0
    if not readable(dataset):
        troubles.append(f"/{path} (its values lie in other files)")
    elif dataset.id.get_storage_size() and dtype.kind in "biufcmMSUOV":
        try:
            rows = _stream(dataset, attributes, facts, table, budget, contents.mapped)
        except Exception as problem:
            troubles.append(f"/{path} ({first_line(problem)})")
    columns = [fact.column() for fact in facts.values()]
    for column in columns:
        column.entries = rows or None
        column.missing = column.missing if rows else None
    return columns


def _stream(
    dataset: Any, attributes: dict[str, Any], facts: dict[str, ColumnFacts], table: Table, budget: Budget, mapped: Any
) -> int:
    """Adds the values block by block; returns the rows seen."""
    dtype, shape, chunks = dataset.dtype, dataset.shape, dataset.chunks
    itemsize = max(dtype.itemsize, 16 if dtype.kind == "O" else 1)
    whole = math.prod(shape) * itemsize
    if chunks and math.prod(chunks) * itemsize > _LARGEST_CHUNK:
        raise UnreadableFile(f"a chunk of more than {_LARGEST_CHUNK >> 20} MiB")
    # Legal files can declare any size for nothing stored; beyond any compression the rest is fill values.
    allowed = dataset.id.get_storage_size() * _SPARSE
    share = budget.share(whole)
    rows, used = 0, 0
    stored = _stored(dataset, mapped)
    most = PIECE_BYTES if stored is dataset else _MAPPED_PIECE
    target = most if share == whole else max(1, min(most, share // 2))
    for piece in blocks(shape or (1,), itemsize, chunks, target=target):
        size = values_in(piece) * itemsize
        used += size
        if used > share or not budget.spend(size) or (used > allowed and whole > allowed):
            table.sampled = True
            break
        values = stored[piece] if shape else stored[()]
        for field_name, fact in facts.items():
            fact.add(unpacked(values[field_name] if field_name else values, attributes))
        rows = max(rows, piece[0].stop)
    return rows


def _mapped(file: Any) -> Any:
    """The bytes of a local file, if it is not too large, as an array that reads them when they are looked at."""
    import numpy as np

    if file.driver != "sec2" or file.userblock_size or file.id.get_filesize() > LARGEST_MAPPED:
        return None
    return np.memmap(file.filename, dtype=np.uint8, mode="r").view(np.ndarray)


def _stored(dataset: Any, mapped: Any) -> Any:
    """The dataset, as a part of the mapped file where its plain numbers lie in one run: nothing is copied to compare.

    Plain: the stored type is exactly the one that NumPy would read, so that HDF5 would not convert anything.
    """
    import h5py

    # HDF5 gives no place for what is compressed, in chunks or compact
    start = dataset.id.get_offset() if mapped is not None and dataset.shape else None
    dtype = dataset.dtype
    if start is None or dtype.kind not in "iuf" or not h5py.h5t.py_create(dtype).equal(dataset.id.get_type()):
        return dataset
    size = math.prod(dataset.shape) * dtype.itemsize
    values = mapped[start : start + size]
    return values.view(dtype).reshape(dataset.shape) if len(values) == size else dataset


def unpacked(values: Any, attributes: dict[str, Any]) -> Any:
    """Fill values masked, and packed integers unpacked (NetCDF conventions: ``scale_factor``, ``add_offset``)."""
    import numpy as np

    fills = [attributes[name] for name in ("_FillValue", "missing_value") if name in attributes]
    numeric = getattr(values, "dtype", None) is not None and values.dtype.kind in "iuf"
    if not numeric or not (fills or "scale_factor" in attributes or "add_offset" in attributes):
        return values
    hidden = np.zeros(values.shape, dtype=bool)
    for fill in fills:
        number = fill[0] if isinstance(fill, list) and fill else fill
        if isinstance(number, int | float):
            hidden |= values == np.asarray(number).astype(values.dtype)
    scale, offset = _number(attributes.get("scale_factor"), 1.0), _number(attributes.get("add_offset"), 0.0)
    if scale != 1.0 or offset != 0.0:
        values = values * scale + offset
    return np.ma.masked_array(values, hidden) if hidden.any() else values


def _number(value: Any, default: float) -> float:
    number = value[0] if isinstance(value, list) and value else value
    return float(number) if isinstance(number, int | float) else default


def _type_of(dtype: Any, inner: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
    """Name and shape of one entry; text is ``str``, a variable-length list has -1 in its shape."""
    import h5py

    base, dims = dtype.subdtype or (dtype, ())
    shape = (*inner, *dims)
    if h5py.check_string_dtype(base) is not None or base.kind in "SU":
        return "str", shape
    listed = h5py.check_vlen_dtype(base)
    if listed is not None:
        return str(listed), (*shape, -1)
    if base.kind == "O":
        return "reference", shape
    return base.newbyteorder("=").name, shape


def _first_of(attributes: dict[str, Any], names: tuple[str, ...]) -> str:
    return next((tidy(attributes[name]) for name in names if tidy(attributes.get(name))), "")


def first_of_units(attributes: dict[str, Any]) -> str:
    """The unit that attributes say, by the names that conventions use."""
    return _first_of(attributes, _UNIT_NAMES)


def first_of_meanings(attributes: dict[str, Any]) -> str:
    """The meaning in words that attributes say."""
    return _first_of(attributes, _MEANING_NAMES)


def preview_table(file: Any, *, table: str, start: int, stop: int, source: Source) -> dict[str, Any]:
    """Rows of a table as :func:`tables_of` names it; of arrays above one dimension the first columns of each row."""
    contents = walk(file, Description(), Budget.of(source))
    paths = layout(contents).get(table)
    if paths is None:
        raise NotFound(f"{source.name} has no dataset or table {table!r}.")
    first = contents.datasets[paths[0]]
    total = first.shape[0] if first.shape else 1
    start, stop = max(0, min(start, total)), max(0, min(stop, total))
    names: list[str] = []
    columns: list[Any] = []
    for path in paths:
        dataset = contents.datasets[path]
        values: Any = [None] * (stop - start)
        if readable(dataset) and (not dataset.chunks or math.prod(dataset.chunks) * 8 <= _LARGEST_CHUNK):
            corner = (slice(start, stop), *(slice(0, 20) for _ in dataset.shape[1:]))
            values = dataset[corner] if dataset.shape else [dataset[()]]
        if dataset.dtype.names:
            names += dataset.dtype.names
            columns += [values[field] for field in dataset.dtype.names]
        else:
            names.append(path.rpartition("/")[2])
            columns.append(unpacked(values, contents.attributes[path]))
    rows = [[cell(column[row]) for column in columns] for row in range(stop - start)]
    return {"columns": names, "rows": rows, "total": total}


def first_line(problem: BaseException) -> str:
    """What a library said, in one short line."""
    lines = [line.strip() for line in str(problem).splitlines() if line.strip()]
    return (lines[0] if lines else type(problem).__name__)[:200].rstrip(". :")
