"""Reads about grants, links, requests and closures. What the policy asks costs one query, whatever there is."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Exists, Q, QuerySet
from django.utils import timezone

from dop2i.server.access.models import Grant, SecretLink, View
from dop2i.server.people.models import GroupMember


@dataclass(frozen=True, slots=True)
class Opening:
    """Something that opens a closed record for an actor: ``kind`` is ``grant`` or ``link``."""

    kind: str
    id: int
    view: str
    patterns: tuple[str, ...]
    accepted: bool
    draft: bool

    @property
    def opens_files(self) -> bool:
        """Whether files may be read by it now: its terms, if there are any, were accepted."""
        return self.view == View.FILES and self.accepted


def secret_hash(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def holding(now: datetime.datetime | None = None) -> Q:
    """The condition on grants that hold."""
    now = now or timezone.now()
    return Q(revoked_at__isnull=True, starts__lte=now) & (Q(until__isnull=True) | Q(until__gt=now))


def link_holding(now: datetime.datetime | None = None) -> Q:
    """The condition on secret links that hold."""
    return Q(revoked_at__isnull=True) & (Q(until__isnull=True) | Q(until__gt=now or timezone.now()))


def of_person(person_id: int) -> Q:
    """The condition on grants to a person or to one of their groups of today."""
    now = timezone.now()
    current = Q(until__isnull=True) | Q(until__gt=now)
    groups = GroupMember.objects.filter(current, person_id=person_id).values("group_id")
    return Q(person_id=person_id) | Q(group_id__in=groups)


# One condition with an OR would read every grant of the concept. Each branch follows an index of two columns: the
# person's own grants, those of their groups, and the links of the visit. CROSS JOIN is SQLite's word for "in this
# order": from the person's groups to the grants, never through all the grants of the concept.
_HOLDS = """
    AND (a.record_id IS NULL OR a.record_id = %(record)s)
    AND a.revoked_at IS NULL AND a.starts <= %(now)s AND (a.until IS NULL OR a.until > %(now)s)
"""
_AGREED = """
    (a.terms = '' OR EXISTS
        (SELECT 1 FROM access_acceptance t WHERE t.grant_id = a.id AND t.person_id = %(person)s))
"""
_GRANTS = f"""
SELECT 'grant', a.id, a.view, CAST(a.patterns AS text), {_AGREED}, (1 = 0) FROM access_grant a
WHERE a.concept_id = %(concept)s AND a.person_id = %(person)s {_HOLDS}
UNION ALL
SELECT 'grant', a.id, a.view, CAST(a.patterns AS text), {_AGREED}, (1 = 0) FROM people_groupmember g
CROSS JOIN access_grant a WHERE a.concept_id = %(concept)s AND a.group_id = g.group_id
    AND g.person_id = %(person)s AND (g.until IS NULL OR g.until > %(now)s) {_HOLDS}
"""  # noqa: S608 our own constants
_LINKS = """
SELECT 'link', l.id, l.view, CAST(l.patterns AS text), (l.terms = '' OR l.accepted IS NOT NULL), l.draft
FROM access_secretlink l
WHERE l.id IN ({places}) AND l.concept_id = %(concept)s AND l.record_id = %(record)s
    AND l.revoked_at IS NULL AND (l.until IS NULL OR l.until > %(now)s)
"""


def openings_of(*, person_id: int | None, links: Iterable[int], concept_id: int, record_id: int) -> list[Opening]:
    """What opens this version now for a person (their own grants and their groups') and a visit's links. One query."""
    wanted = sorted(frozenset(links))
    parts = [_GRANTS] if person_id is not None else []
    if wanted:
        parts.append(_LINKS.format(places=", ".join(f"%(link{place})s" for place in range(len(wanted)))))
    if not parts:
        return []
    named: dict[str, Any] = {f"link{place}": number for place, number in enumerate(wanted)}
    named |= {"concept": concept_id, "record": record_id, "person": person_id}
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(parts), {**named, "now": connection.ops.adapt_datetimefield_value(timezone.now())}
        )
        rows = cursor.fetchall()
    found = {
        (kind, number): Opening(kind, number, view, tuple(json.loads(patterns or "[]")), bool(agreed), bool(draft))
        for kind, number, view, patterns, agreed, draft in rows
    }
    return list(found.values())


def opened_to(person_id: int, concept_id: Any, record_id: Any) -> Exists:
    """The condition, on rows that name a concept and a record, that a grant opens them to the person."""
    of_record = Q(record_id__isnull=True) | Q(record_id=record_id)
    return Exists(Grant.objects.filter(of_person(person_id), of_record, holding(), concept_id=concept_id))


def linked_records(links: Iterable[int]) -> QuerySet[Any, Any]:
    """The records that these links open now."""
    return SecretLink.objects.filter(link_holding(), pk__in=frozenset(links)).values("record_id")


def granted_audiences(concept_id: int, record_id: int) -> list[str]:
    """To whom a version is opened by grants that hold: ``person:3``, ``group:12``."""
    of_record = Q(record_id__isnull=True) | Q(record_id=record_id)
    found = Grant.objects.filter(of_record, holding(), concept_id=concept_id).values_list("person_id", "group_id")
    return sorted({f"person:{person}" if person else f"group:{group}" for person, group in found.distinct()})
