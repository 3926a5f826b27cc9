"""Exit codes: the one table, which ``docs/user/command-line.md`` repeats for people."""

from __future__ import annotations

from dop2i import errors

OK = 0
FAILED = 1
INVALID = 2
NOT_PERMITTED = 3
NOT_FOUND = 4
CONFLICT = 5
UNAVAILABLE = 6
STORAGE_FULL = 7
INTERRUPTED = 130

_CODES: tuple[tuple[type[errors.Dop2iError], int], ...] = (
    (errors.InvalidInput, INVALID),
    (errors.UnreadableFile, FAILED),
    (errors.NotPermitted, NOT_PERMITTED),
    (errors.NotFound, NOT_FOUND),
    (errors.Conflict, CONFLICT),
    (errors.ChecksumMismatch, CONFLICT),
    (errors.ServiceUnavailable, UNAVAILABLE),
    (errors.StorageFull, STORAGE_FULL),
)


def exit_code(error: errors.Dop2iError) -> int:
    """The exit code that stands for an exception."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), FAILED)
