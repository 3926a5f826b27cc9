"""Jupyter notebooks: language, cells, title and the modules that they import."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from dop2i.core.formats import _metadata as md
from dop2i.core.formats._json import load_json
from dop2i.core.formats._text import base_name
from dop2i.core.formats.base import Description, FormatReader, Source
from dop2i.errors import UnreadableFile

_IMPORT = re.compile(r"^\s*(?:import|from|using)\s+([A-Za-z_]\w*)", re.M)
_HEADING = re.compile(r"^#\s+(.+)$", re.M)


class NotebookReader(FormatReader):
    """``.ipynb`` of format 3 and 4 (https://nbformat.readthedocs.io); outputs are not kept."""

    name = "notebook"
    label: ClassVar = {"en": "Jupyter notebook", "fr": "Notebook Jupyter"}
    media_types = ("application/x-ipynb+json",)
    suffixes = (".ipynb",)
    rank = 40

    def recognises(self, name: str, head: bytes) -> float:
        if base_name(name).endswith(".ipynb"):
            return 0.95 if head.lstrip()[:1] == b"{" else 0.6
        return 0.0

    def describe(self, source: Source) -> Description:
        found = md.begin(self, source)
        document = load_json(source, limit=64 << 20)
        cells = _cells(document)
        if cells is None:
            raise UnreadableFile(f"{source.name} is no notebook: it has no cells.", hint="Open it in Jupyter to see.")
        code = [_source(cell) for cell in cells if cell.get("cell_type") == "code"]
        prose = [_source(cell) for cell in cells if cell.get("cell_type") == "markdown"]
        about = document.get("metadata")
        about = about if isinstance(about, dict) else {}
        language = _language(about)
        title = md.plain(about.get("title"), limit=300)
        heading = next((match.group(1) for text in prose if (match := _HEADING.search(text))), "").strip()
        md.propose(
            found, "metadata.title", title or heading[:300], key="title" if title else "first heading", confidence=0.4
        )
        modules = sorted({name for text in code for name in _IMPORT.findall(text[:100_000])})[:200]
        found.headers = {
            "nbformat": document.get("nbformat"),
            "language": language,
            "cells": len(cells),
            "code cells": len(code),
            "executed": sum(1 for cell in cells if cell.get("execution_count")),
            "modules": modules,
        }
        found.summary = f"Notebook in {language or 'an unnamed language'}: {len(code):,} code cells of {len(cells):,}"
        found.text = "\n".join(prose)[:10_000] + " " + " ".join(modules)
        return found


def _cells(document: Any) -> list[dict[str, Any]] | None:
    if not isinstance(document, dict):
        return None
    cells = document.get("cells")
    if cells is None and isinstance(document.get("worksheets"), list):
        cells = [
            cell
            for sheet in document["worksheets"]
            if isinstance(sheet, dict)
            for cell in md.as_list(sheet.get("cells"))
        ]
    return [cell for cell in cells if isinstance(cell, dict)] if isinstance(cells, list) else None


def _source(cell: dict[str, Any]) -> str:
    text = cell.get("source", cell.get("input", ""))
    return "".join(map(str, text)) if isinstance(text, list) else str(text)


def _language(about: dict[str, Any]) -> str:
    for part, key in (("language_info", "name"), ("kernelspec", "language"), ("kernelspec", "name")):
        inner = about.get(part)
        if isinstance(inner, dict) and md.plain(inner.get(key)):
            return md.plain(inner[key], limit=100)
    return ""
