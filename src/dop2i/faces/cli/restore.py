"""``dop2i restore``: an instance from a backup."""

from __future__ import annotations

import click

from dop2i.faces.cli._options import home_option, json_option


@click.command(short_help="Make an instance from a backup.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@home_option
@click.option("--database", default="", metavar="URL", help="An empty database, for a backup from PostgreSQL.")
@json_option
def command(file: str, home: str, database: str, as_json: bool) -> None:
    """Make the instance that FILE holds, in a new or empty folder; every checksum is verified."""
    from dop2i.faces.cli._terminal import progress, tell_report
    from dop2i.server.backup import restore

    with progress(label="restore") as bar:
        report = restore(file, home, database_url=database, progress=bar.reach)
    tell_report(report, as_json=as_json)
