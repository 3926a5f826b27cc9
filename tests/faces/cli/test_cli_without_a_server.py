"""The command line on one's own machine: no instance, no network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dop2i.errors import (
    ChecksumMismatch,
    Conflict,
    Dop2iError,
    InvalidDocument,
    NotAuthenticated,
    NotFound,
    NotPermitted,
    Problem,
    ServiceUnavailable,
    StorageFull,
    UnreadableFile,
)
from dop2i.faces.cli._exits import exit_code
from dop2i.faces.cli._terminal import aligned, clean, size_text, spark
from dop2i.faces.cli.main import main

HEAVY = ("numpy", "uproot", "astropy", "h5py", "pyarrow", "requests", "django", "tqdm", "awkward", "lxml")


def run(*arguments: str, **options: object) -> Result:
    return CliRunner().invoke(main, list(arguments), **options)  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "run-42"
    (made / "data").mkdir(parents=True)
    (made / "README.md").write_text("# Cosmic muons in the cellar\n\nCounts of a scintillator over one night.\n")
    (made / "data" / "counts.csv").write_text("time (s),counts\n" + "".join(f"{n},{n % 7}\n" for n in range(50)))
    return made


def test_help_lists_every_command_and_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom dop2i.faces.cli.main import main\n"
        "try: main(['--help'])\nexcept SystemExit as end: assert not end.code\n"
        f"assert not [name for name in {HEAVY!r} if name in sys.modules], 'a heavy import'"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for name in ("describe", "publish", "get", "export", "serve", "person", "token", "check", "rebuild", "backup"):
        assert f"\n  {name} " in done.stdout, name


def test_every_command_explains_itself() -> None:
    import click

    for name, command in main.commands.items() or [(n, main.get_command(None, n)) for n in main.list_commands(None)]:  # type: ignore[arg-type]
        assert isinstance(command, click.Command)
        shown = run(name, "--help")
        assert shown.exit_code == 0, shown.output
        assert command.help
        assert command.help.rstrip()[-1] in ".)"


def test_a_mistyped_command_gets_the_nearest() -> None:
    shown = run("descibe", "x")
    assert shown.exit_code == 2
    assert "'describe'" in shown.output


def test_chloe_describes_a_file(folder: Path) -> None:
    shown = run("describe", str(folder / "data" / "counts.csv"))
    assert shown.exit_code == 0, shown.output
    assert "counts.csv" in shown.stdout
    assert "50 rows, 2 columns" in shown.stdout
    assert "█" in shown.stdout


def test_chloe_describes_a_folder_as_json_and_only_json_is_on_standard_output(folder: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-m", "dop2i.faces.cli.main", "describe", str(folder), "--json"],
        capture_output=True, text=True, check=True, env=environment,
    )  # fmt: skip
    found = json.loads(done.stdout)
    assert [file["name"] for file in found["files"]] == ["README.md", "data/counts.csv"]
    assert found["proposed"]["metadata"]["title"] == "Cosmic muons in the cellar"
    title = next(item for item in found["evidence"] if item["path"] == "metadata.title" and item["chosen"])
    assert title["file"] == "README.md"
    assert "metadata.creators" in {problem["path"] for problem in found["missing"]}


def test_a_folder_shows_what_it_proposes_with_evidence(folder: Path) -> None:
    shown = run("describe", str(folder))
    assert shown.exit_code == 0, shown.output
    line = next(line for line in shown.stdout.splitlines() if "Cosmic muons in the cellar" in line and "title" in line)
    assert "README.md" in line


def test_a_damaged_file_is_described_as_such(tmp_path: Path) -> None:
    damaged = tmp_path / "events.root"
    damaged.write_bytes(b"root\x00\x00\xf5\x5a" + b"\xff" * 300)
    shown = run("describe", str(damaged))
    assert shown.exit_code == 1
    assert "damaged" in shown.stdout


def test_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    shown = run("describe", str(tmp_path / "absent.csv"))
    assert shown.exit_code == 4
    assert "absent.csv" in shown.stderr
    assert not shown.stdout


def test_a_folder_exports_without_a_server(folder: Path, tmp_path: Path) -> None:
    shown = run("export", str(folder), "--format", "native")
    assert shown.exit_code == 0, shown.output
    assert "Cosmic muons in the cellar" in shown.stdout
    written = tmp_path / "out.json"
    assert run("export", str(folder), "--format", "native", "-o", str(written)).exit_code == 0
    assert written.stat().st_size
    assert run("export", str(folder), "--format", "telegram").exit_code == 4


def test_formats_and_exports_are_listed() -> None:
    assert "root" in {row["name"] for row in json.loads(run("formats", "--json").stdout)}
    assert "bibtex" in {row["name"] for row in json.loads(run("exports", "--json").stdout)}
    assert "hdf5" in run("formats").stdout


def test_publishing_without_a_server_or_a_token_is_told_before_anything_is_read(folder: Path) -> None:
    assert run("publish", str(folder), env={"DOP2I_URL": None, "DOP2I_TOKEN": None}).exit_code == 2
    shown = run("publish", str(folder), "--to", "http://127.0.0.1:9", env={"DOP2I_TOKEN": None})
    assert shown.exit_code == 3
    assert "token" in shown.stderr


def test_a_server_that_is_away_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dop2i.client.session._pause", lambda *_: 0.0)
    shown = run("get", "1", "--from", "http://127.0.0.1:9")
    assert shown.exit_code == 6
    assert "connection refused" in shown.stderr


def test_the_kinds_of_sources_are_listed_where_there_is_no_instance() -> None:
    bare = {name: value for name, value in os.environ.items() if name not in ("DJANGO_SETTINGS_MODULE", "DOP2I_HOME")}
    command = [sys.executable, "-m", "dop2i.faces.cli.main", "harvest", "sources"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=bare)
    assert done.returncode == 0, done.stderr
    assert "oai-pmh" in done.stdout


def test_a_home_that_is_no_instance_is_not_found(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dop2i.faces.cli.main", "token", "alice@example.org", "--home", str(tmp_path / "no")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 4
    assert "dop2i init" in done.stderr


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Dop2iError("x"), 1),
        (UnreadableFile("x"), 1),
        (InvalidDocument([Problem("metadata.title", "missing")]), 2),
        (NotPermitted("x"), 3),
        (NotAuthenticated("x"), 3),
        (NotFound("x"), 4),
        (Conflict("x"), 5),
        (ChecksumMismatch("x"), 5),
        (ServiceUnavailable("x"), 6),
        (StorageFull("x"), 7),
    ],
)
def test_every_error_has_its_exit_code(error: Dop2iError, code: int) -> None:
    assert exit_code(error) == code


def test_the_exit_codes_are_those_of_the_documentation() -> None:
    page = (Path(__file__).parents[3] / "docs" / "user" / "command-line.md").read_text(encoding="utf-8")
    for code in (0, 1, 2, 3, 4, 5, 6, 7, 130):
        assert f"| {code} |" in page


def test_mallory_cannot_steer_the_terminal_by_a_title() -> None:
    assert "\x1b" not in clean("\x1b[2Jgone\u202e\n\x07x")
    assert clean("a\n b\tc") == "a b c"


def test_small_things_that_are_shown() -> None:
    assert [size_text(n) for n in (0, 999, 1_000, 1_234_567, 5e15)] == ["0 B", "999 B", "1 kB", "1.23 MB", "5 PB"]
    assert len(spark([1, 5, 9, 5, 1] * 13)) == 16
    assert spark([]) == spark([0, 0]) == ""
    assert list(aligned([["a", "1"], ["bcd", "12"]], right=frozenset({1}))) == ["  a     1", "  bcd  12"]
