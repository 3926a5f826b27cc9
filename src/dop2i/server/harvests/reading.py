"""From raw records to mapped ones, in a process of its own once there are many: mapping and keeping take turns as long.

A thread fetches the next batch meanwhile. Knows no Django. What is read ahead is kept in the order of the source, and
what came before a fault of the source is kept before the fault is told.
"""

from __future__ import annotations

import hashlib
import logging
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from dop2i.core.mappings import Mapped
from dop2i.errors import UnreadableFile
from dop2i.server.harvests.documents import Place, lasting_part
from dop2i.server.harvests.identities import identities_of
from dop2i.server.harvests.sources import SOURCES
from dop2i.server.harvests.sources.base import Order, Raw, Source
from dop2i.server.pools import cores, other_processes

logger = logging.getLogger("dop2i.harvests")

LARGEST_RAW = 20 << 20
MOST_IDENTITIES = 20
MANY = 2_000
"""After so many mapped records another process is worth its start."""
AHEAD = 4
"""So many batches wait for the other process: one that takes it longer keeps nobody idle."""
LISTEN = 0.5


class Made(NamedTuple):
    """What a record became, as little as its tables need: mapping it has cost enough, and this travels.

    ``lasting`` is JSON, the part of the entry's document that the record alone decides; ``about`` what of it the
    catalogue counts by.
    """

    key: str
    title: str
    url: str
    text: str
    notes: list[str]
    identities: list[str]
    lasting: str
    about: dict[str, Any]


@dataclass(slots=True)
class Read:
    """A record that was read outside of the transaction: what it became, or why nothing.

    Of one that is ``known`` as it stands, nothing is done again.
    """

    raw: Raw
    fingerprint: str
    known: bool = False
    made: Made | None = None
    packed: bytes = b""
    problem: str = ""


@dataclass(slots=True)
class Batch:
    """Some records of a source, with what it said beside them and the cursor behind them."""

    raws: list[Raw]
    cursor: dict[str, Any]
    total: int | None = None


Known = Callable[[list[Raw]], dict[str, str]]
"""The fingerprints of those of some records that are kept already, by identifier."""


class Ahead:
    """The batches of a source: while one is worked on, a thread fetches the next, and only that one.

    Meanwhile ``listen`` is called twice a second; what it raises ends the wait.
    """

    def __init__(self, batches: Iterator[Batch], listen: Callable[[], None]) -> None:
        self.batches = batches
        self.listen = listen
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="harvest")
        self.coming = self.thread.submit(next, batches, None)

    def take(self) -> Batch | None:
        """The next batch, None after the last. Raises what the source raises."""
        while not wait([self.coming], timeout=LISTEN).done:
            self.listen()
        batch = self.coming.result()
        if batch is not None:
            self.coming = self.thread.submit(next, self.batches, None)
        return batch

    def close(self) -> None:
        """Waits for what is being fetched."""
        self.thread.shutdown(cancel_futures=True)


class Reader:
    """Reads the batches of one pass; a context, for the thread and the process that it starts.

    ``listen`` is called while the source is waited for, ``leave`` when nothing more is wanted of it.
    """

    many = MANY

    def __init__(
        self,
        source: Source,
        order: Order,
        place: Place,
        *,
        listen: Callable[[], None] = lambda: None,
        leave: Callable[[], None] = lambda: None,
    ) -> None:
        self.source = source
        self.order = order
        self.place = place
        self.listen = listen
        self.leave = leave
        self.wanted = 0
        self.pool: ProcessPoolExecutor | None = None
        self.first: Future[list[Outcome]] | None = None
        self.held = ExitStack()

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_fault: object) -> None:
        self.leave()
        self.held.close()

    def read(self, batches: Iterator[Batch], known: Known) -> Iterator[tuple[Batch, list[Read]]]:
        """Each batch with its records read; of those whose fingerprint is known already nothing is done."""
        waiting: deque[tuple[Batch, Callable[[], list[Read]]]] = deque()
        ahead = Ahead(batches, self.listen)
        self.held.callback(ahead.close)
        fault: BaseException | None = None
        while fault is None:
            try:
                batch = ahead.take()
            except Exception as error:
                batch, fault = None, error
            if batch is not None:
                reads = fingerprinted(batch.raws, known=known(batch.raws))
                waiting.append((batch, self._begun(reads, total=batch.total or 0)))
            while waiting and (batch is None or len(waiting) > (AHEAD if self.is_ready() else 0)):
                first, finish = waiting.popleft()
                yield first, finish()
            if batch is None:
                break
        if fault is not None:
            raise fault

    def is_ready(self) -> bool:
        """Whether another process has begun to work: until then no record waits for it."""
        return self.first is not None and self.first.done()

    def _begun(self, reads: list[Read], *, total: int) -> Callable[[], list[Read]]:
        wanted = [read for read in reads if is_wanted(read)]
        self.wanted += len(wanted)
        if wanted and self.pool is None and cores() > 1 and max(self.wanted, total) > self.many:
            self.pool = self.held.enter_context(other_processes(1))
            self.first = self._sent(wanted[:1])
        if not wanted or not self.is_ready():
            return partial(self._here, reads)
        future = self._sent(wanted)
        if future is None:
            return partial(self._here, reads)
        for read in wanted:
            read.raw.parsed = None
        return partial(self._there, reads, wanted, future)

    def _sent(self, wanted: list[Read]) -> Future[list[Outcome]] | None:
        """Records on their way to the other process: as plain as can be, and an element of XML does not travel."""
        bare = [(read.raw.identifier, read.raw.content, read.raw.media_type, read.raw.modified) for read in wanted]
        told = (self.source.name, self.order.address, self.order.options, self.place)
        try:
            return self.pool.submit(map_apart, *told, bare) if self.pool is not None else None
        except BrokenProcessPool:
            return None

    def _here(self, reads: list[Read]) -> list[Read]:
        for read in reads:
            if is_wanted(read):
                read.made, read.packed, read.problem = outcome_of(self.source, self.order, self.place, read.raw)
        return _packed(reads)

    def _there(self, reads: list[Read], wanted: list[Read], future: Future[list[Outcome]]) -> list[Read]:
        try:
            outcomes = future.result()
        except Exception as error:  # such as a source that only this process knows, or no memory for two
            logger.info("Records are mapped in the harvest's own process: %s", error)
            return self._here(reads)
        for read, (made, packed, problem) in zip(wanted, outcomes, strict=True):
            read.made, read.packed, read.problem = made, packed, problem
        return _packed(reads)


