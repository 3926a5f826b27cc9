"""Positions, addresses, telephone numbers, small cells, archives: found where they tell, silent in physics files."""

from __future__ import annotations

import io
import random
import struct
import tarfile
import warnings
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from dop2i.core.ethics import is_health_data, open_findings, scan_file, scan_stream
from dop2i.core.ethics.findings import Finding, first_of, mask, mask_address, mask_number


def found(name: str, data: bytes, **more: Any) -> list[Finding]:
    return open_findings(name, scan_stream(name, io.BytesIO(data), **more))


def kinds(name: str, data: bytes, **more: Any) -> list[str]:
    return [one.kind for one in found(name, data, **more)]


def picture(kind: str, *, gps: bool = True, xmp: bytes = b"") -> bytes:
    exif = Image.Exif()
    exif[0x010E] = "a detector"
    if gps:
        exif.get_ifd(0x8825).update({1: "N", 2: (45.0, 45.0, 21.5), 3: "E", 4: (4.0, 50.0, 1.0)})
        if kind == "TIFF":
            exif[0x8825] = 0  # Pillow writes the part of a TIFF whose tag is there
    held = io.BytesIO()
    more: dict[str, Any] = {"xmp": xmp} if xmp and kind in ("JPEG", "WEBP") else {}
    if kind == "PNG" and xmp:
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", xmp.decode(), zip=True)
        more["pnginfo"] = info
    Image.new("RGB", (8, 8), "red").save(held, kind, exif=exif, **more)
    return held.getvalue()


XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description exif:GPSLatitude="45,45.3N"/></x:xmpmeta>'


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_a_picture_with_a_position_is_found_and_its_place_is_not_told(kind: str) -> None:
    [one] = found(f"a.{kind.lower()}", picture(kind))
    assert (one.kind, one.blocks) == ("position", True)
    assert "21" not in one.excerpt
    assert found(f"a.{kind.lower()}", picture(kind, gps=False)) == []


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_position_in_xmp_is_found(kind: str) -> None:
    assert kinds("a", picture(kind, gps=False, xmp=XMP)) == ["position"]


def test_a_position_after_the_image_of_a_png_is_found() -> None:
    data = picture("PNG", gps=False)
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (45.0, 45.0, 21.5), 3: "E", 4: (4.0, 50.0, 1.0)})
    body = exif.tobytes().removeprefix(b"Exif\0\0")
    chunk = struct.pack(">I", len(body)) + b"eXIf" + body + struct.pack(">I", zlib.crc32(b"eXIf" + body))
    end = data.rindex(b"IEND") - 4
    assert kinds("a.png", data[:end] + chunk + data[end:]) == ["position"]


