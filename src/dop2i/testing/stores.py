# ruff: noqa: S101 - these are tests that others run
"""The conformance tests of a store: subclass :class:`StoreConformance` in your own test suite.

::

    class TestMyStore(StoreConformance):
        @pytest.fixture
        def store(self): return MyStore()

        @pytest.fixture
        def place(self): return StorePlace("mine://bucket/folder")

A store that cannot write is given its objects by ``StorePlace.prepare``.
"""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from dop2i.core.formats.base import Source
from dop2i.errors import Dop2iError, InvalidInput, NotFound
from dop2i.stores.base import Store

CONTENT = bytes(range(256)) * 2048 + b"the end"
"""Half a MiB and an odd end: more than one block of the cache."""


@dataclass
class StorePlace:
    """A folder of the store in which the tests may write; ``prepare(path, content)`` stands in where they may not."""

    root: str
    prepare: Callable[[str, bytes], None] | None = None

    def address(self, path: str) -> str:
        """The address of ``path`` in this place."""
        return f"{self.root.rstrip('/')}/{path}"


class _Broken(io.RawIOBase):
    """Content whose origin fails half-way."""

    def __init__(self) -> None:
        super().__init__()
        self._left = 3

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        self._left -= 1
        if self._left < 0:
            raise OSError("the origin broke off")
        view = memoryview(buffer).cast("B")
        view[:] = b"x" * len(view)
        return len(view)


