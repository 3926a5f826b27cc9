"""JSON and XML that were written without line breaks, with one thing a line; every token stays as it was written."""

from __future__ import annotations

import re

LARGEST = 4 << 20
_LONG = 300
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+|"', re.S)
_SCALARS = re.compile(r'\[(?:[^\[\]{}"]|"(?:[^"\\]|\\.)*"){0,100}\]')


def needs_lines(text: str) -> bool:
    """Whether the lines are so long that nobody reads them."""
    head = text[:64_000]
    return len(head) > _LONG and max(map(len, head.split("\n"))) > _LONG


def indented_json(text: str) -> str:
    """Two blanks a level; a short list of scalars stays on its line. What is no JSON comes out as it can."""
    out: list[str] = []
    level, place = 0, 0
    while place < len(text):
        short = _SCALARS.match(text, place) if text[place] == "[" else None
        if short is not None:
            out.append("".join(", " if word == "," else word for word in _TOKEN.findall(short.group(0))))
            place = short.end()
            continue
        token = _TOKEN.match(text, place)
        if token is None:
            place += 1
            continue
        place = token.end()
        level = _written(token.group(0), out, level)
    return "".join(out)


def _written(word: str, out: list[str], level: int) -> int:
    if word in "{[":
        level = min(level + 1, 100)
        out.append(word + "\n" + "  " * level)
    elif word in "}]":
        level = max(level - 1, 0)
        if out and out[-1].strip() in ("{", "["):
            out[-1] = out[-1].strip() + word
        else:
            out.append("\n" + "  " * level + word)
    elif word == ",":
        out.append(",\n" + "  " * level)
    elif word == ":":
        out.append(": ")
    else:
        out.append(word)
    return level


_TAG = re.compile(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<[^<>]*>|[^<]+|<", re.S)


def indented_xml(text: str) -> str:
    """One element a line; an element that holds only words stays on its line."""
    out: list[str] = []
    level = 0
    inline = False
    for token in _TAG.findall(text):
        words = token.strip()
        if not words:
            continue
        if words.startswith("</"):
            level = max(level - 1, 0)
            out.append(words if inline else "\n" + "  " * level + words)
            inline = False
        elif words.startswith("<") and not words.startswith("<!["):
            out.append(("\n" + "  " * level if out else "") + words)
            inline = True
            if not words.endswith(("/>", "?>", "-->")) and not words.startswith("<!"):
                level = min(level + 1, 100)
            else:
                inline = False
        else:
            out.append(words if inline else "\n" + "  " * level + words)
    return "".join(out)
