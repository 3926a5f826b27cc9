"""What claims give: entitlements of AARC, WLCG's groups, plain names; what a provider takes back ends here."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dop2i.errors import InvalidInput
from dop2i.server.people.providers import Provider, read_providers
from dop2i.server.people.rules import judge, parse_entitlement, read_rules, rights_of, values_of

ATLAS = "urn:geant:example.org:group:atlas"


def gives(claims: dict[str, Any], *rules: dict[str, Any], provider: str = "") -> dict[str, Any]:
    return rights_of(judge(claims, read_rules(list(rules)), provider=provider)).to_json()


def rule(match: str, *rights: str, claim: str = "eduperson_entitlement", **more: str) -> dict[str, Any]:
    return {"claim": claim, "match": match, "gives": list(rights) or ["group:atlas"], **more}


@pytest.mark.parametrize(
    ("carried", "wanted", "held"),
    [
        (ATLAS, ATLAS, True),
        (f"{ATLAS}#aai.example.org", ATLAS, True),
        (f"{ATLAS}:production#aai.example.org", ATLAS, True),
        (f"{ATLAS}:production:role=manager#aai.example.org", ATLAS, True),
        ("URN:Geant:example.org:group:atlas", ATLAS, True),
        (f"{ATLAS}:a%2Fb", f"{ATLAS}:a%2fb", True),
        (ATLAS, f"{ATLAS}:production", False),
        (f"{ATLAS}-lookalike", ATLAS, False),
        (f"x{ATLAS}", ATLAS, False),
        (f"{ATLAS}\n", f"{ATLAS}:", False),
        ("urn:geant:evil.example:group:atlas", ATLAS, False),
        (f"{ATLAS}#evil.example", f"{ATLAS}#aai.example.org", False),
        (ATLAS, f"{ATLAS}#aai.example.org", False),
        (f"{ATLAS}:role=manager", f"{ATLAS}:role=manager", True),
        (f"{ATLAS}:role=member", f"{ATLAS}:role=manager", False),
        (f"{ATLAS}:production:role=manager", f"{ATLAS}:role=manager", False),
        (ATLAS, f"{ATLAS}:role=manager", False),
    ],
)
def test_an_entitlement_is_compared_by_its_parts(carried: str, wanted: str, held: bool) -> None:
    given_rights = gives({"eduperson_entitlement": [carried]}, rule(wanted))
    assert given_rights["groups"] == (["atlas"] if held else [])


def test_an_entitlement_s_parts_are_read() -> None:
    found = parse_entitlement(f"{ATLAS}:production:role=manager#AAI.example.org")
    assert found is not None
    assert (found.namespace, found.groups) == ("urn:geant:example.org", ("atlas", "production"))
    assert (found.role, found.authority) == ("manager", "aai.example.org")
    for other in (
        "urn:mace:egi.eu:res:rcauth",
        "atlas",
        "",
        "urn:a:group:",
        "urn:a:group:x::y",
        "urn:a:group:role=x:y",
    ):
        assert parse_entitlement(other) is None


def test_groups_of_wlcg_are_matched_whole() -> None:
    claims = {"wlcg.groups": ["/escape", "/escape/ams"]}
    match = rule("/escape/ams", "community:ams:curator", "role:steward", claim="wlcg.groups")
    assert gives(claims, match) == {"groups": [], "roles": ["steward"], "communities": {"ams": ["curator"]}}
    assert gives({"wlcg.groups": ["/escape/ams-02"]}, match)["roles"] == []


def test_a_star_stands_for_any_characters_and_the_value_may_name_the_group() -> None:
    claims = {"groups": ["atlas-higgs", "atlas-top", "cms"]}
    assert gives(claims, rule("atlas-*", "group:{value}", claim="groups"))["groups"] == ["atlas-higgs", "atlas-top"]


def test_a_rule_may_be_for_one_provider() -> None:
    match = rule(ATLAS, provider="egi")
    claims = {"eduperson_entitlement": ATLAS}
    assert gives(claims, match, provider="egi")["groups"] == ["atlas"]
    assert gives(claims, match, provider="orcid")["groups"] == []


def test_claims_inside_others_are_named_by_a_path() -> None:
    claims = {"realm_access": {"roles": ["curator"]}, "a/b": ["whole"]}
    assert values_of(claims, "realm_access/roles") == ["curator"]
    assert values_of(claims, "a/b") == ["whole"]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"claim": "groups", "match": "x", "gives": ["role:king"]}, "role:king"),
        ({"claim": "groups", "match": "x", "gives": ["role:{value}"]}, "no right"),
        ({"claim": "groups", "match": "x", "gives": ["community:ams:owner"]}, "no right"),
        ({"claim": "groups", "match": "x", "gives": []}, "gives nothing"),
        ({"claim": "groups", "gives": ["group:x"]}, "no match"),
        ({"claim": "groups", "match": "x", "gives": ["group:x"], "when": "now"}, "unknown key 'when'"),
    ],
)
def test_a_rule_that_cannot_be_used_is_named(entry: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput, match="number 1") as refused:
        read_rules([entry])
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"issuer": "http://aai.example.org"}, "not an https address"),
        ({"issuer": "https://aai.example.org/?x=1"}, "not an https address"),
        ({"name": "EGI Check-in"}, "part of an address"),
        ({"client_id": ""}, "no client_id"),
        ({"scopes": ["email"]}, "openid"),
        ({"secret": "x"}, "unknown key 'secret'"),
        ({"hours": 0}, "hours"),
        ({"claims": {"phone": "phone_number"}}, "no 'phone'"),
    ],
)
def test_a_provider_that_cannot_be_used_is_named(change: dict[str, Any], words: str) -> None:
    entry = {"name": "egi", "issuer": "https://aai.example.org", "client_id": "dop2i", **change}
    with pytest.raises(InvalidInput) as refused:
        read_providers([entry])
    assert words in str(refused.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(claims=st.dictionaries(st.sampled_from(["groups", "wlcg.groups", "eduperson_entitlement", "x"]), JSON))
def test_claims_of_any_shape_are_judged_and_give_nothing_unasked(claims: dict[str, Any]) -> None:
    rules = [rule(ATLAS), rule("/dop2i", claim="wlcg.groups"), rule("a*b", "group:{value}", claim="groups")]
    for group in gives(claims, *rules)["groups"]:
        assert group == "atlas" or (group.startswith("a") and group.endswith("b"))


@given(value=st.text(alphabet=":#=%urngopleat123é ", max_size=60))
def test_a_value_that_is_read_as_an_entitlement_has_a_group(value: str) -> None:
    found = parse_entitlement(value)
    assert found is None or (all(found.groups) and found.namespace.startswith("urn:"))


@pytest.fixture
def provider() -> Provider:
    return read_providers([{"name": "egi", "issuer": "https://aai.example.org", "client_id": "dop2i"}])[0]


@pytest.fixture
def with_rules(instance: Any, settings: Any) -> Any:
    """``with_rules(rule, …)``: these are the rules of the instance."""
    before = settings.DOP2I

    def make(*rules: dict[str, Any]) -> None:
        settings.DOP2I = dataclasses.replace(before, rules=read_rules(list(rules)))

    yield make
    settings.DOP2I = before


def identity_of(person: Any, provider: Provider, subject: str = "alice") -> None:
    from allauth.socialaccount.models import SocialAccount

    SocialAccount.objects.create(user=person, provider=provider.issuer, uid=subject)


def apply(person: Any, provider: Provider, **claims: Any) -> None:
    from dop2i.server.people.claims import apply_claims

    apply_claims(person=person, provider=provider, claims=claims)
    person.refresh_from_db()


def test_what_claims_give_is_taken_back_and_what_was_given_here_stays(
    with_rules: Any, alice: Any, provider: Provider
) -> None:
    from looking_up import history_of

    from dop2i.server.people.models import Group, GroupMember
    from dop2i.server.people.policy import groups_of

    with_rules(rule("atlas", "group:atlas", "role:steward", claim="groups"))
    person = alice.person
    identity_of(person, provider)
    apply(person, provider, groups=["atlas"])
    atlas = Group.objects.get(name="atlas")
    GroupMember.objects.create(group=atlas, person=person, source="")
    assert (groups_of(person), person.roles) == ([atlas.pk], {"steward"})
    apply(person, provider, groups=[])
    assert (groups_of(person), person.roles) == ([atlas.pk], frozenset())
    assert list(GroupMember.objects.values_list("source", flat=True)) == [""]
    assert [event.action for event in history_of(f"person:{person.pk}")][-2:] == ["claims", "claims"]
    apply(person, provider, groups=[])
    assert history_of(f"person:{person.pk}").filter(action="claims").count() == 2, "no change, no line"


def test_claimed_rights_lapse_by_themselves(with_rules: Any, alice: Any, provider: Provider) -> None:
    from django.utils import timezone

    from dop2i.server.people.models import GroupMember, Person
    from dop2i.server.people.policy import groups_of

    with_rules(rule("atlas", "group:atlas", "role:administrator", claim="groups"))
    identity_of(alice.person, provider)
    apply(alice.person, provider, groups=["atlas"])
    assert alice.person.roles == {"administrator"}
    past = timezone.now() - timedelta(seconds=1)
    GroupMember.objects.update(until=past)
    Person.objects.update(claims_until=past)
    alice.person.refresh_from_db()
    assert (groups_of(alice.person), alice.person.roles) == ([], frozenset())


def test_two_providers_do_not_take_each_others_word(with_rules: Any, alice: Any, provider: Provider) -> None:
    other = dataclasses.replace(provider, name="iam", issuer="https://iam.example.org")
    with_rules(
        rule("atlas", "group:atlas", "role:steward", claim="groups", provider="egi"),
        rule("ams", "group:ams", claim="groups", provider="iam"),
    )
    identity_of(alice.person, provider)
    identity_of(alice.person, other)
    apply(alice.person, provider, groups=["atlas", "ams"])
    apply(alice.person, other, groups=["atlas", "ams"])
    from dop2i.server.people.queries import memberships_of

    held = [(member.group.name, member.source) for member in memberships_of(alice.person)]
    assert held == [("ams", "iam"), ("atlas", "egi")]
    assert alice.person.roles == {"steward"}
    apply(alice.person, other)
    assert alice.person.roles == {"steward"}


def test_communities_hear_what_claims_give(with_rules: Any, alice: Any, provider: Provider) -> None:
    from dop2i.server.people.signals import claims_applied

    heard: list[dict[str, Any]] = []

    def listen(sender: Any, **news: Any) -> None:
        heard.append(news)

    with_rules(rule("ams", "community:ams:curator", claim="groups"))
    identity_of(alice.person, provider)
    claims_applied.connect(listen)
    try:
        apply(alice.person, provider, groups=["ams"])
        apply(alice.person, provider)
    finally:
        claims_applied.disconnect(listen)
    assert [news["communities"] for news in heard] == [{"ams": {"curator"}}, {}]
    assert heard[0]["provider"] == "egi"


def test_a_hundred_groups_are_given_with_few_queries(
    with_rules: Any, alice: Any, provider: Provider, django_assert_max_num_queries: Any
) -> None:
    with_rules(rule("*", "group:{value}", claim="groups"))
    identity_of(alice.person, provider)
    names = [f"g{number}" for number in range(100)]
    apply(alice.person, provider, groups=names)
    with django_assert_max_num_queries(15):
        apply(alice.person, provider, groups=names)


def test_secrets_are_sealed_and_another_key_does_not_open_them(instance: Any, settings: Any) -> None:
    from dop2i.server.people.sealed import seal, unseal

    sealed = seal("a refresh token")
    assert ("refresh" in sealed, unseal(sealed)) == (False, "a refresh token")
    settings.SECRET_KEY = "another instance"
    with pytest.raises(InvalidInput, match="secret_key"):
        unseal(sealed)


def test_the_operator_looks_after_people(person: Callable[..., Any]) -> None:
    from dop2i.errors import Conflict, NotFound
    from dop2i.server.people import operating
    from dop2i.server.people.policy import groups_of

    alice, bruno = person("Alice", orcid="0000-0002-1825-0097").person, person("Bruno").person
    operating.set_roles(person=alice, steward=True)
    operating.change_group(person=alice, group="  data   board ", member=True)
    assert [one.email for one in operating.people(role="steward")] == ["alice@example.org"]
    assert [one.email for one in operating.people(group="data board")] == ["alice@example.org"]
    with pytest.raises(Conflict, match="carries this ORCID iD"):
        operating.change_orcid(person=bruno, orcid="0000-0002-1825-0097")
    operating.change_orcid(person=alice, orcid="")
    operating.change_orcid(person=bruno, orcid="0000-0002-1825-0097")
    operating.change_group(person=alice, group="data board", member=False)
    assert groups_of(alice) == []
    with pytest.raises(NotFound, match="by the rules"):
        operating.change_group(person=alice, group="data board", member=False)


def test_the_operator_gives_a_person_another_address(person: Callable[..., Any]) -> None:
    from dop2i.errors import Conflict
    from dop2i.server.people import operating

    alice, bruno = person("Alice").person, person("Bruno").person
    moved = operating.change_email(person=alice, email="Alice@Elsewhere.example.org")
    assert (moved.email, moved.email_verified) == ("alice@elsewhere.example.org", True)
    with pytest.raises(Conflict, match="already a person"):
        operating.change_email(person=bruno, email="alice@elsewhere.example.org")
    with pytest.raises(InvalidInput, match="not an electronic address"):
        operating.change_email(person=bruno, email="bruno")


def test_nobody_types_the_orcid_of_another(person: Callable[..., Any]) -> None:
    from dop2i.errors import Conflict
    from dop2i.server.people.actions import update_person

    person("Alice", orcid="0000-0002-1825-0097")
    mallory = person("Mallory")
    with pytest.raises(Conflict, match="sign in to that one"):
        update_person(actor=mallory, person_id=mallory.person_id, orcid="https://orcid.org/0000-0002-1825-0097")
    with pytest.raises(Conflict, match="ORCID"):
        person("Twin", orcid="0000-0002-1825-0097")
