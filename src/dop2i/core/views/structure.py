"""The groups and datasets of an HDF5 or NetCDF file as a tree with attributes; each leads to what it looks like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dop2i.core.formats import _netcdf3 as classic_format
from dop2i.core.formats._findings import tidy
from dop2i.core.formats._hdf5 import attributes_of, first_line, open_hdf5
from dop2i.core.formats._hdf5_arrays import inside
from dop2i.core.formats.base import Source
from dop2i.core.views.base import Part, View, description_of
from dop2i.core.views.figures import Node, Outline
from dop2i.errors import NotFound

_FORMATS = ("hdf5", "netcdf")
_MOST_NODES = 1500
_MOST_CHILDREN = 300
_MOST_ATTRIBUTES = 40
_DEEPEST = 12
_LEAST_SIDE = 5
_HIDDEN = ("DIMENSION_LIST", "REFERENCE_LIST", "CLASS", "NAME", "_Netcdf4Dimid", "_Netcdf4Coordinates", "_nc3_strict")


class StructureView(View):
    """One group and what is below it, until 1,500 lines; deeper groups are parts of their own."""

    name = "structure"
    label = {"en": "Structure", "fr": "Structure"}
    rank = 9

    def parts(self, description: Mapping[str, Any]) -> list[Part]:
        """The root, then the groups."""
        if description.get("format") not in _FORMATS:
            return []
        groups = [m for m in description.get("members") or [] if m.get("kind") == "group"]
        found = [Part("/", "/", "group")]
        for group in groups[:499]:
            path = str(group["path"])
            found.append(Part(path, path.rpartition("/")[2], "group", depth=1 + path.count("/")))
        return found

    def needed(self, description: Mapping[str, Any], part: str) -> dict[str, Any]:
        """The names and shapes of the tables, so that a line leads to the right view of it."""
        return {"format": description.get("format", ""), "tables": _brief(description)}

    def draw(self, source: Source, *, part: str, values: Mapping[str, str]) -> Outline:
        """The lines below a group. External and soft links are named and never followed."""
        if source.read_range(0, 4) in classic_format.MAGICS:
            return _classic(source)
        links = {str(table["name"]): table for table in description_of(source).get("tables") or []}
        with open_hdf5(source) as file:
            group = file if part in ("", "/") else inside(file, part)
            if group is None or not hasattr(group, "keys"):
                raise NotFound(f"{source.name} has no group {part!r}.")
            walk = _Walk(links)
            path = part.strip("/")
            figure = Outline(title=part or "/", nodes=[*_attributes(group), *walk.children(group, path, 0)])
            figure.total = walk.seen
            if walk.cut:
                figure.notes.append("cut short")
            return figure


def _brief(description: Mapping[str, Any]) -> list[dict[str, Any]]:
    tables = description.get("tables") or []
    return [{key: table.get(key) for key in ("name", "kind", "shape", "rows")} for table in tables[:2000]]


class _Walk:
    """A walk that stops after so many lines, and visits no object twice."""

    def __init__(self, links: Mapping[str, Mapping[str, Any]]) -> None:
        self.links = links
        self.left = _MOST_NODES
        self.seen = 0
        self.cut = False
        self._visited: set[int] = set()

    def children(self, group: Any, path: str, depth: int) -> list[Node]:
        """The lines of what a group holds."""
        try:
            names = list(group)
        except Exception as problem:
            return [Node(path, f"cannot be listed: {first_line(problem)}", "link")]
        made = []
        for name in names[:_MOST_CHILDREN]:
            if self.left <= 0:
                self.cut = True
                break
            self.left -= 1
            self.seen += 1
            made.append(self._one(group, name, f"{path}/{name}" if path else name, depth))
        if len(names) > _MOST_CHILDREN:
            self.cut = True
        return made

    def _one(self, group: Any, name: str, path: str, depth: int) -> Node:
        import h5py

        shown = tidy(name)
        try:
            link = group.id.links.get_info(name.encode("utf-8", "surrogateescape"))
            if link.type == h5py.h5l.TYPE_EXTERNAL:
                return Node(shown, f"in another file, {tidy(group.get(name, getlink=True).filename)}", "link")
            if link.type != h5py.h5l.TYPE_HARD:
                return Node(shown, f"→ {tidy(getattr(group.get(name, getlink=True), 'path', ''))}", "link")
            if link.u in self._visited:
                return Node(shown, "the same object under another name", "link")
            self._visited.add(link.u)
            item = group[name]
        except Exception as problem:
            return Node(shown, f"cannot be opened: {first_line(problem)}", "link")
        if isinstance(item, h5py.Dataset):
            return self._dataset(item, shown, path)
        if not isinstance(item, h5py.Group):
            return Node(shown, "named type", "type")
        if depth >= _DEEPEST:
            self.cut = True
            return Node(shown, "", "group", path)
        return Node(shown, "", "group", path, children=[*_attributes(item), *self.children(item, path, depth + 1)])

    def _dataset(self, dataset: Any, name: str, path: str) -> Node:
        kind = "table" if dataset.dtype.names else "dataset"
        value = _shape_words(dataset)
        if dataset.shape in ((), (1,)) and dataset.dtype.itemsize <= 4096 and not dataset.is_virtual:
            try:
                held = dataset[()]
                held = held[0] if dataset.shape else held
                held = held.decode("utf-8", "replace") if isinstance(held, bytes) else held
                value = f"{tidy(held, longest=200)}  ({_type_words(dataset)})"
            except Exception as problem:
                value = f"cannot be read: {first_line(problem)}"
        size = None
        try:
            size = int(dataset.id.get_storage_size())
        except Exception:
            size = None
        return Node(name, value, kind, self._link(path), size, children=_attributes(dataset))

    def _link(self, path: str) -> str:
        """The view that a dataset opens in: image, curve or table, of the table that it belongs to."""
        table = self.links.get(path)
        if table is None:
            group = path.rpartition("/")[0] or "/"
            return f"table:{group}" if group in self.links else ""
        shape = table.get("shape") or []
        if len(shape) > 1 and min(shape[-2:]) >= _LEAST_SIDE:
            return f"image:{path}"
        plain = table.get("kind") in ("series", "array") and (table.get("rows") or 0) > 1
        return f"curve:{path}" if plain else f"table:{path}"


def _type_words(dataset: Any) -> str:
    import h5py

    dtype = dataset.dtype
    if dtype.names:
        return f"{len(dtype.names)} columns"
    if h5py.check_string_dtype(dtype) is not None or dtype.kind in "SU":
        return "text"
    return str(h5py.check_vlen_dtype(dtype) or (dtype.newbyteorder("=").name if dtype.kind != "O" else "reference"))


def _shape_words(dataset: Any) -> str:
    shape = " × ".join(f"{length:,}" for length in dataset.shape) if dataset.shape else ""
    how = f", {dataset.compression}" if dataset.compression else ""
    return f"{shape} {_type_words(dataset)}{how}".strip()


def _attributes(item: Any) -> list[Node]:
    found = attributes_of(item)
    shown = [(name, value) for name, value in found.items() if name not in _HIDDEN][:_MOST_ATTRIBUTES]
    return [Node(tidy(name), tidy(value, longest=300), "attribute") for name, value in shown]


def _classic(source: Source) -> Outline:
    """Attributes and variables of a classic NetCDF file, which has no groups."""
    classic = classic_format.read_header(source)
    nodes = [Node(name, tidy(value, longest=300), "attribute") for name, value in classic.attributes.items()]
    for variable in classic.variables[:_MOST_NODES]:
        shape = classic_format.shape_of(classic, variable)
        dimensions = ", ".join(f"{name} = {length}" for name, length in zip(variable.dimensions, shape, strict=True))
        children = [Node(name, tidy(value, longest=300), "attribute") for name, value in variable.attributes.items()]
        large = len(shape) > 1 and min(shape[-2:]) >= _LEAST_SIDE and variable.dtype != "S1"
        link = f"image:{variable.name}" if large else f"curve:{variable.name}" if len(shape) == 1 else ""
        words = f"({dimensions}) {variable.dtype.lstrip('>')}" if shape else variable.dtype.lstrip(">")
        nodes.append(Node(variable.name, words, "dataset", link, variable.slab, children))
    return Outline(title="/", nodes=nodes, total=len(nodes))
