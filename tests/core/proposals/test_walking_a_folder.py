"""What of Alice's folder is deposited, and what Mallory cannot slip in."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import pytest

from dop2i.core.proposals import describe_folder, read_git, walk_folder
from dop2i.core.proposals.git import without_credentials
from dop2i.errors import NotFound


def names(folder: Path, told: list[str] | None = None) -> list[str]:
    return [source.name for source in walk_folder(folder, warn=(told if told is not None else []).append)]


def touch(folder: Path, *paths: str) -> Path:
    for path in paths:
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("x")
    return folder


def test_files_come_in_order_with_their_place_and_without_litter(tmp_path: Path) -> None:
    touch(tmp_path, "b.csv", "a/z.csv", "a/b/c.csv", ".zenodo.json", "A.csv")
    touch(tmp_path, ".git/HEAD", ".DS_Store", "Thumbs.db", "a/._z.csv", "__pycache__/m.pyc", "notes.txt~", "__MACOSX/b")
    assert names(tmp_path) == [".zenodo.json", "A.csv", "a/b/c.csv", "a/z.csv", "b.csv"]


def test_a_single_file_is_a_folder_of_one(tmp_path: Path) -> None:
    assert names(touch(tmp_path, "b.csv") / "b.csv") == ["b.csv"]


def test_an_absent_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no file or folder"):
        walk_folder(tmp_path / "nowhere")


def test_links_out_of_the_folder_are_refused_with_a_warning(tmp_path: Path) -> None:
    outside = tmp_path / "secret.txt"
    outside.write_text("secret")
    folder = touch(tmp_path / "deposit", "data.csv", "sub/inner.csv")
    (folder / "out.txt").symlink_to(outside)
    (folder / "up").symlink_to(tmp_path)
    (folder / "loop").symlink_to(folder)
    (folder / "within.csv").symlink_to(folder / "data.csv")
    (folder / "broken").symlink_to(folder / "nothing")
    told: list[str] = []
    assert names(folder, told) == ["data.csv", "sub/inner.csv", "within.csv"]
    assert len(told) == 4
    assert any(text.startswith("out.txt is left out") for text in told)


def test_pipes_and_names_that_are_not_utf_8_are_left_out(tmp_path: Path) -> None:
    touch(tmp_path, "data.csv")
    os.mkfifo(tmp_path / "pipe")
    with open(os.fsencode(tmp_path) + b"/caf\xe9.csv", "wb") as file:  # noqa: PTH123 - a name that Path cannot show
        file.write(b"1")
    told: list[str] = []
    assert names(tmp_path, told) == ["data.csv"]
    assert len(told) == 2


def test_names_that_differ_by_case_only_are_told(tmp_path: Path) -> None:
    told: list[str] = []
    assert names(touch(tmp_path, "Data.csv", "data.csv"), told) == ["Data.csv", "data.csv"]
    assert "differ by case only" in told[0]


COMMIT = "a" * 40


def repository(folder: Path, *, head: str = "ref: refs/heads/main\n") -> Path:
    git = folder / ".git"
    (git / "refs" / "heads").mkdir(parents=True)
    (git / "HEAD").write_text(head)
    (git / "refs" / "heads" / "main").write_text(COMMIT + "\n")
    (git / "packed-refs").write_text(f"# pack-refs\n{'b' * 40} refs/tags/v1.2.0\n^{COMMIT}\n")
    (git / "config").write_text('[remote "origin"]\n\turl = https://alice:secret@example.org/lab/fit.git?token=x\n')
    body = "tree x\nauthor Alice Durand <alice@lab.fr> 1700000000 +0100\ncommitter X <x@y> 1700000000 +0100\n\nmsg"
    place = git / "objects" / COMMIT[:2]
    place.mkdir(parents=True)
    (place / COMMIT[2:]).write_bytes(zlib.compress(f"commit {len(body)}\0{body}".encode()))
    return folder


def test_the_repository_tells_address_commit_tag_and_author_without_secrets(tmp_path: Path) -> None:
    facts = read_git(repository(tmp_path))
    assert facts is not None
    assert facts.remote == "https://example.org/lab/fit.git"
    assert (facts.branch, facts.commit, facts.tags) == ("main", COMMIT, ["v1.2.0"])
    assert facts.authors == ["Alice Durand"]
    assert "alice@" not in repr(facts)
    assert "secret" not in repr(facts)


def test_hooks_of_a_repository_are_not_run(tmp_path: Path) -> None:
    folder = repository(tmp_path)
    hook = folder / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir()
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/mallory-was-here\n")
    hook.chmod(0o755)
    (folder / ".git" / "config").write_text(f"[core]\n\tfsmonitor = touch {tmp_path}/mallory-was-here\n")
    read_git(folder)
    assert not (tmp_path / "mallory-was-here").exists()


@pytest.mark.parametrize(
    "head", ["", "ref: ../../../etc/passwd\n", "ref: refs/heads/../../config\n", "\x00" * 50, COMMIT]
)
def test_a_strange_head_is_no_harm(tmp_path: Path, head: str) -> None:
    facts = read_git(repository(tmp_path, head=head))
    assert facts is not None
    assert facts.commit in ("", COMMIT)


def test_no_repository_is_no_facts(tmp_path: Path) -> None:
    assert read_git(tmp_path) is None
    (tmp_path / ".git").write_text("gitdir: /etc\n")
    assert read_git(tmp_path) is None


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("git@github.com:lab/fit.git", "https://github.com/lab/fit.git"),
        ("ssh://git@example.org:2222/lab/fit", "https://example.org/lab/fit"),
        ("https://user:pass@example.org/lab", "https://example.org/lab"),
        ("https://example.org:8443/lab", "https://example.org:8443/lab"),
        ("/home/alice/fit", ""),
        ("file:///home/alice/fit", ""),
        ("https://[bad", ""),
    ],
)
def test_addresses_are_shown_without_credentials(address: str, shown: str) -> None:
    assert without_credentials(address) == shown


def test_a_described_folder_knows_its_name_and_repository(tmp_path: Path) -> None:
    folder = repository(touch(tmp_path / "fit", "a.csv", "b.csv"))
    found = describe_folder(walk_folder(folder))
    assert found.name == "fit"
    assert found.git is not None
    assert found.total_bytes == 2
    assert found.to_json()["count"] == 2
