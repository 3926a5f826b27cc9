"""DICOM: what was imaged and how, never who. Only tags on a short list of harmless ones are ever kept.

The list holds attributes that the Basic Application Level Confidentiality Profile (DICOM PS3.15, table E.1-1) does
not ask to remove; dates, names, identifiers, comments, institutions and private tags are not on it, so they can
enter neither headers nor proposals nor text. A warning says when the file itself seems to hold an identity.
"""

from __future__ import annotations

import struct
from typing import Any, ClassVar

from dop2i.core.formats import _dicom_planes as planes
from dop2i.core.formats import _metadata as md
from dop2i.core.formats._text import base_name
from dop2i.core.formats.base import Description, FormatReader, Plane, Source, Table, Window
from dop2i.errors import UnreadableFile

_ALLOWED = (
    "SOPClassUID", "Modality", "Manufacturer", "ManufacturerModelName", "ImageType", "PhotometricInterpretation",
    "SamplesPerPixel", "Rows", "Columns", "NumberOfFrames", "BitsAllocated", "BitsStored", "PixelRepresentation",
    "PixelSpacing", "SliceThickness", "SpacingBetweenSlices", "KVP", "ExposureTime", "XRayTubeCurrent", "Exposure",
    "FilterType", "ConvolutionKernel", "MagneticFieldStrength", "RepetitionTime", "EchoTime", "InversionTime",
    "FlipAngle", "EchoTrainLength", "ScanningSequence", "SequenceVariant", "MRAcquisitionType", "ImagingFrequency",
    "RescaleIntercept", "RescaleSlope", "RescaleType", "Units", "BodyPartExamined", "PatientPosition",
    "DoseUnits", "DoseType", "DoseSummationType", "DoseGridScaling", "Laterality", "LossyImageCompression",
)  # fmt: skip
_NEEDED = ("PatientIdentityRemoved", "BurnedInAnnotation", "PatientName", "PatientID", "PatientBirthDate")
_MAX_ELEMENT = 64 << 10
_EMPTY_NAMES = frozenset({"", "anonymous", "anonymized", "anonymised", "anon", "removed", "none", "unknown", "^"})
_MODALITIES = {
    "CT": "computed tomography", "MR": "magnetic resonance", "PT": "positron emission tomography",
    "NM": "nuclear medicine", "RTDOSE": "radiotherapy dose", "RTPLAN": "radiotherapy plan",
    "RTSTRUCT": "radiotherapy structures", "RTIMAGE": "radiotherapy image", "US": "ultrasound",
    "ECG": "electrocardiogram", "CR": "computed radiography", "DX": "digital radiography", "MG": "mammography",
    "XA": "angiography",
}  # fmt: skip
_IMPLICIT_GROUPS = (b"\x08\x00", b"\x02\x00")


class DicomReader(FormatReader):
    """DICOM files with or without preamble; a description reads no pixel."""

    name = "dicom"
    label: ClassVar = {"en": "DICOM", "fr": "DICOM"}
    media_types = ("application/dicom",)
    suffixes = (".dcm", ".dicom", ".ima")
    rank = 40

    def recognises(self, name: str, head: bytes) -> float:
        if head[128:132] == b"DICM":
            return 1.0
        named = base_name(name).endswith(self.suffixes)
        without_preamble = head[:2] in _IMPLICIT_GROUPS and len(head) > 8 and _plausible_element(head)
        if named:
            return 0.8 if without_preamble else 0.3
        return 0.6 if without_preamble else 0.0

    def describe(self, source: Source) -> Description:
        found = md.begin(self, source)
        dataset = _read(source)
        found.headers = _allowed_headers(dataset)
        modality = found.headers.get("Modality", "")
        kind = _MODALITIES.get(modality, modality or "unknown modality")
        found.theme = "medical"
        md.propose(found, "custom_fields.dop2i:theme", "medical", key="Modality", confidence=0.8)
        if modality in _MODALITIES:
            md.propose(found, "metadata.subjects", {"subject": kind}, key="Modality", confidence=0.7)
        maker = " ".join(
            found.headers[key] for key in ("Manufacturer", "ManufacturerModelName") if found.headers.get(key)
        )
        md.propose(found, "custom_fields.dop2i:instrument", maker, key="Manufacturer", confidence=0.6)
        shape = _shape(found.headers)
        if shape:
            found.tables = [Table(name="pixels", kind="image", rows=shape[0], shape=shape)]
        size = " × ".join(map(str, shape))
        found.summary = f"DICOM {kind}{f', {size} pixels' if shape else ''}"
        found.text = f"DICOM {modality} {kind} {maker}".strip()
        found.warnings = _privacy(dataset)
        return found

    def plane(self, source: Source, *, table: str, index: int, window: Window) -> Plane:
        """One frame, in physical values."""
        return planes.read_plane(source, index=index, window=window)


