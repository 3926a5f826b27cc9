"""Asking to be let in: with a purpose, by a person or by a visitor who confirms an electronic address."""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import get_language, gettext_noop, override
from django.utils.translation import gettext as _

from dop2i.errors import Conflict, InvalidInput, NotFound, WrongState
from dop2i.server.access.models import AccessRequest, Grant, SecretLink, View
from dop2i.server.access.queries import secret_hash
from dop2i.server.faults import told
from dop2i.server.notifications.actions import notify, notify_all
from dop2i.server.notifications.mail import absolute, enqueue_mail
from dop2i.server.people.audit import audit
from dop2i.server.people.models import Person
from dop2i.server.people.policy import Actor, require_scope
from dop2i.server.records.models import Record
from dop2i.server.records.policy import may, may_know, require
from dop2i.server.records.queries import find_record
from dop2i.server.records.sharing import grant_access, make_link, people_who_decide
from dop2i.server.records.standing import standing_of

LONGEST_PURPOSE = 10_000
CONFIRMING = datetime.timedelta(days=3)
MOST_OPEN = 20
CONFIRM_PREFIX = "dop2i_ask_"
State = AccessRequest.State

ASKED = gettext_noop("%(who)s asks for access to “%(title)s”")
DECLINED = gettext_noop("Your request for access to record %(record)s was declined")
CONFIRM_SUBJECT = gettext_noop("Confirm your request for access")
CONFIRM_BODY = gettext_noop(
    "You asked for access to record %(record)s of %(site)s. To send the request, open this address within three days:"
    "\n\n%(link)s\n\nIf it was not you, do nothing."
)
LINK_SUBJECT = gettext_noop("Access to record %(record)s")
LINK_BODY = gettext_noop(
    "Your request for access to record %(record)s of %(site)s was granted. This address opens it for you; keep it to "
    "yourself:\n\n%(link)s\n\n%(answer)s"
)
DECLINED_BODY = gettext_noop("Your request for access to record %(record)s of %(site)s was declined.\n\n%(answer)s")


@told()
@transaction.atomic
def ask_access(
    *,
    actor: Actor,
    record_id: int | str,
    purpose: str,
    name: str = "",
    email: str = "",
    patterns: Iterable[str] = (),
) -> AccessRequest:
    """Ask to be let into a record that one may know of. A visitor gives a name and an address, and confirms it.

    Raises ``NotFound``, ``InvalidInput``, ``WrongState`` when nothing is closed to the actor, ``Conflict`` when they
    have asked already.
    """
    record = find_record(record_id)
    if not may_know(actor, record) or not record.is_published:
        raise NotFound(f"There is no record {record.pk}.")
    standing = standing_of(actor, record)
    if standing.reads and standing.readable.everything:
        raise WrongState(f"Nothing of record {record.pk} is closed to you.")
    purpose = purpose.strip()
    if not purpose:
        raise InvalidInput("Say what you need it for: whoever decides has nothing else to go by.")
    if len(purpose) > LONGEST_PURPOSE:
        raise InvalidInput(f"The purpose is longer than {LONGEST_PURPOSE:,} characters.")
    common = {
        "concept_id": record.concept_id,
        "record_id": record.pk,
        "purpose": purpose,
        "patterns": [str(pattern)[:1000] for pattern in patterns][:100],
        "language": (get_language() or "en")[:2],
    }
    if actor.person is not None:
        return _ask_as_person(actor, record, common)
    return _ask_as_visitor(record, common, name=name, email=email)


def _ask_as_person(actor: Actor, record: Record, common: dict[str, object]) -> AccessRequest:
    person = require_scope(actor, "read")
    if AccessRequest.objects.filter(person=person, concept_id=record.concept_id, state=State.OPEN).exists():
        raise Conflict("You have asked for access already.", hint="Wait for the answer, or cancel the request.")
    if AccessRequest.objects.filter(person=person, state=State.OPEN).count() >= MOST_OPEN:
        raise Conflict(f"You have {MOST_OPEN} requests open.", hint="Cancel those that you no longer need.")
    made = AccessRequest.objects.create(person=person, **common)
    audit(actor=actor, action="ask access", target=f"record:{record.pk}", request=made.pk)
    _tell_deciders(made, record)
    return made


