"""Fresh instances for tests: a migrated database is made once for the whole run and copied for each test.

In the outermost ``conftest.py``: ``from dop2i.testing.instances import instance, template_folder, template_instance``.
With DOP2I_TEST_DATABASE_URL set (``postgresql://user@host/postgres``) the same tests run on PostgreSQL.

The workers of pytest-xdist share one template; ``put_ready_made`` gives it to servers that a test starts in
processes of their own, too.
"""

from __future__ import annotations

import dataclasses
import fcntl
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

TEST_DATABASE = "DOP2I_TEST_DATABASE_URL"
TEMPLATES = "DOP2I_TEST_TEMPLATES"
"""The variable that names the folder of this run in which the templates are made, at the first need."""

_INITIALISE = "import sys; from dop2i.server.instance import initialise; initialise(sys.argv[1])"
_OWN = frozenset({"secret_key", "cache"})
"""What an instance shares with no other."""


@pytest.fixture(scope="session", autouse=True)
def template_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of this run, one for all its workers, where templates are made; named in the environment."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "templates"
    folder.mkdir(exist_ok=True)
    os.environ[TEMPLATES] = str(folder)
    yield folder
    del os.environ[TEMPLATES]


@pytest.fixture(scope="session")
def template_instance(template_folder: Path) -> Iterator[tuple[Path, str]]:
    """A folder with everything but a use, and the name of the PostgreSQL database to copy ('' on SQLite)."""
    from django.contrib.auth.hashers import ScryptPasswordHasher

    # the people of the tests have passwords that need no protection: hashing them takes a tenth of a second each
    strength, ScryptPasswordHasher.work_factor = ScryptPasswordHasher.work_factor, 4
    url = os.environ.get(TEST_DATABASE, "")
    if not url:
        yield _template_home(template_folder), ""
    else:
        with _template_database(template_folder, url) as name:
            yield _template_home(template_folder), name
    ScryptPasswordHasher.work_factor = strength


@pytest.fixture
def instance(template_instance: tuple[Path, str], tmp_path: Path, django_db_blocker: Any) -> Iterator[Path]:
    """The folder of a fresh, initialised instance that this process now serves."""
    with django_db_blocker.unblock(), fresh_instance(tmp_path / "home", database=template_instance[1]):
        yield tmp_path / "home"


@contextmanager
def fresh_instance(home: Path, *, database: str) -> Iterator[None]:
    """This process serves a fresh instance in ``home`` for the length of the block.

    ``database``: the template on PostgreSQL, as ``template_instance`` tells it; empty on SQLite.
    """
    put_ready_made(home)
    url = os.environ.get(TEST_DATABASE, "")
    name = f"dop2i_test_{uuid.uuid4().hex[:12]}" if url else ""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DOP2I_HOME", str(home))
        if url:
            _copy_database(url, database, name)
            environment.setenv("DOP2I_DATABASE_URL", _url_of(url, name))
        restore = _use(home, _url_of(url, name))
        try:
            yield
        finally:
            _put_away()
            restore()
    if url:
        _administer(url, f'DROP DATABASE "{name}" WITH (FORCE)')


def put_ready_made(home: Path) -> None:
    """Make ``home`` an initialised instance on SQLite, by copying the run's template; what is there stays.

    Outside of a test run it does nothing: the instance is then made at its first start.
    """
    named = os.environ.get(TEMPLATES)
    if named is None:
        return
    from dop2i.server.instance import make_folders

    template = _template_home(Path(named))
    home.mkdir(parents=True, exist_ok=True)
    for entry in template.iterdir():
        target = home / entry.name
        if entry.name in _OWN or target.exists():
            continue
        if entry.is_dir():
            shutil.copytree(entry, target)
        else:
            shutil.copy2(entry, target)
    make_folders(home)


def _template_home(folder: Path) -> Path:
    """The template on SQLite, made by the first who needs it."""
    home = folder / "home"
    with _locked(folder):
        if not home.is_dir():
            unfinished = folder / "unfinished"
            _initialise(unfinished, url="")
            unfinished.rename(home)
    return home


@contextmanager
def _template_database(folder: Path, url: str) -> Iterator[str]:
    """The template on PostgreSQL; the last worker that leaves drops it."""
    marked, me = folder / "database", folder / f"uses-the-database-{os.getpid()}"
    with _locked(folder):
        me.touch()
        if not marked.exists():
            name = f"dop2i_template_{uuid.uuid4().hex[:12]}"
            _administer(url, f'CREATE DATABASE "{name}"')
            _initialise(folder / "of-the-database", url=_url_of(url, name))
            marked.write_text(name, encoding="ascii")
        name = marked.read_text(encoding="ascii")
    yield name
    with _locked(folder):
        me.unlink()
        if not any(folder.glob("uses-the-database-*")):
            marked.unlink()
            _administer(url, f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One worker at a time."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _initialise(home: Path, *, url: str) -> None:
    """Makes an instance in a process of its own, as its first start would."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DOP2I_")}
    environment = {**kept, **({"DOP2I_DATABASE_URL": url} if url else {})}
    subprocess.run([sys.executable, "-c", _INITIALISE, str(home)], env=environment, check=True)  # noqa: S603


def _use(home: Path, url: str) -> Any:
    """Point Django at another instance; returns what points it back."""
    from django.conf import settings
    from django.db import connections

    from dop2i.server.configuration import database_settings, read_configuration

    before, databases = settings.DOP2I, dict(connections.settings["default"])
    settings.DOP2I = dataclasses.replace(read_configuration(home), database_url=url)
    connections.close_all()
    fresh = database_settings(settings.DOP2I)
    _replace_connection({**databases, **fresh, "TEST": databases.get("TEST", {})})

    def restore() -> None:
        settings.DOP2I = before
        _replace_connection(databases)

    return restore


def _replace_connection(values: dict[str, Any]) -> None:
    from django.db import connections

    connections.close_all()
    connections.settings["default"].clear()
    connections.settings["default"].update(values)
    if hasattr(connections._connections, "default"):
        del connections["default"]


def _put_away() -> None:
    from django.db import connections

    connections.close_all()


def _url_of(url: str, name: str) -> str:
    if not url:
        return ""
    from urllib.parse import urlsplit, urlunsplit

    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _copy_database(url: str, template: str, name: str) -> None:
    """Copies the template's files where PostgreSQL can be told so: for a few megabytes that is several times faster."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        strategy = " STRATEGY FILE_COPY" if connection.info.server_version >= 150000 else ""
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"{strategy}'.encode())


def _administer(url: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())
