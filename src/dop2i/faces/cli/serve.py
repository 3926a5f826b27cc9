"""``dop2i serve``: an instance for its readers."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from dop2i.faces.cli._options import home_option


@click.command(short_help="Serve an instance: pages, API, and the worker.")
@home_option
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="The port.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--no-worker", is_flag=True, help="Leave the jobs to `dop2i worker`.")
@click.option("--threads", default=8, show_default=True, type=click.IntRange(1, 256), help="Requests at once.")
@click.option("--processes", default=1, show_default=True, type=click.IntRange(1, 64), help="More with PostgreSQL.")
@click.option("--debug", is_flag=True, help="Serve /design too: every component of the pages, for developers.")
def command(home: str, port: int, host: str, no_worker: bool, threads: int, processes: int, debug: bool) -> None:
    """Serve an instance until Ctrl-C or SIGTERM.

    The folder is made into an instance first where it is none, and brought to this release where it is older.
    """
    from dop2i.faces.cli._terminal import note
    from dop2i.faces.serve import serve

    if debug:
        os.environ["DOP2I_DEBUG"] = "1"
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    note(f"dop2i serves {home} at {address} (Ctrl-C stops it).")
    for line in _ways_to_sign_in(Path(home), address):
        note(line)
    serve(home, host, port, threads, with_worker=not no_worker, processes=processes)


def _ways_to_sign_in(home: Path, address: str) -> list[str]:
    """Whom the demonstration made, or how somebody is added."""
    try:
        accounts = json.loads((home / "demonstration.json").read_text(encoding="utf-8"))["accounts"]
    except (OSError, ValueError, KeyError):
        return [f"Sign in at {address}/sign-in; add somebody with: dop2i person add EMAIL --name NAME --home {home}"]
    lines = [f"Sign in at {address}/sign-in as"]
    for account in accounts:
        role = "administrator" if account["administrator"] else "physicist"
        lines.append(f"  {account['email']}  password {account['password']}  ({account['name']}, {role})")
    return lines
