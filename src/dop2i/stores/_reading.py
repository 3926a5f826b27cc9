"""Reading by range through a small cache of blocks: what every remote store shares."""

from __future__ import annotations

import hashlib
import io
import threading
import zlib
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from dop2i.errors import InvalidInput

if TYPE_CHECKING:
    from dop2i.stores.base import Store

BLOCK = 128 * 1024
"""Bytes of one cached block: a header costs one request, its neighbours none."""

BLOCKS_KEPT = 128
"""Blocks kept (16 MiB); the least recently used goes first."""

AHEAD_LIMIT = 16
"""At most so many blocks are read ahead of somebody who reads on."""


class BlockCache:
    """Answers ``read(start, length)`` from blocks, fetching what is missing in as few requests as possible.

    Reading on from where the last fetch ended doubles the read-ahead, up to 2 MiB; a jump resets it. A read larger
    than half the cache goes past it. Safe for several threads.
    """

    def __init__(self, fetch: Callable[[int, int], bytes], size: int) -> None:
        self._fetch = fetch
        self._size = size
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._lock = threading.RLock()
        self._next = -1
        self._ahead = 1

    def read(self, start: int, length: int) -> bytes:
        """At most ``length`` bytes from ``start``; fewer only at the end."""
        stop = min(start + max(length, 0), self._size)
        if start < 0 or start >= stop:
            return b""
        if stop - start > BLOCK * BLOCKS_KEPT // 2:
            return self._fetch(start, stop - start)
        with self._lock:
            first, last = start // BLOCK, (stop - 1) // BLOCK
            parts = self._gather(first, last)
        joined = parts[0] if len(parts) == 1 else b"".join(parts)
        offset = start - first * BLOCK
        return joined[offset : offset + stop - start]

    def _gather(self, first: int, last: int) -> list[bytes]:
        parts: list[bytes] = []
        number = first
        while number <= last:
            block = self._blocks.get(number)
            if block is not None:
                self._blocks.move_to_end(number)
                parts.append(block)
                number += 1
                continue
            upto = number
            while upto < last and upto + 1 not in self._blocks:
                upto += 1
            fetched = self._fetch_blocks(number, upto, reading_on=number == self._next and upto == last)
            parts.extend(fetched[: upto - number + 1])
            number = upto + 1
        return parts

    def _fetch_blocks(self, first: int, last: int, *, reading_on: bool) -> list[bytes]:
        self._ahead = min(self._ahead * 2, AHEAD_LIMIT) if reading_on else 1
        last = max(last, first + self._ahead - 1)
        start, stop = first * BLOCK, min((last + 1) * BLOCK, self._size)
        content = self._fetch(start, stop - start)
        blocks = [content[at : at + BLOCK] for at in range(0, len(content), BLOCK)]
        for number, block in enumerate(blocks, start=first):
            self._blocks[number] = block
        while len(self._blocks) > BLOCKS_KEPT:
            self._blocks.popitem(last=False)
        self._next = first + len(blocks)
        return blocks


class RangeFile(io.BufferedIOBase):
    """A seekable, read-only file object over ``read_range(start, length)``, as uproot, h5py and astropy want it."""

    def __init__(self, read_range: Callable[[int, int], bytes], size: int, *, name: str = "") -> None:
        super().__init__()
        self._read_range = read_range
        self._size = size
        self._position = 0
        self.name = name

    @property
    def size(self) -> int:
        """Bytes in all."""
        return self._size

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError(f"There is nothing before the beginning of {self.name}.")
        self._position = base + offset
        return self._position

    def read(self, size: int | None = -1, /) -> bytes:
        if self.closed:
            raise ValueError("The file is closed.")
        left = max(self._size - self._position, 0)
        wanted = left if size is None or size < 0 else min(size, left)
        data = self._read_range(self._position, wanted) if wanted else b""
        self._position += len(data)
        return data

    def read1(self, size: int = -1, /) -> bytes:
        return self.read(BLOCK if size < 0 else size)

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        view = memoryview(buffer).cast("B")
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)

    def readinto1(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        return self.readinto(buffer)

    def readline(self, size: int | None = -1, /) -> bytes:
        limit = self._size if size is None or size < 0 else size
        line = bytearray()
        while len(line) < limit:
            piece = self._read_range(self._position, min(8192, limit - len(line)))
            if not piece:
                break
            cut = piece.find(b"\n") + 1
            line += piece[:cut] if cut else piece
            self._position += cut or len(piece)
            if cut:
                break
        return bytes(line)


class RangeSource:
    """An object of a store as a ``Source``: a 100 GB remote file is described for kilobytes."""

    local_path: str | None = None

    def __init__(self, store: Store, address: str, *, name: str = "", size: int | None = None) -> None:
        self.address = address
        self.name = name or unquote(urlsplit(address).path.rstrip("/").rsplit("/", 1)[-1]) or address
        self.size = store.size(address) if size is None else size
        self._cache = BlockCache(lambda start, length: store.get_range(address, start, length), self.size)

    def read_range(self, start: int, length: int) -> bytes:
        """At most ``length`` bytes from ``start``; fewer only at the end of the file."""
        return self._cache.read(start, length)

    def open(self) -> io.BufferedIOBase:
        """A new seekable file object over the same bytes and the same cache."""
        return RangeFile(self.read_range, self.size, name=self.name)


def digest_by_reading(store: Store, address: str, algorithm: str) -> str:
    """The hexadecimal digest of a whole object, read in pieces of 1 MiB; ``adler32`` has 8 digits."""
    size, position, piece = store.size(address), 0, 1024 * 1024
    if algorithm == "adler32":
        value = 1
        while position < size:
            data = store.get_range(address, position, piece)
            value = zlib.adler32(data, value)
            position += len(data) or size
        return f"{value:08x}"
    try:
        digest = hashlib.new(algorithm, usedforsecurity=False)
    except ValueError:
        raise InvalidInput(f"No checksum is called {algorithm!r}.", hint="Known are sha256, md5 and adler32.") from None
    while position < size:
        data = store.get_range(address, position, piece)
        digest.update(data)
        position += len(data) or size
    return digest.hexdigest()
