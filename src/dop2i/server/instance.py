"""An instance: one folder with its database, OCFL root, index, uploads and settings."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from dop2i.errors import NotFound, WrongState
from dop2i.server.configuration import CONFIGURATION_NAME, SUBFOLDERS, TEMPLATE, default_home


def configure(home: Path | str | None = None, *, must_exist: bool = True) -> Path:
    """Make this process serve the instance at ``home`` (DOP2I_HOME by default) and start Django; returns the folder.

    Raises ``NotFound`` when there is no instance, and ``WrongState`` when the process already serves another one.
    """
    import django
    from django.conf import settings

    folder = Path(home).absolute() if home else default_home()
    if must_exist and not (folder / CONFIGURATION_NAME).is_file():
        raise NotFound(f"There is no dop2i instance at {folder}.", hint=f"Make one with: dop2i init --home {folder}")
    if settings.configured and folder != settings.DOP2I.home:
        raise WrongState(f"This process already serves {settings.DOP2I.home}; start another one for {folder}.")
    os.environ["DOP2I_HOME"] = str(folder)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dop2i.server.settings")
    django.setup()
    return folder


def make_folders(home: Path) -> None:
    """The folders and files of an instance, without its database; what exists is left as it is."""
    home.mkdir(parents=True, exist_ok=True)
    for name in SUBFOLDERS:
        (home / name).mkdir(parents=True, exist_ok=True)
    if not (home / CONFIGURATION_NAME).exists():
        (home / CONFIGURATION_NAME).write_text(TEMPLATE, encoding="utf-8")
    secret = home / "secret_key"
    if not secret.exists():
        # Written under another name first: two commands started together agree on one key.
        draft = home / f".secret_key.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(60), encoding="ascii")
        try:
            os.link(draft, secret)
        except FileExistsError:
            pass
        finally:
            draft.unlink()


def initialise(home: Path | str | None = None) -> Path:
    """Make the instance at ``home``, or bring an existing one to this release; returns the folder.

    Idempotent: run it before every start. Ends with Django ready in this process.
    """
    from dop2i.core.packages.ocfl import StorageRoot

    folder = Path(home).absolute() if home else default_home()
    make_folders(folder)
    StorageRoot(folder / "ocfl", staging=folder / "staging").initialise()
    configure(folder)
    migrate()
    return folder


def migrate() -> None:
    """Bring the database of the configured instance to this release's tables; does nothing where it already is."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, verbosity=0)
