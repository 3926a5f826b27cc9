"""Alice closes a folder, a file, a record; Chloé sees the rest, and nothing of what is closed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from dop2i.errors import InvalidDocument, NotFound, NotPermitted
from dop2i.server.access.models import Closure
from dop2i.server.catalogue.models import Entry
from dop2i.server.people.policy import ANONYMOUS
from dop2i.server.records import closures, lifting, policy, queries
from dop2i.server.records.actions import create_draft, publish_draft
from dop2i.server.records.jobs import lift_embargoes
from dop2i.server.records.models import Record
from dop2i.server.records.preserved import object_id, storage_root

TODAY = datetime.now(UTC).date()
SOON = (TODAY + timedelta(days=30)).isoformat()
LATER = (TODAY + timedelta(days=60)).isoformat()
FILES = {"a.txt": b"open", "raw/run1.txt": b"secret", "raw/deep/run2.txt": b"secrets", "z.txt": b"open too"}


def closing(*patterns: str, **facts: Any) -> dict[str, Any]:
    """A rule that closes some files."""
    return {
        "record": "public",
        "files": "public",
        "dop2i:closures": [{"patterns": list(patterns), "reason": "contract", **facts}],
    }


def names(actor: Any, record: Record) -> list[str]:
    """The files that somebody may list."""
    return [entry.key for entry in queries.list_files(actor, record.pk)]


def test_a_closed_folder_is_not_there_for_chloe(alice: Any, publish: Any) -> None:
    record = publish(alice, FILES, access=closing("raw/"))
    assert names(ANONYMOUS, record) == ["a.txt", "z.txt"]
    assert names(alice, record) == sorted(FILES)
    assert queries.list_folder(ANONYMOUS, record.pk).folders == []
    assert queries.list_folder(alice, record.pk).folders == ["raw"]
    with pytest.raises(NotFound) as closed:
        queries.get_file(ANONYMOUS, record.pk, "raw/run1.txt")
    with pytest.raises(NotFound) as absent:
        queries.get_file(ANONYMOUS, record.pk, "raw/none.txt")
    assert str(closed.value).replace("run1", "none") == str(absent.value)
    document = queries.native_document(record)
    assert document["files"]["count"] == 2
    assert document["files"]["total_bytes"] == 12
    assert list(document["files"]["entries"]) == ["a.txt", "z.txt"]
    assert document["access"]["dop2i:closures"] == [{"reason": "contract"}]
    assert "raw" not in str(Entry.objects.get(key=f"own:{record.pk}").document)


def test_one_closed_file_leaves_its_folder(alice: Any, publish: Any) -> None:
    record = publish(alice, FILES, access=closing("raw/run1.txt"))
    assert names(ANONYMOUS, record) == ["a.txt", "raw/deep/run2.txt", "z.txt"]
    assert queries.list_folder(ANONYMOUS, record.pk, "raw/").folders == ["deep"]
    assert queries.list_folder(ANONYMOUS, record.pk, "raw/").files == []


def test_pages_of_a_folder_go_on_where_they_stopped(alice: Any, publish: Any) -> None:
    files = {f"d{n}/{k}": b"x" for n in range(6) for k in ("a", "b")} | {f"f{n}": b"y" for n in range(6)}
    record = publish(alice, files, access=closing("d1/", "d3/a", "f2", "f3", "d4/a", "d4/b"))
    seen: list[str] = []
    after = ""
    while True:
        page = queries.list_folder(ANONYMOUS, record.pk, after=after, limit=2)
        seen += [*page.folders, *[entry.key for entry in page.files]]
        after = page.after
        if not after:
            break
        assert after.rstrip("/") not in ("d1", "d4", "f2", "f3")
    assert seen == ["d0", "d2", "d3", "d5", "f0", "f1", "f4", "f5"]


def test_a_part_opens_on_its_day(alice: Any, publish: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    record = publish(alice, FILES, access=closing("raw/", until=SOON, review=SOON))
    line = Closure.objects.get(record_id=record.pk)
    assert (line.scope, line.reason, str(line.until)) == ("part", "contract", SOON)
    monkeypatch.setattr(closures, "today", lambda: date.fromisoformat(SOON))
    assert names(ANONYMOUS, record) == sorted(FILES)
    lift_embargoes()
    lifted = queries.find_record(record.pk)
    assert "dop2i:closures" not in lifted.document["access"]
    assert lifted.revision == record.revision + 1
    assert not Closure.objects.filter(record_id=record.pk).exists()
    inventory = storage_root().read(object_id(record.concept_id))
    assert inventory.head == lifted.concept.ocfl_head == 2
    lift_embargoes()
    assert queries.find_record(record.pk).revision == lifted.revision


def test_a_preview_says_what_a_lift_will_show(alice: Any, publish: Any, mallory: Any) -> None:
    embargo = {"active": True, "until": LATER, "reason": "patent", "note": "A patent is pending."}
    record = publish(alice, FILES, access={"record": "restricted", "files": "restricted", "embargo": embargo})
    seen = lifting.preview_lift(alice, record.pk)
    assert (str(seen.day), seen.count, seen.total_bytes) == (LATER, 4, 25)
    assert "metadata.title" in seen.fields
    assert [entry.key for entry in seen.files] == sorted(FILES)
    sooner = lifting.preview_lift(alice, record.pk, day=date.fromisoformat(SOON))
    assert (sooner.count, sooner.fields) == (0, [])
    with pytest.raises(NotFound):
        lifting.preview_lift(mallory, record.pk)


@pytest.mark.parametrize("until", ["2020-01-01", "2030-01-01T10:00:00", "2030-13-01", "tomorrow"])
def test_an_embargo_needs_a_day_to_come(alice: Any, document: dict[str, Any], until: str) -> None:
    embargo = {"active": True, "until": until, "reason": "patent"}
    document["access"] = {"record": "public", "files": "restricted", "embargo": embargo}
    document["files"] = {"enabled": False}
    draft = create_draft(actor=alice, document=document)
    assert [p.path for p in queries.draft_problems(alice, draft) if "until" in p.path] == ["access.embargo.until"]
    with pytest.raises(InvalidDocument, match=r"access\.embargo\.until"):
        publish_draft(actor=alice, record_id=draft.pk)


def test_a_moment_with_its_zone_is_the_next_whole_day(alice: Any, document: dict[str, Any]) -> None:
    document["access"]["files"] = "restricted"
    document["access"]["embargo"] = {"active": True, "until": "2199-12-30T23:30:00-02:00", "reason": "patent"}
    draft = create_draft(actor=alice, document=document)
    assert draft.draft["access"]["embargo"]["until"] == "2200-01-01"


def test_alice_closes_what_is_published_without_a_new_version(alice: Any, publish: Any, mallory: Any) -> None:
    record = publish(alice, FILES)
    edit = {**record.document}
    changed = lifting.change_access(actor=alice, record_id=record.pk, access=closing("raw/", until=SOON))
    assert names(ANONYMOUS, record) == ["a.txt", "z.txt"]
    assert (changed.revision, changed.index) == (record.revision + 1, 1)
    assert changed.document["metadata"] == edit["metadata"]
    inventory = storage_root().read(object_id(record.concept_id))
    assert inventory.head == 2
    with pytest.raises(NotPermitted):
        lifting.change_access(actor=mallory, record_id=record.pk, access={"record": "public", "files": "public"})
    with pytest.raises(InvalidDocument):
        lifting.change_access(actor=alice, record_id=record.pk, access=closing("raw/", until="2001-01-01"))


def test_an_edit_under_way_keeps_up_with_the_rule(alice: Any, publish: Any) -> None:
    from dop2i.server.records.actions import edit_record

    record = publish(alice, FILES)
    edit_record(actor=alice, record_id=record.pk)
    changed = lifting.change_access(actor=alice, record_id=record.pk, access=closing("raw/"))
    assert changed.draft is not None
    assert changed.draft["access"] == changed.document["access"]
    published = publish_draft(actor=alice, record_id=record.pk)
    assert names(ANONYMOUS, published) == ["a.txt", "z.txt"]


def test_a_stub_tells_that_something_is_closed_and_no_more(alice: Any, publish: Any, mallory: Any) -> None:
    shut = {"record": "restricted", "files": "restricted", "dop2i:reason": "safety"}
    silent = publish(alice, FILES, access=shut)
    told = publish(alice, FILES, access={**shut, "dop2i:stub": True})
    with pytest.raises(NotFound):
        queries.get_record(mallory, silent.pk)
    with pytest.raises(NotPermitted, match="closed"):
        queries.get_record(mallory, told.pk)
    assert not policy.may_know(mallory, silent)
    assert policy.may_know(ANONYMOUS, told)
    assert [line.listed for line in Closure.objects.order_by("record_id")] == [False, True]


def test_services_that_keep_metadata_get_none_of_a_closed_record(alice: Any, publish: Any) -> None:
    from dop2i.server.records.announcing import closed_document, datacite_payload

    record = publish(alice, FILES, access={"record": "restricted", "files": "restricted"})
    told = str(datacite_payload(closed_document(queries.native_document(record, with_files="all"))))
    for word in ("muons", "Alice", "Martin", "raw", "a.txt", "particle"):
        assert word not in told
    assert "(:unav)" in told
