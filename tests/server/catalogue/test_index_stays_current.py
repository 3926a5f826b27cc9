"""The index follows while it is rebuilt, while large merges run, and whoever writes to it."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from dop2i.server.catalogue import actions, index, queries
from dop2i.server.people.policy import ANONYMOUS


def put(number, title="Something"):
    """Puts a public record into the catalogue."""
    document = {"id": str(number), "access": {"record": "public"}, "metadata": {"title": title}}
    actions.put_entry(key=f"own:{number}", document=document)


def total(q=""):
    """How many are found."""
    return queries.search(ANONYMOUS, q=q).total


@pytest.fixture(autouse=True)
def nothing_kept():
    """Each test begins and ends without a kept writer."""
    index.KEPT.release()
    yield
    index.KEPT.release()


def test_a_worker_that_stays_keeps_its_writer_and_others_may_have_it(instance):
    put(1)
    assert index.follow() == 1
    put(2)
    assert index.follow(keep=True) == 1
    assert index.KEPT.writer is not None
    put(3)
    assert index.follow(keep=True) == 1
    assert total() == 3
    assert index.follow(keep=True) == 0
    assert index.differences() == []
    assert index.KEPT.writer is None
    put(4)
    assert index.follow(keep=True) == 1
    assert index.rebuild_index() == 4
    put(5)
    assert index.follow(keep=True) == 1
    assert total() == 5


def test_the_lock_is_given_back_to_who_waits(instance):
    put(1)
    index.follow()
    index.follow(keep=True)
    (instance / "index" / ".wanted").touch()
    put(2)
    assert index.follow(keep=True) == 1
    assert index.KEPT.writer is None
    (instance / "index" / ".wanted").unlink()


def test_changes_reach_the_old_index_while_a_new_one_is_built(instance):
    for number in range(1, 40):
        put(number)
    index.follow()
    seen = []

    def publish_meanwhile(done, wanted, message):
        if not seen:
            put(100, "Meanwhile")
            follower = threading.Thread(target=lambda: seen.append(index.follow()))
            follower.start()
            follower.join()
            seen.append(total("meanwhile"))

    assert index.rebuild_index(progress=publish_meanwhile) == 39
    assert seen == [1, 1]
    assert total("meanwhile") == 1
    assert index.differences() == []


def test_a_kept_writer_notices_that_the_instance_or_the_database_is_another(instance):
    from dop2i.server.catalogue.models import Change, Entry

    put(1)
    index.follow()
    put(2)
    index.follow(keep=True)
    Change.objects.all().delete()
    Entry.objects.exclude(key="own:1").delete()
    index.follow(keep=True)
    index.follow(keep=True)
    assert total() == 1


def test_half_a_character_stops_no_index(instance):
    if connection.vendor == "postgresql":
        pytest.skip("PostgreSQL keeps no half characters in JSON, so that none reaches the index")
    put(1, "Energy \ud800 spectrum")
    put(2, "Another")
    index.follow()
    assert total("spectrum") == 1
    assert index.rebuild_index() == 2
    assert total("spectrum") == 1


def test_many_entries_are_read_by_several_processes(instance, monkeypatch):
    monkeypatch.setattr("dop2i.server.catalogue.rows.MANY", 5)
    monkeypatch.setattr("dop2i.server.catalogue.rows.ROWS_AT_ONCE", 4)
    monkeypatch.setattr("dop2i.server.catalogue.rows.cores", lambda: 2)
    for number in range(1, 40):
        put(number, f"Énergie {number}")
    actions.remove_entry(key="own:7")
    assert index.rebuild_index() == 38
    assert index.differences() == []
    assert total("energie") == 38


def test_a_small_search_and_a_large_one_count_the_same(instance, monkeypatch):
    for number in range(1, 20):
        put(number, "Muon" if number % 3 else "Neutrino")
    index.follow()
    alone = queries.search(ANONYMOUS, q="muon")
    monkeypatch.setattr(queries, "WORTH_A_THREAD", 0)
    put(100, "Muon")
    index.follow()
    beside = queries.search(ANONYMOUS, q="muon")
    assert (alone.total, beside.total) == (13, 14)
    assert (alone.facets["source"], beside.facets["source"]) == ([("own", 13)], [("own", 14)])
