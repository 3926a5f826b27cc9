"""``dop2i scan``: personal data in files, before anybody else sees them."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import click

from dop2i.faces.cli._options import json_option


@click.command(short_help="Look for personal data in files; make de-identified copies.")
@click.argument("paths", metavar="PATH…", nargs=-1, required=True, type=click.Path(exists=True))
@click.option("--health", is_flag=True, help="These are health data: look for small cells in tables too.")
@click.option(
    "--smallest", default=5, show_default=True, type=click.IntRange(2, 1000), help="The smallest cell allowed."
)
@click.option("--clean", metavar="DIR", type=click.Path(file_okay=False), help="Write de-identified DICOM copies here.")
@click.option("--all", "everything", is_flag=True, help="Every finding; else long lists are cut.")
@json_option
def command(
    paths: tuple[str, ...], health: bool, smallest: int, clean: str | None, everything: bool, as_json: bool
) -> None:
    """Look for personal data in files, as the server does before it publishes them.

    DICOM attributes of the Basic Confidentiality Profile (PS3.15), positions in pictures, electronic addresses and
    telephone numbers, small cells of health data. Excerpts are masked. Nothing leaves this machine. Exit code 1 when
    something was found that stops a publication.

    With --clean, a de-identified copy of each DICOM file is written; unique identifiers stay the same throughout one
    run and can be guessed by nobody.
    """
    from dop2i.core.proposals.walk import walk_folder
    from dop2i.faces.cli import _scanning as scanning
    from dop2i.faces.cli._terminal import note, print_json

    files = [(source.name, source.path) for path in paths for source in walk_folder(path, warn=note)]
    found = [pair for pair in scanning.scan_files(files, smallest_cell=smallest if health else 0) if pair[1]]
    copies = _write_copies(files, found, Path(clean)) if clean else []
    stops = [name for name, findings in found if any(one.blocks for one in findings)]
    if as_json:
        documents = [scanning.document(name, findings) for name, findings in found]
        print_json({"files": len(files), "stops": len(stops), "found": documents, "copies": copies})
    else:
        for name, findings in found:
            for line in scanning.lines(name, findings, everything=everything):
                click.echo(line)
        note(f"{len(files)} files looked at; in {len(stops)} something would stop a publication.")
    if stops:
        raise SystemExit(1)


def _write_copies(files: list[tuple[str, Path]], found: list[tuple[str, Any]], target: Path) -> list[dict[str, Any]]:
    """De-identified copies of the DICOM files with findings; what was changed in each."""
    from dop2i.core.ethics.deidentify import deidentify_file
    from dop2i.core.ethics.findings import DICOM_IDENTITY, DICOM_PRIVATE
    from dop2i.errors import UnreadableFile
    from dop2i.faces.cli._terminal import clean, note

    secret = secrets.token_bytes(32)
    paths = dict(files)
    made = []
    for name, findings in found:
        if not any(one.kind in (DICOM_IDENTITY, DICOM_PRIVATE) for one in findings):
            continue
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        try:
            changes = deidentify_file(paths[name], copy, secret=secret, name=name)
        except UnreadableFile as error:
            note(str(error), fg="yellow")
            continue
        made.append({"file": name, "copy": str(copy), "changes": [change.to_json() for change in changes]})
        note(f"{clean(str(copy))}: {sum(change.count for change in changes)} attributes changed.", fg="green")
    return made
