"""Several people at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from django.db import connection
from looking_up import found_by

from dop2i.errors import Conflict, NotFound
from dop2i.server.people.policy import ANONYMOUS
from dop2i.server.records import actions, queries
from dop2i.server.records.checking import check
from dop2i.server.records.recovery import recover


def in_threads(function: Any, arguments: list[Any]) -> list[Any]:
    """The results, each from a thread with its own database connection."""

    def run(argument: Any) -> Any:
        try:
            return function(argument)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=len(arguments)) as threads:
        return list(threads.map(run, arguments))


def test_six_people_deposit_at_once(instance: Path, person: Any, publish: Any) -> None:
    people = [person(name) for name in ("Alice", "Bruno", "Chloe", "Dora", "Emil", "Farah")]

    def deposit(actor: Any) -> list[int]:
        numbers = [publish(actor, {f"{n}.txt": f"{n}".encode()}).pk for n in range(2)]
        recover()
        return numbers

    numbers = [number for made in in_threads(deposit, people) for number in made]
    assert len(set(numbers)) == 12
    assert found_by(ANONYMOUS).count() == 12
    assert check(every_byte=True).problems == []


def test_a_draft_is_published_once_however_often_it_is_asked(
    instance: Path, alice: Any, document: Any, put: Any
) -> None:
    record = actions.create_draft(actor=alice, document=document)
    put(alice, record.pk, "a.txt", b"1")

    def attempt(_: int) -> bool:
        try:
            actions.publish_draft(actor=alice, record_id=record.pk)
        except (Conflict, NotFound):
            return False
        return True

    assert sum(in_threads(attempt, list(range(4)))) == 1
    assert queries.get_record(ANONYMOUS, record.pk).revision == 1
    assert check().problems == []
