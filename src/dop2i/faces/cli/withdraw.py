"""``dop2i withdraw``: take a record back, restore it, or delete it for law."""

from __future__ import annotations

import click

from dop2i.faces.cli._acting import acting_option, actor_named
from dop2i.faces.cli._options import home_option, open_instance


@click.command()
@click.argument("record")
@click.option("--reason", help="A term of removalreasons: retracted, error, duplicate, personal-data, legal …")
@click.option("--note", default="", help="What everybody reads beside it.")
@click.option("--for-law", is_flag=True, help="Remove the files and the description for good.")
@click.option("--restore", is_flag=True, help="Publish it again, as it was.")
@click.option("--yes", is_flag=True, help="Do not ask before removing for good.")
@acting_option
@home_option
def command(
    record: str, reason: str | None, note: str, for_law: bool, restore: bool, yes: bool, acting: str, home: str
) -> None:
    """Withdraw RECORD: a tombstone stays, its identifier leads there, harvesters are told.

    --for-law also removes its bytes from the storage root, its description and what was read of its files; backups
    that were made before still hold them.
    """
    if restore == bool(reason):
        raise click.UsageError("Give --reason to withdraw, or --restore.")
    open_instance(home)
    from dop2i.server.records import withdrawal

    actor = actor_named(acting)
    if restore:
        withdrawal.restore(actor=actor, record_id=record)
        click.echo(f"Record {record} is public again.")
        return
    if for_law and not yes:
        click.confirm(f"Remove the files and the description of record {record} for good?", abort=True)
    withdrawal.withdraw(actor=actor, record_id=record, reason=str(reason), note=note, law=for_law)
    click.echo(f"Record {record} is {'deleted' if for_law else 'withdrawn'}; its tombstone stays.")
