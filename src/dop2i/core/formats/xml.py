"""XML of any kind: root, namespaces, how many of which element; schemas and catalogues told apart."""

from __future__ import annotations

from collections import Counter
from typing import ClassVar

from dop2i.core.formats import _metadata as md
from dop2i.core.formats._text import base_name, text_encoding, text_head
from dop2i.core.formats._xml import iterate_elements, local_name
from dop2i.core.formats.base import Description, FormatReader, Member, Source
from dop2i.errors import UnreadableFile

_KNOWN = {
    "http://www.w3.org/2001/XMLSchema": "XML schema",
    "http://www.openarchives.org/OAI/2.0/": "OAI-PMH answer",
    "http://www.spase-group.org/data/schema": "SPASE record",
    "http://www.w3.org/2000/svg": "SVG drawing",
    "http://www.w3.org/1999/xhtml": "XHTML page",
}
_MOST_TAGS = 5000
_TITLES = frozenset({"title", "ResourceName"})


class XmlReader(FormatReader):
    """Any XML; entities are never expanded, nothing is fetched, and the tree is never held whole."""

    name = "xml"
    label: ClassVar = {"en": "XML", "fr": "XML"}
    media_types = ("application/xml", "image/svg+xml")
    suffixes = (".xml", ".xsd", ".gdml", ".svg", ".rdf", ".vot")
    rank = 60

    def recognises(self, name: str, head: bytes) -> float:
        if not text_encoding(head):
            return 0.0
        text = text_head(head).lstrip()
        declared = text.startswith("<?xml")
        if base_name(name).endswith(self.suffixes):
            return 0.7 if text.startswith("<") else 0.55
        return 0.6 if declared else 0.0

    def describe(self, source: Source) -> Description:
        found = md.begin(self, source)
        tags: Counter[str] = Counter()
        words: list[str] = []
        size = 0
        root = None
        for event, element, depth in iterate_elements(source):
            tag = local_name(element.tag)
            if event == "start":
                if len(tags) < _MOST_TAGS or tag in tags:
                    tags[tag] += 1
                if root is None:
                    root = element
                    _describe_root(root, found)
                continue
            text = (element.text or "").strip()
            if text and size < 20_000:
                words.append(text[:500])
                size += len(words[-1])
            if depth <= 4 and tag in _TITLES and text and "title" not in found.headers:
                found.headers["title"] = text[:300]
            if depth > 1:
                element.clear()
                parent = element.getparent()
                while parent is not None and element.getprevious() is not None:
                    del parent[0]
        if root is None:
            raise UnreadableFile(f"{source.name} holds no XML element.", hint="Is it empty, or cut?")
        found.members = [Member(tag, None, f"{count:,} elements") for tag, count in tags.most_common(100)]
        found.text = " ".join(words)[:20_000]
        kind = next((what for space, what in _KNOWN.items() if space in str(found.headers.get("namespace"))), "XML")
        found.summary = f"{kind} with root <{found.headers['root']}>, {sum(tags.values()):,} elements"
        if base_name(source.name).endswith(".svg"):
            found.media_type = "image/svg+xml"
        return found


def _describe_root(root: object, found: Description) -> None:
    tag = str(getattr(root, "tag", ""))
    found.headers["root"] = local_name(tag)
    if tag.startswith("{"):
        found.headers["namespace"] = tag[1:].partition("}")[0]
    for key, value in list(getattr(root, "attrib", {}).items())[:30]:
        found.headers[f"@{local_name(key)}"] = str(value)[:300]
