"""What else must be in order before a record is published: rules of communities, a review, an ethics scan.

A folder below this one adds its gate in its ``AppConfig.ready``::

    GATES.append(required_fields)

A gate answers problems of the draft. One of severity ``error`` stops the publication, on the page, in the API and on
the command line alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from dop2i.errors import Problem

if TYPE_CHECKING:
    from dop2i.server.people.policy import Actor
    from dop2i.server.records.models import Record

Gate = Callable[["Actor", "Record"], Iterable[Problem]]
"""``gate(actor, record)``: what stands in the way of publishing ``record.draft``; ``actor`` is who wants to."""

GATES: list[Gate] = []
"""The gates, in the order in which they are asked."""


def gate_problems(actor: Actor, record: Record) -> Iterator[Problem]:
    """What the gates find, those of the first gate first."""
    for gate in GATES:
        yield from gate(actor, record)


SETTLERS: list[Callable[[Actor, Record], None]] = []
"""What is settled in the transaction that begins a publication, after every gate let it through: the record is placed
in the community that its author chose, so that the catalogue and the storage root know of it at once."""


def settle(actor: Actor, record: Record) -> None:
    """Do what goes with a publication that has passed the gates."""
    for settler in SETTLERS:
        settler(actor, record)


PREPARATIONS: list[Callable[[Actor, Record], None]] = []
"""What is done before the gates are asked, outside of any transaction, because it takes time: files are looked at."""


def prepare(actor: Actor, record: Record) -> None:
    """Do what the gates will ask for."""
    for preparation in PREPARATIONS:
        preparation(actor, record)
