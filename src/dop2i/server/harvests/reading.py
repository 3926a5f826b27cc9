"""From raw records to mapped ones, in a process of its own once there are many: mapping and keeping take turns as long.

Knows no Django. What is read ahead is kept in the order of the source, and what came before a fault of the source is
kept before the fault is told.
"""

from __future__ import annotations

import hashlib
import logging
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from dop2i.core.mappings import Mapped
from dop2i.errors import UnreadableFile
from dop2i.server.harvests.identities import identities_of
from dop2i.server.harvests.sources import SOURCES
from dop2i.server.harvests.sources.base import Order, Raw, Source
from dop2i.server.pools import cores, other_processes

logger = logging.getLogger("dop2i.harvests")

LARGEST_RAW = 20 << 20
MOST_IDENTITIES = 20
MANY = 2_000
"""After so many mapped records another process is worth its start."""
AHEAD = 2


@dataclass(slots=True)
class Read:
    """A record that was read outside of the transaction: its mapping, or why it has none.

    Of one that is ``known`` as it stands, nothing is done again.
    """

    raw: Raw
    fingerprint: str
    known: bool = False
    mapped: Mapped | None = None
    identities: list[str] = field(default_factory=list)
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


class Reader:
    """Reads the batches of one pass; a context, for the process that it may start."""

    many = MANY

    def __init__(self, source: Source, order: Order) -> None:
        self.source = source
        self.order = order
        self.mapped = 0
        self.pool: ProcessPoolExecutor | None = None
        self.held = ExitStack()

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_fault: object) -> None:
        self.held.close()

    def read(self, batches: Iterator[Batch], known: Known) -> Iterator[tuple[Batch, list[Read]]]:
        """Each batch with its records read; of those whose fingerprint is known already nothing is done."""
        waiting: deque[tuple[Batch, Callable[[], list[Read]]]] = deque()
        fault: BaseException | None = None
        while fault is None:
            try:
                batch = next(batches, None)
            except Exception as error:
                batch, fault = None, error
            if batch is not None:
                reads = fingerprinted(batch.raws, known=known(batch.raws))
                waiting.append((batch, self._begun(reads)))
            while waiting and (batch is None or len(waiting) > (AHEAD if self.pool else 0)):
                first, finish = waiting.popleft()
                yield first, finish()
            if batch is None:
                break
        if fault is not None:
            raise fault

    def _begun(self, reads: list[Read]) -> Callable[[], list[Read]]:
        wanted = [read for read in reads if is_wanted(read)]
        self.mapped += len(wanted)
        if self.pool is None and self.mapped > self.many and cores() > 1:
            self.pool = self.held.enter_context(other_processes(1))
        if self.pool is None or not wanted:
            return partial(self._here, reads)
        bare = [_without_parsed(read) for read in wanted]
        try:
            future = self.pool.submit(map_apart, self.source.name, self.order.address, self.order.options, bare)
        except BrokenProcessPool:
            return partial(self._here, reads)
        return partial(self._there, reads, future)

    def _here(self, reads: list[Read]) -> list[Read]:
        map_all(self.source, self.order, reads)
        return reads

    def _there(self, reads: list[Read], future: Future[list[Read]]) -> list[Read]:
        try:
            found = {read.raw.identifier: read for read in future.result()}
        except Exception as error:  # such as a source that only this process knows, or no memory for two
            logger.info("Records are mapped in the harvest's own process: %s", error)
            return self._here(reads)
        return [found.get(read.raw.identifier, read) for read in reads]


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


def _without_parsed(read: Read) -> Read:
    """As another process can be told of it: an element of XML does not travel."""
    raw = read.raw
    return Read(Raw(raw.identifier, raw.content, raw.media_type, raw.modified), read.fingerprint)


def is_wanted(read: Read) -> bool:
    """Whether there is something to be mapped."""
    return not (read.known or read.raw.deleted or read.problem)


def map_apart(name: str, address: str, options: dict[str, str], reads: list[Read]) -> list[Read]:
    """What another process does: the records mapped, without what nobody needs any more."""
    from dop2i.server.fetching import Fetcher

    map_all(SOURCES[name], Order(address=address, fetcher=Fetcher(), options=options), reads)
    for read in reads:
        read.raw.content, read.raw.parsed = b"", None
    return reads


def map_all(source: Source, order: Order, reads: list[Read]) -> None:
    """Maps the records that want it, and packs what is to be kept of each."""
    for read in reads:
        if is_wanted(read):
            try:
                read.mapped = encodable(source.map(read.raw, order))
                read.identities = identities_of(read.mapped)[:MOST_IDENTITIES]
            except UnreadableFile as error:
                read.problem = str(error)
            except Exception as error:
                # A mapping that a record surprises must not stop the harvest of the others: the page shows it.
                logger.exception("A record of %s could not be mapped: %s", order.address, read.raw.identifier)
                read.problem = f"This record surprises its mapping: {type(error).__name__}: {error}"
        if read.raw.content and not read.known:
            read.packed = zlib.compress(read.raw.content, 1)


def encodable(mapped: Mapped) -> Mapped:
    """PostgreSQL takes no NUL and UTF-8 no half of a character, wherever a mapping left one."""
    from pydantic_core import PydanticSerializationError, to_json

    try:
        if b"\\u0000" not in to_json([mapped.metadata, mapped.custom_fields, mapped.pids, mapped.files]):
            return mapped
    except PydanticSerializationError:
        pass
    for name in ("metadata", "custom_fields", "pids", "files"):
        setattr(mapped, name, _encodable(getattr(mapped, name)))
    return mapped


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_encodable(key): _encodable(inner) for key, inner in value.items()}
    return [_encodable(inner) for inner in value] if isinstance(value, list) else value
