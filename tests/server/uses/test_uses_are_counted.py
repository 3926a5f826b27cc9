"""Chloé's reading is counted once, whatever happens to the worker; searches sort by it, harvesters hear nothing."""

from __future__ import annotations

import datetime
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from dop2i.server.catalogue import index, queries
from dop2i.server.catalogue.models import Change, Entry, EntrySet
from dop2i.server.people.policy import ANONYMOUS
from dop2i.server.uses import actions, indexing, recording, robots
from dop2i.server.uses.models import DayOfUse, Gathered, Use
from dop2i.server.uses.queries import stats_of

HOUR_BEGINS = 1_800_000_000 - 1_800_000_000 % 3600
NONE = {"views": 0, "unique_views": 0, "downloads": 0, "unique_downloads": 0, "data_volume": 0}
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(autouse=True)
def nobody_was_here(monkeypatch: pytest.MonkeyPatch) -> Any:
    """No test knows the visitors of another, and none leaves a kept writer."""
    monkeypatch.setattr(recording, "VISITS", recording.Visits())
    index.KEPT.release()
    yield
    index.KEPT.release()


def uses(
    kind: str, *, record: int = 12, concept: int = 10, who: str = "192.0.2.7", item: str = "", size: int = 0
) -> None:
    """Somebody uses a record."""
    recording.record_use(kind, address=who, agent=FIREFOX, record_id=record, concept_id=concept, item=item, size=size)


def noted(visits: recording.Visits, moment: float, *, who: bytes = b"chloe", kind: str = "v", **what: Any) -> Any:
    """What a visit at a moment counts as."""
    return visits.note(who, kind=kind, now=moment, **{"record_id": 12, "concept_id": 10, **what})


def test_a_double_click_is_one_view_and_a_visitor_is_new_once_an_hour():
    visits, begun = recording.Visits(), HOUR_BEGINS
    assert noted(visits, begun) == (True, True, True)
    assert noted(visits, begun + 29) == (False, False, False)
    assert noted(visits, begun + 58) == (False, False, False)  # the window slides
    assert noted(visits, begun + 89) == (True, False, False)
    assert noted(visits, begun + 90, record_id=13) == (True, True, False)  # another version of the same
    assert noted(visits, begun + 90, who=b"bruno") == (True, True, True)
    assert noted(visits, begun + 3700) == (True, True, True)


def test_reading_on_over_the_hour_stays_one_download():
    visits = recording.Visits()
    assert noted(visits, HOUR_BEGINS + 3590, kind="d", item="a.root") == (True, True, True)
    for second in range(3595, 3720, 5):
        assert noted(visits, HOUR_BEGINS + second, kind="d", item="a.root") == (False, False, False)
    assert noted(visits, HOUR_BEGINS + 3720, kind="d", item="b.root") == (True, True, True)


def test_a_clock_that_goes_back_does_not_stop_the_counting():
    visits = recording.Visits()
    assert noted(visits, HOUR_BEGINS + 10_000)[0]
    assert noted(visits, HOUR_BEGINS)[0]


def test_memory_is_bounded_however_many_come(monkeypatch):
    monkeypatch.setattr(recording, "MOST", 50)
    visits = recording.Visits()
    for number in range(500):
        assert noted(visits, HOUR_BEGINS + number / 1000, who=b"%d" % number) == (True, True, True)
    assert len(visits._recent) <= 50
    assert len(visits._seen) <= 50


@pytest.mark.parametrize(
    ("agent", "robot", "machine"),
    [
        (FIREFOX, False, False),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", True, False),
        ("Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.1)", True, False),
        ("", True, False),
        ("python-requests/2.32.3", False, True),
        ("Python/3.12 aiohttp/3.11", False, True),  # uproot and fsspec
        ("curl/8.5.0", False, True),
        ("ROOT-TWebFile/1.1", False, False),
        ("libdavix/0.8.7", False, False),
        ("dop2i-client", False, False),
    ],
)
def test_robots_are_told_from_programs_that_read_for_people(agent, robot, machine):
    assert (robots.is_robot(agent), robots.is_machine(agent)) == (robot, machine)


def test_views_and_downloads_are_counted_by_record_day_and_visitor(instance):
    uses("v")
    uses("v")
    uses("v", who="192.0.2.8")
    uses("v", record=13)
    uses("d", item="a.root", size=1000)
    uses("d", item="a.root", size=500)  # its next range
    uses("d", item="b.root", size=50)
    assert actions.gather_uses() == 6
    told = stats_of(record_id=12, concept_id=10)
    assert told == {
        "this_version": {"views": 2, "unique_views": 2, "downloads": 2, "unique_downloads": 1, "data_volume": 1550},
        "all_versions": {"views": 3, "unique_views": 2, "downloads": 2, "unique_downloads": 1, "data_volume": 1550},
    }
    assert stats_of(record_id=99, concept_id=98) == {"this_version": NONE, "all_versions": NONE}
    today = datetime.datetime.now(datetime.UTC).date()
    assert {*DayOfUse.objects.values_list("record_id", "day", "views", "downloads")} <= {
        (12, today, 2, 2), (13, today, 1, 0),
    }  # fmt: skip
    uses("d", item="c.root", size=1)
    actions.gather_uses()
    assert stats_of(record_id=12, concept_id=10)["this_version"]["downloads"] == 3


