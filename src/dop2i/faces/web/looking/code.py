"""How to read the same in a program: exact lines for this file, this table and these columns.

Each way runs as it stands where its library is installed; a closed file needs a token in ``DOP2I_TOKEN``.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _

from dop2i.faces.web.looking.address import Look

_NAMES = re.compile(r"`([^`]+)`|[^\W\d][\w./]*")


@dataclass(frozen=True, slots=True)
class Way:
    """One way to the data: ``name`` as people call it, ``language`` of ``text`` (``python``, ``sh``)."""

    name: str
    language: str
    text: str


def ways(look: Look, *, description: Mapping[str, Any], base: str) -> list[Way]:
    """Programs that read what is shown, the field's own library first."""
    table = next((t for t in description.get("tables") or [] if t.get("name") == look.part), {})
    columns = _columns(look, [str(c.get("name") or "") for c in table.get("columns") or []])
    made = []
    write = _LIBRARIES.get(str(description.get("format") or ""))
    if write is not None:
        library, lines = write(look, {**table, "headers": description.get("headers") or {}}, columns)
        made.append(Way(library, "python", f"{_opening(look, base)}{lines}"))
    made.append(Way(_("Python, its bytes"), "python", f"{_opening(look, base)}print(file.read(100))\n"))
    file = shlex.quote(look.key)
    made.append(Way("dop2i get", "sh", f"dop2i get {look.record_id} --from {shlex.quote(base)} --file {file}\n"))
    made.append(Way(_("curl, by range"), "sh", _curl(look, base)))
    return made


def _columns(look: Look, known: Sequence[str]) -> list[str]:
    """The columns that are shown: those of a table, or those that an expression names; at most six."""
    asked = look.values.get("columns") or ""
    named = [one for one in (asked.split("\n") if "\n" in asked else asked.split(",")) if one in known]
    for text in (look.values.get(name) for name in ("column", "where", "over", "over_where", "x", "y", "filter")):
        if text and text in known:
            named.append(text)
        elif text:
            named += [quoted or word for quoted, word in _words(text) if (quoted or word) in known]
    return list(dict.fromkeys(named))[:6] or list(known[:3])


def _words(text: str) -> list[tuple[str, str]]:
    return [(found.group(1) or "", found.group(0)) for found in _NAMES.finditer(text)]


def _opening(look: Look, base: str) -> str:
    record = f"client.draft({look.record_id})" if look.draft else f"client.record({look.record_id})"
    token = ', token="…"' if look.draft else ""
    return (
        "from dop2i import Client\n\n"
        f"client = Client({base!r}{token})\n"
        f"file = {record}.files[{look.key!r}].open()  # fetches only what is read\n\n"
    )


def _curl(look: Look, base: str) -> str:
    middle = "draft/files" if look.draft else "files"
    address = f"{base}/api/records/{look.record_id}/{middle}/{quote(look.key, safe='/')}/content"
    token = ' -H "Authorization: Bearer $DOP2I_TOKEN"' if look.draft else ""
    return f"curl -L -r 0-1023{token} {shlex.quote(address)} | head -c 200\n"


def _root(look: Look, table: Mapping[str, Any], columns: Sequence[str]) -> tuple[str, str]:
    if not table or table.get("kind") != "tree":
        return "uproot", f"import uproot\n\nshown = uproot.open(file)[{look.part!r}]\nprint(shown)\n"
    lines = [f"import uproot\n\ntree = uproot.open(file)[{look.part!r}]"]
    if (table.get("attributes") or {}).get("class") == "RNTuple":
        lines.append(f"data = tree.arrays({list(columns)!r}, entry_stop=1000)")
        return "uproot", "\n".join([*lines, "print(data[:3])\n"])
    lines += [f"{name} = tree[{column!r}].array(entry_stop=1000)" for name, column in _variables(columns)]
    lines += [f"print({name}[:3])" for name, _column in _variables(columns)[:1]]
    return "uproot", "\n".join(lines) + "\n"


def _hdf5(look: Look, table: Mapping[str, Any], columns: Sequence[str]) -> tuple[str, str]:
    start = "import h5py\n\nwith h5py.File(file) as content:\n"
    part = re.sub(r"\[\d+\]$", "", look.part)
    alone = len(table.get("columns") or []) == 1 and columns and columns[0] == part.rpartition("/")[2]
    if alone or table.get("kind") in ("array", "image", "series") or not columns:
        return "h5py", f"{start}    data = content[{part!r}][:1000]\nprint(data[:3])\n"
    if table.get("kind") == "table" and "chunks" not in (table.get("attributes") or {}) and part == "/":
        return "h5py", f"{start}    data = content[{columns[0]!r}][:1000]\nprint(data[:3])\n"
    lines = [
        f"    found = content[{part!r}]",
        "    # a table of fields, or a group of columns",
        f"    data = {{name: found[name][:1000] for name in {list(columns)!r}}}",
    ]
    return "h5py", start + "\n".join(lines) + f"\nprint(data[{columns[0]!r}][:3])\n"


def _fits(look: Look, table: Mapping[str, Any], columns: Sequence[str]) -> tuple[str, str]:
    unit = _fits_unit(look.part)
    if table.get("kind") == "table":
        lines = f"from astropy.table import Table\n\ntable = Table.read(file, hdu={unit!r})\n"
        return "astropy", lines + f"print(table[{list(columns)!r}][:3])\n"
    lines = f"from astropy.io import fits\n\nwith fits.open(file) as units:\n    data = units[{unit!r}].data\n"
    return "astropy", lines + "    header = units[0].header\nprint(data.shape)\n"


