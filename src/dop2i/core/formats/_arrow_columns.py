"""Columns of Arrow data: leaves of nested types by dotted path, their facts batch by batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dop2i.core.formats._findings import tidy
from dop2i.core.formats.base import Table, Values
from dop2i.core.formats.limits import CHUNK_BYTES, Budget

if TYPE_CHECKING:
    from dop2i.core.formats._columns import ColumnFacts

_DEEPEST = 20
_UNIT_KEYS = ("unit", "units", "unit_string")
_MEANING_KEYS = ("description", "comment", "long_name", "__doc__", "doc")


class ArrowFacts:
    """The facts of all leaf columns of a schema; takes record batches."""

    def __init__(self, schema: Any, budget: Budget) -> None:
        from dop2i.core.formats._columns import ColumnFacts

        self.leaves: list[tuple[tuple[str, ...], ColumnFacts]] = []
        self.dropped = 0
        for field in schema:
            for path, kind, shape in _leaves(field.name, field.type, ()):
                if not budget.take_columns(1):
                    self.dropped += 1
                    continue
                unit, meaning = unit_and_meaning(field)
                self.leaves.append((path, ColumnFacts(".".join(path), _type_name(kind), shape, unit, meaning)))

    def add(self, batch: Any) -> None:
        """One record batch (small enough for memory)."""
        columns = {name: batch.column(number) for number, name in enumerate(batch.schema.names)}
        for path, fact in self.leaves:
            if path[0] in columns:
                _add_leaf(columns[path[0]], path[1:], fact, batch.num_rows)


def _leaves(name: str, kind: Any, shape: tuple[int, ...], depth: int = 0) -> Any:
    """``(path, leaf type, shape)`` for each leaf of a type."""
    import pyarrow as pa

    while not isinstance(kind, pa.DataType) or isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    if depth < _DEEPEST and pa.types.is_struct(kind):
        for number in range(kind.num_fields):
            inner = kind.field(number)
            for path, leaf, size in _leaves(inner.name, inner.type, shape, depth + 1):
                yield (name, *path), leaf, size
    elif depth < _DEEPEST and _is_list(kind):
        length = kind.list_size if pa.types.is_fixed_size_list(kind) else -1
        for path, leaf, size in _leaves(name, kind.value_type, (*shape, length), depth + 1):
            yield path, leaf, size
    else:
        yield (name,), kind, shape


def _is_list(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _type_name(kind: Any) -> str:
    """NumPy's name where there is one (``float64``, ``bool``, ``str``), else Arrow's."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    names = {"double": "float64", "float": "float32", "halffloat": "float16", "string": "str", "large_string": "str"}
    said = str(kind)
    if said.startswith("timestamp"):
        return "datetime64"
    return names.get(said, said)


def unit_and_meaning(field: Any) -> tuple[str, str]:
    """Unit and meaning from a field's metadata, where its writer kept them."""
    found = {tidy(key).lower(): tidy(value) for key, value in (field.metadata or {}).items()}
    unit = next((found[key] for key in _UNIT_KEYS if found.get(key)), "")
    return unit, next((found[key] for key in _MEANING_KEYS if found.get(key)), "")


def _add_leaf(array: Any, path: tuple[str, ...], fact: ColumnFacts, rows: int) -> None:
    """Unwraps structs and lists down to the leaf, then takes its values."""
    import pyarrow as pa
    import pyarrow.compute as pc

    missing = 0
    while True:
        if isinstance(array, pa.ExtensionArray):
            array = array.storage
        elif pa.types.is_struct(array.type):
            if not path:
                break
            array, path = pc.struct_field(array, path[0]), path[1:]
        elif _is_list(array.type):
            missing += array.null_count
            array = array.flatten()
        else:
            break
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    missing += array.null_count
    fact.add(_leaf_values(array), entries=rows, missing=missing)


def _leaf_values(array: Any) -> Any:
    """NumPy values without nulls; of text only the extremes, which Arrow finds faster."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = array.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        extremes = pc.min_max(array).as_py()
        return [text for text in (extremes["min"], extremes["max"]) if text is not None]
    if pa.types.is_decimal(kind):
        array = array.cast(pa.float64())
    numeric = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    if not (numeric or pa.types.is_decimal(kind) or pa.types.is_timestamp(kind) or pa.types.is_date(kind)):
        return []
    if array.null_count:
        array = array.drop_null()
    return array.to_numpy(zero_copy_only=False)


def rows_at_once(total_bytes: int, rows: int) -> int:
    """Rows of about 8 MB."""
    return max(1, min(rows or 1, CHUNK_BYTES // max(total_bytes // max(rows, 1), 1)))


def finish(table: Table, facts: ArrowFacts, *, complete: bool) -> None:
    """Puts the facts into the table; of columns of which nothing was read only name and type."""
    table.columns = [fact.column() for _, fact in facts.leaves]
    read = max((fact.entries for _, fact in facts.leaves), default=0)
    for column in table.columns:
        if not read:
            column.entries = column.missing = None
    if not complete:
        table.sampled, table.rows_read = True, read


def metadata_of(schema: Any) -> dict[str, str]:
    """The key-value metadata of a schema, without those that only serve the libraries."""
    found = {tidy(key): tidy(value, longest=2000) for key, value in (schema.metadata or {}).items()}
    return {
        key: value for key, value in found.items() if not key.startswith(("ARROW:", "PARQUET:")) and key != "pandas"
    }


def to_values(array: Any, unit: str = "") -> Values:
    """An Arrow array as NumPy values: nulls are NaN or empty text, lists have offsets, nested ones are flattened."""
    import numpy as np
    import pyarrow as pa

    offsets = None
    while True:
        if isinstance(array, pa.ExtensionArray):
            array = array.storage
        elif pa.types.is_dictionary(array.type):
            array = array.dictionary_decode()
        elif _is_list(array.type):
            lengths = np.nan_to_num(array.value_lengths().to_numpy(zero_copy_only=False)).astype(np.int64)
            inner = np.concatenate([[0], np.cumsum(lengths)])
            offsets = inner if offsets is None else inner[offsets]
            array = array.flatten()
        else:
            break
    kind = array.type
    if pa.types.is_decimal(kind):
        array = array.cast(pa.float64())
    if (
        pa.types.is_boolean(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
    ):
        return Values(array.to_numpy(zero_copy_only=False).astype(_number_type(array)), offsets, unit)
    if pa.types.is_null(kind):
        return Values(np.full(len(array), np.nan), offsets, unit)
    texts = ["" if one is None else str(one) for one in array.to_pylist()]
    return Values(np.array(texts, dtype=object), offsets, unit)


def _number_type(array: Any) -> Any:
    """The type that keeps the values; whole numbers with nulls become floating point."""
    import pyarrow as pa

    if pa.types.is_boolean(array.type):
        return "float64" if array.null_count else "bool"
    return "float64" if array.null_count or not pa.types.is_integer(array.type) else array.type.to_pandas_dtype()


def leaf_of(batch: Any, column: str) -> Any:
    """The array of a column by its dotted path; None where there is none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    names = batch.schema.names
    whole = next((name for name in names if column == name or column.startswith(f"{name}.")), None)
    if whole is None:
        return None
    array = batch.column(whole)
    for part in column[len(whole) + 1 :].split(".") if column != whole else ():
        while isinstance(array, pa.ExtensionArray):
            array = array.storage
        if not pa.types.is_struct(array.type) or array.type.get_field_index(part) < 0:
            return None
        array = pc.struct_field(array, part)
    return array
