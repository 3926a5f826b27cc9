"""``dop2i harvest``: the operator adds a source, runs it, sees what it holds, and removes it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from live_server import dop2i

from dop2i.testing.instances import put_ready_made


@pytest.mark.slow(15)
def test_the_operator_harvests_a_folder_from_the_terminal(tmp_path: Path) -> None:
    home = tmp_path / "home"
    put_ready_made(home)
    folder = home / "harvest"
    folder.mkdir()
    (folder / "a.json").write_text(
        json.dumps({"titles": [{"title": "Muons"}], "creators": [{"name": "Martin, Alice"}]})
    )
    (folder / "b.json").write_text("{broken")
    at = ("--home", str(home))
    tried = json.loads(dop2i("harvest", "test", "folder", str(folder), *at).stdout)
    assert [line["identifier"] for line in tried["records"]] == ["a.json", "b.json"]
    dop2i("harvest", "add", "folder", "lab", str(folder), "--title", "The lab", "--no-run", *at)
    done = dop2i("harvest", "run", "lab", "--here", *at)
    assert "2 records, 1 new" in done.stderr
    shown = json.loads(dop2i("harvest", "show", "lab", *at).stdout)
    assert (shown["records"], shown["failed"]) == (1, 1)
    assert "not valid JSON" in shown["failed_records"][0]["problem"]
    assert "lab" in dop2i("harvest", "list", *at).stdout
    dop2i("harvest", "pause", "lab", *at)
    assert "paused" in dop2i("harvest", "list", *at).stdout
    assert dop2i("harvest", "run", "lab", *at, check=False).returncode == 5
    dop2i("harvest", "resume", "lab", *at)
    dop2i("harvest", "change", "lab", "--title", "L", "--option", "base=https://example.org", "--every", "6", *at)
    changed = json.loads(dop2i("harvest", "show", "lab", *at).stdout)
    assert (changed["title"], changed["options"], changed["every_hours"]) == ("L", {"base": "https://example.org"}, 6)
    dop2i("harvest", "remove", "lab", "--yes", *at)
    assert json.loads(dop2i("harvest", "list", "--json", *at).stdout) == []
    assert dop2i("harvest", "add", "folder", "etc", "/etc", *at, check=False).returncode == 3
    assert "oai-pmh" in dop2i("harvest", "sources").stdout
