"""Letting people in: grants to persons and groups, and secret links. Made for a time, listed, revoked, journalled."""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Iterable

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop

from dop2i.core.model.access import MOST_PATTERNS
from dop2i.errors import InvalidInput, NotFound
from dop2i.server.access.models import Acceptance, AccessRequest, Grant, SecretLink, View
from dop2i.server.access.queries import holding, link_holding, of_person, secret_hash
from dop2i.server.faults import told
from dop2i.server.notifications.actions import notify
from dop2i.server.people.audit import audit
from dop2i.server.people.models import Group, Person
from dop2i.server.people.policy import Actor, require_scope
from dop2i.server.records.announcing import refresh_audience
from dop2i.server.records.held import held_record
from dop2i.server.records.models import Record
from dop2i.server.records.policy import may, require
from dop2i.server.records.queries import find_record
from dop2i.server.records.standing import standing_of

LINK_PREFIX = "dop2i_link_"
LONGEST_TEXT = 20_000

GRANTED = gettext_noop("You were let in: record %(record)s")
REVOKED = gettext_noop("Your access to record %(record)s was ended")


@told()
@transaction.atomic
def grant_access(
    *,
    actor: Actor,
    record_id: int | str,
    to: Person | Group,
    view: str = View.FILES,
    patterns: Iterable[str] = (),
    until: datetime.datetime | str | None = None,
    terms: str = "",
    note: str = "",
    this_version: bool = False,
    request: AccessRequest | None = None,
) -> Grant:
    """Let a person or a group see what is closed of a record, in every version unless ``this_version``.

    ``patterns`` name files or folders (``raw/``), none for all. ``until`` is a moment with its zone or a day (through
    its end, UTC). ``terms`` have to be accepted before the first file is read. Raises ``InvalidInput``.
    """
    record = held_record(actor, record_id, "grant")
    grant = Grant.objects.create(
        concept_id=record.concept_id,
        record_id=record.pk if this_version else None,
        person=to if isinstance(to, Person) else None,
        group=to if isinstance(to, Group) else None,
        view=_view(view),
        patterns=_patterns(patterns),
        until=moment_of(until),
        terms=_text(terms, "terms"),
        note=_text(note, "note"),
        by=actor.person,
        request=request,
    )
    audit(
        actor=actor,
        action="grant access",
        target=f"record:{record.pk}",
        grant=grant.pk,
        to=subject_of(grant),
        view=grant.view,
        patterns=grant.patterns[:20],
        until=grant.until.isoformat() if grant.until else None,
    )
    refresh_audience(record.concept_id)
    if grant.person is not None and grant.person.pk != actor.person_id:
        link = f"/records/{record.pk}"
        notify(person=grant.person, kind="access", title=GRANTED, link=link, values={"record": record.pk})
    return grant


@told()
@transaction.atomic
def revoke_grant(*, actor: Actor, grant_id: int) -> Grant:
    """End a grant now. Raises ``NotFound``, ``NotPermitted``. Ending it twice changes nothing."""
    grant = Grant.objects.select_related("person", "group").filter(pk=grant_id).first()
    record = _newest(grant.concept_id, grant.record_id) if grant else None
    if grant is None or record is None:
        raise NotFound(f"There is no grant {grant_id}.")
    held_record(actor, record.pk, "grant")
    if grant.revoked_at is None:
        grant.revoked_at = timezone.now()
        grant.save(update_fields=["revoked_at"])
        audit(actor=actor, action="revoke grant", target=f"record:{record.pk}", grant=grant.pk, to=subject_of(grant))
        refresh_audience(grant.concept_id)
        if grant.person is not None:
            notify(person=grant.person, kind="access", title=REVOKED, values={"record": record.pk})
    return grant


def grants_of(actor: Actor, record: Record) -> list[Grant]:
    """Every grant of a record, those that hold first. Raises ``NotPermitted``."""
    require(actor, "grant", record)
    found = Grant.objects.filter(concept_id=record.concept_id).select_related("person", "group", "by")
    of_version = [grant for grant in found.order_by("-id") if grant.record_id in (None, record.pk)]
    return sorted(of_version, key=lambda grant: not is_held(grant))


def is_held(grant: Grant | SecretLink) -> bool:
    """Whether a grant or a link opens something now."""
    now = timezone.now()
    begun = not isinstance(grant, Grant) or grant.starts <= now
    return begun and grant.revoked_at is None and (grant.until is None or grant.until > now)


