"""What changes the catalogue: an entry put, refreshed, removed. Each writes one row of the change log."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from dop2i.server.catalogue.models import Change, Counter, Entry, EntrySet
from dop2i.server.catalogue.sets import SET_ROW, specs_of, write_sets
from dop2i.server.rows import Encoded, among, insert_rows

COUNTER = "catalogue.change"
LONGEST_TEXT = 1_000_000


def put_entry(
    *, key: str, document: dict[str, Any], text_facts: str | Iterable[str] = "", audience: Iterable[str] | None = None
) -> Change:
    """Adds or replaces an entry, in the caller's transaction if there is one.

    ``key`` is ``own:<record id>`` or ``<source>:<id>``; ``document`` the native document as published;
    ``text_facts`` what is searched beside it (column names, headers). ``audience`` says who may find it (terms
    ``public``, ``person:3``); without it, the document's own access decides: public, or its owner alone. Older
    versions of the same concept cease to be the latest, which is a change of theirs.
    """
    with transaction.atomic():
        seq = _next_seq()
        now = timezone.now()
        known = Entry.objects.filter(key=key).first()
        entry = known or Entry(key=key, created=now)
        was_there = known is not None and not known.withdrawn
        _fill(entry, document=document, text_facts=text_facts, audience=audience)
        entry.withdrawn = False
        entry.seq = seq
        entry.updated = now
        entry.save()
        write_sets([entry])
        kind = Change.Kind.UPDATED if was_there else Change.Kind.PUBLISHED
        change = Change.objects.create(seq=seq, key=key, kind=kind, at=now)
        _settle_latest(entry.concept)
        return change


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry to be put, as :func:`put_entry` takes it; harvested ones are public.

    Of a document that is JSON already, ``about`` holds the few members that count here: ``parent``, ``versions``,
    the theme and the resource type.
    """

    key: str
    document: dict[str, Any] | Encoded
    text: str = ""
    audience: tuple[str, ...] = ("public",)
    about: dict[str, Any] | None = None

    @property
    def counted(self) -> dict[str, Any]:
        """What the columns of the entry are made of."""
        return self.document if isinstance(self.document, dict) else self.about or {}


def put_entries(entries: Iterable[NewEntry]) -> int:
    """Adds or replaces many entries at once, in the caller's transaction if there is one; how many.

    Keys are each given once. Numbers of changes follow the order of ``entries``. Up to some hundreds at a time keep
    the transaction short.
    """
    wanted = list(entries)
    if not wanted:
        return 0
    with transaction.atomic():
        seq = _next_seq(len(wanted)) - len(wanted)
        now = timezone.now()
        there = Entry.objects.filter(key__in=among(new.key for new in wanted))
        known = {row[0]: row[1:] for row in there.values_list("key", "pk", "withdrawn", "exposed", "latest")}
        rows, changes, sets = [], [], []
        for number, new in enumerate(wanted, start=seq + 1):
            _, withdrawn, exposed, latest = known.get(new.key, (None, True, False, True))
            about = new.counted
            audience, concept, version = sorted(set(new.audience)), *_lineage(new.key, about)
            public = "public" in audience
            exposed = exposed or public
            rows.append((new.key, now, new.document, _storable(new.text), public, exposed, audience, concept, version,
                         latest, False, number, now))  # fmt: skip
            kind = Change.Kind.PUBLISHED if withdrawn else Change.Kind.UPDATED
            changes.append((number, new.key, kind.value, now))
            sets.append(specs_of(new.key, about) if exposed else [])
        numbers = insert_rows(Entry, _ROW, rows, unique=["key"], update=_SAVED, numbered=True)
        if before := [row[0] for row in known.values()]:
            EntrySet.objects.filter(entry__in=before).delete()
        inside = [(entry, spec, now) for entry, specs in zip(numbers, sets, strict=True) for spec in specs]
        insert_rows(EntrySet, SET_ROW, inside)
        insert_rows(Change, _CHANGE_ROW, changes)
        for concept in {row[_ROW.index("concept")] for row in rows} - {""}:
            _settle_latest(concept)
    return len(wanted)


_SAVED = (
    "document", "text", "public", "exposed", "audience", "concept", "version", "latest", "withdrawn", "seq", "updated",
)  # fmt: skip
_ROW = ("key", "created", *_SAVED)
_CHANGE_ROW = ("seq", "key", "kind", "at")


def remove_entries(keys: Iterable[str]) -> int:
    """Takes many entries out of search at once, as :func:`remove_entry` does one; how many were there."""
    wanted = list(keys)
    if not wanted:
        return 0
    with transaction.atomic():
        hold_log()
        there = Entry.objects.filter(key__in=among(wanted), withdrawn=False).order_by("pk")
        rows = list(there.values_list("pk", "key", "concept"))
        if not rows:
            return 0
        seq = _next_seq(len(rows)) - len(rows)
        now = timezone.now()
        numbered = list(enumerate(rows, start=seq + 1))
        with connection.cursor() as cursor:
            table = connection.ops.quote_name(Entry._meta.db_table)
            cursor.executemany(
                f"UPDATE {table} SET seq = %s WHERE id = %s",  # noqa: S608, a name of our own
                [(number, pk) for number, (pk, _, _) in numbered],
            )
        gone = [pk for pk, _, _ in rows]
        Entry.objects.filter(pk__in=gone).update(withdrawn=True, updated=now)
        EntrySet.objects.filter(entry__in=gone).update(updated=now)
        withdrawn = Change.Kind.WITHDRAWN.value
        insert_rows(Change, _CHANGE_ROW, [(number, key, withdrawn, now) for number, (_, key, _) in numbered])
        for concept in {concept for _, _, concept in rows} - {""}:
            _settle_latest(concept)
    return len(rows)


