"""From claims to rights: the ``[[rules]]`` of ``dop2i.toml``.

A rule looks at one claim of a sign-in provider and says what whoever carries it is given: membership of a group, a
role over the instance, a role in a community. Group claims come in three forms: entitlements as AARC-G002 and
AARC-G069 write them (``urn:geant:example.org:group:atlas:production:role=manager#aai.example.org``), the paths of
``wlcg.groups`` (``/atlas/production``), and plain names. Pure: no Django, no network, no clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from dop2i.errors import InvalidInput

INSTANCE_ROLES = ("steward", "administrator")
COMMUNITY_ROLES = ("reader", "contributor", "curator", "manager")
MOST_VALUES = 5_000
LONGEST_VALUE = 500

_ENTITLEMENT = re.compile(
    r"(?P<namespace>(?i:urn):[^#]+?):group:(?P<groups>[^#]+?)(?::role=(?P<role>[^:#]+))?(?:#(?P<authority>[^#]+))?"
)
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Entitlement:
    """A group entitlement in parts (AARC-G069 §3): namespace, group and sub-groups, role, authority."""

    namespace: str
    groups: tuple[str, ...]
    role: str = ""
    authority: str = ""

    def satisfies(self, wanted: Entitlement) -> bool:
        """Whether who carries this has what is wanted: being in a sub-group is being in the group above it.

        A role counts in the very group that it is held in; without a wanted role or authority any will do.
        """
        if self.namespace != wanted.namespace or self.groups[: len(wanted.groups)] != wanted.groups:
            return False
        if wanted.authority and self.authority != wanted.authority:
            return False
        return not wanted.role or (self.role == wanted.role and self.groups == wanted.groups)


def parse_entitlement(value: str) -> Entitlement | None:
    """The parts of an entitlement, None when it is of another form. Percent-encoded characters are decoded."""
    found = _ENTITLEMENT.fullmatch(value.strip())
    if found is None:
        return None
    groups = tuple(unquote(part) for part in found["groups"].split(":"))
    if not all(groups) or any(part.startswith("role=") for part in groups):
        return None
    # the letter case of "urn" and of the namespace identifier does not matter (RFC 8141 section 3.1)
    scheme, identifier, *rest = found["namespace"].split(":")
    namespace = ":".join([scheme.lower(), identifier.lower(), *rest])
    return Entitlement(namespace, groups, unquote(found["role"] or ""), (found["authority"] or "").lower())


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: who carries ``match`` in ``claim`` (of ``provider``, or of any) is given ``gives``."""

    claim: str
    match: str
    gives: tuple[str, ...]
    provider: str = ""

    def matches(self, value: str) -> bool:
        """Whether one value of the claim is what the rule is about: exactly, or with ``*`` for any characters."""
        wanted = parse_entitlement(self.match) if "*" not in self.match else None
        if wanted is not None:
            carried = parse_entitlement(value)
            return carried is not None and carried.satisfies(wanted)
        pattern = ".*".join(re.escape(part) for part in self.match.split("*"))
        return re.fullmatch(pattern, value, re.DOTALL) is not None


@dataclass(frozen=True, slots=True)
class Rights:
    """What claims give: names of groups, roles over the instance, roles by community."""

    groups: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    communities: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The rights as JSON."""
        return {
            "groups": sorted(self.groups),
            "roles": sorted(self.roles),
            "communities": {slug: sorted(roles) for slug, roles in sorted(self.communities.items())},
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule made of the claims: the values that matched it, what they give, and why nothing did."""

    rule: Rule
    matched: tuple[str, ...]
    gives: tuple[str, ...]
    why_not: str = ""


def read_rules(entries: Sequence[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """The rules that ``[[rules]]`` describes. Raises ``InvalidInput`` naming the rule and what is wrong in it."""
    return tuple(_rule(entry, number) for number, entry in enumerate(entries, start=1))


def _rule(entry: Mapping[str, Any], number: int) -> Rule:
    where = f"[[rules]] number {number} of dop2i.toml"
    for key in entry:
        if key not in Rule.__dataclass_fields__:
            listing = ", ".join(Rule.__dataclass_fields__)
            raise InvalidInput(f"{where} has an unknown key {key!r}.", hint=f"Known keys: {listing}.")
    for key in ("claim", "match"):
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            raise InvalidInput(f"{where} has no {key}.", hint=f'Write {key} = "…".')
    gives = entry.get("gives")
    if not isinstance(gives, list) or not gives:
        raise InvalidInput(f"{where} gives nothing.", hint='Write gives = ["group:NAME"].')
    for right in gives:
        _check_right(right, where)
    return Rule(
        claim=entry["claim"].strip(),
        match=entry["match"].strip(),
        gives=tuple(gives),
        provider=str(entry.get("provider", "")),
    )


def _check_right(right: Any, where: str) -> None:
    kind, _, rest = str(right).partition(":")
    if kind == "group" and rest.strip():
        return
    if kind == "role" and rest in INSTANCE_ROLES:
        return
    if kind == "community":
        slug, _, role = rest.rpartition(":")
        if _SLUG.fullmatch(slug) and role in COMMUNITY_ROLES:
            return
    raise InvalidInput(
        f"{where} gives {right!r}, which is no right.",
        hint=f"Rights are group:NAME, role:{'|'.join(INSTANCE_ROLES)}, community:SLUG:{'|'.join(COMMUNITY_ROLES)}.",
    )


def values_of(claims: Mapping[str, Any], claim: str) -> list[str]:
    """The values of one claim as a list of text, whatever its form; what is no text or too long is left out.

    ``claim`` may name a value inside others with a slash: ``realm_access/roles``. Never raises.
    """
    found: Any = claims.get(claim)
    if found is None and "/" in claim:
        found = claims
        for part in claim.split("/"):
            found = found.get(part) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        found = [found]
    if not isinstance(found, Sequence):
        return []
    return [value for value in found[:MOST_VALUES] if isinstance(value, str) and 0 < len(value) <= LONGEST_VALUE]


def judge(claims: Mapping[str, Any], rules: Iterable[Rule], *, provider: str = "") -> list[Verdict]:
    """Each rule's verdict on the claims of a provider. With no provider named, every rule is asked."""
    verdicts = []
    for rule in rules:
        if provider and rule.provider and rule.provider != provider:
            verdicts.append(Verdict(rule, (), (), f"it is for the provider {rule.provider} only"))
            continue
        values = values_of(claims, rule.claim)
        matched = tuple(value for value in values if rule.matches(value))
        if matched:
            given = {right.replace("{value}", value) for right in rule.gives for value in matched}
            verdicts.append(Verdict(rule, matched, tuple(sorted(given))))
        elif not values:
            verdicts.append(Verdict(rule, (), (), f"there is no claim {rule.claim}"))
        else:
            verdicts.append(Verdict(rule, (), (), f"none of the {len(values)} values of {rule.claim} matches"))
    return verdicts


def rights_of(verdicts: Iterable[Verdict]) -> Rights:
    """All that the verdicts give, together."""
    groups, roles, communities = set(), set(), {}
    for verdict in verdicts:
        for right in verdict.gives:
            kind, _, rest = right.partition(":")
            if kind == "group":
                groups.add(rest[:250])
            elif kind == "role":
                roles.add(rest)
            else:
                slug, _, role = rest.rpartition(":")
                communities.setdefault(slug, set()).add(role)
    return Rights(frozenset(groups), frozenset(roles), {slug: frozenset(held) for slug, held in communities.items()})
