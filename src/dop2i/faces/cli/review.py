"""``dop2i review``: submit drafts to communities, and review what others submitted."""

from __future__ import annotations

from typing import Any

import click

from dop2i.faces.cli._remote import ask, remote


@click.group()
def command() -> None:
    """Submit a draft to a community, or review one."""


def _line(found: dict[str, Any]) -> list[str]:
    from dop2i.faces.cli._terminal import clean

    return [
        found["id"],
        found["state"],
        f"round {found['round']}",
        found["receiver"].get("slug", ""),
        clean(found["created_by"].get("name", ""), limit=30),
        clean(found["title"], limit=60),
    ]


def _told(found: dict[str, Any], *, as_json: bool) -> None:
    from dop2i.faces.cli._terminal import aligned, print_json

    if as_json:
        print_json(found)
        return
    for line in aligned([_line(found)], indent=0):
        click.echo(line)
    click.echo(found["links"]["self_html"])


@command.command("list")
@click.option("--waiting", is_flag=True, help="Only those that wait for you.")
@click.option("--mine", is_flag=True, help="Only those that you submitted.")
@click.option("--community", default="", metavar="SLUG", help="Only those before this community.")
@remote
def list_(server: str | None, token: str, as_json: bool, waiting: bool, mine: bool, community: str) -> None:
    """List reviews, last touched first."""
    from dop2i.faces.cli._terminal import aligned, print_json

    asked = {"size": 200, **({"waiting": "true"} if waiting else {}), **({"mine": "true"} if mine else {})}
    path = f"communities/{community}/requests" if community else "requests"
    found = ask(server, token, "GET", path, params=asked)
    if as_json:
        print_json(found)
        return
    for line in aligned([_line(hit) for hit in found["hits"]["hits"]], indent=0):
        click.echo(line)


@command.command()
@click.argument("number")
@remote
def show(server: str | None, token: str, as_json: bool, number: str) -> None:
    """Show a review: its state, what was said, what changed since the last round."""
    from dop2i.faces.cli._terminal import aligned, clean, print_json

    found = ask(server, token, "GET", f"requests/{number}")
    lines = ask(server, token, "GET", f"requests/{number}/timeline", params={"size": 200})["hits"]["hits"]
    changes = ask(server, token, "GET", f"requests/{number}/changes")
    if as_json:
        print_json({"request": found, "timeline": lines, "changes": changes})
        return
    _told(found, as_json=False)
    for line in lines:
        who, said = line["created_by"].get("name", "-"), line["payload"]
        about = f" [{line['dop2i:path']}]" if line["dop2i:path"] else ""
        click.echo(f"  {line['created'][:16]}  {clean(who)}{clean(about)}  {said.get('event', '')}")
        if said["content"]:
            click.echo(f"      {clean(_plain(said['content']), limit=500)}")
    differs = changes["since_last_round"] or {"fields": [], "files": []}
    rows = [["~", field["path"], clean(field["after"], limit=60)] for field in differs["fields"]]
    rows += [[{"added": "+", "removed": "-"}.get(f["kind"], "~"), clean(f["key"]), ""] for f in differs["files"]]
    for text in aligned(rows):
        click.echo(text)


def _plain(html: str) -> str:
    from html import unescape

    return unescape(html)


@command.command()
@click.argument("record")
@click.option("--community", default="", metavar="SLUG", help="To which one; without it to the one that is chosen.")
@click.option("--message", default="", help="A word to its reviewers.")
@remote
def submit(server: str | None, token: str, as_json: bool, record: str, community: str, message: str) -> None:
    """Submit a draft, or submit it again after changes (`dop2i publish --draft` makes drafts)."""
    if community:
        receiver = {"receiver": {"community": community}, "type": "community-submission"}
        ask(server, token, "PUT", f"records/{record}/draft/review", json=receiver)
    path = f"records/{record}/draft/actions/submit-review"
    _told(ask(server, token, "POST", path, json=_said(message)), as_json=as_json)


def _said(text: str) -> dict[str, Any]:
    return {"payload": {"content": text, "format": "text"}} if text else {}


@command.command()
@click.argument("number")
@click.argument("text")
@click.option("--about", default="", metavar="PATH", help="A field (metadata.title) or a file (files:data/a.root).")
@remote
def comment(server: str | None, token: str, as_json: bool, number: str, text: str, about: str) -> None:
    """Say something in a review."""
    from dop2i.faces.cli._terminal import note, print_json

    made = ask(server, token, "POST", f"requests/{number}/comments", json={**_said(text), "path": about})
    if as_json:
        print_json(made)
    else:
        note(f"Said, as comment {made['id']}.")


def _act(name: str, what: str) -> None:
    @command.command(name, help=what)
    @click.argument("number")
    @click.option("--message", default="", help="A word about it.")
    @remote
    def act(server: str | None, token: str, as_json: bool, number: str, message: str) -> None:
        body = _said(message)
        if name == "accept":
            body["fingerprint"] = ask(server, token, "GET", f"requests/{number}")["fingerprint"]
        _told(ask(server, token, "POST", f"requests/{number}/actions/{name}", json=body), as_json=as_json)


_act("accept", "Accept the draft as it is now: it is published, or your voice is counted towards the quorum.")
_act("decline", "Decline: the draft stays its author's.")
_act("request-changes", "Ask the author for changes.")
_act("cancel", "Withdraw what you submitted.")
