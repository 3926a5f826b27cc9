"""Tar archives, also compressed by gzip, bzip2 or xz: what is in them, without unpacking to a disk."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zlib
from typing import Any, ClassVar

from dop2i.core.formats import _metadata as md
from dop2i.core.formats._text import base_name
from dop2i.core.formats.base import Description, FormatReader, Member, Source
from dop2i.core.formats.limits import Budget
from dop2i.core.formats.zip import member_warnings, safe_path
from dop2i.errors import UnreadableFile

_LISTED = 2000
_MEMBERS = 200_000
_UNPACKED = 4 << 30
_PACKED = ((b"\x1f\x8b", gzip.open), (b"BZh", bz2.open), (b"\xfd7zXZ\x00", lzma.open))
_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")


class TarReader(FormatReader):
    """Tar archives; the list stops where unpacking would cost too much."""

    name = "tar"
    label: ClassVar = {"en": "Tar archive", "fr": "Archive tar"}
    media_types = ("application/x-tar", "application/gzip", "application/x-bzip2", "application/x-xz")
    suffixes = _SUFFIXES
    rank = 65

    def recognises(self, name: str, head: bytes) -> float:
        named = base_name(name).endswith(_SUFFIXES)
        if head[257:262] == b"ustar":
            return 0.95
        if named and any(head.startswith(magic) for magic, _ in _PACKED):
            return 0.9
        return 0.4 if named else 0.0

    def describe(self, source: Source) -> Description:
        found = md.begin(self, source)
        head = source.read_range(0, 8)
        place = next((number for number, (magic, _) in enumerate(_PACKED) if head.startswith(magic)), -1)
        found.media_type = self.media_types[place + 1]
        members, unpacked, whole = _list(source, place)
        files = [one for one in members if one.isfile()]
        kinds = {True: "file", False: "folder"}
        found.members = [
            Member(safe_path(one.name), one.size if one.isfile() else None, kinds.get(not one.isdir(), "file"))
            for one in members[:_LISTED]
        ]
        found.headers = {"files": len(files), "unpacked bytes": unpacked}
        found.warnings = member_warnings([one.name for one in members], unpacked=unpacked, packed=source.size)
        if any(one.issym() or one.islnk() for one in members):
            found.warnings.append("It holds links: unpack it with a program that refuses those that leave the folder.")
        if not whole:
            found.warnings.append("The list is not complete: reading on would have cost too much.")
        found.summary = f"Tar archive of {len(files):,} files, {unpacked:,} bytes unpacked"
        found.text = " ".join(member.path for member in found.members)[:20_000]
        return found


def _list(source: Source, place: int) -> tuple[list[tarfile.TarInfo], int, bool]:
    """``(members, bytes unpacked, whether all were listed)``."""
    members: list[tarfile.TarInfo] = []
    budget = Budget.of(source)
    total = 0
    try:
        with source.open() as raw:
            unpack: Any = _PACKED[place][1]
            stream: Any = raw if place < 0 else unpack(raw)
            limited = _Limited(stream, budget) if place >= 0 else stream
            with tarfile.open(fileobj=limited, mode="r|" if place >= 0 else "r:") as archive:
                for member in archive:
                    members.append(member)
                    archive.members = []  # type: ignore[attr-defined]
                    total += max(0, member.size)
                    if len(members) >= _MEMBERS or (place >= 0 and total > _UNPACKED) or budget.out_of_time:
                        return members, total, False
    except _OverBudgetError:
        return members, total, False
    except (tarfile.TarError, EOFError, OSError, zlib.error, lzma.LZMAError, ValueError) as error:
        after = f" after {members[-1].name[:200]}" if members else ""
        raise UnreadableFile(
            f"{source.name} is cut or damaged{after}: {error}.", hint="Fetch the file again, or make it again."
        ) from None
    return members, total, True


class _OverBudgetError(Exception):
    """Unpacking has cost what it may."""


class _Limited(io.RawIOBase):
    """A stream that stops when its budget is spent."""

    def __init__(self, stream: Any, budget: Budget) -> None:
        self._stream = stream
        self._budget = budget

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if size < 0 or not self._budget.spend(size):
            raise _OverBudgetError
        data: bytes = self._stream.read(size)
        return data
