"""Every reader of the registry keeps the contract: words in both languages, a page, a sample, light imports."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from samples import SAMPLES

from dop2i.core.formats import (
    FORMATS,
    STRUCTURE_ONLY,
    BytesSource,
    Description,
    LocalSource,
    describe_source,
    recognise,
)
from dop2i.core.formats.base import HEAD_BYTES, FormatReader
from dop2i.core.views import draw, entered, views_of

PAGES = Path(__file__).parents[3] / "docs" / "formats"
MADE = [pytest.param(name, maker, id=f"{name}-{maker.__name__}") for name in FORMATS for maker in SAMPLES.get(name, [])]


@pytest.mark.parametrize("name", list(FORMATS))
def test_a_reader_says_what_it_reads_in_both_languages(name):
    reader = FORMATS[name]
    assert set(reader.label) == {"en", "fr"}
    assert all(reader.label.values())
    assert reader.media_types
    assert all(re.fullmatch(r"[a-z]+/[\w.+;=-]+", media_type) for media_type in reader.media_types)
    assert all(suffix.startswith(".") for suffix in reader.suffixes)


@pytest.mark.parametrize("name", list(FORMATS))
def test_a_reader_has_a_page(name):
    page = PAGES / f"{name}.md"
    assert page.is_file(), f"write docs/formats/{name}.md: what is read, what is proposed, the limits"
    assert page.read_text(encoding="utf-8").startswith("# ")


@pytest.mark.parametrize("name", list(FORMATS))
def test_a_reader_has_a_sample(name):
    assert SAMPLES.get(name), f"add a sample of {name} to tests/core/formats/samples*.py"


@pytest.mark.parametrize(("name", "maker"), MADE)
def test_alice_gives_a_sample_and_its_reader_recognises_and_describes_it(name, maker, tmp_path):
    source = LocalSource(maker(tmp_path))
    reader = recognise(source.name, source.read_range(0, HEAD_BYTES))
    assert reader is FORMATS[name]
    description = describe_source(source)
    assert not description.error
    assert description.format == name
    assert description.label
    assert description.summary
    assert description.size == source.size
    document = description.to_json()
    assert Description.from_json(json.loads(json.dumps(document, allow_nan=False))).to_json() == document


@pytest.mark.parametrize(("name", "maker"), MADE)
def test_chloe_sees_a_sample_within_an_archive_as_outside_of_it(name, maker, tmp_path):
    path, archive = maker(tmp_path), tmp_path / "archive.of-it.zip"
    with zipfile.ZipFile(archive, "w") as packing:
        packing.write(path, path.name)
    outside = LocalSource(path)
    document = describe_source(outside).to_json()
    with entered(LocalSource(archive), path.name) as member:
        assert describe_source(member).to_json() == document
        for view, parts in list(views_of(document).items())[:1]:
            asked = {"view": view, "part": parts[0].name, "values": {}, "description": document}
            assert draw(member, **asked).to_json() == draw(outside, **asked).to_json()


@pytest.mark.parametrize(("name", "maker"), MADE)
def test_each_proposal_names_its_file_and_a_path_of_the_record(name, maker, tmp_path):
    source = LocalSource(maker(tmp_path), name="run7/given.name")
    description = FORMATS[name].describe(source)
    for proposal in description.proposals:
        assert proposal.evidence.file == "run7/given.name"
        assert proposal.path.startswith(("metadata.", "custom_fields.dop2i:"))
        assert 0 < proposal.confidence <= 1


@pytest.mark.parametrize(("name", "maker"), MADE)
def test_a_file_in_memory_is_described_like_the_same_file_on_disk(name, maker, tmp_path):
    path = maker(tmp_path)
    on_disk = describe_source(LocalSource(path)).to_json()
    in_memory = describe_source(BytesSource(path.name, path.read_bytes())).to_json()
    assert in_memory == on_disk


@pytest.mark.parametrize(("name", "maker"), MADE)
def test_structure_alone_is_described_without_reading_values(name, maker, tmp_path):
    description = describe_source(LocalSource(maker(tmp_path)), limits=STRUCTURE_ONLY)
    assert description.format == name
    json.dumps(description.to_json(), allow_nan=False)


@pytest.mark.parametrize(("name", "maker"), MADE)
def test_chloe_sees_rows_of_each_table(name, maker, tmp_path):
    source = LocalSource(maker(tmp_path))
    reader = FORMATS[name]
    if type(reader).preview is FormatReader.preview:
        pytest.skip(f"{name} files have no rows to show")
    for table in describe_source(source).tables:
        if not table.rows or table.kind == "series":
            continue
        shown = reader.preview(source, table=table.name, start=1, stop=4)
        assert len(shown["rows"]) == min(3, max(shown["total"] - 1, 0))
        assert all(len(row) == len(shown["columns"]) for row in shown["rows"])
        json.dumps(shown, allow_nan=False)


def test_listing_the_formats_imports_no_heavy_library():
    code = (
        "import sys, dop2i.core.formats as f; names = list(f.FORMATS);"
        "heavy = {'numpy','uproot','awkward','h5py','astropy','pyarrow','netCDF4','pydicom','pylhe','pyhepmc','pypdf',"
        "'pypdfium2','PIL','lxml'} & set(sys.modules); print(sorted(heavy)); assert names and not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=60)
