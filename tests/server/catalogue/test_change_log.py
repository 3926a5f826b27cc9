"""Every published change is a row; the rows have no gap, and come in the order in which they were committed."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from dop2i.server.catalogue import actions, queries
from dop2i.server.catalogue.models import Change, Entry


def record(number, *, concept=None, version=1, access="public", owner=3, **metadata):
    """A native document."""
    return {
        "id": str(number),
        "parent": {"id": str(concept or 10_000 + number), "access": {"owned_by": {"user": str(owner)}}},
        "versions": {"index": version, "is_latest": True},
        "access": {"record": access, "files": "public"},
        "metadata": {"title": f"Record {number}", **metadata},
    }


def changed(after=0, limit=500):
    """Number and key of the changes behind one, oldest first, as followers read them."""
    return list(Change.objects.filter(seq__gt=after).order_by("seq").values_list("seq", "key")[:limit])


def test_publishing_editing_and_withdrawing_are_written_down_in_order(instance):
    actions.put_entry(key="own:1", document=record(1))
    actions.put_entry(key="own:1", document=record(1, title="New title"))
    actions.refresh_entry(key="own:1", text_facts=["Muon_pt", "Muon_eta"])
    actions.remove_entry(key="own:1")
    actions.put_entry(key="own:1", document=record(1))
    assert list(Change.objects.order_by("seq").values_list("seq", "kind")) == [
        (1, "published"),
        (2, "updated"),
        (3, "updated"),
        (4, "withdrawn"),
        (5, "published"),
    ]
    assert queries.last_change() == 5


def test_what_changes_nothing_is_no_change(instance):
    assert actions.remove_entry(key="own:1") is None
    assert actions.refresh_entry(key="own:1", text_facts="late news of a withdrawn record") is None
    actions.put_entry(key="own:1", document=record(1))
    assert changed() == [(1, "own:1")]
    assert not Entry.objects.filter(key="own:2").exists()


def test_a_rolled_back_publication_leaves_no_gap(instance):
    actions.put_entry(key="own:1", document=record(1))
    with transaction.atomic():
        actions.put_entry(key="own:2", document=record(2))
        transaction.set_rollback(True)
    actions.put_entry(key="own:3", document=record(3))
    assert changed() == [(1, "own:1"), (2, "own:3")]


def test_followers_see_the_numbers_in_order_while_many_publish(instance):
    seen, stop = [], threading.Event()

    def publish(start):
        for number in range(start, start + 15):
            actions.put_entry(key=f"own:{number}", document=record(number))
        connection.close()

    def follow():
        while not stop.is_set() or len(seen) < 45:
            seen.extend(seq for seq, _ in changed(seen[-1] if seen else 0, limit=7))
        connection.close()

    threads = [threading.Thread(target=publish, args=(start,)) for start in (100, 200, 300)]
    follower = threading.Thread(target=follow)
    for thread in [*threads, follower]:
        thread.start()
    for thread in threads:
        thread.join(30)
    stop.set()
    follower.join(30)
    assert seen == list(range(1, 46))


def test_a_new_version_takes_the_place_of_the_one_before_and_gives_it_back_when_withdrawn(instance):
    actions.put_entry(key="own:1", document=record(1, concept=9, version=1))
    actions.put_entry(key="own:2", document=record(2, concept=9, version=2))
    assert dict(Entry.objects.values_list("key", "latest")) == {"own:1": False, "own:2": True}
    actions.put_entry(key="own:1", document=record(1, concept=9, version=1, title="Mended"))
    assert dict(Entry.objects.values_list("key", "latest")) == {"own:1": False, "own:2": True}
    actions.remove_entry(key="own:2")
    assert Entry.objects.get(key="own:1").latest
    assert [key for _, key in changed()] == ["own:1", "own:2", "own:1", "own:1", "own:2", "own:1"]


@pytest.mark.parametrize("access", [{}, {"record": "restricted"}, {"record": "PUBLIC"}, None])
def test_access_that_is_not_plainly_public_is_closed(access):
    assert actions.audience_of({"access": access}) == []


def test_text_that_no_database_takes_is_made_harmless(instance):
    actions.put_entry(key="own:1", document=record(1), text_facts="Muon\x00pt \ud800")
    assert Entry.objects.get().text == "Muon pt ?"
