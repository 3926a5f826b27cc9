"""Who may do what in a review. Its reviewers are the community's curators, and whoever holds a role of its quorum."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dop2i.errors import NotFound, NotPermitted
from dop2i.server.communities.models import CURATOR, MANAGER
from dop2i.server.communities.policy import role_of
from dop2i.server.communities.queries import line_of, titles_held
from dop2i.server.communities.rules import policy_of
from dop2i.server.people.policy import Actor, require_scope
from dop2i.server.records.models import Record
from dop2i.server.reviews.models import Review

CURATING = (CURATOR, MANAGER)


@dataclass(frozen=True, slots=True)
class Seat:
    """What somebody is in a review: its author (who submitted, or owns the record), curator, holder of named roles."""

    author: bool
    curator: bool
    titles: frozenset[str]
    rules: dict[str, Any]

    @property
    def reviews(self) -> bool:
        """Whether they are one of its reviewers."""
        return self.curator or bool(self.titles)

    @property
    def is_quorum(self) -> bool:
        """Whether named roles decide."""
        return bool(self.rules["review"] == "quorum" and self.rules["quorum"])


def seat_of(actor: Actor, review: Review) -> Seat:
    """The actor's seat, asked anew each time: who was removed from the community has none any more."""
    rules = policy_of(line_of(review.community))
    if actor.person is None:
        return Seat(False, False, frozenset(), rules)
    owner = review.record.concept.owner_id if review.record else None
    titles: set[str] = set()
    if rules["review"] == "quorum":
        titles = titles_held(actor.person, review.community, (rule["title"] for rule in rules["quorum"]))
    return Seat(
        author=actor.person_id in (review.by_id, owner),
        curator=role_of(actor, review.community) in CURATING,
        titles=frozenset(titles),
        rules=rules,
    )


def may_read(actor: Actor, review: Review, seat: Seat | None = None) -> bool:
    """Whether the actor may read the review and comment on it. A choice that is not submitted is its author's own."""
    if actor.person is None or "read" not in actor.scopes or _is_beyond(actor, review):
        return False
    seat = seat or seat_of(actor, review)
    return seat.author or actor.is_steward or (seat.reviews and review.state != Review.State.CREATED)


def _is_beyond(actor: Actor, review: Review) -> bool:
    return actor.records is not None and review.concept_id not in actor.records


def require_seat(actor: Actor, review: Review, action: str) -> Seat:
    """The seat of who may ``read``, ``comment``, ``decide`` (reviewers), or ``author`` (resubmit, withdraw).

    Raises ``NotFound`` where the actor may not know of the review, else ``NotPermitted``.
    """
    seat = seat_of(actor, review)
    if not may_read(actor, review, seat):
        raise NotFound(f"There is no review {review.pk}.")
    if action == "decide":
        require_scope(actor, "curate")
        if not seat.reviews:
            raise NotPermitted(f"Only reviewers of {review.community} decide.", hint="Its managers name them.")
    elif action == "author":
        require_scope(actor, "deposit")
        if not (seat.author or actor.is_steward):
            raise NotPermitted("This is for who submitted the draft.")
    elif action == "comment" and not actor.scopes & {"deposit", "curate"}:
        require_scope(actor, "deposit")
    return seat


def rights_of_reviewer(actor: Actor, record: Record) -> Iterable[str]:
    """What an open review of a draft allows: its reviewers read it, curators also edit its description."""
    if actor.person is None:
        return
    states = (Review.State.OPEN, Review.State.CHANGES)
    under_way = Review.objects.filter(record_id=record.pk, kind=Review.Kind.SUBMISSION, state__in=states)
    for review in under_way.select_related("community", "record__concept"):
        seat = seat_of(actor, review)
        if seat.reviews:
            yield "read_draft"
        if seat.curator and "curate" in actor.scopes:
            yield "edit"
