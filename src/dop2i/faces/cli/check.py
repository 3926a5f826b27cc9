"""``dop2i check``: does everything agree?"""

from __future__ import annotations

import click

from dop2i.faces.cli._options import home_option, json_option, open_instance


@click.command(short_help="Compare database, storage, uploads and index.")
@home_option
@click.option("--every-byte", is_flag=True, help="Read all contents and compare their sha256.")
@click.option("--repair", is_flag=True, help="First finish, or undo, what a killed process left half done.")
@json_option
def command(home: str, every_byte: bool, repair: bool, as_json: bool) -> None:
    """Compare the database, the storage root, the uploads and the index; exit code 1 when they do not agree.

    Without --repair nothing is changed, but for the index, which first follows the database.
    """
    from dop2i.faces.cli._terminal import clean, count_text, note, print_json, progress

    open_instance(home)
    from dop2i.server.records.checking import check

    if repair:
        from dop2i.server.records.recovery import recover

        recover()
    with progress(label="check", unit=" concepts") as bar:
        report = check(every_byte=every_byte, progress=bar.reach)
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
