"""Pages of a PDF as pixels and words, through PDFium, without its JavaScript and without fetching anything.

Public source: ISO 32000-1, sections 7.7.3 (page tree), 8.3 (coordinates), 9.10 (extraction of text).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from dop2i.core.formats.base import Source
from dop2i.errors import UnreadableFile

MOST_SIDE = 4000
"""Pixels that no side of a drawn page exceeds, whatever its shape."""
MOST_LETTERS = 60_000
_PASSWORD = 4
"""FPDF_ERR_PASSWORD of fpdfview.h."""
_BROKEN_WORD = re.compile("(?:[\\x02\\ufffe]|\\xad)[ \\t]*\\n?")
_NOT_SHOWN = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\ufffe\\uffff\\ud800-\\udfff]")


@dataclass(frozen=True, slots=True)
class DrawnPage:
    """One page: ``number`` from 1 of ``pages``, its size in points (1/72 inch), its pixels.

    ``pixels`` is a NumPy array of 8 bits, (rows, columns) where the page is all grey, else (rows, columns, 3).
    """

    number: int
    pages: int
    points: tuple[float, float]
    pixels: Any
    text: str
    text_is_cut: bool


def read_page(source: Source, *, number: int, width: int, text: bool = True) -> DrawnPage:
    """Page ``number`` (the last one where there are fewer), drawn ``width`` pixels wide, with its words.

    Raises ``UnreadableFile`` for what is damaged, empty or protected by a password.
    """
    with _opened(source) as document:
        pages = len(document)
        if pages < 1:
            raise UnreadableFile(f"{source.name} has no page that can be found.", hint="Fetch the file again.")
        number = max(1, min(number, pages))
        try:
            with closing(document[number - 1]) as page:
                points = _size(page, source, number)
                pixels = _drawn(page, points, width)
                words, cut = _words(page) if text else ("", False)
        except RuntimeError:
            raise UnreadableFile(f"Page {number} of {source.name} is damaged.", hint="Look at another page.") from None
    return DrawnPage(number, pages, points, pixels, words, cut)


@contextmanager
def _opened(source: Source) -> Iterator[Any]:
    """The document with its form fields, which PDFium draws only when it is told to."""
    import warnings

    import pypdfium2

    # by its path pypdfium2 would look for the name of a file, and a member of an archive has none
    stream = source.open()
    try:
        document = pypdfium2.PdfDocument(stream)
    except pypdfium2.PdfiumError as problem:
        stream.close()
        if problem.err_code == _PASSWORD:
            raise UnreadableFile(
                f"{source.name} is protected by a password.", hint="Download it and open it."
            ) from None
        raise UnreadableFile(f"{source.name} is cut or damaged.", hint="Fetch the file again.") from None
    try:
        with closing(document), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if document.get_formtype():
                document.init_forms()
            yield document
    finally:
        stream.close()


def _size(page: Any, source: Source, number: int) -> tuple[float, float]:
    across, down = page.get_size()
    if not (math.isfinite(across) and math.isfinite(down) and across > 0 and down > 0):
        raise UnreadableFile(f"Page {number} of {source.name} has no area: it says that it is {across:g} × {down:g}.")
    return float(across), float(down)


def _drawn(page: Any, points: tuple[float, float], width: int) -> Any:
    """The page on white paper, narrower than asked where it would be too tall."""
    import numpy as np

    across, down = points
    scale = min(width, MOST_SIDE) / across
    scale = min(scale, MOST_SIDE / down) * (1 - 1e-9)  # sides are rounded up
    with closing(page.render(scale=scale, rev_byteorder=True, limit_image_cache=True)) as bitmap:
        pixels = np.array(bitmap.to_numpy()[..., :3])
    grey = pixels[..., 0]
    is_grey = bool((grey == pixels[..., 1]).all() and (grey == pixels[..., 2]).all())
    return np.ascontiguousarray(grey) if is_grey else pixels


def _words(page: Any) -> tuple[str, bool]:
    """The words in the order of the page's own stream, a line a line; and whether there were too many."""
    with closing(page.get_textpage()) as letters:
        count = letters.count_chars()
        found = letters.get_text_range(0, min(count, MOST_LETTERS)) if count > 0 else ""
    lines = found.replace("\r\n", "\n").replace("\r", "\n")
    joined = _NOT_SHOWN.sub("", _BROKEN_WORD.sub("", lines))
    return "\n".join(line.rstrip() for line in joined.split("\n")).strip("\n"), count > MOST_LETTERS
