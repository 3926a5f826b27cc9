"""``dop2i``: finds the commands, and turns what goes wrong into a sentence and an exit code.

A command is a module of this folder whose name does not begin with an underscore, with a click command called
``command``; another distribution adds one by an entry point of the group ``dop2i.commands``.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import Any

import click

from dop2i.errors import Dop2iError
from dop2i.faces.cli._exits import INTERRUPTED, exit_code

NOT_COMMANDS = frozenset({"main"})
ENTRY_POINTS = "dop2i.commands"


class Commands(click.Group):
    """The commands of the folder, imported one at a time."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command's name, in alphabetical order."""
        return sorted({*_own_commands(), *_added_commands()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None."""
        if cmd_name in _own_commands():
            found: click.Command = import_module(f"dop2i.faces.cli.{cmd_name.replace('-', '_')}").command
            return found
        added = _added_commands().get(cmd_name)
        return added.load() if added else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, naming the nearest command where there is none of that name."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            near = get_close_matches(args[0], self.list_commands(ctx), n=1)
            if near and not args[0].startswith("-"):
                raise click.UsageError(f"There is no command {args[0]!r}; is {near[0]!r} meant?", ctx) from error
            raise

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command; the one place where an exception becomes an exit code."""
        try:
            return super().invoke(ctx)
        except Dop2iError as error:
            from dop2i.faces.cli._terminal import complain

            complain(error)
            ctx.exit(exit_code(error))
        except (KeyboardInterrupt, click.Abort):
            click.echo("\nInterrupted.", err=True)
            ctx.exit(INTERRUPTED)


def _own_commands() -> set[str]:
    from dop2i.faces import cli as folder

    names = (module.name for module in pkgutil.iter_modules(folder.__path__))
    return {name.replace("_", "-") for name in names if not name.startswith("_") and name not in NOT_COMMANDS}


def _added_commands() -> dict[str, Any]:
    from importlib.metadata import entry_points

    return {entry.name: entry for entry in entry_points(group=ENTRY_POINTS)}


def _print_version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        from dop2i import __version__

        click.echo(f"dop2i {__version__}")
        ctx.exit()


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_print_version, help="Tell it.")
def main() -> None:
    """Research data, from a folder of files to a citable, open record.

    Describe, publish and get data; serve and keep an instance. DOP2I_URL, DOP2I_TOKEN and DOP2I_HOME stand in for
    --to/--from, --token and --home. Results go to standard output, everything else to standard error.
    """


if __name__ == "__main__":
    main()
