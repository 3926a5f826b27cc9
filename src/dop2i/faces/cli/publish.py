"""``dop2i publish``: a folder of files becomes a record."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dop2i.faces.cli._options import json_option, server_option, token_option

if TYPE_CHECKING:
    from dop2i.client.publish import Publication, Published


@click.command(short_help="Publish a folder of files as a record; run again for a new version.")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False))
@server_option("--to")
@token_option
@click.option("--draft", "draft_only", is_flag=True, help="Stop before publication; the draft is on the server.")
@click.option(
    "--despite-findings", is_flag=True, help="Send although personal data were found: a curator will decide on them."
)
@click.option("--yes", is_flag=True, help="Ask nothing; fail (exit code 2) if something mandatory is missing.")
@click.option("--title", metavar="TEXT", help="Overrules the title that the files propose.")
@click.option("--licence", "--license", metavar="SPDX", help="Such as CC-BY-4.0 or CC0-1.0.")
@click.option(
    "--creator",
    "creators",
    multiple=True,
    metavar="NAME",
    help="'Family, Given; Institute; ORCID' (may be given several times).",
)
@click.option("--description", metavar="TEXT", help="Overrules the description that the files propose.")
@click.option("--theme", metavar="ID", help="particle, nuclear, astroparticle, accelerator, medical or computing.")
@click.option("--resource-type", metavar="ID", help="dataset, software, publication-article, …")
@click.option("--record", default="", metavar="ID", help="The record that this is a new version of, when unknown here.")
@json_option
def command(
    folder: str,
    server: str | None,
    token: str,
    draft_only: bool,
    despite_findings: bool,
    yes: bool,
    record: str,
    as_json: bool,
    **given: Any,
) -> None:
    """Describe a folder, show the record it would make, ask what is missing, send the files and publish.

    Every value shows the file and the key that it was read from. Interrupted, run it again: it resumes. After a
    change, run it again: a new version is made and only changed content travels. Without a change nothing is done.
    """
    from dop2i.client import Client
    from dop2i.errors import NotAuthenticated
    from dop2i.faces.cli import _publishing as shown
    from dop2i.faces.cli._terminal import note

    if not server:
        raise click.UsageError("Which server? Give --to URL or set DOP2I_URL.")
    if not token:
        raise NotAuthenticated(
            "Publishing needs a token.",
            hint="Make one on your page, or with `dop2i token`; give --token or DOP2I_TOKEN.",
        )
    client = Client(server, token)
    publication = _look(client, Path(folder), answers=_answers(given), record=record)
    shown.record(publication)
    if not yes:
        shown.ask(publication)
    shown.require_complete(publication)
    if publication.prior:
        shown.changes(publication)
    if publication.action == "nothing" and publication.prior:
        note("\nNothing changed since the last version: nothing was sent.")
        _finish_unchanged(publication, as_json=as_json)
        return
    _require_nothing_personal(publication, despite=despite_findings)
    if not yes and not draft_only:
        click.confirm(f"\nPublish on {client.url}?", default=True, abort=True, err=True)
    done = _send(client, publication, publish=not draft_only)
    _finish(publication, done, draft_only=draft_only, as_json=as_json)


def _answers(given: dict[str, Any]) -> dict[str, Any]:
    """The options as values of the document; a wrong one is refused before anything is read."""
    from dop2i.client import answers

    readers: dict[str, tuple[str, Callable[[Any], Any]]] = {
        "title": ("metadata.title", answers.title),
        "licence": ("metadata.rights", answers.licence),
        "creators": ("metadata.creators", lambda names: [answers.creator(name) for name in names]),
        "description": ("metadata.description", answers.description),
        "theme": ("custom_fields.dop2i:theme", answers.theme),
        "resource_type": ("metadata.resource_type", answers.resource_type),
    }
    return {path: read(given[name]) for name, (path, read) in readers.items() if given.get(name)}


def _look(client: Any, folder: Path, *, answers: dict[str, Any], record: str) -> Publication:
    from dop2i.client.publish import look
    from dop2i.faces.cli._terminal import progress

    with progress(label="read", unit="B") as reading, progress(label="describe", unit=" files") as describing:
        return look(client, folder, answers=answers, record=record, describing=describing.reach, reading=reading.add)


def _require_nothing_personal(publication: Publication, *, despite: bool) -> None:
    """Says what a scan finds in the files that would travel, before they do; stops where the server would.

    Raises ``InvalidInput``: nothing was sent then.
    """
    from dop2i.core.ethics import SMALLEST_CELL, is_health_data
    from dop2i.errors import InvalidInput
    from dop2i.faces.cli import _scanning as scanning
    from dop2i.faces.cli._terminal import note

    new = {*publication.difference.added, *publication.difference.changed}
    files = [(file.key, file.path) for file in publication.files if not publication.prior or file.key in new]
    smallest = SMALLEST_CELL if is_health_data(publication.document) else 0
    stops = 0
    for name, findings in scanning.scan_files(files, smallest_cell=smallest):
        if findings:
            stops += any(one.blocks for one in findings)
            for line in scanning.lines(name, findings):
                note(f"  {line}", fg="yellow")
    if stops and not despite:
        raise InvalidInput(
            f"Personal data were found in {stops} of the files; nothing was sent.",
            hint="Remove them (dop2i scan --clean DIR makes copies of DICOM without them), or give --despite-findings.",
        )


def _send(client: Any, publication: Publication, *, publish: bool) -> Published:
    from dop2i.client.publish import send
    from dop2i.faces.cli._terminal import progress

    with progress(total=sum(file.size for file in publication.files), label="send") as bar:
        return send(client, publication, publish=publish, progress=bar.add)


def _finish_unchanged(publication: Publication, *, as_json: bool) -> None:
    from dop2i.faces.cli._terminal import print_json

    record = publication.prior
    if record is None:
        return
    if as_json:
        print_json(
            {
                "id": record.id,
                "pid": record.pid,
                "url": record.url,
                "action": "nothing",
                "version": (record.document.get("versions") or {}).get("index", 1),
                "files": len(publication.files),
                "bytes_sent": 0,
            }
        )
    else:
        click.echo(f"{record.pid or record.id}  {record.url}")


def _finish(publication: Publication, done: Published, *, draft_only: bool, as_json: bool) -> None:
    from dop2i.faces.cli._terminal import count_text, note, print_json, size_text

    record, sent = done.record, done.sent
    note(f"{count_text(sent.files, 'file')} sent ({size_text(sent.bytes)}), {sent.kept} already there.")
    if draft_only:
        note(f"The draft is at {record.url}; publish it there, or run this again without --draft.")
    elif done.action == "version":
        note("A new version is published.", fg="green")
    else:
        note("Published." if done.action == "create" else "The description of this version is corrected.", fg="green")
    if not as_json:
        click.echo(f"{record.pid or record.id}  {record.url}")
        return
    differ = publication.difference
    print_json(
        {
            "id": record.id,
            "pid": record.pid,
            "url": record.url,
            "action": "draft" if draft_only else done.action,
            "version": (record.document.get("versions") or {}).get("index", 1),
            "files": len(publication.files),
            "bytes_sent": sent.bytes,
            "added": list(differ.added),
            "changed": list(differ.changed),
            "removed": list(differ.removed),
            "unchanged": len(differ.unchanged),
        }
    )
