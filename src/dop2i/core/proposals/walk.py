"""The files of a folder that belong to a deposit, in an order that is always the same."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Callable
from pathlib import Path

from dop2i.core.formats.sources import LocalSource
from dop2i.errors import InvalidInput, NotFound

_LOG = logging.getLogger("dop2i.proposals")
LITTER_FOLDERS = frozenset(
    {".git", ".svn", ".hg", "__MACOSX", "__pycache__", ".ipynb_checkpoints", ".Trashes", ".Spotlight-V100",
     ".fseventsd", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".venv", ".tox", ".snakemake", "$RECYCLE.BIN"}
)  # fmt: skip
LITTER_FILES = frozenset({".ds_store", "thumbs.db", "desktop.ini", ".directory", ".localized", "icon\r"})
LITTER_STARTS = ("._", ".nfs", ".~lock.")
LITTER_ENDS = (".swp", "~", ".pyc")
"""What is left out of a folder: names of folders as they are, of files (and how they begin and end) in lower case."""


def walk_folder(path: str | Path, *, warn: Callable[[str], None] | None = None) -> list[LocalSource]:
    """Every file below ``path`` as a source whose name is the path inside the folder, with ``/``; sorted by name.

    Version-control folders, caches and the litter of operating systems are left out. A symbolic link to a file of the
    same folder is followed; one that leaves it is refused, as is a name that is not UTF-8: ``warn`` is told (by
    default the log is). Raises ``NotFound`` for an absent path and ``InvalidInput`` for one that cannot be entered.
    """
    tell = warn or _LOG.warning
    root = Path(path)
    if not root.exists():
        raise NotFound(f"There is no file or folder {root}.", hint="Check the path.")
    if root.is_file():
        return [LocalSource(root)]
    real_root = os.path.realpath(root)
    found: list[LocalSource] = []
    waiting = [""]
    while waiting:
        inside = waiting.pop()
        try:
            entries = sorted(os.scandir(root / inside), key=lambda entry: entry.name)
        except OSError as error:
            if not inside:
                raise InvalidInput(f"The folder {root} cannot be read: {error.strerror}.") from None
            tell(f"{inside} cannot be read ({error.strerror}) and is left out.")
            continue
        for entry in entries:
            name = f"{inside}/{entry.name}" if inside else entry.name
            if _is_folder(entry):
                if entry.name not in LITTER_FOLDERS:
                    waiting.append(name)
            elif not _is_litter(entry.name) and _may_enter(entry, name, real_root, tell):
                found.append(LocalSource(entry.path, name=name))
    found.sort(key=lambda source: source.name)
    _tell_twins(found, tell)
    return found


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False)


def _is_litter(name: str) -> bool:
    lowered = name.lower()
    return lowered in LITTER_FILES or lowered.startswith(LITTER_STARTS) or lowered.endswith(LITTER_ENDS)


def _may_enter(entry: os.DirEntry[str], name: str, real_root: str, tell: Callable[[str], None]) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        shown = name.encode("utf-8", "backslashreplace").decode()
        tell(f"{shown} is left out: its name is not UTF-8. Rename the file.")
        return False
    if entry.is_symlink():
        target = os.path.realpath(entry.path)
        if target != real_root and not target.startswith(real_root + os.sep):
            tell(f"{name} is left out: it is a link to outside the folder. Copy the file into the folder.")
            return False
        if not Path(target).is_file():
            tell(f"{name} is left out: it is a link to a folder, or to nothing.")
            return False
        return True
    try:
        regular = stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode)
    except OSError as error:
        tell(f"{name} cannot be read ({error.strerror}) and is left out.")
        return False
    if not regular:
        tell(f"{name} is left out: it is no ordinary file.")
    return regular


def _tell_twins(found: list[LocalSource], tell: Callable[[str], None]) -> None:
    """Two names that differ by case only become one file on some disks: said, not refused."""
    seen: dict[str, str] = {}
    for source in found:
        folded = source.name.casefold()
        if folded in seen:
            tell(f"{seen[folded]} and {source.name} differ by case only: on some computers one replaces the other.")
        seen[folded] = source.name
