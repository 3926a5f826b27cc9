"""Every store keeps to the contract, against real servers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from dop2i.errors import InvalidInput, NotFound, NotPermitted, ServiceUnavailable
from dop2i.stores import STORES, Store, list_sources, open_source, store_for
from dop2i.stores._reading import BLOCK, BlockCache
from dop2i.stores.http import HttpStore
from dop2i.testing.stores import CONTENT, StoreConformance, StorePlace


class TestLocalStore(StoreConformance):
    @pytest.fixture
    def store(self) -> Store:
        return STORES["local"]

    @pytest.fixture
    def place(self, tmp_path: Path) -> StorePlace:
        return StorePlace(str(tmp_path))


class TestHttpStore(StoreConformance):
    @pytest.fixture
    def store(self) -> Iterator[Store]:
        store = HttpStore()
        yield store
        store.close()

    @pytest.fixture
    def place(self, web: ThreadingHTTPServer) -> StorePlace:
        return StorePlace(web.url, prepare=lambda path, content: web.files.update({path: content}))


class TestHttpStoreWithoutRanges(StoreConformance):
    """A server that ignores Range is read whole, and once."""

    @pytest.fixture
    def store(self) -> Iterator[Store]:
        store = HttpStore()
        yield store
        store.close()

    @pytest.fixture
    def place(self, web: ThreadingHTTPServer) -> StorePlace:
        return StorePlace(f"{web.url}/ignoring", prepare=lambda path, content: web.files.update({path: content}))


EVENTS = b"energy [GeV],hits\n1.5,10\n2.5,20\n"


def assert_described(address: str, capsys: Any) -> None:
    """``dop2i describe ADDRESS --json`` tells the table."""
    from dop2i.faces.cli.main import main

    main(["describe", address, "--json"], standalone_mode=False)
    found = json.loads(capsys.readouterr().out)
    described = found["files"][0] if "files" in found else found
    assert [column["name"].split(" ")[0] for column in described["tables"][0]["columns"]] == ["energy", "hits"]
    assert described["tables"][0]["rows"] == 2


@pytest.mark.outside
class TestS3Store(StoreConformance):
    @pytest.fixture
    def store(self, s3_bucket: str) -> Store:
        return STORES["s3"]

    @pytest.fixture
    def place(self, s3_bucket: str) -> StorePlace:
        return StorePlace(f"s3://{s3_bucket}/{uuid4().hex}")

    def test_a_browser_can_fetch_by_a_signed_address(self, store: Store, place: StorePlace) -> None:
        import requests

        address = self._fill(store, place, "signed.txt", b"for Chloe")
        assert requests.get(store.url(address, seconds=60), timeout=10).content == b"for Chloe"

    def test_a_file_there_is_described_on_the_command_line(self, store: Store, place: StorePlace, capsys: Any) -> None:
        assert_described(self._fill(store, place, "events.csv", EVENTS), capsys)


@pytest.mark.outside
class TestXrootdStore(StoreConformance):
    @pytest.fixture
    def store(self) -> Store:
        return STORES["xrootd"]

    @pytest.fixture
    def place(self, xrootd_root: str) -> StorePlace:
        return StorePlace(f"{xrootd_root}/{uuid4().hex}")

    def test_a_file_there_is_described_on_the_command_line(self, store: Store, place: StorePlace, capsys: Any) -> None:
        assert_described(self._fill(store, place, "events.csv", EVENTS), capsys)


def test_each_scheme_has_one_store() -> None:
    schemes = [scheme for store in STORES.values() for scheme in store.schemes]
    assert len(schemes) == len(set(schemes))
    assert {"file", "http", "https", "s3", "root"} <= set(schemes)


def test_an_unknown_scheme_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidInput, match=r"gopher.*Known are .*s3://"):
        store_for("gopher://example.org/x")


def test_a_path_with_nul_and_another_machine_are_refused() -> None:
    with pytest.raises(InvalidInput, match="NUL"):
        STORES["local"].size("a\0b")
    with pytest.raises(InvalidInput, match="another machine"):
        STORES["local"].size("file://elsewhere/x")


def test_chloe_opens_a_local_file_and_a_folder(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "x.txt").write_bytes(b"abc")
    assert open_source((tmp_path / "deep" / "x.txt").as_uri()).read_range(1, 9) == b"bc"
    assert [source.name for source in list_sources(str(tmp_path))] == ["deep/x.txt"]
    with pytest.raises(NotFound):
        open_source(str(tmp_path / "absent"))


def test_a_header_of_a_large_remote_file_costs_one_block(web: ThreadingHTTPServer) -> None:
    web.files["large.bin"] = bytes(40 * BLOCK)
    source = open_source(f"{web.url}/large.bin")
    web.asked.clear()
    for start in range(0, 4000, 100):
        source.read_range(start, 100)
    assert web.asked == [("large.bin", f"bytes=0-{BLOCK - 1}")]


def test_reading_on_asks_for_more_and_more(web: ThreadingHTTPServer) -> None:
    web.files["long.bin"] = CONTENT * 20
    source = open_source(f"{web.url}/long.bin")
    web.asked.clear()
    with source.open() as file:
        parts = iter(lambda: file.read(60_000), b"")
        assert b"".join(parts) == CONTENT * 20
    assert len(web.asked) < 15


def test_the_cache_forgets_the_oldest_blocks() -> None:
    content = bytes(1024) * 1024 * 40
    cache = BlockCache(lambda start, length: content[start : start + length], len(content))
    for start in range(0, len(content), BLOCK):
        assert len(cache.read(start, 10)) == 10
    assert len(cache._blocks) <= 128


def test_a_redirect_is_followed_and_a_loop_is_not(web: ThreadingHTTPServer) -> None:
    web.files["here.bin"] = b"found"
    assert open_source(f"{web.url}/moved").read_range(0, 10) == b"found"
    with pytest.raises(ServiceUnavailable, match="redirects"):
        open_source(f"{web.url}/loop")


def test_a_server_that_refuses_fails_or_lies_is_told_apart(web: ThreadingHTTPServer) -> None:
    store = HttpStore()
    with pytest.raises(NotPermitted):
        store.size(f"{web.url}/closed")
    with pytest.raises(ServiceUnavailable, match="500"):
        store.size(f"{web.url}/broken")
    with pytest.raises(ServiceUnavailable, match="another range"):
        store.get_range(f"{web.url}/liar", 0, 3)
    with pytest.raises(ServiceUnavailable):
        store.size("http://127.0.0.1:9/nobody")


def test_a_huge_file_of_a_server_without_ranges_is_refused(web: ThreadingHTTPServer) -> None:
    store = HttpStore()
    assert store.size(f"{web.url}/huge-ignoring") == 10**12
    with pytest.raises(ServiceUnavailable, match="range requests"):
        store.get_range(f"{web.url}/huge-ignoring", 10**11, 100)
