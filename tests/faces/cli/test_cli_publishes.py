"""Alice publishes a folder from the terminal, changes it, publishes again; Chloé gets it. A served instance."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from live_server import Live

from dop2i.faces.cli.main import main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "muons"
    (made / "data").mkdir(parents=True)
    (made / "README.md").write_text("# Cosmic muons in the cellar\n\nCounts of a scintillator over one night.\n")
    (made / "data" / "counts.csv").write_text("time (s),counts\n" + "".join(f"{n},{n % 7}\n" for n in range(50)))
    np.save(made / "data" / "pulses.npy", np.random.default_rng(3).normal(size=300_000))
    return made


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


def dop2i(*arguments: str, check: bool = True) -> Done:
    """The command in this process: these commands need no Django, and a new process takes its time."""
    shown = CliRunner().invoke(main, list(arguments))
    assert shown.exception is None or isinstance(shown.exception, SystemExit), shown.exc_info
    assert not check or shown.exit_code == 0, shown.stderr
    return Done(shown.exit_code, shown.stdout, shown.stderr)


def publish(live: Live, folder: Path, *options: str, check: bool = True) -> Done:
    return dop2i("publish", str(folder), "--to", live.url, "--token", live.alice, *options, check=check)


def published(live: Live, folder: Path, *options: str) -> dict[str, Any]:
    done = publish(live, folder, "--yes", "--json", *options, check=False)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def asked(live: Live, folder: Path, answers: str) -> Result:
    arguments = ["publish", str(folder), "--to", live.url, "--token", live.alice]
    return CliRunner().invoke(main, arguments, input=answers)


def test_alice_publishes_with_at_most_three_answers(live: Live, folder: Path) -> None:
    shown = asked(live, folder, "CC-BY-5.0\nCC-BY-4.0\n\n\n\n")
    assert shown.exit_code == 0, shown.stderr
    assert "is no licence that is known" in shown.stderr
    title = next(line for line in shown.stderr.splitlines() if "Cosmic muons in the cellar" in line)
    assert "README.md" in title
    assert "your profile" in next(line for line in shown.stderr.splitlines() if "Martin, Alice" in line)
    assert sum(word in shown.stderr for word in ("Licence (", "Creators (", "Title:", "Kind of object")) == 1
    assert "ark:/" in shown.stdout


def test_yes_asks_nothing_and_lists_what_is_missing(live: Live, folder: Path) -> None:
    done = publish(live, folder, "--yes", "--json", check=False)
    assert done.returncode == 2
    assert not done.stdout
    assert "metadata.rights" in done.stderr


def test_a_wrong_option_is_refused_before_anything_is_sent(live: Live, folder: Path) -> None:
    done = publish(live, folder, "--yes", "--licence", "best-licence-ever", check=False)
    assert done.returncode == 2
    assert "licence" in done.stderr


def test_a_wrong_token_is_not_permitted(live: Live, folder: Path) -> None:
    done = dop2i("publish", str(folder), "--to", live.url, "--token", "dop2i_wrong", "--yes", check=False)
    assert done.returncode == 3


def test_publish_change_and_publish_again_sends_only_what_changed(live: Live, folder: Path) -> None:
    first = published(live, folder, "--licence", "CC-BY-4.0", "--creator", "Martin, Alice; CNRS")
    assert set(first) >= {"id", "pid", "url", "version", "files", "bytes_sent"}
    assert (first["action"], first["files"], first["version"]) == ("create", 3, 1)

    same = published(live, folder)
    assert (same["action"], same["id"], same["bytes_sent"]) == ("nothing", first["id"], 0)

    (folder / "data" / "counts.csv").write_text("time (s),counts\n0,1\n")
    (folder / "data" / "more.csv").write_text("time (s),counts\n1,1\n")
    (folder / "README.md").rename(folder / "README.txt")
    done = publish(live, folder, "--yes", "--json")
    second = json.loads(done.stdout)
    assert (second["action"], second["version"]) == ("version", 2)
    assert (second["added"], second["changed"], second["removed"], second["unchanged"]) == (
        ["README.txt", "data/more.csv"],
        ["data/counts.csv"],
        ["README.md"],
        1,
    )
    assert second["bytes_sent"] < 1000
    for line in ("added", "changed", "removed", "unchanged"):
        assert f"  {line}" in done.stderr
    assert second["id"] != first["id"]


def test_a_new_title_corrects_the_published_version(live: Live, folder: Path) -> None:
    first = published(live, folder, "--licence", "CC0-1.0", "--creator", "Martin, Alice")
    again = published(live, folder, "--title", "Muons under two metres of concrete")
    assert (again["action"], again["id"], again["version"]) == ("edit", first["id"], 1)
    import dop2i as client

    assert client.Client(live.url, "").record(first["id"]).title == "Muons under two metres of concrete"


def test_what_people_changed_on_the_server_is_kept(live: Live, folder: Path) -> None:
    import dop2i as client

    first = published(live, folder, "--licence", "CC0-1.0", "--creator", "Martin, Alice")
    draft = client.Client(live.url, live.alice).record(first["id"]).edit()
    draft.document["metadata"]["description"] = "Written by Bruno on the web."
    draft.update({key: draft.document[key] for key in ("metadata", "custom_fields", "access")}).publish()
    (folder / "data" / "more.csv").write_text("time (s),counts\n1,1\n")
    second = published(live, folder)
    record = client.Client(live.url, "").record(second["id"])
    assert second["version"] == 2
    assert record.metadata["description"] == "Written by Bruno on the web."


def test_a_draft_is_not_published_and_goes_on_later(live: Live, folder: Path) -> None:
    options = ("--licence", "CC-BY-4.0", "--creator", "Martin, Alice")
    draft = published(live, folder, "--draft", *options)
    assert draft["action"] == "draft"
    assert dop2i("get", draft["id"], "--from", live.url, check=False).returncode == 4
    record = published(live, folder)
    assert (record["id"], record["bytes_sent"]) == (draft["id"], 0)


def test_another_computer_names_the_record(live: Live, folder: Path, tmp_path: Path) -> None:
    first = published(live, folder, "--licence", "CC-BY-4.0", "--creator", "Martin, Alice")
    moved = folder.rename(tmp_path / "elsewhere")
    (moved / "data" / "more.csv").write_text("time (s),counts\n1,1\n")
    second = published(live, moved, "--record", first["id"])
    assert (second["version"], second["added"]) == (2, ["data/more.csv"])


def test_chloe_gets_the_files_by_pid_and_by_pattern(live: Live, folder: Path, tmp_path: Path) -> None:
    record = published(live, folder, "--licence", "CC-BY-4.0", "--creator", "Martin, Alice")
    to = tmp_path / "got"
    done = dop2i("get", record["pid"], "--from", live.url, "--to", str(to))
    assert {Path(line).relative_to(to) for line in done.stdout.splitlines()} == {
        Path("README.md"),
        Path("data/counts.csv"),
        Path("data/pulses.npy"),
    }
    assert (to / "data" / "pulses.npy").read_bytes() == (folder / "data" / "pulses.npy").read_bytes()
    again = json.loads(dop2i("get", record["url"], "--to", str(to), "--json", "--file", "*.npy").stdout)
    assert (again["bytes_received"], [file["key"] for file in again["files"]]) == (0, ["data/pulses.npy"])
    assert dop2i("get", record["id"], "--from", live.url, "--file", "*.fits", check=False).returncode == 4


def test_chloe_exports_a_record(live: Live, folder: Path) -> None:
    record = published(live, folder, "--licence", "CC-BY-4.0", "--creator", "Martin, Alice")
    done = dop2i("export", record["id"], "--format", "bibtex", "--from", live.url)
    assert "Cosmic muons in the cellar" in done.stdout
    assert dop2i("export", "999999", "--format", "bibtex", "--from", live.url, check=False).returncode == 4


def test_a_folder_without_files_is_refused(live: Live, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert publish(live, tmp_path / "empty", "--yes", check=False).returncode == 2
