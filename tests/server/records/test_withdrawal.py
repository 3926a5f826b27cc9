"""Alice takes a record back: its tombstone stays; its bytes wait for a steward, or leave for good for the law."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from looking_up import found_by

from dop2i.errors import Gone, InvalidInput, NotFound, NotPermitted, WrongState
from dop2i.server.catalogue.models import Change, Entry
from dop2i.server.files.models import Content
from dop2i.server.people.models import AuditEvent
from dop2i.server.people.policy import ANONYMOUS
from dop2i.server.records import actions, erasing, preserved, publication, queries, recovery, withdrawal
from dop2i.server.records.checking import check
from dop2i.server.records.models import Record
from dop2i.server.records.queries import find_record

FILES = {"a.txt": b"marker one", "raw/b.txt": b"marker two"}
CLOSED = {"record": "restricted", "files": "restricted"}


@pytest.fixture
def bruno(person: Any) -> Any:
    """Bruno looks after every record."""
    from dop2i.server.people.models import Person
    from dop2i.server.people.policy import actor_for_person

    number = person("Bruno").person_id
    Person.objects.filter(pk=number).update(is_steward=True)
    return actor_for_person(Person.objects.get(pk=number))


def stored() -> bytes:
    """Every byte of the storage root."""
    return b"\n".join(path.read_bytes() for path in Path(settings.DOP2I.ocfl_root).rglob("*") if path.is_file())


def test_a_withdrawn_record_leaves_a_tombstone(alice: Any, publish: Any, mallory: Any) -> None:
    record = publish(alice, FILES)
    with pytest.raises(NotPermitted):
        withdrawal.withdraw(actor=mallory, record_id=record.pk, reason="spam")
    with pytest.raises(InvalidInput, match="reason"):
        withdrawal.withdraw(actor=alice, record_id=record.pk, reason="because")
    gone = withdrawal.withdraw(actor=alice, record_id=record.pk, reason="error", note="The wrong run.")
    assert gone.state == Record.State.WITHDRAWN
    for attempt in (queries.get_record, queries.list_files):
        with pytest.raises(Gone):
            attempt(ANONYMOUS, record.pk)
    assert not found_by(ANONYMOUS).exists()
    told = withdrawal.get_tombstone(ANONYMOUS, record.pk)
    assert told["tombstone"]["removal_reason"] == {"id": "error"}
    assert told["tombstone"]["note"] == "The wrong run."
    assert "Cosmic muons" in told["tombstone"]["citation_text"]
    assert queries.resolve_pid(ANONYMOUS, told["pids"]["ark"]["identifier"]) == record.pk
    assert Change.objects.order_by("-seq")[0].kind == Change.Kind.WITHDRAWN
    assert check().problems == []


def test_a_steward_restores_it_as_it_was(alice: Any, bruno: Any, publish: Any) -> None:
    record = publish(alice, FILES)
    withdrawal.withdraw(actor=alice, record_id=record.pk, reason="error")
    with pytest.raises(NotPermitted):
        withdrawal.restore(actor=alice, record_id=record.pk)
    withdrawal.restore(actor=bruno, record_id=record.pk)
    assert [entry.key for entry in queries.list_files(ANONYMOUS, record.pk)] == sorted(FILES)
    inventory = preserved.storage_root().read(preserved.object_id(record.concept_id))
    assert inventory.head == 3
    assert inventory.read("files/a.txt") == FILES["a.txt"]
    assert check().problems == []


def test_owners_withdraw_for_some_days_only(alice: Any, bruno: Any, publish: Any) -> None:
    record = publish(alice, FILES)
    Record.objects.filter(pk=record.pk).update(published_at=timezone.now() - timezone.timedelta(days=31))
    with pytest.raises(NotPermitted, match="30 days"):
        withdrawal.withdraw(actor=alice, record_id=record.pk, reason="error")
    assert withdrawal.withdraw(actor=bruno, record_id=record.pk, reason="error").state == "withdrawn"


def test_what_nobody_knew_of_leaves_nothing(alice: Any, publish: Any, mallory: Any) -> None:
    record = publish(alice, FILES, access=CLOSED)
    withdrawal.withdraw(actor=alice, record_id=record.pk, reason="error")
    for actor in (ANONYMOUS, mallory):
        with pytest.raises(NotFound) as found:
            queries.get_record(actor, record.pk)
        assert not isinstance(found.value, Gone)
        with pytest.raises(NotFound):
            withdrawal.get_tombstone(actor, record.pk)


def test_the_version_before_is_the_latest_again(alice: Any, publish: Any, put: Any) -> None:
    first = publish(alice, FILES)
    draft = actions.new_version(actor=alice, record_id=first.pk)
    put(alice, draft.pk, "c.txt", b"three")
    actions.update_draft(actor=alice, record_id=draft.pk, document=first.document)
    second = actions.publish_draft(actor=alice, record_id=draft.pk)
    withdrawal.withdraw(actor=alice, record_id=second.pk, reason="error")
    assert queries.latest_of(ANONYMOUS, first.concept_id).pk == first.pk
    assert find_record(first.pk).is_latest
    assert Entry.objects.get(key=f"own:{first.pk}").latest
    with pytest.raises(WrongState):
        actions.new_version(actor=alice, record_id=first.pk)
    assert check().problems == []


def test_deleted_for_law_means_deleted(alice: Any, bruno: Any, publish: Any) -> None:
    keep = publish(alice, {"kept.txt": b"kept bytes"})
    document = {"metadata": {**keep.document["metadata"], "title": "Marker of a person"}}
    record = publish(alice, FILES, **document)
    with pytest.raises(NotPermitted):
        withdrawal.withdraw(actor=alice, record_id=record.pk, reason="personal-data", law=True)
    assert b"marker one" in stored()
    withdrawal.withdraw(actor=bruno, record_id=record.pk, reason="personal-data", note="A court.", law=True)
    left = stored()
    assert b"marker" not in left
    assert b"Marker of a person" not in left
    assert b"kept bytes" in left
    assert not Content.objects.filter(space=record.concept_id).exists()
    assert Entry.objects.get(key=f"own:{record.pk}").document == {}
    assert "Marker" not in str(Record.objects.filter(pk=record.pk).values())
    told = withdrawal.get_tombstone(ANONYMOUS, record.pk)["tombstone"]
    assert (told["removal_reason"]["id"], told["note"], told["citation_text"]) == ("personal-data", "A court.", "")
    with pytest.raises(WrongState):
        withdrawal.restore(actor=bruno, record_id=record.pk)
    event = AuditEvent.objects.get(target=f"record:{record.pk}", action="delete for law")
    assert (event.details["files"], event.details["bytes"]) == (2, 20)
    assert not (Path(settings.DOP2I.home) / "erasing" / str(record.concept_id)).exists()
    assert check(every_byte=True).problems == []


def test_one_version_of_three_is_deleted_and_the_others_keep_their_files(
    alice: Any, bruno: Any, publish: Any, put: Any
) -> None:
    versions = [publish(alice, {"shared.txt": b"shared", "one.txt": b"first"})]
    for name, data in (("two.txt", b"marker"), ("three.txt", b"third")):
        draft = actions.new_version(actor=alice, record_id=versions[-1].pk)
        actions.import_files(actor=alice, record_id=draft.pk)
        put(alice, draft.pk, name, data)
        actions.update_draft(actor=alice, record_id=draft.pk, document=versions[0].document)
        versions.append(actions.publish_draft(actor=alice, record_id=draft.pk))
    # the third version took the second's files over, so that the marker is the third's too
    withdrawal.withdraw(actor=bruno, record_id=versions[1].pk, reason="legal", law=True)
    assert queries.open_content(queries.get_file(ANONYMOUS, versions[0].pk, "one.txt")).read_bytes() == b"first"
    assert queries.open_content(queries.get_file(ANONYMOUS, versions[2].pk, "two.txt")).read_bytes() == b"marker"
    withdrawal.withdraw(actor=bruno, record_id=versions[2].pk, reason="legal", law=True)
    assert b"marker" not in stored()
    assert queries.open_content(queries.get_file(ANONYMOUS, versions[0].pk, "shared.txt")).read_bytes() == b"shared"
    assert queries.latest_of(ANONYMOUS, versions[0].concept_id).pk == versions[0].pk
    assert check(every_byte=True).problems == []


@pytest.mark.parametrize("step", ["before", "after the first rename", "after the second"])
def test_a_killed_deletion_is_finished(
    alice: Any, bruno: Any, publish: Any, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    record = publish(alice, FILES)

    class Killed(BaseException):
        """The process ended here."""

    renames: list[Path] = []
    rename = Path.rename

    def dying(self: Path, target: Any) -> Any:
        moved = "erasing" in str(self) + str(target) and "making" not in str(target) and self.name != "making"
        if moved and len(renames) == {"before": 0, "after the first rename": 1, "after the second": 99}[step]:
            raise Killed
        if moved:
            renames.append(self)
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", dying)
    if step == "after the second":
        monkeypatch.setattr(publication, "_conclude", lambda *_: (_ for _ in ()).throw(Killed()))
    with pytest.raises(Killed):
        withdrawal.withdraw(actor=bruno, record_id=record.pk, reason="legal", law=True)
    monkeypatch.undo()
    assert find_record(record.pk).publication is not None
    assert not any((Path(settings.DOP2I.home) / "erasing").glob("*/making"))
    recovery.recover(litter_after=0)
    assert find_record(record.pk).state == Record.State.WITHDRAWN
    assert b"marker" not in stored()
    assert erasing.is_under_way(record) is False
    assert check(every_byte=True).problems == []


def test_a_rebuild_keeps_what_was_withdrawn_withdrawn(alice: Any, bruno: Any, publish: Any) -> None:
    from dop2i.server.files.models import Bucket, FileEntry
    from dop2i.server.identifiers.models import Pid
    from dop2i.server.records.models import Concept
    from dop2i.server.records.rebuilding import rebuild

    shown, law = publish(alice, FILES), publish(alice, FILES)
    withdrawal.withdraw(actor=alice, record_id=shown.pk, reason="error", note="The wrong run.")
    withdrawal.withdraw(actor=bruno, record_id=law.pk, reason="legal", law=True)
    before = [withdrawal.get_tombstone(ANONYMOUS, number) for number in (shown.pk, law.pk)]
    for model in (Entry, Change, Record, Concept, FileEntry, Content, Bucket, Pid):
        model.objects.all().delete()
    done = rebuild()
    assert (done.concepts, done.records, done.problems) == (2, 2, [])
    assert [withdrawal.get_tombstone(ANONYMOUS, number) for number in (shown.pk, law.pk)] == before
    with pytest.raises(Gone):
        queries.list_files(ANONYMOUS, shown.pk)
    withdrawal.restore(actor=bruno, record_id=shown.pk)
    assert [entry.key for entry in queries.list_files(ANONYMOUS, shown.pk)] == sorted(FILES)