def hold_log() -> None:
    """Waits for the change log and keeps it until the caller's transaction ends.

    For who has to look at what is there before putting something: nobody else puts anything in between.
    """
    Counter.objects.bulk_create([Counter(name=COUNTER)], ignore_conflicts=True)
    Counter.objects.select_for_update().get(name=COUNTER)


def remove_entry(*, key: str) -> Change | None:
    """Takes an entry out of search (its row stays, marked withdrawn). Nothing happens when it is not there."""
    with transaction.atomic():
        seq = _next_seq()
        entry = Entry.objects.filter(key=key, withdrawn=False).first()
        if entry is None:
            _give_back(seq)
            return None
        entry.withdrawn = True
        entry.seq = seq
        entry.updated = timezone.now()
        entry.save()
        write_sets([entry])
        change = Change.objects.create(seq=seq, key=key, kind=Change.Kind.WITHDRAWN, at=entry.updated)
        _settle_latest(entry.concept)
        return change


def erase_entry(*, key: str) -> None:
    """Forgets what a withdrawn entry said, for good; that it was withdrawn stays in the log."""
    Entry.objects.filter(key=key, withdrawn=True).update(document={}, text="", audience=[])


def refresh_entry(
    *,
    key: str,
    document: dict[str, Any] | None = None,
    text_facts: str | Iterable[str] | None = None,
    audience: Iterable[str] | None = None,
) -> Change | None:
    """Replaces the document, the text, the audience of an entry that is there (after a background description).

    A new document without an audience is for whom its own access says. Nothing happens when the entry is not there
    or is withdrawn: a late job must not publish anything.
    """
    with transaction.atomic():
        seq = _next_seq()
        entry = Entry.objects.filter(key=key, withdrawn=False).first()
        if entry is None:
            _give_back(seq)
            return None
        _fill(
            entry,
            document=entry.document if document is None else document,
            text_facts=entry.text if text_facts is None else text_facts,
            audience=entry.audience if document is None and audience is None else audience,
        )
        entry.seq = seq
        entry.updated = timezone.now()
        entry.save()
        write_sets([entry])
        change = Change.objects.create(seq=seq, key=key, kind=Change.Kind.UPDATED, at=entry.updated)
        _settle_latest(entry.concept)
        return change


def _fill(
    entry: Entry, *, document: dict[str, Any], text_facts: str | Iterable[str], audience: Iterable[str] | None
) -> None:
    """Writes what an entry says into its columns."""
    entry.document = document
    entry.text = _storable(text_facts if isinstance(text_facts, str) else "\n".join(str(fact) for fact in text_facts))
    entry.audience = sorted(set(audience)) if audience is not None else audience_of(document)
    entry.public = "public" in entry.audience
    entry.exposed = entry.exposed or entry.public
    entry.concept, entry.version = _lineage(entry.key, document)


def _storable(text: str) -> str:
    """A text as every database takes it, at most a million characters."""
    return text[:LONGEST_TEXT].replace("\0", " ").encode("utf-8", "replace").decode("utf-8") if text else ""


def _lineage(key: str, document: dict[str, Any]) -> tuple[str, int]:
    """The concept of an entry, empty for what has none, and which of its versions it is."""
    parent = (document.get("parent") or {}).get("id")
    concept = f"{key.partition(':')[0]}:{parent}" if parent else ""
    return concept, (document.get("versions") or {}).get("index") or 1


def _settle_latest(concept: str) -> None:
    """Makes the highest version of a concept the latest; each entry for which that is news gets a change."""
    versions = Entry.objects.filter(concept=concept, withdrawn=False).order_by("-version", "-pk") if concept else []
    for place, entry in enumerate(versions):
        if entry.latest != (place == 0):
            seq = _next_seq()
            now = timezone.now()
            Entry.objects.filter(pk=entry.pk).update(latest=place == 0, seq=seq, updated=now)
            EntrySet.objects.filter(entry=entry).update(updated=now)
            Change.objects.create(seq=seq, key=entry.key, kind=Change.Kind.UPDATED, at=now)


def audience_of(document: dict[str, Any]) -> list[str]:
    """Who may find a native document: ``public``, or its owner. Unknown access counts as closed."""
    access = document.get("access") or {}
    if access.get("record") == "public":
        return ["public"]
    owner = ((document.get("parent") or {}).get("access") or {}).get("owned_by") or {}
    return [f"person:{owner['user']}"] if owner.get("user") else []


def _next_seq(count: int = 1) -> int:
    """The next number, or the last of the next ``count``; its row stays locked until the transaction ends, so
    numbers are committed in order."""
    row = Counter.objects.filter(name=COUNTER)
    while not row.update(value=F("value") + count):
        Counter.objects.bulk_create([Counter(name=COUNTER)], ignore_conflicts=True)
    return row.values_list("value", flat=True)[0]


def _give_back(seq: int) -> None:
    """Takes back a number that no change used (the row is still locked by this transaction)."""
    Counter.objects.filter(name=COUNTER, value=seq).update(value=seq - 1)