def _fits_unit(part: str) -> Any:
    """An extension as astropy names it: by number (``HDU1``), by name, or by name and version (``SCI,2``)."""
    number = re.fullmatch(r"(?:HDU|.*#)(\d+)", part)
    if number:
        return int(number[1])
    name, comma, version = part.rpartition(",")
    if comma and version.isdigit():
        return name, int(version)
    return 0 if part in ("PRIMARY", "") else part


def _csv(look: Look, table: Mapping[str, Any], columns: Sequence[str]) -> tuple[str, str]:
    told = table.get("headers") or {}
    delimiter = str(told.get("delimiter") or ",")
    said = {",": "", " ": ', sep=r"\\s+"'}.get(delimiter, f", sep={delimiter!r}")
    said += ', comment="#"' if told.get("comments") else ""
    lines = f"import pandas\n\ndata = pandas.read_csv(file{said}, nrows=1000)\n"
    return "pandas", f"{lines}print(data.head(3))\n"


def _ecsv(look: Look, table: Mapping[str, Any], columns: Sequence[str]) -> tuple[str, str]:
    lines = 'from astropy.table import Table\n\ntable = Table.read(file.read().decode(), format="ascii.ecsv")\n'
    return "astropy", f"{lines}print(table[{list(columns)!r}][:3])\n"


def _votable(look: Look, table: Mapping[str, Any], columns: Sequence[str]) -> tuple[str, str]:
    lines = "import io\n\nfrom astropy.io.votable import parse\n\n"
    lines += "tables = list(parse(io.BytesIO(file.read())).iter_tables())\n"
    return (
        "astropy",
        f"{lines}table = tables[0].to_table(use_names_over_ids=True)\nprint(table[{list(columns)!r}][:3])\n",
    )


def _parquet(look: Look, table: Mapping[str, Any], columns: Sequence[str]) -> tuple[str, str]:
    lines = f"import pyarrow.parquet\n\ndata = pyarrow.parquet.read_table(file, columns={list(columns)!r})\n"
    return "pyarrow", lines + "print(data.slice(0, 3))\n"


def _arrow(look: Look, table: Mapping[str, Any], columns: Sequence[str]) -> tuple[str, str]:
    lines = f"import pyarrow.feather\n\ndata = pyarrow.feather.read_table(file, columns={list(columns)!r})\n"
    return "pyarrow", lines + "print(data.slice(0, 3))\n"


def _numpy(look: Look, table: Mapping[str, Any], columns: Sequence[str]) -> tuple[str, str]:
    if look.key.lower().endswith(".npz"):
        return "NumPy", f"import numpy\n\ndata = numpy.load(file)[{look.part!r}]\nprint(data.shape)\n"
    return "NumPy", "import io\n\nimport numpy\n\ndata = numpy.load(io.BytesIO(file.read()))\nprint(data.shape)\n"


def _dicom(look: Look, table: Mapping[str, Any], columns: Sequence[str]) -> tuple[str, str]:
    return "pydicom", "import pydicom\n\nimage = pydicom.dcmread(file)\nprint(image.pixel_array.shape)\n"


def _netcdf(look: Look, table: Mapping[str, Any], columns: Sequence[str]) -> tuple[str, str]:
    name, lines = look.part, "import netCDF4\n\ncontent = netCDF4.Dataset('memory', memory=file.read())\n"
    return "netCDF4", f"{lines}data = content[{name!r}][:]\nprint(data.shape)\n"


def _pdf(look: Look, table: Mapping[str, Any], columns: Sequence[str]) -> tuple[str, str]:
    said = look.values.get("page") or ""
    number = int(said) if said.isdecimal() and len(said) < 9 else 1
    lines = 'import pypdf\n\ndocument = pypdf.PdfReader(file)\nprint(len(document.pages), "pages")\n'
    return "pypdf", f"{lines}print(document.pages[{max(number, 1) - 1}].extract_text())\n"


_Writer = Callable[[Look, Mapping[str, Any], Sequence[str]], tuple[str, str]]
_LIBRARIES: dict[str, _Writer] = {
    "root": _root,
    "hdf5": _hdf5,
    "fits": _fits,
    "csv": _csv,
    "ecsv": _ecsv,
    "votable": _votable,
    "parquet": _parquet,
    "arrow": _arrow,
    "numpy": _numpy,
    "dicom": _dicom,
    "netcdf": _netcdf,
    "pdf": _pdf,
}


def _variables(columns: Sequence[str]) -> list[tuple[str, str]]:
    """Names for variables, made of the last part of each column's."""
    made: list[tuple[str, str]] = []
    for column in columns:
        name = re.sub(r"\W+", "_", re.split(r"[./]", re.sub(r"\[.*", "", column))[-1]).strip("_") or "values"
        name = f"n_{name}" if name[0].isdigit() else name
        while any(name == known for known, _column in made) or name in ("tree", "file", "client", "print"):
            name += "_"
        made.append((name, column))
    return made


def notebook(found: Sequence[Way], look: Look, *, title: str = "") -> bytes:
    """A Jupyter notebook (nbformat 4.5) that reads the same, by the first way in Python."""
    python = next((way for way in found if way.language == "python"), None)
    text = f"# {title or look.key}\n\n`{look.key}` › `{look.part}`"
    cells: list[dict[str, Any]] = [{"cell_type": "markdown", "id": "what", "metadata": {}, "source": text}]
    code = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": []}
    cells.append({**code, "id": "install", "source": "%pip install --quiet dop2i"})
    if python is not None:
        cells.append({**code, "id": "read", "source": python.text})
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    made = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}
    return json.dumps(made, indent=1, ensure_ascii=False).encode()
