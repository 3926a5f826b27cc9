"""What a provider's claims give a person: facts for the profile, and rights by the operator's rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from dop2i.server.faults import told
from dop2i.server.people.actions import audit
from dop2i.server.people.models import Group, GroupMember, Person
from dop2i.server.people.policy import ANONYMOUS
from dop2i.server.people.providers import Provider
from dop2i.server.people.rules import INSTANCE_ROLES, Rights, judge, rights_of
from dop2i.server.people.signals import claims_applied

REFRESHED_HOURS = 2.0
"""How long claims hold that are asked for again every hour: a provider that is away for longer takes them along."""


def facts_of(provider: Provider, claims: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a person that the claims hold: text trimmed, an ORCID iD only when its check digit is right.

    ``email_verified`` is true only where the configuration trusts the provider for it.
    """
    facts: dict[str, Any] = {}
    for fact in ("name", "given_name", "family_name", "email"):
        value = claims.get(provider.claim(fact))
        facts[fact] = " ".join(value.replace("\0", "").split())[:240] if isinstance(value, str) else ""
    facts["email"] = facts["email"].lower()
    said = claims.get(provider.claim("email_verified"))
    facts["email_verified"] = provider.trust_email and bool(facts["email"]) and said in (True, "true")
    facts["name"] = facts["name"] or " ".join(part for part in (facts["given_name"], facts["family_name"]) if part)
    facts["orcid"] = _orcid(claims.get(provider.claim("orcid"))) if vouches_for_orcid(provider) else ""
    return facts


def vouches_for_orcid(provider: Provider) -> bool:
    """Whether the provider's word on an ORCID iD is taken: orcid.org's is, another's when its claim is configured."""
    return provider.is_orcid or "orcid" in provider.claims


def _orcid(value: Any) -> str:
    from dop2i.core.model.identifiers import parse_identifier
    from dop2i.errors import InvalidInput

    if isinstance(value, list):
        value = next((item for item in value if isinstance(item, str) and "orcid" in item), None)
    if not isinstance(value, str):
        return ""
    try:
        return str(parse_identifier(value, scheme="orcid").value)
    except InvalidInput:
        return ""


@told()
@transaction.atomic
def apply_claims(*, person: Person, provider: Provider, claims: Mapping[str, Any], renewed: bool = False) -> Rights:
    """Give a person what the rules make of the claims, and take what this provider gave before and no longer does.

    ``renewed``: the claims are asked for again every hour, so that they hold for two; otherwise they hold for the
    provider's ``hours``.
    """
    rights = rights_of(judge(claims, settings.DOP2I.rules, provider=provider.name))
    hours = REFRESHED_HOURS if renewed else provider.hours
    until = timezone.now() + timedelta(hours=hours)
    locked = Person.objects.select_for_update().get(pk=person.pk)
    changed = {**_set_groups(locked, provider, rights, until), **_set_roles(locked, provider, rights, until)}
    person.claimed_roles, person.claims_until = locked.claimed_roles, locked.claims_until
    claims_applied.send(
        sender=Person,
        person=locked,
        provider=provider.name,
        communities={slug: set(roles) for slug, roles in rights.communities.items()},
        until=until,
    )
    if changed:
        audit(actor=ANONYMOUS, action="claims", target=f"person:{person.pk}", provider=provider.name, **changed)
    return rights


def _set_groups(person: Person, provider: Provider, rights: Rights, until: datetime) -> dict[str, list[str]]:
    held = {
        member.group.name: member
        for member in GroupMember.objects.filter(person=person, source=provider.name).select_related("group")
    }
    gone = sorted(set(held) - rights.groups)
    new = sorted(rights.groups - set(held))
    if gone:
        GroupMember.objects.filter(pk__in=[held[name].pk for name in gone]).delete()
    GroupMember.objects.filter(person=person, source=provider.name).update(until=until)
    Group.objects.bulk_create([Group(name=name) for name in new], ignore_conflicts=True)
    GroupMember.objects.bulk_create(
        GroupMember(group=group, person=person, source=provider.name, until=until)
        for group in Group.objects.filter(name__in=new)
    )
    changes = {"left": gone, "joined": new}
    return {key: names for key, names in changes.items() if names}


def _set_roles(person: Person, provider: Provider, rights: Rights, until: datetime) -> dict[str, list[str]]:
    """A person's claimed roles are those of all their identities; what each gives is kept beside it."""
    now, roles, ends = timezone.now(), set(), []
    for identity in SocialAccount.objects.filter(user=person):
        data = dict(identity.extra_data or {})
        if identity.provider == provider.issuer:
            data = {**data, "roles": sorted(rights.roles), "until": until.isoformat()}
            SocialAccount.objects.filter(pk=identity.pk).update(extra_data=data)
        end = datetime.fromisoformat(data["until"]) if data.get("until") else now
        given = [role for role in data.get("roles", []) if role in INSTANCE_ROLES]
        if given and end > now:
            roles.update(given)
            ends.append(end)
    before = set(person.claimed_roles) if person.claims_until and person.claims_until > now else set()
    person.claimed_roles, person.claims_until = sorted(roles), min(ends, default=None)
    person.save(update_fields=["claimed_roles", "claims_until"])
    changes = {"roles_left": sorted(before - roles), "roles_given": sorted(roles - before)}
    return {key: names for key, names in changes.items() if names}