def fingerprinted(raws: Iterable[Raw], *, known: dict[str, str]) -> list[Read]:
    """Records ready to be mapped; the last of two of one identifier counts."""
    found: dict[str, Read] = {}
    for raw in raws:
        fingerprint = hashlib.blake2b(raw.content, digest_size=16).hexdigest()
        read = Read(raw, fingerprint, known.get(raw.identifier) == fingerprint, problem=raw.problem)
        if not (read.known or raw.deleted or raw.problem) and len(raw.content) > LARGEST_RAW:
            read.problem = f"The record has {len(raw.content):,} bytes; more than {LARGEST_RAW:,} are not kept."
            raw.content, raw.parsed = b"", None
        found.pop(raw.identifier, None)
        found[raw.identifier] = read
    return list(found.values())


def is_wanted(read: Read) -> bool:
    """Whether there is something to be mapped."""
    return not (read.known or read.raw.deleted or read.problem)


def _packed(reads: list[Read]) -> list[Read]:
    """The same, with the documents of those that cannot be mapped packed too, to be looked at."""
    for read in reads:
        if read.problem and not read.packed and read.raw.content and not read.known:
            read.packed = packed(read.raw.content)
    return reads


def packed(content: bytes) -> bytes:
    """A document as it is kept."""
    return zlib.compress(content, 1)


Outcome = tuple[Made | None, bytes, str]
"""What a record became, its document packed, and why it became nothing."""


def map_apart(
    name: str, address: str, options: dict[str, str], place: Place, bare: list[tuple[str, bytes, str, str]]
) -> list[Outcome]:
    """What another process does."""
    from dop2i.server.fetching import Fetcher

    source, order = SOURCES[name], Order(address=address, fetcher=Fetcher(), options=options)
    return [outcome_of(source, order, place, Raw(*record)) for record in bare]


def outcome_of(source: Source, order: Order, place: Place, raw: Raw) -> Outcome:
    """Maps one record, and packs what is to be kept of it."""
    made, problem = None, ""
    try:
        made = made_of(source.map(raw, order), place, raw.identifier)
    except UnreadableFile as error:
        problem = str(error)
    except Exception as error:
        # A mapping that a record surprises must not stop the harvest of the others: the page shows it.
        logger.exception("A record of %s could not be mapped: %s", order.address, raw.identifier)
        problem = f"This record surprises its mapping: {type(error).__name__}: {error}"
    return made, packed(raw.content) if raw.content else b"", problem


def made_of(mapped: Mapped, place: Place, identifier: str) -> Made:
    """What the tables hold of a record that was mapped."""
    key = place.key(identifier)
    lasting = lasting_part(mapped, place, key=key, raw_key=key)
    written = _written(lasting, mapped.notes)
    if not written:
        mapped = encodable(mapped)
        lasting = lasting_part(mapped, place, key=key, raw_key=key)
        written = _written(lasting, mapped.notes)
    metadata, theme = mapped.metadata, lasting["custom_fields"].get("dop2i:theme")
    about = {"metadata": {"resource_type": metadata.get("resource_type")}, "custom_fields": {"dop2i:theme": theme}}
    title, url = str(metadata.get("title") or "")[:500], mapped.url[:2000]
    identities = identities_of(mapped)[:MOST_IDENTITIES]
    return Made(key, title, url, mapped.text, mapped.notes, identities, written, about)


def _written(lasting: dict[str, Any], notes: list[str]) -> str:
    """The lasting part of a document as JSON; empty when a database could not take it, or the notes beside it."""
    from pydantic_core import PydanticSerializationError, to_json

    try:
        made = to_json(lasting)
        return "" if b"\\u0000" in made or (notes and b"\\u0000" in to_json(notes)) else made.decode()
    except PydanticSerializationError:
        return ""


def encodable(mapped: Mapped) -> Mapped:
    """PostgreSQL takes no NUL and UTF-8 no half of a character, wherever a mapping left one."""
    for name in ("metadata", "custom_fields", "pids", "files", "url", "notes"):
        setattr(mapped, name, _encodable(getattr(mapped, name)))
    return mapped


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_encodable(key): _encodable(inner) for key, inner in value.items()}
    return [_encodable(inner) for inner in value] if isinstance(value, list) else value
