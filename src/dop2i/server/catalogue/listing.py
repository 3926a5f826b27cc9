"""The catalogue as harvesters list it: what is, and what was, public, in the order of change."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q, QuerySet

from dop2i.server.catalogue.models import Entry, EntrySet
from dop2i.server.rows import among

Place = tuple[datetime.datetime, int]
"""Where a listing stands: the change time and the number of the entry that came last."""


class Listed(NamedTuple):
    """An entry as harvesters know it, without its document. ``deleted`` says whether they are told that it is gone."""

    pk: int
    key: str
    updated: datetime.datetime
    latest: bool
    deleted: bool
    sets: Sequence[str] = ()


def list_entries(
    *,
    spec: str = "",
    since: datetime.datetime | None = None,
    before: datetime.datetime | None = None,
    after: Place | None = None,
    limit: int = 100,
) -> list[Listed]:
    """The next ``limit`` exposed entries after ``after``, changed at or after ``since`` and earlier than ``before``.

    An entry that changes while somebody lists moves to the end and is listed again: nothing is lost. Every answer
    costs what it holds, wherever in the listing it stands.
    """
    if spec:
        rows = _window(EntrySet.objects.filter(spec=spec), since=since, before=before, after=after, number="entry_id")
        chosen = list(rows.order_by("updated", "entry_id").values_list("entry_id", flat=True)[:limit])
        found = {entry.pk: entry for entry in listed(Entry.objects.filter(pk__in=among(chosen)), with_sets=True)}
        return [found[number] for number in chosen if number in found]
    whole = _window(Entry.objects.filter(exposed=True), since=since, before=before, after=after, number="id")
    return listed(whole.order_by("updated", "id")[:limit], with_sets=True)


def listed(entries: QuerySet[Entry], *, with_sets: bool = False) -> list[Listed]:
    """A selection of entries as harvesters know them; their sets are looked up only when they are asked for."""
    rows = _rows(entries.values_list("pk", "key", "updated", "latest", "public", "withdrawn"))
    sets = _sets_of([row[0] for row in rows]) if with_sets else {}
    return [
        Listed(number, key, _aware(updated), latest, withdrawn or not public, sets.get(number, ()))
        for number, key, updated, latest, public, withdrawn in rows
    ]


def count_entries(
    *, spec: str = "", since: datetime.datetime | None = None, before: datetime.datetime | None = None
) -> int:
    """How many :func:`list_entries` would list in all."""
    rows: QuerySet[Any] = EntrySet.objects.filter(spec=spec) if spec else Entry.objects.filter(exposed=True)
    return _window(rows, since=since, before=before, after=None, number="id").count()


def find_entry(key: str) -> Listed | None:
    """An exposed entry by its key, with its sets."""
    return next(iter(listed(Entry.objects.filter(exposed=True, key=key), with_sets=True)), None)


def earliest_change() -> datetime.datetime | None:
    """The time of the change that is the longest ago, None while nothing is exposed."""
    return Entry.objects.filter(exposed=True).order_by("updated", "id").values_list("updated", flat=True).first()


def any_entry() -> Listed | None:
    """Some entry that harvesters may have, for an example of an identifier."""
    shown = Entry.objects.filter(exposed=True, public=True, withdrawn=False).order_by("pk")
    return next(iter(listed(shown[:1])), None)


def sets_in_use() -> list[str]:
    """Every set that holds an entry, in order. Steps from one to the next over the index, however large they are."""
    specs: list[str] = []
    last = ""
    while found := EntrySet.objects.filter(spec__gt=last).order_by("spec").values_list("spec", flat=True).first():
        specs.append(found)
        last = found
    return specs


def _window(
    rows: QuerySet[Any],
    *,
    since: datetime.datetime | None,
    before: datetime.datetime | None,
    after: Place | None,
    number: str,
) -> QuerySet[Any]:
    if before is not None:
        rows = rows.filter(updated__lt=before)
    if after is not None:
        # both conditions: the first alone lets every database use the index as it is
        rows = rows.filter(updated__gte=after[0]).filter(Q(updated__gt=after[0]) | Q(**{f"{number}__gt": after[1]}))
    elif since is not None:
        rows = rows.filter(updated__gte=since)
    return rows


def _sets_of(numbers: Sequence[int]) -> dict[int, list[str]]:
    """The sets of entries, by the entries' numbers."""
    specs: dict[int, list[str]] = {number: [] for number in numbers}
    if not specs:
        return specs
    table, wanted = EntrySet._meta.db_table, ",".join(str(int(number)) for number in numbers)
    # in the order of the index, which no database has to sort; for Django to write this takes longer than to do it
    asked = f"SELECT entry_id, spec FROM {table} WHERE entry_id IN ({wanted}) ORDER BY entry_id, spec"  # noqa: S608 - numbers
    with connection.cursor() as cursor:
        cursor.execute(asked)
        for number, spec in cursor.fetchall():
            specs[number].append(spec)
    return specs


def _rows(selection: QuerySet[Any, tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """A selection of numbers, texts, moments and truth values, as the driver of the database gives them.

    Django would look at each value once more, which takes longer than the query, and change the moments alone:
    :func:`_aware` does that.
    """
    try:
        statement, values = selection.query.sql_with_params()
    except EmptyResultSet:
        return []
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def _aware(moment: datetime.datetime) -> datetime.datetime:
    """SQLite keeps moments without their time zone, which is UTC."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=datetime.UTC)


def own_pages(*, first: int, beyond: int) -> list[tuple[str, datetime.datetime]]:
    """``(number of the record, time of its last change)`` of our public records in a range of entries' numbers."""
    rows = Entry.objects.filter(pk__gte=first, pk__lt=beyond, key__startswith="own:", **_SHOWN).order_by("pk")
    return [(key.removeprefix("own:"), updated) for key, updated in rows.values_list("key", "updated")]


def last_number() -> int:
    """The highest number of an entry."""
    return Entry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def own_entries(*, after: int, limit: int) -> list[Entry]:
    """Our own public records, the latest version of each, in the order of their first publication."""
    return list(
        Entry.objects.filter(pk__gt=after, key__startswith="own:", **_SHOWN).defer("text").order_by("pk")[:limit]
    )


def count_own() -> int:
    """How many :func:`own_entries` there are."""
    return Entry.objects.filter(key__startswith="own:", **_SHOWN).count()


_SHOWN = {"public": True, "withdrawn": False, "latest": True}
