"""What stewards do with harvests: add, change, run, pause, resume, remove; and with entries: split and join."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from dop2i.core.vocabularies import VOCABULARIES
from dop2i.errors import Conflict, InvalidInput, NotFound, WrongState
from dop2i.server.catalogue.actions import hold_log
from dop2i.server.catalogue.models import Entry
from dop2i.server.faults import told
from dop2i.server.harvests import jobs, keeping
from dop2i.server.harvests.models import Harvest, Item
from dop2i.server.harvests.policy import require_harvest
from dop2i.server.harvests.sources import SOURCES
from dop2i.server.people.actions import audit
from dop2i.server.people.policy import Actor

_SLUG = re.compile(r"[a-z][a-z0-9-]{1,38}[a-z0-9]", re.A)
_RESERVED = frozenset({"own", "new", "settle", "sources"})
MOST_HOURS = 24 * 366


@told()
@transaction.atomic
def add_harvest(
    *,
    actor: Actor,
    kind: str,
    slug: str,
    title: str = "",
    address: str = "",
    options: Mapping[str, str] | None = None,
    every_hours: int = 24,
    run: bool = True,
) -> Harvest:
    """A new harvest, queued at once with ``run``. ``every_hours`` 0 means by hand only.

    Raises ``NotPermitted``, ``InvalidInput`` for what cannot be harvested, ``Conflict`` when the name is taken.
    """
    person = require_harvest(actor)
    source = SOURCES.get(kind)
    if source is None:
        raise InvalidInput(f"There is no kind of source called {kind!r}.", hint=f"Choose among {', '.join(SOURCES)}.")
    slug = slug.strip().lower()
    if not _SLUG.fullmatch(slug) or slug in _RESERVED:
        raise InvalidInput(
            f"{slug!r} cannot name a source.", hint="Use 3 to 40 small letters, digits and hyphens: cern-open-data."
        )
    address = address.strip() or source.address
    clean = _checked_options(options or {})
    if source.theme:
        clean.setdefault("theme", source.theme)
    source.check(address=address, options=clean)
    try:
        with transaction.atomic():
            harvest = Harvest.objects.create(
                slug=slug,
                title=" ".join(title.split())[:200] or source.label["en"],
                kind=kind,
                address=address,
                options=clean,
                every_hours=_checked_hours(every_hours),
                created_by=person or None,
            )
    except IntegrityError as error:
        raise Conflict(f"There is already a harvest called {slug}.") from error
    audit(actor=actor, action="add harvest", target=f"harvest:{harvest.pk}", slug=slug, address=address)
    if run:
        _queue(harvest, person=person)
    return harvest


@told()
@transaction.atomic
def change_harvest(
    *,
    actor: Actor,
    slug: str,
    title: str | None = None,
    address: str | None = None,
    options: Mapping[str, str] | None = None,
    every_hours: int | None = None,
) -> Harvest:
    """Changes what is given. A changed address or option makes the next run read everything again."""
    require_harvest(actor)
    harvest = _held(slug)
    source = SOURCES[harvest.kind]
    before = (harvest.address, harvest.options)
    if title is not None and title.strip():
        harvest.title = " ".join(title.split())[:200]
    if address is not None:
        harvest.address = address.strip() or source.address
    if options is not None:
        harvest.options = _checked_options(options)
    if every_hours is not None and every_hours != harvest.every_hours:
        harvest.every_hours = _checked_hours(every_hours)
        begin = harvest.last_success or timezone.now()
        harvest.next_run = begin + timedelta(hours=every_hours) if every_hours else None
    source.check(address=harvest.address, options=harvest.options)
    if before != (harvest.address, harvest.options):
        harvest.cursor, harvest.marks, harvest.run_key = {}, {}, ""
    changed = ["title", "address", "options", "every_hours", "next_run", "cursor", "marks", "run_key"]
    harvest.save(update_fields=changed)
    audit(actor=actor, action="change harvest", target=f"harvest:{harvest.pk}", slug=slug)
    return harvest


@told()
@transaction.atomic
def run_now(*, actor: Actor, slug: str, full: bool = False, accept_losses: bool = False, queue: bool = True) -> Harvest:
    """Queues a harvest (without ``queue`` it is only readied for who runs it).

    ``full`` reads everything again; ``accept_losses`` believes a source that lost most of its records. Raises
    ``WrongState`` when it is paused.
    """
    person = require_harvest(actor)
    harvest = _held(slug)
    if harvest.paused:
        raise WrongState(f"The harvest {slug} is paused.", hint="Resume it first.")
    if full or accept_losses:
        harvest.marks, harvest.accept_losses = {}, harvest.accept_losses or accept_losses
        harvest.save(update_fields=["marks", "accept_losses"])
    audit(actor=actor, action="run harvest", target=f"harvest:{harvest.pk}", slug=slug, full=full or accept_losses)
    if queue:
        _queue(harvest, person=person)
    return harvest


@told()
@transaction.atomic
def pause(*, actor: Actor, slug: str) -> Harvest:
    """Stops a harvest after the batch that it is writing; it keeps its place."""
    require_harvest(actor)
    harvest = _held(slug)
    harvest.paused = True
    harvest.save(update_fields=["paused"])
    audit(actor=actor, action="pause harvest", target=f"harvest:{harvest.pk}", slug=slug)
    return harvest


@told()
@transaction.atomic
def resume(*, actor: Actor, slug: str) -> Harvest:
    """Lets a paused harvest go on where it stopped."""
    person = require_harvest(actor)
    harvest = _held(slug)
    harvest.paused = False
    harvest.save(update_fields=["paused"])
    audit(actor=actor, action="resume harvest", target=f"harvest:{harvest.pk}", slug=slug)
    _queue(harvest, person=person)
    return harvest


@told()
def remove_harvest(*, actor: Actor, slug: str) -> int:
    """Ends a harvest and takes what only it had out of the catalogue; how many records that were.

    Entries that other sources share stay, made anew from these.
    """
    require_harvest(actor)
    with transaction.atomic():
        harvest = _held(slug)
        harvest.paused, harvest.run_key = True, ""
        harvest.save(update_fields=["paused", "run_key"])
        audit(actor=actor, action="remove harvest", target=f"harvest:{harvest.pk}", slug=slug)
    count = 0
    while True:
        with transaction.atomic():
            hold_log()
            items = list(Item.objects.filter(harvest=harvest).defer("raw").order_by("pk")[:500])
            if not items:
                break
            entries = {item.entry for item in items if item.entry}
            Item.objects.filter(pk__in=[item.pk for item in items]).delete()
            keeping.compose(keeping.founded_anew(entries))
            count += len(items)
    harvest.delete()
    return count


# -- one object, one entry --------------------------------------------------------------------------------------------


@told()
@transaction.atomic
def split(*, actor: Actor, key: str) -> Item:
    """Gives a record an entry of its own again. Raises ``WrongState`` when it has one already.

    When the record founded the entry, the others go on together under the address of the oldest of them.
    """
    require_harvest(actor)
    hold_log()
    item = _item(key)
    others = list(Item.objects.filter(entry=item.entry).exclude(pk=item.pk).defer("raw").order_by("pk"))
    if item.entry == item.key and not others:
        raise WrongState(f"{key} stands alone in its entry already.")
    left = item.entry
    if item.entry == item.key:
        left = others[0].key
        Item.objects.filter(pk__in=[other.pk for other in others]).update(entry=left)
        Item.objects.filter(pk=others[0].pk).update(reason="")
    item.entry, item.reason, item.decided = item.key, "", True
    item.save(update_fields=["entry", "reason", "decided"])
    keeping.compose({item.key, left})
    audit(actor=actor, action="split entry", target=f"item:{item.pk}", key=key, left=left)
    return item


@told()
@transaction.atomic
def join(*, actor: Actor, key: str, entry: str) -> Item:
    """Puts a record, and all that share its entry, into another entry. Raises ``NotFound``, ``InvalidInput``."""
    require_harvest(actor)
    hold_log()
    item = _item(key)
    target = _entry_of(entry)
    if target == item.entry:
        raise InvalidInput(f"{key} is in the entry {target} already.")
    left = item.entry
    together = Item.objects.filter(entry=left) if left == item.key else Item.objects.filter(pk=item.pk)
    together.update(entry=target, reason=f"steward:{actor.person or ''}"[:300], decided=True)
    Item.objects.filter(key=target).update(decided=True)
    keeping.compose({left, target})
    audit(actor=actor, action="join entries", target=f"item:{item.pk}", key=key, entry=target)
    item.refresh_from_db()
    return item


def _entry_of(key: str) -> str:
    """The entry that a key stands for: the record may have been joined to another meanwhile."""
    found = Item.objects.filter(key=key).values_list("entry", flat=True).first()
    if found:
        return str(found)
    if key.startswith("own:") and Entry.objects.filter(key=key, withdrawn=False).exists():
        return key
    raise NotFound(f"There is nothing called {key} in the catalogue.")


def _item(key: str) -> Item:
    item = Item.objects.filter(key=key).exclude(entry="").defer("raw").first()
    if item is None:
        raise NotFound(f"There is no harvested record {key}.")
    return item


def _held(slug: str) -> Harvest:
    harvest = Harvest.objects.select_for_update().filter(slug=slug).first()
    if harvest is None:
        raise NotFound(f"There is no harvest called {slug}.")
    return harvest


def _queue(harvest: Harvest, *, person: int) -> None:
    if harvest.state not in (Harvest.State.RUNNING, Harvest.State.WAITING):
        Harvest.objects.filter(pk=harvest.pk).update(state=Harvest.State.WAITING, next_run=timezone.now())
        harvest.state = Harvest.State.WAITING
    jobs.enqueue(harvest, person=person)


def _checked_options(options: Mapping[str, Any]) -> dict[str, str]:
    clean = {str(name): str(value).strip()[:2000] for name, value in options.items() if str(value).strip()}
    if clean.get("theme") and clean["theme"] not in VOCABULARIES["themes"]:
        raise InvalidInput(
            f"There is no theme {clean['theme']!r}.", hint=f"One of {', '.join(VOCABULARIES['themes'])}."
        )
    return clean


def _checked_hours(hours: int) -> int:
    if not 0 <= hours <= MOST_HOURS:
        raise InvalidInput(f"A harvest runs every 1 to {MOST_HOURS:,} hours (0: by hand only), not every {hours}.")
    return hours
