"""What is read rather than plotted: prose, notebooks, code, configuration, logs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from dop2i.core.formats._text import base_name, read_text
from dop2i.core.formats.base import Source
from dop2i.core.views import _code, _indented, _notebooks, _prose
from dop2i.core.views.base import Parameter, Part, View, integer
from dop2i.core.views.figures import Document
from dop2i.errors import NotFound

_KEY = "text"
_MOST_PAGES = 10_000_000
_LARGEST_PROSE = 1 << 20
_PROSE = (".md", ".markdown")
_TEXTUAL = frozenset(
    {"readme", "text", "notebook", "json", "yaml", "xml", "licence", "cff", "codemeta", "zenodo", "voevent", "votable"}
    | {"hepdata-submission", "hepdata-table", "csv", "ecsv", "ensdf", "exfor", "tfs", "lhe", "hepmc"}
)


class DocumentView(View):
    """A text made ready to read; markup of others is made harmless, and nothing in it runs."""

    name = "document"
    label: ClassVar = {"en": "Text", "fr": "Texte"}
    rank = 40

    def parts(self, description: Mapping[str, Any]) -> list[Part]:
        """One part, where the content is text."""
        known = description.get("format") in _TEXTUAL
        unknown = not description.get("format") and str(description.get("summary") or "").startswith("Text")
        packed = "gzip" in str(description.get("media_type"))
        if not (known or unknown) or packed or str(description.get("name") or "").lower().endswith(".gz"):
            return []
        pages = (description.get("headers") or {}).get("pages")
        return [Part(_KEY, kind="text", size=str(pages) if isinstance(pages, int) else "")]

    def parameters(self, description: Mapping[str, Any], part: Part) -> list[Parameter]:
        """Formatted or as written, where that differs; the page is set by links."""
        made = [Parameter("page", {"en": "Page", "fr": "Page"}, kind="hidden", suggested="0")]
        name = str(description.get("name") or "")
        if _kind(name, str(description.get("format") or "")) in ("prose", "notebook", "json", "xml"):
            choices = {
                "formatted": {"en": "formatted", "fr": "mis en forme"},
                "source": {"en": "as written", "fr": "tel quel"},
            }
            made.append(Parameter("show", {"en": "Shown", "fr": "Affichage"}, "choice", choices, "formatted"))
        return made

    def needed(self, description: Mapping[str, Any], part: str) -> dict[str, Any]:
        """The format alone."""
        return {"format": description.get("format", "")}

    def draw(self, source: Source, *, part: str, values: Mapping[str, str]) -> Document:
        """One page of the text. ``show`` is ``formatted`` or ``source``, ``page`` counts from 0."""
        if part not in ("", _KEY):
            raise NotFound(f"{source.name} has no part {part[:60]!r}.")
        page = integer(values, "page", default=0, least=0, most=_MOST_PAGES)
        kind = _kind(source.name, _format(source))
        if values.get("show") != "source":
            if kind == "notebook":
                html, page, pages, notes = _notebooks.notebook_page(source, page)
                return Document(html=html, page=page, pages=pages, notes=notes)
            if kind == "prose" and source.size <= _LARGEST_PROSE:
                text, _, _ = read_text(source, limit=_LARGEST_PROSE)
                return Document(html=f'<div class="prose">{_prose.markdown(text)}</div>')
            if kind in ("json", "xml") and source.size <= _indented.LARGEST:
                text, _, _ = read_text(source, limit=_indented.LARGEST)
                if _indented.needs_lines(text):
                    written = _indented.indented_json(text) if kind == "json" else _indented.indented_xml(text)
                    return _as_code(_code.pages_of_text(written, page), source.name, kind)
        return _as_code(_code.page_of(source, page), source.name, {"notebook": "json"}.get(kind, ""))


def _format(source: Source) -> str:
    description = getattr(source, "description", None)
    if isinstance(description, Mapping):
        return str(description.get("format") or "")
    from dop2i.core.formats import HEAD_BYTES, recognise

    reader = recognise(source.name, source.read_range(0, HEAD_BYTES))
    return reader.name if reader is not None else ""


def _kind(name: str, format_name: str) -> str:
    """``notebook``, ``prose``, ``json``, ``xml``, or ``code`` for all that is shown as written."""
    base = base_name(name)
    if format_name == "notebook":
        return format_name
    if base.endswith(_PROSE) and format_name in ("readme", "text", "licence"):
        return "prose"
    if base.endswith((".json", ".jsonld", ".geojson")):
        return "json"
    if format_name in ("xml", "votable", "voevent") or base.endswith((".xml", ".svg")):
        return "xml"
    return "code"


def _as_code(page: _code.TextPage, name: str, language: str) -> Document:
    made = Document(language=_code.language_of(name) or language, page=page.page, pages=page.pages)
    made.html = _code.numbered(page.lines, first=page.first, name=name, language=language)
    if page.cut:
        made.notes.append("text cut")
    return made
