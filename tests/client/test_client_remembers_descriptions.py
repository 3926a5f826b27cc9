"""A second look at Alice's folder reads only what changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from dop2i.client import descriptions
from dop2i.client.localfiles import read_files
from dop2i.core.proposals import describe_folder, walk_folder


def _look(folder: Path) -> tuple[dict[str, object], int]:
    sources = walk_folder(folder)
    files = read_files({source.name: source.path for source in sources})
    read = []
    found = descriptions.describe_again(folder, sources, files, progress=lambda done, total, name: read.append(name))
    return found.to_json(), len(read)


@pytest.fixture(autouse=True)
def small_ones_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(descriptions, "SMALLEST", 0)


def test_what_is_remembered_is_what_reading_again_would_tell(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "README.md").write_text("# Cosmic muons\n\nOne night in the cellar.\n")
    for number in range(5):
        (folder / f"{number}.csv").write_text(f"t (s),n\n{number},1\n2,3\n")
    first, count = _look(folder)
    assert count == 6
    assert first == describe_folder(walk_folder(folder)).to_json()
    assert _look(folder) == (first, 0)
    (folder / "3.csv").write_text("t (s),n\n9,9\n8,7\n")
    (folder / "4.csv").unlink()
    second, count = _look(folder)
    assert count == 1
    assert second == describe_folder(walk_folder(folder)).to_json()


def test_it_is_forgotten_when_a_reader_changes_or_the_cache_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "x.csv").write_text("t (s),n\n1,1\n")
    assert _look(folder)[1] == 1
    assert _look(folder)[1] == 0
    monkeypatch.setattr(descriptions, "_readers", lambda: "newer")
    assert _look(folder)[1] == 1
    path = descriptions._path(folder)
    path.write_bytes(path.read_bytes()[:30])
    assert _look(folder)[1] == 1
