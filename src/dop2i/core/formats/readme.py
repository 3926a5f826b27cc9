"""README: the title, the first paragraphs, the licence and the identifiers that a person wrote for people."""

from __future__ import annotations

import re
from typing import ClassVar

from dop2i.core.formats import _metadata as md
from dop2i.core.formats._licences import licence_of_name, right
from dop2i.core.formats._text import base_name, read_text, text_encoding
from dop2i.core.formats.base import Description, FormatReader, Source

_LIMIT = 512 << 10
_BASE = re.compile(r"^(readme|lisez-?moi|lisezmoi)([._-][\w.-]*)?$")
_SUFFIXES = (".md", ".markdown", ".rst", ".txt", ".org")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+(.+?)\s*#*\s*$")
_UNDERLINE = re.compile(r"^\s{0,3}(={3,}|-{3,}|~{3,}|\*{3,})\s*$")
_BADGE = re.compile(r"\[?!\[[^\]]*\]\([^)]*\)(\]\([^)]*\))?")
_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")
_RST_LINK = re.compile(r"`([^`<]+?)\s*<[^>]*>`_{1,2}")
_MARKUP = re.compile(r"(\*\*|__|`{1,3}|(?<!\w)\*(?=\w)|(?<=\w)\*(?!\w)|(?<!\w)_(?=\w)|(?<=\w)_(?!\w))")
_TAG = re.compile(r"</?[a-zA-Z][^>]{0,300}>|<!--.*?-->", re.S)
_LICENCE_NAME = (
    r"(CC[ -]BY(?:[ -](?:SA|NC|ND))*[ -]?\d\.\d|CC0(?:[ -]1\.0)?|MIT|BSD[ -]\d(?:-Clause)?|Apache(?:[ -]License)?"
    r"[ -,]*2\.0|(?:L|A)?GPL[ -]?v?\d(?:\.\d)?|EUPL(?:-?1\.2)?|MPL[ -]2\.0|creativecommons\.org/[a-z]+/[a-z-]+/\d\.\d)"
)
_LICENCE_LINE = re.compile(
    rf"(?:licen[cs]\w*|released|distributed|available|sous)\b.{{0,80}}?{_LICENCE_NAME}"
    rf"|{_LICENCE_NAME}\W{{1,3}}licen[cs]", re.I
)  # fmt: skip
_FRENCH = re.compile(r"\b(les|des|une|est|dans|pour|avec|données|fichiers?|cette|ce|sont|aux|par)\b", re.I)
_ENGLISH = re.compile(r"\b(the|of|and|is|are|this|these|for|with|data|files?|from|which)\b", re.I)


class ReadmeReader(FormatReader):
    """A README in Markdown, reStructuredText or plain text."""

    name = "readme"
    label: ClassVar = {"en": "README", "fr": "Lisez-moi (README)"}
    media_types = ("text/markdown", "text/plain", "text/x-rst")
    suffixes = ()
    rank = 10

    def recognises(self, name: str, head: bytes) -> float:
        base = base_name(name)
        if not _BASE.match(base) or not text_encoding(head):
            return 0.0
        suffix = base[base.rfind(".") :] if "." in base else ""
        return 0.9 if suffix in ("", *_SUFFIXES) else 0.0

    def describe(self, source: Source) -> Description:
        found = md.begin(self, source)
        text, encoding, _ = read_text(source, limit=_LIMIT, what="README")
        base = base_name(source.name)
        if base.endswith(".rst"):
            found.media_type = "text/x-rst"
        elif not base.endswith((".md", ".markdown")):
            found.media_type = "text/plain"
        title, paragraphs = title_and_paragraphs(text)
        if title:
            md.propose(found, "metadata.title", title, key="first heading", confidence=0.7)
        description = _first_paragraphs(paragraphs)
        md.propose(found, "metadata.description", description, key="first paragraphs", confidence=0.6)
        _licence(text, found)
        _identifiers(text, found)
        language = language_of(text)
        if language:
            md.propose(found, "metadata.languages", {"id": language}, key="its words", confidence=md.GUESSED)
        found.headers = {"encoding": encoding, "title": title}
        found.text = text[:20_000]
        found.summary = title or "A README without a heading"
        return found


