"""One run of a harvest: pages are read and mapped outside of any transaction, and kept in short ones.

Each transaction holds a batch, its entries of the catalogue and the cursor: whatever kills the process, the next run
goes on behind the last batch, and what is read twice changes nothing.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from dop2i.errors import Dop2iError, NotFound, WrongState
from dop2i.server.commits import without_flushing
from dop2i.server.fetching import Fetcher, polite_fetcher
from dop2i.server.harvests import keeping
from dop2i.server.harvests.documents import place_of
from dop2i.server.harvests.models import Harvest, Item, Run
from dop2i.server.harvests.reading import Batch, Read, Reader
from dop2i.server.harvests.sources import SOURCES
from dop2i.server.harvests.sources.base import Order, Raw, Source
from dop2i.server.pools import fewer_collections
from dop2i.server.rows import among

logger = logging.getLogger("dop2i.harvests")

BATCH = 500
FULL_EVERY = timedelta(days=30)
FEWEST_FOR_DOUBT = 20

Told = Callable[[int, int, str], None]


class Overtaken(Exception):
    """Another run of the same harvest has begun; this one writes nothing more."""


def run_harvest(harvest_id: int, *, progress: Told) -> Run:
    """Harvests until the source has no more, or goes on where the last run was stopped.

    Raises what the source's answers raise, after it was written down for the page: ``SourceAway`` (tried again),
    ``UnreadableFile``, ``InvalidInput``, ``NotPermitted``; ``WrongState`` when the harvest is paused.
    """
    harvest = Harvest.objects.filter(pk=harvest_id).first()
    if harvest is None:
        raise NotFound(f"There is no harvest {harvest_id}.")
    if harvest.paused:
        raise WrongState(
            f"The harvest {harvest.slug} is paused.", hint=f"Resume it: dop2i harvest resume {harvest.slug}."
        )
    source = SOURCES.get(harvest.kind)
    if source is None:
        raise NotFound(f"This installation knows no source of the kind {harvest.kind!r}.")
    run = _begin(harvest)
    try:
        _harvest(harvest, run, source, progress=progress)
    except Overtaken:
        logger.info("The harvest %s goes on in another process, or was removed.", harvest.slug)
        return run
    except WrongState:
        Harvest.objects.filter(pk=harvest.pk, run_key=harvest.run_key).update(state=Harvest.State.DONE)
        raise
    except Dop2iError as error:
        _failed(harvest, run, str(error))
        raise
    except Exception as error:
        _failed(harvest, run, f"{type(error).__name__}: {error}")
        raise
    run.refresh_from_db()
    return run


def _begin(harvest: Harvest) -> Run:
    """Takes the harvest over and begins a pass, or goes on with the one that was stopped."""
    with transaction.atomic():
        row = Harvest.objects.select_for_update().get(pk=harvest.pk)
        row.run_key = uuid.uuid4().hex
        row.state = Harvest.State.RUNNING
        run = Run.objects.filter(harvest=row, turn=row.turn, finished=None).first()
        if run is not None and not row.cursor and run.seen:
            run = None
        if run is None:
            row.turn += 1
            row.cursor = {}
            full = not row.marks or row.last_full is None or timezone.now() - row.last_full > FULL_EVERY
            run = Run.objects.create(harvest=row, turn=row.turn, full=full)
        row.save(update_fields=["run_key", "state", "turn", "cursor"])
    harvest.refresh_from_db()
    return run


def _harvest(harvest: Harvest, run: Run, source: Source, *, progress: Told) -> None:
    heard = _Heard(run, progress)
    order = Order(
        address=harvest.address,
        fetcher=make_fetcher(harvest, wait=heard.wait),
        options=dict(harvest.options),
        cursor=dict(harvest.cursor),
        marks=dict(harvest.marks),
        full=run.full,
    )
    cursor = dict(harvest.cursor)
    reader = Reader(source, order, place_of(harvest), listen=heard.listen, leave=heard.over.set)
    # after a power cut the pass goes on behind the last batch that is on the disk
    with without_flushing(), fewer_collections(), reader:
        for batch, reads in reader.read(_batches(source, order, cursor), partial(_known, harvest)):
            cursor = batch.cursor
            _keep(harvest, run, batch, reads)
            heard.tell()
    _finish(harvest, run, cursor)


def _batches(source: Source, order: Order, cursor: dict[str, Any]) -> Iterator[Batch]:
    """The pages in batches; the cursor of a page is that of its last batch."""
    for page in source.pages(order):
        for first in range(0, max(len(page.records), 1), BATCH):
            raws = page.records[first : first + BATCH]
            if first + BATCH >= len(page.records):
                cursor = page.cursor
            for raw in raws:
                raw.identifier = keeping.storable(raw.identifier)
            # a copy: the source goes on with its own while this batch waits to be kept
            yield Batch(raws, deepcopy(cursor), page.total)


def _known(harvest: Harvest, raws: list[Raw]) -> dict[str, str]:
    identifiers = [raw.identifier for raw in raws]
    there = Item.objects.filter(harvest=harvest, identifier__in=among(identifiers), gone_since=None)
    return dict(there.values_list("identifier", "fingerprint"))


def _keep(harvest: Harvest, run: Run, batch: Batch, reads: list[Read]) -> None:
    """One batch, written in one transaction with the cursor."""
    with transaction.atomic():
        held = Harvest.objects.filter(pk=harvest.pk, run_key=harvest.run_key, paused=False)
        if not held.update(cursor=batch.cursor):
            _stopped(harvest)
        counts = keeping.keep(harvest, reads, turn=run.turn)
        Run.objects.filter(pk=run.pk).update(
            total=batch.total if batch.total is not None else F("total"),
            **{name: F(name) + getattr(counts, name) for name in keeping.COUNTED},
        )
    run.refresh_from_db()


def _stopped(harvest: Harvest) -> None:
    """Why the harvest is no longer ours."""
    row = Harvest.objects.filter(pk=harvest.pk).first()
    if row is None:
        raise Overtaken
    if row.paused:
        raise WrongState(f"The harvest {row.slug} was paused.", hint=f"Resume it: dop2i harvest resume {row.slug}.")
    raise Overtaken


def _finish(harvest: Harvest, run: Run, cursor: dict[str, Any]) -> None:
    """The pass is complete: what it did not see is gone, unless that is hard to believe."""
    full = bool(cursor.get("full", True))
    message = _mark_gone(harvest, run) if full else ""
    now = timezone.now()
    with transaction.atomic():
        held = Harvest.objects.filter(pk=harvest.pk, run_key=harvest.run_key)
        done = {
            "state": Harvest.State.DONE,
            "cursor": {},
            "marks": cursor.get("marks") or {},
            "last_success": now,
            "last_error": message,
            "accept_losses": False,
            "next_run": now + timedelta(hours=harvest.every_hours) if harvest.every_hours else None,
        }
        if message:
            done["last_error_at"] = now
        if full:
            done["last_full"] = now
        if not held.update(**done):
            raise Overtaken
        Run.objects.filter(pk=run.pk).update(finished=now, state=Harvest.State.DONE, full=full, message=message)


def _mark_gone(harvest: Harvest, run: Run) -> str:
    """Marks what a full pass did not see; a sentence when so much is missing that it looks like a fault."""
    live = Item.objects.filter(harvest=harvest, gone_since=None)
    missing = live.exclude(turn=run.turn)
    count, total = missing.count(), live.count()
    if not count:
        return ""
    if count > total / 2 and count >= FEWEST_FOR_DOUBT and not harvest.accept_losses:
        return (
            f"The source now lists {total - count:,} of the {total:,} records that it had. Nothing was marked as gone: "
            f"if that is right, run it again with --accept-losses."
        )
    while True:
        with transaction.atomic():
            keeping.hold_log()
            if not Harvest.objects.filter(pk=harvest.pk, run_key=harvest.run_key).exists():
                raise Overtaken
            rows = list(missing.order_by("pk")[:BATCH].values_list("pk", "entry"))
            if not rows:
                return ""
            Item.objects.filter(pk__in=[pk for pk, _ in rows]).update(gone_since=timezone.now(), turn=run.turn)
            Run.objects.filter(pk=run.pk).update(gone=F("gone") + len(rows))
            keeping.compose({entry for _, entry in rows if entry})


def _failed(harvest: Harvest, run: Run, message: str) -> None:
    now = timezone.now()
    later = now + timedelta(hours=min(harvest.every_hours or 24, 24))
    with transaction.atomic():
        held = Harvest.objects.filter(pk=harvest.pk, run_key=harvest.run_key)
        held.update(
            state=Harvest.State.FAILED,
            last_error=message[:10_000],
            last_error_at=now,
            next_run=later if harvest.every_hours else None,
        )
        Run.objects.filter(pk=run.pk).update(state=Harvest.State.FAILED, message=message[:10_000])


def make_fetcher(harvest: Harvest, *, wait: Callable[[float], None] = time.sleep) -> Fetcher:
    """A fetcher for one harvest, as the configuration of the instance allows it."""
    hosts = frozenset(host.lower() for host in settings.DOP2I.harvest.hosts)
    return polite_fetcher(pause=_pause(harvest, hosts), wait=wait)


def _pause(harvest: Harvest, hosts: frozenset[str]) -> float:
    """Half a second between requests to others; our own machines, which the configuration names, need no pause."""
    from urllib.parse import urlsplit

    asked = str(harvest.options.get("pause") or "")
    try:
        return min(max(float(asked), 0.0), 3600.0)
    except ValueError:
        host = (urlsplit(harvest.address).hostname or "").lower()
        return 0.0 if host in hosts else 0.5


class _Heard:
    """Tells how far the run is, also while a source asks for patience; stops it when the job has to stop."""

    def __init__(self, run: Run, progress: Told) -> None:
        self.run = run
        self.progress = progress
        self.patience = ""
        self.over = threading.Event()

    def tell(self, message: str = "") -> None:
        """The number of records seen, of those that the source announced."""
        total = max(self.run.total or 0, self.run.seen) if self.run.total else 0
        self.progress(self.run.seen, total, message)

    def listen(self) -> None:
        """The same while the source is waited for, with what it asks for."""
        self.tell(self.patience)

    def wait(self, seconds: float) -> None:
        """Lets time pass in the thread that fetches; raises ``Overtaken`` when nobody wants its answer any more."""
        self.patience = f"The source asks to wait {seconds:.0f} s." if seconds >= 2 else ""
        try:
            if self.over.wait(seconds):
                raise Overtaken
        finally:
            self.patience = ""
