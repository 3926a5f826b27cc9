"""``dop2i index``: the search index."""

from __future__ import annotations

import click

from dop2i.faces.cli._options import home_option, open_instance


@click.group(short_help="Make the search index of an instance again.")
def command() -> None:
    """Care for the search index of an instance."""


@command.command("rebuild")
@home_option
def rebuild(home: str) -> None:
    """Make the search index again from the database; searching goes on meanwhile."""
    from dop2i.faces.cli._terminal import count_text, note, progress

    open_instance(home)
    from dop2i.server.catalogue.index import rebuild_index

    with progress(label="index", unit=" records") as bar:
        count = rebuild_index(progress=bar.reach)
    note(f"{count_text(count, 'record')} indexed.")
