"""Who a DICOM file is about: the attributes that the Basic Confidentiality Profile would take out of it.

Nested sequences, file meta information, private attributes and overlays are looked at; pixels are not read, so text
burned into them is known only where the file says so (Burned In Annotation, PS3.3 C.7.6.1).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any, BinaryIO

from dop2i.core.ethics.dicom_profile import (
    CLEAN_DESCRIPTIONS,
    CLEAN_PIXELS,
    RETAIN_DATES,
    RETAIN_SAFE_PRIVATE,
    RETAIN_UIDS,
    RETAINED,
    action_of,
)
from dop2i.core.ethics.findings import (
    DICOM_IDENTITY,
    DICOM_PIXELS,
    DICOM_PRIVATE,
    INCOMPLETE,
    UNREADABLE,
    Finding,
    mask,
)

HEAD = 8192
"""How many first bytes say what a file is."""
SUFFIXES = (".dcm", ".dicom", ".ima")
DEEPEST = 30
MOST_ELEMENTS = 500_000
_PIXELS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
_DATES = frozenset({"DA", "TM", "DT"})
_DESCRIBING = ("Description", "Comments", "Comment", "Label", "Reason", "Text", "Interpretation", "Protocol")
_BURNED_IN_OFTEN = frozenset({"US", "SC", "OT", "ES", "XC", "DOC"})


def claims_dicom(name: str, head: bytes) -> bool:
    """Whether a file says of itself that it is DICOM: by its preamble or its name."""
    return head[128:132] == b"DICM" or name.lower().endswith(SUFFIXES)


def is_dicom(name: str, head: bytes) -> bool:
    """Whether a file says that it is DICOM, or begins like a data set without the preamble."""
    if claims_dicom(name, head):
        return True
    if head[:2] not in (b"\x08\x00", b"\x02\x00", b"\x00\x08"):
        return False
    from dop2i.core.formats.dicom import DicomReader

    return head[:2] == b"\x00\x08" or DicomReader().recognises(name, head) > 0


def scan_dicom(file: BinaryIO, *, claims: bool = True) -> list[Finding]:
    """What the profile would take out. A file that ``claims`` to be DICOM and cannot be read is a finding."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            dataset = read(file)
        except Exception as error:
            reason = (str(error).splitlines() or [""])[0][:120] or type(error).__name__
            return [Finding(UNREADABLE, "DICOM", note=reason)] if claims else []
        return findings_of(dataset)


def read(file: BinaryIO, *, pixels: bool = False) -> Any:
    """The data set of a file. Raises ``ValueError`` for what is none, and whatever pydicom raises."""
    import pydicom
    from pydicom import config

    config.settings.reading_validation_mode = config.IGNORE
    dataset = pydicom.dcmread(file, force=True, stop_before_pixels=not pixels, defer_size=None)
    if not any(keyword in dataset for keyword in ("SOPClassUID", "Modality", "DirectoryRecordSequence")):
        raise ValueError("it holds no object of DICOM (neither class nor modality)")
    return dataset


def findings_of(dataset: Any) -> list[Finding]:
    """The findings of a data set that was read."""
    removed, options = declared(dataset)
    found: dict[int, Finding] = {}
    private: dict[str, int] = {}
    seen = 0
    for place, element in attributes(dataset):
        seen += 1
        if seen > MOST_ELEMENTS:
            found[-1] = Finding(INCOMPLETE, note=f"more than {MOST_ELEMENTS:,} attributes", blocks=True)
            break
        tag = int(element.tag)
        if element.tag.is_private:
            if tag & 0xFFFF > 0xFF:
                private[_creator(element)] = private.get(_creator(element), 0) + 1
            continue
        if not _concerns(tag, element, removed=removed, options=options):
            continue
        known = found.get(tag)
        if known is None:
            excerpt = "" if element.VR == "SQ" or isinstance(element.value, bytes) else mask(_text(element))
            found[tag] = Finding(DICOM_IDENTITY, place, excerpt, note=action_of(tag))
        else:
            found[tag] = Finding(known.kind, known.place, known.excerpt, True, known.count + 1, known.note)
    # Who it is first, then who was there, then what else tells.
    findings = [found[tag] for tag in sorted(found, key=lambda tag: (tag >> 16 != 0x0010, tag))]
    if private and not (removed and RETAIN_SAFE_PRIVATE in options):
        names = ", ".join(sorted(name for name in private if name)[:5])
        findings.append(Finding(DICOM_PRIVATE, names, count=sum(private.values()), note="X"))
    return findings + _pixel_findings(dataset, removed=removed, options=options)


