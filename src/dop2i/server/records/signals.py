"""News of records, for the folders below this one. Sent after the commit: what is told has happened.

``published(record, first, actor)``: a version was published; ``first`` is false for an edit of one.
``withdrawn(record, actor)``: a version was withdrawn. ``restored(record, actor)``: it came back.
``access_changed(record, actor)``: who may see the record or its files is not what it was (an edit, a lift).
``erased(record)``: a version is being deleted for law. Sent inside the transaction, so that whoever keeps a copy of its
description removes it with the rest.
"""

from __future__ import annotations

import logging
from typing import Any

from django.db import transaction
from django.dispatch import Signal

logger = logging.getLogger("dop2i.records")

published = Signal()
withdrawn = Signal()
erased = Signal()
restored = Signal()
access_changed = Signal()


def send_later(signal: Signal, **news: Any) -> None:
    """Send after the commit. A receiver that fails is logged: what has happened stays so."""
    transaction.on_commit(lambda: _send(signal, news), robust=True)


def _send(signal: Signal, news: dict[str, Any]) -> None:
    for receiver, answer in signal.send_robust(sender=None, **news):
        if isinstance(answer, Exception):
            logger.error("%r failed: %s", receiver, answer, exc_info=answer)
