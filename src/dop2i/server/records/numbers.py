"""The numbers of concepts and records: one sequence, each number used once."""

from __future__ import annotations

from django.db import transaction

from dop2i.server.records.models import Counter

_SEQUENCE = "record"


def next_number() -> int:
    """The next number, in the caller's transaction (its row stays locked until the end)."""
    counter = _counter()
    counter.value += 1
    counter.save(update_fields=["value"])
    return counter.value


def last_number() -> int:
    """The last number given out, 0 for none."""
    return Counter.objects.filter(name=_SEQUENCE).values_list("value", flat=True).first() or 0


@transaction.atomic
def go_on_after(number: int) -> None:
    """Never give out ``number`` or a smaller one (again)."""
    counter = _counter()
    if counter.value < number:
        counter.value = number
        counter.save(update_fields=["value"])


def _counter() -> Counter:
    Counter.objects.bulk_create([Counter(name=_SEQUENCE)], ignore_conflicts=True)
    return Counter.objects.select_for_update().get(name=_SEQUENCE)
