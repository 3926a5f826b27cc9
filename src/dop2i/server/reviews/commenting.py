"""What is said in a review: about the whole, a field or a file. A comment about a part can be settled."""

from __future__ import annotations

import re

from django.db import transaction
from django.utils import timezone

from dop2i.errors import InvalidInput, NotFound, NotPermitted, RevisionConflict, WrongState
from dop2i.server.faults import told
from dop2i.server.people.audit import audit
from dop2i.server.people.policy import Actor
from dop2i.server.reviews import telling
from dop2i.server.reviews.actions import held_review
from dop2i.server.reviews.closing import LONGEST_TEXT
from dop2i.server.reviews.models import Comment, Review
from dop2i.server.reviews.policy import require_seat

MOST_COMMENTS = 5000
_PATH = re.compile(r"(metadata|custom_fields|access|files)(\.[A-Za-z0-9_:-]{1,80}){0,8}|files:[^\x00-\x1f\x7f]{1,1000}")


def checked_text(text: str) -> str:
    """What is said, as it is kept. Raises ``InvalidInput`` for nothing, or too much."""
    kept = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if not kept:
        raise InvalidInput("A comment needs words.")
    if len(kept) > LONGEST_TEXT:
        raise InvalidInput(f"A comment has at most {LONGEST_TEXT:,} characters.")
    return kept


@told()
@transaction.atomic
def comment(*, actor: Actor, review_id: int, text: str, path: str = "") -> Comment:
    """Say something; ``path`` is a field (``metadata.title``) or a file (``files:data/a.root``)."""
    review = held_review(review_id)
    require_seat(actor, review, "comment")
    said, about = checked_text(text), path.strip()
    if about and not _PATH.fullmatch(about):
        raise InvalidInput(
            f"{about[:80]!r} is no field and no file.", hint="Write metadata.title or files:data/a.root."
        )
    if Comment.objects.filter(review=review).count() >= MOST_COMMENTS:
        raise WrongState(f"A review has at most {MOST_COMMENTS} comments.")
    made = Comment.objects.create(review=review, author=actor.person, round=review.round, path=about, text=said)
    Review.objects.filter(pk=review.pk).update(updated=timezone.now())
    audit(actor=actor, action="comment", target=f"review:{review.pk}", comment=made.pk, path=about[:200])
    people = [*telling.authors(review), *telling.participants(review)]
    if review.state != Review.State.CREATED:
        telling.tell(actor=actor, review=review, people=people, title=telling.COMMENTED, body=said)
    return made


def _held_comment(actor: Actor, review_id: int, comment_id: int) -> Comment:
    review = held_review(review_id)
    require_seat(actor, review, "comment")
    found = Comment.objects.select_related("author").filter(review=review, pk=comment_id).first()
    if found is None:
        raise NotFound("There is no such comment.")
    return found


def _own_comment(actor: Actor, review_id: int, comment_id: int) -> Comment:
    found = _held_comment(actor, review_id, comment_id)
    if found.author_id != actor.person_id or found.event:
        raise NotPermitted("Only who wrote a comment changes or deletes it.")
    return found


@told()
@transaction.atomic
def edit_comment(
    *, actor: Actor, review_id: int, comment_id: int, text: str, expected_revision: int | None = None
) -> Comment:
    """Change what one said oneself. Raises ``RevisionConflict``."""
    found = _own_comment(actor, review_id, comment_id)
    if expected_revision is not None and expected_revision != found.revision:
        raise RevisionConflict("The comment was changed meanwhile.", hint="Read it again.")
    found.text, found.edited = checked_text(text), timezone.now()
    found.revision += 1
    found.save(update_fields=["text", "edited", "revision"])
    audit(actor=actor, action="edit comment", target=f"review:{review_id}", comment=found.pk)
    return found


@told()
@transaction.atomic
def delete_comment(*, actor: Actor, review_id: int, comment_id: int) -> None:
    """Delete what one said oneself; the timeline keeps that there was something."""
    found = _own_comment(actor, review_id, comment_id)
    found.text, found.path, found.event, found.edited = "", "", "deleted", timezone.now()
    found.revision += 1
    found.save(update_fields=["text", "path", "event", "edited", "revision"])
    audit(actor=actor, action="delete comment", target=f"review:{review_id}", comment=found.pk)


@told()
@transaction.atomic
def settle_comment(*, actor: Actor, review_id: int, comment_id: int, settled: bool = True) -> Comment:
    """Mark a comment as settled, or as not settled again."""
    found = _held_comment(actor, review_id, comment_id)
    found.resolved = timezone.now() if settled else None
    found.resolved_by = actor.person if settled else None
    found.save(update_fields=["resolved", "resolved_by"])
    audit(actor=actor, action="settle comment", target=f"review:{review_id}", comment=found.pk, settled=settled)
    return found
