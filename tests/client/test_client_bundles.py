"""Alice's many small files travel as one tar stream of known length, which any tar program reads."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dop2i.client.bundle import TarStream, bundles
from dop2i.client.localfiles import LocalFile, difference, read_files
from dop2i.client.memory import Memory
from dop2i.errors import Conflict


def _file(folder: Path, key: str, data: bytes) -> LocalFile:
    path = folder / hashlib.sha256(key.encode()).hexdigest()
    path.write_bytes(data)
    found = path.stat()
    return LocalFile(key, path, found.st_size, found.st_mtime_ns, hashlib.sha256(data).hexdigest())


_names = st.lists(
    st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/\\"), min_size=1, max_size=120),
    min_size=1,
    max_size=3,
).map("/".join)


@settings(max_examples=50, deadline=None)
@given(contents=st.dictionaries(_names, st.binary(max_size=1200), max_size=6), step=st.integers(1, 3000))
def test_any_names_and_contents_come_out_of_the_bundle_as_they_went_in(
    contents: dict[str, bytes], step: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("bundle")
    stream = TarStream([_file(folder, key, data) for key, data in contents.items()])
    announced = len(stream)
    sent = b"".join(iter(lambda: stream.read(step), b""))
    assert len(sent) == announced
    with tarfile.open(fileobj=io.BytesIO(sent)) as tar:
        found = {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]
    assert found == {key.rstrip("/"): data for key, data in contents.items()}


def test_a_file_that_changes_while_it_is_sent_is_noticed(tmp_path: Path) -> None:
    file = _file(tmp_path, "a.csv", b"1,2\n")
    file.path.write_bytes(b"1,2\n3,4\n")
    with pytest.raises(Conflict, match="changed while it was being sent"):
        TarStream([file]).read()


def test_bundles_are_bounded_in_number_and_size(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.touch()
    many = [LocalFile(f"{n}", path, 100_000, 0, "") for n in range(4500)]
    groups = list(bundles(many))
    assert sum(map(len, groups)) == 4500
    assert all(len(group) <= 2000 and sum(file.size for file in group) <= 64_000_000 for group in groups)


def test_a_second_reading_trusts_size_and_time_and_tells_what_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folder = tmp_path / "run"
    folder.mkdir()
    for name in ("kept.txt", "changed.txt", "removed.txt"):
        (folder / name).write_text(name)
    memory = Memory.load(folder, "http://server")
    first = read_files({path.name: path for path in folder.iterdir()}, memory=memory)
    memory.save()
    (folder / "changed.txt").write_text("something else")
    (folder / "removed.txt").unlink()
    (folder / "added.txt").write_text("new")
    memory = Memory.load(folder, "http://server")
    assert set(memory.hashes) == {"kept.txt", "changed.txt", "removed.txt"}
    second = read_files({path.name: path for path in folder.iterdir()}, memory=memory)
    found = difference({file.key: (file.size, file.sha256) for file in first}, second)
    assert (list(found.added), list(found.changed)) == (["added.txt"], ["changed.txt"])
    assert (list(found.removed), list(found.unchanged)) == (["removed.txt"], ["kept.txt"])
    assert not found.is_empty


def test_a_damaged_memory_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    memory = Memory.load(tmp_path, "http://server")
    memory.record = "12"
    memory.save()
    assert Memory.load(tmp_path, "http://server").record == "12"
    memory.path.write_text('{"record": "12", "hashes"')
    assert Memory.load(tmp_path, "http://server").record == ""
