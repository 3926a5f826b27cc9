"""Where bytes live: this machine, HTTP, S3, XRootD; one module a store, found by :data:`STORES`.

>>> source = open_source("https://example.org/data/events.root")
>>> source.read_range(0, 4)
b'root'

The addresses are those of the field: a plain path or ``file:///…``, ``http(s)://…``, ``s3://bucket/key``,
``root://host//path``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from dop2i.core.formats.base import Source
from dop2i.errors import InvalidInput
from dop2i.registry import Registry
from dop2i.stores._reading import RangeFile, RangeSource
from dop2i.stores.base import Entry, Store

__all__ = ["STORES", "Entry", "RangeFile", "RangeSource", "Store", "list_sources", "open_source", "store_for"]

STORES: Registry[Store] = Registry("dop2i.stores", Store, group="dop2i.stores")

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")


def scheme_of(address: str) -> str:
    """The scheme of an address in lower case; ``file`` for a plain path."""
    found = _SCHEME.match(address)
    return found.group(1).lower() if found else "file"


def store_for(address: str) -> Store:
    """The store that answers for the scheme of ``address``. Raises ``InvalidInput`` where none does."""
    scheme = scheme_of(address)
    for store in STORES.values():
        if scheme in store.schemes:
            return store
    known = ", ".join(sorted(f"{name}://" for store in STORES.values() for name in store.schemes))
    raise InvalidInput(f"No store reads {scheme}:// addresses ({address}).", hint=f"Known are {known} and plain paths.")


def open_source(address: str) -> Source:
    """The file at ``address``, ready to be read by range (``Source``).

    Raises ``NotFound`` where there is none, ``ServiceUnavailable`` when the other side does not answer.
    """
    store = store_for(address)
    if scheme_of(address) == "file":
        return store.source(address)
    return RangeSource(store, address)


def list_sources(address: str) -> Iterator[Source]:
    """Every file at or below ``address``, in order of path; their ``name`` is the path below ``address``.

    HTTP has no listing: there it is the one file.
    """
    if scheme_of(address) == "file":
        from dop2i.stores.local import path_of

        root = path_of(address)
        for entry in store_for(address).list(address):
            yield _local_source(Path(entry.address), name=entry.path or root.name)
        return
    store = store_for(address)
    for entry in store.list(address):
        yield RangeSource(store, entry.address, name=entry.path, size=entry.size)


def _local_source(path: Path, *, name: str) -> Source:
    from dop2i.core.formats.sources import LocalSource

    return LocalSource(path, name=name)