def my_grants(actor: Actor) -> list[tuple[Grant, Record, bool]]:
    """What was opened to the actor and to their groups: the grant, the newest version it opens, terms accepted."""
    person = require_scope(actor, "read")
    found = Grant.objects.filter(of_person(person.pk), holding()).select_related("person", "group", "by")
    accepted = set(Acceptance.objects.filter(person=person).values_list("grant_id", flat=True))
    made = []
    for grant in found.order_by("-id")[:500]:
        record = _newest(grant.concept_id, grant.record_id)
        if record is not None and record.is_published:
            made.append((grant, record, not grant.terms or grant.pk in accepted))
    return made


@told()
@transaction.atomic
def accept_terms(*, actor: Actor, record_id: int | str) -> int:
    """Accept the terms of every grant and link that would open files of the record; returns how many there were."""
    record = find_record(record_id)
    require(actor, "read" if record.is_published else "read_draft", record)
    pending = standing_of(actor, record).pending_terms
    for opening in pending:
        if opening.kind == "grant":
            Acceptance.objects.get_or_create(grant_id=opening.id, person=require_scope(actor, "read"))
        else:
            SecretLink.objects.filter(pk=opening.id, accepted__isnull=True).update(accepted=timezone.now())
        audit(actor=actor, action="accept terms", target=f"record:{record.pk}", **{opening.kind: opening.id})
    return len(pending)


def terms_to_accept(actor: Actor, record: Record) -> list[str]:
    """The terms that stand between the actor and files that were opened to them."""
    pending = standing_of(actor, record).pending_terms
    grants = Grant.objects.filter(pk__in=[one.id for one in pending if one.kind == "grant"])
    links = SecretLink.objects.filter(pk__in=[one.id for one in pending if one.kind == "link"])
    texts = [*grants.values_list("terms", flat=True), *links.values_list("terms", flat=True)] if pending else []
    return list(dict.fromkeys(texts))


@told()
@transaction.atomic
def make_link(
    *,
    actor: Actor,
    record_id: int | str,
    label: str = "",
    view: str = View.FILES,
    draft: bool = False,
    patterns: Iterable[str] = (),
    until: datetime.datetime | str | None = None,
    terms: str = "",
    request: AccessRequest | None = None,
) -> tuple[SecretLink, str]:
    """A link and its secret, which is told this once. ``draft`` shows what is not published too.

    Raises ``InvalidInput`` for an end that has passed.
    """
    record = held_record(actor, record_id, "grant")
    secret = f"{LINK_PREFIX}{secrets.token_urlsafe(32)}"
    link = SecretLink.objects.create(
        concept_id=record.concept_id,
        record_id=record.pk,
        hash=secret_hash(secret),
        label=" ".join(label.split())[:250],
        view=_view(view),
        draft=bool(draft),
        patterns=_patterns(patterns),
        until=moment_of(until),
        terms=_text(terms, "terms"),
        by=actor.person,
        request=request,
    )
    audit(
        actor=actor,
        action="make link",
        target=f"record:{record.pk}",
        link=link.pk,
        view=link.view,
        draft=link.draft,
        until=link.until.isoformat() if link.until else None,
    )
    return link, secret


@told()
@transaction.atomic
def change_link(
    *, actor: Actor, link_id: int, until: datetime.datetime | str | None, view: str | None = None
) -> SecretLink:
    """Give a link another end or reach. Raises ``NotFound``."""
    link = _link(actor, link_id)
    link.until = moment_of(until)
    link.view = _view(view) if view is not None else link.view
    link.save(update_fields=["until", "view"])
    end = link.until.isoformat() if link.until else None
    audit(actor=actor, action="change link", target=f"record:{link.record_id}", link=link.pk, until=end)
    return link


@told()
@transaction.atomic
def revoke_link(*, actor: Actor, link_id: int) -> SecretLink:
    """End a secret link now: whoever followed it is out at their next step. Raises ``NotFound``."""
    link = _link(actor, link_id)
    if link.revoked_at is None:
        link.revoked_at = timezone.now()
        link.save(update_fields=["revoked_at"])
        audit(actor=actor, action="revoke link", target=f"record:{link.record_id}", link=link.pk)
    return link


def links_of(actor: Actor, record: Record) -> list[SecretLink]:
    """Every secret link of a record, those that hold first. Raises ``NotPermitted``."""
    require(actor, "grant", record)
    found = SecretLink.objects.filter(concept_id=record.concept_id, record_id=record.pk).order_by("-id")
    return sorted(found, key=lambda link: not is_held(link))


