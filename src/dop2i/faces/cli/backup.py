"""``dop2i backup``: the whole instance in one file."""

from __future__ import annotations

import click

from dop2i.faces.cli._options import home_option, json_option, open_instance


@click.command(short_help="Write an instance to one file, while it serves.")
@click.argument("file", type=click.Path(dir_okay=False))
@home_option
@json_option
def command(file: str, home: str, as_json: bool) -> None:
    """Write the whole instance to FILE, a tar archive with checksums, while it goes on serving.

    FILE holds the instance's secrets and is readable by its owner alone. It must not exist yet.
    """
    from dop2i.faces.cli._terminal import progress, tell_report

    open_instance(home)
    from dop2i.server.backup import backup

    with progress(label="backup") as bar:
        report = backup(file, progress=bar.reach)
    tell_report(report, as_json=as_json)