def test_the_numbers_of_a_page_cost_one_query(instance):
    with CaptureQueriesContext(connection) as asked:
        stats_of(record_id=12, concept_id=10)
    assert len(asked) == 1


def test_nothing_of_the_visitor_is_written(instance):
    uses("v", who="203.0.113.77")
    uses("d", who="203.0.113.77", item="secret name.root", size=12)
    (path,) = (instance / "uses").iterdir()
    assert re.fullmatch(r"(v|d) \d+ 12 10 1 1 1 (0|12)\n", path.read_text().splitlines(keepends=True)[0])
    actions.gather_uses()
    everything = b"".join(file.read_bytes() for file in instance.rglob("*") if file.is_file())
    for word in (b"203.0.113", b"secret name", b"Firefox"):
        assert word not in everything


def test_a_line_written_after_its_file_was_taken_is_counted_a_turn_later(instance):
    uses("v")
    (path,) = (instance / "uses").iterdir()
    late = os.open(path, os.O_WRONLY | os.O_APPEND)  # a request is just about to write
    assert actions.gather_uses() == 1
    os.write(late, b"v 20000 12 10 1 0 0 0\n")
    os.close(late)
    assert actions.gather_uses() == 1
    assert Use.objects.get().views == 2
    assert actions.gather_uses() == 0
    assert [one.name for one in (instance / "uses").iterdir()] == [".lock"]
    assert not Gathered.objects.exists()


def test_a_worker_killed_after_the_commit_counts_nothing_twice(instance, monkeypatch):
    uses("v")

    def killed(self):
        raise KeyboardInterrupt

    assert actions.gather_uses() == 1
    with monkeypatch.context() as patch:
        patch.setattr(actions.Path, "unlink", killed)
        with pytest.raises(KeyboardInterrupt):
            actions.gather_uses()
    assert actions.gather_uses() == 0
    assert Use.objects.get().views == 1


def test_a_worker_killed_before_the_commit_loses_nothing(instance, monkeypatch):
    uses("v")

    def killed(sums):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(actions, "_add_to_rows", killed)
        with pytest.raises(KeyboardInterrupt):
            actions.gather_uses()
    assert not Use.objects.exists()
    uses("v", who="192.0.2.9")
    assert actions.gather_uses() == 2
    assert Use.objects.get().views == 2


def test_broken_lines_and_half_ones_are_left_out(instance):
    folder = instance / "uses"
    folder.mkdir()
    (folder / "now-1").write_bytes(
        b"v 20000 12 10 1 1 1 0\nd 20000 12v 20000 12 10 1 0 0 0\n\xff\0\n"
        b"x 1 2 3 1 1 1 0\nv 20000 12 10 1 0 0 0\nd 20000 1"
    )
    assert actions.gather_uses() == 2
    assert actions.gather_uses() == 0
    use = Use.objects.get()
    assert (use.views, use.downloads) == (2, 0)


def test_large_files_are_counted_in_pieces(instance, monkeypatch):
    monkeypatch.setattr(actions, "PIECE", 100)
    folder = instance / "uses"
    folder.mkdir()
    (folder / "now-1").write_bytes(b"".join(b"v 20000 %d 10 1 1 1 0\n" % (n % 7 + 1) for n in range(1000)))
    assert actions.gather_uses() == 1000
    assert sum(Use.objects.values_list("views", flat=True)) == 1000


