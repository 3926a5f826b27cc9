"""``dop2i harvest``: the sources that the catalogue is filled from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dop2i.faces.cli._options import home_option, json_option, open_instance

if TYPE_CHECKING:
    from dop2i.server.harvests.queries import HarvestLine


@click.group(short_help="Harvest other catalogues: add a source, run, pause, see what failed.")
def command() -> None:
    """Harvest other catalogues: add a source, run, pause, resume, and see what failed and why."""


@command.command("sources")
@json_option
def list_sources(as_json: bool) -> None:
    """List the kinds of sources with their options."""
    from dop2i.faces.cli._terminal import print_json
    from dop2i.server.harvests.sources import SOURCES

    if as_json:
        print_json(
            {
                name: {
                    "label": source.label["en"],
                    "about": source.about["en"],
                    "address": source.address or source.example,
                    "options": {option.name: option.help.get("en", "") for option in source.options},
                }
                for name, source in SOURCES.items()
            }
        )
        return
    for name, source in SOURCES.items():
        click.echo(f"{name}: {source.label['en']}. {source.about['en']}")
        click.echo(f"    address: {source.address or source.example}")
        for option in source.options:
            choices = f" ({', '.join(value for value, _ in option.choices)})" if option.choices else ""
            click.echo(
                f"    --option {option.name}=…{choices}  {option.label['en']}. {option.help.get('en', '')}".rstrip()
            )


@command.command("add")
@click.argument("kind")
@click.argument("name")
@click.argument("address", default="")
@click.option("--title", default="", help="What readers see.")
@click.option("--option", "options", multiple=True, metavar="NAME=VALUE", help="An option of this kind of source.")
@click.option("--every", default=24, show_default=True, help="Hours between runs; 0: by hand only.")
@click.option("--no-run", is_flag=True, help="Do not queue the first run.")
@home_option
def add(
    home: str, kind: str, name: str, address: str, title: str, options: tuple[str, ...], every: int, no_run: bool
) -> None:
    """Add a source: its KIND (see sources), a short NAME for addresses, and where it is."""
    from dop2i.faces.cli._terminal import note

    open_instance(home)
    from dop2i.server.harvests.actions import add_harvest
    from dop2i.server.people.operating import OPERATOR

    harvest = add_harvest(
        actor=OPERATOR,
        kind=kind,
        slug=name,
        title=title,
        address=address,
        options=_pairs(options),
        every_hours=every,
        run=not no_run,
    )
    note(f"{harvest.slug} is added{'' if no_run else ' and queued: the worker runs it'}.")


@command.command("change")
@click.argument("name")
@click.option("--title", default=None, help="What readers see.")
@click.option("--address", default=None, help="Where it is now.")
@click.option("--option", "options", multiple=True, metavar="NAME=VALUE", help="An option; NAME= takes it away.")
@click.option("--every", type=int, default=None, help="Hours between runs; 0: by hand only.")
@home_option
def change(
    home: str, name: str, title: str | None, address: str | None, options: tuple[str, ...], every: int | None
) -> None:
    """Change what is given. After another address or option the next run reads everything again."""
    from dop2i.faces.cli._terminal import note

    open_instance(home)
    from dop2i.server.harvests.actions import change_harvest
    from dop2i.server.harvests.queries import get_harvest
    from dop2i.server.people.operating import OPERATOR

    wanted = {**get_harvest(name).harvest.options, **_pairs(options)} if options else None
    change_harvest(actor=OPERATOR, slug=name, title=title, address=address, options=wanted, every_hours=every)
    note(f"{name} is changed.")


@command.command("list")
@json_option
@home_option
def list_all(home: str, as_json: bool) -> None:
    """List the harvests with their state and numbers of records."""
    from dop2i.faces.cli._terminal import aligned, clean, print_json

    open_instance(home)
    from dop2i.server.harvests.queries import list_harvests

    lines = list_harvests()
    if as_json:
        print_json([_document(line) for line in lines])
        return
    rows = [
        [
            line.harvest.slug,
            "paused" if line.harvest.paused else str(line.harvest.state),
            f"{line.live:,}",
            f"{line.gone:,} gone",
            f"{line.failed:,} failed",
            line.harvest.kind,
            clean(line.harvest.last_error or line.harvest.address, limit=80),
        ]
        for line in lines
    ]
    for row in aligned(rows, indent=0, right=frozenset({2})):
        click.echo(row)


@command.command("show")
@click.argument("name")
@click.option("--failed", "count", default=20, show_default=True, help="How many unreadable records to list.")
@home_option
def show(home: str, name: str, count: int) -> None:
    """Show a harvest, its last runs, and the records that could not be read, as JSON."""
    from dop2i.faces.cli._terminal import print_json

    open_instance(home)
    from dop2i.server.harvests.queries import get_harvest, problems_of, runs_of

    line = get_harvest(name)
    failed = [
        {"identifier": item.identifier, "problem": item.problem} for item in problems_of(line.harvest, limit=count)
    ]
    runs = [_run(run) for run in runs_of(line.harvest)]
    print_json({**_document(line), "runs": runs, "failed_records": failed})


@command.command("run")
@click.argument("name")
@click.option("--full", is_flag=True, help="Read everything again, not only what changed.")
@click.option("--accept-losses", is_flag=True, help="Believe a source that no longer lists most of its records.")
@click.option("--here", is_flag=True, help="In this process, instead of leaving it to the worker.")
@home_option
def run(home: str, name: str, full: bool, accept_losses: bool, here: bool) -> None:
    """Run a harvest now, or go on where it stopped."""
    from dop2i.faces.cli._terminal import note

    open_instance(home)
    from dop2i.server.harvests import actions
    from dop2i.server.people.operating import OPERATOR

    harvest = actions.run_now(actor=OPERATOR, slug=name, full=full, accept_losses=accept_losses, queue=not here)
    if not here:
        note(f"{name} is queued: the worker runs it.")
        return
    from dop2i.server.harvests.engine import run_harvest

    done = run_harvest(harvest.pk, progress=lambda seen, total, message="": note(message) if message else None)
    note(
        f"{name}: {done.seen:,} records, {done.added:,} new, {done.changed:,} changed, {done.gone:,} gone, "
        f"{done.failed:,} unreadable. {done.message}"
    )


@command.command("test")
@click.argument("kind")
@click.argument("address", default="")
@click.option("--option", "options", multiple=True, metavar="NAME=VALUE", help="An option of this kind of source.")
@click.option("--size", default=5, show_default=True, help="How many records to show.")
@home_option
def test(home: str, kind: str, address: str, options: tuple[str, ...], size: int) -> None:
    """Ask a source and show its first records as they would be catalogued; nothing is kept."""
    from dop2i.faces.cli._terminal import print_json

    open_instance(home)
    from dop2i.server.harvests.trying import try_source

    print_json(try_source(kind=kind, address=address, options=_pairs(options), size=size))


@command.command("pause")
@click.argument("name")
@home_option
def pause(home: str, name: str) -> None:
    """Stop a harvest after the batch that it is writing; it keeps its place."""
    from dop2i.faces.cli._terminal import note

    open_instance(home)
    from dop2i.server.harvests import actions
    from dop2i.server.people.operating import OPERATOR

    actions.pause(actor=OPERATOR, slug=name)
    note(f"{name} is paused.")


@command.command("resume")
@click.argument("name")
@home_option
def resume(home: str, name: str) -> None:
    """Let a paused harvest go on where it stopped."""
    from dop2i.faces.cli._terminal import note

    open_instance(home)
    from dop2i.server.harvests import actions
    from dop2i.server.people.operating import OPERATOR

    actions.resume(actor=OPERATOR, slug=name)
    note(f"{name} goes on.")


@command.command("remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@home_option
def remove(home: str, name: str, yes: bool) -> None:
    """End a harvest and take what only it had out of the catalogue."""
    from dop2i.faces.cli._terminal import note

    open_instance(home)
    from dop2i.server.harvests import actions
    from dop2i.server.harvests.queries import get_harvest
    from dop2i.server.people.operating import OPERATOR

    line = get_harvest(name)
    if not yes:
        click.confirm(f"Take {line.live:,} records of {name} out of the catalogue?", abort=True)
    count = actions.remove_harvest(actor=OPERATOR, slug=name)
    note(f"{name} is removed, with {count:,} records.")


def _pairs(options: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for option in options:
        name, sign, value = option.partition("=")
        if not sign:
            raise click.UsageError(f"--option {option!r} is not of the form NAME=VALUE.")
        pairs[name.strip()] = value.strip()
    return pairs


def _document(line: HarvestLine) -> dict[str, Any]:
    harvest = line.harvest
    return {
        "name": harvest.slug,
        "title": harvest.title,
        "kind": harvest.kind,
        "address": harvest.address,
        "options": harvest.options,
        "every_hours": harvest.every_hours,
        "paused": harvest.paused,
        "state": str(harvest.state),
        "records": line.live,
        "gone": line.gone,
        "failed": line.failed,
        "last_success": harvest.last_success.isoformat() if harvest.last_success else None,
        "next_run": harvest.next_run.isoformat() if harvest.next_run else None,
        "last_error": harvest.last_error,
    }


def _run(run: Any) -> dict[str, Any]:
    names = ("turn", "full", "state", "total", "seen", "added", "changed", "unchanged", "gone", "failed", "message")
    made = {name: getattr(run, name) for name in names}
    return {**made, "started": run.started.isoformat(), "finished": run.finished.isoformat() if run.finished else None}
