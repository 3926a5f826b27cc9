"""``dop2i person``: the people of an instance."""

from __future__ import annotations

import click

from dop2i.faces.cli._options import home_option, json_option, open_instance


@click.group()
def command() -> None:
    """Add a person to an instance."""


@command.command("add")
@click.argument("email")
@click.option("--name", required=True, help="As it is to be cited: family name first, or as the person writes it.")
@click.option("--given-name", default="", help="Given name, where --name alone does not tell.")
@click.option("--family-name", default="", help="Family name.")
@click.option("--orcid", default="", help="ORCID iD; its check digit is verified.")
@click.option("--affiliation", "affiliations", multiple=True, help="An institute (may be given several times).")
@click.option("--password", envvar="DOP2I_PASSWORD", help="A password for the pages (seen by ps: prefer the next).")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--administrator", is_flag=True, help="May see and do everything.")
@click.option("--language", type=click.Choice(["en", "fr"]), help="The language of pages and mail.")
@json_option
@home_option
def add(
    email: str, name: str, home: str, password: str | None, password_stdin: bool, as_json: bool, **facts: object
) -> None:
    """Add a person, or say that they are there already.

    Without a password the person works with tokens only.
    """
    from dop2i.faces.cli._terminal import note, print_json

    if password_stdin:
        password = click.get_text_stream("stdin").readline().rstrip("\r\n")
        if not password:
            raise click.UsageError("Standard input holds no password.")
    open_instance(home)
    from dop2i.server.people import actions

    given = {key: value for key, value in facts.items() if value and key not in {"affiliations", "administrator"}}
    person = actions.add_person(
        email=email,
        name=name,
        password=password,
        affiliations=[{"name": institute} for institute in facts["affiliations"]],  # type: ignore[attr-defined]
        is_administrator=bool(facts["administrator"]),
        **given,
    )
    if as_json:
        print_json({"id": str(person.pk), "email": person.email, "name": person.name})
    else:
        note(f"{person.name} <{person.email}> is person {person.pk}.")
