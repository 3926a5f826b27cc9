"""DICOM: what the Basic Confidentiality Profile takes out, found and taken out of pydicom's own test files."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileMetaDataset

from dop2i.core.ethics import scan_file, scan_stream
from dop2i.core.ethics.deidentify import METHOD, deidentify, deidentify_file, new_uid
from dop2i.core.ethics.dicom import scan_dicom
from dop2i.core.ethics.dicom_profile import BASIC_PROFILE, action_of
from dop2i.errors import UnreadableFile

WHOLE = [
    "CT_small.dcm", "MR_small.dcm", "MR_small_RLE.dcm", "MR_small_bigendian.dcm", "MR_small_implicit.dcm",
    "JPEG2000.dcm", "examples_overlay.dcm", "liver_1frame.dcm", "reportsi.dcm", "test-SR.dcm", "rtplan.dcm",
    "rtstruct.dcm", "rtdose.dcm", "waveform_ecg.dcm", "examples_rgb_color.dcm", "ExplVR_LitEndNoMeta.dcm",
]  # fmt: skip


def path_of(name: str) -> Path:
    return Path(str(get_testdata_file(name)))


def read(path: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydicom.dcmread(path, force=True)


@pytest.mark.outside
def test_the_table_is_the_one_that_another_program_has() -> None:
    fields = pytest.importorskip("dicomanonymizer.dicom_anonymization_databases.dicomfields_2026c")
    actions = {
        "D": fields.D_TAGS, "Z": fields.Z_TAGS, "X": fields.X_TAGS, "U": fields.U_TAGS, "Z/D": fields.Z_D_TAGS,
        "X/Z": fields.X_Z_TAGS, "X/D": fields.X_D_TAGS, "X/Z/D": fields.X_Z_D_TAGS, "X/Z/U*": fields.X_Z_U_STAR_TAGS,
    }  # fmt: skip
    theirs = {tag[0] << 16 | tag[1]: action for action, tags in actions.items() for tag in tags if len(tag) == 2}
    assert theirs == BASIC_PROFILE
    repeating = [tag for tags in actions.values() for tag in tags if len(tag) == 4]
    assert {action_of(group << 16 | element) for group, element, _, _ in repeating} == {"X"}


def test_private_attributes_curves_and_overlays_are_removed_whatever_their_group() -> None:
    for tag in (0x00091001, 0x60023000, 0x60FE4000, 0x50120005):
        assert action_of(tag) == "X"
    assert action_of(0x00080060) == "K"


@pytest.mark.parametrize("name", WHOLE)
def test_a_copy_holds_nothing_that_the_profile_removes_and_the_same_pixels(name: str, tmp_path: Path) -> None:
    source, target = path_of(name), tmp_path / "clean.dcm"
    assert any(one.blocks for one in scan_file(source))
    changes = deidentify_file(source, target, secret=b"one")
    assert [one for one in scan_file(target) if one.blocks] == []
    before, after = read(source), read(target)
    assert after.get("PixelData") == before.get("PixelData")
    assert after.PatientIdentityRemoved == "YES"
    assert after.DeidentificationMethod == METHOD[:64]
    assert after.DeidentificationMethodCodeSequence[0].CodeValue == "113100"
    assert after.SOPClassUID == before.SOPClassUID
    assert {change.action for change in changes} <= {"removed", "emptied", "replaced"}
    name_of_patient = str(before.get("PatientName") or "")
    if name_of_patient == "Anonymous":
        return
    assert not name_of_patient or name_of_patient.encode() not in target.read_bytes()
    assert not name_of_patient or name_of_patient not in str(changes)


@pytest.mark.outside
@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small.dcm", "rtplan.dcm", "liver_1frame.dcm"])
def test_what_another_program_de_identified_keeps_what_ours_removes(name: str, tmp_path: Path) -> None:
    """It replaces by the same table: what it would delete is not in our copy either."""
    fields = pytest.importorskip("dicomanonymizer.dicom_anonymization_databases.dicomfields_2026c")
    deidentify_file(path_of(name), tmp_path / "clean.dcm", secret=b"one")
    removed = {tag[0] << 16 | tag[1] for tag in fields.X_TAGS if len(tag) == 2}
    assert [element.tag for element in read(tmp_path / "clean.dcm").iterall() if int(element.tag) in removed] == []


def test_identifiers_stay_the_same_throughout_a_set_and_cannot_be_guessed(tmp_path: Path) -> None:
    for number, secret in enumerate((b"one", b"one", b"two")):
        deidentify_file(path_of("CT_small.dcm"), tmp_path / f"{number}.dcm", secret=secret)
    first, again, other = (read(tmp_path / f"{number}.dcm") for number in range(3))
    assert first.SOPInstanceUID == first.file_meta.MediaStorageSOPInstanceUID
    assert (first.SOPInstanceUID, first.PatientID) == (again.SOPInstanceUID, again.PatientID)
    assert first.StudyInstanceUID != other.StudyInstanceUID
    assert first.PatientID != other.PatientID
    assert first.SOPInstanceUID.startswith("2.25.")
    assert len(first.SOPInstanceUID) <= 64


@given(st.binary(min_size=1), st.text(alphabet="0123456789.", min_size=1, max_size=64))
def test_a_new_identifier_is_a_valid_one(secret: bytes, old: str) -> None:
    made = pydicom.uid.UID(new_uid(old, secret=secret))
    assert made.is_valid
    assert made == new_uid(old, secret=secret)


def made_file(**facts: Any) -> bytes:
    """A small file of our own with these attributes."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = pydicom.uid.CTImageStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = "1.2.3.4"
    dataset.Modality = "CT"
    for keyword, value in facts.items():
        setattr(dataset, keyword, value)
    held = io.BytesIO()
    dataset.save_as(held, enforce_file_format=True)
    return held.getvalue()


