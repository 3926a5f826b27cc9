"""Alice's files arrive whole, in parts, twice, cut, or not at all."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest

from dop2i.errors import (
    ChecksumMismatch,
    Conflict,
    InvalidInput,
    InvalidName,
    NotFound,
    StorageFull,
    WrongState,
)
from dop2i.server.files.models import Content
from dop2i.server.files.receiving import PIECE, receive
from dop2i.server.records import actions, file_actions, queries
from dop2i.server.records.checking import check
from dop2i.server.records.models import Record
from dop2i.server.records.recovery import recover, remove_litter

BIG = os.urandom(3 * PIECE + 17)


@pytest.fixture
def draft(alice: Any, document: Any) -> Record:
    """A draft of Alice without files."""
    return actions.create_draft(actor=alice, document=document)


def sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def leftovers(home: Path) -> list[Path]:
    return [path for path in (home / "uploads").rglob("*") if path.is_file()]


class Dribble(io.RawIOBase):
    """A client that sends a few bytes at a time and may hang up."""

    def __init__(self, data: bytes, *, step: int = 70_001, hang_up: bool = False) -> None:
        self.source, self.step, self.hang_up = io.BytesIO(data), step, hang_up

    def read(self, size: int = -1) -> bytes:
        piece = self.source.read(min(size, self.step))
        if not piece and self.hang_up:
            raise ConnectionResetError
        return piece

    def readinto(self, buffer: Any, /) -> int:
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, len(BIG)])
def test_every_size_arrives_with_its_sha256(tmp_path: Path, size: int) -> None:
    data = BIG[:size]
    for length in (size, None):
        received = receive(Dribble(data), into=tmp_path / "x", length=length)
        assert (received.size, f"sha256:{received.sha256}") == (size, sha256(data))
        assert (tmp_path / "x").read_bytes() == data


def test_a_file_is_there_once_it_is_committed(alice: Any, draft: Record, put: Any) -> None:
    entry = put(alice, draft.pk, "big.bin", BIG, size=len(BIG), checksum=sha256(BIG))
    assert entry.is_complete
    assert queries.open_content(entry).read_bytes() == BIG
    again = file_actions.commit_file(actor=alice, record_id=draft.pk, key="big.bin")
    assert again.pk == entry.pk
    bucket = queries.get_draft(alice, draft.pk).draft_bucket
    assert (bucket.count, bucket.total_bytes) == (1, len(BIG))
    file_actions.delete_file(actor=alice, record_id=draft.pk, key="big.bin")
    bucket.refresh_from_db()
    assert (bucket.count, bucket.total_bytes) == (0, 0)
    assert not Content.objects.exists()


def test_a_small_file_has_the_checksums_of_the_fields_clients_at_once(alice: Any, draft: Record, put: Any) -> None:
    put(alice, draft.pk, "a.txt", b"hello")
    content = queries.get_file(alice, draft.pk, "a.txt", draft=True).content
    assert (content.md5, content.adler32) == ("5d41402abc4b2a76b9719d911017c592", "062c0215")


def test_a_wrong_checksum_is_told_and_nothing_is_kept(instance: Path, alice: Any, draft: Record, put: Any) -> None:
    with pytest.raises(ChecksumMismatch, match="was announced"):
        put(alice, draft.pk, "a.txt", b"hello", checksum=sha256(b"other"))
    assert leftovers(instance) == []
    with pytest.raises(WrongState, match="No bytes"):
        file_actions.commit_file(actor=alice, record_id=draft.pk, key="a.txt")
    with pytest.raises(InvalidInput, match="not a checksum"):
        put(alice, draft.pk, "b.txt", b"", checksum="sha256:zz")


def test_a_cut_upload_is_told_and_can_be_sent_again(instance: Path, alice: Any, draft: Record) -> None:
    file_actions.start_files(actor=alice, record_id=draft.pk, entries=[{"key": "a.bin"}])
    for stream in (Dribble(BIG[:-1]), Dribble(BIG[: 2 * PIECE], hang_up=True)):
        with pytest.raises(InvalidInput, match="arrived"):
            file_actions.receive_content(actor=alice, record_id=draft.pk, key="a.bin", stream=stream, length=len(BIG))
    assert leftovers(instance) == []
    for _ in range(2):
        file_actions.receive_content(actor=alice, record_id=draft.pk, key="a.bin", stream=Dribble(BIG), length=len(BIG))
    assert len(leftovers(instance)) == 1


def test_names_that_cannot_stand_together_are_refused(alice: Any, draft: Record, put: Any) -> None:
    put(alice, draft.pk, "Data/a.txt", b"1")
    for key, reason in [
        ("data/A.txt", "differ only by case"),
        ("Data/a.txt", "already a file"),
        ("Data", "is the folder of"),
        ("Data/a.txt/b", "is a file"),
    ]:
        with pytest.raises(Conflict, match=reason):
            file_actions.start_files(actor=alice, record_id=draft.pk, entries=[{"key": key}])
    many = [{"key": f"many/{number}"} for number in range(300)]
    for extra, reason in [("many/7", "twice"), ("MANY/7", "differ only"), ("many", "folder"), ("data/A.TXT", "case")]:
        with pytest.raises(Conflict, match=reason):
            file_actions.start_files(actor=alice, record_id=draft.pk, entries=[*many, {"key": extra}])
    with pytest.raises(InvalidName):
        file_actions.start_files(actor=alice, record_id=draft.pk, entries=[{"key": "../x"}])


def test_a_bundle_brings_many_files_or_none(instance: Path, alice: Any, draft: Record) -> None:
    files = {f"f/{number}.txt": str(number % 7).encode() for number in range(500)}
    entries = file_actions.receive_bundle(actor=alice, record_id=draft.pk, stream=packed(files))
    assert len(entries) == 500
    assert Content.objects.count() == len(leftovers(instance)) == 7
    assert queries.open_content(queries.get_file(alice, draft.pk, "f/499.txt", draft=True)).read_bytes() == b"2"
    bad = [
        (packed({"ok.txt": b"1", "../evil": b"2"}), InvalidName),
        (packed({"ok.txt": b"1", "f/3.txt": b"2"}), Conflict),
        (packed({"link": b""}, kind=tarfile.SYMTYPE), InvalidName),
        (io.BytesIO(packed({"ok.txt": b"1" * 5000}).getvalue()[:2000]), InvalidInput),
        (io.BytesIO(b"not a tar at all" * 100), InvalidInput),
    ]
    for stream, error in bad:
        with pytest.raises(error):
            file_actions.receive_bundle(actor=alice, record_id=draft.pk, stream=stream)
    assert len(leftovers(instance)) == 7
    assert check().problems == []


def packed(files: dict[str, bytes], kind: bytes = tarfile.REGTYPE) -> io.BytesIO:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.type, member.linkname = len(data), kind, "/etc/passwd"
            archive.addfile(member, io.BytesIO(data))
    stream.seek(0)
    return stream


def test_an_upload_is_resumed_where_it_stands(instance: Path, alice: Any, mallory: Any, draft: Record) -> None:
    upload = file_actions.create_upload(
        actor=alice, record_id=draft.pk, key="big.bin", length=len(BIG), checksum=sha256(BIG)
    )
    send = {"actor": alice, "upload_id": upload.pk}
    file_actions.append_upload(**send, offset=0, stream=Dribble(BIG[:1000], hang_up=True))
    state = file_actions.upload_state(actor=alice, upload_id=upload.pk)
    assert state.offset == 1000
    with pytest.raises(Conflict, match="1,000"):
        file_actions.append_upload(**send, offset=0, stream=io.BytesIO(BIG))
    with pytest.raises(Conflict):
        file_actions.append_upload(**send, offset=2000, stream=io.BytesIO(BIG[2000:]))
    with pytest.raises(NotFound):
        file_actions.append_upload(actor=mallory, upload_id=upload.pk, offset=1000, stream=io.BytesIO(b"x"))
    with pytest.raises(ChecksumMismatch):
        file_actions.append_upload(**send, offset=1000, stream=io.BytesIO(b"bad"), checksum="md5:" + "0" * 32)
    with pytest.raises(InvalidInput, match="missing"):
        file_actions.append_upload(**send, offset=1000, stream=io.BytesIO(BIG), length=len(BIG))
    part = BIG[1000:2_000_000]
    sha1 = hashlib.sha1(part, usedforsecurity=False).hexdigest()
    file_actions.append_upload(**send, offset=1000, stream=io.BytesIO(part), checksum=f"sha1:{sha1}")
    file_actions.append_upload(**send, offset=2_000_000, stream=Dribble(BIG[2_000_000:]))
    entry = queries.get_file(alice, draft.pk, "big.bin", draft=True)
    assert entry.is_complete
    assert queries.open_content(entry).read_bytes() == BIG
    assert file_actions.upload_state(actor=alice, upload_id=upload.pk).offset == len(BIG)


def test_an_upload_that_ends_wrong_is_thrown_away(instance: Path, alice: Any, draft: Record) -> None:
    upload = file_actions.create_upload(actor=alice, record_id=draft.pk, key="a", length=3, checksum=sha256(b"abc"))
    with pytest.raises(ChecksumMismatch):
        file_actions.append_upload(actor=alice, upload_id=upload.pk, offset=0, stream=io.BytesIO(b"abd"))
    assert leftovers(instance) == []
    empty = file_actions.create_upload(actor=alice, record_id=draft.pk, key="empty", length=0)
    assert empty.entry.key == "empty"
    assert queries.get_file(alice, draft.pk, "empty", draft=True).is_complete


def test_an_upload_whose_last_byte_arrived_before_a_kill_is_finished(alice: Any, draft: Record) -> None:
    from dop2i.server.files import contents, uploads

    upload = file_actions.create_upload(actor=alice, record_id=draft.pk, key="a", length=3)
    contents.partial_path(upload.pk).write_bytes(b"abc")
    uploads.advance(upload, 3)
    contents.stage(contents.partial_path(upload.pk))
    assert recover(litter_after=0).uploads == 1
    assert queries.open_content(queries.get_file(alice, draft.pk, "a", draft=True)).read_bytes() == b"abc"


def test_a_full_disk_is_told_and_loses_nothing(
    instance: Path, alice: Any, draft: Record, put: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(alice, draft.pk, "before.txt", b"safe")

    def full(*_: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("dop2i.server.files.receiving._write", full)
        with pytest.raises(StorageFull, match="full"):
            put(alice, draft.pk, "big.bin", BIG)
    with monkeypatch.context() as patched:
        patched.setattr("dop2i.core.packages.ocfl.os.link", full)
        file_actions.delete_file(actor=alice, record_id=draft.pk, key="big.bin")
        with pytest.raises(StorageFull):
            actions.publish_draft(actor=alice, record_id=draft.pk)
    assert len(leftovers(instance)) == 1
    assert queries.get_draft(alice, draft.pk).state == Record.State.DRAFT
    assert actions.publish_draft(actor=alice, record_id=draft.pk).is_published
    assert check().problems == []


def test_litter_of_a_killed_process_is_removed(instance: Path, alice: Any, draft: Record, put: Any) -> None:
    put(alice, draft.pk, "kept.txt", b"kept")
    (instance / "uploads" / "partial" / "deadbeef").write_bytes(b"x")
    folder = instance / "uploads" / "content" / "de"
    folder.mkdir(exist_ok=True)
    (folder / "deadbeef").write_bytes(b"x")
    (instance / "staging" / "deadbeef" / "v1").mkdir(parents=True)
    assert remove_litter() == 0
    assert remove_litter(older_than=0) == 3
    assert len(leftovers(instance)) == 1


def test_a_folder_shows_what_lies_directly_in_it(alice: Any, draft: Record) -> None:
    names = ["a.txt", "b/1.txt", "b/2/x.txt", "b/2/y.txt", "b0.txt", "c/deep/er/z.txt", "é/ü.txt"]
    file_actions.receive_bundle(actor=alice, record_id=draft.pk, stream=packed(dict.fromkeys(names, b"1")))
    top = queries.list_folder(alice, draft.pk, draft=True)
    assert (top.folders, [entry.key for entry in top.files]) == (["b", "c", "é"], ["a.txt", "b0.txt"])
    inside = queries.list_folder(alice, draft.pk, "b", draft=True)
    assert (inside.folders, [entry.key for entry in inside.files]) == (["2"], ["b/1.txt"])
    pages, after = [], ""
    while True:
        page = queries.list_folder(alice, draft.pk, draft=True, after=after, limit=2)
        pages += [*page.folders, *(entry.key for entry in page.files)]
        after = page.after
        if not after:
            break
    assert sorted(pages) == ["a.txt", "b", "b0.txt", "c", "é"]
    assert [entry.key for entry in queries.list_files(alice, draft.pk, draft=True, after="b/2/x.txt", limit=2)] == [
        "b/2/y.txt",
        "b0.txt",
    ]
