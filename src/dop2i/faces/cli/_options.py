"""Options that several commands share, spelt once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])


def home_option(function: Function) -> Function:
    """``--home DIR``: the folder that is the whole instance."""
    return click.option(
        "--home",
        envvar="DOP2I_HOME",
        required=True,
        type=click.Path(file_okay=False),
        help="The folder of the instance (or DOP2I_HOME).",
    )(function)


def server_option(name: str) -> Callable[[Function], Function]:
    """``--to URL`` or ``--from URL``: the server."""
    return click.option(name, "server", envvar="DOP2I_URL", metavar="URL", help="The server's address (or DOP2I_URL).")


def token_option(function: Function) -> Function:
    """``--token T``: a personal access token."""
    return click.option(
        "--token", envvar="DOP2I_TOKEN", default="", metavar="T", help="A personal access token (or DOP2I_TOKEN)."
    )(function)


def json_option(function: Function) -> Function:
    """``--json``: one JSON document on standard output instead of text."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(function)


def open_instance(home: str, *, make: bool = False) -> None:
    """Readies this process for the instance at ``home``, which is made first with ``make``.

    Raises ``NotFound`` where there is none.
    """
    from dop2i.server.instance import configure, initialise

    if make:
        initialise(home)
    else:
        configure(home)
