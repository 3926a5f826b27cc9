"""Stella makes communities, Bruno manages one, Alice deposits in it, Mallory is kept out."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dop2i.errors import Conflict, InvalidDocument, InvalidInput, NotFound, NotPermitted, RevisionConflict, WrongState
from dop2i.server.communities import actions, invitations, membership, policy, queries
from dop2i.server.communities.models import Community, Invitation, Member, Placement
from dop2i.server.people.policy import Actor, actor_for_person, actor_for_token


def fresh(actor: Any) -> Actor:
    """The same person at their next visit."""
    return actor_for_person(type(actor.person).objects.get(pk=actor.person_id))


def test_stewards_make_communities_and_managers_make_nested_ones(
    stella: Any, bruno: Any, mallory: Any, community: Callable[..., Any]
) -> None:
    with pytest.raises(NotPermitted):
        actions.create_community(actor=mallory, slug="mine", title="Mine")
    km3net = community("km3net", members={"manager": [bruno]})
    arca = actions.create_community(actor=bruno, slug="arca", title={"fr": "ARCA"}, parent=km3net.pk)
    assert arca.path == f"/{km3net.pk}/{arca.pk}/"
    assert arca.ancestry == [km3net.pk, arca.pk]
    assert str(arca) == "ARCA"
    with pytest.raises(NotPermitted):
        actions.create_community(actor=mallory, slug="fake", title="Fake", parent=arca.pk)
    with pytest.raises(Conflict, match="already a community"):
        actions.create_community(actor=stella, slug="km3net", title="Again")


@pytest.mark.parametrize("slug", ["", "12", "new", "-a", "a/b", "é", "a" * 101])
def test_a_short_name_is_an_address(stella: Any, slug: str) -> None:
    with pytest.raises(InvalidInput):
        actions.create_community(actor=stella, slug=slug, title="T")


@pytest.mark.parametrize(
    ("facts", "path"),
    [
        ({"title": {}}, "title"),
        ({"title": {"de": "T"}}, "title"),
        ({"title": "T", "kind": "club"}, "kind"),
        ({"title": "T", "website": "javascript:alert(1)"}, "website"),
        ({"title": "T", "policy": []}, "policy"),
        ({"title": "T", "policy": {"colour": "red"}}, "policy.colour"),
        ({"title": "T", "policy": {"required_fields": ["title"]}}, "policy.required_fields.0"),
        ({"title": "T", "policy": {"licences": ["mine"]}}, "policy.licences.0"),
        ({"title": "T", "policy": {"review": "maybe"}}, "policy.review"),
        ({"title": "T", "policy": {"review": "quorum"}}, "policy.quorum"),
        ({"title": "T", "policy": {"quorum": [{"title": "x y!", "count": 0}]}}, "policy.quorum.0.title"),
        ({"title": "T", "policy": {"embargo": {"months": 3, "years_after_run": 1}}}, "policy.embargo"),
        ({"title": "T", "policy": {"embargo": {"months": -3}}}, "policy.embargo.months"),
        ({"title": "T", "policy": {"members_read": "no"}}, "policy.members_read"),
        ({"title": "T", "quota_bytes": -1}, "quota_bytes"),
    ],
)
def test_what_is_wrong_is_told_with_its_path(stella: Any, facts: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        actions.create_community(actor=stella, slug="km3net", **facts)
    assert path in [problem.path for problem in caught.value.problems]
    assert not Community.objects.exists()


def test_a_manager_changes_the_page_but_not_the_quota(stella: Any, bruno: Any, community: Callable[..., Any]) -> None:
    made = community("km3net", members={"manager": [bruno]})
    changed = actions.update_community(actor=bruno, community="km3net", page="# Hello", expected_revision=1)
    assert changed.revision == 2
    with pytest.raises(RevisionConflict):
        actions.update_community(actor=bruno, community=made.pk, page="other", expected_revision=1)
    with pytest.raises(NotPermitted, match="steward"):
        actions.update_community(actor=bruno, community=made.pk, quota_bytes=10**12)
    assert actions.update_community(actor=stella, community=made.pk, quota_bytes=10**12).quota_bytes == 10**12
    assert actions.rename_community(actor=bruno, community=made.pk, slug="km3net-2").slug == "km3net-2"


def test_a_logo_is_encoded_anew_and_vectors_are_refused(bruno: Any, community: Callable[..., Any]) -> None:
    from PIL import Image

    community("km3net", members={"manager": [bruno]})
    out = io.BytesIO()
    Image.new("RGB", (2000, 1000), "red").save(out, format="JPEG", comment=b"<script>alert(1)</script>")
    logo = actions.set_logo(actor=bruno, community="km3net", data=out.getvalue() + b"<script>alert(2)</script>")
    assert bytes(logo.data).startswith(b"\x89PNG")
    assert b"script" not in bytes(logo.data)
    assert (logo.width, logo.height) == (480, 240)
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    for data in (svg, b"", b"GIF89a", out.getvalue()[:100], b"\x00" * 5_000_001):
        with pytest.raises(InvalidInput):
            actions.set_logo(actor=bruno, community="km3net", data=data)
    actions.remove_logo(actor=bruno, community="km3net")
    assert not hasattr(Community.objects.get(), "logo")


def test_a_restricted_community_is_known_to_its_members_only(
    stella: Any, bruno: Any, mallory: Any, community: Callable[..., Any]
) -> None:
    made = community("secret", members={"reader": [bruno]}, visibility="restricted")
    nested = community("below", parent=made.pk, visibility="restricted")
    for name in (made.slug, made.pk, nested.slug):
        assert queries.get_community(bruno, name)
        with pytest.raises(NotFound):
            queries.get_community(mallory, name)
        with pytest.raises(NotFound):
            queries.get_community(Actor(), name)
    assert Community.objects.filter(policy.visible(bruno)).count() == 2
    assert Community.objects.filter(policy.visible(stella)).count() == 2
    assert not Community.objects.filter(policy.visible(mallory)).exists()


def test_roles_are_ordered_and_hold_below(
    stella: Any, bruno: Any, chloe: Any, mallory: Any, community: Callable[..., Any]
) -> None:
    made = community("km3net", members={"curator": [bruno], "reader": [chloe]})
    nested = community("arca", parent=made.pk)
    assert policy.may(bruno, "curate", nested)
    assert not policy.may(bruno, "manage", made)
    assert policy.may(chloe, "see_members", nested)
    assert not policy.may(chloe, "submit", made)
    assert policy.may(stella, "manage", nested)
    with pytest.raises(NotPermitted, match="role manager"):
        policy.require(bruno, "manage", made)
    weak = Actor(person=bruno.person, scopes=frozenset({"read"}))
    with pytest.raises(NotPermitted, match="scope"):
        policy.require(weak, "curate", made)
    assert not policy.may(mallory, "see_members", made)


def test_a_group_brings_its_persons_until_they_leave_it(stella: Any, bruno: Any, community: Callable[..., Any]) -> None:
    from dop2i.server.people.models import Group, GroupMember

    group = Group.objects.create(name="urn:geant:example.org:group:km3net#aai")
    row = GroupMember.objects.create(group=group, person=bruno.person, source="escape")
    made = community("km3net")
    membership.add_member(actor=stella, community=made.pk, role="curator", group=group)
    assert set(queries.audiences_of(bruno.person)) == {f"community:{made.pk}", f"curators:{made.pk}"}
    row.until = timezone.now() - timedelta(minutes=1)
    row.save()
    assert queries.audiences_of(bruno.person) == []


def test_members_join_change_and_leave(
    stella: Any, bruno: Any, chloe: Any, mallory: Any, community: Callable[..., Any]
) -> None:
    made = community("km3net", members={"manager": [bruno]})
    Member.objects.filter(person=stella.person).delete()
    member = membership.add_member(actor=bruno, community=made.pk, role="reader", person=chloe.person)
    with pytest.raises(Conflict):
        membership.add_member(actor=bruno, community=made.pk, role="reader", person=chloe.person)
    with pytest.raises(NotPermitted):
        membership.add_member(actor=mallory, community=made.pk, role="manager", person=mallory.person)
    with pytest.raises(NotPermitted):
        membership.change_member(actor=chloe, community=made.pk, member_id=member.pk, role="manager")
    assert membership.change_member(actor=chloe, community=made.pk, member_id=member.pk, visible=True).visible
    membership.change_member(actor=bruno, community=made.pk, member_id=member.pk, role="curator", title="Run Boss")
    assert Member.objects.get(pk=member.pk).title == "run-boss"
    own = Member.objects.get(person=bruno.person)
    with pytest.raises(WrongState, match="without a manager"):
        membership.remove_member(actor=bruno, community=made.pk, member_id=own.pk)
    with pytest.raises(WrongState, match="without a manager"):
        membership.change_member(actor=bruno, community=made.pk, member_id=own.pk, role="reader")
    membership.remove_member(actor=chloe, community=made.pk, member_id=member.pk)
    assert not queries.audiences_of(chloe.person)


def test_a_membership_ends_by_itself(stella: Any, chloe: Any, community: Callable[..., Any]) -> None:
    made = community("km3net")
    soon = timezone.now() + timedelta(hours=1)
    member = membership.add_member(actor=stella, community=made.pk, role="reader", person=chloe.person, until=soon)
    assert queries.audiences_of(chloe.person)
    Member.objects.filter(pk=member.pk).update(until=timezone.now() - timedelta(days=2))
    assert queries.audiences_of(chloe.person) == []
    assert membership.forget_lapsed() == 1


def test_a_provider_gives_changes_and_ends_memberships(bruno: Any, chloe: Any, community: Callable[..., Any]) -> None:
    made, other = community("km3net"), community("virgo")
    until = timezone.now() + timedelta(hours=1)

    def say(**communities: set[str]) -> None:
        membership.apply_claims(person=chloe.person, provider="escape", communities=communities, until=until)

    say(km3net={"reader", "curator"}, virgo={"reader"}, unknown={"manager"})
    assert queries.role_in(chloe.person, [made.pk, other.pk]) == {made.pk: "curator", other.pk: "reader"}
    claimed = Member.objects.get(person=chloe.person, community=made)
    with pytest.raises(WrongState, match="sign-in provider 'escape'"):
        membership.remove_member(actor=chloe, community=made.pk, member_id=claimed.pk)
    say(virgo={"contributor"})
    assert queries.role_in(chloe.person, [made.pk, other.pk]) == {other.pk: "contributor"}


def test_an_invitation_is_accepted_once_by_whoever_holds_its_link(
    bruno: Any, chloe: Any, mallory: Any, community: Callable[..., Any]
) -> None:
    from dop2i.server.notifications.models import Mail

    made = community("km3net", members={"manager": [bruno]})
    invitation, secret = invitations.invite(
        actor=bruno, community="km3net", email="Chloe@Example.org", role="curator", message="Welcome"
    )
    assert secret in Mail.objects.get(kind="invitation").body
    assert secret not in str(vars(invitation))
    with pytest.raises(Conflict):
        invitations.invite(actor=bruno, community="km3net", email="chloe@example.org")
    assert invitations.invitations_for(chloe.person).get() == invitation
    assert not invitations.invitations_for(mallory.person).exists()
    with pytest.raises(NotFound):
        invitations.answer_invitation(actor=mallory, accept=True, invitation_id=invitation.pk)
    with pytest.raises(NotFound):
        invitations.answer_invitation(actor=mallory, accept=True, secret=secret[:-1])
    member = invitations.answer_invitation(actor=chloe, accept=True, secret=secret)
    assert member is not None
    assert (member.role, member.person) == ("curator", chloe.person)
    with pytest.raises(WrongState, match="accepted"):
        invitations.answer_invitation(actor=mallory, accept=True, secret=secret)
    assert queries.role_in(chloe.person, [made.pk]) == {made.pk: "curator"}


def test_an_invitation_expires_is_declined_and_cancelled(bruno: Any, chloe: Any, community: Callable[..., Any]) -> None:
    community("km3net", members={"manager": [bruno]})
    first, secret = invitations.invite(actor=bruno, community="km3net", email="chloe@example.org")
    Invitation.objects.filter(pk=first.pk).update(expires=timezone.now())
    with pytest.raises(WrongState, match="expired"):
        invitations.answer_invitation(actor=chloe, accept=True, secret=secret)
    second, secret = invitations.invite(actor=bruno, community="km3net", email="chloe@example.org")
    invitations.cancel_invitation(actor=bruno, community="km3net", invitation_id=second.pk)
    with pytest.raises(WrongState, match="cancelled"):
        invitations.answer_invitation(actor=chloe, accept=True, secret=secret)
    third, _ = invitations.invite(actor=bruno, community="km3net", email="chloe@example.org")
    assert invitations.answer_invitation(actor=chloe, accept=False, invitation_id=third.pk) is None
    third.refresh_from_db()
    assert third.state == "declined"
    assert not Member.objects.filter(person=chloe.person).exists()


def test_an_invitation_by_orcid_is_for_that_orcid(
    bruno: Any, person: Callable[..., Any], mallory: Any, community: Callable[..., Any]
) -> None:
    community("km3net", members={"manager": [bruno]})
    with pytest.raises(InvalidInput, match="ORCID"):
        invitations.invite(actor=bruno, community="km3net", orcid="0000-0002-1825-0098")
    made, secret = invitations.invite(actor=bruno, community="km3net", orcid="https://orcid.org/0000-0002-1825-0097")
    with pytest.raises(NotPermitted, match="ORCID"):
        invitations.answer_invitation(actor=mallory, accept=True, secret=secret)
    josiah = person("Josiah", orcid="0000-0002-1825-0097")
    assert not invitations.invitations_for(josiah.person).exists()  # typed by himself: no proof that he is who he says
    type(josiah.person).objects.filter(pk=josiah.person_id).update(orcid_source="https://orcid.org")
    assert invitations.invitations_for(fresh(josiah).person).get() == made
    assert invitations.answer_invitation(actor=fresh(josiah), accept=True, invitation_id=made.pk)


def test_a_robot_works_for_its_community_until_it_is_removed(
    bruno: Any, chloe: Any, community: Callable[..., Any]
) -> None:
    from dop2i.errors import NotAuthenticated
    from dop2i.server.people.tokens import tokens_of

    made = community("km3net", members={"manager": [bruno], "curator": [chloe]})
    with pytest.raises(NotPermitted):
        membership.add_robot(actor=chloe, community="km3net", name="nightly")
    robot, secret = membership.add_robot(actor=bruno, community="km3net", name="nightly calibration")
    actor = actor_for_token(secret)
    assert actor.person == robot
    assert policy.may(actor, "submit", made)
    assert not policy.may(actor, "curate", made)
    assert tokens_of(bruno, robot).count() == 1
    with pytest.raises(NotFound):
        tokens_of(chloe, robot)
    member = Member.objects.get(person=robot)
    membership.remove_member(actor=bruno, community="km3net", member_id=member.pk)
    with pytest.raises(NotAuthenticated):
        actor_for_token(secret)


def test_collections_are_saved_searches(bruno: Any, community: Callable[..., Any]) -> None:
    community("km3net", members={"manager": [bruno]})
    for order, slug in enumerate(("muons", "neutrinos")):
        actions.set_collection(
            actor=bruno, community="km3net", slug=slug, title={"en": slug.title()}, query=slug, order=9 - order
        )
    actions.set_collection(actor=bruno, community="km3net", slug="muons", title={"en": "Muons"}, query="mu*", order=0)
    assert [c.query for c in Community.objects.get().collections.all()] == ["mu*", "neutrinos"]
    actions.remove_collection(actor=bruno, community="km3net", slug="muons")
    with pytest.raises(NotFound):
        actions.remove_collection(actor=bruno, community="km3net", slug="muons")


def test_a_community_that_holds_something_is_not_deleted(bruno: Any, community: Callable[..., Any]) -> None:
    made = community("km3net", members={"manager": [bruno]})
    nested = community("arca", parent=made.pk)
    with pytest.raises(Conflict, match="nested"):
        actions.delete_community(actor=bruno, community=made.pk)
    with transaction.atomic():
        actions.place(actor=bruno, community=nested, concept_id=7)
    with pytest.raises(Conflict, match="Records"):
        actions.delete_community(actor=bruno, community=nested.pk)
    with transaction.atomic():
        actions.unplace(actor=bruno, community=nested, concept_id=7)
    actions.delete_community(actor=bruno, community=nested.pk)
    actions.delete_community(actor=bruno, community=made.pk)
    assert not Community.objects.exists()


def test_counts_follow_placements_and_are_mended(bruno: Any, community: Callable[..., Any]) -> None:
    made = community("km3net")
    with transaction.atomic():
        placed = actions.place(actor=bruno, community=made, concept_id=7, total_bytes=100)
        actions.place(actor=bruno, community=made, concept_id=8)
        actions.count_bytes(placed, 150)
        actions.count_bytes(Placement.objects.get(pk=placed.pk), 150)
    made.refresh_from_db()
    assert (made.records, made.used_bytes) == (1, 150)
    with transaction.atomic():
        actions.unplace(actor=bruno, community=made, concept_id=7)
    made.refresh_from_db()
    assert (made.records, made.used_bytes) == (0, 0)
    Community.objects.filter(pk=made.pk).update(records=5)
    assert actions.recount() == 1


def test_the_policy_costs_one_query_whatever_the_number(stella: Any, bruno: Any, community: Callable[..., Any]) -> None:
    from dop2i.server.people.models import Group, GroupMember

    made = community("km3net")
    nested = community("arca", parent=made.pk)
    groups = Group.objects.bulk_create([Group(name=f"group {n}") for n in range(300)])
    GroupMember.objects.bulk_create([GroupMember(group=group, person=bruno.person) for group in groups])
    Member.objects.bulk_create([Member(community=made, group=group, role="reader") for group in groups])
    Member.objects.create(community=made, person=bruno.person, role="curator")
    actions.place(actor=stella, community=nested, concept_id=7)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert queries.curates(bruno.person, 7)
    assert len(asked) == 1
    with CaptureQueriesContext(connection) as asked:
        assert queries.standing_in(bruno.person_id, 7) == (True, True)
    assert len(asked) == 1
    with CaptureQueriesContext(connection) as asked:
        assert len(queries.audiences_of(bruno.person)) == 2
    assert len(asked) == 1
    assert queries.community_audiences(7) == [
        f"community:{nested.pk}", f"curators:{nested.pk}", f"community:{made.pk}", f"curators:{made.pk}",
    ]  # fmt: skip
    actions.update_community(actor=stella, community=made.pk, policy={"members_read": False})
    assert queries.standing_in(bruno.person_id, 7) == (False, True)
    assert queries.community_audiences(7) == [
        f"community:{nested.pk}", f"curators:{nested.pk}", f"curators:{made.pk}",
    ]  # fmt: skip
