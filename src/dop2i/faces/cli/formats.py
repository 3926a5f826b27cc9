"""``dop2i formats``: what can be read."""

from __future__ import annotations

import click

from dop2i.faces.cli._options import json_option


@click.command()
@json_option
def command(as_json: bool) -> None:
    """List the file formats that are read."""
    from dop2i.core.formats import FORMATS
    from dop2i.faces.cli._terminal import aligned, print_json

    readers = sorted(FORMATS.values(), key=lambda reader: reader.name)
    if as_json:
        print_json(
            [
                {"name": r.name, "label": r.label, "media_types": list(r.media_types), "suffixes": list(r.suffixes)}
                for r in readers
            ]
        )
        return
    for line in aligned([[r.name, r.label.get("en", ""), " ".join(r.suffixes)] for r in readers], indent=0):
        click.echo(line)
