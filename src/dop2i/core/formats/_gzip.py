"""A gzip file unpacked as far as allowed, so that a reader sees the file within and a bomb stays small."""

from __future__ import annotations

import io
import tempfile
import zlib
from types import TracebackType

from dop2i.core.formats.base import Source
from dop2i.core.formats.limits import Budget
from dop2i.errors import UnreadableFile

MAGIC = b"\x1f\x8b\x08"
_IN_MEMORY = 64 * 2**20
_PIECE = 2**20


def beginning(head: bytes, *, length: int = 80) -> bytes:
    """The first bytes of what is packed; empty when it is no gzip."""
    if not head.startswith(MAGIC):
        return b""
    try:
        return zlib.decompressobj(31).decompress(head, length)
    except zlib.error:
        return b""


class UnpackedSource:
    """The unpacked content as a source: in memory up to 64 MiB, beyond in a temporary file.

    ``complete`` tells whether all of it was unpacked: at most the bytes that ``budget`` has are. Raises
    ``UnreadableFile`` when nothing at all can be unpacked; damage further on leaves what came before, and ``damage``.
    """

    local_path: str | None = None

    def __init__(self, source: Source, budget: Budget) -> None:
        self.name = source.name
        self.budget = budget
        self.size = 0
        self.complete = False
        self.damage = ""
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed by close()
        self._unpack(source)
        if not self.size:
            self.close()
            raise UnreadableFile(f"{source.name} cannot be unpacked: {self.damage or 'it is empty'}.")

    def _unpack(self, source: Source) -> None:
        allowed = self.budget.bytes_left
        engine = zlib.decompressobj(31)
        with source.open() as packed:
            while not self.budget.out_of_time and self.size < allowed:
                piece = engine.unconsumed_tail or packed.read(_PIECE)
                if not piece:
                    self.complete = engine.eof
                    self.damage = "" if engine.eof else "the compressed data end too early"
                    return
                try:
                    content = engine.decompress(piece, _PIECE)
                except zlib.error as problem:
                    self.damage = f"the compressed data are damaged ({problem})"
                    return
                self._file.write(content)
                self.size += len(content)
                if engine.eof:
                    rest = engine.unused_data or packed.read(_PIECE)
                    if not rest.startswith(MAGIC):
                        self.complete = True
                        return
                    engine = zlib.decompressobj(31)
                    self._file.write(first := engine.decompress(rest, _PIECE))
                    self.size += len(first)

    def read_range(self, start: int, length: int) -> bytes:
        """At most ``length`` bytes from ``start``."""
        self._file.seek(start)
        return self._file.read(max(length, 0))

    def open(self) -> io.BufferedIOBase:
        """A new file object over all of it."""
        return io.BytesIO(self.read_range(0, self.size))

    def close(self) -> None:
        """Frees the memory or the temporary file."""
        self._file.close()

    def __enter__(self) -> UnpackedSource:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
