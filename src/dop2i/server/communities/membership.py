"""What changes who is in a community: members added, changed, removed; robots; what a sign-in provider says."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from dop2i.errors import Conflict, InvalidInput, NotFound, WrongState
from dop2i.server.communities.actions import held_community
from dop2i.server.communities.models import CONTRIBUTOR, MANAGER, ROLES, Community, Member, MembershipRequest
from dop2i.server.communities.policy import role_of
from dop2i.server.communities.queries import find_community
from dop2i.server.communities.rules import checked_title
from dop2i.server.communities.signals import member_left
from dop2i.server.faults import told
from dop2i.server.notifications.actions import notify
from dop2i.server.people.actions import add_person
from dop2i.server.people.audit import audit
from dop2i.server.people.models import Group, Person, Token
from dop2i.server.people.policy import Actor, require_scope
from dop2i.server.people.tokens import make_token

ADDED = gettext_noop("You are now a member of %(community)s")
ADDED_BODY = gettext_noop("%(by)s gave you the role %(role)s.")
LEFT = gettext_noop("You are no longer a member of %(community)s")


def checked_role(role: Any) -> str:
    """One of the four roles (``owner``, as InvenioRDM says, is our manager). Raises ``InvalidInput``."""
    name = {"owner": MANAGER}.get(str(role), str(role))
    if name not in ROLES:
        raise InvalidInput(f"There is no role {str(role)[:40]!r}.", hint=f"Choose among {', '.join(ROLES)}.")
    return name


def settle_request(community: Community, person: Person, *, by: Person | None) -> None:
    """Whoever becomes a member has no request left to be answered."""
    waiting = MembershipRequest.objects.filter(
        community=community, person=person, state=MembershipRequest.State.SUBMITTED
    )
    waiting.update(state=MembershipRequest.State.ACCEPTED, answered=timezone.now(), by=by)


def let_in(community: Community, person: Person, *, role: str, title: str, by: Person | None) -> Member:
    """The membership of a person who was invited or asked: never a weaker role than what they have here already."""
    settle_request(community, person, by=by)
    member, made = Member.objects.get_or_create(
        community=community, person=person, source="", defaults={"role": role, "title": title}
    )
    lapsed = member.until is not None and member.until <= timezone.now()
    if not made and (lapsed or ROLES.index(member.role) < ROLES.index(role)):
        member.role, member.until, member.title = role, None, title or member.title
        member.save()
    return member


def _link(community: Community) -> str:
    return f"/communities/{community.slug}"


@told()
@transaction.atomic
def add_member(
    *,
    actor: Actor,
    community: int | str,
    role: str,
    person: Person | None = None,
    group: Group | None = None,
    title: str = "",
    until: datetime | None = None,
) -> Member:
    """Add a person or a group at once. Raises ``Conflict`` for who is a member already, ``NotPermitted``."""
    held = held_community(actor, community, "manage")
    if (person is None) == (group is None):
        raise InvalidInput("A member is a person or a group.")
    if until is not None and until <= timezone.now():
        raise InvalidInput("A membership that ends in the past gives nothing.", hint="Give a later day, or none.")
    facts = {"role": checked_role(role), "title": checked_title(title), "until": until}
    lapsed = Q(until__isnull=False, until__lte=timezone.now())
    Member.objects.filter(lapsed, community=held, person=person, group=group, source="").delete()
    try:
        with transaction.atomic():
            member = Member.objects.create(community=held, person=person, group=group, **facts)
    except IntegrityError as error:
        raise Conflict(f"{person or group} is in {held} already.", hint="Change the role instead.") from error
    if person is not None:
        settle_request(held, person, by=actor.person)
    who = f"person:{person.pk}" if person else f"group:{group.pk}" if group else ""
    audit(actor=actor, action="add member", target=f"community:{held.pk}", who=who, role=member.role)
    if person is not None and person.pk != actor.person_id:
        values = {"community": str(held), "by": str(actor.person or ""), "role": member.role}
        notify(person=person, kind="community", title=ADDED, body=ADDED_BODY, link=_link(held), values=values)
    return member


def _held_member(held: Community, member_id: int) -> Member:
    member = Member.objects.select_related("person", "group").filter(community=held, pk=member_id).first()
    if member is None:
        raise NotFound(f"{held} has no such member.")
    if member.source:
        raise WrongState(
            f"This membership comes from the sign-in provider {member.source!r}.",
            hint="Change it there; it follows at the next sign-in or within the hour.",
        )
    return member


def _require_another_manager(held: Community, member: Member, actor: Actor) -> None:
    if member.role != MANAGER or actor.is_steward:
        return
    now = timezone.now()
    others = Member.objects.filter(community=held, role=MANAGER).exclude(pk=member.pk)
    if not others.filter(Q(until__isnull=True) | Q(until__gt=now)).exists() and held.parent_id is None:
        raise WrongState(f"{held} would be without a manager.", hint="Make somebody else a manager first.")


@told()
@transaction.atomic
def change_member(*, actor: Actor, community: int | str, member_id: int, **changes: Any) -> Member:
    """Change ``role``, ``title``, ``until`` (managers) or ``visible`` (managers, and the person themselves)."""
    found = find_community(community)
    own = set(changes) <= {"visible"} and Member.objects.filter(
        community=found, pk=member_id, person_id=actor.person_id or 0
    )
    held = held_community(actor, found.pk, "see_members" if own else "manage")
    if own:
        require_scope(actor, "deposit")
    member = _held_member(held, member_id)
    for name, value in changes.items():
        if name == "role":
            if checked_role(value) != MANAGER:
                _require_another_manager(held, member, actor)
            member.role = checked_role(value)
        elif name == "title":
            member.title = checked_title(value)
        elif name == "visible":
            member.visible = bool(value)
        elif name == "until":
            member.until = value
        else:
            raise InvalidInput(f"A member has no {name!r} that can be changed.")
    member.save()
    who = f"person:{member.person_id}" if member.person_id else f"group:{member.group_id}"
    told_of = {name: str(value) for name, value in changes.items()}
    audit(actor=actor, action="change member", target=f"community:{held.pk}", who=who, **told_of)
    return member


@told()
@transaction.atomic
def remove_member(*, actor: Actor, community: int | str, member_id: int) -> None:
    """Remove a member at once, or leave oneself. A robot that is in no community any more loses its tokens."""
    found = find_community(community)
    own = Member.objects.filter(community=found, pk=member_id, person_id=actor.person_id or 0).exists()
    if own:
        require_scope(actor, "deposit")
        held = Community.objects.select_for_update().get(pk=found.pk)
    else:
        held = held_community(actor, found.pk, "manage")
    member = _held_member(held, member_id)
    _require_another_manager(held, member, actor)
    person, group = member.person, member.group
    member.delete()
    who = f"person:{person.pk}" if person else f"group:{group.pk}" if group else ""
    audit(actor=actor, action="remove member", target=f"community:{held.pk}", who=who)
    member_left.send(sender=None, community=held, person=person, group=group, actor=actor)
    if person is None:
        return
    if person.is_robot and not Member.objects.filter(person=person).exists():
        Token.objects.filter(person=person).delete()
    if not own:
        notify(person=person, kind="community", title=LEFT, link="", values={"community": str(held)})


@told()
@transaction.atomic
def add_robot(
    *,
    actor: Actor,
    community: int | str,
    name: str,
    role: str = CONTRIBUTOR,
    scopes: Iterable[str] = ("read", "deposit"),
    days: int = 365,
) -> tuple[Person, str]:
    """A robot that works for the community, and its token, which is shown once. It can do no more than its role."""
    held = held_community(actor, community, "manage")
    label = " ".join(name.split())[:100]
    if not label:
        raise InvalidInput("A robot needs a name.", hint="Say what it does: nightly calibration.")
    address = f"{held.slug[:40]}-{secrets.token_hex(6)}@robots.invalid"
    robot = add_person(email=address, name=label, actor=actor)
    robot.is_robot = True
    robot.set_unusable_password()
    robot.save(update_fields=["is_robot", "password"])
    Member.objects.create(community=held, person=robot, role=checked_role(role))
    audit(actor=actor, action="add robot", target=f"community:{held.pk}", who=f"person:{robot.pk}", role=role)
    wanted = [scope for scope in scopes if scope != "admin"]
    _, secret = make_token(person=robot, scopes=wanted, days=days, name=f"{held.slug}: {label}", actor=actor)
    return robot, secret


def keeps_robot(actor: Actor, person: Person) -> bool:
    """Whether the actor manages a community that the robot works for, and so looks after its tokens."""
    communities = Community.objects.filter(members__person=person).distinct()
    return "curate" in actor.scopes and any(role_of(actor, community) == MANAGER for community in communities)


def apply_claims(
    *, person: Person, provider: str, communities: Mapping[str, Iterable[str]], until: datetime | None = None, **_: Any
) -> None:
    """Memberships as a sign-in provider tells them now: given, changed, ended. In the caller's transaction."""
    wanted = {
        slug.lower(): max(roles, key=ROLES.index) for slug, roles in communities.items() if set(roles) & set(ROLES)
    }
    known = {community.slug: community for community in Community.objects.filter(slug__in=list(wanted))}
    before = {member.community_id: member for member in Member.objects.filter(person=person, source=provider)}
    actor = Actor(person=person)
    for slug, community in known.items():
        member = before.pop(community.pk, None)
        if member is None:
            Member.objects.create(community=community, person=person, source=provider, role=wanted[slug], until=until)
        elif (member.role, member.until) != (wanted[slug], until):
            Member.objects.filter(pk=member.pk).update(role=wanted[slug], until=until)
        if member is None or member.role != wanted[slug]:
            facts = {"who": f"person:{person.pk}", "role": wanted[slug], "provider": provider}
            audit(actor=actor, action="claimed member", target=f"community:{community.pk}", **facts)
    for member in before.values():
        community = member.community
        member.delete()
        facts = {"who": f"person:{person.pk}", "provider": provider}
        audit(actor=actor, action="claim ended", target=f"community:{community.pk}", **facts)
        member_left.send(sender=None, community=community, person=person, group=None, actor=actor)


def forget_lapsed() -> int:
    """Remove memberships that ended more than a day ago (they give nothing since they ended); returns how many."""
    from datetime import timedelta

    return Member.objects.filter(until__lt=timezone.now() - timedelta(days=1)).delete()[0]
