"""Members of archives: listed without unpacking, taken out one at a time, never under their own name on a disk."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from dop2i.core.formats.base import Source
from dop2i.core.formats.sources import LocalSource
from dop2i.core.formats.zip import check_directory
from dop2i.errors import LimitExceeded, NotFound, UnreadableFile

SEPARATOR = "!/"
"""Between a member and a member of it, where an archive lies in an archive: ``data.zip!/run/events.root``."""
LARGEST_MEMBER = 256 << 20
MOST_MEMBERS = 250_000
_DEEPEST = 3
_UNPACKED = 4 << 30
_PIECE = 1 << 20
_OPEN_FILES = Path("/proc/self/fd")
_PACKED = ((b"\x1f\x8b", gzip.open, ".gz"), (b"BZh", bz2.open, ".bz2"), (b"\xfd7zXZ\x00", lzma.open, ".xz"))
_DAMAGE = (zipfile.BadZipFile, tarfile.TarError, EOFError, OSError, zlib.error, lzma.LZMAError, ValueError,
           NotImplementedError, RuntimeError)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of an archive's directory; ``size`` is None for a folder, ``kind`` is file, folder or link."""

    path: str
    size: int | None
    kind: str = "file"


def entries(source: Source) -> Iterator[Entry]:
    """Every member in the order of the archive, at most 250,000. Raises ``UnreadableFile`` for a damaged one."""
    listing = {"zip": _zip_entries, "tar": _tar_entries}.get(_kind(source), _single_entry)
    with _told(source):
        for number, entry in enumerate(listing(source)):
            if number >= MOST_MEMBERS:
                raise LimitExceeded(f"{source.name} has more than {MOST_MEMBERS:,} members, too many to be listed.")
            yield entry


@contextmanager
def entered(source: Source, member: str) -> Iterator[Source]:
    """A member as a source of its own, unpacked to a nameless place for the time of the context.

    Raises ``NotFound`` where there is none of that name, ``LimitExceeded`` above 256 MiB unpacked.
    """
    names = member.split(SEPARATOR)
    if len(names) > _DEEPEST:
        raise LimitExceeded(
            f"{source.name}: archives within archives are entered {_DEEPEST} deep at most.", hint="Download it."
        )
    with _nameless() as (file, path):
        with _told(source):
            _unpack(source, names[0], file)
        file.flush()
        inner = LocalSource(path, name=names[0].replace("\\", "/").rstrip("/").rpartition("/")[2])
        if len(names) == 1:
            yield inner
        else:
            with entered(inner, SEPARATOR.join(names[1:])) as innermost:
                yield innermost


@contextmanager
def _nameless() -> Iterator[tuple[IO[bytes], str]]:
    """A file to write and the path by which this user's processes read it; nothing is left of it after a kill -9.

    Where the system does not show open files (it is no Linux), the file has a name until the end of the context.
    """
    if _OPEN_FILES.is_dir():
        with tempfile.TemporaryFile() as file:
            yield file, f"/proc/{os.getpid()}/fd/{file.fileno()}"
    else:
        with tempfile.NamedTemporaryFile(prefix="dop2i-member-") as named:
            yield named, named.name


def _kind(source: Source) -> str:
    head = source.read_range(0, 1024)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return "zip"
    if head[257:262] == b"ustar":
        return "tar"
    packing = _packing(head)
    if packing is None:
        return "zip" if source.name.lower().endswith(".zip") else "tar"
    named = source.name.lower().endswith((".tgz", ".tbz2", ".txz", f".tar{packing[2]}"))
    return "tar" if named else "single"


def _packing(head: bytes) -> tuple[bytes, Any, str] | None:
    return next((packing for packing in _PACKED if head.startswith(packing[0])), None)


@contextmanager
def _told(source: Source) -> Iterator[None]:
    """What the libraries say of damage, as a sentence."""
    try:
        yield
    except _DAMAGE as problem:
        said = " ".join(str(problem).split())[:200] or type(problem).__name__
        raise UnreadableFile(
            f"{source.name} is cut, damaged or protected: {said.rstrip('. ')}.", hint="Fetch the file again."
        ) from None


