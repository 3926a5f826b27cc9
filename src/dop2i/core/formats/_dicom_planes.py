"""Frames of DICOM images in physical values; nothing that could name a patient leaves this module.

Public source: DICOM PS3.3, sections C.7.6.3 (pixels), C.11.1 (rescale), C.11.2 (window), C.8.8.3 (dose); PS3.5, A.4.
"""

from __future__ import annotations

import math
from typing import Any

from dop2i.core.formats.base import Plane, Source, Window
from dop2i.errors import LimitExceeded, NotFound, UnreadableFile

_LARGEST_WITHOUT_PREAMBLE = 512 * 2**20
_MOST_PIXELS = 64_000_000
_UNITS = {"BQML": "Bq/mL", "CNTS": "counts", "GY": "Gy", "RELATIVE": "", "US": "", "OD": "OD", "HU": "HU"}


def read_plane(source: Source, *, index: int, window: Window) -> Plane:
    """One frame. Raises ``NotFound`` without pixels, ``UnreadableFile`` for a compression that nothing here reads."""
    head, pixels, frames, index = _frame(source, index)
    rows, columns = pixels.shape[:2]
    left, first, width, height, step = window.within(columns, rows)
    part = pixels[first : first + height : step, left : left + width : step]
    plane = Plane(part, columns, rows, left, first, step, index, frames, greys=True)
    across, down = _spacing(head, index)
    if across and down:
        plane.x, plane.y = ("x", "mm", 0.0, across * (columns - 1)), ("y", "mm", 0.0, down * (rows - 1))
    if pixels.ndim == 3:
        return plane
    slope, intercept, unit = _rescale(head, index)
    plane.pixels = part.astype("float64") * slope + intercept
    plane.unit = unit
    plane.label = _quantity(unit, str(head.get("Modality", "")))
    plane.window = _window(head, index)
    plane.inverted = str(head.get("PhotometricInterpretation", "")) == "MONOCHROME1"
    for keyword, name, suffix in (("Modality", "modality", ""), ("SliceThickness", "slice thickness", " mm")):
        value = str(head.get(keyword, "") or "").strip()
        if value:
            plane.facts.append([name, f"{value[:40]}{suffix}"])
    return plane


def _frame(source: Source, index: int) -> tuple[Any, Any, int, int]:
    """``(header, pixels of one frame, number of frames, its index)``."""
    import warnings

    import pydicom
    from pydicom.pixels.processing import apply_color_lut

    with warnings.catch_warnings(), source.open() as stream:
        warnings.simplefilter("ignore")
        head: Any = pydicom.dcmread(stream, force=True, stop_before_pixels=True)  # type: ignore[arg-type]
        rows, columns = _whole(head, "Rows"), _whole(head, "Columns")
        frames = max(1, _whole(head, "NumberOfFrames"))
        if not rows or not columns:
            raise NotFound(f"{source.name} holds no image (its modality is {str(head.get('Modality', ''))[:16]!r}).")
        if rows * columns > _MOST_PIXELS:
            raise LimitExceeded(f"{source.name} announces {columns:,} × {rows:,} pixels a frame, too many to be shown.")
        index = max(0, min(index, frames - 1))
        try:
            pixels = _decoded(stream, source, index)
        except (RuntimeError, NotImplementedError):
            raise UnreadableFile(
                f"The pixels of {source.name} are compressed ({_syntax(head)}) in a way that is not shown here.",
                hint="Download it to open it in a DICOM viewer.",
            ) from None
        except (AttributeError, ValueError, KeyError, TypeError, IndexError, OSError) as problem:
            said = " ".join(str(problem).split())[:160] or type(problem).__name__
            raise UnreadableFile(f"The pixels of {source.name} cannot be read: {said.rstrip('. ')}.") from None
        if str(head.get("PhotometricInterpretation", "")) == "PALETTE COLOR":
            pixels = apply_color_lut(pixels, head)
    if pixels.ndim == 3 and pixels.dtype.itemsize > 1:
        pixels = (pixels >> (8 * pixels.dtype.itemsize - 8)).astype("uint8")
    return head, pixels, frames, index