DECLARED = {"PatientIdentityRemoved": "YES", "DeidentificationMethod": "by hand"}


def test_a_file_that_was_de_identified_elsewhere_passes() -> None:
    data = made_file(PatientName="Anonymous", PatientID="S-01", StudyDate="", ContentDate="19000101", **DECLARED)
    assert scan_dicom(io.BytesIO(data)) == []


def test_saying_so_does_not_hide_what_should_have_been_removed() -> None:
    data = made_file(PatientName="Anonymous", PatientID="S-01", PatientAddress="3 rue du Lac", **DECLARED)
    [found] = scan_dicom(io.BytesIO(data))
    assert found.place == "(0010,1040) Patient's Address"
    assert found.blocks
    assert "Lac" not in found.excerpt


def test_saying_yes_without_a_method_is_not_enough() -> None:
    data = made_file(PatientName="Doe^Jane", PatientIdentityRemoved="YES")
    assert "(0010,0010) Patient's Name" in [one.place for one in scan_dicom(io.BytesIO(data))]


def test_an_option_that_the_file_names_retains_what_it_retains() -> None:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "113108", "DCM", "Retain Patient Characteristics"
    data = made_file(PatientAge="034Y", PatientAddress="3 rue", DeidentificationMethodCodeSequence=[code], **DECLARED)
    assert [one.place for one in scan_dicom(io.BytesIO(data))] == ["(0010,1040) Patient's Address"]


def test_a_name_in_a_nested_sequence_is_found_and_replaced() -> None:
    item, inner = Dataset(), Dataset()
    inner.PersonName = "Doe^Jane"
    inner.ValueType = "PNAME"
    inner.TextValue = "Jane Doe, born in Lyon"
    item.ContentSequence = [inner]
    data = made_file(ContentSequence=[item])
    assert any(one.place.endswith("(0040,A123) Person Name") for one in scan_dicom(io.BytesIO(data)))
    dataset = pydicom.dcmread(io.BytesIO(data))
    deidentify(dataset, secret=b"one")
    assert "Jane" not in str(dataset)
    assert "Lyon" not in str(dataset)


def test_burned_in_text_stops_and_no_copy_is_offered_for_it() -> None:
    found = scan_dicom(io.BytesIO(made_file(BurnedInAnnotation="YES", PatientName="x", **DECLARED)))
    assert [(one.kind, one.blocks) for one in found] == [("dicom-pixels", True)]


def test_an_ultrasound_that_says_nothing_of_burned_in_text_is_to_be_looked_at() -> None:
    data = made_file(Modality="US", Rows=8, Columns=8, **DECLARED)
    assert [(one.kind, one.blocks) for one in scan_dicom(io.BytesIO(data))] == [("dicom-pixels", False)]


def test_what_the_preamble_hides_is_gone_in_the_copy(tmp_path: Path) -> None:
    data = b"Jane Doe was here".ljust(128) + made_file(PatientName="Doe^Jane")[128:]
    (tmp_path / "a.dcm").write_bytes(data)
    deidentify_file(tmp_path / "a.dcm", tmp_path / "b.dcm", secret=b"one")
    assert b"Jane" not in (tmp_path / "b.dcm").read_bytes()


def test_a_file_that_claims_to_be_dicom_and_is_not_blocks(tmp_path: Path) -> None:
    for name, data in (("a.dcm", b"text"), ("b", bytes(128) + b"DICM" + b"\xff" * 40)):
        (tmp_path / name).write_bytes(data)
        [found] = scan_file(tmp_path / name)
        assert (found.kind, found.blocks) == ("unreadable", True)
        with pytest.raises(UnreadableFile):
            deidentify_file(tmp_path / name, tmp_path / "out.dcm", secret=b"one")
        assert not (tmp_path / "out.dcm").exists()


def test_no_file_of_pydicom_makes_the_scan_fail() -> None:
    folder = path_of("CT_small.dcm").parent
    paths = [path for path in folder.rglob("*") if path.is_file()]
    assert len(paths) > 80
    for path in paths:
        scan_file(path)


@given(st.binary(max_size=300), st.integers(min_value=0, max_value=4000))
def test_damaged_bytes_never_make_the_scan_fail(noise: bytes, at: int) -> None:
    data = bytearray(made_file(PatientName="Doe^Jane", PatientID="1"))
    at = at % len(data)
    data[at : at + len(noise)] = noise
    scan_stream("scan.dcm", io.BytesIO(bytes(data)))
    scan_stream("scan.dcm", io.BytesIO(bytes(data[:at])))