class StoreConformance:
    """What every store keeps to. The fixtures ``store`` and ``place`` come from the subclass."""

    @pytest.fixture
    def store(self) -> Store:
        raise NotImplementedError("a subclass gives the store")

    @pytest.fixture
    def place(self) -> StorePlace:
        raise NotImplementedError("a subclass gives the place")

    def _fill(self, store: Store, place: StorePlace, path: str, content: bytes) -> str:
        if place.prepare is not None:
            place.prepare(path, content)
        else:
            assert store.put(place.address(path), io.BytesIO(content)) == len(content)
        return place.address(path)

    def test_it_says_what_it_is(self, store: Store) -> None:
        assert store.name
        assert store.schemes

    def test_alice_reads_back_what_she_wrote(self, store: Store, place: StorePlace) -> None:
        address = self._fill(store, place, "run 1/événements.bin", CONTENT)
        assert store.size(address) == len(CONTENT)
        assert store.get_range(address, 0, len(CONTENT)) == CONTENT

    @pytest.mark.parametrize(
        ("start", "length"),
        [(0, 0), (0, 1), (255, 3), (131_071, 2), (524_288, 100), (524_294, 1), (524_295, 5), (10**9, 1)],
    )
    def test_chloe_reads_a_range(self, store: Store, place: StorePlace, start: int, length: int) -> None:
        address = self._fill(store, place, "ranges.bin", CONTENT)
        assert store.get_range(address, start, length) == CONTENT[start : start + length]

    def test_an_empty_file_is_a_file(self, store: Store, place: StorePlace) -> None:
        address = self._fill(store, place, "empty", b"")
        assert store.size(address) == 0
        assert store.get_range(address, 0, 10) == b""
        with store.open(address) as file:
            assert file.read() == b""

    def test_what_is_absent_is_not_found(self, store: Store, place: StorePlace) -> None:
        self._fill(store, place, "here", b"x")
        address = place.address("not here")
        with pytest.raises(NotFound):
            store.size(address)
        with pytest.raises(NotFound):
            store.get_range(address, 0, 1)
        with pytest.raises(NotFound):
            store.open(address)
        with pytest.raises(NotFound):
            list(store.list(place.address("no folder either")))

    def test_open_gives_a_seekable_file(self, store: Store, place: StorePlace) -> None:
        address = self._fill(store, place, "seek.bin", CONTENT)
        with store.open(address) as file:
            assert file.seekable()
            assert file.readable()
            assert file.seek(-7, io.SEEK_END) == len(CONTENT) - 7
            assert file.read() == b"the end"
            assert file.read(1) == b""
            file.seek(256)
            buffer = bytearray(300)
            assert file.readinto(buffer) == 300
            assert bytes(buffer) == CONTENT[256:556]
            file.seek(100, io.SEEK_CUR)
            assert file.tell() == 656

    def test_a_source_reads_the_same(self, store: Store, place: StorePlace) -> None:
        source = store.source(self._fill(store, place, "source.bin", CONTENT))
        assert isinstance(source, Source)
        assert source.name == "source.bin"
        assert source.size == len(CONTENT)
        for start, length in [(0, 4), (131_070, 5), (524_000, 9999), (0, 600_000), (400_000, 200_000)]:
            assert source.read_range(start, length) == CONTENT[start : start + length]

    def test_list_names_everything_in_order(self, store: Store, place: StorePlace) -> None:
        if not store.writable:
            pytest.skip(f"{store.name} has no listing")
        for path in ("tree/b.txt", "tree/a/2.txt", "tree/a/1.txt"):
            self._fill(store, place, path, path.encode())
        entries = list(store.list(place.address("tree")))
        assert [entry.path for entry in entries] == ["a/1.txt", "a/2.txt", "b.txt"]
        assert [entry.size for entry in entries] == [12, 12, 10]
        for entry in entries:
            assert store.get_range(entry.address, 0, 100) == b"tree/" + entry.path.encode()

    def test_list_of_one_object_is_that_object(self, store: Store, place: StorePlace) -> None:
        address = self._fill(store, place, "single/one.txt", b"1")
        assert [(entry.path, entry.size) for entry in store.list(address)] == [("one.txt", 1)]

    def test_checksums_are_those_of_the_content(self, store: Store, place: StorePlace) -> None:
        address = self._fill(store, place, "sums.bin", CONTENT)
        assert store.checksum(address, "sha256") == hashlib.sha256(CONTENT).hexdigest()
        assert store.checksum(address, "md5") == hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
        assert store.checksum(address, "adler32") == f"{zlib.adler32(CONTENT):08x}"
        with pytest.raises(InvalidInput):
            store.checksum(address, "no-such-digest")

    def test_putting_again_replaces(self, store: Store, place: StorePlace) -> None:
        self._needs_writing(store)
        address = self._fill(store, place, "again", b"first and longer")
        self._fill(store, place, "again", b"second")
        assert store.get_range(address, 0, 100) == b"second"
        assert store.size(address) == 6

    def test_a_write_that_breaks_off_leaves_nothing(self, store: Store, place: StorePlace) -> None:
        self._needs_writing(store)
        address = self._fill(store, place, "kept/whole", b"before")
        with pytest.raises((OSError, Dop2iError)):
            store.put(address, io.BufferedReader(_Broken()))
        with pytest.raises((OSError, Dop2iError)):
            store.put(place.address("kept/never"), io.BufferedReader(_Broken()))
        assert store.get_range(address, 0, 100) == b"before"
        assert [entry.path for entry in store.list(place.address("kept"))] == ["whole"]

    def test_what_is_deleted_is_gone(self, store: Store, place: StorePlace) -> None:
        self._needs_writing(store)
        address = self._fill(store, place, "gone", b"x")
        store.delete(address)
        with pytest.raises(NotFound):
            store.size(address)
        with pytest.raises(NotFound):
            store.delete(address)

    def test_a_store_that_cannot_write_says_so(self, store: Store, place: StorePlace) -> None:
        if store.writable:
            pytest.skip(f"{store.name} can write")
        with pytest.raises(InvalidInput):
            store.put(place.address("new"), io.BytesIO(b"x"))
        with pytest.raises(InvalidInput):
            store.delete(place.address("new"))

    @staticmethod
    def _needs_writing(store: Store) -> None:
        if not store.writable:
            pytest.skip(f"{store.name} cannot write")
