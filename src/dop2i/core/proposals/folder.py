"""A folder described: each file by its reader, and the facts of all of them together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dop2i.core.formats import Limits, describe_source
from dop2i.core.formats.base import Description, Proposal, Source
from dop2i.core.proposals.git import GitFacts, read_git

Progress = Callable[[int, int, str], None]


@dataclass(slots=True)
class FolderDescription:
    """``files`` in the order of their names (paths in the folder); ``name`` is the folder's own."""

    name: str = ""
    files: list[Description] = field(default_factory=list)
    git: GitFacts | None = None

    @property
    def total_bytes(self) -> int:
        """Size of all files together."""
        return sum(file.size for file in self.files)

    @property
    def formats(self) -> dict[str, int]:
        """How many files of each format, the most frequent first; unknown ones under an empty name."""
        return dict(Counter(file.format for file in self.files).most_common())

    @property
    def proposals(self) -> list[Proposal]:
        """What every file proposes, in the order of the files."""
        return [proposal for file in self.files for proposal in file.proposals]

    @property
    def errors(self) -> list[Description]:
        """The files that could not be read."""
        return [file for file in self.files if file.error]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, files included."""
        return {
            "name": self.name,
            "count": len(self.files),
            "total_bytes": self.total_bytes,
            "formats": self.formats,
            "git": asdict(self.git) if self.git else None,
            "files": [file.to_json() for file in self.files],
        }


def describe_folder(
    sources: Iterable[Source],
    *,
    progress: Progress | None = None,
    limits: Limits | None = None,
    name: str = "",
    workers: int = 1,
) -> FolderDescription:
    """Describes every source; ``progress(done, total, name)`` is told of each.

    For sources made by :func:`walk_folder` the folder's name and its ``.git`` are found by themselves. ``workers``
    above 1 describes in that many processes (sources on this machine only). Damaged files are described with their
    ``error``; raises ``ServiceUnavailable`` where a remote source does not answer.
    """
    listed = list(sources)
    root = _root_of(listed)
    folder = FolderDescription(name=name or (root.name if root else ""), git=read_git(root) if root else None)
    total = len(listed)
    if workers > 1 and root is not None:
        folder.files = _describe_in_processes(listed, workers=workers, limits=limits, progress=progress)
        return folder
    for done, source in enumerate(listed, start=1):
        folder.files.append(describe_source(source, limits=limits))
        if progress is not None:
            progress(done, total, source.name)
    return folder


def _describe_in_processes(
    listed: list[Source], *, workers: int, limits: Limits | None, progress: Progress | None
) -> list[Description]:
    from concurrent.futures import ProcessPoolExecutor
    from functools import partial
    from multiprocessing import get_context

    found: list[Description] = []
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        describe = partial(describe_source, limits=limits)
        for source, description in zip(listed, pool.map(describe, listed, chunksize=32), strict=True):
            found.append(description)
            if progress is not None:
                progress(len(found), len(listed), source.name)
    return found


def _root_of(listed: list[Source]) -> Path | None:
    """The folder that local sources were walked from; None for others, or for a single file."""
    for source in listed:
        path = (source.local_path or "").replace("\\", "/")
        if not path.endswith(f"/{source.name}"):
            return None
        return Path(path[: -len(source.name) - 1]).resolve() if len(listed) > 1 or "/" in source.name else None
    return None
