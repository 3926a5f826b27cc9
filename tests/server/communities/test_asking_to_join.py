"""Alice asks to become a member; Bruno, who manages, lets her in or declines; Mallory gets nowhere."""

from __future__ import annotations

from typing import Any

import pytest
from looking_up import history_of

from dop2i.errors import Conflict, NotFound, NotPermitted, WrongState
from dop2i.server.communities import asking, invitations, membership
from dop2i.server.communities.models import Community, Member, MembershipRequest
from dop2i.server.notifications.models import Notice
from dop2i.server.people.policy import ANONYMOUS


@pytest.fixture
def km3net(community: Any, bruno: Any) -> Any:
    return community("km3net", members={"manager": [bruno]})


def test_alice_asks_and_bruno_lets_her_in(alice: Any, bruno: Any, km3net: Community) -> None:
    assert asking.may_ask(alice, km3net)
    asked = asking.ask_to_join(actor=alice, community="km3net", message="I calibrate the clocks.")
    notice = Notice.objects.get(person=bruno.person, kind="community", link="/communities/km3net/members")
    assert notice.values["message"] == "I calibrate the clocks."
    assert [one.person for one in asking.requests_page(bruno, km3net).rows] == [alice.person]
    member = asking.answer_request(
        actor=bruno, community="km3net", request_id=asked.pk, accept=True, role="contributor"
    )
    assert member is not None
    assert (member.person, member.role) == (alice.person, "contributor")
    assert Notice.objects.filter(person=alice.person, kind="community", link="/communities/km3net").exists()
    done = {event.action for event in history_of(f"community:{km3net.pk}")}
    assert {"ask to join", "accept membership"} <= done
    with pytest.raises(WrongState, match="accepted"):
        asking.answer_request(actor=bruno, community="km3net", request_id=asked.pk, accept=False)
    with pytest.raises(Conflict, match="already"):
        asking.ask_to_join(actor=alice, community="km3net")


def test_nobody_asks_twice_nor_soon_after_a_refusal(alice: Any, bruno: Any, km3net: Community) -> None:
    asked = asking.ask_to_join(actor=alice, community="km3net")
    with pytest.raises(Conflict, match="asked"):
        asking.ask_to_join(actor=alice, community="km3net")
    asking.take_back(actor=alice, community="km3net", request_id=asked.pk)
    again = asking.ask_to_join(actor=alice, community="km3net")
    assert asking.answer_request(actor=bruno, community="km3net", request_id=again.pk, accept=False) is None
    with pytest.raises(WrongState, match="30 days"):
        asking.ask_to_join(actor=alice, community="km3net")
    assert [one.state for one in asking.requests_of(alice)] == ["declined", "cancelled"]


def test_only_managers_answer_and_only_alice_takes_back(
    alice: Any, mallory: Any, person: Any, community: Any, bruno: Any
) -> None:
    chloe = person("Chloe")
    community("virgo", members={"manager": [bruno], "curator": [chloe]})
    asked = asking.ask_to_join(actor=alice, community="virgo")
    for actor in (alice, chloe, mallory):
        with pytest.raises(NotPermitted):
            asking.answer_request(actor=actor, community="virgo", request_id=asked.pk, accept=True, role="manager")
    for actor in (bruno, mallory):
        with pytest.raises(NotFound):
            asking.take_back(actor=actor, community="virgo", request_id=asked.pk)
    assert not Member.objects.filter(person=alice.person).exists()


def test_a_community_that_is_hidden_or_only_invites_takes_no_requests(alice: Any, bruno: Any, community: Any) -> None:
    community("secret", members={"manager": [bruno]}, visibility="restricted")
    with pytest.raises(NotFound):
        asking.ask_to_join(actor=alice, community="secret")
    closed = community("closed", members={"manager": [bruno]}, policy={"members_ask": False})
    assert not asking.may_ask(alice, closed)
    with pytest.raises(NotPermitted, match="invites"):
        asking.ask_to_join(actor=alice, community="closed")
    assert not asking.may_ask(ANONYMOUS, closed)


def test_a_request_is_over_once_alice_is_a_member_by_another_way(
    alice: Any, bruno: Any, community: Any, km3net: Community
) -> None:
    asking.ask_to_join(actor=alice, community="km3net")
    membership.add_member(actor=bruno, community="km3net", person=alice.person, role="curator")
    community("virgo", members={"manager": [bruno]})
    asking.ask_to_join(actor=alice, community="virgo")
    _, secret = invitations.invite(actor=bruno, community="virgo", email=alice.person.email)
    invitations.answer_invitation(actor=alice, accept=True, secret=secret)
    assert not MembershipRequest.objects.filter(state="submitted").exists()
    assert Member.objects.get(community=km3net, person=alice.person).role == "curator"


def test_managers_above_answer_where_a_nested_community_has_none(
    alice: Any, bruno: Any, community: Any, km3net: Community
) -> None:
    community("arca", parent=km3net.pk)
    Member.objects.filter(community__slug="arca").delete()
    asking.ask_to_join(actor=alice, community="arca")
    assert Notice.objects.filter(person=bruno.person, link="/communities/arca/members").exists()
