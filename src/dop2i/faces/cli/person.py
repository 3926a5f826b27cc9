"""``dop2i person``: the people of an instance."""

from __future__ import annotations

from typing import Any

import click

from dop2i.faces.cli._options import home_option, json_option, open_instance

_NOT_FACTS = frozenset({"affiliations", "administrator", "steward"})


@click.group()
def command() -> None:
    """The people of an instance: add, list, give roles and groups, close accounts."""


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
@click.option("--steward", is_flag=True, help="Looks after every record.")
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

    given = {key: value for key, value in facts.items() if value and key not in _NOT_FACTS}
    person = actions.add_person(
        email=email,
        name=name,
        password=password,
        affiliations=[{"name": institute} for institute in facts["affiliations"]],  # type: ignore[attr-defined]
        is_administrator=bool(facts["administrator"]),
        **given,
    )
    if facts["steward"]:
        from dop2i.server.people.operating import set_roles

        person = set_roles(person=person, steward=True)
    if as_json:
        print_json({"id": str(person.pk), "email": person.email, "name": person.name})
    else:
        note(f"{person.name} <{person.email}> is person {person.pk}.")


@command.command("list")
@click.option("--role", type=click.Choice(["steward", "administrator"]), help="Only those who have this role today.")
@click.option("--group", default="", metavar="NAME", help="Only those who are in this group today.")
@click.option("--closed/--open", default=None, help="Only closed accounts, or only open ones.")
@json_option
@home_option
def list_people(role: str | None, group: str, closed: bool | None, as_json: bool, home: str) -> None:
    """List the people, by address."""
    from dop2i.faces.cli._terminal import aligned, clean, print_json

    open_instance(home)
    from dop2i.server.people.operating import people

    found = people(role=role or "", group=group, closed=closed)
    if as_json:
        print_json([_facts_of(person) for person in found])
        return
    rows = [
        [
            str(person.pk),
            person.email,
            person.name,
            ", ".join(sorted(person.roles)),
            "" if person.is_active else "closed",
        ]
        for person in found
    ]
    for line in aligned([[clean(cell) for cell in row] for row in rows], indent=0, right=frozenset({0})):
        click.echo(line.rstrip())


@command.command("show")
@click.argument("email")
@json_option
@home_option
def show(email: str, as_json: bool, home: str) -> None:
    """Show a person: roles, groups with whose word they are and until when, and ways to sign in."""
    from dop2i.faces.cli._terminal import clean, print_json

    open_instance(home)
    from dop2i.server.people.operating import issuers_of
    from dop2i.server.people.queries import memberships_of, person_by_email
    from dop2i.server.people.second_factor import has_factor

    person = person_by_email(email)
    groups = [
        {"name": member.group.name, "source": member.source, "until": member.until and member.until.isoformat()}
        for member in memberships_of(person)
    ]
    facts = {
        **_facts_of(person),
        "groups": groups,
        "issuers": issuers_of(person),
        "password": person.has_usable_password(),
        "second_factor": has_factor(person),
        "last_login": person.last_login and person.last_login.isoformat(),
    }
    if as_json:
        print_json(facts)
        return
    for key, value in facts.items():
        if key == "groups":
            value = [f"{group['name']} ({group['source'] or 'here'})" for group in groups]
        words = ", ".join(value) if isinstance(value, list) else "" if value is None else str(value)
        click.echo(clean(f"{key}: {words}".rstrip()))


@command.command("change")
@click.argument("email")
@click.option("--steward/--no-steward", default=None, help="Looks after every record.")
@click.option("--administrator/--no-administrator", default=None, help="May see and do everything.")
@click.option("--email", "address", default=None, metavar="ADDRESS", help="Give the person another address.")
@click.option("--orcid", default=None, metavar="ID", help="Set the ORCID iD; an empty one clears it.")
@click.option("--add-to", "joined", multiple=True, metavar="GROUP", help="Put the person in this group.")
@click.option("--remove-from", "left", multiple=True, metavar="GROUP", help="Take the person out of this group.")
@click.option("--remove-second-factor", "no_factor", is_flag=True, help="For who has lost telephone and codes.")
@home_option
def change(
    email: str,
    *,
    steward: bool | None,
    administrator: bool | None,
    address: str | None,
    orcid: str | None,
    joined: tuple[str, ...],
    left: tuple[str, ...],
    no_factor: bool,
    home: str,
) -> None:
    """Give or take roles and groups, mend an ORCID iD, remove a lost second factor."""
    from dop2i.faces.cli._terminal import note

    open_instance(home)
    from dop2i.server.people import operating
    from dop2i.server.people.queries import person_by_email

    person = person_by_email(email)
    if steward is not None or administrator is not None:
        operating.set_roles(person=person, steward=steward, administrator=administrator)
    if orcid is not None:
        operating.change_orcid(person=person, orcid=orcid)
    for group in joined:
        operating.change_group(person=person, group=group, member=True)
    for group in left:
        operating.change_group(person=person, group=group, member=False)
    if no_factor:
        operating.remove_factors(person=person)
    if address is not None:
        operating.change_email(person=person, email=address)
    person = person_by_email(address or email)
    note(f"{person.name} <{person.email}>: {', '.join(sorted(person.roles)) or 'no role over the instance'}.")


@command.command("disable")
@click.argument("email")
@home_option
def disable(email: str, home: str) -> None:
    """Close an account: its sessions and tokens end at once; its records stay."""
    _set_active(email, home, active=False)


@command.command("enable")
@click.argument("email")
@home_option
def enable(email: str, home: str) -> None:
    """Open a closed account again; the person signs in anew."""
    _set_active(email, home, active=True)


@command.command("groups")
@json_option
@home_option
def groups(as_json: bool, home: str) -> None:
    """List the groups and how many are in each today."""
    from dop2i.faces.cli._terminal import aligned, clean, print_json

    open_instance(home)
    from dop2i.server.people.queries import groups_with_sizes

    found = [{"name": group.name, "title": group.title, "people": size} for group, size in groups_with_sizes()]
    if as_json:
        print_json(found)
        return
    for line in aligned([[str(row["people"]), clean(row["name"])] for row in found], indent=0, right=frozenset({0})):
        click.echo(line.rstrip())


def _set_active(email: str, home: str, *, active: bool) -> None:
    from dop2i.faces.cli._terminal import note

    open_instance(home)
    from dop2i.server.people.operating import set_active
    from dop2i.server.people.queries import person_by_email

    person = set_active(person=person_by_email(email), active=active)
    note(f"The account of {person.name} <{person.email}> is {'open' if active else 'closed'}.")


def _facts_of(person: Any) -> dict[str, Any]:
    return {
        "id": str(person.pk),
        "email": person.email,
        "email_verified": person.email_verified,
        "name": person.name,
        "orcid": person.orcid,
        "roles": sorted(person.roles),
        "open": person.is_active,
    }
