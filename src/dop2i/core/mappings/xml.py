"""XML of unknown hands, read safely: no entities, no network, bounded; and mended where only little is wrong."""

from __future__ import annotations

import functools
import html
import re
from typing import Any

from dop2i.errors import UnreadableFile

LONGEST_TEXT = 1_000_000
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REFERENCE = re.compile(r"&#(?:x([0-9a-fA-F]{1,8})|([0-9]{1,9}));")
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,9}|#x[0-9a-fA-F]{1,8});)(?:([A-Za-z][A-Za-z0-9]{1,30});)?")
_LONG_TEXT = re.compile(rf">([^<]{{{LONGEST_TEXT}}})[^<]+<")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}\?>|<!DOCTYPE[^>\[]{0,2000}(?:\[.{0,20000}?\])?\s*>", re.S)


def parser_settings() -> dict[str, Any]:
    """What every parser of foreign XML is told."""
    return {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}


def element_of(content: bytes, *, name: str, mend: bool = True) -> Any:
    """The root element. Raises ``UnreadableFile`` when it is no XML, even mended (see :func:`mended`)."""
    from lxml import etree

    parser = _parser()
    try:
        return etree.fromstring(content, parser=parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        reason = str(getattr(error, "msg", None) or error)
    if mend:
        try:
            repaired = mended(decoded(content)).encode()
            return etree.fromstring(repaired, parser=parser)
        except (etree.XMLSyntaxError, ValueError):
            pass
    raise UnreadableFile(f"{name} is not valid XML: {reason}.", hint="Its source has to mend it.")


@functools.cache
def _parser() -> Any:
    """One for all: to make one takes as long as to read a small record."""
    from lxml import etree

    return etree.XMLParser(**parser_settings())


def local_name(element: Any) -> str:
    """The name of an element without its namespace; empty for a comment, an instruction or nothing."""
    tag = element.tag if element is not None else ""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def child(element: Any, name: str) -> Any:
    """The first element of that name right below; None where there is none, or no element to look below."""
    return None if element is None else next((one for one in element if local_name(one) == name), None)


def children(element: Any, name: str) -> list[Any]:
    """The elements of that name right below."""
    return [] if element is None else [one for one in element if local_name(one) == name]


def inner_text(element: Any) -> str:
    """All text within an element."""
    return "".join(element.itertext()).strip() if element is not None else ""


def decoded(content: bytes) -> str:
    """The text of bytes that may lie about their encoding: UTF-8 (or UTF-16 by its mark), else Windows' Latin-1."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def mended(text: str) -> str:
    """XML with the usual faults put right.

    Characters that XML forbids go (also as references), HTML's entities become their characters, a bare ``&`` becomes
    ``&amp;``, declarations and document types go, and a text of more than a million characters is cut.
    """
    text = _DECLARATION.sub("", text)
    text = _REFERENCE.sub(_kept_reference, _FORBIDDEN.sub("", text))
    text = _ENTITY.sub(_kept_entity, text)
    return _LONG_TEXT.sub(r">\1…<", text)


def _kept_reference(found: re.Match[str]) -> str:
    code = int(found[1], 16) if found[1] else int(found[2])
    try:
        return "" if _FORBIDDEN.match(chr(code)) else found[0]
    except (ValueError, OverflowError):
        return ""


def _kept_entity(found: re.Match[str]) -> str:
    if found[1] is None:
        return "&amp;"
    character = html.unescape(f"&{found[1]};")
    return f"&amp;{found[1]};" if character.startswith("&") else html.escape(character, quote=False)