def _decoded(stream: Any, source: Source, index: int) -> Any:
    """One frame by range; of a file without preamble, or deflated as a whole, after reading all of it."""
    import pydicom
    from pydicom.errors import InvalidDicomError
    from pydicom.pixels.utils import pixel_array

    stream.seek(0)
    try:
        return pixel_array(stream, index=index)
    except (InvalidDicomError, AttributeError):
        if source.size > _LARGEST_WITHOUT_PREAMBLE:
            raise
    stream.seek(0)
    whole: Any = pydicom.dcmread(stream, force=True)
    if not any(name in whole for name in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
        raise NotFound(f"{source.name} announces an image and holds no pixels.")
    whole.file_meta = getattr(whole, "file_meta", None) or pydicom.dataset.FileMetaDataset()
    if "TransferSyntaxUID" not in whole.file_meta:
        whole.file_meta.TransferSyntaxUID = pydicom.uid.ImplicitVRLittleEndian
    return pixel_array(whole, index=index)


def _quantity(unit: str, modality: str) -> str:
    if modality == "RTDOSE":
        return "dose"
    return {"HU": "radiodensity", "Gy": "dose", "Bq/mL": "activity"}.get(unit, "value")


def _whole(head: Any, keyword: str) -> int:
    try:
        return int(head.get(keyword) or 0)
    except (TypeError, ValueError):
        return 0


def _syntax(head: Any) -> str:
    found = getattr(getattr(head, "file_meta", None), "TransferSyntaxUID", None)
    return str(getattr(found, "name", "") or found or "unknown")[:60]


def _macros(head: Any, index: int, sequence: str) -> Any:
    """An item of the functional groups of an enhanced image: of the frame, else shared; None without them."""
    try:
        for groups in (head.get("PerFrameFunctionalGroupsSequence"), head.get("SharedFunctionalGroupsSequence")):
            if groups:
                item = groups[min(index, len(groups) - 1)].get(sequence)
                if item:
                    return item[0]
    except Exception:
        return None
    return None


def _number(item: Any, keyword: str, place: int = 0) -> float | None:
    """A finite number of an element, the ``place``-th of several; None where there is none."""
    try:
        value: Any = item.get(keyword) if item is not None else None
        several = hasattr(value, "__len__") and not isinstance(value, str)
        found = float(value[place] if several else value)
    except Exception:
        return None
    return found if math.isfinite(found) else None


def _rescale(head: Any, index: int) -> tuple[float, float, str]:
    """Slope, intercept and unit of the values."""
    scaling = _number(head, "DoseGridScaling")
    if scaling is not None:
        return scaling, 0.0, _UNITS.get(str(head.get("DoseUnits", "")), "")
    item = _macros(head, index, "PixelValueTransformationSequence") or head
    slope, intercept = _number(item, "RescaleSlope"), _number(item, "RescaleIntercept")
    said = str(item.get("RescaleType", "") or head.get("Units", "") or "").strip().upper()
    if not said and slope is not None and str(head.get("Modality", "")) == "CT":
        said = "HU"  # what a CT image is in where nothing else is said (PS3.3, C.8.2.1.1.2)
    return slope if slope is not None else 1.0, intercept or 0.0, _UNITS.get(said, "")


def _window(head: Any, index: int) -> tuple[float, float] | None:
    item = _macros(head, index, "FrameVOILUTSequence") or head
    centre, width = _number(item, "WindowCenter"), _number(item, "WindowWidth")
    if centre is None or width is None or width <= 0:
        return None
    return centre - width / 2, centre + width / 2


def _spacing(head: Any, index: int) -> tuple[float | None, float | None]:
    """Millimetres from column to column and from row to row."""
    item = _macros(head, index, "PixelMeasuresSequence") or head
    for keyword in ("PixelSpacing", "ImagerPixelSpacing"):
        down, across = _number(item, keyword, 0), _number(item, keyword, 1)
        if down and across and down > 0 and across > 0:
            return across, down
    return None, None
