"""Bruno backs the instance up while Alice publishes, and gets back what the backup saw: no more, no less."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
import threading
import uuid

import pytest
from django.db import connection

from dop2i.core.packages.ocfl import StorageRoot, check_object
from dop2i.errors import Conflict, InvalidInput, NotFound
from dop2i.server import database_copies
from dop2i.server.backup import backup, restore
from dop2i.server.files.models import Content
from dop2i.server.records import actions
from dop2i.server.records.models import Concept

LOOK = """
import json, sys
from dop2i.server.instance import initialise
initialise(sys.argv[1])
from dop2i.server.files.contents import locate
from dop2i.server.files.models import Content
from dop2i.server.records.models import Concept, Record
from dop2i.server.catalogue.models import Entry
from dop2i.server.catalogue import index, queries
from dop2i.server.people.policy import ANONYMOUS
from dop2i.core.packages.ocfl import file_sha256
index.follow()
print(json.dumps({
    "records": sorted(Record.objects.values_list("pk", "state")),
    "heads": sorted(Concept.objects.values_list("pk", "ocfl_head")),
    "entries": sorted(Entry.objects.values_list("key", flat=True)),
    "found": queries.search(ANONYMOUS).total,
    "wrong": [c.sha256 for c in Content.objects.all() if file_sha256(locate(c)) != c.sha256],
    "contents": Content.objects.count(),
}))
"""


@pytest.fixture
def empty_database():
    """The address of an empty PostgreSQL database where the tests run on PostgreSQL, '' on SQLite."""
    server = os.environ.get("DOP2I_TEST_DATABASE_URL", "")
    if not server:
        yield ""
        return
    import psycopg

    from dop2i.testing.instances import _url_of

    name = f"dop2i_restored_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as administrator:
        administrator.execute(f'CREATE DATABASE "{name}"'.encode())
        yield _url_of(server, name)
        administrator.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@pytest.fixture
def put_back(tmp_path, empty_database, monkeypatch):
    """Restores a backup into a new folder and looks at it from a process of its own."""
    import json

    def restore_and_look(file):
        monkeypatch.delenv("DOP2I_DATABASE_URL", raising=False)
        home = tmp_path / f"restored-{uuid.uuid4().hex[:6]}"
        restore(file, home, database_url=empty_database)
        environment = {name: value for name, value in os.environ.items() if name != "DOP2I_HOME"}
        done = subprocess.run(
            [sys.executable, "-c", LOOK, str(home)], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return home, json.loads(done.stdout)

    return restore_and_look


def test_what_was_published_and_what_waits_comes_back(instance, alice, publish, put, document, tmp_path, put_back):
    published = publish(alice, {"muons.csv": b"pt,eta\n1,2\n", "été/données.bin": b"\x00" * 100_000})
    draft = actions.create_draft(actor=alice, document=document)
    put(alice, draft.pk, "waiting.txt", b"not published yet")
    told = []
    report = backup(tmp_path / "b.tar", progress=lambda *step: told.append(step))
    assert report.problems == []
    assert report.files > 10
    assert told[-1][0] == report.bytes
    assert (tmp_path / "b.tar").stat().st_mode & 0o077 == 0, "it holds secrets"
    home, seen = put_back(tmp_path / "b.tar")
    assert seen["wrong"] == []
    assert seen["contents"] == 3
    assert seen["found"] == 1
    assert [published.pk, "published"] in seen["records"]
    assert [draft.pk, "draft"] in seen["records"]
    assert (home / "secret_key").read_text() == (instance / "secret_key").read_text()
    root = StorageRoot(home / "ocfl", staging=home / "staging")
    assert [check_object(folder, contents=True) for folder in root.object_folders()] == [[]]
    assert sorted(path.name for path in home.iterdir() if path.name.startswith(".")) == []
    assert [path for path in instance.iterdir() if path.name.startswith(".backup")] == []


def test_what_is_published_during_the_backup_is_not_half_in_it(
    instance, alice, publish, document, tmp_path, put_back, monkeypatch
):
    first = publish(alice, {"a.txt": b"first"})
    draft = publish_later(alice, first, document)
    take = database_copies.take

    def take_and_publish(folder):
        snapshot = take(folder)
        actions.publish_draft(actor=alice, record_id=draft.pk)
        publish(alice, {"b.txt": b"another object"})
        return snapshot

    monkeypatch.setattr(database_copies, "take", take_and_publish)
    backup(tmp_path / "b.tar")
    assert Concept.objects.get(pk=first.concept_id).ocfl_head == 2
    home, seen = put_back(tmp_path / "b.tar")
    assert seen["heads"] == [[first.concept_id, 1]]
    assert seen["wrong"] == []
    assert seen["entries"] == [f"own:{first.pk}"]
    root = StorageRoot(home / "ocfl", staging=home / "staging")
    (folder,) = root.object_folders()
    assert check_object(folder, contents=True) == []
    assert not (folder / "v2").exists()


def publish_later(actor, record, document):
    """An edit of a published record, ready to be published."""
    edited = actions.edit_record(actor=actor, record_id=record.pk)
    changed = {**document, "metadata": {**document["metadata"], "title": "A better title"}}
    actions.update_draft(actor=actor, record_id=edited.pk, document=changed)
    return edited


def test_a_staged_upload_that_is_published_during_the_snapshot_is_not_lost(
    instance, alice, put, document, tmp_path, put_back, monkeypatch
):
    draft = actions.create_draft(actor=alice, document=document)
    link_all, calls = sys.modules["dop2i.server.backup"]._link_all, []

    def publish_before_the_first_links(source, target):
        calls.append(target)
        if len(calls) == 1:
            link_all(source, target)
            put(alice, draft.pk, "late.txt", b"arrived after the links were made")
        elif len(calls) == 2:
            actions.publish_draft(actor=alice, record_id=draft.pk)
            link_all(source, target)
        else:
            link_all(source, target)

    monkeypatch.setattr("dop2i.server.backup._link_all", publish_before_the_first_links)
    report = backup(tmp_path / "b.tar")
    assert report.problems == []
    assert len(calls) == 4, "the snapshot was taken once more"
    _, seen = put_back(tmp_path / "b.tar")
    assert seen["wrong"] == []
    assert [draft.pk, "published"] in seen["records"]


def test_alice_publishes_all_the_while(instance, alice, publish, tmp_path, put_back):
    stop, errors = threading.Event(), []

    def alice_publishes():
        number = 0
        while not stop.is_set():
            number += 1
            try:
                publish(alice, {f"{number}.txt": os.urandom(5000)})
            except Exception as error:
                errors.append(error)
        connection.close()

    publish(alice, {"0.txt": b"before"})
    thread = threading.Thread(target=alice_publishes)
    thread.start()
    try:
        reports = [backup(tmp_path / f"{number}.tar") for number in range(3)]
    finally:
        stop.set()
        thread.join()
    assert errors == []
    assert [report.problems for report in reports] == [[], [], []]
    _, seen = put_back(tmp_path / "2.tar")
    assert seen["wrong"] == []
    assert seen["found"] == len(seen["entries"])


def test_a_file_that_is_missing_on_the_server_is_told_and_the_rest_is_kept(instance, alice, put, document, tmp_path):
    draft = actions.create_draft(actor=alice, document=document)
    put(alice, draft.pk, "a.txt", b"lost by the disk")
    name = Content.objects.get().location.removeprefix("upload:")
    (instance / "uploads" / "content" / name[:2] / name).unlink()
    report = backup(tmp_path / "b.tar")
    assert len(report.problems) == 1
    assert name in report.problems[0]


@pytest.fixture
def archive(instance, alice, publish, tmp_path):
    """A backup of one record."""
    publish(alice, {"a.txt": b"some bytes that matter"})
    backup(tmp_path / "whole.tar")
    return tmp_path / "whole.tar"


def members(path):
    """The names and bytes of an archive."""
    with tarfile.open(path) as tar:
        return [(info, tar.extractfile(info).read()) for info in tar]


def rewrite(path, content):
    """An archive of these members."""
    with tarfile.open(path, "w") as tar:
        for info, data in content:
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def refuses(file, home, *, match="."):
    """A restoration that fails and leaves nothing."""
    with pytest.raises(InvalidInput, match=match):
        restore(file, home)
    assert not home.exists() or list(home.iterdir()) == []


def test_a_changed_byte_is_noticed(archive, tmp_path):
    content = members(archive)
    for number, (info, _) in enumerate(content):
        if info.name.endswith("a.txt"):
            content[number] = (info, b"some bytes that natter")
    refuses(rewrite(tmp_path / "changed.tar", content), tmp_path / "new", match=r"a\.txt")


def test_a_cut_archive_is_noticed_wherever_it_is_cut(archive, tmp_path):
    whole = archive.read_bytes()
    for tenth in range(10):
        (tmp_path / "cut.tar").write_bytes(whole[: len(whole) * tenth // 10])
        refuses(tmp_path / "cut.tar", tmp_path / "new")
    content = members(archive)
    refuses(rewrite(tmp_path / "short.tar", content[:-1]), tmp_path / "new", match="cut short")
    refuses(rewrite(tmp_path / "gap.tar", content[:5] + content[6:]), tmp_path / "new", match="checksum")


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "/etc/evil",
        "ocfl/../../evil",
        "evil",
        "ocfl",
        "ocfl//x",
        "ocfl/./x",
        ".restoring/x",
        "index/current",
        "ocfl\\..\\evil",
        "secret_key/x",
    ],
)
def test_mallorys_members_are_refused(archive, tmp_path, name):
    content = members(archive)
    content.insert(2, (tarfile.TarInfo(name), b"evil"))
    refuses(rewrite(tmp_path / "evil.tar", content), tmp_path / "new", match="does not belong|twice|checksum")
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_only_plain_files_are_restored(archive, tmp_path, kind):
    content = members(archive)
    info = tarfile.TarInfo("ocfl/odd")
    info.type, info.linkname = kind, "/etc/passwd"
    content.insert(2, (info, b""))
    refuses(rewrite(tmp_path / "odd.tar", content), tmp_path / "new", match="does not belong")


def test_a_member_that_comes_twice_is_refused(archive, tmp_path):
    content = members(archive)
    refuses(rewrite(tmp_path / "twice.tar", [*content[:4], content[3], *content[4:]]), tmp_path / "new", match="twice")


@pytest.mark.parametrize("content", [b"", b"not a tar", b"\x00" * 10_240, b"\x1f\x8b\x08" + b"\x00" * 100])
def test_what_is_no_backup_is_said_to_be_none(tmp_path, content):
    (tmp_path / "odd").write_bytes(content)
    refuses(tmp_path / "odd", tmp_path / "new")


def test_nothing_is_ever_overwritten(archive, instance, tmp_path):
    with pytest.raises(Conflict, match="exists"):
        backup(archive)
    with pytest.raises(Conflict, match="not empty"):
        restore(archive, instance)
    with pytest.raises(NotFound):
        restore(tmp_path / "nowhere.tar", tmp_path / "new")
    with pytest.raises(NotFound):
        backup(tmp_path / "no" / "such" / "folder.tar")


@pytest.mark.parametrize("room", [100_000, 3_000_000])
def test_a_full_disk_leaves_no_half_backup(instance, alice, publish, tmp_path, room):
    publish(alice, {"a.bin": os.urandom(4_000_000)})
    program = f"""
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))
from dop2i.server.instance import configure
configure()
from dop2i.errors import Dop2iError
from dop2i.server.backup import backup
try:
    backup({str(tmp_path / "b.tar")!r})
except Dop2iError as error:
    import sys; print(type(error).__name__); print(error, file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "StorageFull", done.stderr
    assert [path.name for path in tmp_path.iterdir() if "b.tar" in path.name] == []
    assert [path.name for path in instance.iterdir() if path.name.startswith(".backup")] == []


def test_what_a_killed_backup_left_is_removed_by_the_next(instance, alice, publish, tmp_path):
    publish(alice, {"a.txt": b"bytes"})
    (instance / ".backup-4711-abc" / "kept").mkdir(parents=True)
    backup(tmp_path / "b.tar")
    assert [path.name for path in instance.iterdir() if path.name.startswith(".backup")] == []


@pytest.mark.skipif(not os.environ.get("DOP2I_TEST_DATABASE_URL"), reason="needs PostgreSQL")
def test_a_database_that_holds_something_is_never_filled(archive, tmp_path, monkeypatch):
    used = os.environ["DOP2I_DATABASE_URL"]
    with pytest.raises(Conflict, match="tables"):
        restore(archive, tmp_path / "new", database_url=used)
    monkeypatch.delenv("DOP2I_DATABASE_URL")
    with pytest.raises(InvalidInput, match="--database-url"):
        restore(archive, tmp_path / "new")
