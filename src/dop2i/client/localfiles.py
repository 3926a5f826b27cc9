"""The files of a folder as they are sent: key, size, sha256; and the difference between two such lists."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from dop2i.client.memory import Memory
from dop2i.errors import Conflict, InvalidInput

FILES_A_TASK = 50
"""Files that a thread takes at once: handing over each small one would cost more than reading it."""


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file to send: its key in the record, where it lies, and what it was when it was read."""

    key: str
    path: Path
    size: int
    mtime_ns: int
    sha256: str

    def require_unchanged(self) -> None:
        """Raises ``Conflict`` when the file is no longer what was announced."""
        try:
            now = self.path.stat()
        except OSError as error:
            raise Conflict(f"{self.path} went away while it was being sent.", hint="Run it again.") from error
        if (now.st_size, now.st_mtime_ns) != (self.size, self.mtime_ns):
            raise Conflict(
                f"{self.path} changed while it was being sent.", hint="Run it again when nothing writes to the folder."
            )


@dataclass(frozen=True, slots=True)
class Difference:
    """Keys with their sizes in bytes, in order; ``changed`` with the new size."""

    added: dict[str, int]
    changed: dict[str, int]
    removed: dict[str, int]
    unchanged: dict[str, int]

    @property
    def is_empty(self) -> bool:
        """Nothing was added, changed or removed."""
        return not (self.added or self.changed or self.removed)


def difference(before: Mapping[str, tuple[int, str]], after: Iterable[LocalFile]) -> Difference:
    """What became of each file; ``before`` is key → size and sha256."""
    now = {file.key: file for file in after}
    common = [key for key in now if key in before]
    same = {key for key in common if before[key] == (now[key].size, now[key].sha256)}
    return Difference(
        added={key: file.size for key, file in sorted(now.items()) if key not in before},
        changed={key: now[key].size for key in sorted(common) if key not in same},
        removed={key: size for key, (size, _) in sorted(before.items()) if key not in now},
        unchanged={key: now[key].size for key in sorted(same)},
    )


def read_files(
    paths: Mapping[str, Path], *, memory: Memory | None = None, progress: Callable[[int], None] | None = None
) -> list[LocalFile]:
    """Sizes and digests, in order of key; a file whose size and time are those remembered is not read again."""
    known = memory.hashes if memory else {}
    tell = progress or (lambda count: None)

    def read(item: tuple[str, Path]) -> LocalFile:
        key, path = item
        made = _read_one(key, path, known.get(key))
        tell(made.size)
        return made

    items = sorted(paths.items())
    groups = [items[first : first + FILES_A_TASK] for first in range(0, len(items), FILES_A_TASK)]
    with ThreadPoolExecutor(max_workers=4, thread_name_prefix="digest") as pool:
        files = [file for group in pool.map(lambda group: [read(item) for item in group], groups) for file in group]
    if memory:
        memory.hashes = {file.key: (file.size, file.mtime_ns, file.sha256) for file in files}
    return files


def _read_one(key: str, path: Path, known: tuple[int, int, str] | None) -> LocalFile:
    try:
        with path.open("rb") as stream:
            before = _stat_of(path)
            if known and tuple(known[:2]) == before:
                return LocalFile(key, path, *before, known[2])
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror or error}.") from error
    if _stat_of(path) != before:
        raise Conflict(f"{path} changed while it was being read.", hint="Run it again when nothing writes to it.")
    return LocalFile(key, path, *before, digest)


def _stat_of(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns
