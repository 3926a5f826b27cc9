"""An operator looks after an instance from the terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from live_server import Live, dop2i

from dop2i.testing.instances import put_ready_made

pytestmark = pytest.mark.slow(30)


@pytest.fixture
def home(tmp_path: Path) -> str:
    made = tmp_path / "home"
    put_ready_made(made)
    return str(made)


def test_making_an_instance_twice_changes_nothing(tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    dop2i("init", "--home", home)
    before = {path.name for path in Path(home).iterdir()}
    assert dop2i("init", "--home", home).returncode == 0
    assert dop2i("migrate", "--home", home).returncode == 0
    assert before <= {path.name for path in Path(home).iterdir()}


def test_the_token_stands_alone_on_the_last_line_of_standard_output(home: str) -> None:
    dop2i("person", "add", "alice@example.org", "--name", "Martin, Alice", "--home", home)
    done = dop2i("token", "alice@example.org", "--home", home, "--scope", "read,deposit", "--days", "3")
    assert done.stdout.count("\n") == 1
    assert done.stdout.startswith("dop2i_")
    assert "read, deposit" in done.stderr


def test_home_may_come_from_the_environment(home: str) -> None:
    done = dop2i("person", "add", "bruno@example.org", "--name", "Rossi, Bruno", "--json", DOP2I_HOME=home)
    assert json.loads(done.stdout)["email"] == "bruno@example.org"


def test_a_password_comes_from_standard_input(home: str) -> None:
    arguments = ["person", "add", "chloe@example.org", "--name", "Petit, Chloé", "--password-stdin", "--home", home]
    assert dop2i(*arguments, stdin="Faraday cage 1836\n").returncode == 0
    assert dop2i(*arguments, stdin="", check=False).returncode == 2


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["token", "nobody@example.org"], 4),
        (["token", "alice@example.org", "--scope", "everything"], 2),
        (["person", "add", "alice@example.org", "--name", "Twice"], 5),
        (["person", "add", "no address", "--name", "X"], 2),
        (["person", "add", "x@example.org", "--name", "X", "--orcid", "0000-0002-1825-0098"], 2),
        (["jobs", "show", "99"], 4),
        (["jobs", "retry"], 2),
    ],
)
def test_mistakes_have_their_exit_code(home: str, arguments: list[str], code: int) -> None:
    dop2i("person", "add", "alice@example.org", "--name", "Martin, Alice", "--home", home)
    done = dop2i(*arguments, "--home", home, check=False)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr


def test_an_instance_in_order_agrees(home: str) -> None:
    done = dop2i("check", "--home", home, "--json", "--repair", "--every-byte", check=False)
    assert (done.returncode, json.loads(done.stdout)["agrees"]) == (0, True), done.stderr


def test_the_worker_runs_once_and_the_queue_is_shown(home: str) -> None:
    assert dop2i("worker", "--once", "--home", home).returncode == 0
    assert json.loads(dop2i("jobs", "list", "--json", "--home", home).stdout)["counts"]["failed"] == 0


def test_backup_restore_check_and_rebuild_of_a_serving_instance(live: Live, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "README.md").write_text("# Kept twice\n\nA record to be backed up.\n")
    (tmp_path / "data" / "x.csv").write_text("a,b\n1,2\n")
    record = json.loads(
        dop2i(
            "publish", str(tmp_path / "data"), "--to", live.url, "--token", live.alice, "--yes", "--json",
            "--licence", "CC0-1.0", "--creator", "Martin, Alice",
        ).stdout
    )  # fmt: skip
    archive, copy = tmp_path / "instance.tar", tmp_path / "copy"
    assert json.loads(dop2i("backup", str(archive), "--home", str(live.home), "--json").stdout)["files"]
    assert dop2i("backup", str(archive), "--home", str(live.home), check=False).returncode == 5
    assert dop2i("restore", str(archive), "--home", str(copy)).returncode == 0
    assert dop2i("restore", str(archive), "--home", str(copy), check=False).returncode == 5
    done = dop2i("check", "--home", str(copy), "--every-byte", "--json", check=False)
    assert done.returncode == 0, done.stdout
    assert dop2i("index", "rebuild", "--home", str(copy)).returncode == 0
    for database in copy.glob("db.sqlite3*"):
        database.unlink()
    rebuilt = json.loads(dop2i("rebuild", "--home", str(copy), "--json").stdout)
    assert rebuilt["records"] == json.loads(done.stdout)["records"]
    assert not rebuilt["problems"]
    assert record["id"]
