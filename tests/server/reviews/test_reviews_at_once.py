"""Several people review, submit and leave at once."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from people_of_communities import again

from dop2i.errors import Conflict, Dop2iError, InvalidDocument
from dop2i.server.communities import actions as communities
from dop2i.server.communities import membership
from dop2i.server.communities.models import Community, Member, Placement
from dop2i.server.people.policy import actor_for_person
from dop2i.server.records import actions as records
from dop2i.server.records import file_actions, publication
from dop2i.server.records.checking import check
from dop2i.server.records.queries import find_record
from dop2i.server.reviews import actions, deciding, queries
from dop2i.server.reviews.models import Review, Vote


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """What each call answered or raised, each in a thread with its own database connection."""

    def run(call: Callable[[], Any]) -> Any:
        try:
            return call()
        except Dop2iError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=len(calls)) as threads:
        return list(threads.map(run, calls))


@pytest.fixture
def submitted(alice: Any, put: Any, document: dict[str, Any]) -> Callable[[str], Review]:
    """A draft of Alice's before a community."""

    def make(slug: str) -> Review:
        record = records.create_draft(actor=alice, document=document)
        put(alice, record.pk, "a.txt", b"a")
        return actions.submit(actor=alice, record_id=record.pk, community=slug)

    return make


def test_two_curators_accept_at_once_and_it_is_published_once(
    bruno: Any, chloe: Any, community: Callable[..., Any], submitted: Any
) -> None:
    made = community("km3net", members={"curator": [bruno, chloe]}, policy={"review": "curators"})
    review = submitted("km3net")
    answers = at_once([lambda who=who: deciding.accept(actor=who, review_id=review.pk) for who in (bruno, chloe) * 2])
    assert sum(isinstance(answer, Review) for answer in answers) == 1
    assert all(isinstance(answer, Review | Conflict) for answer in answers)
    assert find_record(review.record_id).revision == 1
    made.refresh_from_db()
    assert (made.records, Placement.objects.count()) == (1, 1)
    assert check().problems == []


def test_the_last_voices_of_a_quorum_publish_once(
    bruno: Any, person: Any, community: Callable[..., Any], submitted: Any
) -> None:
    policy = {"review": "quorum", "quorum": [{"title": "coordinator", "count": 3}]}
    made = community("km3net", members={"manager": [bruno]}, policy=policy)
    voters = [person(name) for name in ("Dora", "Emil", "Farah", "Gil")]
    for who in voters:
        facts = {"person": who.person, "title": "coordinator", "role": "contributor"}
        membership.add_member(actor=bruno, community=made.pk, **facts)
    review = submitted("km3net")
    answers = at_once([lambda who=who: deciding.accept(actor=who, review_id=review.pk) for who in voters])
    review.refresh_from_db()
    assert review.published
    assert sum(isinstance(answer, Review) for answer in answers) >= 3
    assert Vote.objects.count() >= 3
    assert find_record(review.record_id).is_published


def test_who_is_removed_while_voting_is_counted_before_or_not_at_all(
    bruno: Any, chloe: Any, community: Callable[..., Any], submitted: Any
) -> None:
    policy = {"review": "quorum", "quorum": [{"title": "coordinator", "count": 1}]}
    made = community("km3net", members={"manager": [bruno]}, policy=policy)
    for _ in range(3):
        facts = {"person": chloe.person, "title": "coordinator", "role": "contributor"}
        member = membership.add_member(actor=bruno, community=made.pk, **facts)
        review = submitted("km3net")
        removed, voted = at_once(
            [
                lambda number=member.pk: membership.remove_member(actor=bruno, community=made.pk, member_id=number),
                lambda review=review: deciding.accept(actor=again(chloe), review_id=review.pk),
            ]
        )
        assert removed is None
        review.refresh_from_db()
        assert review.published == isinstance(voted, Review)
        Member.objects.filter(pk=member.pk).delete()


