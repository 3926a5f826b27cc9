"""``dop2i worker``: what runs later."""

from __future__ import annotations

import click

from dop2i.faces.cli._options import home_option, open_instance


@click.command(short_help="Run the jobs of an instance.")
@home_option
@click.option("--once", is_flag=True, help="Run what is ready, then end.")
@click.option("--threads", default=2, show_default=True, type=click.IntRange(1, 64), help="Jobs at once.")
def command(home: str, once: bool, threads: int) -> None:
    """Run the jobs of an instance until SIGTERM or Ctrl-C.

    `dop2i serve` starts one by itself; more may run, also on other machines that share the database.
    """
    from dop2i.faces.cli._terminal import count_text, note

    open_instance(home)
    from dop2i.server.jobs.worker import run_worker

    count = run_worker(once=once, threads=threads)
    note(f"{count_text(count, 'job')} run.")
