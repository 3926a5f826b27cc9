"""Alice looks for personal data before she sends anything."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from live_server import Live
from pydicom.data import get_testdata_file

from dop2i.faces.cli.main import main


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    folder = tmp_path / "scans"
    folder.mkdir()
    shutil.copy(str(get_testdata_file("CT_small.dcm")), folder / "ct.dcm")
    (folder / "README.md").write_text("# Scans of a phantom\n\nBy Alice, alice@lab.fr, +33 1 23 45 67 89.\n")
    (folder / "people.csv").write_text("name,mail\nJane,jane@uni-x.de\n")
    return folder


def test_alice_sees_what_stops_a_publication_and_makes_copies(scans: Path, tmp_path: Path) -> None:
    seen = CliRunner().invoke(main, ["scan", str(scans), "--json", "--clean", str(tmp_path / "clean")])
    assert seen.exit_code == 1
    found = json.loads(seen.stdout)
    assert (found["files"], found["stops"]) == (3, 2)
    assert {one["file"] for one in found["found"]} == {"ct.dcm", "people.csv"}
    assert "jane" not in seen.stdout
    assert "CompressedSamples" not in seen.output
    assert found["copies"][0]["changes"]
    again = CliRunner().invoke(main, ["scan", str(tmp_path / "clean")])
    assert again.exit_code == 0, again.output


def test_small_cells_are_looked_for_in_health_data_only(tmp_path: Path) -> None:
    (tmp_path / "cases.csv").write_text("district,cases\nNorth,120\nSouth,3\n")
    assert CliRunner().invoke(main, ["scan", str(tmp_path)]).exit_code == 0
    assert CliRunner().invoke(main, ["scan", str(tmp_path), "--health"]).exit_code == 1
    assert CliRunner().invoke(main, ["scan", str(tmp_path), "--health", "--smallest", "3"]).exit_code == 0


def test_nothing_is_sent_when_something_was_found(scans: Path, live: Live) -> None:
    arguments = ["publish", str(scans), "--to", live.url, "--token", live.alice, "--yes", "--licence", "CC-BY-4.0"]
    stopped = CliRunner().invoke(main, [*arguments, "--creator", "Martin, Alice"])
    assert stopped.exit_code == 2
    assert "nothing was sent" in stopped.stderr
    assert "patient's identity (DICOM)" in stopped.stderr
    refused = CliRunner().invoke(main, [*arguments, "--creator", "Martin, Alice", "--despite-findings"])
    assert refused.exit_code == 2
    assert "seems to hold" in refused.stderr


def test_the_operator_sees_and_lets_pass_and_reads_the_mail(scans: Path, live: Live) -> None:
    from live_server import dop2i

    arguments = ["publish", str(scans), "--to", live.url, "--token", live.alice, "--yes", "--licence", "CC-BY-4.0"]
    sent = CliRunner().invoke(
        main, [*arguments, "--creator", "Martin, Alice", "--despite-findings", "--draft", "--json"]
    )
    record = json.loads(sent.stdout)["id"]
    home = ["--home", str(live.home)]
    tried = CliRunner().invoke(main, [*arguments, "--creator", "Martin, Alice", "--despite-findings"])
    assert tried.exit_code == 2
    shown = json.loads(dop2i("ethics", "show", record, "--json", *home).stdout)
    assert {one["file"] for one in shown if one["blocks"]} == {"ct.dcm", "people.csv"}
    short = dop2i("ethics", "override", record, "--reason", "ok", *home, check=False)
    assert short.returncode == 2
    dop2i("ethics", "override", record, "--reason", "A phantom and invented people.", *home)
    done = CliRunner().invoke(main, [*arguments, "--creator", "Martin, Alice", "--despite-findings"])
    assert done.exit_code == 0, done.output
    listed = json.loads(dop2i("mail", "list", "--json", *home).stdout)
    assert listed["counts"]["kept"] >= 1
    number = str(listed["mails"][0]["id"])
    assert "Hello" in json.loads(dop2i("mail", "show", number, *home).stdout)["body"]
    assert dop2i("mail", "retry", "--kept", *home, check=False).returncode == 5
