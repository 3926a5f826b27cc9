"""Of a large source, records are mapped by another process while the harvest keeps those before."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest
from oai_server import OaiServer, Record

from dop2i.core.mappings import Mapped
from dop2i.server.fetching import Fetcher, SourceAway
from dop2i.server.harvests import keeping, reading
from dop2i.server.harvests.documents import Place, entry_document
from dop2i.server.harvests.reading import Batch, Read, Reader
from dop2i.server.harvests.sources import SOURCES
from dop2i.server.harvests.sources.base import Order, Page, Raw, Source

pytestmark = pytest.mark.usefixtures("instance")


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process is worth its start from the second batch on, and all waits for it."""
    monkeypatch.setattr(Reader, "many", 50)
    monkeypatch.setattr(reading, "cores", lambda: 2)
    monkeypatch.setattr(Reader, "is_ready", lambda reader: reader.pool is not None)


def raws(first: int, count: int = 100) -> list[Raw]:
    """Records as an OAI-PMH server gives them."""
    space = '<record xmlns="http://www.openarchives.org/OAI/2.0/">'
    records = [Record(number, "2026-01-01T00:00:00Z") for number in range(first, first + count)]
    return [
        Raw(record.identifier, record.xml("oai_dc").replace("<record>", space, 1).encode(), "application/xml")
        for record in records
    ]


def read(batches: Iterator[Batch], source: Source | None = None, **known: str) -> Iterator[list[Read]]:
    """What the reader gives for each batch."""
    order = Order(address="https://example.org/oai", fetcher=Fetcher())
    with Reader(source or SOURCES["oai-pmh"], order, Place("zoo")) as reader:
        for _batch, reads in reader.read(batches, lambda raws: known):
            yield reads


def test_what_another_process_maps_is_what_this_one_would(harvest: Callable[..., Any], entries: Any) -> None:
    with OaiServer.of(300, page=60).running() as server:
        run = harvest("zoo", kind="oai-pmh", address=server.url, options={"format": "oai_dc"})
        again = harvest("zoo", kind="oai-pmh", address=server.url)
    assert (run.seen, run.added, run.failed) == (300, 300, 0)
    assert (again.changed, again.failed) == (0, 0)
    from dop2i.server.harvests.models import Item

    found = entries("zoo")
    for item in Item.objects.filter(identifier__in=["oai:example.org:1", "oai:example.org:299"]):
        mapped = keeping.mapped_of(item)
        assert found[item.key] == entry_document(item, mapped, item.harvest), "both ways to a document give the same"
        assert keeping.raw_of(item).startswith(b"<record")


def test_batches_come_in_their_order_and_before_the_fault_that_follows_them() -> None:
    def batches() -> Iterator[Batch]:
        for place in range(5):
            yield Batch(raws(1 + 100 * place), {"place": place})
        raise SourceAway("The source does not answer.")

    seen = []
    with pytest.raises(SourceAway):
        seen.extend(reads[0].raw.identifier for reads in read(batches()))
    assert seen == [f"oai:example.org:{1 + 100 * place}" for place in range(5)]


def test_a_record_that_comes_twice_in_batches_read_ahead_is_one_that_has_not_changed(
    harvest: Callable[..., Any],
) -> None:
    server = OaiServer.of(250, page=50)
    server.records.append(server.records[199])
    with server.running():
        run = harvest("zoo", kind="oai-pmh", address=server.url, options={"format": "oai_dc"})
    assert (run.seen, run.added, run.changed, run.unchanged) == (251, 250, 0, 1)


def test_a_broken_record_says_why_whoever_reads_it() -> None:
    broken = [Batch([*raws(1), Raw("odd", b"<record><header/>", "application/xml"), Raw("empty")], {}) for _ in "123"]
    for reads in read(iter(broken)):
        told = {one.raw.identifier: one.problem for one in reads if one.problem}
        assert set(told) == {"odd", "empty"}
        assert sum(one.made is not None for one in reads) == 100
        assert all(one.packed for one in reads if one.raw.identifier != "empty"), "what is broken can be looked at"


def test_the_next_batch_is_fetched_while_one_is_worked_on() -> None:
    asked = threading.Event()

    def batches() -> Iterator[Batch]:
        yield Batch(raws(1, 3), {})
        asked.set()
        yield Batch(raws(4, 3), {})

    found = read(batches())
    next(found)
    assert asked.wait(30), "the second was asked for before anybody wanted it"
    assert len(list(found)) == 1


def test_a_harvest_that_waits_for_its_source_still_listens() -> None:
    class Stopped(Exception):
        """The operator pauses the harvest."""

    left = threading.Event()

    def batches() -> Iterator[Batch]:
        yield Batch(raws(1, 3), {})
        left.wait(60)

    def listen() -> None:
        raise Stopped

    order = Order(address="https://example.org/oai", fetcher=Fetcher())
    with (
        pytest.raises(Stopped),
        Reader(SOURCES["oai-pmh"], order, Place("zoo"), listen=listen, leave=left.set) as reader,
    ):
        list(reader.read(batches(), lambda raws: {}))
    assert left.is_set()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("harvest")], "nobody fetches on"


class Zoo(Source):
    """A source that only this process knows, as one of a test or of a notebook."""

    name = "zoo-of-this-test"
    label: ClassVar = {"en": "Zoo", "fr": "Zoo"}

    def pages(self, order: Order) -> Iterator[Page]:
        """None."""
        return iter(())

    def map(self, raw: Raw, order: Order) -> Mapped:
        """The animal."""
        return Mapped(metadata={"title": raw.identifier}).settled()


def test_a_source_that_other_processes_do_not_know_is_read_all_the_same() -> None:
    batches = [Batch([Raw(f"{place}-{number}", b"{}") for number in range(60)], {}) for place in range(3)]
    titles = [one.made.title for reads in read(iter(batches), Zoo()) for one in reads if one.made]
    assert len(titles) == 180


def test_what_is_known_is_not_read_again() -> None:
    first = raws(1, 3)
    known = {one.raw.identifier: one.fingerprint for one in reading.fingerprinted(raws(1, 2), known={})}
    found = next(read(iter([Batch(first, {})]), **known))
    assert [one.made is None for one in found] == [True, True, False]
    assert [bool(one.packed) for one in found] == [False, False, True]


def test_what_no_database_takes_is_left_out() -> None:
    odd = Mapped(metadata={"title": "A\0 title \ud800 of it"}, url="https://example.org/\0x", notes=["No\0te"])
    made = reading.made_of(odd.settled(), Place("zoo"), "zoo:1")
    assert (made.title, made.url) == ("A title ? of it", "https://example.org/x")
    assert "\\u0000" not in made.lasting
    assert not any("\0" in note for note in made.notes)
    assert made.lasting.encode()
