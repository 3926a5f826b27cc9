"""Copies of the instance's database for its backups: a snapshot while it serves, and the way back."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dop2i.errors import Conflict, Dop2iError, InvalidInput, ServiceUnavailable, StorageFull

ENGINES = ("sqlite", "postgresql")
SQLITE_NAME, POSTGRESQL_NAME = "db.sqlite3", "dump.pgdump"
UPLOAD = "upload:"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a snapshot of the database says of the files: ``heads`` is (concept, last OCFL version) in order."""

    engine: str
    heads: list[tuple[int, int]]
    staged: list[str]
    content_bytes: int


def take(folder: Path) -> Snapshot:
    """Copies the configured database into ``folder``, as it is at one moment, without stopping anybody."""
    from django.db import connection

    connection.ensure_connection()
    if connection.vendor == "sqlite":
        try:
            with closing(sqlite3.connect(folder / SQLITE_NAME)) as copy:
                connection.connection.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
                return _facts("sqlite", lambda statement: copy.execute(statement).fetchall())
        except sqlite3.OperationalError as error:
            if "full" in str(error) or "I/O" in str(error):
                raise StorageFull(
                    f"The database could not be copied into {folder}: {error}.", hint="Free some room there."
                ) from error
            raise
    if connection.vendor == "postgresql":
        return _take_postgresql(folder)
    raise InvalidInput(f"A backup of a {connection.vendor} database is not known.")


def _take_postgresql(folder: Path) -> Snapshot:
    """``pg_dump`` sees the very snapshot in which the facts are read."""
    from django.db import connections

    own = connections["default"].copy()
    try:
        with own.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            exported = cursor.fetchone()[0]

            def ask(statement: str) -> list[Any]:
                cursor.execute(statement)
                return list(cursor.fetchall())

            arguments = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={exported}"]
            _run("pg_dump", [*arguments, f"--file={folder / POSTGRESQL_NAME}"], own.settings_dict)
            facts = _facts("postgresql", ask)
            cursor.execute("ROLLBACK")
            return facts
    finally:
        own.close()


def _facts(engine: str, ask: Callable[[str], list[Any]]) -> Snapshot:
    from dop2i.server.files.models import Content
    from dop2i.server.records.models import Concept

    concepts, contents = Concept._meta.db_table, Content._meta.db_table
    heads = ask(f"SELECT id, ocfl_head FROM {concepts} WHERE ocfl_head > 0 ORDER BY id")  # noqa: S608  our own names
    staged = ask(f"SELECT location FROM {contents} WHERE location LIKE '{UPLOAD}%'")  # noqa: S608
    total = ask(f"SELECT COALESCE(SUM(size), 0) FROM {contents}")  # noqa: S608
    return Snapshot(
        engine=engine,
        heads=[(int(concept), int(head)) for concept, head in heads],
        staged=[str(location).removeprefix(UPLOAD) for (location,) in staged],
        content_bytes=int(total[0][0]),
    )


def put_back(folder: Path, *, home: Path, engine: str, database_url: str) -> None:
    """Makes the database of the restored instance at ``home`` from the copy in ``folder``.

    Raises ``InvalidInput`` for a damaged copy or an address that does not fit, ``Conflict`` for a database that holds
    tables already, ``ServiceUnavailable`` when it cannot be reached.
    """
    elsewhere = database_url or os.environ.get("DOP2I_DATABASE_URL", "")
    if engine == "sqlite":
        if elsewhere:
            raise InvalidInput(
                "This backup holds an SQLite database, which cannot be put into PostgreSQL.",
                hint="Restore it without a database address (and without DOP2I_DATABASE_URL).",
            )
        _put_back_sqlite(folder / SQLITE_NAME, home)
        return
    if not elsewhere:
        raise InvalidInput(
            "This backup holds a PostgreSQL database.", hint="Give the address of an empty one: --database-url."
        )
    _put_back_postgresql(folder / POSTGRESQL_NAME, home, elsewhere)


def _put_back_sqlite(copy: Path, home: Path) -> None:
    try:
        with closing(sqlite3.connect(f"file:{copy}?mode=ro", uri=True)) as database:
            answer = database.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise InvalidInput(f"The database of the backup cannot be read: {error}.") from error
    if answer != "ok":
        raise InvalidInput(f"The database of the backup is damaged: {answer}.")
    shutil.move(copy, home / SQLITE_NAME)


def _put_back_postgresql(copy: Path, home: Path, address: str) -> None:
    import psycopg

    from dop2i.server.configuration import CONFIGURATION_NAME, Configuration, database_settings

    settings = database_settings(Configuration(home=home, database_url=address))
    try:
        with psycopg.connect(address, connect_timeout=10) as database:
            row = database.execute(
                "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
            ).fetchone()
    except psycopg.Error as error:
        raise ServiceUnavailable(f"The database at the given address cannot be reached: {error}.") from error
    if row and row[0]:
        raise Conflict(f"The database at the given address holds {row[0]} tables.", hint="Give an empty one.")
    arguments = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
    _run("pg_restore", [*arguments, f"--dbname={settings['NAME']}", str(copy)], settings)
    configuration = home / CONFIGURATION_NAME
    text = configuration.read_text(encoding="utf-8") if configuration.is_file() else ""
    kept = re.sub(r"(?m)^(\s*database_url\s*=)", r"# before the restoration: \1", text)
    escaped = address.replace("\\", "\\\\").replace('"', '\\"')
    configuration.write_text(f'database_url = "{escaped}"\n{kept}', encoding="utf-8")


_NO_ROOM = ("No space left on device", "File too large", "Disk quota exceeded", "could not write")


def _run(program: str, arguments: list[str], settings: dict[str, Any]) -> None:
    """Runs a PostgreSQL client program against a database. The password goes by the environment, not by the line."""
    path = shutil.which(program)
    if path is None:
        raise ServiceUnavailable(
            f"The program {program} is not installed here.", hint="Install PostgreSQL's client programs."
        )
    environment = {**os.environ, "LC_ALL": "C", "PGPASSWORD": str(settings.get("PASSWORD") or "")}
    names = {"HOST": "PGHOST", "PORT": "PGPORT", "USER": "PGUSER", "NAME": "PGDATABASE"}
    environment |= {variable: str(settings[key]) for key, variable in names.items() if settings.get(key)}
    done = subprocess.run([path, *arguments], env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        said = done.stderr.strip()[-500:]
        if done.returncode == -signal.SIGXFSZ or any(words in said for words in _NO_ROOM):
            raise StorageFull(f"{program} could not write its file. {said}".strip(), hint="Free some room there.")
        raise Dop2iError(f"{program} failed: {said}")
