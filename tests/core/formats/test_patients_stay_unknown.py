"""Alice deposits DICOM images; no name, number, date or address of a patient ever leaves the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import samples_text

from dop2i.core.formats import LocalSource, describe_source

SECRETS = ("Dupont", "Josephine", "4711", "1958", "Verte", "Lebrun", "Clinique", "thorax")


@pytest.mark.parametrize("preamble", [True, False])
def test_nothing_of_the_patient_is_in_the_description(tmp_path: Path, preamble: bool) -> None:
    found = describe_source(LocalSource(samples_text.make_dicom(tmp_path, preamble=preamble)))
    assert found.format == "dicom"
    assert not found.error
    assert found.headers["Modality"] == "CT"
    assert found.tables[0].shape == (4, 4)
    written = json.dumps(found.to_json())
    assert [secret for secret in SECRETS if secret.lower() in written.lower()] == []


def test_alice_is_warned_that_the_file_names_somebody(tmp_path: Path) -> None:
    found = describe_source(LocalSource(samples_text.make_dicom(tmp_path)))
    assert "identity" in found.warnings[0]


def test_real_files_keep_their_patients_too(shared_data: Path) -> None:
    import pydicom

    for path in sorted((shared_data / "formats" / "dicom").glob("*.dcm")):
        found = describe_source(LocalSource(path))
        assert not found.error, path.name
        written = json.dumps(found.to_json()).lower()
        dataset = pydicom.dcmread(path, force=True, stop_before_pixels=True)
        for keyword in ("PatientName", "PatientID", "PatientBirthDate", "ReferringPhysicianName",
                        "StudyInstanceUID", "StudyDate", "StationName", "OperatorsName"):  # fmt: skip
            value = str(getattr(dataset, keyword, "")).strip().lower()
            assert len(value) < 4 or value not in written, (path.name, keyword)


def test_a_photograph_does_not_tell_where_it_was_taken(tmp_path: Path) -> None:
    found = describe_source(LocalSource(samples_text.make_image(tmp_path)))
    written = json.dumps(found.to_json())
    assert found.headers["maker"] == "Camera works"
    assert "48.0" not in written
    assert "Durand" not in written
    assert "position" in found.warnings[0]
