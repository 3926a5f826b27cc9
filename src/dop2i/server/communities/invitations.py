"""Asking somebody to become a member, by electronic address or ORCID iD, through a link that expires."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from dop2i.errors import Conflict, InvalidInput, NotFound, NotPermitted, WrongState
from dop2i.server.communities.actions import held_community
from dop2i.server.communities.membership import checked_role, let_in
from dop2i.server.communities.models import Community, Invitation, Member, text_in
from dop2i.server.communities.rules import checked_title
from dop2i.server.faults import told
from dop2i.server.notifications.actions import notify
from dop2i.server.notifications.mail import absolute, enqueue_mail
from dop2i.server.people.audit import audit
from dop2i.server.people.models import Person
from dop2i.server.people.policy import Actor, require_scope

DAYS = 30
LONGEST_DAYS = 365
LONGEST_MESSAGE = 2000
MOST_OPEN = 5000

INVITED = gettext_noop("%(community)s invites you")
INVITED_BODY = gettext_noop("%(by)s offers you the role %(role)s.")
ACCEPTED = gettext_noop("%(who)s is now a member of %(community)s")
DECLINED = gettext_noop("%(who)s declined to become a member of %(community)s")


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


@told()
@transaction.atomic
def invite(
    *,
    actor: Actor,
    community: int | str,
    email: str = "",
    orcid: str = "",
    role: str = "reader",
    title: str = "",
    message: str = "",
    days: int = DAYS,
) -> tuple[Invitation, str]:
    """Invite by address (the link is mailed) or by ORCID iD; returns the secret of the link too, which is shown once.

    Raises ``InvalidInput``, ``NotPermitted``, ``Conflict`` for who is a member or is invited already.
    """
    by = require_scope(actor, "curate")
    held = held_community(actor, community, "manage")
    address, identifier = _checked_address(email), _checked_orcid(orcid)
    if bool(address) == bool(identifier):
        raise InvalidInput("Invite by an electronic address or by an ORCID iD: give one of the two.")
    if not 0 < days <= LONGEST_DAYS:
        raise InvalidInput(f"An invitation lasts from 1 to {LONGEST_DAYS} days, not {days}.")
    open_ones = Invitation.objects.filter(_open(), community=held)
    if open_ones.filter(email=address, orcid=identifier).exists():
        raise Conflict(f"{address or identifier} is invited already.", hint="Cancel that invitation to send another.")
    if open_ones.count() >= MOST_OPEN:
        raise WrongState(f"{MOST_OPEN} invitations are open already.", hint="Cancel some, or use a group.")
    person = _known(address, identifier)
    if person and Member.objects.filter(community=held, person=person, source="").exists():
        raise Conflict(f"{address or identifier} is in {held} already.", hint="Change the role instead.")
    secret = secrets.token_urlsafe(32)
    made = Invitation.objects.create(
        community=held,
        email=address,
        orcid=identifier,
        role=checked_role(role),
        title=checked_title(title),
        message=message.strip()[:LONGEST_MESSAGE],
        hash=_digest(secret),
        by=by,
        expires=timezone.now() + timedelta(days=days),
    )
    audit(actor=actor, action="invite", target=f"community:{held.pk}", invitation=made.pk, role=made.role)
    if person is not None:
        values = {"community": str(held), "by": str(by), "role": made.role}
        notify(person=person, kind="community", title=INVITED, body=INVITED_BODY, link="/work", values=values)
    if address:
        _mail(made, secret, person)
    return made, secret


def _mail(invitation: Invitation, secret: str, person: Person | None) -> None:
    """The letter with the link, in the language of who is invited where it is known, else in both."""
    languages = [person.language] if person and person.language else ["fr", "en"]
    parts = []
    for language in languages:
        with override(language):
            values = {
                "community": text_in(invitation.community.title, language) or invitation.community.slug,
                "by": str(invitation.by),
                "role": _(invitation.role),
                "day": f"{invitation.expires:%Y-%m-%d}",
            }
            lines = [_("%(by)s invites you to become a member of %(community)s, as %(role)s.") % values]
            lines += [invitation.message] if invitation.message else []
            lines += [_("To accept or decline, open this link before %(day)s:") % values]
            parts.append("\n\n".join([*lines, absolute(f"/invitations/{secret}")]))
    enqueue_mail(
        recipients=[invitation.email],
        subject=f"[{settings.DOP2I.title}] {invitation.community}"[:200],
        body="\n\n—\n\n".join(parts) + "\n",
        kind="invitation",
        person=person,
        confidential=True,
    )


def _checked_address(email: str) -> str:
    address = email.strip().lower()
    if address:
        try:
            validate_email(address)
        except ValidationError as error:
            raise InvalidInput(f"{address[:200]!r} is not an electronic address.") from error
    return address


def _checked_orcid(orcid: str) -> str:
    if not orcid.strip():
        return ""
    from dop2i.core.model.identifiers import parse_identifier

    try:
        return str(parse_identifier(orcid.strip(), scheme="orcid").value)
    except ValueError as error:
        raise InvalidInput(f"{orcid[:60]!r} is not an ORCID iD.", hint="Write it like 0000-0002-1825-0097.") from error


def _known(email: str, orcid: str) -> Person | None:
    """The person who is surely meant: the address is theirs, or a provider vouches for the ORCID iD."""
    if email:
        return Person.objects.filter(email=email, email_verified=True).first()
    return Person.objects.filter(orcid=orcid).exclude(orcid_source="").first()


def _open() -> Q:
    return Q(answered__isnull=True, cancelled__isnull=True, expires__gt=timezone.now())


def invitations_for(person: Person) -> QuerySet[Invitation]:
    """The open invitations that are surely meant for the person."""
    mine = Q(pk__in=())
    if person.email_verified:
        mine |= Q(email=person.email)
    if person.orcid and person.orcid_source:
        mine |= Q(orcid=person.orcid)
    return Invitation.objects.filter(mine).filter(_open()).select_related("community", "by").order_by("-id")


def by_secret(secret: str) -> Invitation:
    """The invitation that a link means, whatever its state. Raises ``NotFound``."""
    found = Invitation.objects.filter(hash=_digest(secret)).select_related("community", "by").first()
    if found is None:
        raise NotFound("There is no such invitation.", hint="Copy the whole link, or ask for another.")
    return found


@told()
@transaction.atomic
def answer_invitation(
    *, actor: Actor, accept: bool, secret: str = "", invitation_id: int | None = None
) -> Member | None:
    """Accept (returns the membership) or decline, by the link's secret or, when it is surely one's own, by its number.

    Raises ``WrongState`` for one that expired, was cancelled or answered, ``NotPermitted`` for another's ORCID iD.
    """
    person = require_scope(actor, "deposit")
    if secret:
        number = by_secret(secret).pk
    else:
        own = invitations_for(person).filter(pk=invitation_id).values_list("pk", flat=True).first()
        if own is None:
            raise NotFound("There is no such invitation.")
        number = own
    found = Invitation.objects.select_for_update().get(pk=number)
    held = Community.objects.select_for_update().get(pk=found.community_id)
    if found.state != "submitted":
        raise WrongState(f"This invitation is {found.state}.", hint="Ask for another.")
    if found.orcid and found.orcid != person.orcid:
        raise NotPermitted(
            f"This invitation is for the ORCID iD {found.orcid}.",
            hint="Add it to your profile, or sign in with ORCID.",
        )
    if person.is_robot:
        raise NotPermitted("A robot is not invited: a manager adds it.")
    found.answered = timezone.now()
    found.accepted_by = person if accept else None
    found.save(update_fields=["answered", "accepted_by"])
    member = let_in(held, person, role=found.role, title=found.title, by=found.by) if accept else None
    done = "accept invitation" if accept else "decline invitation"
    audit(actor=actor, action=done, target=f"community:{held.pk}", invitation=found.pk)
    if found.by is not None:
        values = {"who": str(person), "community": str(held)}
        title, link = (ACCEPTED if accept else DECLINED), f"/communities/{held.slug}/members"
        notify(person=found.by, kind="community", title=title, link=link, values=values)
    return member


@told()
@transaction.atomic
def cancel_invitation(*, actor: Actor, community: int | str, invitation_id: int) -> Invitation:
    """Take back an invitation that nobody has answered. Raises ``NotFound``, ``WrongState``."""
    held = held_community(actor, community, "manage")
    found = Invitation.objects.select_for_update().filter(community=held, pk=invitation_id).first()
    if found is None:
        raise NotFound(f"{held} has no such invitation.")
    if found.state not in ("submitted", "expired"):
        raise WrongState(f"This invitation is {found.state}.")
    found.cancelled = timezone.now()
    found.save(update_fields=["cancelled"])
    audit(actor=actor, action="cancel invitation", target=f"community:{held.pk}", invitation=found.pk)
    return found


@told()
@transaction.atomic
def change_invitation(*, actor: Actor, community: int | str, invitation_id: int, role: Any) -> Invitation:
    """Offer another role in an open invitation."""
    held = held_community(actor, community, "manage")
    found = Invitation.objects.select_for_update().filter(_open(), community=held, pk=invitation_id).first()
    if found is None:
        raise NotFound(f"{held} has no such open invitation.")
    found.role = checked_role(role)
    found.save(update_fields=["role"])
    audit(actor=actor, action="change invitation", target=f"community:{held.pk}", invitation=found.pk, role=found.role)
    return found
