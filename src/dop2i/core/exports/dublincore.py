"""Dublin Core in XML, as OAI-PMH's ``oai_dc`` (DCMES 1.1) wants it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from dop2i.core.exports._facts import COAR_ACCESS, Facts
from dop2i.core.exports._physics import physics_words, theme_label
from dop2i.core.exports._text import legal
from dop2i.core.exports.base import ExportWriter

_OAI_DC = "http://www.openarchives.org/OAI/2.0/oai_dc/"
_DC = "http://purl.org/dc/elements/1.1/"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


class DublinCore(ExportWriter):
    """The fifteen elements, for harvesters that know nothing richer."""

    name = "dublincore"
    label = {"en": "Dublin Core", "fr": "Dublin Core"}
    media_type = "application/x-dc+xml"
    suffix = ".dc.xml"
    profile = _OAI_DC
    rank = 40
    oai_prefix = "oai_dc"
    schema = "http://www.openarchives.org/OAI/2.0/oai_dc.xsd"

    def write(self, record: dict[str, Any]) -> bytes:
        """The ``oai_dc:dc`` element."""
        root = dublin_core_element(Facts(record))
        return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)  # type: ignore[no-any-return]


def dublin_core_element(facts: Facts) -> Any:
    """The ``oai_dc:dc`` element, for those who put it into an envelope of their own."""
    root = etree.Element(f"{{{_OAI_DC}}}dc", nsmap={"oai_dc": _OAI_DC, "dc": _DC, "xsi": _XSI})
    root.set(f"{{{_XSI}}}schemaLocation", f"{_OAI_DC} http://www.openarchives.org/OAI/2.0/oai_dc.xsd")
    for name, text, language in _elements(facts):
        if text:
            element = etree.SubElement(root, f"{{{_DC}}}{name}")
            element.text = legal(text)
            if language:
                element.set(_LANG, language)
    return root


def _elements(facts: Facts) -> Iterator[tuple[str, str, str]]:
    """``(element, text, language)``, in the order of the standard."""
    yield "title", facts.title, facts.language
    for title in facts.titles:
        yield "title", title.text, title.language
    for agent in facts.creators:
        yield "creator", agent.name, ""
    for word in dict.fromkeys([theme_label(facts), *facts.keywords, *(word.text for word in physics_words(facts))]):
        yield "subject", word, ""
    yield "description", facts.description, facts.language
    for text in facts.descriptions:
        yield "description", text.text, text.language
    yield "publisher", facts.publisher, ""
    for agent in facts.contributors:
        yield "contributor", agent.name, ""
    yield "date", facts.published, ""
    if facts.embargo_end:
        yield "date", f"info:eu-repo/date/embargoEnd/{facts.embargo_end}", ""
    yield "type", str(facts.kind.props["dcmi"]), ""
    yield "type", facts.kind.label("en"), ""
    for media_type in sorted({file.media_type for file in facts.files}):
        yield "format", media_type, ""
    for address in dict.fromkeys([facts.best_url, facts.landing_page, *(known.value for known in facts.identifiers)]):
        yield "identifier", address, ""
    for language in facts.languages:
        yield "language", language, ""
    for related in facts.related:
        yield "relation", related.known.url or related.known.value, ""
    for licence in facts.licences:
        yield "rights", licence.title, ""
        yield "rights", licence.url, ""
    yield "rights", COAR_ACCESS[facts.access], ""
