"""A DICOM file without who it is about: the Basic Application Level Confidentiality Profile (PS3.15 Annex E) done.

Attributes are removed, emptied or replaced as table E.1-1 says; where the table leaves the choice to the kind of
object, a dummy is put, which is valid in all of them. The same unique identifier becomes the same new one wherever
``secret`` is the same, so that the images of a series still belong together, and the same patient the same pseudonym.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import uuid
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from dop2i.core.ethics.archives import claims_archive
from dop2i.core.ethics.dicom import (
    DEEPEST,
    HEAD,
    claims_dicom,
    findings_of,
    is_dicom,
    read,
    scan_dicom,
    tag_words,
)
from dop2i.core.ethics.dicom_profile import action_of
from dop2i.core.ethics.findings import DICOM_IDENTITY, DICOM_PRIVATE
from dop2i.errors import UnreadableFile

METHOD = "dop2i: Basic Application Level Confidentiality Profile (DICOM PS3.15 Annex E)"
STANDARD_ROOT = "1.2.840.10008."
_NAME, _ID, _CONTENT, _TEXT_VALUE = 0x00100010, 0x00100020, 0x0040A730, 0x0040A160
_PERSON_CODES = 0x00401101
_META_OF_SENDERS = (0x00020016, 0x00020017, 0x00020018, 0x00020026, 0x00020027, 0x00020028, 0x00020100, 0x00020102)
_DUMMIES: dict[str, Any] = {
    "DA": "19000101", "TM": "000000", "DT": "19000101000000", "AS": "000Y", "PN": "Anonymous", "UI": "",
    "DS": "0", "IS": "0", "US": 0, "SS": 0, "UL": 0, "SL": 0, "FL": 0.0, "FD": 0.0, "UV": 0, "SV": 0,
    "OB": b"\0\0", "OW": b"\0\0", "UN": b"\0\0", "OD": b"\0" * 8, "OF": b"\0" * 4, "OL": b"\0" * 4, "OV": b"\0" * 8,
    "AT": 0, "UR": "",
}  # fmt: skip
_IMPLICIT, _EXPLICIT, _BIG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was done: ``action`` is removed, emptied or replaced; the old value is not kept."""

    place: str
    action: str
    count: int = 1

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {"place": self.place, "action": self.action, "count": self.count}


def deidentify_file(source: Path, target: Path, *, secret: bytes, name: str = "") -> list[Change]:
    """Write ``target``, the de-identified copy of ``source``; what was changed, each attribute once.

    An archive (zip, tar, a compressed file) is packed anew with its DICOM members de-identified. Raises
    ``UnreadableFile`` where the file cannot be read, or where something of a person would be left.
    """
    called = name or source.name
    with source.open("rb") as file:
        head = file.read(HEAD)
    if claims_archive(head) and not claims_dicom(called, head):
        return _archive(source, target, secret=secret, name=called)
    try:
        with source.open("rb") as file, target.open("w+b") as made:
            return _copy(file, made, secret=secret, name=called)
    except UnreadableFile:
        target.unlink(missing_ok=True)
        raise


def _archive(source: Path, target: Path, *, secret: bytes, name: str) -> list[Change]:
    """As :func:`deidentify_file`, of an archive: what was changed in all members together."""
    from dop2i.core.ethics.repacking import repack

    changes: dict[tuple[str, str], int] = {}

    def clean(member: str, data: bytes) -> bytes | None:
        head = data[:HEAD]
        if not is_dicom(member, head):
            return None
        found = scan_dicom(io.BytesIO(data), claims=claims_dicom(member, head))
        if not any(one.kind in (DICOM_IDENTITY, DICOM_PRIVATE) for one in found):
            return None
        made, called = io.BytesIO(), name if member == name else f"{member} in {name}"
        for one in _copy(io.BytesIO(data), made, secret=secret, name=called):
            changes[one.place, one.action] = changes.get((one.place, one.action), 0) + one.count
        return made.getvalue()

    repack(source, target, name=name, clean=clean)
    return [Change(place, action, count) for (place, action), count in changes.items()]


