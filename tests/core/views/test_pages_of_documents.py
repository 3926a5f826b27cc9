"""Chloé reads reports and slides page by page; Mallory sends PDFs that are cut, crooked, locked or bottomless."""

from __future__ import annotations

import base64
import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pdfs import A4, from_objects, pdf
from PIL import Image as Picture

from dop2i.core.formats import BytesSource, LocalSource, describe_source
from dop2i.core.formats._pdf_pages import MOST_LETTERS, MOST_SIDE
from dop2i.core.formats.base import Description, Window
from dop2i.core.formats.pdf import PdfReader
from dop2i.core.views import VIEWS, draw, figure_from_json, views_of
from dop2i.core.views.figures import Page
from dop2i.errors import InvalidValue, NotFound, UnreadableFile
from dop2i.server.files.reader_pool import ReaderProcess

REPORT = pdf(["Énergie du neutrino\n120 PeV", "Second page", "Third (and last) page"])


def seen(content: bytes, name: str = "report.pdf", **values: str) -> Page:
    """A page, drawn as the server draws it."""
    figure = draw(BytesSource(name, content), view="pages", part="pages", values=values, description={"format": "pdf"})
    assert isinstance(figure, Page)
    assert figure_from_json(figure.to_json()) == figure
    return figure


def pixels_of(figure: Page) -> Any:
    return np.asarray(Picture.open(io.BytesIO(base64.b64decode(figure.png))))


def test_chloe_turns_the_pages_of_a_report() -> None:
    first = seen(REPORT)
    assert (first.page, first.pages, first.points) == (1, 3, [595.0, 842.0])
    assert first.text.split("\n") == ["Énergie du neutrino", "120 PeV"]
    assert seen(REPORT, page="2").text == "Second page"
    assert seen(REPORT, page="3").text == "Third (and last) page"
    assert seen(REPORT, page="99").page == 3
    assert seen(REPORT, page="-4").page == 1


def test_the_letters_are_where_they_are_printed() -> None:
    figure = seen(REPORT)
    pixels = pixels_of(figure)
    assert pixels.shape == (figure.height, figure.width) == (1699, 1200)
    down, across = np.nonzero(pixels < 128)
    assert 100 < across.min() < 140
    assert 120 < down.min() < down.max() < 230
    assert seen(REPORT, size="large").width == 2400


def test_colours_stay_colours_and_a_scanned_page_has_no_words() -> None:
    stream = io.BytesIO()
    Picture.new("RGB", (300, 200), (200, 30, 30)).save(stream, "PDF")
    figure = seen(stream.getvalue())
    assert figure.text == ""
    pixels = pixels_of(figure)
    assert pixels.ndim == 3
    assert abs(pixels[100, 100].astype(int) - (200, 30, 30)).max() < 12


def test_a_reader_is_offered_pages_and_nothing_else() -> None:
    described = describe_source(BytesSource("report.pdf", REPORT)).to_json()
    found = views_of(described)
    assert next(iter(found)) == "pages"
    assert "document" not in found
    part = found["pages"][0]
    assert part.size == "3"
    assert [p.kind for p in VIEWS["pages"].parameters(described, part)] == ["integer", "choice"]
    single = describe_source(BytesSource("note.pdf", pdf(["One"]))).to_json()
    assert VIEWS["pages"].parameters(single, part)[0].kind == "hidden"


def test_a_question_that_means_nothing_is_answered_by_a_sentence() -> None:
    with pytest.raises(InvalidValue, match="no whole number"):
        seen(REPORT, page="two")
    described = describe_source(BytesSource("report.pdf", REPORT)).to_json()
    needed = VIEWS["pages"].needed(described, "pages")
    asked, source = {"page": "two"}, BytesSource("report.pdf", REPORT)
    with pytest.raises(InvalidValue) as told:
        draw(source, view="pages", part="pages", values=asked, description=needed)
    assert told.value.hint == "From 1 to 3."
    with pytest.raises(InvalidValue, match="no size"):
        seen(REPORT, size="enormous")
    with pytest.raises(NotFound):
        draw(BytesSource("report.pdf", REPORT), view="pages", part="chapter", values={})


def test_a_file_on_the_disk_and_one_elsewhere_give_the_same_page(tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(REPORT)
    here = draw(LocalSource(path), view="pages", part="pages", values={"page": "2"})
    assert here == seen(REPORT, page="2")


def test_the_reader_gives_a_page_as_a_plane() -> None:
    source = BytesSource("report.pdf", REPORT)
    plane = PdfReader().plane(source, table="", index=1, window=Window(most=200))
    assert (plane.index, plane.planes, plane.columns, plane.greys) == (1, 3, 200, True)


def test_a_word_cut_at_the_end_of_its_line_is_whole_again() -> None:
    text = seen(pdf(["the manip-\nulation of neutri-\nnos"])).text
    assert text == "the manipulation of neutrinos"


def locked(password: str) -> bytes:
    from pypdf import PdfReader as Reader
    from pypdf import PdfWriter

    writer, stream = PdfWriter(Reader(io.BytesIO(REPORT))), io.BytesIO()
    writer.encrypt(password, owner_password="Faraday", algorithm="RC4-128")
    writer.write(stream)
    return stream.getvalue()


def test_a_locked_document_says_so_and_one_locked_only_for_changes_is_read() -> None:
    with pytest.raises(UnreadableFile, match=r"report\.pdf is protected by a password"):
        seen(locked("cage"))
    assert seen(locked(""), page="2").text == "Second page"


def test_what_was_written_into_a_form_is_on_the_page() -> None:
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] /DA (/Helv 12 Tf 0 g) >> >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] /Annots [4 0 R] >>",
        b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (who) /V (Alice) /Rect [20 20 180 60] /AP << /N 5 0 R >> /F 4 >>",
        b"<< /Type /XObject /Subtype /Form /BBox [0 0 160 40] /Length 25 >>\n"
        b"stream\n0 0 0 rg 0 0 160 40 re f \nendstream",
    ]
    assert pixels_of(seen(from_objects(objects))).min() == 0


