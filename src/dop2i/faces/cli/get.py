"""``dop2i get``: the files of a record."""

from __future__ import annotations

import click

from dop2i.faces.cli._options import json_option, server_option, token_option


@click.command()
@click.argument("identifier", metavar="ID_OR_PID")
@server_option("--from")
@token_option
@click.option("--to", "folder", default=".", type=click.Path(file_okay=False), help="Where to (here, by default).")
@click.option("--file", "pattern", default="", metavar="GLOB", help="Only files like this: '*.root', 'data/*'.")
@json_option
def command(identifier: str, server: str | None, token: str, folder: str, pattern: str, as_json: bool) -> None:
    """Download the files of a record and check each against its sha256.

    ID_OR_PID is the number of a record or of its concept (the latest version), an ARK, a DOI, or the address of the
    record's page. Run it again to resume; what is there and right does not travel again.
    """
    from pathlib import Path

    from dop2i.client import Client
    from dop2i.client.download import choose, download_record
    from dop2i.client.resolve import split_address
    from dop2i.errors import NotFound
    from dop2i.faces.cli._terminal import clean, count_text, note, print_json, progress, size_text

    server, identifier = split_address(identifier, server)
    record = Client(server, token).record(identifier)
    chosen = choose(record.files.values(), pattern)
    if pattern and not chosen:
        raise NotFound(f"No file of record {record.id} is like {pattern!r}.", hint=f"It has {len(record.files)} files.")
    note(f"{clean(record.title)} ({record.pid or record.id})")
    with progress(total=sum(file.size for file in chosen), label="get") as bar:
        done = download_record(record, Path(folder), pattern=pattern, progress=bar.add)
    fetched = sum(file.fetched for file in done)
    total = sum(file.size for file in done)
    note(f"{count_text(len(done), 'file')}, {size_text(total)}, sha256 right; {size_text(fetched)} travelled.")
    if as_json:
        print_json(
            {
                "id": record.id,
                "pid": record.pid,
                "url": record.url,
                "bytes_received": fetched,
                "files": [{"key": f.key, "path": str(f.path), "size": f.size} for f in done],
            }
        )
    else:
        for file in done:
            click.echo(file.path)
