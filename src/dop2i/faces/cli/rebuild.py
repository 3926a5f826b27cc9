"""``dop2i rebuild``: the database and the index again, from the storage root alone."""

from __future__ import annotations

import click

from dop2i.faces.cli._options import home_option, json_option


@click.command(short_help="Make database and index again from the storage root.")
@home_option
@json_option
def command(home: str, as_json: bool) -> None:
    """Make the database and the index of an instance again from its storage root.

    Move a damaged database away first: what is in the database already stays as it is. Passwords, tokens and drafts
    are not in the storage root; people keep their records and are given new passwords.
    """
    from dop2i.faces.cli._terminal import clean, count_text, note, print_json, progress
    from dop2i.server.instance import initialise

    initialise(home)
    from dop2i.server.catalogue.index import rebuild_index
    from dop2i.server.records.rebuilding import rebuild

    with progress(label="rebuild", unit=" concepts") as bar:
        done = rebuild(progress=bar.reach)
    indexed = rebuild_index()
    for problem in done.problems:
        note(f"not read: {clean(problem)}", fg="red")
    if as_json:
        counts = {"people": done.people, "concepts": done.concepts, "records": done.records, "files": done.files}
        print_json({**counts, "indexed": indexed, "problems": done.problems})
    else:
        note(f"{count_text(done.concepts, 'concept')}, {count_text(done.records, 'record')}, "
             f"{count_text(done.files, 'file')} made again; {count_text(indexed, 'record')} indexed.")  # fmt: skip
    if done.problems:
        raise SystemExit(1)
