"""Files to describe that lie on this machine or in memory; ``stores`` makes those that lie elsewhere."""

from __future__ import annotations

import io
from pathlib import Path


class LocalSource:
    """A file on this machine. ``name`` is what evidence shows (by default the file's own name).

    Raises ``OSError`` when the file cannot be read.
    """

    def __init__(self, path: str | Path, name: str | None = None) -> None:
        self.path = Path(path)
        self.name = self.path.name if name is None else name
        self.size = self.path.stat().st_size
        self.local_path: str | None = str(self.path)

    def read_range(self, start: int, length: int) -> bytes:
        """At most ``length`` bytes from ``start``; fewer only at the end of the file."""
        if length <= 0:
            return b""
        with self.path.open("rb") as file:
            file.seek(start)
            return file.read(length)

    def open(self) -> io.BufferedIOBase:
        """A new seekable binary file object over the same bytes."""
        return self.path.open("rb")

    def __repr__(self) -> str:
        return f"LocalSource({str(self.path)!r})"


class BytesSource:
    """A file held in memory: a member of an archive, an upload of a test."""

    local_path: str | None = None

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        self.data = data
        self.size = len(data)

    def read_range(self, start: int, length: int) -> bytes:
        """At most ``length`` bytes from ``start``; fewer only at the end of the data."""
        return self.data[start : start + max(length, 0)]

    def open(self) -> io.BufferedIOBase:
        """A new seekable binary file object over the same bytes."""
        return io.BytesIO(self.data)

    def __repr__(self) -> str:
        return f"BytesSource({self.name!r}, {self.size} bytes)"