def _zip_entries(source: Source) -> Iterator[Entry]:
    check_directory(source)
    with source.open() as stream, zipfile.ZipFile(stream) as archive:
        for one in archive.infolist():
            yield Entry(one.filename, None if one.is_dir() else one.file_size, "folder" if one.is_dir() else "file")


def _tar_entries(source: Source) -> Iterator[Entry]:
    with _tar(source) as archive:
        for one in archive:
            archive.members = []
            kind = "file" if one.isfile() else "folder" if one.isdir() else "link"
            yield Entry(one.name, one.size if one.isfile() else None, kind)


@contextmanager
def _tar(source: Source) -> Iterator[Any]:
    """A tar archive to be read once from its beginning; a packed one unpacks at most 4 GiB."""
    packing = _packing(source.read_range(0, 8))
    with source.open() as raw:
        if packing is None:
            with tarfile.open(fileobj=raw, mode="r:") as archive:
                yield archive
        else:
            stream: Any = _Bounded(packing[1](raw), source.name)
            with tarfile.open(fileobj=stream, mode="r|") as archive:
                yield archive


class _Bounded(io.RawIOBase):
    """A stream that refuses to unpack without end."""

    def __init__(self, stream: Any, name: str) -> None:
        self._stream, self._name, self._left = stream, name, _UNPACKED

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Some bytes. Raises ``LimitExceeded`` after 4 GiB."""
        data: bytes = self._stream.read(min(size, _PIECE) if size >= 0 else _PIECE)
        self._left -= len(data)
        if self._left < 0:
            raise LimitExceeded(f"{self._name} unpacks to more than {_UNPACKED:,} bytes.", hint="Download it.")
        return data


def _single_entry(source: Source) -> Iterator[Entry]:
    yield Entry(_inner_name(source), None)


def _inner_name(source: Source) -> str:
    base = source.name.rpartition("/")[2]
    stem, dot, suffix = base.rpartition(".")
    return stem if dot and suffix.lower() in ("gz", "bz2", "xz", "gzip") else base


def _unpack(source: Source, name: str, into: Any) -> None:
    kind = _kind(source)
    if kind == "zip":
        check_directory(source)
        with source.open() as stream, zipfile.ZipFile(stream) as archive:
            try:
                info = archive.getinfo(name)
            except KeyError:
                raise _absent(source, name) from None
            if info.is_dir():
                raise _absent(source, name)
            _refuse_large(source, name, info.file_size)
            with archive.open(info) as content:
                _copy(content, into, source, name)
    elif kind == "tar":
        with _tar(source) as archive:
            for one in archive:
                archive.members = []
                if one.name == name and one.isfile():
                    _refuse_large(source, name, one.size)
                    _copy(archive.extractfile(one), into, source, name)
                    return
        raise _absent(source, name)
    else:
        packing = _packing(source.read_range(0, 8))
        if packing is None or name != _inner_name(source):
            raise _absent(source, name)
        with source.open() as raw, packing[1](raw) as content:
            _copy(content, into, source, name)


def _copy(content: Any, into: Any, source: Source, name: str) -> None:
    left = LARGEST_MEMBER
    while piece := content.read(_PIECE):
        left -= len(piece)
        if left < 0:
            _refuse_large(source, name, LARGEST_MEMBER + 1)
        into.write(piece)


def _refuse_large(source: Source, name: str, size: int) -> None:
    if size > LARGEST_MEMBER:
        raise LimitExceeded(
            f"{name[:200]} in {source.name} unpacks to more than {LARGEST_MEMBER:,} bytes, too many to look into here.",
            hint="Download the archive.",
        )


def _absent(source: Source, name: str) -> NotFound:
    return NotFound(f"{source.name} has no file {name[:200]!r} within.")
