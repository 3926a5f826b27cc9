"""The contract of a store: where bytes live. One module a store in ``stores/``."""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, ClassVar

from dop2i.core.formats.base import Source


@dataclass(frozen=True, slots=True)
class Entry:
    """One object of a store: its address, its path below what was listed, its size in bytes."""

    address: str
    path: str
    size: int


class Store(ABC):
    """Reads, and where ``writable``, writes objects by address (``file:///…``, ``s3://bucket/key``, ``root://…``).

    ``schemes`` are the address schemes it answers for. Every method raises ``NotFound`` for an absent object,
    ``NotPermitted`` where the other side refuses, ``ServiceUnavailable`` when it does not answer, ``StorageFull``
    when there is no room, ``InvalidInput`` for an address that it cannot understand or a write that it cannot do.
    """

    name: ClassVar[str] = ""
    schemes: ClassVar[tuple[str, ...]] = ()
    writable: ClassVar[bool] = False

    @abstractmethod
    def size(self, address: str) -> int:
        """Size of the object in bytes."""

    @abstractmethod
    def get_range(self, address: str, start: int, length: int) -> bytes:
        """At most ``length`` bytes from ``start``; fewer only at the end."""

    @abstractmethod
    def list(self, address: str) -> Iterator[Entry]:
        """Every object below the address, in order of path; the object itself where the address is one."""

    @abstractmethod
    def put(self, address: str, content: BinaryIO) -> int:
        """Writes all of ``content``, whole or not at all; returns its size in bytes."""

    @abstractmethod
    def delete(self, address: str) -> None:
        """Removes the object; absent is an error (``NotFound``)."""

    @abstractmethod
    def checksum(self, address: str, algorithm: str) -> str:
        """Hexadecimal digest (``sha256``, ``md5``, ``adler32``); asks the other side where it knows it, else reads."""

    def source(self, address: str) -> Source:
        """The object as a ``Source``: read by range through a small cache of blocks."""
        from dop2i.stores._reading import RangeSource

        return RangeSource(self, address)

    def open(self, address: str) -> io.BufferedIOBase:
        """A seekable binary file object that reads by range."""
        return self.source(address).open()

    def url(self, address: str, *, seconds: int = 3600) -> str | None:
        """An address a browser can fetch directly for that long, or None where the store has none."""
        return None
