"""Jupyter notebooks as harmless HTML: cells in their order, outputs as text, tables and pixels, never a script.

Formats 3 and 4 of https://nbformat.readthedocs.io.
"""

from __future__ import annotations

import base64
import binascii
import re
from html import escape
from typing import Any

from dop2i.core.formats import _metadata as md
from dop2i.core.formats._json import load_json
from dop2i.core.formats.base import Source
from dop2i.core.views import _code, _prose
from dop2i.core.views._sanitiser import harmless
from dop2i.errors import UnreadableFile

CELLS_A_PAGE = 40
LARGEST_NOTEBOOK = 64 << 20
_LONGEST_OUTPUT = 20_000
_LARGEST_PICTURE = 2_000_000
_MOST_PICTURES = 6_000_000
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x00-\x08\x0b-\x1f\x7f]")
_MAGIC = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
_OLD_NAMES = {"png": "image/png", "jpeg": "image/jpeg", "html": "text/html", "latex": "text/latex",
              "text": "text/plain", "svg": "image/svg+xml"}  # fmt: skip


def notebook_page(source: Source, page: int) -> tuple[str, int, int, list[str]]:
    """``(html, page, pages, notes)``. Raises ``UnreadableFile`` where there are no cells."""
    document = load_json(source, limit=LARGEST_NOTEBOOK)
    cells = _cells(document)
    if cells is None:
        raise UnreadableFile(f"{source.name} is no notebook: it has no cells.", hint="Open it in Jupyter to see.")
    pages = max(1, -(-len(cells) // CELLS_A_PAGE))
    page = min(page, pages - 1)
    writer = _Writer(_language(document))
    shown = cells[page * CELLS_A_PAGE : (page + 1) * CELLS_A_PAGE]
    return "".join(writer.cell(cell) for cell in shown), page, pages, writer.notes


def _cells(document: Any) -> list[dict[str, Any]] | None:
    if not isinstance(document, dict):
        return None
    cells = document.get("cells")
    if cells is None and isinstance(document.get("worksheets"), list):
        sheets = [sheet for sheet in document["worksheets"] if isinstance(sheet, dict)]
        cells = [cell for sheet in sheets for cell in md.as_list(sheet.get("cells"))]
    return [cell for cell in cells if isinstance(cell, dict)] if isinstance(cells, list) else None


def _language(document: dict[str, Any]) -> str:
    about = document.get("metadata")
    about = about if isinstance(about, dict) else {}
    for part, key in (("language_info", "name"), ("kernelspec", "language")):
        inner = about.get(part)
        if isinstance(inner, dict) and isinstance(inner.get(key), str):
            return str(inner[key])[:40]
    return "python"


def joined(value: Any) -> str:
    """The text of a cell, which is one string or a list of lines."""
    return "".join(map(str, value)) if isinstance(value, list) else str(value or "")


class _Writer:
    """Writes cells and counts the pixels that it puts in."""

    def __init__(self, language: str) -> None:
        self._language = language if _code.lexer_of("", language) is not None else "python"
        self._pixels = 0
        self.notes: list[str] = []

    def cell(self, cell: dict[str, Any]) -> str:
        """One cell with its outputs."""
        kind = cell.get("cell_type")
        text = joined(cell.get("source", cell.get("input", "")))
        if kind == "code":
            number = cell.get("execution_count", cell.get("prompt_number"))
            label = str(number) if isinstance(number, int) else " "
            outputs = [self.output(one) for one in md.as_list(cell.get("outputs")) if isinstance(one, dict)]
            code = _code.block(text[:200_000], language=self._language) if text.strip() else ""
            shown = "".join(f'<div class="nb-output">{made}</div>' for made in outputs if made)
            return f'<section class="nb-cell"><p class="nb-count">[{label}]</p><div>{code}{shown}</div></section>'
        if kind == "heading":
            level = cell.get("level")
            text = "#" * (level if isinstance(level, int) and 0 < level < 7 else 1) + f" {text}"
        if kind in ("markdown", "heading"):
            return f'<section class="nb-cell nb-prose"><div class="prose">{_prose.markdown(text)}</div></section>'
        return f'<section class="nb-cell nb-prose"><pre class="code">{escape(text[:200_000])}</pre></section>'

    def output(self, output: dict[str, Any]) -> str:
        """One output: the richest of its forms that is harmless."""
        kind = output.get("output_type")
        if kind == "stream":
            return _plain(joined(output.get("text")))
        if kind in ("error", "pyerr"):
            lines = "\n".join(map(str, md.as_list(output.get("traceback"))))
            return _plain(lines or f"{output.get('ename')}: {output.get('evalue')}", css="nb-error")
        data = output.get("data")
        if not isinstance(data, dict):
            data = {_OLD_NAMES[name]: value for name, value in output.items() if name in _OLD_NAMES}
        return self._richest(data)

    def _richest(self, data: dict[str, Any]) -> str:
        words = " ".join(joined(data.get("text/plain")).split())[:200]
        for kind in ("image/png", "image/jpeg"):
            if kind in data and (picture := self._picture(kind, joined(data[kind]), words)):
                return picture
        if "text/markdown" in data:
            return f'<div class="prose">{_prose.markdown(joined(data["text/markdown"])[:200_000])}</div>'
        if "text/latex" in data:
            formula = joined(data["text/latex"]).strip().strip("$")
            return f"<p>{_prose.tex_span(formula[:20_000], display=True)}</p>"
        if "text/html" in data:
            made = harmless(joined(data["text/html"])[:1_000_000], top=3)
            if re.sub(r"<[^>]*>", "", made).strip():
                return f'<div class="scroll nb-html" tabindex="0">{made}</div>'
        if "text/plain" in data:
            return _plain(joined(data["text/plain"]))
        if data:
            self._note("outputs left out")
        return ""

    def _picture(self, kind: str, text: str, words: str) -> str:
        try:
            content = base64.b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError):
            return ""
        if not content.startswith(_MAGIC[kind]):
            return ""
        self._pixels += len(content)
        if len(content) > _LARGEST_PICTURE or self._pixels > _MOST_PICTURES:
            self._note("pictures left out")
            return ""
        written = base64.b64encode(content).decode("ascii")
        return f'<img class="nb-picture" alt="{escape(words)}" src="data:{kind};base64,{written}">'

    def _note(self, words: str) -> None:
        if words not in self.notes:
            self.notes.append(words)


def _plain(text: str, *, css: str = "") -> str:
    cleaned = _ESCAPES.sub("", text)
    if len(cleaned) > _LONGEST_OUTPUT:
        cleaned = cleaned[:_LONGEST_OUTPUT] + "\n…"
    return (
        f'<pre class="code{" " + css if css else ""}">{escape(cleaned, quote=False)}</pre>' if cleaned.strip() else ""
    )
