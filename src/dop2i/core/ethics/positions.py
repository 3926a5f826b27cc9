"""Where a picture was taken: the GPS part of EXIF (Exif 3.0, 4.6.6) and the same facts in XMP (Exif namespace)."""

from __future__ import annotations

import re
import warnings
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from dop2i.core.ethics.findings import POSITION, UNREADABLE, Finding

MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"RIFF", b"GIF8")
"""How the pictures begin that are looked at; those in ISO boxes (HEIC, AVIF) are told by their box ``ftyp``."""

_GPS_IFD, _LATITUDE, _LONGITUDE = 0x8825, 2, 4
_XMP_POSITION = re.compile(rb"exif:GPS(?:Latitude|Longitude)\s*(?:=\s*[\"']|>)\s*[^\"'<\s]")
_XMP_LIMIT = 16 << 20
_CHUNKS = 100_000


def claims_picture(head: bytes) -> bool:
    """Whether a file begins like a picture that can carry a position."""
    if head.startswith(b"RIFF"):
        return head[8:12] == b"WEBP"
    if head[4:8] == b"ftyp":
        return head[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis", b"hevc")
    return head.startswith(MAGIC)


def scan_picture(file: BinaryIO, head: bytes) -> list[Finding]:
    """The position in a picture, if it carries one. A picture that cannot be read is a finding that does not block."""
    if head.startswith(b"\x89PNG"):
        return _scan_png(file)
    from PIL import Image, UnidentifiedImageError

    before = Image.MAX_IMAGE_PIXELS
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            # Nothing is decoded, so that a picture may claim any size.
            Image.MAX_IMAGE_PIXELS = None
            with Image.open(file) as picture:
                return [*_in_exif(picture.getexif()), *_in_xmp(_packets(picture))]
        except UnidentifiedImageError:
            return []
        except Exception as error:
            reason = (str(error).splitlines() or [""])[0][:120] or type(error).__name__
            return [Finding(UNREADABLE, "EXIF", note=reason, blocks=False)]
        finally:
            Image.MAX_IMAGE_PIXELS = before


def _in_exif(exif: Any) -> list[Finding]:
    position = exif.get_ifd(_GPS_IFD) if exif else {}
    if _LATITUDE not in position or _LONGITUDE not in position:
        return []
    return [Finding(POSITION, "EXIF GPS", _rough(position))]


def _rough(position: dict[int, Any]) -> str:
    """Degrees without minutes: some hundred kilometres."""
    try:
        latitude, longitude = int(float(position[_LATITUDE][0])), int(float(position[_LONGITUDE][0]))
        return f"{latitude}° •• {position.get(1, '')} {longitude}° •• {position.get(3, '')}".strip()
    except Exception:
        return "•°"


def _packets(picture: Any) -> Iterator[bytes]:
    for name in ("xmp", "XML:com.adobe.xmp", "APP1"):
        value = picture.info.get(name)
        if isinstance(value, str):
            value = value.encode("utf-8", "replace")
        if isinstance(value, bytes):
            yield value
    tags = getattr(picture, "tag_v2", None)
    value = tags.get(700) if tags is not None else None
    if isinstance(value, bytes):
        yield value


def _in_xmp(packets: Iterator[bytes]) -> list[Finding]:
    for packet in packets:
        if _XMP_POSITION.search(packet[:_XMP_LIMIT]):
            return [Finding(POSITION, "XMP exif:GPSLatitude", "•°")]
    return []


def _scan_png(file: BinaryIO) -> list[Finding]:
    """The chunks eXIf, iTXt and zTXt of a PNG (PNG 3rd edition, 11.3), which may follow the image itself."""
    from PIL import Image

    found: list[Finding] = []
    try:
        for kind, data in _png_chunks(file):
            if kind == b"eXIf":
                exif = Image.Exif()
                exif.load(data)
                found += _in_exif(exif)
            else:
                found += _in_xmp(iter([_png_text(kind, data)]))
    except Exception as error:
        reason = (str(error).splitlines() or [""])[0][:120] or type(error).__name__
        return [Finding(UNREADABLE, "PNG", note=reason, blocks=False)]
    return found


def _png_chunks(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    file.seek(8)
    for _ in range(_CHUNKS):
        begin = file.read(8)
        if len(begin) < 8:
            return
        length, kind = int.from_bytes(begin[:4], "big"), begin[4:]
        if kind in (b"eXIf", b"iTXt", b"zTXt", b"tEXt") and length <= _XMP_LIMIT:
            yield kind, file.read(length)
            file.seek(4, 1)
        else:
            file.seek(length + 4, 1)


def _png_text(kind: bytes, data: bytes) -> bytes:
    keyword, _, rest = data.partition(b"\0")
    if kind == b"zTXt" or (kind == b"iTXt" and rest[:1] == b"\x01"):
        packed = rest[1:] if kind == b"zTXt" else rest[2:].split(b"\0", 2)[-1]
        return zlib.decompressobj().decompress(packed, _XMP_LIMIT)
    return data if keyword else b""
