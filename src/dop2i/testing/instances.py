"""Fresh instances for tests: a migrated database is made once and copied for each test.

In a ``conftest.py``: ``from dop2i.testing.instances import instance, template_instance``. With
DOP2I_TEST_DATABASE_URL set (``postgresql://user@host/postgres``) the same tests run on PostgreSQL.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

TEST_DATABASE = "DOP2I_TEST_DATABASE_URL"


@pytest.fixture(scope="session")
def template_instance(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> Iterator[tuple[Path, str]]:
    """A folder with everything but a use, and the name of the PostgreSQL database to copy ('' on SQLite)."""
    from dop2i.core.packages.ocfl import StorageRoot
    from dop2i.server.instance import make_folders, migrate

    home = tmp_path_factory.mktemp("template") / "home"
    make_folders(home)
    StorageRoot(home / "ocfl", staging=home / "staging").initialise()
    url = os.environ.get(TEST_DATABASE, "")
    name = f"dop2i_template_{uuid.uuid4().hex[:12]}" if url else ""
    if url:
        _administer(url, f'CREATE DATABASE "{name}"')
    with django_db_blocker.unblock():
        restore = _use(home, _url_of(url, name))
        migrate()
        _put_away()
        restore()
    yield home, name
    if url:
        _administer(url, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def instance(
    template_instance: tuple[Path, str], tmp_path: Path, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """The folder of a fresh, initialised instance that this process now serves."""
    template, template_name = template_instance
    home = tmp_path / "home"
    shutil.copytree(template, home)
    url = os.environ.get(TEST_DATABASE, "")
    name = f"dop2i_test_{uuid.uuid4().hex[:12]}" if url else ""
    if url:
        _administer(url, f'CREATE DATABASE "{name}" TEMPLATE "{template_name}"')
        monkeypatch.setenv("DOP2I_DATABASE_URL", _url_of(url, name))
    monkeypatch.setenv("DOP2I_HOME", str(home))
    with django_db_blocker.unblock():
        restore = _use(home, _url_of(url, name))
        yield home
        _put_away()
        restore()
    if url:
        _administer(url, f'DROP DATABASE "{name}" WITH (FORCE)')


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


def _administer(url: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())
