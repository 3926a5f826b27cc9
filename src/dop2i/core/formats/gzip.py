"""One file compressed by gzip, bzip2, xz or Zstandard: the file within is described, within limits."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import zlib
from typing import Any, ClassVar

from dop2i.core.formats import _metadata as md
from dop2i.core.formats.base import HEAD_BYTES, Description, FormatReader, Source
from dop2i.errors import UnreadableFile

_MAGIC = ((b"\x1f\x8b", gzip.open), (b"BZh", bz2.open), (b"\xfd7zXZ\x00", lzma.open))
_SUFFIX = re.compile(r"\.(gz|bz2|xz|zst|gzip|z)$", re.I)
_INNER = 64 << 20


class GzipReader(FormatReader):
    """What is compressed is unpacked in memory up to 64 MiB and described by its own reader."""

    name = "gzip"
    label: ClassVar = {"en": "Compressed file", "fr": "Fichier compressé"}
    media_types = ("application/gzip", "application/x-bzip2", "application/x-xz", "application/zstd")
    suffixes = (".gz", ".bz2", ".xz", ".zst")
    rank = 75

    def recognises(self, name: str, head: bytes) -> float:
        return (
            0.6 if any(head.startswith(magic) for magic, _ in _MAGIC) or head.startswith(b"\x28\xb5\x2f\xfd") else 0.0
        )

    def describe(self, source: Source) -> Description:
        from dop2i.core.formats import BytesSource, describe_source, recognise

        found = md.begin(self, source)
        head = source.read_range(0, 8)
        place = next((number for number, (magic, _) in enumerate(_MAGIC) if head.startswith(magic)), 3)
        found.media_type = self.media_types[place]
        name = _SUFFIX.sub("", source.name)
        found.headers["holds"] = name.rsplit("/", 1)[-1]
        if place == 3:
            found.summary = "File compressed by Zstandard, which is not unpacked here"
            return found
        data, whole = _unpack(source, place)
        reader = recognise(name, data[:HEAD_BYTES])
        found.headers["unpacked bytes"] = len(data) if whole else f"more than {len(data):,}"
        if reader is None or reader.name == self.name:
            found.summary = f"Compressed file of an unknown format ({found.headers['holds']})"
            return found
        found.headers["format within"] = reader.name
        if not whole:
            found.summary = f"Compressed {reader.label['en']} file, too long to be unpacked here"
            found.warnings.append(f"It unpacks to more than {_INNER:,} bytes; what is within was not read.")
            return found
        inner = describe_source(BytesSource(name, data))
        _take_over(found, inner, source.name)
        return found


def _unpack(source: Source, place: int) -> tuple[bytes, bool]:
    """``(bytes, whether all)``; never more than 64 MiB."""
    try:
        with source.open() as raw, _open(place, raw) as stream:
            data: bytes = stream.read(_INNER)
            return data, len(data) < _INNER or not stream.read(1)
    except (EOFError, OSError, zlib.error, lzma.LZMAError, ValueError) as error:
        raise UnreadableFile(f"{source.name} is cut or damaged: {error}.", hint="Fetch the file again.") from None


def _open(place: int, raw: Any) -> Any:
    return _MAGIC[place][1](raw)


def _take_over(found: Description, inner: Description, name: str) -> None:
    """The description of the file within becomes that of the file, with evidence of the outer name."""
    found.tables, found.histograms, found.members = inner.tables, inner.histograms, inner.members
    found.coverage, found.theme, found.text = inner.coverage, inner.theme, inner.text
    found.headers |= inner.headers
    found.warnings += inner.warnings
    found.error = inner.error
    found.summary = f"Compressed: {inner.summary}" if inner.summary else f"Compressed {inner.label} file"
    for proposal in inner.proposals:
        md.propose(
            found, proposal.path, proposal.value, key=proposal.evidence.key, confidence=proposal.confidence, file=name
        )
