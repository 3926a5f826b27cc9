"""``dop2i ethics``: what was found in a draft, and a decision at the operator's own terminal."""

from __future__ import annotations

import click

from dop2i.faces.cli._options import home_option, json_option, open_instance


@click.group(short_help="Show what stops a draft of an instance; let it pass.")
def command() -> None:
    """Show the personal data found in a draft of an instance, and let them pass where nobody else can decide."""


@command.command("show")
@click.argument("record_id", metavar="RECORD")
@json_option
@home_option
def show(record_id: str, home: str, as_json: bool) -> None:
    """Show what was found in the draft of a record, masked."""
    from dop2i.faces.cli import _scanning as scanning
    from dop2i.faces.cli._terminal import note, print_json

    open_instance(home)
    from dop2i.server.ethics.queries import places_with_findings
    from dop2i.server.records.queries import find_record

    found = list(places_with_findings(find_record(record_id)))
    if as_json:
        print_json([{**scanning.document(one.key, one.findings), "blocks": bool(one.blocking)} for one in found])
        return
    for one in found:
        for line in scanning.lines(one.key, one.findings):
            click.echo(line)
        for decision in one.overrides.values():
            click.echo(f"  let pass by {decision.person or 'the operator'}: {decision.reason}")
    note(f"{sum(1 for one in found if one.blocking)} files and texts stop the publication.")


@command.command("override")
@click.argument("record_id", metavar="RECORD")
@click.option("--reason", required=True, help="Why it may be published; kept in the journal.")
@click.option("--file", "keys", multiple=True, metavar="NAME", help="Only this file (may be given several times).")
@home_option
def override(record_id: str, reason: str, keys: tuple[str, ...], home: str) -> None:
    """Let what was found in a draft pass, for a reason that is kept."""
    from dop2i.faces.cli._terminal import note

    open_instance(home)
    from dop2i.server.ethics.actions import override_as_operator

    made = override_as_operator(record_id=record_id, reason=reason, keys=keys or None)
    note(f"{len(made)} findings may pass in {len({one.key for one in made})} files and texts.")
