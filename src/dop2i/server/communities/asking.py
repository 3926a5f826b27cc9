"""A person asks to become a member; the managers let them in with a role of their choice, or decline."""

from __future__ import annotations

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop

from dop2i.errors import Conflict, NotFound, NotPermitted, WrongState
from dop2i.server.communities.actions import held_community
from dop2i.server.communities.listing import Page, page_of
from dop2i.server.communities.membership import checked_role, let_in
from dop2i.server.communities.models import MANAGER, Community, Member, MembershipRequest
from dop2i.server.communities.policy import may, require
from dop2i.server.communities.queries import get_community, line_of, people_in, role_in
from dop2i.server.communities.rules import checked_title
from dop2i.server.faults import told
from dop2i.server.notifications.actions import notify, notify_all
from dop2i.server.people.audit import audit
from dop2i.server.people.models import Person
from dop2i.server.people.policy import Actor, require_scope

LONGEST_MESSAGE = 2000
MOST_OPEN = 20
AGAIN_AFTER = timedelta(days=30)
_OPEN, _DECLINED = MembershipRequest.State.SUBMITTED, MembershipRequest.State.DECLINED

ASKED = gettext_noop("%(who)s asks to become a member of %(community)s")
LET_IN = gettext_noop("You are now a member of %(community)s")
LET_IN_BODY = gettext_noop("%(by)s gave you the role %(role)s.")
NOT_LET_IN = gettext_noop("Your request to become a member of %(community)s was declined")


def takes_requests(community: Community) -> bool:
    """Whether a community lets people ask, as it does unless its policy says otherwise (``members_ask``)."""
    return bool(community.policy.get("members_ask", True))


def open_request(person: Person | None, community: Community) -> MembershipRequest | None:
    """The person's request that nobody has answered. One query."""
    if person is None:
        return None
    return MembershipRequest.objects.filter(person=person, community=community, state=_OPEN).first()


def may_ask(actor: Actor, community: Community) -> bool:
    """Whether the actor is a person without a role here who could ask now. Two queries."""
    person = actor.person
    if person is None or person.is_robot or actor.is_steward or "deposit" not in actor.scopes:
        return False
    if not takes_requests(community) or not may(actor, "read", community):
        return False
    return not role_in(person, [community.pk])


@told()
@transaction.atomic
def ask_to_join(*, actor: Actor, community: int | str, message: str = "") -> MembershipRequest:
    """Ask to become a member; the managers are told.

    Raises ``NotFound``, ``NotPermitted`` where nobody can ask, ``Conflict`` for who is a member or has asked already,
    ``WrongState`` within 30 days of a refusal.
    """
    person = require_scope(actor, "deposit")
    held = get_community(actor, community)
    if person.is_robot:
        raise NotPermitted("A robot does not ask: a manager adds it.")
    if not takes_requests(held):
        raise NotPermitted(f"{held} invites its members.", hint="Write to one of its managers.")
    if role_in(person, [held.pk]):
        raise Conflict(f"You are in {held} already.", hint="Its managers change roles.")
    mine = MembershipRequest.objects.filter(person=person)
    if mine.filter(community=held, state=_DECLINED, answered__gt=timezone.now() - AGAIN_AFTER).exists():
        raise WrongState(f"{held} declined your request less than {AGAIN_AFTER.days} days ago.", hint="Ask later.")
    if mine.filter(state=_OPEN).count() >= MOST_OPEN:
        raise WrongState(f"{MOST_OPEN} of your requests are open already.", hint="Take some back.")
    try:
        with transaction.atomic():
            made = MembershipRequest.objects.create(
                community=held, person=person, message=message.strip()[:LONGEST_MESSAGE]
            )
    except IntegrityError as error:
        raise Conflict(f"You have asked {held} already.", hint="Its managers will answer.") from error
    audit(actor=actor, action="ask to join", target=f"community:{held.pk}", request=made.pk)
    notify_all(
        people=_managers(held),
        kind="community",
        title=ASKED,
        body="%(message)s" if made.message else "",
        values={"who": str(person), "community": str(held), "message": made.message},
        link=f"/communities/{held.slug}/members",
    )
    return made


def _managers(community: Community) -> list[Person]:
    """Who answers: the managers here, else those of the nearest community above, else the stewards."""
    for one in reversed(line_of(community)):
        if people := people_in(one, roles=[MANAGER]):
            return people
    return list(Person.objects.filter(is_steward=True, is_active=True, is_robot=False).order_by("pk")[:200])


@told()
@transaction.atomic
def answer_request(
    *, actor: Actor, community: int | str, request_id: int, accept: bool, role: str = "reader", title: str = ""
) -> Member | None:
    """Let somebody in with this role (returns the membership), or decline. Raises ``NotFound``, ``WrongState``."""
    by = require_scope(actor, "curate")
    held = held_community(actor, community, "manage")
    found = _held(request_id, MembershipRequest.objects.filter(community=held))
    member = None
    if accept:
        member = let_in(held, found.person, role=checked_role(role), title=checked_title(title), by=by)
    found.state = MembershipRequest.State.ACCEPTED if accept else _DECLINED
    found.answered, found.by = timezone.now(), by
    found.save(update_fields=["state", "answered", "by"])
    done = "accept membership" if accept else "decline membership"
    facts = {"request": found.pk, "who": f"person:{found.person_id}", **({"role": member.role} if member else {})}
    audit(actor=actor, action=done, target=f"community:{held.pk}", **facts)
    values = {"community": str(held), "by": str(by), "role": member.role if member else ""}
    words = (LET_IN, LET_IN_BODY) if accept else (NOT_LET_IN, "")
    link = f"/communities/{held.slug}"
    notify(person=found.person, kind="community", title=words[0], body=words[1], link=link, values=values)
    return member


def _held(request_id: int, rows: QuerySet[MembershipRequest]) -> MembershipRequest:
    found = rows.select_for_update(of=("self",)).select_related("person", "community").filter(pk=request_id).first()
    if found is None:
        raise NotFound("There is no such request to become a member.")
    if found.state != _OPEN:
        raise WrongState(f"This request is {found.state}.", hint="Nothing is left to be done with it.")
    return found


@told()
@transaction.atomic
def take_back(*, actor: Actor, community: int | str, request_id: int) -> MembershipRequest:
    """Take back one's own request. Raises ``NotFound``, ``WrongState``."""
    person = require_scope(actor, "deposit")
    held = get_community(actor, community)
    found = _held(request_id, MembershipRequest.objects.filter(community=held, person=person))
    found.state, found.answered = MembershipRequest.State.CANCELLED, timezone.now()
    found.save(update_fields=["state", "answered"])
    audit(actor=actor, action="take back membership", target=f"community:{found.community_id}", request=found.pk)
    return found


def requests_page(actor: Actor, community: Community, *, page: int = 1, size: int = 25) -> Page[MembershipRequest]:
    """The requests that wait for an answer, the oldest first, for the managers of a community."""
    require(actor, "manage", community)
    rows = MembershipRequest.objects.filter(community=community, state=_OPEN).select_related("community", "person")
    return page_of(rows.order_by("id"), page, size)


def requests_of(actor: Actor) -> list[MembershipRequest]:
    """The actor's own requests, the newest first, 200 at most."""
    person = require_scope(actor, "read")
    rows = MembershipRequest.objects.filter(person=person).select_related("community", "person")
    return list(rows.order_by("-id")[:200])
