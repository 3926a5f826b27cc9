"""Markdown that a person wrote, as HTML that can do no harm: CommonMark without raw HTML, pictures or odd links."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.utils.safestring import SafeString, mark_safe

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

SCHEMES = ("http", "https", "mailto")
LONGEST = 100_000


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    made = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table").disable(["image", "html_block"])
    made.disable("html_inline")
    made.validateLink = _is_harmless  # type: ignore[method-assign]
    return made


def _is_harmless(address: str) -> bool:
    """Whether a link goes to the web, to a mail program, or stays on this site."""
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return False
    return parts.scheme.lower() in SCHEMES or (not parts.scheme and not parts.netloc)


def rendered(text: str, *, top: int = 3) -> SafeString:
    """The text as HTML; its first heading becomes one of level ``top``, those below follow."""
    tokens = _parser().parse(text[:LONGEST])
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + top - 1)}"
        for inner in token.children or ():
            if inner.type == "link_open":
                inner.attrSet("rel", "nofollow noopener")
        if token.type == "table_open":
            token.attrSet("class", "table")
    # every text in it is escaped by the parser, which passes no HTML through
    return mark_safe(_parser().renderer.render(tokens, _parser().options, {}))  # noqa: S308
