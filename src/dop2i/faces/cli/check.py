"""``dop2i check``: does everything agree? ``dop2i check access``: what would these claims give?"""

from __future__ import annotations

from typing import Any

import click

from dop2i.faces.cli._options import home_option, json_option, open_instance


@click.group(short_help="Compare database, storage, uploads and index.", invoke_without_command=True)
@click.option(
    "--home",
    envvar="DOP2I_HOME",
    type=click.Path(file_okay=False),
    help="The folder of the instance (or DOP2I_HOME).",
)
@click.option("--every-byte", is_flag=True, help="Read all contents and compare their sha256.")
@click.option("--repair", is_flag=True, help="First finish, or undo, what a killed process left half done.")
@json_option
@click.pass_context
def command(ctx: click.Context, home: str | None, every_byte: bool, repair: bool, as_json: bool) -> None:
    """Compare the database, the storage root, the uploads and the index; exit code 1 when they do not agree.

    Without --repair nothing is changed, but for the index, which first follows the database.
    """
    from dop2i.faces.cli._terminal import clean, count_text, note, print_json, progress

    if ctx.invoked_subcommand is not None:
        return
    if home is None:
        raise click.UsageError("Missing option '--home' (or DOP2I_HOME).", ctx)
    open_instance(home)
    from dop2i.server.records.checked import keep_check
    from dop2i.server.records.checking import check

    if repair:
        from dop2i.server.records.recovery import recover

        recover()
    with progress(label="check", unit=" concepts") as bar:
        report = check(every_byte=every_byte, progress=bar.reach)
    keep_check(report.to_json(), every_byte=every_byte)
    if as_json:
        print_json(report.to_json())
    else:
        for problem in report.problems:
            click.echo(clean(problem))
        looked = [
            count_text(report.concepts, "concept"),
            count_text(report.records, "record"),
            count_text(report.files, "file"),
        ]
        verdict = "everything agrees" if report.agrees else count_text(len(report.problems), "problem")
        note(f"{', '.join(looked)}: {verdict}.", fg="green" if report.agrees else "red")
    if not report.agrees:
        raise SystemExit(1)


@command.command("access")
@click.option("--claims", "file", type=click.File("rb"), required=True, metavar="FILE", help="Claims as JSON; - reads.")
@click.option("--provider", "name", default="", metavar="NAME", help="As if they came from this provider.")
@json_option
@home_option
def access(file: Any, name: str, as_json: bool, home: str) -> None:
    """Say what rights these claims give by the rules of dop2i.toml, rule by rule; exit code 1 when they give none.

    FILE holds the claims of an ID token or of a userinfo answer. Nothing is changed, and no provider is asked.
    """
    from dop2i.faces.cli._terminal import print_json
    from dop2i.server.configuration import read_configuration
    from dop2i.server.people.providers import provider_named
    from dop2i.server.people.rules import judge, rights_of

    configuration = read_configuration(home)
    if name:
        provider_named(configuration.sign_in, name)
    verdicts = judge(_claims(file), configuration.rules, provider=name)
    rights = rights_of(verdicts)
    if as_json:
        print_json({"rights": rights.to_json(), "rules": [_verdict(verdict) for verdict in verdicts]})
    else:
        _tell(verdicts, rights)
    if not any(verdict.gives for verdict in verdicts):
        raise SystemExit(1)


def _claims(file: Any) -> dict[str, Any]:
    import json

    from dop2i.errors import InvalidInput

    try:
        found = json.loads(file.read())
    except ValueError as error:
        raise InvalidInput(f"{file.name} is not JSON: {error}.") from error
    if not isinstance(found, dict):
        raise InvalidInput(f"{file.name} holds no claims.", hint='Claims are an object: {"groups": ["…"]}.')
    return found


def _verdict(verdict: Any) -> dict[str, Any]:
    rule = verdict.rule
    return {
        "claim": rule.claim,
        "match": rule.match,
        "provider": rule.provider,
        "matched": list(verdict.matched),
        "gives": list(verdict.gives),
        "why_not": verdict.why_not,
    }


def _tell(verdicts: list[Any], rights: Any) -> None:
    from dop2i.faces.cli._terminal import clean, note

    for number, verdict in enumerate(verdicts, start=1):
        click.echo(clean(f"rule {number}: {verdict.rule.claim} = {verdict.rule.match}"))
        if verdict.why_not:
            click.echo(f"  nothing: {clean(verdict.why_not)}")
        for value in verdict.matched:
            click.echo(f"  matched: {clean(value)}")
        for right in verdict.gives:
            click.echo(f"  gives:   {clean(right)}")
    held = rights.to_json()
    communities = [f"{role} of {slug}" for slug, roles in held["communities"].items() for role in roles]
    parts = [f"groups {', '.join(held['groups'])}"] if held["groups"] else []
    parts += [f"roles {', '.join(held['roles'])}"] if held["roles"] else []
    parts += [", ".join(communities)] if communities else []
    if not verdicts:
        note("There is no [[rules]] in dop2i.toml: claims give nothing.", fg="red")
    else:
        note(f"In all: {'; '.join(parts) or 'nothing'}.", fg="green" if parts else "red")


@command.command("sign-in")
@json_option
@home_option
def sign_in(as_json: bool, home: str) -> None:
    """Ask each provider of [[sign_in]] for its description, and say what to register there; exit code 1 on a fault."""
    from dop2i.faces.cli._terminal import clean, note, print_json

    open_instance(home)
    from django.conf import settings
    from django.core.cache import cache

    cache.clear()
    base = settings.DOP2I.public_url or "http://HOST"
    found = [_asked(provider, f"{base}/sign-in/with/{provider.name}/answer") for provider in settings.DOP2I.sign_in]
    if as_json:
        print_json(found)
    for row in [] if as_json else found:
        click.echo(clean(f"{row['name']}: {row['issuer']} {row['fault'] or 'answers as it should'}"))
        click.echo(f"  redirect address to register there: {clean(row['redirect'])}")
    if not found:
        note("There is no [[sign_in]] in dop2i.toml: people sign in with passwords and passkeys only.")
    if any(row["fault"] for row in found):
        raise SystemExit(1)


def _asked(provider: Any, redirect: str) -> dict[str, str]:
    """Whether a provider answers as the one that it is configured to be."""
    from dop2i.errors import Dop2iError
    from dop2i.server.people.openid import describe

    fault = ""
    try:
        describe(provider)
        provider.secret()
    except Dop2iError as error:
        fault = str(error)
    return {"name": provider.name, "issuer": provider.issuer, "redirect": redirect, "fault": fault}
