""".zenodo.json: the deposit metadata that Zenodo reads from a repository."""

from __future__ import annotations

from typing import Any, ClassVar

from dop2i.core.formats import _metadata as md
from dop2i.core.formats._licences import licence_of_name, right
from dop2i.core.formats._text import base_name, read_text
from dop2i.core.formats.base import Description, FormatReader, Source
from dop2i.core.formats.codemeta import load_by_hand
from dop2i.errors import UnreadableFile

_LIMIT = 4 << 20
_TYPES = {"publication": "publication", "poster": "poster", "presentation": "presentation", "dataset": "dataset",
          "image": "image", "video": "video", "software": "software", "lesson": "lesson",
          "physicalobject": "physicalobject", "other": "other"}  # fmt: skip


class ZenodoReader(FormatReader):
    """A ``.zenodo.json`` (https://developers.zenodo.org/#representation)."""

    name = "zenodo"
    label: ClassVar = {"en": "Zenodo metadata", "fr": "Métadonnées Zenodo"}
    media_types = ("application/json",)
    suffixes = (".json",)
    rank = 10

    def recognises(self, name: str, head: bytes) -> float:
        return 0.99 if base_name(name) in {".zenodo.json", "zenodo.json"} else 0.0

    def describe(self, source: Source) -> Description:
        found = md.begin(self, source)
        text, _, cut = read_text(source, limit=_LIMIT, what=".zenodo.json")
        document, confidence = load_by_hand(text, found=found, cut=cut)
        if not isinstance(document, dict):
            raise UnreadableFile(f"{source.name} holds no Zenodo metadata: its top level is not an object.")
        inner = document.get("metadata")
        _describe(inner if isinstance(inner, dict) else document, found, confidence)
        return found


def _describe(document: dict[str, Any], found: Description, confidence: float) -> None:
    def say(path: str, value: Any, key: str) -> None:
        md.propose(found, path, value, key=key, confidence=confidence)

    title = md.plain(document.get("title"))
    say("metadata.title", title, "title")
    say("metadata.description", md.plain(document.get("description")), "description")
    say("metadata.version", md.plain(document.get("version")), "version")
    say("metadata.publication_date", md.date_of(document.get("publication_date")), "publication_date")
    kind = _TYPES.get(md.plain(document.get("upload_type")).lower(), "")
    detail = md.plain(document.get("publication_type") or document.get("image_type")).lower()
    if kind:
        say("metadata.resource_type", {"id": f"{kind}-{detail}" if detail else kind}, "upload_type")
    for key in ("creators", "contributors"):
        for who in md.as_list(document.get(key))[:3000]:
            name = md.plain(who.get("name")) if isinstance(who, dict) else ""
            if not name:
                continue
            places = [md.plain(who.get("affiliation"))]
            entry = md.split_name(name, orcid=md.orcid_of(who.get("orcid")), affiliations=places)
            if key == "contributors":
                entry["role"] = {"id": md.plain(who.get("type")).lower() or "other"}
            say(f"metadata.{key}", entry, key)
    spdx = licence_of_name(document.get("license"))
    say("metadata.rights", right(spdx) if spdx else None, "license")
    for word in md.as_list(document.get("keywords")):
        text = md.plain(word)
        say("metadata.subjects", {"subject": text} if text else None, "keywords")
    language = md.plain(document.get("language")).lower()
    say("metadata.languages", {"id": language} if len(language) == 3 else None, "language")
    for item in md.as_list(document.get("related_identifiers"))[:500]:
        if not isinstance(item, dict):
            continue
        value = md.plain(item.get("identifier"))
        relation = md.plain(item.get("relation")).lower() or "references"
        known = md.identifiers_in(value) or ([("url", value)] if value.startswith("http") else [])
        for scheme, identifier in known:
            say("metadata.related_identifiers", md.related(identifier, scheme, relation), "related_identifiers")
    found.headers = {key: value for key, value in document.items() if md.plain(value) and key != "description"}
    found.text = " ".join([title, md.plain(document.get("description"))])
    found.summary = f"Metadata of “{title}”" if title else "Zenodo metadata"
