"""ZIP archives: what is in them, without unpacking anything."""

from __future__ import annotations

import zipfile
from typing import ClassVar

from dop2i.core.formats import _metadata as md
from dop2i.core.formats._text import base_name
from dop2i.core.formats.base import Description, FormatReader, Member, Source
from dop2i.errors import LimitExceeded, UnreadableFile

_LISTED = 2000
_DIRECTORY = 64 << 20
_RATIO = 200
_OFFICE = {
    ".docx": "Word document", ".xlsx": "Excel workbook", ".pptx": "PowerPoint presentation", ".odt": "text document",
    ".ods": "spreadsheet", ".odp": "presentation", ".jar": "Java archive", ".whl": "Python wheel", ".epub": "book",
}  # fmt: skip


class ZipReader(FormatReader):
    """ZIP and what is built on it (office documents, wheels); only the directory at the end is read."""

    name = "zip"
    label: ClassVar = {"en": "ZIP archive", "fr": "Archive ZIP"}
    media_types = ("application/zip",)
    suffixes = (".zip", *_OFFICE)
    rank = 70

    def recognises(self, name: str, head: bytes) -> float:
        named = base_name(name).endswith(self.suffixes)
        if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
            return 0.8 if named else 0.7
        return 0.3 if named else 0.0

    def describe(self, source: Source) -> Description:
        found = md.begin(self, source)
        check_directory(source)
        try:
            with source.open() as stream, zipfile.ZipFile(stream) as archive:
                members = archive.infolist()
        except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError, UnicodeDecodeError) as error:
            raise UnreadableFile(
                f"{source.name} is cut or damaged: {error}.", hint="Fetch the file again, or make the archive again."
            ) from None
        unpacked = sum(member.file_size for member in members)
        count = sum(1 for member in members if not member.is_dir())
        found.members = [
            Member(
                safe_path(one.filename), None if one.is_dir() else one.file_size, "folder" if one.is_dir() else "file"
            )
            for one in members[:_LISTED]
        ]
        found.headers = {"files": count, "unpacked bytes": unpacked}
        found.warnings = member_warnings([one.filename for one in members], unpacked=unpacked, packed=source.size)
        suffix = next((end for end in _OFFICE if base_name(source.name).endswith(end)), "")
        found.summary = f"{_OFFICE.get(suffix, 'ZIP archive')} of {count:,} files, {unpacked:,} bytes unpacked"
        found.text = " ".join(member.path for member in found.members)[:20_000]
        return found


def check_directory(source: Source) -> None:
    """Refuses a directory that would take much memory, before the library reads it."""
    end = source.read_range(max(0, source.size - 66_000), 66_000)
    place = end.rfind(b"PK\x05\x06")
    if place < 0 or len(end) < place + 20:
        raise UnreadableFile(
            f"{source.name} has no directory at its end, so it is no whole ZIP archive.",
            hint="The file is cut: fetch it again.",
        )
    size = int.from_bytes(end[place + 12 : place + 16], "little")
    if size > _DIRECTORY and size != 0xFFFFFFFF:
        raise LimitExceeded(f"The directory of {source.name} has {size:,} bytes, too many to be listed.")


def safe_path(path: str) -> str:
    """A member's name as it may be shown: bounded, without control characters."""
    shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in path[:500])
    return shown.encode("utf-8", "replace").decode("utf-8")


def member_warnings(paths: list[str], *, unpacked: int, packed: int) -> list[str]:
    """What a careful person wants to know before unpacking an archive."""
    found = []
    if any(path.startswith(("/", "\\")) or ".." in path.replace("\\", "/").split("/") for path in paths):
        found.append("Some names lead out of the folder (absolute, or with ..): unpack it with care.")
    if unpacked > _RATIO * max(packed, 1) and unpacked > 100 << 20:
        found.append(
            f"It unpacks to {unpacked:,} bytes, {unpacked // max(packed, 1):,} times its size: it may be a bomb."
        )
    if len(paths) > _LISTED:
        found.append(f"Only the first {_LISTED:,} of {len(paths):,} members are listed.")
    return found
