"""Descriptions kept between two publications of a folder, so that only changed files are read again.

One compressed file a folder in the user's cache (``$XDG_CACHE_HOME/dop2i``); it is forgotten when the readers change.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dop2i.client.localfiles import LocalFile

if TYPE_CHECKING:
    from dop2i.core.formats import LocalSource
    from dop2i.core.proposals import FolderDescription

SMALLEST = 64_000
"""Reading a smaller file again costs no more than keeping its description, in bytes."""

LARGEST = 100_000_000
"""A cache above this size, in bytes before compression, is not kept."""


def describe_again(
    folder: Path, sources: Sequence[LocalSource], files: Sequence[LocalFile], *, progress: Callable[..., None] | None
) -> FolderDescription:
    """As ``describe_folder``, but files whose key and sha256 are those of the last time are not read."""
    from dop2i.core.formats.base import Description
    from dop2i.core.proposals import describe_folder, read_git

    kept = _load(folder)
    names = {file.key: f"{file.key}\0{file.sha256}" for file in files}
    new = [source for source in sources if names[source.name] not in kept]
    described = describe_folder(new, progress=progress, name=folder.resolve().name)
    fresh = {description.name: description for description in described.files}
    described.git = read_git(folder)
    described.files = [fresh.get(source.name) or Description.from_json(kept[names[source.name]]) for source in sources]
    worthwhile = {names[found.name]: found for found in described.files if found.size >= SMALLEST}
    if worthwhile.keys() != kept.keys():
        _save(folder, {name: kept.get(name) or found.to_json() for name, found in worthwhile.items()})
    return described


def _path(folder: Path) -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "dop2i" / f"{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:32]}.json.gz"


def _readers() -> str:
    """Changes with every change of a reader."""
    from dop2i.core import formats

    modules = sorted(Path(formats.__path__[0]).glob("*.py"))
    facts = [f"{module.name} {module.stat().st_size} {module.stat().st_mtime_ns}" for module in modules]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()


def _load(folder: Path) -> dict[str, Any]:
    try:
        with gzip.open(_path(folder), "rb") as stream:
            document = json.loads(stream.read(LARGEST))
        found: dict[str, Any] = document["files"] if document["readers"] == _readers() else {}
        return found
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError):
        return {}


def _save(folder: Path, files: dict[str, Any]) -> None:
    """A cache that cannot be written is no reason to stop."""
    data = json.dumps({"readers": _readers(), "files": files}, separators=(",", ":")).encode()
    if len(data) >= LARGEST:
        return
    path = _path(folder)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_suffix(f".{os.getpid()}.new")
        draft.write_bytes(gzip.compress(data, 1))
        draft.replace(path)