def _ask_as_visitor(record: Record, common: dict[str, object], *, name: str, email: str) -> AccessRequest:
    name, email = " ".join(name.split())[:250], email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise InvalidInput(f"{email[:100]!r} is not an electronic address.") from None
    if not name:
        raise InvalidInput("Say who you are.")
    AccessRequest.objects.filter(state=State.UNCONFIRMED, created__lt=timezone.now() - CONFIRMING).delete()
    asked = AccessRequest.objects.filter(email=email, state__in=(State.UNCONFIRMED, State.OPEN))
    known = asked.filter(concept_id=record.concept_id).first()
    if known is not None:
        # The same answer as to a first request: nobody learns here whether somebody else has asked.
        return known
    if asked.count() >= MOST_OPEN:
        raise Conflict("Too many requests wait for this address.", hint="Confirm or wait for those first.")
    secret = f"{CONFIRM_PREFIX}{secrets.token_urlsafe(32)}"
    made = AccessRequest.objects.create(
        name=name, email=email, state=State.UNCONFIRMED, hash=secret_hash(secret), **common
    )
    _mail(made, CONFIRM_SUBJECT, CONFIRM_BODY, link=f"/access/confirm?token={secret}")
    return made


@told()
@transaction.atomic
def confirm_request(*, secret: str) -> AccessRequest:
    """Confirm the address of a visitor's request: it is open from now on. Raises ``NotFound``. Idempotent."""
    found = AccessRequest.objects.select_for_update().exclude(hash="").filter(hash=secret_hash(secret)).first()
    if found is None or (found.state == State.UNCONFIRMED and found.created < timezone.now() - CONFIRMING):
        raise NotFound("This confirmation is not known, or has ended.", hint="Ask for access again.")
    if found.state == State.UNCONFIRMED:
        found.state = State.OPEN
        found.save(update_fields=["state"])
        _tell_deciders(found, find_record(found.record_id))
    return found


@told()
@transaction.atomic
def grant_request(
    *,
    actor: Actor,
    request_id: int,
    until: datetime.datetime | str | None = None,
    view: str = View.FILES,
    patterns: Iterable[str] = (),
    terms: str = "",
    answer: str = "",
) -> Grant | SecretLink:
    """Let in who asked: a person by a grant, a visitor by a secret link sent to the confirmed address."""
    found, record = _to_decide(actor, request_id)
    opened: Grant | SecretLink
    shared = {"view": view, "patterns": list(patterns), "until": until, "terms": terms, "request": found}
    if found.person is not None:
        opened = grant_access(actor=actor, record_id=record.pk, to=found.person, note=answer, **shared)
    else:
        opened, secret = make_link(actor=actor, record_id=record.pk, label=f"{found.name} <{found.email}>", **shared)
        _mail(found, LINK_SUBJECT, LINK_BODY, link=f"/records/{record.pk}?token={secret}", answer=answer)
    _decide(actor, found, State.GRANTED, answer)
    return opened


@told()
@transaction.atomic
def decline_request(*, actor: Actor, request_id: int, answer: str = "") -> AccessRequest:
    """Say no, with a reason for who asked."""
    found, record = _to_decide(actor, request_id)
    _decide(actor, found, State.DECLINED, answer)
    if found.person is not None:
        link = f"/records/{record.pk}"
        notify(person=found.person, kind="access", title=DECLINED, body=answer, link=link, values={"record": record.pk})
    else:
        _mail(found, LINK_SUBJECT, DECLINED_BODY, link="", answer=answer)
    return found


@told()
@transaction.atomic
def cancel_request(*, actor: Actor, request_id: int) -> AccessRequest:
    """Take one's own request back."""
    person = require_scope(actor, "read")
    found = AccessRequest.objects.select_for_update().filter(pk=request_id, person=person).first()
    if found is None:
        raise NotFound(f"There is no request {request_id}.")
    _require_open(found)
    _decide(actor, found, State.CANCELLED, "")
    return found


