"""``dop2i mail``: what the instance sends, and what it could not send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dop2i.faces.cli._options import home_option, json_option, open_instance

if TYPE_CHECKING:
    from dop2i.server.notifications.models import Mail

STATES = ["waiting", "sent", "failed", "kept"]


@click.group(short_help="Show the mail of an instance; send it again.")
def command() -> None:
    """Show the mail of an instance: what was sent, kept for want of a mail server, or refused; and send it again."""


@command.command("list")
@click.option("--state", type=click.Choice(STATES), default=None, help="Only those in this state.")
@click.option("--size", default=30, show_default=True, type=click.IntRange(1, 200), help="How many, newest first.")
@json_option
@home_option
def list_mails(home: str, state: str | None, size: int, as_json: bool) -> None:
    """List mails, newest first."""
    from dop2i.faces.cli._terminal import aligned, clean, note, print_json

    open_instance(home)
    from dop2i.server.notifications import mail, queries

    page = queries.list_mails(state=state or "", size=size)
    if as_json:
        print_json({"counts": page.counts, "mails": [_document(row) for row in page.mails]})
        return
    rows = [
        [str(row.pk), row.state, clean(row.to, limit=40), clean(row.subject, limit=60), clean(row.error, limit=60)]
        for row in page.mails
    ]
    for line in aligned(rows, indent=0, right=frozenset({0})):
        click.echo(line)
    sending = "" if mail.can_send() else "; no mail server is configured ([mail] in dop2i.toml)"
    note(", ".join(f"{count} {name}" for name, count in page.counts.items()) + sending)


@command.command("show")
@click.argument("mail_id", type=click.IntRange(1))
@home_option
def show(mail_id: int, home: str) -> None:
    """Show one mail whole, as JSON."""
    from dop2i.faces.cli._terminal import print_json

    open_instance(home)
    from dop2i.server.notifications.queries import find_mail

    row = find_mail(mail_id)
    print_json({**_document(row), "body": row.body})


@command.command("retry")
@click.argument("mail_ids", metavar="MAIL_ID…", type=click.IntRange(1), nargs=-1)
@click.option("--kept", is_flag=True, help="All that were kept for want of a mail server.")
@click.option("--failed", is_flag=True, help="All that failed.")
@home_option
def retry(mail_ids: tuple[int, ...], kept: bool, failed: bool, home: str) -> None:
    """Send kept or failed mails (again)."""
    states = [name for name, wanted in (("kept", kept), ("failed", failed)) if wanted]
    if not mail_ids and not states:
        raise click.UsageError("Which mail? Give its number, --kept or --failed.")
    from dop2i.faces.cli._terminal import note

    open_instance(home)
    from dop2i.server.notifications.mail import send_again
    from dop2i.server.notifications.models import Mail

    wanted = [*mail_ids, *Mail.objects.filter(state__in=states).order_by("id").values_list("pk", flat=True)]
    for mail_id in dict.fromkeys(wanted):
        row = send_again(mail_id=mail_id)
        note(f"Mail {row.pk} to {row.to} waits to be sent.")


def _document(row: Mail) -> dict[str, Any]:
    return {
        "id": row.pk,
        "kind": row.kind,
        "state": str(row.state),
        "recipients": row.recipients,
        "subject": row.subject,
        "confidential": row.confidential,
        "attempts": row.attempts,
        "error": row.error,
        "created": row.created.isoformat(),
        "sent": row.sent_at.isoformat() if row.sent_at else None,
    }
