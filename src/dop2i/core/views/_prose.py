"""Markdown with tables and formulas as harmless HTML; the TeX of a formula stays readable without a script."""

from __future__ import annotations

from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

from dop2i.core.views._code import highlighted
from dop2i.core.views._sanitiser import harmless

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

LONGEST = 1_000_000


def markdown(text: str, *, top: int = 2) -> str:
    """CommonMark, tables and ``$…$`` as HTML without scripts, pictures or styles; headings begin at level ``top``."""
    return harmless(_parser().render(text[:LONGEST]), top=top)


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    made = MarkdownIt("commonmark", {"html": True, "highlight": _coloured}).enable(["table", "strikethrough"])
    made.inline.ruler.before("escape", "tex", _tex)
    made.block.ruler.before("fence", "tex_block", _tex_block, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    made.add_render_rule("tex", _written)
    made.add_render_rule("tex_block", _written_block)
    return made


def tex_span(formula: str, *, display: bool = False) -> str:
    """A formula as an element that a script may set and everybody may read."""
    kind = "tex tex-display" if display else "tex"
    return f'<code class="{kind}">{escape(formula.strip(), quote=False)}</code>'


def _coloured(text: str, language: str, _attributes: str) -> str:
    return "\n".join(highlighted(text.split("\n"), language=language)) if language else ""


_PAIRS = (("$$", "$$", True), (r"\\[", r"\\]", True), (r"\\(", r"\\)", False), ("$", "$", False))


def _tex(state: Any, silent: bool) -> bool:
    """``$a_b$``, ``$$…$$``, ``\\\\(…\\\\)`` as notebooks write them; a price of $5 is none."""
    for opening, closing, display in _PAIRS:
        if not state.src.startswith(opening, state.pos):
            continue
        start = state.pos + len(opening)
        end = state.src.find(closing, start)
        while end > 0 and state.src[end - 1] == "\\" and closing == "$":
            end = state.src.find(closing, end + 1)
        formula = state.src[start:end] if end > start else ""
        if not formula.strip() or len(formula) > 5000 or "\n\n" in formula:
            return False
        if opening == "$":
            following = state.src[end + 1 : end + 2]
            if formula[0].isspace() or formula[-1].isspace() or following.isdigit():
                return False
        if not silent:
            token = state.push("tex", "code", 0)
            token.content, token.meta = formula, {"display": display}
        state.pos = end + len(closing)
        return True
    return False


def _tex_block(state: Any, start_line: int, end_line: int, silent: bool) -> bool:
    """A display formula of several lines, or an environment that stands alone: ``\\begin{align}``."""
    begin, finish = state.bMarks[start_line] + state.tShift[start_line], state.eMarks[start_line]
    first = state.src[begin:finish]
    if first.startswith("$$"):
        closing = "$$"
    elif first.startswith("\\begin{"):
        closing = "\\end{" + first[7:].partition("}")[0] + "}"
    else:
        return False
    line = start_line
    while line < end_line:
        content = state.src[state.bMarks[line] : state.eMarks[line]].rstrip()
        if content.endswith(closing) and (line > start_line or len(content.strip()) > len(closing) + 1):
            break
        line += 1
    if line >= end_line or line - start_line > 200:
        return False
    if silent:
        return True
    formula = state.src[begin : state.eMarks[line]].strip()
    token = state.push("tex_block", "code", 0)
    token.content = formula.removeprefix("$$").removesuffix("$$")
    state.line = line + 1
    return True


def _written(_renderer: Any, tokens: Any, place: int, _options: Any, _env: Any) -> str:
    return tex_span(tokens[place].content, display=bool(tokens[place].meta.get("display")))


def _written_block(_renderer: Any, tokens: Any, place: int, _options: Any, _env: Any) -> str:
    return f"<p>{tex_span(tokens[place].content, display=True)}</p>\n"
