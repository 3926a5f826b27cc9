"""``dop2i closures``: what is closed, what a lift would show, what is to be looked at."""

from __future__ import annotations

import datetime
from typing import Any

import click

from dop2i.faces.cli._acting import acting_option, actor_named
from dop2i.faces.cli._options import home_option, json_option, open_instance


@click.group()
def command() -> None:
    """What is closed in an instance: the register, what a lift shows, what is to be looked at again."""


@command.command("list")
@click.option("--reason", default="", help="Only this reason (a term of closurereasons).")
@click.option("--csv", "as_csv", is_flag=True, help="The whole register as CSV.")
@json_option
@home_option
def list_closures(reason: str, as_csv: bool, as_json: bool, home: str) -> None:
    """Print the public register of closures: what ends first comes first."""
    from dop2i.faces.cli._terminal import aligned, clean, print_json

    open_instance(home)
    from dop2i.server.records import register

    if as_csv:
        for line in register.csv_lines():
            click.echo(line, nl=False)
        return
    lines: list[register.Line] = []
    number = 1
    while True:
        found = register.register(reason=reason, page=number, size=register.LARGEST_PAGE)
        lines += found.lines
        if len(lines) >= found.total or not found.lines:
            break
        number += 1
    if as_json:
        print_json([_facts(line) for line in lines])
        return
    rows = [
        [str(line.record_id), line.scope, line.reason, str(line.until or "no end"), clean(line.title, limit=60)]
        for line in lines
    ]
    for text in aligned(rows) if rows else ["Nothing is closed."]:
        click.echo(text)


def _facts(line: Any) -> dict[str, Any]:
    days = {"since": line.since, "until": line.until, "review": line.review}
    told = {name: day.isoformat() if day else None for name, day in days.items()}
    return {
        "record": str(line.record_id),
        "title": line.title or None,
        "scope": line.scope,
        "reason": line.reason,
        "note": line.note,
        **told,
    }


@command.command("preview")
@click.argument("record")
@click.option("--day", help="What opens until this day (2030-05-17); without it, the next day on which something does.")
@acting_option
@json_option
@home_option
def preview(record: str, day: str | None, acting: str, as_json: bool, home: str) -> None:
    """Say exactly what everybody will see of RECORD that they cannot see now: files, sizes, fields."""
    from dop2i.errors import InvalidInput
    from dop2i.faces.cli._terminal import clean, count_text, print_json, size_text

    open_instance(home)
    from dop2i.server.records.lifting import preview_lift

    try:
        wanted = datetime.date.fromisoformat(day) if day else None
    except ValueError:
        raise InvalidInput(f"{day} is no day.", hint="Write it like 2030-05-17.") from None
    found = preview_lift(actor_named(acting), record, day=wanted)
    if as_json:
        print_json(
            {
                "record": record,
                "day": found.day.isoformat() if found.day else None,
                "count": found.count,
                "total_bytes": found.total_bytes,
                "fields": found.fields,
                "files": [{"key": entry.key, "size": entry.size} for entry in found.files],
            }
        )
        return
    when = f"On {found.day}" if found.day else "If all were opened"
    click.echo(f"{when}, everybody sees {count_text(found.count, 'more file')}, {size_text(found.total_bytes)}.")
    for entry in found.files:
        click.echo(f"  {clean(entry.key)}  {size_text(entry.size or 0)}")
    if found.fields:
        click.echo(f"And of the description: {', '.join(found.fields)}.")


@command.command("review")
@click.option("--days", default=60, show_default=True, type=click.IntRange(1, 3660), help="Within so many days.")
@acting_option
@home_option
def review(days: int, acting: str, home: str) -> None:
    """Print what ends, or is to be looked at again, soon. For stewards."""
    from dop2i.faces.cli._terminal import aligned, clean

    open_instance(home)
    from dop2i.server.records.register import to_review

    rows = [
        [
            str(line.record_id),
            line.scope,
            line.reason,
            f"until {line.until}" if line.until else "no end",
            f"review {line.review}" if line.review else "",
            clean(title, limit=60),
        ]
        for line, title in to_review(actor_named(acting), days=days)
    ]
    for text in aligned(rows) if rows else ["Nothing ends and nothing is to be looked at."]:
        click.echo(text)


@command.command("lift")
@home_option
def lift(home: str) -> None:
    """Write down every lift whose day has come, as the worker does every few minutes."""
    open_instance(home)
    from dop2i.server.records.lifting import lift_due

    done = lift_due()
    click.echo(f"Lifted: {', '.join(str(number) for number in done)}." if done else "No lift is due.")
