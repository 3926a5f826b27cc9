"""``dop2i export``: a record in a public format."""

from __future__ import annotations

import click

from dop2i.faces.cli._options import server_option, token_option


@click.command(short_help="Write a record, or what a folder would become, in a public format.")
@click.argument("what", metavar="ID_OR_DIR")
@click.option("--format", "name", required=True, metavar="NAME", help="One of those that `dop2i exports` lists.")
@server_option("--from")
@token_option
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="A file to write; else standard output.")
def command(what: str, name: str, server: str | None, token: str, output: str | None) -> None:
    """Write a record in one of the formats that `dop2i exports` lists.

    ID_OR_DIR is a record (number, PID or address), or a folder: then it is the record that the folder would become,
    made here without a server.
    """
    from pathlib import Path

    from dop2i.faces.cli._terminal import note

    if Path(what).is_dir():
        from dop2i.client.local import export

        data = export(Path(what), name)
    else:
        from dop2i.client import Client
        from dop2i.client.resolve import split_address
        from dop2i.core.exports import EXPORTS
        from dop2i.errors import NotFound

        if name not in EXPORTS:
            raise NotFound(f"There is no export format {name!r}.", hint=f"There are: {', '.join(EXPORTS)}.")
        server, what = split_address(what, server)
        data = Client(server, token).record(what).export(name)
    if output:
        Path(output).write_bytes(data)
        note(f"{output}: {len(data)} bytes.")
    else:
        click.echo(data, nl=False)
