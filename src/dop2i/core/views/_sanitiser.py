"""HTML of others made harmless: what is not known to be harmless is left out, and everything is written anew.

The text is parsed and only its words and a short list of elements are written again, without any attribute but the
few named here. No element of the list holds raw text or another language, so what is written means the same to every
browser (no mutation can bring a script back).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from typing import Any
from urllib.parse import urlsplit

KEPT = frozenset(
    {"p", "br", "hr", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "pre", "code", "kbd", "samp", "var", "em"}
    | {"strong", "b", "i", "s", "del", "ins", "sub", "sup", "small", "q", "abbr", "cite", "table", "caption", "thead"}
    | {"tbody", "tfoot", "tr", "th", "td", "h1", "h2", "h3", "h4", "h5", "h6", "a", "span", "div"}
)
_DROPPED = frozenset(
    {"script", "style", "template", "iframe", "frame", "frameset", "object", "embed", "applet", "svg", "math", "title"}
    | {"head", "noscript", "noembed", "noframes", "textarea", "select", "option", "xmp", "plaintext", "base", "link"}
    | {"meta", "audio", "video", "source", "track", "canvas", "form", "input", "button", "dialog", "slot", "portal"}
)
"""These vanish with all that is in them; any other unknown element leaves its words."""
_VOID = frozenset({"br", "hr"})
_CLASSES = re.compile(r"^(?:hl-[a-z0-9]{1,4}|tex|tex-display|table)$")
_SCHEMES = frozenset({"http", "https", "mailto"})
_DEEPEST = 60
MOST_ELEMENTS = 60_000


def harmless(html: str, *, top: int = 1, table_class: str = "table") -> str:
    """The words of ``html`` with its plain elements; headings begin at level ``top``, links leave politely."""
    from lxml import etree

    if not html.strip():
        return ""
    try:
        root = etree.fromstring(f"<html><body>{html}", parser=etree.HTMLParser(huge_tree=False, no_network=True))
    except (ValueError, etree.LxmlError):
        return escape(html)
    if root is None:
        return escape(html)
    body = root.find("body")
    written: list[str] = []
    _write(body if body is not None else root, written.append, top, 0, [MOST_ELEMENTS], table_class)
    return "".join(written)


def is_harmless_link(address: str) -> bool:
    """Whether a link goes to the web, to a mail program, or to a place beside this one."""
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return False
    if parts.scheme:
        return parts.scheme.lower() in _SCHEMES
    return not parts.netloc and not address.lstrip().startswith(("//", "\\", "/\\"))


def _write(element: Any, out: Callable[[str], Any], top: int, depth: int, left: list[int], table_class: str) -> None:
    if element.text:
        out(escape(element.text, quote=False))
    for child in element:
        left[0] -= 1
        if isinstance(child.tag, str) and depth < _DEEPEST and left[0] > 0:
            _write_child(child, out, top, depth, left, table_class)
        if child.tail:
            out(escape(child.tail, quote=False))


def _write_child(
    child: Any, out: Callable[[str], Any], top: int, depth: int, left: list[int], table_class: str
) -> None:
    name = child.tag.lower()
    if name in _DROPPED or ":" in name:
        return
    if name == "img":
        words = " ".join(str(child.get("alt") or "").split())[:300]
        out(f"<em>[{escape(words)}]</em>" if words else "")
        return
    if name not in KEPT:
        _write(child, out, top, depth + 1, left, table_class)
        return
    if re.fullmatch(r"h[1-6]", name):
        name = f"h{min(6, int(name[1]) + top - 1)}"
    attributes = _attributes(child, name, table_class)
    if name == "a" and "href" not in attributes:
        name, attributes = "span", ""
    out(f"<{name}{attributes}>")
    if name not in _VOID:
        _write(child, out, top, depth + 1, left, table_class)
        out(f"</{name}>")


def _attributes(element: Any, name: str, table_class: str) -> str:
    made = ""
    if name == "a":
        address = str(element.get("href") or "").strip()
        if address and not address.startswith("#") and is_harmless_link(address):
            made += f' href="{escape(address)}" rel="nofollow noopener"'
    classes = [one for one in str(element.get("class") or "").split() if _CLASSES.match(one)]
    if name == "table":
        classes = [table_class]
    if classes:
        made += f' class="{" ".join(dict.fromkeys(classes))}"'
    if name in ("td", "th"):
        for key in ("colspan", "rowspan"):
            value = str(element.get(key) or "")
            if value.isdecimal() and 1 < int(value[:6]) <= 1000:
                made += f' {key}="{int(value)}"'
        if name == "th" and element.get("scope") in ("row", "col"):
            made += f' scope="{element.get("scope")}"'
    if name == "ol" and str(element.get("start") or "").isdecimal():
        made += f' start="{int(element.get("start")[:9])}"'
    return made
