"""What commands that talk to a server share: its address, a token, and one request."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dop2i.faces.cli._options import json_option, server_option, token_option

if TYPE_CHECKING:
    from dop2i.client.session import Session

Function = TypeVar("Function", bound=Callable[..., Any])


def remote(function: Function) -> Function:
    """``--to URL --token T --json``."""
    return server_option("--to")(token_option(json_option(function)))


def opened(server: str | None, token: str) -> Session:
    """A session with the server, on behalf of the token."""
    if not server:
        raise click.UsageError("Which server? Give --to URL or set DOP2I_URL.")
    from dop2i.client.session import Session

    return Session(server, token)


def ask(server: str | None, token: str, method: str, path: str, **options: Any) -> Any:
    """One request below ``/api``; its JSON, None without any. Raises the classes of :mod:`dop2i.errors`."""
    session = opened(server, token)
    try:
        answer = session.request(method, f"api/{path}", **options)
        return answer.json() if answer.content and "json" in answer.headers.get("Content-Type", "") else None
    finally:
        session.close()
