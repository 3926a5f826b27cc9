"""Mallory sends bombs, lies and nonsense: a described error, in bounded time and memory."""

from __future__ import annotations

import contextlib
import gzip
import io
import struct
import tarfile
import time
import zipfile
from pathlib import Path

import pytest
import samples_text
from hypothesis import given, settings
from hypothesis import strategies as st

from dop2i.core.formats import FORMATS, BytesSource, LocalSource, describe_source, recognise
from dop2i.core.formats.base import Description
from dop2i.errors import UnreadableFile


def quickly(name: str, data: bytes, *, seconds: float = 10.0) -> Description:
    started = time.monotonic()
    found = describe_source(BytesSource(name, data))
    assert time.monotonic() - started < seconds
    assert "Traceback" not in found.error
    return found


@pytest.mark.parametrize("text", ["[" * 200_000, '{"a":' * 200_000, "[" * 5000 + "]" * 5000])
def test_deeply_nested_json(text: str) -> None:
    assert "deep" in quickly("deep.json", text.encode()).error


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "{a: " * 50_000, "- " * 100_000, "\n".join(" " * n + "a:" for n in range(1500))]
)
def test_deeply_nested_yaml_does_not_end_the_process(text: str) -> None:
    assert quickly("deep.yaml", text.encode()).error


def test_yaml_whose_aliases_multiply() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert "aliases" in quickly("laughs.yaml", "\n".join(lines).encode()).error


def test_yaml_whose_merges_multiply() -> None:
    lines = ["a0: &a0 {k0: 1, k1: 2, k2: 3}"]
    lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 12)]
    assert "merge" in quickly("merge.yaml", "\n".join(lines).encode()).error


def test_yaml_that_would_run_code() -> None:
    assert quickly("evil.yaml", b"a: !!python/object/apply:os.system ['true']\n").error


def test_xml_that_laughs_a_billion_times() -> None:
    entities = "".join(
        f'<!ENTITY l{n} "{"&l" + str(n - 1) + ";" if n else "ha"}{("&l" + str(n - 1) + ";") * 9 if n else ""}">'
        for n in range(10)
    )
    text = f'<?xml version="1.0"?><!DOCTYPE a [{entities}]><a>&l9;</a>'
    found = quickly("laughs.xml", text.encode())
    assert len(found.text) < 1000


def test_xml_that_asks_for_a_file_of_the_machine(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret of the machine")
    text = f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file://{secret}">]><a>&x;</a>'
    for name in ("steal.xml", "steal.voevent"):
        assert "secret of the machine" not in str(quickly(name, text.encode()).to_json())


def test_deeply_nested_xml() -> None:
    assert quickly("deep.xml", b"<?xml version='1.0'?>" + b"<a>" * 100_000).error


def test_a_gzip_bomb() -> None:
    bomb = gzip.compress(bytes(300 << 20), compresslevel=1)
    found = quickly("bomb.csv.gz", bomb, seconds=20)
    assert found.format == "gzip"


def test_a_zip_bomb_is_listed_with_a_warning() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(150 << 20))
    assert "bomb" in quickly("bomb.zip", packed.getvalue()).warnings[0]


def test_archives_whose_names_leave_the_folder() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../../etc/passwd", "x")
    assert "lead out" in quickly("a.zip", packed.getvalue()).warnings[0]
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive_tar:
        archive_tar.addfile(tarfile.TarInfo("/etc/passwd"))
    assert "lead out" in quickly("a.tar", packed.getvalue()).warnings[0]


def test_an_array_that_announces_more_than_it_has() -> None:
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }\n"
    found = quickly("lie.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(80))
    assert "announces 8,000,000,000,000 bytes" in found.error


def test_an_array_whose_header_is_code() -> None:
    header = b"__import__('os').system('true')\n"
    assert "header" in quickly("evil.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header).error


def test_an_image_that_announces_a_square_kilometre() -> None:
    import zlib

    chunk = b"IHDR" + struct.pack(">IIBBBBB", 2_000_000_000, 2_000_000_000, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    data += struct.pack(">I", 4) + b"IDAT" + bytes(8)
    assert "pixels" in quickly("huge.png", data).error


@pytest.mark.parametrize(
    "name", ["a.csv", "a.json", "a.yaml", "a.xml", "a.txt", "README.md", "LICENSE", "CITATION.cff"]
)
@pytest.mark.parametrize(
    "data",
    [b"", b"\x00" * 1000, b"\xff\xfe", b"\xff" * 5000, b"a" * 10_000_000, bytes(range(256)) * 40, b"\xef\xbb\xbf"],
    ids=["empty", "zeros", "mark alone", "ones", "one line of 10 MB", "every byte", "utf-8 mark"],
)
def test_nonsense_under_any_name(name: str, data: bytes) -> None:
    quickly(name, data)


@pytest.mark.parametrize("claimed", ["x.csv", "x.json", "x.yaml", "x.txt", "x.png", "x.pdf", "x.zip", "README.md"])
def test_a_lying_suffix_does_not_win_over_the_content(claimed: str, tmp_path: Path) -> None:
    data = samples_text.SAMPLES["numpy"](tmp_path).read_bytes()
    assert recognise(claimed, data[:8192]) is FORMATS["numpy"]


@pytest.mark.parametrize("name", sorted(samples_text.SAMPLES))
def test_each_sample_is_known_by_its_own_reader(name: str, tmp_path: Path) -> None:
    path = samples_text.SAMPLES[name](tmp_path)
    found = describe_source(LocalSource(path))
    assert (found.format, found.error) == (name, "")
    assert Description.from_json(found.to_json()).to_json() == found.to_json()


@pytest.mark.parametrize("name", sorted(samples_text.SAMPLES))
def test_each_sample_cut_anywhere_gives_a_sentence(name: str, tmp_path: Path) -> None:
    path = samples_text.SAMPLES[name](tmp_path)
    data = path.read_bytes()
    for part in range(20):
        with contextlib.suppress(UnreadableFile):
            FORMATS[name].describe(BytesSource(path.name, data[: len(data) * part // 20]))


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(samples_text.SAMPLES)),
    st.one_of(st.binary(max_size=400), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))),
)
def test_any_bytes_give_a_description_or_a_sentence(name: str, data: bytes) -> None:
    with contextlib.suppress(UnreadableFile):
        FORMATS[name].describe(BytesSource("file", data))
