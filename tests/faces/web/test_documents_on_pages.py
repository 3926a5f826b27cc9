"""Chloé reads a report and slides on their pages, in both languages, without script and with a screen reader."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from pdfs import pdf
from PIL import Image

REPORT = pdf(["Énergie du neutrino", "<b>Second</b> page", "Third page"])


def zipped(name: str, content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, content)
    return stream.getvalue()


@pytest.fixture
def shelf(browser: Callable[..., Any], published: Callable[..., Any]) -> Callable[..., Any]:
    """The page of a file of one record that holds all the documents of this module."""
    slides = pdf(["One slide"], size=(960, 540))
    record = published({"report.pdf": REPORT, "all.zip": zipped("in/slides.pdf", slides), "cut.pdf": REPORT[:300]})

    def open_page(key: str, *, language: str = "en", path: str = "look", **asked: str) -> Any:
        return browser(None, language=language).get(f"/records/{record.pk}/{path}/{key}", asked)

    return open_page


def text_of(response: Any) -> str:
    return str(response.content.decode("utf-8"))


def picture_in(page: str) -> tuple[str, str]:
    """The address and the alternative text of the drawn page."""
    found = re.search(r'<div class="sheet[^>]*><img src="([^"]+)" alt="([^"]+)"', page)
    assert found
    return unescape(found.group(1)), unescape(found.group(2))


@pytest.mark.parametrize(
    ("language", "where", "alternative"),
    [
        ("en", "Page 2 of 3", "Page 2 of report.pdf; its words are below"),
        ("fr", "Page 2 sur 3", "Page 2 de report.pdf\u202f; ses mots sont ci-dessous"),
    ],
)
def test_a_page_is_drawn_told_and_turned(shelf: Any, browser: Any, language: str, where: str, alternative: str) -> None:
    page = text_of(shelf("report.pdf", language=language, page="2"))
    assert where in page
    assert "&lt;b&gt;Second&lt;/b&gt; page" in page
    assert "<b>Second</b>" not in page
    address, told = picture_in(page)
    assert told == alternative
    taken = browser().get(address)
    assert taken["Content-Type"] == "image/png"
    assert Image.open(io.BytesIO(taken.content)).width == 1200
    links = [unescape(link) for link in re.findall(r'href="([^"]+)#figure"', page)]
    assert any("page=3" in link for link in links)
    assert all(browser().get(link).status_code == 200 for link in links)


def test_the_page_and_its_words_can_be_taken_home(shelf: Any) -> None:
    words = shelf("report.pdf", path="look-figure", **{"as": "txt"})
    assert words["Content-Type"] == "text/plain; charset=utf-8"
    assert words["Content-Disposition"].startswith("attachment")
    assert text_of(words) == "Énergie du neutrino"
    png = shelf("report.pdf", path="look-figure", page="3", size="large", **{"as": "png"})
    assert Image.open(io.BytesIO(png.content)).width == 2400
    assert "report-pages-3.png" in png["Content-Disposition"]
    assert shelf("report.pdf", path="look-figure", **{"as": "svg"}).status_code == 404


def test_small_print_is_moved_under_a_frame_that_the_keyboard_reaches(shelf: Any) -> None:
    page = text_of(shelf("report.pdf", size="large"))
    assert '<div class="sheet is-large" tabindex="0" role="region" aria-label="Page 1 of report.pdf">' in page


def test_slides_within_an_archive_open_too(shelf: Any, browser: Any) -> None:
    page = text_of(shelf("all.zip", member="in/slides.pdf"))
    assert "One slide" in page
    assert "Open the document in the browser" not in page
    assert browser().get(picture_in(page)[0]).status_code == 200


def test_what_cannot_be_read_is_one_sentence(shelf: Any) -> None:
    page = text_of(shelf("report.pdf", page="two", language="fr"))
    assert 'id="wrong-page"' in page
    assert 'class="sheet' not in page
    assert "could not be read" in text_of(shelf("cut.pdf"))