def requests_of(actor: Actor, record: Record) -> QuerySet[AccessRequest]:
    """The confirmed requests for a record, newest first. Raises ``NotPermitted``."""
    require(actor, "grant", record)
    found = AccessRequest.objects.filter(concept_id=record.concept_id).exclude(state=State.UNCONFIRMED)
    return found.select_related("person", "by").order_by("-id")


def my_requests(actor: Actor) -> QuerySet[AccessRequest]:
    """What the actor has asked for, newest first."""
    return AccessRequest.objects.filter(person=require_scope(actor, "read")).order_by("-id")


def requests_to_decide(actor: Actor) -> list[AccessRequest]:
    """The open requests that the actor may decide: for their own records, and for those that they curate."""
    require_scope(actor, "read")
    found = AccessRequest.objects.filter(state=State.OPEN).select_related("person").order_by("id")
    if not actor.is_steward:
        owned = Record.objects.filter(concept__owner_id=actor.person_id).values("concept_id")
        found = found.filter(Q(concept_id__in=owned) | Q(concept_id__in=_curated(actor)))
    return list(found[:500])


def _curated(actor: Actor) -> list[int]:
    from dop2i.server.communities.models import Placement
    from dop2i.server.communities.queries import curated_by

    if "curate" not in actor.scopes:
        return []
    places = Placement.objects.filter(community_id__in=curated_by(actor.person))
    asked = AccessRequest.objects.filter(state=State.OPEN).values("concept_id")
    return list(places.filter(concept_id__in=asked).values_list("concept_id", flat=True).distinct())


def get_request(actor: Actor, request_id: int) -> AccessRequest:
    """One request, for who made it and who may decide it. Raises ``NotFound``."""
    found = AccessRequest.objects.select_related("person", "by").filter(pk=request_id).first()
    if found is not None and found.state != State.UNCONFIRMED:
        mine = found.person_id is not None and found.person_id == actor.person_id and "read" in actor.scopes
        record = Record.objects.filter(pk=found.record_id).exists()
        if mine or (record and may(actor, "grant", find_record(found.record_id))):
            return found
    raise NotFound(f"There is no request {request_id}.")


def _to_decide(actor: Actor, request_id: int) -> tuple[AccessRequest, Record]:
    found = get_request(actor, request_id)
    record = find_record(found.record_id)
    require(actor, "grant", record)
    found = AccessRequest.objects.select_for_update(of=("self",)).select_related("person").get(pk=found.pk)
    _require_open(found)
    return found, record


def _require_open(found: AccessRequest) -> None:
    if found.state != State.OPEN:
        raise WrongState(f"Request {found.pk} is {found.state} already.")


def _decide(actor: Actor, found: AccessRequest, state: str, answer: str) -> None:
    found.state, found.answer, found.by, found.decided = state, answer.strip()[:10_000], actor.person, timezone.now()
    found.save(update_fields=["state", "answer", "by", "decided"])
    audit(actor=actor, action=f"request {state}", target=f"record:{found.record_id}", request=found.pk)


def who_asks(found: AccessRequest) -> str:
    """The name of who asks, for who decides."""
    return str(found.person) if found.person is not None else found.name


def _tell_deciders(found: AccessRequest, record: Record) -> None:
    people: list[Person] = people_who_decide(record)
    values = {"who": who_asks(found), "title": record.title}
    link = f"/records/{record.pk}/access#requests"
    notify_all(people=people, kind="access", title=ASKED, body="", link=link, values=values)


def _mail(found: AccessRequest, subject: str, body: str, *, link: str, answer: str = "") -> None:
    from django.conf import settings

    with override(found.language or "en"):
        values = {"record": found.record_id, "site": settings.DOP2I.title, "link": absolute(link), "answer": answer}
        enqueue_mail(
            recipients=[found.email],
            subject=_(subject) % values,
            body=(_(body) % values).strip(),
            kind="access",
            confidential=True,
        )
