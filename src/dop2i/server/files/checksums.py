"""Checksums as they are written (``sha256:…``, ``md5:…``, ``adler32:…``) and compared."""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path

from dop2i.errors import ChecksumMismatch, InvalidInput
from dop2i.server.files.receiving import PIECE, Received

LENGTHS = {"sha256": 64, "md5": 32, "adler32": 8}


def parse_checksum(text: str) -> tuple[str, str]:
    """``("sha256", hexadecimal)`` of ``sha256:…``; bare hexadecimal is told by its length. Raises ``InvalidInput``."""
    name, _, value = str(text).strip().lower().rpartition(":")
    if not name:
        name = next((known for known, length in LENGTHS.items() if length == len(value)), "")
    if name == "adler32":
        value = value.zfill(8)
    if LENGTHS.get(name) != len(value) or set(value) - set("0123456789abcdef"):
        raise InvalidInput(
            f"{str(text)[:80]!r} is not a checksum that is understood here.",
            hint="Write sha256:, md5: or adler32: and the hexadecimal digits.",
        )
    return name, value


def checksum_of(path: Path, algorithm: str) -> str:
    """A checksum of a whole file, by ``sha256``, ``md5`` or ``adler32``."""
    with path.open("rb") as file:
        if algorithm != "adler32":
            return hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()
        value = 1
        while piece := file.read(PIECE):
            value = zlib.adler32(piece, value)
        return f"{value:08x}"


def verify(announced: str, *, received: Received, path: Path, name: str) -> None:
    """Raise ``ChecksumMismatch`` unless the bytes are those announced (``algorithm:value``, empty for nothing said)."""
    if not announced:
        return
    algorithm, expected = parse_checksum(announced)
    actual = getattr(received, algorithm) or checksum_of(path, algorithm)
    if actual != expected:
        raise ChecksumMismatch(
            f"The {algorithm} of {name!r} is {actual}, but {expected} was announced.", hint="Send the file again."
        )
