"""The timeline of a review, and how a review ends."""

from __future__ import annotations

from django.utils import timezone

from dop2i.server.people.policy import ANONYMOUS, Actor
from dop2i.server.records.models import Record
from dop2i.server.reviews.models import UNDER_WAY, Comment, Review

LONGEST_TEXT = 20_000


def record_event(*, actor: Actor, review: Review, event: str, text: str = "") -> Comment:
    """Write in the timeline what happened, with what was said about it."""
    return Comment.objects.create(
        review=review, author=actor.person, event=event, round=review.round, text=text.strip()[:LONGEST_TEXT]
    )


def close(*, actor: Actor, review: Review, state: str, event: str, text: str = "") -> None:
    """End a locked review, in the caller's transaction."""
    review.state = state
    review.decided = review.updated = timezone.now()
    review.decided_by = actor.person
    review.save(update_fields=["state", "decided", "updated", "decided_by", "fingerprint"])
    record_event(actor=actor, review=review, event=event, text=text)


def end_with_draft(record: Record) -> None:
    """The draft is being deleted: what is under way about it ends."""
    for review in Review.objects.select_for_update().filter(record_id=record.pk, state__in=UNDER_WAY):
        if review.state == Review.State.CREATED:
            review.delete()
        else:
            close(actor=ANONYMOUS, review=review, state=Review.State.WITHDRAWN, event="draft deleted")
