"""An OCFL root that others can read."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dop2i.core.packages import ocfl
from dop2i.core.packages.ocfl import NewVersion, StorageRoot, check_object
from dop2i.errors import Conflict, InvalidInput, NotFound, UnreadableFile


@pytest.fixture
def root(tmp_path: Path) -> StorageRoot:
    """An empty storage root."""
    made = StorageRoot(tmp_path / "ocfl", staging=tmp_path / "staging")
    made.initialise()
    return made


def version_of(files: dict[str, bytes]) -> NewVersion:
    digests = {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}
    return NewVersion(
        state=digests,
        sources={digests[path]: data for path, data in files.items()},
        message="Publish",
        created="2026-03-01T12:00:00+00:00",
        user_name="Alice",
        user_address="mailto:alice@example.org",
        md5={digests[path]: hashlib.md5(data, usedforsecurity=False).hexdigest() for path, data in files.items()},
    )


def test_objects_lie_where_extension_0003_says(root: StorageRoot) -> None:
    below = {
        "object-01": "3c0/ff4/240/object-01",
        "..hor/rib:le-$id": "487/326/d8c/%2e%2ehor%2frib%3ale-%24id",
    }
    for name, path in below.items():
        assert root.object_folder(name) == root.path / path
    assert len(root.object_folder("x" * 300).name) == 165


def told_by_ocfl_py(root: Path) -> str:
    """What the validator that we did not write says of every object; its exit code is 0 whatever it finds."""
    script = Path(sys.executable).with_name("ocfl-root.py")
    if not script.exists():
        pytest.skip("ocfl-py is not installed")
    command = [sys.executable, str(script), "validate", "--validate-objects", "--check-digests", "--root", str(root)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_ocfl_py_accepts_several_versions_and_finds_a_changed_byte(root: StorageRoot) -> None:
    root.write_version("dop2i:1", version_of({"files/a": b"1", "files/b/c": b"2", "record.json": b"{}"}))
    root.write_version("dop2i:1", version_of({"files/a": b"1", "files/é": b"3", "record.json": b"{} "}))
    root.write_version("dop2i:2", version_of({"record.json": b"{}"}))
    assert "Objects checked: 2 / 2 are VALID" in told_by_ocfl_py(root.path)
    inventory = root.read("dop2i:1")
    assert inventory is not None
    inventory.content_path(inventory.state()["files/é"]).write_bytes(b"4")
    assert "[E092a]" in told_by_ocfl_py(root.path)
    assert check_object(inventory.folder) == []
    assert len(check_object(inventory.folder, contents=True)) == 1


def test_content_is_kept_once(root: StorageRoot) -> None:
    root.write_version("x", version_of({"a": b"same", "b": b"same"}))
    inventory = root.write_version("x", version_of({"c": b"same", "d": b"other"}))
    assert len([path for path in inventory.folder.rglob("content/**/*") if path.is_file()]) == 2
    assert inventory.read("a", version=1) == inventory.read("c") == b"same"
    assert inventory.fixity("md5")[hashlib.sha256(b"same").hexdigest()] == "51037a4a37730f52c8732586d3aaa316"
    with pytest.raises(NotFound):
        inventory.read("a")
    with pytest.raises(NotFound):
        inventory.state(7)


def test_a_link_that_cannot_be_made_becomes_a_copy(
    root: StorageRoot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def elsewhere(*_: Any) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(ocfl.os, "link", elsewhere)
    (tmp_path / "upload").write_bytes(b"bytes")
    digest = hashlib.sha256(b"bytes").hexdigest()
    new = NewVersion(
        state={"a": digest},
        sources={digest: tmp_path / "upload"},
        message="",
        created="2026-03-01T12:00:00Z",
        user_name="",
    )
    assert root.write_version("x", new).read("a") == b"bytes"
    assert check_object(root.object_folder("x"), contents=True) == []


def test_what_cannot_be_is_refused_and_leaves_nothing(root: StorageRoot) -> None:
    for state, error in [({"a": "", "a/b": ""}, Conflict), ({"../a": ""}, InvalidInput), ({"a": "0" * 64}, NotFound)]:
        new = NewVersion(state=state, sources={}, message="", created="2026-03-01T12:00:00Z", user_name="")
        with pytest.raises(error):
            root.write_version("x", new)
    assert root.read("x") is None
    assert list(root.staging.iterdir()) == []
    assert list(root.objects()) == []


def test_a_damaged_inventory_is_told(root: StorageRoot) -> None:
    folder = root.write_version("x", version_of({"a": b"1"})).folder
    for path in (folder / "inventory.json", folder / "v1" / "inventory.json"):
        data = path.read_bytes()
        path.unlink()
        path.write_bytes(data + b" ")
    with pytest.raises(UnreadableFile, match="checksum"):
        root.repair("x")
    assert "checksum" in check_object(folder)[0]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.dictionaries(st.sampled_from(["a", "b/c", "b/d", "é", "x y"]), st.binary(max_size=3), min_size=1),
        min_size=1,
        max_size=4,
    )
)
def test_every_version_is_read_back_as_it_was_written(root: StorageRoot, versions: list[dict[str, bytes]]) -> None:
    name = f"object {os.urandom(4).hex()}"
    for files in versions:
        root.write_version(name, version_of(files))
    inventory = root.repair(name)
    assert inventory is not None
    for number, files in enumerate(versions, start=1):
        assert {path: inventory.read(path, number) for path in inventory.state(number)} == files
    assert check_object(inventory.folder, contents=True) == []
