"""Alice submits a draft, Bruno and Chloé review it, Mallory may not know of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from people_of_communities import again

from dop2i.core.vocabularies.closures import REMOVALS
from dop2i.errors import Conflict, InvalidDocument, InvalidInput, NotFound, NotPermitted, WrongState
from dop2i.server.communities import membership
from dop2i.server.communities.models import Community, Member, Placement
from dop2i.server.people.policy import Actor
from dop2i.server.records import actions as records
from dop2i.server.records.models import Record
from dop2i.server.records.policy import may
from dop2i.server.records.queries import find_record, get_draft
from dop2i.server.reviews import actions, commenting, deciding, placing, queries

REVIEWED = {"review": "curators"}
QUORUM = {"review": "quorum", "quorum": [{"title": "physics-coordinator", "count": 2}]}


@pytest.fixture
def draft(put: Callable[..., Any], document: dict[str, Any]) -> Callable[..., Any]:
    """A complete draft of somebody, with one file."""

    def make(actor: Any, **parts: Any) -> Record:
        record = records.create_draft(actor=actor, document={**document, **parts})
        put(actor, record.pk, "data/muons.txt", b"1 2 3\n")
        return record

    return make


def problems_of(caught: Any) -> list[str]:
    return [problem.path for problem in caught.value.problems]


def test_a_draft_is_published_when_a_curator_accepts_it(
    alice: Any, bruno: Any, mallory: Any, community: Callable[..., Any], draft: Callable[..., Any]
) -> None:
    made = community("km3net", members={"curator": [bruno]}, policy=REVIEWED)
    record = draft(alice)
    actions.choose_community(actor=alice, record_id=record.pk, community="km3net")
    with pytest.raises(InvalidDocument, match="Submit the draft for review") as caught:
        records.publish_draft(actor=alice, record_id=record.pk)
    assert problems_of(caught) == ["parent.review"]
    assert not may(bruno, "read_draft", find_record(record.pk))

    review = actions.submit(actor=alice, record_id=record.pk, text="Please")
    assert (review.state, review.round) == ("open", 1)
    with pytest.raises(InvalidDocument, match="under way"):
        records.publish_draft(actor=alice, record_id=record.pk)
    assert may(bruno, "read_draft", find_record(record.pk))
    assert may(bruno, "edit", find_record(record.pk))
    assert not may(mallory, "read_draft", find_record(record.pk))
    with pytest.raises(NotFound):
        queries.get_review(mallory, review.pk)
    with pytest.raises(NotFound):
        deciding.accept(actor=mallory, review_id=review.pk)
    with pytest.raises(NotPermitted):
        deciding.accept(actor=alice, review_id=review.pk)

    assert deciding.accept(actor=bruno, review_id=review.pk).published
    record = find_record(record.pk)
    assert record.is_published
    assert Placement.objects.get().community == made
    made.refresh_from_db()
    assert (made.records, made.used_bytes) == (1, 6)
    with pytest.raises(WrongState, match="decided already"):
        deciding.accept(actor=bruno, review_id=review.pk)
    assert [line.event for line in queries.timeline(review)] == ["submitted", "accepted"]


def test_everybody_concerned_is_told(
    alice: Any, bruno: Any, chloe: Any, community: Callable[..., Any], draft: Callable[..., Any]
) -> None:
    from dop2i.server.notifications.models import Notice

    community("km3net", members={"curator": [bruno], "reader": [chloe]}, policy=REVIEWED)
    review = actions.submit(actor=alice, record_id=draft(alice).pk, community="km3net")

    def told(actor: Any) -> list[str]:
        notices = Notice.objects.filter(person=actor.person, kind="review").order_by("id")
        return [notice.title.split("“%(title)s”")[-1].strip() for notice in notices]

    assert told(bruno) == ["was submitted to %(community)s"]
    deciding.ask_for_changes(actor=bruno, review_id=review.pk, text="Say which detector.")
    commenting.comment(actor=alice, review_id=review.pk, text="I will.")
    deciding.decline(actor=bruno, review_id=review.pk, text="Not ours.")
    assert len(told(alice)) == 2
    assert len(told(bruno)) == 2
    assert told(chloe) == []


def test_changes_make_a_new_round_that_shows_what_differs(
    alice: Any,
    bruno: Any,
    community: Callable[..., Any],
    draft: Callable[..., Any],
    put: Callable[..., Any],
    document: dict[str, Any],
) -> None:
    from dop2i.server.records import file_actions

    community("km3net", members={"curator": [bruno]}, policy=REVIEWED)
    record = draft(alice)
    review = actions.submit(actor=alice, record_id=record.pk, community="km3net")
    assert queries.since_last_round(review) is None
    said = commenting.comment(actor=bruno, review_id=review.pk, text="Which balcony?", path="metadata.title")
    commenting.comment(actor=bruno, review_id=review.pk, text="Units?", path="files:data/muons.txt")
    deciding.ask_for_changes(actor=bruno, review_id=review.pk)
    with pytest.raises(InvalidInput):
        commenting.comment(actor=bruno, review_id=review.pk, text="?", path="nowhere to be found")
    assert commenting.settle_comment(actor=alice, review_id=review.pk, comment_id=said.pk).resolved

    changed = {**document, "metadata": {**document["metadata"], "title": "Cosmic muons on a balcony in Caen"}}
    records.update_draft(actor=alice, record_id=record.pk, document=changed)
    file_actions.delete_file(actor=alice, record_id=record.pk, key="data/muons.txt")
    put(alice, record.pk, "data/muons.txt", b"1 2 3 cm\n")
    put(alice, record.pk, "README.md", b"# Muons\n")
    review = actions.submit(actor=alice, record_id=record.pk)
    assert (review.state, review.round) == ("open", 2)
    found = queries.since_last_round(review)
    assert found is not None
    assert [(f.path, f.after) for f in found.fields] == [("metadata.title", "Cosmic muons on a balcony in Caen")]
    assert [(f.key, f.kind) for f in found.files] == [("README.md", "added"), ("data/muons.txt", "changed")]
    with pytest.raises(WrongState, match="already"):
        actions.submit(actor=alice, record_id=record.pk)


def test_what_is_accepted_is_what_was_read(
    alice: Any, bruno: Any, community: Callable[..., Any], draft: Callable[..., Any], put: Callable[..., Any]
) -> None:
    community("km3net", members={"curator": [bruno]}, policy=REVIEWED)
    record = draft(alice)
    review = actions.submit(actor=alice, record_id=record.pk, community="km3net")
    put(alice, record.pk, "late.txt", b"late")
    with pytest.raises(Conflict, match="changed after it was submitted"):
        deciding.accept(actor=bruno, review_id=review.pk)
    changed = queries.since_submission(review)
    assert changed is not None
    assert [f.key for f in changed.files] == ["late.txt"]
    seen = deciding.current_fingerprint(queries.get_review(bruno, review.pk))
    put(alice, record.pk, "later.txt", b"later")
    with pytest.raises(Conflict, match="changed after it was read"):
        deciding.accept(actor=bruno, review_id=review.pk, seen=seen)
    seen = deciding.current_fingerprint(queries.get_review(bruno, review.pk))
    assert deciding.accept(actor=bruno, review_id=review.pk, seen=seen).published


def test_a_curator_mends_the_description_and_accepts_what_it_is_now(
    alice: Any, bruno: Any, community: Callable[..., Any], draft: Callable[..., Any], document: dict[str, Any]
) -> None:
    community("km3net", members={"curator": [bruno]}, policy=REVIEWED)
    review = actions.submit(actor=alice, record_id=draft(alice).pk, community="km3net")
    mended = {**document, "metadata": {**document["metadata"], "title": "Muons"}}
    records.update_draft(actor=bruno, record_id=review.record_id, document=mended)
    with pytest.raises(NotPermitted):
        actions.submit(actor=bruno, record_id=review.record_id)
    seen = deciding.current_fingerprint(queries.get_review(bruno, review.pk))
    assert deciding.accept(actor=bruno, review_id=review.pk, seen=seen).published
    assert find_record(review.record_id).title == "Muons"
    assert not may(again(bruno), "edit", find_record(review.record_id))


def test_an_incomplete_draft_is_not_submitted(
    alice: Any, bruno: Any, community: Callable[..., Any], draft: Callable[..., Any]
) -> None:
    community(
        "km3net",
        members={"curator": [bruno]},
        policy={**REVIEWED, "required_fields": ["metadata.description"], "licences": ["cc0-1.0"]},
    )
    record = draft(alice)
    with pytest.raises(InvalidDocument) as caught:
        actions.submit(actor=alice, record_id=record.pk, community="km3net")
    assert problems_of(caught) == ["metadata.description", "metadata.rights"]
    empty = records.create_draft(actor=alice, document={})
    with pytest.raises(InvalidDocument) as caught:
        actions.submit(actor=alice, record_id=empty.pk, community="km3net")
    assert "files.enabled" in problems_of(caught)


def test_a_community_without_reviews_takes_what_its_members_publish(
    alice: Any, bruno: Any, mallory: Any, community: Callable[..., Any], draft: Callable[..., Any]
) -> None:
    made = community("km3net", members={"contributor": [alice], "curator": [bruno]})
    record = draft(alice)
    actions.choose_community(actor=alice, record_id=record.pk, community="km3net")
    records.publish_draft(actor=alice, record_id=record.pk)
    assert Placement.objects.get(concept_id=record.concept_id).community == made
    other = draft(mallory)
    actions.choose_community(actor=mallory, record_id=other.pk, community="km3net")
    with pytest.raises(InvalidDocument, match="Submit the draft"):
        records.publish_draft(actor=mallory, record_id=other.pk)
    assert actions.submit(actor=mallory, record_id=other.pk).state == "open"
    direct = actions.submit(actor=alice, record_id=draft(alice).pk, community="km3net")
    assert direct.published
    made.refresh_from_db()
    assert made.records == 2


def test_a_community_may_be_for_its_members_only(
    mallory: Any, community: Callable[..., Any], draft: Callable[..., Any]
) -> None:
    community("km3net", policy={"submission": "members"})
    with pytest.raises(NotPermitted, match="members only"):
        actions.choose_community(actor=mallory, record_id=draft(mallory).pk, community="km3net")
    with pytest.raises(NotPermitted, match="members only"):
        actions.submit(actor=mallory, record_id=draft(mallory).pk, community="km3net")


def test_a_quorum_of_named_roles_decides(
    alice: Any,
    bruno: Any,
    chloe: Any,
    person: Callable[..., Any],
    stella: Any,
    community: Callable[..., Any],
    draft: Callable[..., Any],
) -> None:
    made = community("km3net", members={"manager": [bruno]}, policy=QUORUM)
    coordinators = [chloe, person("Dora"), person("Emil")]
    rows = [
        membership.add_member(
            actor=bruno, community=made.pk, role="contributor", person=who.person, title="physics coordinator"
        )
        for who in coordinators
    ]
    record = draft(alice)
    review = actions.submit(actor=alice, record_id=record.pk, community="km3net")
    with pytest.raises(NotPermitted, match="physics-coordinator"):
        deciding.accept(actor=bruno, review_id=review.pk)
    with pytest.raises(NotPermitted):
        deciding.accept(actor=stella, review_id=review.pk)
    assert deciding.accept(actor=coordinators[0], review_id=review.pk).state == "open"
    assert deciding.accept(actor=coordinators[0], review_id=review.pk).state == "open"
    assert deciding.decline(actor=coordinators[1], review_id=review.pk, text="No").state == "open"
    line = deciding.tally_of(review, review.fingerprint)[0]
    assert (line.agreed, line.against, line.reached) == (1, 1, False)
    # who is removed while voting has no voice any more, nor a seat
    membership.remove_member(actor=bruno, community=made.pk, member_id=rows[0].pk)
    with pytest.raises(NotFound):
        deciding.accept(actor=again(coordinators[0]), review_id=review.pk)
    assert deciding.accept(actor=coordinators[2], review_id=review.pk).state == "open"
    assert deciding.accept(actor=coordinators[1], review_id=review.pk).published
    assert find_record(record.pk).is_published


def test_votes_are_for_what_was_read_and_nobody_votes_for_themselves(
    alice: Any,
    bruno: Any,
    chloe: Any,
    community: Callable[..., Any],
    draft: Callable[..., Any],
    put: Callable[..., Any],
) -> None:
    made = community("km3net", members={"manager": [bruno]}, policy=QUORUM)
    for who in (alice, bruno, chloe):
        Member.objects.update_or_create(
            community=made, person=who.person, source="", defaults={"title": "physics-coordinator"}
        )
    review = actions.submit(actor=alice, record_id=draft(alice).pk, community="km3net")
    with pytest.raises(NotPermitted, match="of their own"):
        deciding.accept(actor=alice, review_id=review.pk)
    deciding.accept(actor=bruno, review_id=review.pk)
    put(alice, review.record_id, "more.txt", b"more")
    review = actions.submit(actor=alice, record_id=review.record_id)
    assert deciding.accept(actor=chloe, review_id=review.pk).state == "open"
    assert deciding.accept(actor=bruno, review_id=review.pk).published


def test_a_new_version_is_reviewed_and_the_edit_of_a_description_is_not(
    alice: Any, bruno: Any, community: Callable[..., Any], draft: Callable[..., Any], put: Callable[..., Any]
) -> None:
    made = community("km3net", members={"curator": [bruno]}, policy=REVIEWED)
    first = actions.submit(actor=alice, record_id=draft(alice).pk, community="km3net")
    deciding.accept(actor=bruno, review_id=first.pk)
    edited = records.edit_record(actor=alice, record_id=first.record_id)
    assert records.publish_draft(actor=alice, record_id=edited.pk).revision == 2
    version = records.new_version(actor=alice, record_id=first.record_id)
    records.import_files(actor=alice, record_id=version.pk)
    draft_now = get_draft(alice, version.pk).draft
    draft_now["metadata"]["publication_date"] = "2026-05-01"
    records.update_draft(actor=alice, record_id=version.pk, document=draft_now)
    put(alice, version.pk, "second.txt", b"2")
    with pytest.raises(InvalidDocument, match="Submit the draft"):
        records.publish_draft(actor=alice, record_id=version.pk)
    review = actions.submit(actor=alice, record_id=version.pk)
    found = queries.since_last_round(review)
    assert found is not None
    assert [(f.key, f.kind) for f in found.files] == [("second.txt", "added")]
    assert deciding.accept(actor=bruno, review_id=review.pk).published
    made.refresh_from_db()
    assert (made.records, made.used_bytes) == (1, 7)
    from dop2i.server.communities.actions import update_community

    update_community(actor=bruno_as_manager(bruno, made), community=made.pk, policy={**REVIEWED, "review_edits": True})
    records.edit_record(actor=alice, record_id=version.pk)
    with pytest.raises(InvalidDocument, match="Submit the draft"):
        records.publish_draft(actor=alice, record_id=version.pk)
    review = actions.submit(actor=alice, record_id=version.pk)
    assert deciding.accept(actor=bruno, review_id=review.pk).published


def bruno_as_manager(bruno: Any, community: Community) -> Actor:
    Member.objects.filter(community=community, person=bruno.person).update(role="manager")
    return again(bruno)


def test_a_published_record_is_asked_into_another_community_and_taken_out(
    alice: Any, bruno: Any, chloe: Any, mallory: Any, community: Callable[..., Any], publish: Callable[..., Any]
) -> None:
    from dop2i.server.catalogue.models import Entry

    virgo = community("virgo", members={"curator": [chloe]})
    community("km3net", members={"curator": [bruno]}, policy=REVIEWED)
    record = publish(alice, {"a.txt": b"a"})
    with pytest.raises(NotPermitted):
        placing.include(actor=mallory, record_id=record.pk, community="virgo")
    review = placing.include(actor=alice, record_id=record.pk, community="virgo", text="Multi-messenger")
    assert review is not None
    with pytest.raises(Conflict):
        placing.include(actor=alice, record_id=record.pk, community="virgo")
    with pytest.raises(NotFound):
        deciding.accept(actor=bruno, review_id=review.pk)
    deciding.accept(actor=chloe, review_id=review.pk)
    other = placing.include(actor=alice, record_id=record.pk, community="km3net")
    assert other is not None
    deciding.accept(actor=bruno, review_id=other.pk)
    entry = Entry.objects.get(key=f"own:{record.pk}")
    assert [c["slug"] for c in entry.document["parent"]["communities"]["entries"]] == ["virgo", "km3net"]
    placing.set_default_community(actor=alice, record_id=record.pk, community="km3net")
    virgo.refresh_from_db()
    assert virgo.records == 1
    with pytest.raises(NotPermitted):
        placing.remove_from_community(actor=mallory, record_id=record.pk, community="virgo")
    placing.remove_from_community(actor=chloe, record_id=record.pk, community="virgo")
    placing.remove_from_community(actor=alice, record_id=record.pk, community="km3net")
    entry.refresh_from_db()
    assert entry.document["parent"]["communities"] == {}
    virgo.refresh_from_db()
    assert virgo.records == 0


def test_members_read_what_is_closed_and_others_do_not(
    alice: Any, bruno: Any, chloe: Any, mallory: Any, stella: Any, community: Callable[..., Any], draft: Any
) -> None:
    made = community("km3net", members={"contributor": [alice], "curator": [bruno], "reader": [chloe]})
    closed = {"record": "restricted", "files": "restricted"}
    review = actions.submit(actor=alice, record_id=draft(alice, access=closed).pk, community="km3net")
    record = find_record(review.record_id)
    assert may(chloe, "read_files", record)
    assert may(bruno, "read_files", record)
    assert not may(mallory, "read", record)
    from dop2i.server.communities.actions import update_community

    update_community(actor=stella, community=made.pk, policy={"members_read": False})
    record = find_record(review.record_id)
    assert not may(again(chloe), "read", record)
    assert may(again(bruno), "read_files", record)


def test_the_community_s_embargo_is_applied_and_only_changed_where_it_lets(
    alice: Any, bruno: Any, community: Callable[..., Any], draft: Callable[..., Any]
) -> None:
    policy = {"embargo": {"years_after_run": 40, "reason": "publication", "changeable": False}}
    community("ganil", members={"contributor": [alice], "curator": [bruno]}, policy=policy)
    record = draft(alice)
    actions.choose_community(actor=alice, record_id=record.pk, community="ganil")
    assert not (get_draft(alice, record.pk).draft["access"].get("embargo") or {}).get("active")
    with pytest.raises(InvalidDocument, match="when the run ended"):
        records.publish_draft(actor=alice, record_id=record.pk)
    fields = {"dop2i:theme": "nuclear", "dop2i:time_range": {"start": "2019-03-01", "end": "2019-03-09"}}
    second = draft(alice, custom_fields=fields)
    actions.choose_community(actor=alice, record_id=second.pk, community="ganil")
    written = get_draft(alice, second.pk).draft
    assert written["access"]["files"] == "restricted"
    assert written["access"]["embargo"]["until"] == "2059-03-09"
    records.update_draft(
        actor=alice, record_id=second.pk, document={**written, "access": {"record": "public", "files": "public"}}
    )
    with pytest.raises(InvalidDocument, match="2059-03-09") as caught:
        records.publish_draft(actor=alice, record_id=second.pk)
    assert problems_of(caught) == ["access.embargo.until"]
    records.update_draft(actor=alice, record_id=second.pk, document=written)
    assert records.publish_draft(actor=alice, record_id=second.pk).is_published
    with pytest.raises(NotPermitted, match="2059-03-09"):
        placing.remove_from_community(actor=alice, record_id=second.pk, community="ganil")
    placing.remove_from_community(actor=bruno, record_id=second.pk, community="ganil")


def test_a_full_community_takes_no_more(
    alice: Any, stella: Any, community: Callable[..., Any], draft: Callable[..., Any]
) -> None:
    above = community("facility", quota_bytes=10)
    community("km3net", parent=above.pk, members={"contributor": [alice]})
    actions.submit(actor=alice, record_id=draft(alice).pk, community="km3net")
    with pytest.raises(InvalidDocument, match="bytes left: 4") as caught:
        actions.submit(actor=alice, record_id=draft(alice).pk, community="km3net")
    assert problems_of(caught) == ["files"]


def test_a_member_removed_while_uploading_keeps_the_draft_but_not_the_community(
    alice: Any, bruno: Any, community: Callable[..., Any], draft: Callable[..., Any], put: Callable[..., Any]
) -> None:
    made = community("km3net", members={"manager": [bruno], "contributor": [alice]}, policy={"submission": "members"})
    record = draft(alice)
    actions.choose_community(actor=alice, record_id=record.pk, community="km3net")
    member = Member.objects.get(community=made, person=alice.person)
    membership.remove_member(actor=bruno, community=made.pk, member_id=member.pk)
    put(again(alice), record.pk, "more.txt", b"more")
    with pytest.raises(NotPermitted, match="members only"):
        actions.submit(actor=again(alice), record_id=record.pk)
    with pytest.raises(InvalidDocument, match="Submit the draft"):
        records.publish_draft(actor=again(alice), record_id=record.pk)
    actions.forget_choice(actor=again(alice), record_id=record.pk)
    assert records.publish_draft(actor=again(alice), record_id=record.pk).is_published
    assert not Placement.objects.exists()


def test_reviews_end_with_their_drafts_and_by_their_authors(
    alice: Any, bruno: Any, community: Callable[..., Any], draft: Callable[..., Any]
) -> None:
    community("km3net", members={"curator": [bruno]}, policy=REVIEWED)
    first = actions.submit(actor=alice, record_id=draft(alice).pk, community="km3net")
    records.delete_draft(actor=alice, record_id=first.record_id)
    first.refresh_from_db()
    assert (first.state, first.record) == ("withdrawn", None)
    assert queries.get_review(bruno, first.pk)
    second = actions.submit(actor=alice, record_id=draft(alice).pk, community="km3net")
    with pytest.raises(NotPermitted):
        actions.withdraw(actor=bruno, review_id=second.pk)
    assert actions.withdraw(actor=alice, review_id=second.pk).state == "withdrawn"
    with pytest.raises(WrongState):
        deciding.accept(actor=bruno, review_id=second.pk)
    again_ = actions.submit(actor=alice, record_id=second.record_id, community="km3net")
    assert again_.pk != second.pk
    assert deciding.decline(actor=bruno, review_id=again_.pk).state == "declined"


def test_queues_hold_what_waits(
    alice: Any, bruno: Any, mallory: Any, community: Callable[..., Any], draft: Callable[..., Any]
) -> None:
    made = community("km3net", members={"curator": [bruno]}, policy=REVIEWED)
    one = actions.submit(actor=alice, record_id=draft(alice).pk, community="km3net")
    two = actions.submit(actor=alice, record_id=draft(alice).pk, community="km3net")
    deciding.ask_for_changes(actor=bruno, review_id=two.pk)
    assert [r.pk for r in queries.waiting_for(bruno)] == [one.pk]
    assert [r.pk for r in queries.waiting_for(alice)] == [two.pk]
    assert queries.queue_of(bruno, made).count() == 2
    assert queries.queue_of(bruno, made, state="changes").get() == two
    assert not queries.reviews_seen(mallory).exists()
    limited = Actor(person=alice.person, scopes=frozenset({"read"}), records=frozenset({one.concept_id}))
    assert queries.reviews_seen(limited).get() == one


def test_comments_are_their_author_s(
    alice: Any, bruno: Any, community: Callable[..., Any], draft: Callable[..., Any]
) -> None:
    community("km3net", members={"curator": [bruno]}, policy=REVIEWED)
    review = actions.submit(actor=alice, record_id=draft(alice).pk, community="km3net")
    said = commenting.comment(actor=bruno, review_id=review.pk, text="Wich?")
    with pytest.raises(NotPermitted):
        commenting.edit_comment(actor=alice, review_id=review.pk, comment_id=said.pk, text="Mine")
    assert commenting.edit_comment(actor=bruno, review_id=review.pk, comment_id=said.pk, text="Which?").revision == 2
    commenting.delete_comment(actor=bruno, review_id=review.pk, comment_id=said.pk)
    assert [(c.event, c.text) for c in queries.timeline(review)] == [("submitted", ""), ("deleted", "")]
    with pytest.raises(InvalidInput):
        commenting.comment(actor=bruno, review_id=review.pk, text=" \n")


def test_a_withdrawn_record_is_not_counted(
    alice: Any, community: Callable[..., Any], draft: Callable[..., Any]
) -> None:
    from dop2i.server.records.withdrawal import withdraw

    made = community("km3net", members={"contributor": [alice]})
    review = actions.submit(actor=alice, record_id=draft(alice).pk, community="km3net")
    made.refresh_from_db()
    assert made.records == 1
    withdraw(actor=alice, record_id=review.record_id, reason=sorted(REMOVALS)[0])
    made.refresh_from_db()
    assert made.records == 0