def _plausible_element(head: bytes) -> bool:
    """Whether the first element after a missing preamble has a known value representation or a small length."""
    if head[4:6].isalpha() and head[4:6].isupper():
        return head[4:6] in {b"UL", b"UI", b"CS", b"DA", b"TM", b"SH", b"LO", b"OB"}
    length: int = struct.unpack("<I", head[4:8])[0]
    return 0 < length < 1024 and length % 2 == 0


def _read(source: Source) -> Any:
    """The elements of the two lists, without pixels. Raises ``UnreadableFile`` for what is not DICOM."""
    import warnings

    import pydicom
    from pydicom.errors import InvalidDicomError

    try:
        with source.open() as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(
                stream,  # type: ignore[arg-type]
                force=True,
                stop_before_pixels=True,
                defer_size=_MAX_ELEMENT,
                specific_tags=[*_ALLOWED, *_NEEDED],
            )
    except InvalidDicomError:
        raise UnreadableFile(f"{source.name} is no DICOM file.", hint="Check the suffix of the file.") from None
    except RecursionError:
        raise UnreadableFile(f"{source.name} nests its sequences too deep.", hint="Fetch the file again.") from None
    except Exception as error:
        reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise UnreadableFile(
            f"{source.name} is a damaged DICOM file ({reason}).", hint="Fetch the file again."
        ) from None
    if "Modality" not in dataset and "SOPClassUID" not in dataset:
        raise UnreadableFile(
            f"{source.name} is no DICOM file, or it is cut: it has neither modality nor class.",
            hint="Fetch the file again.",
        )
    return dataset


def _allowed_headers(dataset: Any) -> dict[str, Any]:
    import warnings

    headers: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for keyword in _ALLOWED:
            try:
                value = getattr(dataset, keyword, None)
                text = _simple(value.name if keyword == "SOPClassUID" and value is not None else value)
            except Exception:
                text = None
            if text not in (None, "", []):
                headers[keyword] = text
    return headers


def _simple(value: Any) -> Any:
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, float):
        return float(value)
    if isinstance(value, str):
        return str(value).replace("\x00", "").strip()[:120]
    if hasattr(value, "__iter__"):
        return [_simple(item) for item in list(value)[:16]]
    return None


def _shape(headers: dict[str, Any]) -> tuple[int, ...]:
    lengths = [headers.get(key) for key in ("NumberOfFrames", "Rows", "Columns")]
    try:
        return tuple(int(length) for length in lengths if length and (int(length) > 1 or length is not lengths[0]))
    except (TypeError, ValueError):
        return ()


def _privacy(dataset: Any) -> list[str]:
    """Whether the file still seems to name a person; never the name itself."""
    found = []
    removed = str(getattr(dataset, "PatientIdentityRemoved", "")).upper() == "YES"
    try:
        name = str(getattr(dataset, "PatientName", "")).strip().lower()
        known = [key for key in ("PatientID", "PatientBirthDate") if str(getattr(dataset, key, "")).strip()]
    except Exception:
        name, known = "?", []
    if not removed and (name.strip("^ ") not in _EMPTY_NAMES or known):
        found.append(
            "This file may hold a patient's identity: de-identify it (DICOM PS3.15) before it leaves your hands."
        )
    if str(getattr(dataset, "BurnedInAnnotation", "")).upper() == "YES":
        found.append("Text is burned into the image: look at it before publishing.")
    return found
