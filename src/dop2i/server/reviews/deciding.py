"""What reviewers do: ask for changes, accept, decline. A quorum is counted under a lock, each time anew."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from dop2i.errors import Conflict, Dop2iError, InvalidDocument, NotFound, NotPermitted, WrongState
from dop2i.server.communities.models import Community
from dop2i.server.communities.queries import line_of, people_in
from dop2i.server.communities.rules import policy_of
from dop2i.server.faults import told
from dop2i.server.people.audit import audit
from dop2i.server.people.policy import Actor
from dop2i.server.records import publication
from dop2i.server.records.models import Record
from dop2i.server.records.policy import today
from dop2i.server.reviews import telling
from dop2i.server.reviews.actions import _target, held_review, publisher_of, require_complete
from dop2i.server.reviews.closing import close, record_event
from dop2i.server.reviews.gates import REVIEW_PATH
from dop2i.server.reviews.models import Review, Vote
from dop2i.server.reviews.placing import published_fingerprint, put_in, require_rules
from dop2i.server.reviews.policy import Seat, require_seat
from dop2i.server.reviews.snapshots import fingerprint_of

logger = logging.getLogger("dop2i.reviews")


@dataclass(frozen=True, slots=True)
class Tally:
    """One line of a quorum: so many of a named role must agree, and so many do."""

    title: str
    needed: int
    agreed: int
    against: int = 0

    @property
    def reached(self) -> bool:
        """Whether enough agree."""
        return self.agreed >= self.needed


def tally_of(review: Review, fingerprint: str) -> list[Tally]:
    """How the quorum stands for the draft as ``fingerprint`` names it: only who holds the role today counts."""
    lines = []
    within = line_of(review.community)
    votes = list(Vote.objects.filter(review=review, fingerprint=fingerprint))
    for rule in policy_of(within)["quorum"]:
        holders: set[int] = set()
        for community in within:
            holders.update(person.pk for person in people_in(community, titles=[rule["title"]], most=10_000))
        holders -= {person.pk for person in telling.authors(review)}
        valid = [vote for vote in votes if vote.title == rule["title"] and vote.person_id in holders]
        agreed = sum(1 for vote in valid if vote.accepts)
        lines.append(Tally(rule["title"], rule["count"], agreed, len(valid) - agreed))
    return lines


def current_fingerprint(review: Review) -> str:
    """Of what is before the reviewers now. Raises ``WrongState`` when there is no draft any more."""
    record = review.record
    if review.kind == Review.Kind.INCLUSION:
        if record is None or not record.is_published:
            raise WrongState("The record is not published any more.")
        return published_fingerprint(record)
    if record is None or record.draft is None:
        raise WrongState("There is no draft any more.", hint="Decline the review, or ask its author.")
    return fingerprint_of(record)


def accept(*, actor: Actor, review_id: int, seen: str = "", text: str = "") -> Review:
    """Accept: the draft is published, or, where a quorum decides, one's voice is counted until it is reached.

    ``seen`` is the fingerprint of what was read (without it: what was submitted). Raises ``Conflict`` when the draft
    has been changed since, ``InvalidDocument`` when it is not complete any more, ``WrongState`` when it is decided.
    """
    review = _accepted(actor=actor, review_id=review_id, seen=seen, text=text)
    if review.state == Review.State.ACCEPTED and review.kind == Review.Kind.SUBMISSION:
        publish_accepted(actor=actor, review_id=review.pk)
        review.refresh_from_db()
    return review


@told()
@transaction.atomic
def _accepted(*, actor: Actor, review_id: int, seen: str, text: str) -> Review:
    review = held_review(review_id)
    seat = require_seat(actor, review, "decide")
    _require_open(review)
    if review.record_id:
        Record.objects.select_for_update().get(pk=review.record_id)
    now = current_fingerprint(review)
    if now != (seen or review.fingerprint):
        raise Conflict(
            "The draft was changed after it was read." if seen else "The draft was changed after it was submitted.",
            hint="Read it as it is now, then decide.",
        )
    _require_publishable(actor, review)
    if seat.is_quorum and not _voted(actor, review, seat, fingerprint=now, accepts=True, text=text):
        return review
    review.fingerprint = now
    close(
        actor=actor, review=review, state=Review.State.ACCEPTED, event="accepted", text="" if seat.is_quorum else text
    )
    audit(actor=actor, action="accept review", target=_target(review), review=review.pk)
    if review.kind == Review.Kind.INCLUSION and review.record is not None:
        put_in(actor=actor, record=review.record, community=review.community)
        Review.objects.filter(pk=review.pk).update(published=True)
    telling.tell(actor=actor, review=review, people=_everybody(review), title=telling.ACCEPTED, body=text)
    return review


def _require_publishable(actor: Actor, review: Review) -> None:
    if review.record is None:
        return
    if review.kind == Review.Kind.INCLUSION:
        require_rules(review.community, review.record)
    else:
        require_complete(publisher_of(review, actor), review.record)


def _require_open(review: Review) -> None:
    if not review.is_open:
        word = "decided already" if review.decided else "not submitted yet"
        raise WrongState(f"This review is {word}: it is {review.state}.")


def _everybody(review: Review) -> list[telling.Person]:
    return [*telling.authors(review), *telling.participants(review)]


def _voted(actor: Actor, review: Review, seat: Seat, *, fingerprint: str, accepts: bool, text: str) -> bool:
    """Count the actor's voice under each of their named roles; whether the quorum is reached now."""
    if actor.person is None or not seat.titles:
        roles = ", ".join(rule["title"] for rule in seat.rules["quorum"])
        raise NotPermitted(f"Publication in {review.community} is decided by: {roles}.")
    if seat.author:
        raise NotPermitted("Nobody votes on a draft of their own.")
    for title in seat.titles:
        facts = {"accepts": accepts, "at": timezone.now()}
        Vote.objects.update_or_create(
            review=review, person=actor.person, title=title, fingerprint=fingerprint, defaults=facts
        )
    record_event(actor=actor, review=review, event="agreed" if accepts else "objected", text=text)
    verdict = "agree" if accepts else "object"
    audit(actor=actor, action=verdict, target=_target(review), review=review.pk, titles=sorted(seat.titles))
    if accepts and all(line.reached for line in tally_of(review, fingerprint)):
        return True
    title = telling.VOTED if accepts else telling.OBJECTED
    telling.tell(actor=actor, review=review, people=_everybody(review), title=title, body=text)
    review.updated = timezone.now()
    review.save(update_fields=["updated"])
    return False