def test_a_disk_that_takes_nothing_fails_nobody(instance, monkeypatch, caplog):
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(recording, "_told", 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(recording.os, "write", full)
        uses("v")
        uses("v", who="192.0.2.9")
    assert [line.levelname for line in caplog.records] == ["WARNING"]
    (instance / "uses" / f"now-{os.getpid()}").unlink()
    (instance / "uses").rmdir()
    (instance / "uses").write_text("somebody's file")
    uses("v", who="192.0.2.10")
    assert actions.gather_uses() == 0


def test_many_threads_and_two_workers_lose_and_double_nothing(instance):
    with ThreadPoolExecutor(4) as pool:
        for number in range(400):
            pool.submit(uses, "v", who=f"192.0.2.{number}")
    code = (
        "import sys; from dop2i.server.instance import configure; configure(sys.argv[1]); "
        "from dop2i.server.uses.actions import gather_uses; gather_uses(); gather_uses()"
    )
    workers = [subprocess.Popen([sys.executable, "-c", code, str(instance)]) for _ in range(2)]
    assert [worker.wait(60) for worker in workers] == [0, 0]
    actions.gather_uses()
    actions.gather_uses()
    assert Use.objects.get().views == 400


def ids(**asked: Any) -> list[str]:
    """The numbers of what Chloé finds."""
    return [hit["id"] for hit in queries.search(ANONYMOUS, **asked).hits]


@pytest.fixture
def three(alice: Any, publish: Any) -> list[Any]:
    """Three records of Alice's, found."""
    made = [publish(alice, {"a.txt": b"%d" % number}) for number in range(3)]
    index.follow()
    return made


@pytest.mark.parametrize("keep", [False, True], ids=["once", "a worker that stays"])
def test_what_is_used_most_comes_first_and_harvesters_hear_nothing(three, keep):
    first, second, third = three
    for who in range(3):
        uses("v", record=second.pk, concept=second.concept_id, who=f"192.0.2.{who}")
        uses("d", record=first.pk, concept=first.concept_id, who=f"192.0.2.{who}", size=1)
    uses("v", record=third.pk, concept=third.concept_id)
    index.follow(keep=keep)
    Entry.objects.filter(key=f"own:{second.pk}").update(created=second.created - datetime.timedelta(days=1))
    log, stamps = queries.last_change(), [*Entry.objects.values_list("seq", "updated").order_by("pk")]
    sets = [*EntrySet.objects.values_list("updated", flat=True).order_by("pk")]
    actions.gather_uses()
    assert indexing.take_up(keep=keep) == 3
    assert ids(sort="mostviewed")[:2] == [str(second.pk), str(third.pk)]
    assert ids(sort="mostdownloaded")[0] == str(first.pk)
    assert ids(sort="mostdownloaded", page=2, size=1) == [str(third.pk)]  # of two that nobody took, the newer
    assert queries.last_change() == log == Change.objects.count()
    assert [*Entry.objects.values_list("seq", "updated").order_by("pk")] == stamps
    assert [*EntrySet.objects.values_list("updated", flat=True).order_by("pk")] == sets
    assert index.differences() == []


def test_the_index_is_told_of_what_changed_alone_and_a_new_index_reads_it_all(three, monkeypatch):
    monkeypatch.setattr(indexing, "MARGIN", datetime.timedelta(0))
    for record in three:
        uses("v", record=record.pk, concept=record.concept_id)
    actions.gather_uses()
    assert indexing.take_up() == 3
    assert indexing.take_up() == 0
    uses("v", record=three[0].pk, concept=three[0].concept_id, who="192.0.2.1")
    actions.gather_uses()
    assert indexing.take_up() == 1
    index.rebuild_index()
    assert ids(sort="mostviewed")[0] == str(three[0].pk)
    assert indexing.take_up() == 3  # what was counted while it was built


def test_nothing_is_taken_up_while_another_process_writes_and_nothing_is_forgotten(three):
    uses("v", record=three[0].pk, concept=three[0].concept_id)
    actions.gather_uses()
    with index._writing(wait=False) as ours:
        assert ours
        assert indexing.take_up() == 0
    assert indexing.take_up() == 1
    assert ids(sort="mostviewed")[0] == str(three[0].pk)


def test_a_new_version_takes_the_place_of_the_one_before(three, alice, put, document):
    from dop2i.server.records import actions as records

    first = three[0]
    uses("v", record=first.pk, concept=first.concept_id)
    actions.gather_uses()
    indexing.take_up()
    draft = records.new_version(actor=alice, record_id=first.pk)
    put(alice, draft.pk, "b.txt", b"more")
    records.update_draft(actor=alice, record_id=draft.pk, document={**draft.draft, **{
        "metadata": {**draft.draft["metadata"], "publication_date": "2026-05-01"}
    }})  # fmt: skip
    newer = records.publish_draft(actor=alice, record_id=draft.pk)
    index.follow()
    assert ids(sort="mostviewed")[0] == str(newer.pk)
    told = stats_of(record_id=newer.pk, concept_id=newer.concept_id)
    assert (told["this_version"]["views"], told["all_versions"]["views"]) == (0, 1)


def test_entries_from_elsewhere_are_put_beside_without_a_word_on_use(instance):
    from dop2i.server.catalogue.actions import NewEntry, put_entries

    with transaction.atomic():
        put_entries([NewEntry(key="zenodo:1", document={"id": "1", "metadata": {"title": "From elsewhere"}})])
    assert Entry.objects.values_list("viewed", "downloaded").get() == (0, 0)
    index.follow()
    assert ids(sort="mostviewed") == ["1"]
