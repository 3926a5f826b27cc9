"""The files inside zip and tar archives and compressed files, looked at without unpacking them to a disk."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from dop2i.core.ethics.findings import INCOMPLETE, UNREADABLE, Finding

LARGEST_MEMBER = 256 << 20
MOST_BYTES = 4 << 30
MOST_MEMBERS = 50_000
_PACKED = ((b"\x1f\x8b", gzip.open), (b"BZh", bz2.open), (b"\xfd7zXZ\0", lzma.open))

Scan = Callable[[str, BinaryIO], list[Finding]]


def claims_archive(head: bytes) -> bool:
    """Whether a file begins like an archive or a compressed file."""
    return head.startswith(b"PK\x03\x04") or head[257:262] == b"ustar" or any(head.startswith(m) for m, _ in _PACKED)


def scan_archive(name: str, file: BinaryIO, *, head: bytes, scan: Scan) -> list[Finding]:
    """What ``scan`` finds in each member, with the member's name before its place."""
    found: list[Finding] = []
    bytes_left = MOST_BYTES
    try:
        for number, (member, data) in enumerate(_members(name, file, head)):
            if data is None or number >= MOST_MEMBERS or bytes_left <= 0:
                note = "larger than what is looked at" if data is None else "the rest was not looked at"
                found.append(Finding(INCOMPLETE, member, note=note, blocks=False))
                if data is not None:
                    break
                continue
            bytes_left -= len(data.getbuffer())
            found += [one.inside(member) if member else one for one in scan(member or name, data)]
    except Exception as error:
        reason = (str(error).splitlines() or [""])[0][:120] or type(error).__name__
        found.append(Finding(UNREADABLE, "archive", note=reason, blocks=False))
    return found


def _members(name: str, file: BinaryIO, head: bytes) -> Iterator[tuple[str, io.BytesIO | None]]:
    """Each member with its bytes, None for one that is too large."""
    if head.startswith(b"PK\x03\x04"):
        yield from _of_zip(file)
        return
    opener = next((opener for magic, opener in _PACKED if head.startswith(magic)), None)
    if opener is None:
        yield from _of_tar(file, "r|")
        return
    unpacked: Any = opener(file, "rb")
    begin = unpacked.read(512)
    unpacked.seek(0)
    if begin[257:262] == b"ustar":
        yield from _of_tar(unpacked, "r|")
        return
    data = unpacked.read(LARGEST_MEMBER)
    yield "", io.BytesIO(data)
    if unpacked.read(1):
        yield name, None


def _of_zip(file: BinaryIO) -> Iterator[tuple[str, io.BytesIO | None]]:
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            if member.is_dir():
                continue
            if member.file_size > LARGEST_MEMBER or member.flag_bits & 1:
                yield member.filename, None
                continue
            with archive.open(member) as opened:
                # What the archive says of a member's size may be a lie.
                data = opened.read(LARGEST_MEMBER + 1)
            yield member.filename, None if len(data) > LARGEST_MEMBER else io.BytesIO(data)


def _of_tar(file: Any, mode: Any) -> Iterator[tuple[str, io.BytesIO | None]]:
    with tarfile.open(fileobj=file, mode=mode) as archive:
        for member in archive:
            if not member.isfile():
                continue
            opened = archive.extractfile(member) if member.size <= LARGEST_MEMBER else None
            yield member.name, io.BytesIO(opened.read()) if opened is not None else None
