"""``dop2i demo``: an instance to look around in."""

from __future__ import annotations

from pathlib import Path

import click

from dop2i.faces.cli._options import home_option, open_instance


@click.command()
@click.option(
    "--packages",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder with the packages of requirements/demo.txt (./run fetches them).",
)
@home_option
def command(packages: Path, home: str) -> None:
    """Fill an instance with records made from real physics files.

    Two people are made too; how they sign in is kept in demonstration.json in the instance.
    """
    from dop2i.demo.build import build_demonstration
    from dop2i.faces.cli._terminal import note, progress

    open_instance(home, make=True)
    with progress(label="Demonstration", unit="record") as bar:
        report = build_demonstration(Path(home).absolute(), packages=packages, progress=bar.reach)
    note(f"{report['records']} records are published in {home}.")
