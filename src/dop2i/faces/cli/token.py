"""``dop2i token``: a personal access token for scripts."""

from __future__ import annotations

import click

from dop2i.faces.cli._options import home_option, open_instance


@click.command()
@click.argument("email")
@click.option("--scope", "scopes", multiple=True, metavar="SCOPE", help="read, deposit, harvest, run, curate, admin.")
@click.option("--days", default=365, show_default=True, type=click.IntRange(1, 3650), help="How long it is good for.")
@click.option("--label", default="command line", show_default=True, help="To recognise it by later.")
@click.option(
    "--record", "records", multiple=True, type=click.IntRange(1, 10**18 - 1), metavar="N", help="Only for this record."
)
@home_option
def command(email: str, scopes: tuple[str, ...], days: int, label: str, records: tuple[int, ...], home: str) -> None:
    """Make a token for a person or a robot; it is the last line printed, and is shown only this once.

    A scope may be given several times or as a list with commas; without any: read and deposit. --record limits the
    token to a record and all its versions, and may be given several times.
    """
    from dop2i.faces.cli._terminal import note

    open_instance(home)
    from dop2i.errors import NotFound
    from dop2i.server.people.models import Person
    from dop2i.server.people.tokens import make_token
    from dop2i.server.records.token_limits import concepts_of

    person = Person.objects.filter(email__iexact=email).first()
    if person is None:
        raise NotFound(f"Nobody here has the address {email}.", hint="Add them first: dop2i person add.")
    wanted = [scope.strip() for given in scopes for scope in given.split(",") if scope.strip()]
    limited = concepts_of(None, records)
    made, secret = make_token(
        person=person, scopes=wanted or ["read", "deposit"], days=days, name=label, records=limited
    )
    only = f", for record {', '.join(str(number) for number in limited)} only" if limited else ""
    note(f"For {person.name}: {', '.join(made.scopes)}, until {made.expires:%Y-%m-%d}{only}.")
    click.echo(secret)
