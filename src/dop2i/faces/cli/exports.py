"""``dop2i exports``: in which formats a record can be had."""

from __future__ import annotations

import click

from dop2i.faces.cli._options import json_option


@click.command()
@json_option
def command(as_json: bool) -> None:
    """List the formats that a record can be exported in."""
    from dop2i.core.exports import EXPORTS
    from dop2i.faces.cli._terminal import aligned, print_json

    if as_json:
        print_json(
            [
                {"name": w.name, "label": w.label, "media_type": w.media_type, "profile": w.profile}
                for w in EXPORTS.values()
            ]
        )
        return
    for line in aligned([[w.name, w.label.get("en", ""), w.media_type] for w in EXPORTS.values()], indent=0):
        click.echo(line)
