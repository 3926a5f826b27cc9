"""An archive without who its images are about: each DICOM member de-identified, every other member as it was.

The names of members stay: whoever wrote a name into a folder's name has to rename it.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from copy import copy
from pathlib import Path
from typing import Any, BinaryIO

from dop2i.core.ethics.archives import LARGEST_MEMBER, MOST_BYTES, MOST_MEMBERS
from dop2i.core.ethics.dicom import claims_dicom
from dop2i.errors import UnreadableFile

Clean = Callable[[str, bytes], bytes | None]
"""``clean(member, data)``: the member's bytes without who they are about, None where nothing has to be changed."""

_HEAD = 512
_PACKED = {b"\x1f\x8b": "gz", b"BZh": "bz2", b"\xfd7zXZ\0": "xz"}


def repack(source: Path, target: Path, *, name: str, clean: Clean) -> None:
    """Write ``target``, the archive ``source`` with its members cleaned.

    Raises ``UnreadableFile`` for what cannot be looked at (a member under a password, or larger than what is looked
    at and DICOM by its name) and for a damaged archive; nothing is left at ``target`` then.
    """
    work = _Repacking(name, clean)
    try:
        with source.open("rb") as old, target.open("wb") as new:
            head = old.read(_HEAD)
            old.seek(0)
            packing = next((word for magic, word in _PACKED.items() if head.startswith(magic)), "")
            if head.startswith(b"PK\x03\x04"):
                work.zip(old, new)
            elif packing and not _holds_tar(old, packing):
                work.packed(old, new, packing)
            else:
                work.tar(old, new, packing)
    except UnreadableFile:
        target.unlink(missing_ok=True)
        raise
    except Exception as error:
        target.unlink(missing_ok=True)
        reason = (str(error).splitlines() or [""])[0][:120] or type(error).__name__
        raise UnreadableFile(f"{name} cannot be unpacked and packed again: {reason}.") from error


def _opened(file: Any, packing: str) -> Any:
    openers: dict[str, Any] = {"gz": gzip.open, "bz2": bz2.open, "xz": lzma.open}
    return openers[packing](file, "rb")


def _holds_tar(file: BinaryIO, packing: str) -> bool:
    with _opened(file, packing) as unpacked:
        head = unpacked.read(_HEAD)
    file.seek(0)
    return bool(head[257:262] == b"ustar")


class _Repacking:
    """One archive under work; no more is unpacked than a scan would look at."""

    def __init__(self, name: str, clean: Clean) -> None:
        self.name, self.clean = name, clean
        self.bytes_left, self.members_left = MOST_BYTES, MOST_MEMBERS

    def made(self, member: str, file: BinaryIO) -> bytes | None:
        """The bytes of a member, cleaned; None for a large one that is no DICOM, which is copied as it is."""
        data = file.read(LARGEST_MEMBER + 1)
        self.members_left -= 1
        self._count(len(data))
        if len(data) > LARGEST_MEMBER:
            if claims_dicom(member, data[:_HEAD]):
                raise UnreadableFile(f"{member} in {self.name} is too large to be de-identified here.")
            return None
        cleaned = self.clean(member, data)
        return data if cleaned is None else cleaned

    def _count(self, unpacked: int) -> None:
        self.bytes_left -= unpacked
        if self.members_left < 0 or self.bytes_left < 0:
            raise UnreadableFile(f"{self.name} holds more than what is looked at.", hint="Divide it into several.")

    def zip(self, source: BinaryIO, target: BinaryIO) -> None:
        """A ZIP archive, each member packed as it was."""
        with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
            for member in old.infolist():
                if member.flag_bits & 1:
                    raise UnreadableFile(f"{member.filename} in {self.name} is under a password: it stays unread.")
                kept = zipfile.ZipInfo(member.filename, member.date_time)
                kept.compress_type, kept.external_attr = member.compress_type, member.external_attr
                if member.is_dir():
                    new.writestr(kept, b"")
                    continue
                with old.open(member) as file:
                    data = self.made(member.filename, file)  # type: ignore[arg-type]
                if data is not None:
                    new.writestr(kept, data)
                    continue
                with old.open(member) as file, new.open(kept, "w", force_zip64=True) as written:
                    while piece := file.read(1 << 20):
                        self._count(len(piece))
                        written.write(piece)

    def tar(self, source: BinaryIO, target: BinaryIO, packing: str) -> None:
        """A tar archive, packed as a whole as it was."""
        written: Any = f"w|{packing}"
        with tarfile.open(fileobj=source, mode="r:*") as old, tarfile.open(fileobj=target, mode=written) as new:
            for member in old:
                kept = copy(member)
                kept.pax_headers = {}
                opened = old.extractfile(member) if member.isreg() else None
                if opened is None:
                    new.addfile(kept)
                    continue
                kept.type = tarfile.REGTYPE
                data = self.made(member.name, opened)  # type: ignore[arg-type]
                if data is None:
                    self._count(member.size)
                    opened.seek(0)
                    new.addfile(kept, opened)
                else:
                    kept.size = len(data)
                    new.addfile(kept, io.BytesIO(data))

    def packed(self, source: BinaryIO, target: BinaryIO, packing: str) -> None:
        """One file that is compressed."""
        with _opened(source, packing) as file:
            data = self.made(self.name, file)
        if data is None:
            raise UnreadableFile(f"{self.name} is too large to be de-identified here.")
        packers: dict[str, Callable[[bytes], bytes]] = {
            "gz": lambda plain: gzip.compress(plain, mtime=0),
            "bz2": bz2.compress,
            "xz": lzma.compress,
        }
        target.write(packers[packing](data))
