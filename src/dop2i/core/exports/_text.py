"""Texts as the standards want them: HTML made plain, XML without forbidden characters, addresses without blanks."""

from __future__ import annotations

import json
import re
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, urlsplit

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CONTROL = re.compile("[\x7f-\x9f]")
_TAG = re.compile(
    r"</?(?:p|br|div|span|em|strong|i|b|u|s|ul|ol|li|dl|dt|dd|a|h[1-6]|sub|sup|code|pre|table|thead|tbody|tr|t[dh]"
    r"|blockquote|img|hr|script|style|figure|figcaption|abbr|small|q|cite|mark|kbd|samp|var)\b[^<>]*>|<!--",
    re.I,
)
_BLOCKS = frozenset(
    {"p", "div", "br", "ul", "ol", "dl", "tr", "table", "pre", "blockquote", "hr", "figure"}
    | {f"h{level}" for level in range(1, 7)}
)
_PLAIN_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d{1,5})?(?:/(?:[A-Za-z0-9/._~=&?+,;@-]|%[0-9A-Fa-f]{2})*)?")
_HIDDEN = frozenset({"script", "style", "template"})


def legal(text: Any) -> str:
    """A text with only the characters that XML 1.0 §2.2 allows, and no other control characters."""
    written = str(text)
    if written.isascii() and written.isprintable():
        return written
    return _CONTROL.sub("", _NOT_XML.sub("", written))


def one_line(text: Any) -> str:
    """A legal text with every run of white space made one blank."""
    return " ".join(legal(text).split())


class _Plain(HTMLParser):
    """Collects the text of HTML: blocks become lines, list items get a dash, scripts are left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HIDDEN:
            self.hidden += 1
        elif tag == "li":
            self.pieces.append("\n- ")
        elif tag in _BLOCKS:
            self.pieces.append("\n")
        elif tag in {"td", "th", "dd"}:
            self.pieces.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            self.hidden = max(0, self.hidden - 1)
        elif tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.pieces.append(data)


def plain_text(markup: Any) -> str:
    """HTML as plain text; a text that holds no tag that we know stays as it is (``p < 0.05`` is no HTML)."""
    text = legal(markup)
    if not _TAG.search(text):
        return (unescape(text) if re.search(r"&(?:[a-z]{2,8}|#\d+);", text) else text).strip()
    parser = _Plain()
    parser.feed(text)
    parser.close()
    lines = (" ".join(line.split()) for line in "".join(parser.pieces).split("\n"))
    return legal(re.sub(r"\n{3,}", "\n\n", "\n".join(lines))).strip()


def shortened(text: str, limit: int) -> str:
    """At most ``limit`` characters, cut at a word and ended by an ellipsis."""
    if len(text) <= limit:
        return text
    return text[: limit - 1].rsplit(" ", 1)[0].rstrip() + "…"


def iri(address: Any) -> str:
    """The address with what an IRI may not hold percent-encoded (RFC 3987); ``""`` when it is not absolute."""
    text = legal(address).strip()
    if _PLAIN_ADDRESS.fullmatch(text):
        return text
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return ""
    if not parts.scheme or not (parts.netloc or parts.scheme in {"urn", "mailto", "doi", "info", "ark"}):
        return ""
    encoded = quote(text, safe=":/?#[]@!$&'()*+,;=~%-._")
    encoded = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", encoded)
    head, mark, tail = encoded.partition("#")
    tail = tail.replace("#", "%23")
    netloc_end = head.find("/", head.find("//") + 2) if "//" in head else 0
    if netloc_end > 0:
        head = head[:netloc_end] + head[netloc_end:].replace("[", "%5B").replace("]", "%5D")
    return head + mark + tail.replace("[", "%5B").replace("]", "%5D")


def json_bytes(document: Any) -> bytes:
    """Indented JSON in UTF-8, keys in the order given, ended by a line break."""
    return (json.dumps(_encodable(document), ensure_ascii=False, indent=2, allow_nan=False) + "\n").encode()


def _encodable(value: Any) -> Any:
    """Texts without lone surrogates, which JSON may carry and UTF-8 may not; numbers finite."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    if isinstance(value, dict):
        return {_encodable(str(key)): _encodable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_encodable(item) for item in value]
    return value


def filled(**members: Any) -> dict[str, Any]:
    """The members that hold something: None, empty texts, lists and objects are left out."""
    return {
        key: value
        for key, value in members.items()
        if value is not None and value != "" and value != [] and value != {}
    }