def get_link(actor: Actor, link_id: int) -> SecretLink:
    """One link of a record whose access the actor manages. Raises ``NotFound``."""
    return _link(actor, link_id)


def _link(actor: Actor, link_id: int) -> SecretLink:
    link = SecretLink.objects.filter(pk=link_id).first()
    record = Record.objects.filter(pk=link.record_id).exists() if link else False
    if link is None or not record or not may(actor, "grant", find_record(link.record_id)):
        raise NotFound(f"There is no link {link_id}.")
    return link


@told()
def follow_link(secret: str) -> SecretLink:
    """The link of this secret, counted as used. Raises ``NotFound`` when it is unknown, ended or revoked."""
    link = SecretLink.objects.filter(link_holding(), hash=secret_hash(secret)).first()
    if link is None:
        raise NotFound("This link is not known, or has ended.", hint="Ask whoever gave it to you for another one.")
    SecretLink.objects.filter(pk=link.pk).update(uses=F("uses") + 1, last_used=timezone.now())
    return link


def subject_of(grant: Grant) -> str:
    """Whom a grant is for, as the journal writes it."""
    return f"person:{grant.person_id}" if grant.person_id else f"group:{grant.group_id}"


def people_who_decide(record: Record) -> list[Person]:
    """Who is told of a request: the owner, and the curators of the communities that the record is in."""
    from dop2i.server.communities.models import CURATOR, MANAGER
    from dop2i.server.communities.queries import communities_of_concept, people_in

    found = [record.concept.owner]
    for community in communities_of_concept(record.concept_id):
        found += people_in(community, roles=(CURATOR, MANAGER), most=50)
    return list(dict.fromkeys(found))


def _newest(concept_id: int, record_id: int | None) -> Record | None:
    rows: QuerySet[Record] = Record.objects.select_related("concept", "bucket").filter(concept_id=concept_id)
    if record_id is not None:
        return rows.filter(pk=record_id).first()
    return rows.order_by("-is_latest", "-index").first()


def _view(view: str) -> str:
    if view not in View.values:
        raise InvalidInput(f"There is no view {view!r}.", hint=f"Choose {' or '.join(View.values)}.")
    return view


def _patterns(patterns: Iterable[str]) -> list[str]:
    made = list(dict.fromkeys(str(pattern).strip() for pattern in patterns if str(pattern).strip()))
    if len(made) > MOST_PATTERNS or any(len(pattern) > 1000 or "*" in pattern for pattern in made):
        raise InvalidInput("These are no names of files or folders.", hint="Write raw/run1.root, or raw/ for a folder.")
    return made


def _text(text: str, name: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise InvalidInput(f"The {name} are longer than {LONGEST_TEXT:,} characters.")
    return text.strip()


def moment_of(until: datetime.datetime | str | None) -> datetime.datetime | None:
    """The moment at which something ends. Raises ``InvalidInput`` for one that is past, or has no time zone."""
    if until is None or until == "":
        return None
    moment = _parsed(until) if isinstance(until, str) else until
    if moment.tzinfo is None:
        raise InvalidInput(f"{until} has no time zone.", hint="Write the day alone (UTC), or add the zone.")
    if moment <= timezone.now():
        raise InvalidInput(f"{until} has passed already.", hint="Give an end that is to come.")
    return moment


def _parsed(text: str) -> datetime.datetime:
    try:
        if len(text) == len("2030-05-17"):
            day = datetime.date.fromisoformat(text) + datetime.timedelta(days=1)
            return datetime.datetime.combine(day, datetime.time(), datetime.UTC)
        return datetime.datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise InvalidInput(f"{text[:60]!r} is no day.", hint="Write it like 2030-05-17.") from None


def subject_named(name: str) -> Person | Group:
    """The person of an electronic address or a number, or the group ``group:NAME``. Raises ``NotFound``."""
    text = name.strip()
    if text.startswith("group:"):
        key = text.removeprefix("group:")
        group = Group.objects.filter(name=key).first()
        if group is None and key.isdecimal() and len(key) < 19:
            group = Group.objects.filter(pk=int(key)).first()
        if group is None:
            raise NotFound(f"There is no group called {key[:100]!r}.")
        return group
    people = Person.objects.filter(is_active=True)
    by_number = text.isascii() and text.isdecimal() and len(text) < 19
    person = people.filter(pk=int(text)).first() if by_number else people.filter(email=text.lower()).first()
    if person is None:
        raise NotFound(f"Nobody here has the address {text[:100]!r}.", hint="They sign in once, or get a secret link.")
    return person
