"""Keeps the graph up with the catalogue's change log."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from dop2i.core.model.lifecycle import names_of, normal_target, relations_of
from dop2i.server.catalogue.followers import take_in
from dop2i.server.catalogue.models import Change, Entry
from dop2i.server.relations.models import Address, Edge, Name, Position

CHANGES = 300
SECONDS = 5.0
OWN = "own:"


def follow(*, seconds: float = SECONDS) -> int:
    """Takes in what changed, for at most ``seconds``; how many changes. Two workers at once take turns."""
    return take_in(_take_in, at_once=CHANGES, seconds=seconds)


@transaction.atomic
def _take_in() -> int:
    position, _ = Position.objects.select_for_update().get_or_create(pk=1)
    changes = list(Change.objects.filter(seq__gt=position.seq).order_by("seq").values_list("seq", "key")[:CHANGES])
    if not changes:
        return 0
    keys = {key for _, key in changes}
    Name.objects.filter(key__in=keys).delete()
    Edge.objects.filter(key__in=keys).delete()
    names: list[Name] = []
    edges: list[Edge] = []
    for entry in Entry.objects.filter(key__in=keys, withdrawn=False).defer("text"):
        names += _names(entry)
        edges += _edges(entry)
    Name.objects.bulk_create(names, batch_size=500)
    Edge.objects.bulk_create(edges, batch_size=500)
    _note_addresses(edges)
    Position.objects.filter(pk=1).update(seq=changes[-1][0])
    return len(changes)


def _names(entry: Entry) -> list[Name]:
    document = entry.document
    found = [Name(key=entry.key, value=value) for value in names_of(document)]
    parent = (document.get("parent") or {}).get("pids") or {}
    for scheme, pid in parent.items():
        if text := str((pid or {}).get("identifier") or ""):
            found.append(Name(key=entry.key, value=normal_target(text, scheme)[0], concept=True))
    return found


def _edges(entry: Entry) -> list[Edge]:
    return [
        Edge(
            key=entry.key,
            kind=related.kind,
            target=related.target,
            identifier=related.identifier,
            url=related.url,
            resource_type=related.resource_type[:60],
        )
        for related in relations_of(entry.document)
    ]


def _note_addresses(edges: list[Edge]) -> None:
    """Addresses that our own records point to are looked at; what others wrote is theirs to mend."""
    wanted = {edge.target: edge.url for edge in edges if edge.key.startswith(OWN) and edge.url.startswith("http")}
    now = timezone.now()
    Address.objects.bulk_create(
        [Address(target=target, url=url, next_check=now) for target, url in wanted.items()],
        ignore_conflicts=True,
        batch_size=500,
    )
