"""Archives packed anew without the patients in them; addresses and telephones in descriptions."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.data import get_testdata_file

from dop2i.core.ethics import scan_file
from dop2i.core.ethics.deidentify import deidentify_file
from dop2i.core.ethics.metadata import scan_metadata
from dop2i.errors import UnreadableFile

SECRET = b"a secret of these tests"


def patient() -> bytes:
    return Path(str(get_testdata_file("CT_small.dcm"))).read_bytes()


def tarred(members: dict[str, bytes], mode: Any) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode) as archive:
        folder = tarfile.TarInfo("series")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, data in members.items():
            facts = tarfile.TarInfo(name)
            facts.size, facts.mtime = len(data), 1_700_000_000
            archive.addfile(facts, io.BytesIO(data))
    return made.getvalue()


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_tar_of_a_series_keeps_all_but_its_patient(mode: str, tmp_path: Path) -> None:
    members = {"series/1.dcm": patient(), "series/2": patient(), "read me.txt": b"two slices\n" * 100}
    source, target = tmp_path / "series.tar", tmp_path / "clean.tar"
    source.write_bytes(tarred(members, mode))
    changes = deidentify_file(source, target, secret=SECRET)
    assert {change.place: change.count for change in changes}["(0010,0010) Patient's Name"] == 2
    assert scan_file(target) == []
    assert target.read_bytes()[:3] == source.read_bytes()[:3] or mode == "w"
    with tarfile.open(target) as archive:
        assert archive.getnames() == ["series", *members]
        assert archive.getmember("series/1.dcm").mtime == 1_700_000_000
        kept = archive.extractfile("read me.txt")
        assert kept is not None
        assert kept.read() == members["read me.txt"]


@pytest.mark.parametrize("packer", [gzip, bz2, lzma])
def test_a_compressed_scan_is_compressed_again(packer: Any, tmp_path: Path) -> None:
    source, target = tmp_path / "scan.dcm.packed", tmp_path / "clean"
    source.write_bytes(packer.compress(patient()))
    assert deidentify_file(source, target, secret=SECRET)
    assert scan_file(target) == []
    assert b"CompressedSamples" not in packer.decompress(target.read_bytes())


def test_a_member_under_a_password_leaves_no_copy(tmp_path: Path) -> None:
    source, target = tmp_path / "a.zip", tmp_path / "clean.zip"
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr("1.dcm", patient())
    data = bytearray(source.read_bytes())
    data[6] |= 1
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    source.write_bytes(bytes(data))
    with pytest.raises(UnreadableFile, match=r"1\.dcm in a\.zip is under a password"):
        deidentify_file(source, target, secret=SECRET)
    assert not target.exists()


@given(cut=st.integers(min_value=4, max_value=3000))
def test_a_cut_archive_is_an_error_of_ours(cut: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("cut")
    source, target = folder / "a.zip", folder / "clean"
    with zipfile.ZipFile(source, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("1.dcm", patient())
    source.write_bytes(source.read_bytes()[:cut])
    with pytest.raises(UnreadableFile):
        deidentify_file(source, target, secret=SECRET)
    assert not target.exists()


def found(text: str) -> list[str]:
    document = {"metadata": {"title": "Doses", "description": text}}
    return [finding.kind for _path, _text, findings in scan_metadata(document) for finding in findings]


def test_descriptions_are_read_as_the_lines_that_a_browser_shows() -> None:
    people = ["jo@uni-x.de", "li@uni-y.fr", "al@uni-z.it"]
    assert found("<p>Contact: the authors</p>" + "".join(f"<p>{who}</p>" for who in people)) == ["email"] * 3
    assert found("".join(f'<a href="mailto:{who}">write</a><br>' for who in people)) == ["email"] * 3
    assert found("<p>Patients answer at: tel. 06 12 34 56 78</p>") == ["telephone"]
    assert found("<p>Contact: jo@uni-x.de, tel. 06 12 34 56 78</p>") == []
    assert found("<p>Energies from 0.5 to 13.6 TeV, runs 100234 to 100999, arXiv:2401.01234</p>") == []


NAMES = ("metadata", "title", "description", "additional_titles", "additional_descriptions")
ANYTHING = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(NAMES), inner),
)


@given(st.dictionaries(st.sampled_from(NAMES), ANYTHING))
def test_no_document_breaks_the_look(document: dict[str, Any]) -> None:
    assert isinstance(list(scan_metadata(document)), list)
