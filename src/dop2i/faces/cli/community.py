"""``dop2i community``: communities of a server, their members, rules, picture and collections."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dop2i.faces.cli._remote import ask, remote

ROLES = click.Choice(["reader", "contributor", "curator", "manager"])
KINDS = click.Choice(["experiment", "laboratory", "facility", "collection"])


@click.group()
def command() -> None:
    """Make communities, bring people in, set their rules."""


@command.command("list")
@click.option("--find", "q", default="", metavar="WORDS", help="Only those whose title or short name holds this.")
@click.option("--mine", is_flag=True, help="Only those where you have a role.")
@remote
def list_(server: str | None, token: str, as_json: bool, q: str, mine: bool) -> None:
    """List the communities, those with the most records first."""
    from dop2i.faces.cli._terminal import aligned, clean, print_json

    path = "user/communities" if mine else "communities"
    found = ask(server, token, "GET", path, params={"q": q, "size": 200})
    if as_json:
        print_json(found)
        return
    rows = [
        [hit["slug"], clean(hit["metadata"]["title"], limit=50), str(hit["custom_fields"]["dop2i:records"])]
        for hit in found["hits"]["hits"]
    ]
    for line in aligned(rows, indent=0, right=frozenset({2})):
        click.echo(line)


@command.command()
@click.argument("slug")
@remote
def show(server: str | None, token: str, as_json: bool, slug: str) -> None:
    """Show a community and its rules."""
    _told(ask(server, token, "GET", f"communities/{slug}"), as_json=as_json)


def _told(found: dict[str, Any], *, as_json: bool) -> None:
    from dop2i.faces.cli._terminal import clean, print_json

    if as_json:
        print_json(found)
        return
    click.echo(f"{found['slug']}  {clean(found['metadata']['title'])}  {found['links']['self_html']}")
    for name, value in sorted(found["custom_fields"]["dop2i:policy"].items()):
        click.echo(f"  {name}: {clean(value)}")


@command.command()
@click.argument("slug")
@click.option("--title", help="In English.")
@click.option("--title-fr", help="In French.")
@click.option("--kind", type=KINDS, default="collection", show_default=True, help="What gathers the records.")
@click.option("--in", "parent", default="", metavar="SLUG", help="The community that it is nested in.")
@click.option("--description", default="", help="One sentence, in English.")
@click.option("--restricted", is_flag=True, help="Known to its members only.")
@remote
def add(
    server: str | None,
    token: str,
    as_json: bool,
    slug: str,
    title: str | None,
    title_fr: str | None,
    kind: str,
    parent: str,
    description: str,
    restricted: bool,
) -> None:
    """Make a community: stewards any, managers one nested in theirs. The token needs the scope 'curate'."""
    titles = {name: text for name, text in (("en", title), ("fr", title_fr)) if text} or {"en": slug}
    body: dict[str, Any] = {
        "slug": slug,
        "metadata": {"type": {"id": kind}, "description": description},
        "access": {"visibility": "restricted" if restricted else "public"},
        "custom_fields": {"dop2i:title": titles},
    }
    if parent:
        body["parent"] = {"id": parent}
    _told(ask(server, token, "POST", "communities", json=body), as_json=as_json)


@command.command()
@click.argument("slug")
@click.argument("file", type=click.File("r", encoding="utf-8"))
@remote
def policy(server: str | None, token: str, as_json: bool, slug: str, file: Any) -> None:
    """Set the rules of a community from a JSON file (- for standard input)."""
    import json

    from dop2i.errors import InvalidInput

    try:
        rules = json.load(file)
    except ValueError as error:
        raise InvalidInput(f"{file.name} is not JSON: {error}.") from error
    body = {"custom_fields": {"dop2i:policy": rules}}
    _told(ask(server, token, "PUT", f"communities/{slug}", json=body), as_json=as_json)


@command.command()
@click.argument("slug")
@click.argument("file", type=click.File("r", encoding="utf-8"))
@remote
def page(server: str | None, token: str, as_json: bool, slug: str, file: Any) -> None:
    """Set the page of a community from a Markdown file (- for standard input)."""
    body = {"metadata": {"page": file.read()}}
    _told(ask(server, token, "PUT", f"communities/{slug}", json=body), as_json=as_json)


@command.command()
@click.argument("slug")
@click.argument("picture", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@remote
def logo(server: str | None, token: str, as_json: bool, slug: str, picture: Path) -> None:
    """Show a picture: PNG, JPEG, WebP or GIF of at most 5 MB."""
    data = picture.read_bytes()
    headers = {"Content-Type": "application/octet-stream"}
    done = ask(server, token, "PUT", f"communities/{slug}/logo", body=lambda: data, headers=headers)
    _told(done, as_json=as_json)


@command.command()
@click.argument("slug")
@click.argument("name")
@click.option("--title", required=True, help="In English.")
@click.option("--query", default="", help="What is looked for among the community's records.")
@remote
def collection(server: str | None, token: str, as_json: bool, slug: str, name: str, title: str, query: str) -> None:
    """Add or change a collection: a saved search under a title."""
    from dop2i.faces.cli._terminal import note, print_json

    body = {"title": {"en": title}, "query": query}
    made = ask(server, token, "PUT", f"communities/{slug}/collections/{name}", json=body)
    if as_json:
        print_json(made)
    else:
        note(f"The collection {name} is in {slug}.")


@command.command()
@click.argument("slug")
@click.option("--find", "q", default="", metavar="WORDS", help="Only those whose name holds this.")
@click.option("--role", type=ROLES, help="Only this role.")
@remote
def members(server: str | None, token: str, as_json: bool, slug: str, q: str, role: str | None) -> None:
    """List who is in a community."""
    from dop2i.faces.cli._terminal import aligned, clean, print_json

    asked = {"q": q, "size": 200, **({"role": role} if role else {})}
    found = ask(server, token, "GET", f"communities/{slug}/members", params=asked)
    if as_json:
        print_json(found)
        return
    rows = [
        [item["member"]["id"], item["role"], item["title"] or "-", clean(item["member"]["name"], limit=60)]
        for item in found["hits"]["hits"]
    ]
    for line in aligned(rows, indent=0):
        click.echo(line)


def _who(text: str) -> dict[str, str]:
    kind, colon, rest = text.partition(":")
    if colon and kind in ("group", "orcid"):
        return {"type": kind, "id": rest}
    if "@" in text:
        return {"type": "email", "id": text}
    return {"type": "user", "id": text}


@command.command()
@click.argument("slug")
@click.argument("who", nargs=-1, required=True)
@click.option("--role", type=ROLES, default="reader", show_default=True, help="What they may do.")
@click.option("--title", "named", default="", metavar="NAME", help="A named role, for a quorum: physics-coordinator.")
@click.option("--message", default="", help="A word to who is invited.")
@click.option("--days", type=click.IntRange(1, 365), default=30, show_default=True, help="How long the link is good.")
@remote
def invite(
    server: str | None,
    token: str,
    as_json: bool,
    slug: str,
    who: tuple[str, ...],
    role: str,
    named: str,
    message: str,
    days: int,
) -> None:
    """Invite persons by electronic address or orcid:0000-…; prints each link, which is shown only this once."""
    from dop2i.faces.cli._terminal import print_json

    body = {"members": [_who(one) for one in who], "role": role, "title": named, "message": message, "days": days}
    made = ask(server, token, "POST", f"communities/{slug}/invitations", json=body)
    if as_json:
        print_json(made)
        return
    for item in made["hits"]["hits"]:
        click.echo(f"{item['email'] or item['orcid']}  {item['link']}")


@command.command()
@click.argument("slug")
@click.argument("who", nargs=-1, required=True)
@click.option("--role", type=ROLES, help="Another role; without it they are added as readers.")
@click.option("--title", "named", help="A named role, for a quorum; an empty one takes it away.")
@click.option("--until", metavar="DAY", help="When the membership ends.")
@click.option("--change", is_flag=True, help="They are members already: change them.")
@click.option("--remove", is_flag=True, help="Remove them.")
@remote
def member(
    server: str | None,
    token: str,
    as_json: bool,
    slug: str,
    who: tuple[str, ...],
    role: str | None,
    named: str | None,
    until: str | None,
    change: bool,
    remove: bool,
) -> None:
    """Add, change or remove members: numbers of persons, their addresses, or group:NAME."""
    from dop2i.faces.cli._terminal import note, print_json

    if change and remove:
        raise click.UsageError("--change and --remove exclude each other.")
    body: dict[str, Any] = {"members": [_who(one) for one in who]}
    body |= {name: value for name, value in (("role", role), ("title", named), ("until", until)) if value is not None}
    method = "DELETE" if remove else "PUT" if change else "POST"
    ask(server, token, method, f"communities/{slug}/members", json=body)
    if as_json:
        print_json({"community": slug, "members": list(who)})
    else:
        note(f"Done for {len(who)}.")


@command.command()
@click.argument("slug")
@click.option("--message", default="", help="A word to its managers.")
@remote
def join(server: str | None, token: str, as_json: bool, slug: str, message: str) -> None:
    """Ask to become a member of a community."""
    from dop2i.faces.cli._terminal import note, print_json

    made = ask(server, token, "POST", f"communities/{slug}/membership-requests", json={"message": message})
    if as_json:
        print_json(made)
    else:
        note(f"Request {made['id']} is sent: the managers of {slug} answer it.")


@command.command()
@click.argument("slug")
@remote
def asking(server: str | None, token: str, as_json: bool, slug: str) -> None:
    """List who asks to become a member of a community that you manage."""
    from dop2i.faces.cli._terminal import aligned, clean, print_json

    found = ask(server, token, "GET", f"communities/{slug}/membership-requests", params={"size": 200})
    if as_json:
        print_json(found)
        return
    hits = found["hits"]["hits"]
    for line in aligned([[h["id"], clean(h["created_by"]["name"]), clean(h["message"], limit=60)] for h in hits]):
        click.echo(line)


@command.command()
@click.argument("slug")
@click.argument("number", type=click.IntRange(min=1))
@click.option("--role", type=ROLES, default="reader", show_default=True, help="What they may do.")
@click.option("--decline", is_flag=True, help="Decline instead.")
@remote
def answer(server: str | None, token: str, as_json: bool, slug: str, number: int, role: str, decline: bool) -> None:
    """Let in who asks to become a member, or decline."""
    from dop2i.faces.cli._terminal import note, print_json

    path = f"communities/{slug}/membership-requests/{number}/actions/{'decline' if decline else 'accept'}"
    done = ask(server, token, "POST", path, json={"role": role})
    if as_json:
        print_json(done)
    else:
        note(f"Request {number} is {done['status']}.")


@command.command()
@click.argument("slug")
@click.argument("name")
@click.option("--role", type=ROLES, default="contributor", show_default=True, help="What it may do.")
@click.option("--days", type=click.IntRange(1, 3650), default=365, show_default=True, help="How long its token lasts.")
@remote
def robot(server: str | None, token: str, as_json: bool, slug: str, name: str, role: str, days: int) -> None:
    """Make a robot that works for the community; its token is the last line printed, and is shown only this once."""
    from dop2i.faces.cli._terminal import note, print_json

    made = ask(server, token, "POST", f"communities/{slug}/robots", json={"name": name, "role": role, "days": days})
    if as_json:
        print_json(made)
        return
    note(f"{made['robot']['name']} is person {made['robot']['id']}, {role} of {slug}.")
    click.echo(made["token"])


@command.command()
@click.argument("slug")
@click.argument("record")
@click.option("--message", default="", help="A word to its curators.")
@click.option("--remove", is_flag=True, help="Take the record out instead.")
@remote
def record(server: str | None, token: str, as_json: bool, slug: str, record: str, message: str, remove: bool) -> None:
    """Ask a published record into a community, or take it out."""
    from dop2i.faces.cli._terminal import note, print_json

    comment = {"comment": {"payload": {"content": message, "format": "text"}}} if message else {}
    body = {"communities": [{"id": slug, **({} if remove else comment)}]}
    done = ask(server, token, "DELETE" if remove else "POST", f"records/{record}/communities", json=body)
    if as_json:
        print_json(done)
        return
    asked = (done["processed"] or [{}])[0].get("request_id")
    words = "is no longer in" if remove else f"is asked into (request {asked})" if asked else "is in"
    note(f"Record {record} {words} {slug}.")


@command.command()
@click.argument("slug")
@remote
def delete(server: str | None, token: str, as_json: bool, slug: str) -> None:
    """Delete a community that holds no record and no other community."""
    from dop2i.faces.cli._terminal import note, print_json

    ask(server, token, "DELETE", f"communities/{slug}")
    if as_json:
        print_json({"deleted": slug})
    else:
        note(f"{slug} is deleted.")
