"""``dop2i audit``: the journal of an instance."""

from __future__ import annotations

import click

from dop2i.faces.cli._options import home_option, open_instance

FORMATS = ["table", "csv", "jsonl"]


@click.command(short_help="Show who did what; export the journal.")
@click.option("--record", type=click.IntRange(min=1), help="Only what concerns this record, or its versions.")
@click.option("--person", default="", metavar="EMAIL", help="Only what this person did, and what was done to them.")
@click.option("--action", default="", help="Only this action: publish, make token …")
@click.option("--since", type=click.DateTime(), help="Only from this moment on (UTC).")
@click.option("--until", type=click.DateTime(), help="Only before this moment (UTC).")
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True)
@home_option
def command(record: int | None, person: str, action: str, since: object, until: object, form: str, home: str) -> None:
    """Show the journal, oldest line first: who did what, when, from where and by which token.

    Lines are only ever added. csv and jsonl are for other programs; whole addresses are there as long as the
    instance keeps them ([privacy] address_days).
    """
    import sys
    from datetime import UTC

    open_instance(home)
    from dop2i.server.people.audit import Filter, journal_lines, person_number
    from dop2i.server.people.journal_exports import journal_file
    from dop2i.server.records.history import record_targets

    asked = Filter(
        targets=record_targets(record) if record else (),
        person_id=person_number(person) if person else None,
        action=action,
        since=since.replace(tzinfo=UTC) if since else None,  # type: ignore[attr-defined]
        until=until.replace(tzinfo=UTC) if until else None,  # type: ignore[attr-defined]
    )
    lines = journal_lines(asked, reader=None)
    if form != "table":
        for piece in journal_file(lines, form):
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
        return
    from dop2i.faces.cli._terminal import clean

    for line in lines:
        who = line.person_name or "–"
        by = f" by token {line.token_name or line.token_id}" if line.token_id else ""
        where = f" from {line.address}" if line.address else ""
        facts = ", ".join(f"{name}={value}" for name, value in line.details.items())
        what = f"{line.action}  {line.target}"
        click.echo(clean(f"{line.at:%Y-%m-%d %H:%M:%S}  {who}{by}{where}  {what}  {facts}".rstrip(), limit=400))
