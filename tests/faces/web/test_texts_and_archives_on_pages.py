"""Chloé reads texts, enters archives and turns over events on their pages; nothing in them runs or escapes."""

from __future__ import annotations

import gzip
import importlib.util
import io
import json
import re
import zipfile
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

VENDOR_SCRIPT = Path(__file__).parents[3] / "requirements" / "front-end" / "vendor.py"
EVENT = """<event>
 5 1 1.0 91.2 0.0073 0.118
 11 -1 0 0 0 0 0 0 45.6 45.6 0 0 9
 -11 -1 0 0 0 0 0 0 -45.6 45.6 0 0 9
 23 2 1 2 0 0 0 0 0 91.2 91.2 0 9
 13 1 3 3 0 0 30 20 5 36.4 0.1 0 9
 -13 1 3 3 0 0 -30 -20 -5 36.4 0.1 0 9
</event>
"""
LHE = (
    '<LesHouchesEvents version="1.0">\n<init>\n 11 -11 45.6 45.6 0 0 1 1 3 1\n 1. 0.1 1. 1\n</init>\n'
    + 3 * EVENT
    + "</LesHouchesEvents>\n"
).encode()


def zipped(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


INNER = zipped({"deep/values.csv": b"x [cm],y\n1,2\n3,4\n5,6\n"})
ARCHIVE = zipped(
    {
        "run 1/50% & more.csv": b"x [cm],y\n1,2\n3,4\n5,6\n",
        "docs/notes.md": b"# Notes\n\n<script>document.title='ran'</script>$E=mc^2$\n",
        "inner.zip": INNER,
        "../../slip.txt": b"slip",
        "\u0642\u0631\u0627\u0621\u0629.txt": b"right to left",
    }
)


@pytest.fixture
def shelf(browser: Callable[..., Any], published: Callable[..., Any]) -> Callable[..., Any]:
    """The page of a file of one record that holds all the files of this module."""
    files = {
        "data.zip": ARCHIVE,
        "events.lhe": LHE,
        "events.lhe.gz": gzip.compress(LHE),
        "notes.md": b"# Notes\n\n$E=mc^2$ <script>document.title='ran'</script> [x](javascript:alert(1))\n",
        "fit.ipynb": json.dumps(
            {"nbformat": 4, "metadata": {}, "cells": [{"cell_type": "code", "source": "import x", "outputs": []}]}
        ).encode(),
        "cut.zip": ARCHIVE[: len(ARCHIVE) // 2],
    }
    record = published(files)

    def open_page(key: str, *, language: str = "en", path: str = "look", **asked: str) -> Any:
        return browser(None, language=language).get(f"/records/{record.pk}/{path}/{quote(key)}", asked)

    return open_page


def text_of(response: Any) -> str:
    return str(response.content.decode("utf-8"))


def test_chloe_goes_from_an_archive_to_its_members_and_further_in(shelf: Any, browser: Any) -> None:
    page = text_of(shelf("data.zip"))
    links = [unescape(link) for link in re.findall(r'<a class="outline-name" href="([^"]+)"', page)]
    assert len(links) == 5
    for link in links:
        answer = browser().get(link)
        assert answer.status_code == 200
        assert "alert-bad" not in text_of(answer)
    csv = next(link for link in links if "50%25" in link)
    inside = text_of(browser().get(csv))
    assert "Rows 1 to 3 of 3" in inside
    assert "[cm]" in inside
    inner = next(link for link in links if "inner.zip" in link)
    further = re.search(r'<a class="outline-name" href="([^"]+)"', text_of(browser().get(inner)))
    assert further
    deepest = text_of(browser().get(unescape(further.group(1))))
    assert "inner.zip!/deep/values.csv" in deepest
    assert "Rows 1 to 3 of 3" in deepest


def test_figures_of_a_member_can_be_taken_home(shelf: Any, browser: Any) -> None:
    page = text_of(shelf("data.zip", member="run 1/50% & more.csv"))
    link = re.search(r'<a href="([^"]+as=csv[^"]*)"', page)
    assert link
    taken = browser().get(unescape(link.group(1)))
    assert taken.content.splitlines()[:2] == [b"x [cm],y", b"1,2"]


def test_a_member_that_is_not_there_is_told_on_the_page(shelf: Any) -> None:
    page = text_of(shelf("data.zip", member="nowhere.txt"))
    assert "has no file" in page
    assert text_of(shelf("notes.md", member="x"))
    assert shelf("data.zip", member="x" * 5000).status_code == 200


def test_a_cut_archive_says_so_on_its_page(shelf: Any) -> None:
    assert "could not be read" in text_of(shelf("cut.zip"))


@pytest.mark.parametrize("key", ["events.lhe", "events.lhe.gz"])
def test_an_event_is_drawn_with_a_name_for_who_cannot_see_it(shelf: Any, key: str) -> None:
    page = text_of(shelf(key, view="event", event="1"))
    assert page.count('role="img"') == 2
    assert "the hardest is μ" in page
    assert re.search(r'href="[^"]*event=2[^"]*"[^>]*>Next event', page)
    assert re.search(r'href="[^"]*event=0|href="[^"]*part=events"[^>]*>Previous event', page)
    assert "style=" not in page
    assert "there is none of number 9" in text_of(shelf(key, view="event", event="9"))
    drawing = shelf(key, path="look-figure", view="event", part="events", **{"as": "svg"})
    assert drawing.status_code == 200
    assert b"var(--c)" in drawing.content


def test_an_event_is_told_in_french(shelf: Any) -> None:
    page = text_of(shelf("events.lhe", language="fr", event="1"))
    assert "Événement suivant" in page
    assert "leptons chargés" in page
    assert "91,2" in page


def test_texts_and_notebooks_are_read_and_run_nothing(shelf: Any) -> None:
    page = text_of(shelf("notes.md", view="document"))
    figure = page.partition('id="figure"')[2].partition("</section>")[0]
    assert "<h2>Notes</h2>" in page
    assert '<code class="tex">E=mc^2</code>' in page
    assert "<script>" not in figure
    assert not [link for link in re.findall(r'href="([^"]*)"', figure) if link.startswith("javascript")]
    assert 'class="hl-kn"' in text_of(shelf("fit.ipynb", view="document"))
    policy = shelf("fit.ipynb").headers["Content-Security-Policy"]
    assert "img-src 'self' data:" in policy
    assert "unsafe" not in policy


def test_a_closed_archive_is_not_entered(browser: Any, published: Any) -> None:
    record = published({"data.zip": ARCHIVE}, access={"record": "public", "files": "restricted"})
    for path in ("look", "look-figure"):
        answer = browser(None).get(f"/records/{record.pk}/{path}/data.zip", {"member": "docs/notes.md"})
        assert answer.status_code in (302, 403, 404)
        assert b"Notes" not in answer.content


def test_scripts_and_styles_come_packed_and_are_kept_for_long(browser: Any) -> None:
    page = text_of(browser().get("/about"))
    sheet = re.search(r'href="(/assets/[^"]+/dop2i\.css)"', page)
    assert sheet
    for path in ("dop2i.css", "vendor/plotly/plotly-cartesian.min.js", "js/look/plots.js"):
        address = sheet.group(1).replace("dop2i.css", path)
        plain = browser().get(address)
        packed = browser().get(address, headers={"accept-encoding": "gzip, br"})
        assert packed["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in packed["Vary"]
        assert "immutable" in packed["Cache-Control"]
        assert gzip.decompress(packed.content) == b"".join(plain)
    assert browser().get(sheet.group(1).replace("dop2i.css", "vendor/../urls.py")).status_code == 404


def test_libraries_of_others_are_what_was_pinned() -> None:
    spec = importlib.util.spec_from_file_location("vendor", VENDOR_SCRIPT)
    assert spec
    assert spec.loader
    vendor = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(vendor)
    packages = json.loads((vendor.HERE / "packages.json").read_text("utf-8"))
    assert vendor.differences(packages) == []
    total = sum(path.stat().st_size for folder in packages for path in (vendor.TARGET / folder).rglob("*"))
    assert total < 6_000_000
    for folder in packages:
        assert "MIT" in (vendor.TARGET / folder / "LICENSE").read_text("utf-8")