def publish_accepted(*, actor: Actor, review_id: int) -> None:
    """Publish what was accepted. What another community still has to accept waits; what cannot be published is
    before its reviewers again, and ``InvalidDocument`` or ``WrongState`` says why.
    """
    review = Review.objects.select_related("community", "record__concept__owner").get(pk=review_id)
    record = review.record
    if record is None or record.draft is None:
        return
    try:
        publication.publish(actor=publisher_of(review, actor), record_id=record.pk)
    except InvalidDocument as error:
        if all(problem.path == REVIEW_PATH for problem in error.problems):
            _require_unchanged(actor, review)
            return
        _reopen(actor, review_id, str(error))
        raise
    except WrongState as error:
        _reopen(actor, review_id, str(error))
        raise
    except NotFound:
        # somebody else has published the draft in the meantime
        return


def _require_unchanged(actor: Actor, review: Review) -> None:
    """What is accepted waits for another community, unless it was changed between the decision and its publication."""
    record = Record.objects.select_related("bucket", "draft_bucket").filter(pk=review.record_id).first()
    if record is not None and record.draft is not None and fingerprint_of(record) != review.fingerprint:
        _reopen(actor, review.pk, "The draft was changed while it was being accepted.")
        raise Conflict("The draft was changed after it was read.", hint="Read it as it is now, then decide.")


@told()
@transaction.atomic
def _reopen(actor: Actor, review_id: int, why: str) -> None:
    review = held_review(review_id)
    if review.state != Review.State.ACCEPTED or review.published:
        return
    review.state, review.decided, review.decided_by = Review.State.OPEN, None, None
    review.save(update_fields=["state", "decided", "decided_by"])
    record_event(actor=actor, review=review, event="not published", text=why)


def publish_all_accepted() -> int:
    """Publish what was accepted before a process died; returns how many were."""
    done = 0
    waiting = Review.objects.filter(state=Review.State.ACCEPTED, published=False, kind=Review.Kind.SUBMISSION)
    for review in waiting.exclude(record=None).select_related("record", "decided_by")[:100]:
        if review.record is None or review.record.draft is None or fingerprint_of(review.record) != review.fingerprint:
            continue
        try:
            publish_accepted(actor=Actor(person=review.decided_by), review_id=review.pk)
        except Dop2iError as error:
            logger.warning("The draft of review %s cannot be published: %s", review.pk, error)
            continue
        done += Review.objects.filter(pk=review.pk, published=True).exists()
    return done


@told()
@transaction.atomic
def decline(*, actor: Actor, review_id: int, text: str = "") -> Review:
    """Decline: the review is over, the draft stays its author's. A holder of a quorum's role alone only objects."""
    review = held_review(review_id)
    seat = require_seat(actor, review, "decide")
    _require_open(review)
    if seat.is_quorum and not seat.curator:
        _voted(actor, review, seat, fingerprint=current_fingerprint(review), accepts=False, text=text)
        return review
    close(actor=actor, review=review, state=Review.State.DECLINED, event="declined", text=text)
    audit(actor=actor, action="decline review", target=_target(review), review=review.pk)
    telling.tell(actor=actor, review=review, people=_everybody(review), title=telling.DECLINED, body=text)
    return review


@told()
@transaction.atomic
def ask_for_changes(*, actor: Actor, review_id: int, text: str = "") -> Review:
    """Ask the author for changes, which are in the comments; submitting again begins the next round."""
    review = held_review(review_id)
    require_seat(actor, review, "decide")
    _require_open(review)
    if review.kind == Review.Kind.INCLUSION:
        raise WrongState("The record is published: comment on it, accept or decline.")
    review.state, review.updated = Review.State.CHANGES, timezone.now()
    review.save(update_fields=["state", "updated"])
    record_event(actor=actor, review=review, event="changes", text=text)
    audit(actor=actor, action="ask for changes", target=_target(review), review=review.pk)
    telling.tell(actor=actor, review=review, people=_everybody(review), title=telling.CHANGES, body=text)
    return review


def opening_told(community: Community, record: Record) -> str:
    """The day on which the community's embargo would open the draft's files; empty without one."""
    from dop2i.server.communities.rules import opening_day

    try:
        until = opening_day(policy_of(line_of(community)), record.draft or {}, today=today())
    except InvalidDocument:
        return ""
    return until.isoformat() if until else ""
