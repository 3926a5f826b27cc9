"""Images: size, colour, resolution and the harmless part of their EXIF data (never a position)."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar

from dop2i.core.formats import _metadata as md
from dop2i.core.formats import _pictures as pictures
from dop2i.core.formats._text import base_name
from dop2i.core.formats.base import Description, FormatReader, Plane, Source, Table, Window
from dop2i.errors import LimitExceeded, UnreadableFile

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"), (b"II*\x00", "image/tiff"), (b"MM\x00*", "image/tiff"), (b"BM", "image/bmp"),
    (b"II+\x00", "image/tiff"), (b"MM\x00+", "image/tiff"),
)  # fmt: skip
_FORMATS = ("PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP", "JPEG2000", "PPM")
_EXIF = {271: "maker", 272: "model", 305: "software", 306: "date", 270: "description", 33432: "copyright"}
_MAX_PIXELS = 2_000_000_000


class ImageReader(FormatReader):
    """PNG, JPEG, GIF, TIFF, BMP, WebP: only the header is read, so that no bomb is unpacked."""

    name = "image"
    label: ClassVar = {"en": "Image", "fr": "Image"}
    media_types = ("image/png", "image/jpeg", "image/gif", "image/tiff", "image/bmp", "image/webp")
    suffixes = (".png", ".jpg", ".jpeg", ".gif", ".tif", ".tiff", ".bmp", ".webp")
    rank = 50

    def recognises(self, name: str, head: bytes) -> float:
        named = base_name(name).endswith(self.suffixes)
        kind = _media_type(head)
        if kind:
            return 0.6 if kind == "image/bmp" and not named else 0.95
        return 0.3 if named else 0.0

    def describe(self, source: Source) -> Description:
        from PIL import Image, UnidentifiedImageError

        found = md.begin(self, source)
        found.media_type = _media_type(source.read_range(0, 16)) or found.media_type
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                stream: Any
                with source.open() as stream, Image.open(stream, formats=_FORMATS) as image:
                    _describe(image, found)
        except (UnidentifiedImageError, SyntaxError):
            raise UnreadableFile(
                f"{source.name} is no image that can be read.", hint="It is damaged, or cut."
            ) from None
        except Image.DecompressionBombError:
            raise LimitExceeded(
                f"{source.name} announces more pixels than an image may have.", hint="It was made to do harm."
            ) from None
        except (
            OSError,
            ValueError,
            KeyError,
            IndexError,
            TypeError,
            EOFError,
            OverflowError,
            ArithmeticError,
        ) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
            raise UnreadableFile(f"{source.name} is a damaged image: {reason}.", hint="Fetch it again.") from None
        return found

    def plane(self, source: Source, *, table: str, index: int, window: Window) -> Plane:
        """One frame, its colours or numbers."""
        return pictures.read_plane(source, formats=_FORMATS, index=index, window=window)


def _media_type(head: bytes) -> str:
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    return "image/webp" if head[:4] == b"RIFF" and head[8:12] == b"WEBP" else ""


def _describe(image: Any, found: Description) -> None:
    width, height = image.size
    if width * height > _MAX_PIXELS:
        raise LimitExceeded(f"{found.name} announces {width:,} × {height:,} pixels, more than an image may have.")
    frames = min(int(getattr(image, "n_frames", 1)), 10_000) if image.format in {"GIF", "TIFF"} else 1
    found.headers = {"format": image.format, "width": width, "height": height, "mode": image.mode}
    if frames > 1:
        found.headers["frames"] = frames
    dpi = image.info.get("dpi")
    if isinstance(dpi, tuple) and len(dpi) == 2:
        found.headers["dpi"] = [round(float(value), 2) for value in dpi]
    shape = (height, width) if frames == 1 else (frames, height, width)
    found.tables = [Table(name="image", kind="image", rows=shape[0], shape=shape)]
    _exif(image, found)
    found.summary = f"{image.format} image, {width:,} × {height:,} pixels"
    md.propose(found, "metadata.resource_type", {"id": "image"}, key=image.format, confidence=0.3)


def _exif(image: Any, found: Description) -> None:
    """Camera, software, date, description and copyright; position and owner are never read."""
    try:
        exif = image.getexif()
    except Exception:
        found.warnings.append("The EXIF data are damaged and were not read.")
        return
    for number, name in _EXIF.items():
        value = md.plain(exif.get(number), limit=300)
        if value:
            found.headers[name] = value
    if 34853 in exif:
        found.warnings.append(
            "The image tells where it was taken (EXIF position): remove that if it should stay private."
        )
    found.text = found.headers.get("description", "")
