"""Two versions side by side: what Alice changed, file by file, and nothing of what is closed to Chloé."""

from __future__ import annotations

import random
from typing import Any

import pytest

from dop2i.errors import NotFound
from dop2i.server.people.policy import ANONYMOUS
from dop2i.server.records import actions, file_actions
from dop2i.server.records.comparing import compare_versions

FIRST = {"a.txt": b"alpha", "b.txt": b"beta", "old/c.txt": b"gamma", "d.txt": b"delta", "e.txt": b"same"}


@pytest.fixture
def versions(alice: Any, put: Any, publish: Any) -> Any:
    """``versions(before, after, metadata={…})``: two published versions with exactly these files."""

    def make(before: dict[str, bytes], after: dict[str, bytes], **parts: Any) -> tuple[Any, Any]:
        first = publish(alice, before, **parts)
        draft = actions.new_version(actor=alice, record_id=first.pk)
        for key, content in after.items():
            put(alice, draft.pk, key, content)
        document = draft.draft
        document["metadata"].update({"title": "Muons again", "publication_date": "2026-04-01"})
        document["access"] = parts.get("later_access", document["access"])
        actions.update_draft(actor=alice, record_id=draft.pk, document=document)
        return first, actions.publish_draft(actor=alice, record_id=draft.pk)

    return make


def test_alice_sees_what_she_added_removed_changed_and_renamed(versions: Any) -> None:
    after = {"a.txt": b"alpha", "b.txt": b"beta 2", "new/c.txt": b"gamma", "e.txt": b"same", "f.txt": b"phi"}
    first, second = versions(FIRST, after)
    found = compare_versions(ANONYMOUS, first.pk, second.pk)
    assert found.files.counts == {"added": 1, "removed": 1, "changed": 1, "renamed": 1}
    assert found.files.unchanged == 2
    told = {one.key: one for one in found.changes()}
    assert {key: one.kind for key, one in told.items()} == {
        "b.txt": "changed",
        "d.txt": "removed",
        "f.txt": "added",
        "new/c.txt": "renamed",
    }
    assert told["new/c.txt"].before == "old/c.txt"
    assert (told["b.txt"].size_before, told["b.txt"].size_after) == (4, 6)
    assert told["b.txt"].sha256_before != told["b.txt"].sha256_after
    assert {one.path for one in found.fields} == {"metadata.title", "metadata.publication_date"}


def test_a_comparison_the_other_way_round_is_its_mirror(versions: Any) -> None:
    first, second = versions(FIRST, {"a.txt": b"alpha", "x.txt": b"beta"})
    there = compare_versions(ANONYMOUS, first.pk, second.pk).files
    back = compare_versions(ANONYMOUS, second.pk, first.pk).files
    assert there.counts == {"added": 0, "removed": 3, "changed": 0, "renamed": 1}
    assert back.counts == {"added": 3, "removed": 0, "changed": 0, "renamed": 1}
    assert there.unchanged == back.unchanged == 1


def test_a_version_differs_from_itself_in_nothing(versions: Any) -> None:
    first, _ = versions(FIRST, FIRST)
    found = compare_versions(ANONYMOUS, first.pk, first.pk)
    assert found.is_empty
    assert found.files.unchanged == len(FIRST)
    assert found.changes() == []


def test_copies_of_one_content_are_paired_one_by_one(versions: Any) -> None:
    first, second = versions({"a": b"x", "b": b"x"}, {"c": b"x", "d": b"x", "e": b"x"})
    found = compare_versions(ANONYMOUS, first.pk, second.pk)
    assert found.files.counts == {"added": 1, "removed": 0, "changed": 0, "renamed": 2}
    assert [(one.kind, one.before, one.key) for one in found.changes()] == [
        ("renamed", "a", "c"),
        ("renamed", "b", "d"),
        ("added", "", "e"),
    ]


def test_pages_and_kinds_divide_the_list_and_lose_nothing(versions: Any) -> None:
    before = {f"run{n:02}.txt": b"%d" % n for n in range(30)}
    after = {f"run{n:02}.txt": b"%d!" % n for n in range(20)} | {f"more{n}.txt": b"more %d" % n for n in range(7)}
    first, second = versions(before, after)
    found = compare_versions(ANONYMOUS, first.pk, second.pk)
    assert found.files.counts == {"added": 7, "removed": 10, "changed": 20, "renamed": 0}
    pages = [found.changes(page=page, size=10) for page in range(1, 6)]
    assert [len(page) for page in pages] == [10, 10, 10, 7, 0]
    keys = [one.key for page in pages for one in page]
    assert keys == sorted(keys)
    assert len(found.changes(kind="removed")) == 10


def test_random_changes_are_told_as_a_plain_comparison_would(versions: Any) -> None:
    chance = random.Random(7)
    before = {f"f{n}": bytes([chance.randrange(6)]) for n in range(40) if chance.random() < 0.7}
    after = {f"f{n}": bytes([chance.randrange(6)]) for n in range(40) if chance.random() < 0.7}
    first, second = versions(before, after)
    found = compare_versions(ANONYMOUS, first.pk, second.pk)
    changed = {key for key in before.keys() & after.keys() if before[key] != after[key]}
    same = {key for key in before.keys() & after.keys() if before[key] == after[key]}
    gone, come = (
        sorted(one[key] for key in one.keys() - other.keys()) for one, other in ((before, after), (after, before))
    )
    renamed = 0
    for content in set(gone):
        renamed += min(gone.count(content), come.count(content))
    assert found.files.counts == {
        "added": len(come) - renamed,
        "removed": len(gone) - renamed,
        "changed": len(changed),
        "renamed": renamed,
    }
    assert found.files.unchanged == len(same)
    assert len(found.changes(size=500)) == found.files.total


def test_chloe_is_told_nothing_of_closed_files(alice: Any, versions: Any) -> None:
    closed = {
        "record": "public",
        "files": "public",
        "dop2i:closures": [{"patterns": ["raw/"], "reason": "contract"}],
    }
    before = {"a.txt": b"open", "raw/secret.txt": b"1"}
    first, second = versions(before, {"a.txt": b"open!", "raw/secret.txt": b"22"}, access=closed)
    hers = compare_versions(ANONYMOUS, first.pk, second.pk)
    assert [one.key for one in hers.changes()] == ["a.txt"]
    assert hers.part
    assert "raw" not in str(hers.fields)
    whole = compare_versions(alice, first.pk, second.pk)
    assert [one.key for one in whole.changes()] == ["a.txt", "raw/secret.txt"]
    assert not whole.part


def test_only_versions_of_one_record_are_compared(alice: Any, publish: Any, put: Any) -> None:
    one, other = publish(alice, {"a": b"1"}), publish(alice, {"a": b"1"})
    with pytest.raises(NotFound, match="not versions of each other"):
        compare_versions(ANONYMOUS, one.pk, other.pk)


def test_mallory_compares_nothing_that_she_may_not_read(alice: Any, mallory: Any, publish: Any) -> None:
    hidden = publish(alice, {"a": b"1"}, access={"record": "restricted", "files": "restricted"})
    with pytest.raises(NotFound):
        compare_versions(mallory, hidden.pk, hidden.pk)
    draft = actions.create_draft(actor=alice, document={"metadata": {"title": "Draft"}})
    file_actions.start_files(actor=alice, record_id=draft.pk, entries=[{"key": "x"}])
    with pytest.raises(NotFound):
        compare_versions(mallory, draft.pk, draft.pk)