def declared(dataset: Any) -> tuple[bool, frozenset[str]]:
    """Whether the file says that its identity was removed, and the codes of the options that it names (CID 7050)."""
    removed = _value(dataset, "PatientIdentityRemoved").upper() == "YES"
    method = bool(_value(dataset, "DeidentificationMethod") or "DeidentificationMethodCodeSequence" in dataset)
    codes = set()
    try:
        for item in dataset.get("DeidentificationMethodCodeSequence") or []:
            codes.add(_value(item, "CodeValue"))
    except Exception:
        codes = set()
    return removed and method, frozenset(codes)


def attributes(dataset: Any, *, where: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Every attribute with its place (``(0010,0010) Patient's Name``), those of nested sequences after their own."""
    for part in [getattr(dataset, "file_meta", None) if not depth else None, dataset]:
        if part is None:
            continue
        for tag in sorted(part.keys()):
            if int(tag) in _PIXELS:
                continue
            element = _element(part, tag)
            place = f"{where}{tag_words(element)}"
            yield place, element
            if element.VR == "SQ" and depth < DEEPEST and not element.tag.is_private:
                for number, item in enumerate(element.value or []):
                    inner = f"{where}({int(tag) >> 16:04X},{int(tag) & 0xFFFF:04X})[{number + 1}]/"
                    yield from attributes(item, where=inner, depth=depth + 1)


def tag_words(element: Any) -> str:
    """``(0010,0010) Patient's Name``."""
    from pydicom.datadict import dictionary_description, dictionary_has_tag

    tag = int(element.tag)
    name = dictionary_description(tag) if dictionary_has_tag(tag) else ""
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X}) {name}".strip()


def _element(dataset: Any, tag: Any) -> Any:
    """One attribute; where its value cannot be understood, its raw bytes, so that it is looked at all the same."""
    from pydicom.dataelem import DataElement

    try:
        return dataset[tag]
    except Exception:
        raw = dataset.get_item(tag)
        return DataElement(tag, "UN", getattr(raw, "value", None) or b"?", already_converted=True)


def _concerns(tag: int, element: Any, *, removed: bool, options: frozenset[str]) -> bool:
    """Whether an attribute stands in a file although the profile, with the options that it names, would not have it."""
    action = action_of(tag)
    if action == "K":
        # The table names attributes; what is a person's name is one, whatever attribute a newer standard adds.
        return element.VR == "PN" and not element.is_empty and not removed
    if element.is_empty or (element.VR == "SQ" and "X" not in action.split("/")):
        return False
    if not removed:
        return True
    if action != "X":
        return False
    return not _retained(tag, element, options)


def _retained(tag: int, element: Any, options: frozenset[str]) -> bool:
    if any(tag in tags for code, tags in RETAINED.items() if code in options):
        return True
    if element.VR in _DATES and RETAIN_DATES & options:
        return True
    if element.VR == "UI" and RETAIN_UIDS in options:
        return True
    return CLEAN_DESCRIPTIONS in options and str(element.keyword).endswith(_DESCRIBING)


def _pixel_findings(dataset: Any, *, removed: bool, options: frozenset[str]) -> list[Finding]:
    said = _value(dataset, "BurnedInAnnotation").upper()
    place = "(0028,0301) Burned In Annotation"
    if said == "YES" and not (removed and CLEAN_PIXELS in options):
        return [Finding(DICOM_PIXELS, place, "YES")]
    if not said and _value(dataset, "Modality").upper() in _BURNED_IN_OFTEN and "Rows" in dataset:
        return [Finding(DICOM_PIXELS, place, note="not said", blocks=False)]
    return []


def _creator(element: Any) -> str:
    return str(getattr(element, "private_creator", None) or "")[:40]


def _text(element: Any) -> str:
    value = element.value
    if element.VM > 1:
        return str(value[0])
    return str(value)


def _value(dataset: Any, keyword: str) -> str:
    try:
        value = dataset.get(keyword)
    except Exception:
        return ""
    return "" if value is None else str(value).strip()
