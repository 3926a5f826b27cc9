"""Reads about reviews: queues, one review, its timeline, and what differs between its rounds."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from dop2i.errors import NotFound
from dop2i.server.communities.models import Community
from dop2i.server.communities.queries import curated_by, memberships_of
from dop2i.server.people.policy import Actor, require_scope
from dop2i.server.records.documents import written_part
from dop2i.server.records.models import Record
from dop2i.server.reviews.models import UNDER_WAY, Comment, Review, Round
from dop2i.server.reviews.policy import require_seat
from dop2i.server.reviews.snapshots import Difference, Snapshot, bucket_of_draft, difference, files_of, unpack, written

LARGEST_PAGE = 200
WAITING = (Review.State.OPEN, Review.State.CHANGES)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of reviews: ``total`` counts all of them, ``page`` from 1."""

    reviews: list[Review]
    total: int
    page: int
    size: int


def _rows() -> QuerySet[Review]:
    return Review.objects.select_related("community", "by", "record")


def page_of(rows: QuerySet[Review], *, page: int = 1, size: int = 25) -> Page:
    """One page of these, last touched first."""
    size = max(1, min(size, LARGEST_PAGE))
    start = (max(page, 1) - 1) * size
    return Page(list(rows.order_by("-updated", "-id")[start : start + size]), rows.count(), max(page, 1), size)


def reviews_mine(actor: Actor) -> QuerySet[Review]:
    """Those that the actor submitted, or about records of theirs, choices that are not submitted left aside."""
    person = require_scope(actor, "read")
    mine = Q(by=person) | Q(record__concept__owner=person)
    return _within(actor, _rows().filter(mine).exclude(state=Review.State.CREATED))


def reviews_of_others(actor: Actor) -> QuerySet[Review]:
    """Those before the actor as a reviewer: of communities that they curate, or where they hold a named role."""
    person = require_scope(actor, "read")
    held = memberships_of(person.pk).exclude(title="").values_list("community_id", flat=True)
    numbers = curated_by(person) | set(held)
    rows = _rows().exclude(state=Review.State.CREATED)
    return _within(actor, rows if actor.is_steward else rows.filter(community_id__in=numbers))


def _within(actor: Actor, rows: QuerySet[Review]) -> QuerySet[Review]:
    return rows if actor.records is None else rows.filter(concept_id__in=actor.records)


def reviews_seen(actor: Actor) -> QuerySet[Review]:
    """All that the actor may read."""
    return (reviews_mine(actor) | reviews_of_others(actor)).distinct()


def waiting_for(actor: Actor) -> QuerySet[Review]:
    """Those that wait for the actor: to decide as a reviewer, or to change as an author."""
    to_decide = reviews_of_others(actor).filter(state=Review.State.OPEN).exclude(by=actor.person)
    to_change = reviews_mine(actor).filter(state=Review.State.CHANGES)
    return (to_decide | to_change).distinct()


def queue_of(actor: Actor, community: Community, *, state: str = "") -> QuerySet[Review]:
    """The reviews before a community, for its reviewers. ``state`` one of them, or all that are submitted."""
    rows = reviews_of_others(actor).filter(community=community)
    return rows.filter(state=state) if state else rows


def get_review(actor: Actor, review_id: int) -> Review:
    """A review that the actor may read. Raises ``NotFound``."""
    review = Review.objects.select_related("community", "by", "decided_by", "record__concept__owner").filter(
        pk=review_id
    )
    found = review.first()
    if found is None:
        raise NotFound(f"There is no review {review_id}.")
    require_seat(actor, found, "read")
    return found


def review_of_draft(record: Record) -> Review | None:
    """The review under way of a draft (or its chosen community), else the last one."""
    rows = Review.objects.filter(record=record, kind=Review.Kind.SUBMISSION).select_related("community", "by")
    return rows.filter(state__in=UNDER_WAY).order_by("-id").first() or rows.order_by("-id").first()


def timeline(review: Review, *, page: int = 1, size: int = 200) -> list[Comment]:
    """What was said and what happened, oldest first."""
    size = max(1, min(size, LARGEST_PAGE * 5))
    rows = Comment.objects.filter(review=review).select_related("author", "resolved_by").order_by("id")
    return list(rows[(page - 1) * size : page * size])


def timeline_length(review: Review) -> int:
    """How many lines the timeline has."""
    return Comment.objects.filter(review=review).count()


def since_last_round(review: Review, number: int | None = None) -> Difference | None:
    """What differs between a round (the last one) and the one before it; None without anything before.

    Before the first round stands the version that was published before, if there is one.
    """
    after = _round(review, review.round if number is None else number)
    if after is None:
        return None
    before = _round(review, after.number - 1)
    earlier = _snapshot(before) if before else _published_before(review)
    return None if earlier is None else difference(earlier, _snapshot(after))


def since_submission(review: Review) -> Difference | None:
    """What the draft is now against what was submitted last; None when there is no draft or no round."""
    last, record = _round(review, review.round), review.record
    if last is None or record is None or record.draft is None or review.kind != Review.Kind.SUBMISSION:
        return None
    now = Snapshot(written(record), {key: (n, size) for key, n, size in files_of(bucket_of_draft(record))})
    return difference(_snapshot(last), now)


def _round(review: Review, number: int) -> Round | None:
    return Round.objects.filter(review=review, number=number).first()


def _snapshot(kept: Round) -> Snapshot:
    return Snapshot(kept.document, unpack(kept.files))


def _published_before(review: Review) -> Snapshot | None:
    record = review.record
    if record is None or review.kind != Review.Kind.SUBMISSION:
        return None
    if record.is_published:
        earlier: Record | None = record
    else:
        rows = Record.objects.filter(concept_id=record.concept_id, index__lt=record.index)
        earlier = rows.filter(state=Record.State.PUBLISHED).select_related("bucket").order_by("-index").first()
    if earlier is None:
        return None
    files = {key: (number, size) for key, number, size in files_of(earlier.bucket)}
    return Snapshot(written_part(earlier.document or {}), files)


def get_line(review: Review, comment_id: int) -> Comment:
    """One line of a review's timeline. Raises ``NotFound``."""
    found = Comment.objects.select_related("author").filter(review=review, pk=comment_id).first()
    if found is None:
        raise NotFound("There is no such comment.")
    return found
