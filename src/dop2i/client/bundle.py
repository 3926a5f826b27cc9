"""Many small files in one request: a tar stream of known length, made while it is sent."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterable, Iterator

from dop2i.client.localfiles import LocalFile
from dop2i.client.session import SEND_BLOCK
from dop2i.errors import Conflict

SMALL = 1 << 20
"""Files below this size travel in bundles, in bytes."""

BUNDLE_BYTES = 64_000_000
BUNDLE_FILES = 2000

_BLOCK = 512


def bundles(files: Iterable[LocalFile]) -> Iterator[list[LocalFile]]:
    """Groups of at most 2,000 files and about 64 MB."""
    group: list[LocalFile] = []
    held = 0
    for file in files:
        if group and (len(group) >= BUNDLE_FILES or held + file.size > BUNDLE_BYTES):
            yield group
            group, held = [], 0
        group.append(file)
        held += file.size
    if group:
        yield group


class TarStream:
    """What requests reads to send a bundle; ``len()`` is known before the first byte.

    Raises ``Conflict`` where a file is no longer what was announced.
    """

    def __init__(self, files: list[LocalFile], *, progress: Callable[[str, int], None] | None = None) -> None:
        self._heads = [_head(file) for file in files]
        self._length = sum(len(head) + _padded(file.size) for head, file in zip(self._heads, files, strict=True))
        self._length += 2 * _BLOCK
        self._parts = self._all_parts(files)
        self._left = b""
        self._tell = progress or (lambda key, count: None)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self.read(SEND_BLOCK), b"")

    def _all_parts(self, files: list[LocalFile]) -> Iterator[bytes]:
        for head, file in zip(self._heads, files, strict=True):
            file.require_unchanged()
            data = file.path.read_bytes()
            if len(data) != file.size:
                raise Conflict(f"{file.path} changed while it was being sent.", hint="Run it again.")
            yield head + data + b"\0" * (_padded(file.size) - file.size)
            self._tell(file.key, file.size)
        yield b"\0" * (2 * _BLOCK)

    def read(self, size: int = -1) -> bytes:
        """The next bytes of the tar file."""
        wanted = self._length if size is None or size < 0 else size
        pieces = [self._left]
        held = len(self._left)
        while held < wanted:
            part = next(self._parts, b"")
            if not part:
                break
            pieces.append(part)
            held += len(part)
        joined = b"".join(pieces)
        self._left = joined[wanted:]
        return joined[:wanted]


def _head(file: LocalFile) -> bytes:
    info = tarfile.TarInfo(file.key)
    info.size = file.size
    info.mode = 0o644
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def _padded(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK
