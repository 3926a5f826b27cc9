"""Who acts on the command line of an instance."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from dop2i.server.people.policy import Actor

Function = TypeVar("Function", bound=Callable[..., Any])


def acting_option(function: Function) -> Function:
    """``--as EMAIL``: the person in whose name it is done; the journal says so."""
    return click.option(
        "--as", "acting", envvar="DOP2I_AS", required=True, metavar="EMAIL", help="In whose name (or DOP2I_AS)."
    )(function)


def actor_named(email: str) -> Actor:
    """The actor of an address, with every right that the person has. Raises ``NotFound``."""
    from dop2i.server.people.policy import actor_for_person
    from dop2i.server.people.queries import person_by_email

    return actor_for_person(person_by_email(email))
