"""``dop2i grant``: let somebody read what is closed, and end it again."""

from __future__ import annotations

import click

from dop2i.faces.cli._acting import acting_option, actor_named
from dop2i.faces.cli._options import home_option, open_instance


@click.group()
def command() -> None:
    """Who may read what is closed of a record: add, list, end, make a secret link."""


@command.command("add")
@click.argument("record")
@click.argument("subject")
@click.option("--files", "patterns", multiple=True, metavar="NAME", help="A file, or a folder with its slash.")
@click.option("--metadata-only", is_flag=True, help="The description, and no file.")
@click.option("--until", help="A day (through its end, UTC) or a moment with its zone.")
@click.option("--terms", default="", help="To be accepted before the first file is read.")
@acting_option
@home_option
def add(
    record: str,
    subject: str,
    patterns: tuple[str, ...],
    metadata_only: bool,
    until: str | None,
    terms: str,
    acting: str,
    home: str,
) -> None:
    """Let SUBJECT (an electronic address, or group:NAME) read what is closed of RECORD, in every version."""
    open_instance(home)
    from dop2i.server.records import sharing

    grant = sharing.grant_access(
        actor=actor_named(acting),
        record_id=record,
        to=sharing.subject_named(subject),
        view="metadata" if metadata_only else "files",
        patterns=patterns,
        until=until,
        terms=terms,
    )
    end = f" until {grant.until:%Y-%m-%d %H:%M} UTC" if grant.until else ""
    click.echo(f"Grant {grant.pk}: {subject} may read record {record}{end}.")


@command.command("list")
@click.argument("record")
@acting_option
@home_option
def list_grants(record: str, acting: str, home: str) -> None:
    """Print the grants and secret links of RECORD, those that hold first."""
    from dop2i.faces.cli._terminal import aligned, clean

    open_instance(home)
    from dop2i.server.records import sharing
    from dop2i.server.records.queries import find_record

    actor, found = actor_named(acting), find_record(record)
    rows = [
        [
            str(one.pk),
            clean(one.person or f"group:{one.group}", limit=60) if hasattr(one, "group") else f"link {clean(one)}",
            ", ".join(one.patterns) or one.view,
            "holds" if sharing.is_held(one) else "ended",
            f"until {one.until:%Y-%m-%d %H:%M}" if one.until else "no end",
        ]
        for one in (*sharing.grants_of(actor, found), *sharing.links_of(actor, found))
    ]
    for text in aligned(rows) if rows else ["Nobody was let in by name."]:
        click.echo(text)


@command.command("end")
@click.argument("number", type=click.IntRange(1, 10**18))
@acting_option
@home_option
def end(number: int, acting: str, home: str) -> None:
    """End the grant NUMBER now."""
    open_instance(home)
    from dop2i.server.records.sharing import revoke_grant

    revoke_grant(actor=actor_named(acting), grant_id=number)
    click.echo(f"Grant {number} is ended.")


@command.command("link")
@click.argument("record")
@click.option("--label", default="", help="Whom it is for.")
@click.option("--draft", is_flag=True, help="Show what is not published, too.")
@click.option("--metadata-only", is_flag=True, help="The description, and no file.")
@click.option("--until", help="A day (through its end, UTC) or a moment with its zone.")
@acting_option
@home_option
def link(record: str, label: str, draft: bool, metadata_only: bool, until: str | None, acting: str, home: str) -> None:
    """Make a secret link to RECORD for somebody without a name here. Its address is printed this once."""
    open_instance(home)
    from dop2i.server.records.documents import public_address
    from dop2i.server.records.sharing import make_link

    made, secret = make_link(
        actor=actor_named(acting),
        record_id=record,
        label=label,
        view="metadata" if metadata_only else "files",
        draft=draft,
        until=until,
    )
    click.echo(f"{public_address()}/records/{made.record_id}?token={secret}")
