"""Electronic addresses and telephone numbers in what a record says of itself: its titles and descriptions."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator
from typing import Any

from dop2i.core.ethics.contacts import scan_text
from dop2i.core.ethics.findings import Finding

_LINK = re.compile(r"<a\b[^>]{0,1000}?href\s*=\s*[\"']?(?:mailto|tel):([^\"'?>\s]{1,200})[^>]{0,1000}>", re.IGNORECASE)
_BREAK = re.compile(r"<(?:/?(?:p|div|li|ul|ol|tr|table|h[1-6]|blockquote|pre)|br)\b[^>]{0,1000}>", re.IGNORECASE)
_TAG = re.compile(r"<[/!]?[a-z][^>]{0,1000}>", re.IGNORECASE)


def scan_metadata(document: dict[str, Any]) -> Iterator[tuple[str, str, list[Finding]]]:
    """Path, text and findings of each text of a record document in which something is found.

    The rules are those of a text file: beside *contact* or *author* nothing is said, nor of fewer than three addresses.
    """
    for path, text in _texts(document):
        plain = _plain(text).encode("utf-8", "replace")
        findings = scan_text(io.BytesIO(plain), head=plain[:8192], limit=len(plain))
        if findings:
            yield path, text, findings


def _texts(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    metadata = document.get("metadata")
    if not isinstance(metadata, dict):
        return
    for name, inner in (("title", "additional_titles"), ("description", "additional_descriptions")):
        if isinstance(metadata.get(name), str):
            yield f"metadata.{name}", metadata[name]
        more = metadata.get(inner)
        for number, one in enumerate(more if isinstance(more, list) else ()):
            if isinstance(one, dict) and isinstance(one.get(name), str):
                yield f"metadata.{inner}.{number}.{name}", one[name]


def _plain(text: str) -> str:
    """A description in HTML as lines of words; what a link writes to is said beside its words."""
    linked = _LINK.sub(lambda found: f" {found.group(1)} ", text)
    lines = html.unescape(_TAG.sub("", _BREAK.sub("\n", linked))).split("\n")
    return "".join(f"{line}\n" for line in lines if line.strip())