def huge_picture(side: int) -> bytes:
    """A valid black and white PNG of so many pixels a side; Pillow would need a byte in memory for each."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    packer = zlib.compressobj(1)
    rows = bytes(side // 100 * (1 + side // 8))
    packed = b"".join([*(packer.compress(rows) for _ in range(100)), packer.flush()])
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def test_a_picture_that_claims_any_size_is_not_decoded() -> None:
    with Image.open(io.BytesIO(huge_picture(800))) as small:
        assert (small.size, small.getbbox()) == ((800, 800), None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert found("huge.png", huge_picture(60_000)) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("people.csv", "name,mail\nJane,jane@uni-x.de\n"),
        ("people.tsv", "id\te-mail\tage\n1\tjane@uni-x.de\t34\n"),
        ("answers.txt", "a.b@uni-x.de said yes\nc.d@uni-y.fr said no\ne.f@lab.org did not come\n"),
        ("utf16.csv", "name;mail\nJane;jane@uni-x.de\n"),
    ],
)
def test_addresses_of_people_are_found(name: str, text: str) -> None:
    data = text.encode("utf-16" if name.startswith("utf16") else "utf-8")
    [one, *_] = found(name, data)
    assert (one.kind, one.blocks) == ("email", True)
    assert "jane" not in one.excerpt
    assert one.place.startswith("line ")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("README.md", "a@uni-x.de b@uni-x.de c@uni-x.de d@uni-x.de"),
        ("docs/AUTHORS", "a@uni-x.de\nb@uni-x.de\nc@uni-x.de\n"),
        ("CITATION.cff", "email: a@uni-x.de\nemail: b@uni-x.de\nemail: c@uni-x.de\n"),
        ("analysis.py", "a@uni-x.de b@uni-x.de c@uni-x.de"),
        ("hits.csv", "# contact: jane@uni-x.de\nt,x\n1,2\n"),
        ("notes.txt", "Contact jane@uni-x.de or jo@uni-x.de, author mia@uni-x.de"),
        ("log.txt", "sent by jane@uni-x.de\n"),
        ("authors.json", '{"@context": "https://schema.org", "author": ["a@b-x.de", "c@b-x.de", "d@b-x.de"]}'),
        ("urls.txt", "git@github.com https://user@host-x.org/ a@2x.png noreply@lab.fr me@example.org x@y.invalid"),
        ("decay.txt", "B0 -> K*0@892 mu+ mu-, phi@1020.461 and rho@770.x\n" * 5),
    ],
)
def test_addresses_of_authors_and_what_only_looks_like_one_are_not(name: str, text: str) -> None:
    assert kinds(name, text.encode()) == []


@pytest.mark.parametrize(
    "text",
    [
        "name,phone\nJane,+33612345678\n",
        "Telephone\n+33612345678\n06 12 34 56 78\n",
        "call Jane, tel. 06 12 34 56 78, after noon\n",
        "a 06 12 34 56 78 x\nb 01.23.45.67.89 y\nc +44 20 7946 0958 z\n",
        "Jane (212) 555-0123 home\nMia (212) 555-0188 home\nJo (212) 555-0199 home\n",
    ],
)
def test_telephone_numbers_are_found(text: str) -> None:
    one = found("people.txt", text.encode())[0]
    assert one.kind == "telephone"
    assert sum(character.isdigit() for character in one.excerpt) <= 2


@pytest.mark.parametrize(
    "text",
    [
        "ra,dec\n05 34 31.94,+22 00 52.2\n" * 20,
        "NGC 224 00 42 44.33 +41 16 07.5 0.77 10.5\n" * 20,
        "+1234567890 -1234567890 +33612345678\n" * 20,
        "M31 +33612345678 +41223456789 +49301234567\n" * 20,
        "event at 04 12 33 45 10 ff 06 12 34 56 78\n" * 20,
        "2026-11-22 18:43:01.123456789 run 0123456789 ok\n" * 20,
        "1.0E+05 +2.5e+10 3.14159265358979\n" * 20,
        "10.1234/zenodo.0123456789 doi 978-0-306-40615-7\n" * 20,
        "run 362760: 1,234 events, 12-345-6789 triggers\n" * 20,
    ],
)
def test_rows_of_figures_are_no_telephone_numbers(text: str) -> None:
    assert kinds("hits.txt", text.encode()) == []


@given(st.lists(st.lists(st.floats(allow_nan=False) | st.integers(), min_size=1, max_size=8), max_size=30))
def test_no_table_of_numbers_is_ever_personal(rows: list[list[float]]) -> None:
    for mark in (" ", ",", "\t", ";"):
        text = "\n".join(mark.join(f"{value:+}" for value in row) for row in rows)
        assert kinds("numbers.txt", text.encode()) == []


@given(st.binary(max_size=2000), st.sampled_from(["a.csv", "a.txt", "a.jpg", "a.zip", "a.json", "a"]))
def test_no_bytes_make_the_scan_fail(data: bytes, name: str) -> None:
    for head in (
        b"",
        b"PK\x03\x04",
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"II*\0",
        b"\x1f\x8b",
        b"\xff\xfe",
        b"PAR1",
    ):
        scan_stream(name, io.BytesIO(head + data), smallest_cell=5)


def test_small_counts_and_rare_combinations_are_found_in_health_data() -> None:
    counts = b"district,cases\nNorth,120\nSouth,3\nEast,0\n"
    assert kinds("t.csv", counts) == []
    [one] = found("t.csv", counts, smallest_cell=5)
    assert (one.kind, one.place) == ("small-cells", "line 3, cases")
    rows = "".join(f"{40 + n % 2};F;{n}\n" for n in range(20))
    assert kinds("p.csv", f"age;sex;value\n{rows}".encode(), smallest_cell=5) == []
    [rare] = found("p.csv", f"age;sex;value\n{rows}91;M;2\n".encode(), smallest_cell=5)
    assert (rare.place, rare.count, rare.note) == ("age, sex", 1, "combinations")


def test_small_cells_of_a_parquet_file_are_found(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"place": ["a", "b"], "n_patients": [100, 2]}), tmp_path / "t.parquet")
    assert [one.kind for one in scan_file(tmp_path / "t.parquet", smallest_cell=5)] == ["small-cells"]


def test_what_is_inside_archives_is_found() -> None:
    people, gps = b"name,mail\nJane,jane@uni-x.de\n", picture("JPEG")
    zipped, tarred = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("in/people.csv", people)
        archive.writestr("in/a.jpg", gps)
        archive.writestr("README", "jane@uni-x.de a@b-x.de c@b-x.de")
    with tarfile.open(fileobj=tarred, mode="w:gz") as archive:
        member = tarfile.TarInfo("in/people.csv")
        member.size = len(people)
        archive.addfile(member, io.BytesIO(people))
    assert [(one.kind, one.place) for one in found("a.zip", zipped.getvalue())] == [
        ("email", "in/people.csv: line 2, column 6"),
        ("position", "in/a.jpg: EXIF GPS"),
    ]
    assert [one.place for one in found("a.tar.gz", tarred.getvalue())] == ["in/people.csv: line 2, column 6"]


def test_an_archive_that_lies_or_breaks_is_told_and_does_not_block() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("a.csv", b"x,y\n1,2\n" * 100)
    [one] = found("a.zip", held.getvalue()[:-30])
    assert (one.kind, one.blocks) == ("unreadable", False)


def test_an_excerpt_never_shows_what_it_masks() -> None:
    assert mask("Doe^Jane") == "D••^••••"
    assert mask("F") == "•"
    assert mask_address("jane.doe@uni-lyon.fr") == "j•••@u•••.fr"
    assert mask_number("+33 6 12 34 56 78") == "+33 • •• •• •• ••"


@given(st.text(min_size=4, max_size=80))
def test_a_mask_shows_at_most_the_first_character(text: str) -> None:
    shown = [character for character in mask(text) if character not in "•…@.^ -/:+"]
    assert len(shown) <= 1


def test_a_file_with_thousands_of_findings_keeps_the_first() -> None:
    kept = first_of(Finding("email", f"line {n}") for n in range(1000))
    assert len(kept) == 201
    assert kept[-1].count == 800
    assert kept[-1].blocks


def test_a_record_declares_health_data_in_its_custom_fields() -> None:
    assert is_health_data({"custom_fields": {"dop2i:sensitivity": ["health"]}})
    assert not is_health_data({"custom_fields": {"dop2i:sensitivity": ["species"]}})
    assert not is_health_data({})


def test_real_physics_files_are_silent(shared_data: Path) -> None:
    """Two thousand real files of the field: only the DICOM ones hold anything that stops."""
    paths = [path for path in sorted((shared_data / "formats").rglob("*")) if path.is_file()]
    chosen = random.Random(1).sample(paths, min(150, len(paths)))
    loud = {}
    for path in chosen:
        stops = [one for one in open_findings(path.name, scan_file(path)) if one.blocks]
        if stops and path.suffix != ".dcm":
            loud[str(path)] = stops
    assert loud == {}
