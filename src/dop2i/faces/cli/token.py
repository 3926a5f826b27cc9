"""``dop2i token``: a personal access token for scripts."""

from __future__ import annotations

import click

from dop2i.faces.cli._options import home_option, open_instance


@click.command()
@click.argument("email")
@click.option("--scope", "scopes", multiple=True, metavar="SCOPE", help="read, deposit, harvest, run, curate, admin.")
@click.option("--days", default=365, show_default=True, type=click.IntRange(1, 3650), help="How long it is good for.")
@click.option("--label", default="command line", show_default=True, help="To recognise it by later.")
@home_option
def command(email: str, scopes: tuple[str, ...], days: int, label: str, home: str) -> None:
    """Make a token for a person; it is the last line printed, and is shown only this once.

    A scope may be given several times or as a list with commas; without any: read and deposit.
    """
    from dop2i.faces.cli._terminal import note

    open_instance(home)
    from dop2i.errors import NotFound
    from dop2i.server.people import actions
    from dop2i.server.people.models import Person

    person = Person.objects.filter(email__iexact=email).first()
    if person is None:
        raise NotFound(f"Nobody here has the address {email}.", hint="Add them first: dop2i person add.")
    wanted = [scope.strip() for given in scopes for scope in given.split(",") if scope.strip()]
    made, secret = actions.make_token(person=person, scopes=wanted or ["read", "deposit"], days=days, name=label)
    note(f"For {person.name}: {', '.join(made.scopes)}, until {made.expires:%Y-%m-%d}.")
    click.echo(secret)