def title_and_paragraphs(text: str) -> tuple[str, list[str]]:
    """The first heading (empty if none), and the paragraphs of prose that follow, without markup."""
    text = _TAG.sub("", text[:100_000].replace("\r\n", "\n"))
    title, paragraphs, current = "", [], list[str]()
    lines = text.split("\n")
    fenced = False
    for place, line in enumerate([*lines[:2000], ""]):
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
            continue
        following = lines[place + 1] if place + 1 < len(lines) else ""
        heading = _HEADING.match(line) if not fenced else None
        underlined = bool(line.strip()) and not fenced and bool(_UNDERLINE.match(following))
        if heading or underlined:
            words = _plain_words(heading.group(1) if heading else line)
            title = title or words[:300]
        elif fenced or _UNDERLINE.match(line) or line.startswith((".. ", "|", "    ", "\t")):
            continue
        elif line.strip() and not re.match(r"^\s*([-*+]|\d+\.)\s", line):
            current.append(line.strip())
            continue
        if current:
            paragraphs.append(_plain_words(" ".join(current)))
            current = []
    return title, [words for words in paragraphs if len(words) > 2]


def _plain_words(text: str) -> str:
    text = _BADGE.sub("", text)
    text = _RST_LINK.sub(r"\1", _LINK.sub(r"\1", text))
    return re.sub(r"\s+", " ", _MARKUP.sub("", text)).strip()


def _first_paragraphs(paragraphs: list[str]) -> str:
    """Up to three paragraphs and about 1,500 characters, beginning at the first that is a sentence."""
    kept: list[str] = []
    for words in paragraphs:
        if not kept and len(words.split()) < 6:
            continue
        if kept and (len(kept) == 3 or sum(map(len, kept)) + len(words) > 1500):
            break
        kept.append(words[:3000])
    return "\n\n".join(kept)


def _licence(text: str, found: Description) -> None:
    match = _LICENCE_LINE.search(text)
    spdx = (
        licence_of_name(re.sub(r"(?i)^(l|a)?gpl[ -]?v?(\d)(\.\d)?$", _gpl, match.group(1) or match.group(2)))
        if match
        else ""
    )
    if spdx:
        md.propose(found, "metadata.rights", right(spdx), key="licence sentence", confidence=0.6)


def _gpl(match: re.Match[str]) -> str:
    return f"{(match.group(1) or '').upper()}GPL-{match.group(2)}{match.group(3) or '.0'}"


def _identifiers(text: str, found: Description) -> None:
    """DOIs and arXiv numbers: what the README speaks of. One that is told to be the data's own is a version."""
    for scheme, identifier in md.identifiers_in(text[:200_000])[:50]:
        place = text.lower().find(identifier)
        before = text[max(0, place - 120) : place].lower().rsplit("\n", 1)[-1]
        own = scheme == "doi" and ("data doi" in before or "dataset doi" in before or "zenodo" in identifier)
        relation = "isidenticalto" if own and "data" in before else "references"
        if "preprint" in before or "paper" in before or "publication" in before:
            relation = "issupplementto"
        item = md.related(identifier, scheme, relation)
        md.propose(found, "metadata.related_identifiers", item, key=identifier, confidence=0.7)


def language_of(text: str) -> str:
    """``eng`` or ``fra`` by the small words of a text; empty when neither is clear."""
    part = text[:20_000]
    french, english = len(_FRENCH.findall(part)), len(_ENGLISH.findall(part))
    if max(french, english) < 5:
        return ""
    if english > 2 * french:
        return "eng"
    return "fra" if french > 2 * english else ""
