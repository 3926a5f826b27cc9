"""Bytes that stay: flushing files, folders and whole file systems to the disk, and replacing a file in one step."""

from __future__ import annotations

import contextlib
import ctypes
import os
import uuid
from functools import cache
from pathlib import Path
from typing import Any

_SYNC_FILE_RANGE_WRITE = 2


@cache
def _libc() -> Any:
    try:
        return ctypes.CDLL(None, use_errno=True)
    except OSError:
        return None


def flush_folder(folder: Path) -> None:
    """Make the names in a folder (made, renamed, removed) survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def flush_file_system(folder: Path) -> None:
    """Flush everything written to the file system of ``folder``: one wait for thousands of small files."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        syncfs = getattr(_libc(), "syncfs", None)
        if syncfs is None:
            os.sync()
        elif syncfs(handle) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(folder))
    finally:
        os.close(handle)


def start_write_back(handle: int, start: int, length: int) -> None:
    """Ask the kernel to begin writing this range out, so that the final flush has little left to wait for."""
    call = getattr(_libc(), "sync_file_range", None)
    if call is not None:
        call(handle, ctypes.c_int64(start), ctypes.c_int64(length), _SYNC_FILE_RANGE_WRITE)


def write_durably(path: Path, data: bytes) -> None:
    """A new file, flushed. Its folder is not: call :func:`flush_folder` once for all of its files."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def replace_durably(path: Path, data: bytes, *, staging: Path) -> None:
    """Put ``data`` in the place of ``path`` in one step; ``staging`` is a folder of the same file system."""
    draft = staging / uuid.uuid4().hex
    try:
        write_durably(draft, data)
        draft.replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()
        raise
    flush_folder(path.parent)
