"""What communities ask before a record is published in them, and how it comes to be in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Sum

from dop2i.errors import Problem
from dop2i.server.communities.actions import place
from dop2i.server.communities.models import CONTRIBUTOR, ROLES, Community
from dop2i.server.communities.queries import communities_of_concept, line_of, role_in
from dop2i.server.communities.rules import embargo_problems, field_problems, policy_of
from dop2i.server.people.policy import Actor
from dop2i.server.records.models import Record
from dop2i.server.records.policy import today
from dop2i.server.reviews.models import UNDER_WAY, Review
from dop2i.server.reviews.snapshots import bucket_of_draft, fingerprint_of

REVIEW_PATH = "parent.review"


@dataclass(frozen=True, slots=True)
class Concerned:
    """A community that the draft is published in: it is there already (``placed``), or was chosen by ``review``."""

    community: Community
    line: list[Community]
    rules: dict[str, Any]
    placed: bool
    review: Review | None


def concerned(record: Record) -> list[Concerned]:
    """The communities that the draft of a record is published in."""
    there = communities_of_concept(record.concept_id)
    states = (*UNDER_WAY, Review.State.ACCEPTED)
    asked: dict[int, Review] = {}
    rows = Review.objects.filter(record_id=record.pk, kind=Review.Kind.SUBMISSION, state__in=states, published=False)
    for review in rows.select_related("community").order_by("id"):
        asked[review.community_id] = review
    chosen = [review.community for number, review in asked.items() if number not in {one.pk for one in there}]
    found = []
    for community in [*there, *chosen]:
        line = line_of(community)
        is_there = community in there
        found.append(Concerned(community, line, policy_of(line), is_there, asked.get(community.pk)))
    return found


def needs_review(one: Concerned, record: Record, *, by_member: bool) -> bool:
    """Whether this publication waits for a review: not the edit of a description, unless the policy asks for it."""
    if one.placed and record.is_published:
        return bool(one.rules["review_edits"]) and one.rules["review"] != "none"
    if one.rules["review"] != "none":
        return True
    return not one.placed and not by_member


def is_members(actor: Actor, record: Record, community: Community) -> bool:
    """Whether the record comes from a contributor of the community: who publishes it, or its owner."""
    least = ROLES.index(CONTRIBUTOR)
    people = {person.pk: person for person in (actor.person, record.concept.owner) if person is not None}
    roles = (role_in(person, [community.pk]).get(community.pk, "") for person in people.values())
    return any(role and ROLES.index(role) >= least for role in roles)


def rules_of_communities(actor: Actor, record: Record) -> Iterator[Problem]:
    """A gate: required fields, licences, embargo and quota of each community that the draft is published in."""
    draft = record.draft or {}
    for one in concerned(record):
        yield from field_problems(one.rules, draft, name=str(one.community))
        yield from embargo_problems(one.rules, draft, today=today())
        yield from _quota_problems(one, record)


def _quota_problems(one: Concerned, record: Record) -> Iterator[Problem]:
    bucket = bucket_of_draft(record)
    more = bucket.total_bytes if bucket and not record.is_published else 0
    for community in one.line:
        if not community.quota_bytes or not more:
            continue
        within = Community.objects.filter(path__startswith=community.path)
        used = within.aggregate(used=Sum("used_bytes"))["used"] or 0
        if used + more > community.quota_bytes:
            left = max(0, community.quota_bytes - used)
            yield Problem("files", f"Some files do not fit in what is left to the community; bytes left: {left}.")


def review_wanted(actor: Actor, record: Record) -> Iterator[Problem]:
    """A gate: each community that reviews has accepted the draft as it is now."""
    for one in concerned(record):
        if not needs_review(one, record, by_member=is_members(actor, record, one.community)):
            continue
        review = one.review
        if review is None or review.state == Review.State.CREATED:
            yield Problem(
                REVIEW_PATH, f"Submit the draft for review: it is published once it is accepted by: {one.community}."
            )
        elif review.state == Review.State.OPEN:
            yield Problem(
                REVIEW_PATH, f"The review is under way: the draft is published once it is accepted by: {one.community}."
            )
        elif review.state == Review.State.CHANGES:
            yield Problem(
                REVIEW_PATH, f"Changes were asked for: make them and submit the draft again to: {one.community}."
            )
        elif review.fingerprint != fingerprint_of(record):
            yield Problem(
                REVIEW_PATH, f"The draft was changed after it was accepted: submit it again to: {one.community}."
            )


def place_chosen(actor: Actor, record: Record) -> None:
    """What is settled as a publication begins: the concept is in the communities that were chosen for it."""
    for one in concerned(record):
        if not one.placed:
            place(actor=actor, community=one.community, concept_id=record.concept_id)