def test_a_draft_is_submitted_once_however_often_it_is_asked(
    alice: Any, bruno: Any, community: Callable[..., Any], put: Any, document: dict[str, Any]
) -> None:
    community("km3net", members={"curator": [bruno]}, policy={"review": "curators"})
    record = records.create_draft(actor=alice, document=document)
    put(alice, record.pk, "a.txt", b"a")
    answers = at_once([lambda: actions.submit(actor=alice, record_id=record.pk, community="km3net") for _ in range(4)])
    assert sum(isinstance(answer, Review) for answer in answers) == 1
    assert Review.objects.get().round == 1


def test_a_file_that_arrives_while_it_is_accepted_is_in_it_or_stops_it(
    alice: Any, bruno: Any, community: Callable[..., Any], submitted: Any
) -> None:
    community("km3net", members={"curator": [bruno]}, policy={"review": "curators"})
    review = submitted("km3net")

    def send() -> None:
        facts: dict[str, Any] = {"actor": alice, "record_id": review.record_id}
        file_actions.start_files(**facts, entries=[{"key": "late.txt"}])
        file_actions.receive_content(**facts, key="late.txt", stream=io.BytesIO(b"late"), length=4)
        file_actions.commit_file(**facts, key="late.txt")

    _, accepted = at_once([send, lambda: deciding.accept(actor=bruno, review_id=review.pk)])
    record = find_record(review.record_id)
    if isinstance(accepted, Review):
        assert record.bucket.count == 1
    else:
        assert not record.is_published
    assert record.is_published == isinstance(accepted, Review)


def test_what_was_accepted_before_a_kill_is_published_by_the_worker(
    bruno: Any, community: Callable[..., Any], submitted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    community("km3net", members={"curator": [bruno]}, policy={"review": "curators"})
    review = submitted("km3net")

    def killed(**_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(publication, "publish", killed)
        with pytest.raises(KeyboardInterrupt):
            deciding.accept(actor=bruno, review_id=review.pk)
    review.refresh_from_db()
    assert (review.state, review.published) == ("accepted", False)
    assert deciding.publish_all_accepted() == 1
    assert find_record(review.record_id).is_published
    assert deciding.publish_all_accepted() == 0


def test_what_cannot_be_published_is_before_its_reviewers_again(
    bruno: Any, stella: Any, community: Callable[..., Any], submitted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = community("km3net", members={"curator": [bruno]}, policy={"review": "curators"})
    review = submitted("km3net")
    publish = publication.publish

    def stricter_meanwhile(**facts: Any) -> Any:
        policy = {"review": "curators", "required_fields": ["metadata.description"]}
        communities.update_community(actor=stella, community=made.pk, policy=policy)
        return publish(**facts)

    with monkeypatch.context() as patched:
        patched.setattr(publication, "publish", stricter_meanwhile)
        with pytest.raises(InvalidDocument, match=r"metadata\.description"):
            deciding.accept(actor=bruno, review_id=review.pk)
    review.refresh_from_db()
    assert (review.state, review.published) == ("open", False)
    assert queries.timeline(review)[-1].event == "not published"


def test_many_members_cost_no_more_queries(stella: Any, chloe: Any, community: Callable[..., Any]) -> None:
    from django.test.utils import CaptureQueriesContext

    from dop2i.server.communities import listing
    from dop2i.server.communities.queries import standing_in
    from dop2i.server.people.models import Person

    made = community("km3net", members={"reader": [chloe]})
    communities.place(actor=stella, community=made, concept_id=7)

    def asked() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as page:
            listing.members_page(actor_for_person(chloe.person), Community.objects.get(), page=1, size=25)
        with CaptureQueriesContext(connection) as policy:
            assert standing_in(chloe.person_id, 7) == (True, False)
        return len(page), len(policy)

    before = asked()
    people = Person.objects.bulk_create(
        [Person(email=f"m{n}@example.org", name=f"Member {n}") for n in range(3000)], batch_size=5000
    )
    Member.objects.bulk_create([Member(community=made, person=who, role="reader") for who in people], batch_size=5000)
    assert asked() == before
    assert before[1] == 1
