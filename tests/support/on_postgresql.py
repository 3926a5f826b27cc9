"""Runs pytest with a private PostgreSQL cluster: ``on_postgresql.py BIN_FOLDER -- PYTEST-ARGS``.

The cluster lives in a temporary folder, listens on a Unix socket only, and goes when pytest ends. PostgreSQL refuses
to run as root, so root hands it to the user ``postgres``.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

# Nothing of it outlives the run: no flush, no archive, no cleaning up; and no compiler for queries of a few rows.
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "1h",
    "autovacuum": "off",
    "jit": "off",
    "max_connections": "200",
}
IN_MEMORY, ROOM = Path("/dev/shm"), 6 << 30


def as_postgres() -> dict[str, int]:
    """Arguments for subprocess that drop root's rights (none when we are not root)."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam("postgres")
    return {"user": user.pw_uid, "group": user.pw_gid}


def start_cluster(programs: Path, folder: Path) -> str:
    """Makes and starts the cluster; returns its database URL. Durability is off: the data live for minutes."""
    data = folder / "data"
    options = f"-c listen_addresses='' -k {folder} " + " ".join(
        f"-c {name}={value}" for name, value in SETTINGS.items()
    )
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "cwd": folder, **as_postgres()}
    subprocess.run([programs / "initdb", "-D", data, "-U", "dop2i", "--auth=trust", "--encoding=UTF8"], **quiet)
    subprocess.run([programs / "pg_ctl", "-D", data, "-o", options, "-w", "-l", folder / "log", "start"], **quiet)
    subprocess.run([programs / "createdb", "-h", folder, "-U", "dop2i", "dop2i"], **quiet)
    return f"postgresql://dop2i@/dop2i?host={folder}"


def place() -> str | None:
    """In memory where there is room: each test copies a database."""
    return str(IN_MEMORY) if IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > ROOM else None


def main() -> int:
    programs, arguments = Path(sys.argv[1]), sys.argv[3:]
    folder = Path(tempfile.mkdtemp(prefix="dop2i-postgresql-", dir=place()))
    if as_postgres():
        shutil.chown(folder, "postgres", "postgres")
    try:
        url = start_cluster(programs, folder)
        environment = {**os.environ, "DOP2I_TEST_DATABASE_URL": url}
        return subprocess.run([sys.executable, "-m", "pytest", *arguments], env=environment).returncode
    finally:
        stop = [programs / "pg_ctl", "-D", folder / "data", "-m", "immediate", "-w", "stop"]
        subprocess.run(stop, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **as_postgres())
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
