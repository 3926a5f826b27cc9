"""``dop2i init``: an instance."""

from __future__ import annotations

import click

from dop2i.faces.cli._options import home_option


@click.command(short_help="Make an instance, or bring one to this release.")
@home_option
def command(home: str) -> None:
    """Make an instance in a folder, or bring the one that is there to this release.

    The folder then is the whole instance: database, storage root, index, uploads and dop2i.toml, its settings.
    Running it again changes nothing.
    """
    from dop2i.faces.cli._terminal import note
    from dop2i.server.instance import initialise

    folder = initialise(home)
    note(f"The instance is in {folder}; its settings are in {folder / 'dop2i.toml'}.")