def test_what_would_run_or_fetch_is_only_drawn_around() -> None:
    script = "/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>"
    assert seen(pdf(["Quiet"], also=script)).text == "Quiet"
    assert seen(pdf(["Quiet"], also="/OpenAction << /S /URI /URI (https://evil.example/) >>")).text == "Quiet"


@pytest.mark.parametrize(
    ("size", "shape"),
    [
        ((1, 1), (1200, 1200)),
        ((14400, 14400), (1200, 1200)),
        ((10, 100_000), (MOST_SIDE, 1)),
        ((100_000, 10), (1, 1200)),
        ((960, 540), (675, 1200)),
    ],
)
def test_a_page_of_any_shape_is_drawn_within_bounds(size: tuple[float, float], shape: tuple[int, int]) -> None:
    figure = seen(pdf(["x"], size=size))
    assert (figure.height, figure.width) == pytest.approx(shape, abs=1)


def test_a_page_of_too_many_words_gives_the_first_ones() -> None:
    figure = seen(pdf(["\n".join("abcdefghi " * 8 for _ in range(1200))]))
    assert len(figure.text) <= MOST_LETTERS
    assert figure.notes == ["text cut"]


CROOKED = {
    "no page": from_objects([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [] /Count 0 >>"]),
    "no catalogue": from_objects([b"<< >>"]),
    "a page that is its own father": from_objects(
        [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R] /Count 3 >>"]
    ),
    "a page that is not there": from_objects(
        [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [9 0 R] /Count 1 >>"]
    ),
    "only the first line": b"%PDF-1.7\n",
    "something else": b"PK\x03\x04 not a document",
    "nothing": b"",
    "the first half": REPORT[: len(REPORT) // 3],
}


@pytest.mark.parametrize("crooked", CROOKED)
def test_mallory_sends_documents_without_pages(crooked: str) -> None:
    with pytest.raises(UnreadableFile) as told:
        seen(CROOKED[crooked])
    assert "report.pdf" in told.value.message


@pytest.fixture(scope="module")
def helper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The process in which the server draws, with its limits: ``helper(content)`` is its answer."""
    process = ReaderProcess(memory=3_000_000_000)
    path = tmp_path_factory.mktemp("pdf") / "0f"

    def ask(content: bytes) -> dict[str, Any]:
        path.write_bytes(content)
        asked = {"view": "pages", "part": "pages", "values": {}, "description": {"format": "pdf"}}
        return process.ask({"task": "view", "path": str(path), "name": "report.pdf", **asked}, seconds=20)

    yield ask
    process.stop()


def told(answer: dict[str, Any]) -> bool:
    """Whether it is a page, or a sentence that does not say where the file lies."""
    if "figure" in answer:
        return bool(answer["figure"]["png"])
    return "failed" not in answer and "report.pdf" in answer["error"]["message"] and "/0f" not in str(answer)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data(), packed=st.booleans())
def test_mallory_cuts_and_flips_and_the_server_has_a_page_or_a_sentence(helper: Any, data: Any, packed: bool) -> None:
    content = bytearray(pdf(["Énergie (PeV)\nsecond line", "next"], packed=packed))
    for place, value in data.draw(
        st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)), max_size=8)
    ):
        content[place] = value
    cut = data.draw(st.integers(0, len(content)) | st.just(len(content)))
    assert told(helper(bytes(content[:cut])))


def picture_of(columns: int, rows: int, packed: bytes) -> bytes:
    """A page that shows one picture, which says how large it is."""
    content = b"q 595 0 0 842 0 0 cm /P Do Q"
    told = b"/Width %d /Height %d /ColorSpace /DeviceGray /BitsPerComponent 8" % (columns, rows)
    return from_objects(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents 4 0 R "
            b"/Resources << /XObject << /P 5 0 R >> >> >>" % A4,
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
            b"<< /Type /XObject /Subtype /Image %s /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream"
            % (told, len(packed), packed),
        ]
    )


def test_a_picture_that_unpacks_without_end_costs_only_itself(helper: Any) -> None:
    packed = zlib.compress(bytes(20_000_000), 9)
    for columns, rows in ((2**31 - 1, 2**31 - 1), (12_000, 12_000)):
        answer = helper(picture_of(columns, rows, packed))
        assert "failed" in answer or told(answer)
    assert "figure" in helper(REPORT)


def test_an_archive_that_begins_with_a_document_stays_an_archive() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("report.pdf", REPORT)
    assert describe_source(BytesSource("all.zip", stream.getvalue())).format == "zip"
    assert describe_source(BytesSource("notes.txt", b"A file begins with %PDF-1.4 here.\n")).format != "pdf"
    late = describe_source(BytesSource("late.pdf", b"\r\n\r\n" + REPORT))
    assert (late.format, late.headers["version"]) == ("pdf", "1.4")


def test_letters_that_no_database_keeps_are_marked_in_what_is_described() -> None:
    found = Description(headers={"a\x00b": "c\x00d", "e": b"f\x00"}).to_json()
    assert found["headers"] == {"a\ufffdb": "c\ufffdd", "e": "f\ufffd"}
