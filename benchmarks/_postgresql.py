"""The same search on PostgreSQL: full text with a GIN index and the same five facets, as one would write it there."""

from __future__ import annotations

import glob
import json
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FACETS = ("theme", "type", "experiment", "year", "licence")
_TABLE = """
CREATE UNLOGGED TABLE entry (id bigint, created timestamptz, words tsvector, theme text, type text, experiment text,
    year text, licence text)"""
_RAW = """
CREATE UNLOGGED TABLE raw (id bigint, created timestamptz, title text, body text, theme text, type text,
    experiment text, year text, licence text)"""
_WORDS = """
INSERT INTO entry SELECT id, created, setweight(to_tsvector('english', title), 'A') || to_tsvector('english', body),
    theme, type, experiment, year, licence FROM raw"""
_SEARCH = """
WITH found AS MATERIALIZED (
    SELECT id, words, theme, type, experiment, year, licence FROM entry, query WHERE words @@ asked),
top AS (SELECT id FROM found, query ORDER BY ts_rank(words, asked) DESC LIMIT 20),
facets AS (SELECT theme, type, experiment, year, licence, count(*) FROM found
    GROUP BY GROUPING SETS ((theme), (type), (experiment), (year), (licence), ()))
SELECT (SELECT array_agg(id) FROM top), (SELECT json_agg(facets) FROM facets)"""
_BROWSE = """
WITH top AS (SELECT id FROM entry ORDER BY created DESC, id DESC LIMIT 20),
facets AS (SELECT theme, type, experiment, year, licence, count(*) FROM entry
    GROUP BY GROUPING SETS ((theme), (type), (experiment), (year), (licence), ()))
SELECT (SELECT array_agg(id) FROM top), (SELECT json_agg(facets) FROM facets)"""


def programs() -> Path | None:
    """Where PostgreSQL's programs are; None when there is no PostgreSQL."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"))  # noqa: PTH207 - one pattern from the root
    beside = shutil.which("initdb")
    return Path(found[-1]) if found else Path(beside).parent if beside else None


def _as_server() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam("postgres")
    return {"user": user.pw_uid, "group": user.pw_gid}


@contextmanager
def cluster(folder: Path, binaries: Path) -> Iterator[str]:
    """A cluster in ``folder`` that is made once; its address while it runs."""
    folder.mkdir(parents=True, exist_ok=True)
    if _as_server():
        shutil.chown(folder, "postgres", "postgres")
    quiet: dict[str, Any] = {"check": True, "stdout": subprocess.DEVNULL, "cwd": folder, **_as_server()}
    data = folder / "data"
    if not data.exists():
        subprocess.run([binaries / "initdb", "-D", data, "-U", "dop2i", "--auth=trust", "--encoding=UTF8"], **quiet)
    options = (
        f"-c listen_addresses='' -k {folder} -c fsync=off -c synchronous_commit=off -c shared_buffers=1GB "
        "-c work_mem=256MB -c maintenance_work_mem=1GB -c max_wal_size=8GB -c random_page_cost=1.1 -c jit=off"
    )
    subprocess.run([binaries / "pg_ctl", "-D", data, "-o", options, "-w", "-l", folder / "log", "start"], **quiet)
    try:
        yield f"postgresql://dop2i@/postgres?host={folder}"
    finally:
        subprocess.run([binaries / "pg_ctl", "-D", data, "-m", "fast", "-w", "stop"], **quiet)


def load(address: str, *, wanted: str) -> None:
    """Copies the catalogue's entries, unless the table holds what is ``wanted`` already."""
    import psycopg

    with psycopg.connect(address, autocommit=True) as connection:
        found = connection.execute("SELECT obj_description(to_regclass('entry'), 'pg_class')").fetchone()
        if found and found[0] == wanted:
            return
        connection.execute("DROP TABLE IF EXISTS entry")
        connection.execute("DROP TABLE IF EXISTS raw")
        connection.execute(_RAW)
        connection.execute(_TABLE)
        columns = "id, created, title, body, theme, type, experiment, year, licence"
        with connection.cursor() as cursor, cursor.copy(f"COPY raw ({columns}) FROM STDIN") as copy:
            for row in _rows():
                copy.write_row(row)
        connection.execute(_WORDS)
        connection.execute("DROP TABLE raw")
        connection.execute("CREATE INDEX ON entry USING gin (words)")
        connection.execute("CREATE INDEX ON entry (created DESC, id DESC)")
        connection.execute("VACUUM ANALYZE entry")
        connection.execute(f"COMMENT ON TABLE entry IS '{wanted}'")


def _rows() -> Iterator[tuple[Any, ...]]:
    """What both engines are given of each entry."""
    from dop2i.server.catalogue.models import Entry

    for entry in Entry.objects.filter(key__startswith="own:").order_by("pk").iterator(chunk_size=2000):
        metadata, custom = entry.document["metadata"], entry.document["custom_fields"]
        people = [person["person_or_org"]["name"] for person in metadata["creators"]]
        subjects = [subject["subject"] for subject in metadata["subjects"]]
        body = " ".join([metadata["description"], *people, *subjects, entry.text])
        yield (
            entry.pk, entry.created, metadata["title"], body, custom["dop2i:theme"], metadata["resource_type"]["id"],
            custom["dop2i:experiment"][0], metadata["publication_date"][:4], metadata["rights"][0]["id"],
        )  # fmt: skip


class Searches:
    """A connection that searches."""

    def __init__(self, address: str) -> None:
        import psycopg

        self.connection = psycopg.connect(address, autocommit=True)

    def search(self, words: str) -> int:
        """Top 20 by rank, count and five facets of a query of words; how many there are."""
        query = f"WITH query AS (SELECT plainto_tsquery('english', %s) AS asked), {_SEARCH.split('WITH ', 1)[1]}"
        return _count(self.connection.execute(query, (words,)).fetchone())

    def browse(self) -> int:
        """The newest 20 of all, and five facets."""
        return _count(self.connection.execute(_BROWSE).fetchone())


def _count(row: Any) -> int:
    facets = row[1] if isinstance(row[1], list) else json.loads(row[1])
    return max(int(bucket["count"]) for bucket in facets)
