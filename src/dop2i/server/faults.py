"""What the machine says when it cannot go on, in our own words: a full disk, a database that is busy or away."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError

from dop2i.errors import ServiceUnavailable, StorageFull

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FULL_HINT = "Nothing was lost: free some room on the server and send it again."
_POSTGRESQL_DISK_FULL = "53100"


@contextmanager
def told() -> Iterator[None]:
    """Turn a full disk into ``StorageFull`` and a locked or absent database into ``ServiceUnavailable``.

    Also a decorator. Put it outside ``transaction.atomic``: the commit is where a database finds the disk full.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull("The disk of this instance is full.", hint=_FULL_HINT) from error
        raise
    except OperationalError as error:
        text = str(error)
        if "disk is full" in text or getattr(error.__cause__, "sqlstate", "") == _POSTGRESQL_DISK_FULL:
            raise StorageFull("The disk of the database is full.", hint=_FULL_HINT) from error
        if "disk I/O error" in text or "locked" in text or "connection" in text:
            raise ServiceUnavailable(f"The database did not answer: {text}.", hint="Try again in a moment.") from error
        raise
