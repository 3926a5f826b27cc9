"""A record with its files as an RO-Crate in a zip, made while it is sent: no file is held in memory or on disk.

The members are stored without compression (physics files are compressed already, and the network is the limit), with
sizes after the content and ZIP64 records, so that one member may be larger than 4 GiB. Source: APPNOTE.TXT 6.3.10.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

from dop2i.core.exports._crate import METADATA_NAME, PREVIEW_NAME, Crate, preview_html
from dop2i.core.exports._facts import Facts
from dop2i.core.exports._text import json_bytes
from dop2i.errors import InvalidName

_EPOCH = (1980, 1, 1, 0, 0, 0)
_PIECE = 256 * 1024


class _Outlet(io.RawIOBase):
    """What the zip writer writes into: it cannot seek, and what came is taken away by :meth:`drain`."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self.pieces.append(piece)
        return len(piece)

    def drain(self) -> bytes:
        """All that was written since the last call."""
        taken = b"".join(self.pieces)
        self.pieces.clear()
        return taken


def crate_zip(record: dict[str, Any], files: Iterable[tuple[str, Iterable[bytes]]]) -> Iterator[bytes]:
    """Pieces of a zip with ``ro-crate-metadata.json``, its preview page and the files.

    ``record`` is the native document with all ``files.entries``; ``files`` gives ``(key, chunks)`` in any order, each
    iterated once and in turn. Raises ``InvalidName`` for a key that would leave the crate's folder.
    """
    facts = Facts(record, all_files=True)
    crate = Crate(facts, attached=True)
    document = crate.document()
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        yield from _member(archive, outlet, METADATA_NAME, [json_bytes(document)])
        yield from _member(archive, outlet, PREVIEW_NAME, [preview_html(facts, document).encode()])
        for key, chunks in files:
            yield from _member(archive, outlet, crate.path_of(_safe(key)), chunks)
    if rest := outlet.drain():
        yield rest


def _member(archive: zipfile.ZipFile, outlet: _Outlet, path: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
    information = zipfile.ZipInfo(path, date_time=_EPOCH)
    information.external_attr = 0o644 << 16
    waiting = 0
    with archive.open(information, "w", force_zip64=True) as member:
        for chunk in chunks:
            member.write(chunk)
            waiting += len(chunk)
            if waiting >= _PIECE:
                yield outlet.drain()
                waiting = 0
    if rest := outlet.drain():
        yield rest


def _safe(key: str) -> str:
    parts = key.split("/")
    if not key or key.startswith("/") or "\\" in key or "\0" in key or any(part in {"", ".", ".."} for part in parts):
        raise InvalidName(
            f"The file name {key!r} cannot be put into a zip.",
            hint="Rename it: no leading slash, no backslash, and no part that is empty, '.' or '..'.",
        )
    return key
