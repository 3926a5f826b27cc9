"""``dop2i migrate``: the database of an instance after an upgrade."""

from __future__ import annotations

import click

from dop2i.faces.cli._options import home_option, open_instance


@click.command(short_help="Bring an instance's database to this release.")
@home_option
def command(home: str) -> None:
    """Bring the database of an instance to this release; `dop2i serve` does so by itself at its start."""
    from dop2i.faces.cli._terminal import note

    open_instance(home)
    from dop2i.server.instance import migrate

    migrate()
    note("The database is that of this release.")
