"""``dop2i describe``: what a file or a folder is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dop2i.faces.cli._options import json_option

if TYPE_CHECKING:
    from dop2i.core.formats.base import Description
    from dop2i.core.proposals import FolderDescription


@click.command()
@click.argument("addresses", metavar="PATH|URL…", nargs=-1, required=True)
@json_option
@click.option("--all", "everything", is_flag=True, help="Every column, header and file; else long lists are cut.")
def command(addresses: tuple[str, ...], as_json: bool, everything: bool) -> None:
    """Tell what a file or a folder is, and the metadata it proposes.

    PATH is a file or a folder; URL begins with http://, https://, s3:// or root:// and is read by range, so a large
    file costs little. No server is needed. A damaged file is described as such (exit code 1 when it is the only one).
    """
    from dop2i.client.local import describe
    from dop2i.core.formats.base import Description
    from dop2i.faces.cli._describing import file_lines, folder_lines
    from dop2i.faces.cli._terminal import print_json, progress

    documents = []
    damaged = False
    for address in addresses:
        with progress(label="describe", unit=" files") as bar:
            found = describe(address, progress=bar.reach)
        damaged |= isinstance(found, Description) and bool(found.error)
        if as_json:
            documents.append(_document(found))
            continue
        lines = (
            file_lines(found, everything=everything)
            if isinstance(found, Description)
            else folder_lines(found, address=address, everything=everything)
        )
        for line in lines:
            click.echo(line)
    if as_json:
        print_json(documents[0] if len(documents) == 1 else documents)
    if damaged and len(addresses) == 1:
        raise SystemExit(1)


def _document(found: Description | FolderDescription) -> dict[str, Any]:
    """The description; a folder's also says which record it would make, from which evidence."""
    from dop2i.core.formats.base import Description

    document = found.to_json()
    if not isinstance(found, Description):
        from dop2i.core.proposals import assemble

        made = assemble(found)
        document["proposed"] = made.document
        document["evidence"] = made.evidence
        document["missing"] = [{"path": problem.path, "message": problem.message} for problem in made.missing]
    return document