def _copy(source: BinaryIO, target: BinaryIO, *, secret: bytes, name: str) -> list[Change]:
    """Write the de-identified copy of one DICOM file, and read it again to see that nobody is left in it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            dataset = read(source, pixels=True)
        except Exception as error:
            reason = (str(error).splitlines() or [""])[0][:120] or type(error).__name__
            raise UnreadableFile(f"{name} cannot be read as DICOM: {reason}.", hint="Export it again.") from error
        changes = deidentify(dataset, secret=secret)
        _save(dataset, target, name=name)
        target.seek(0)
        left = [one for one in findings_of(read(target)) if one.kind in (DICOM_IDENTITY, DICOM_PRIVATE)]
    if left:
        raise UnreadableFile(f"{name} cannot be de-identified by itself: {left[0].place} would be left.")
    return changes


def _save(dataset: Any, target: BinaryIO, *, name: str) -> None:
    dataset.preamble = b"\0" * 128
    meta = dataset.file_meta
    if not getattr(meta, "TransferSyntaxUID", None):
        implicit, little = dataset.original_encoding
        meta.TransferSyntaxUID = _IMPLICIT if implicit else _EXPLICIT if little else _BIG
    try:
        dataset.save_as(target, enforce_file_format=True)
    except Exception as error:
        reason = (str(error).splitlines() or [""])[0][:160] or type(error).__name__
        raise UnreadableFile(f"{name} cannot be written again as DICOM: {reason}.") from error


def deidentify(dataset: Any, *, secret: bytes) -> list[Change]:
    """Change a data set in place; what was done. Its pixels stay as they are."""
    work = _Work(secret)
    _meta(dataset, work)
    work.clean(dataset)
    _say_so(dataset)
    return [Change(place, action, count) for (place, action), count in work.changes.items()]


def new_uid(old: str, *, secret: bytes) -> str:
    """The unique identifier that stands for ``old``: under 2.25, as PS3.5 annex B.2 derives one from a UUID."""
    digest = hmac.new(secret, b"uid:" + old.encode(), hashlib.sha256).digest()
    return f"2.25.{uuid.UUID(bytes=digest[:16], version=4).int}"


def pseudonym(old: str, *, secret: bytes) -> str:
    """The pseudonym of a patient: the same for the same patient, and nothing can be told from it."""
    return f"ANON-{hmac.new(secret, b'patient:' + old.strip().encode(), hashlib.sha256).hexdigest()[:10].upper()}"


def _meta(dataset: Any, work: _Work) -> None:
    from pydicom.dataset import FileMetaDataset

    meta = getattr(dataset, "file_meta", None)
    if meta is None:
        dataset.file_meta = meta = FileMetaDataset()
    for tag in _META_OF_SENDERS:
        if tag in meta:
            work.note(tag_words(meta[tag]), "removed")
            del meta[tag]
    old = str(meta.get("MediaStorageSOPInstanceUID") or dataset.get("SOPInstanceUID") or "")
    if old:
        meta.MediaStorageSOPInstanceUID = new_uid(old, secret=work.secret)
    if not meta.get("MediaStorageSOPClassUID") and dataset.get("SOPClassUID"):
        meta.MediaStorageSOPClassUID = dataset.SOPClassUID


def _say_so(dataset: Any) -> None:
    """PS3.15 E.1.1 and PS3.3 C.7.1.1, C.12.1: the file says what was done to it."""
    from pydicom.dataset import Dataset

    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = METHOD[:64]
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator = "113100", "DCM"
    code.CodeMeaning = "Basic Application Confidentiality Profile"
    dataset.DeidentificationMethodCodeSequence = [code]
    dataset.LongitudinalTemporalInformationModified = "REMOVED"


class _Work:
    """One file under work: its secret, and the changes by place and action."""

    def __init__(self, secret: bytes) -> None:
        self.secret = secret
        self.changes: dict[tuple[str, str], int] = {}
        self._patients: dict[int, str] = {}

    def patient(self, dataset: Any, otherwise: str) -> str:
        """The pseudonym of a data set's patient: from the identifier, else from the name."""
        known = self._patients.get(id(dataset))
        if known is None:
            known = pseudonym(str(dataset.get("PatientID") or otherwise), secret=self.secret)
            self._patients[id(dataset)] = known
        return known

    def note(self, place: str, action: str) -> None:
        """Count a change."""
        key = (place, action)
        self.changes[key] = self.changes.get(key, 0) + 1

    def clean(self, dataset: Any, *, where: str = "", depth: int = 0, content: bool = False) -> None:
        """Apply the profile to a data set and to the sequences that it keeps."""
        for tag in sorted(dataset.keys()):
            number = int(tag)
            action = action_of(number)
            # Overlay planes are drawn over the image, names among what is drawn; a plane without its data is no plane.
            if number >> 24 == 0x60 or depth > DEEPEST:
                action = "X"
            element = _readable(dataset, tag)
            if element is None:
                self.note(f"{where}({number >> 16:04X},{number & 0xFFFF:04X})", "removed")
                del dataset[tag]
                continue
            place = f"{where}{tag_words(element)}"
            if tag.is_private:
                place = f"private: {getattr(element, 'private_creator', None) or '–'}"
            if action == "K" and element.VR != "PN" and not (content and number == _TEXT_VALUE):
                self._into(element, where=where, depth=depth, content=content)
            else:
                self._treat(dataset, element, "D" if action == "K" else action, place=place, depth=depth, where=where)

    def _into(self, element: Any, *, where: str, depth: int, content: bool) -> None:
        if element.VR != "SQ":
            return
        tag = int(element.tag)
        inside = f"{where}({tag >> 16:04X},{tag & 0xFFFF:04X})/"
        for item in element.value or []:
            self.clean(item, where=inside, depth=depth + 1, content=content or tag == _CONTENT)

    def _treat(self, dataset: Any, element: Any, action: str, *, place: str, depth: int, where: str) -> None:
        tag, steps = element.tag, action.split("/")
        if element.VR == "SQ":
            self._treat_sequence(dataset, element, steps, place=place, depth=depth, where=where)
        elif action == "X":
            self.note(place, "removed")
            del dataset[tag]
        elif element.is_empty:
            return
        elif steps[-1].startswith("U"):
            self._replace_uids(element, place=place)
        elif int(tag) in (_NAME, _ID):
            self.note(place, "replaced")
            element.value = self.patient(dataset, str(element.value))
        elif "D" in steps:
            self.note(place, "replaced")
            element.value = _DUMMIES.get(element.VR, "Anonymous" if element.VR in ("LO", "SH", "PN") else "REMOVED")
        else:
            self.note(place, "emptied")
            element.value = None

    def _treat_sequence(
        self, dataset: Any, element: Any, steps: list[str], *, place: str, depth: int, where: str
    ) -> None:
        if "X" in steps and "U*" not in steps:
            self.note(place, "removed")
            del dataset[element.tag]
        elif steps == ["Z"]:
            self.note(place, "emptied")
            element.value = []
        elif int(element.tag) == _PERSON_CODES:
            self.note(place, "replaced")
            element.value = [_nobody()]
        else:
            self._into(element, where=where, depth=depth, content=False)

    def _replace_uids(self, element: Any, *, place: str) -> None:
        values = [element.value] if isinstance(element.value, str) else list(element.value)
        made = [old if old.startswith(STANDARD_ROOT) else new_uid(str(old), secret=self.secret) for old in values]
        if made != values:
            self.note(place, "replaced")
            element.value = made if len(made) > 1 else made[0]


def _nobody() -> Any:
    """A coded person who is nobody, where a code is needed."""
    from pydicom.dataset import Dataset

    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "ANON", "99DOP2I", "Anonymous"
    return code


def _readable(dataset: Any, tag: Any) -> Any:
    try:
        element = dataset[tag]
        _ = element.value
    except Exception:
        return None
    return element
