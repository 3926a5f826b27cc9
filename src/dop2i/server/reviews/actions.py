"""What authors do: choose a community for a draft, submit it, submit it again, withdraw it.

Reviewers' actions are in ``deciding``, what is said in ``commenting``, and published records in ``placing``.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from dop2i.errors import InvalidDocument, NotFound, NotPermitted, Problem, WrongState
from dop2i.server.communities.models import Community
from dop2i.server.communities.policy import may as may_in
from dop2i.server.communities.queries import communities_of_concept, get_community, line_of
from dop2i.server.communities.rules import policy_of, with_embargo
from dop2i.server.ethics.gate import PATHS as ETHICS_PATHS
from dop2i.server.faults import told
from dop2i.server.files.queries import pending_entries
from dop2i.server.people.audit import audit
from dop2i.server.people.policy import Actor, require_scope
from dop2i.server.records import publication
from dop2i.server.records.held import held_draft
from dop2i.server.records.models import Record
from dop2i.server.records.policy import owns, today
from dop2i.server.records.queries import draft_problems, find_record
from dop2i.server.reviews.closing import close, record_event
from dop2i.server.reviews.gates import REVIEW_PATH, concerned, is_members, needs_review, review_wanted
from dop2i.server.reviews.models import UNDER_WAY, Review, Round
from dop2i.server.reviews.policy import require_seat
from dop2i.server.reviews.snapshots import bucket_of_draft, files_of, fingerprint_of, pack, written
from dop2i.server.reviews.telling import RESUBMITTED, SUBMITTED, WITHDRAWN, reviewers, tell

CREATED, OPEN, CHANGES, ACCEPTED = (
    Review.State.CREATED,
    Review.State.OPEN,
    Review.State.CHANGES,
    Review.State.ACCEPTED,
)


def _own_draft(actor: Actor, record_id: int | str) -> Record:
    """The locked record with its draft, which is the actor's own to submit."""
    record = held_draft(actor, record_id)
    if not owns(actor, record):
        raise NotPermitted(f"The draft of record {record.pk} belongs to somebody else: its owner submits it.")
    return record


def _under_way(record: Record) -> list[Review]:
    rows = Review.objects.select_for_update().filter(record=record, kind=Review.Kind.SUBMISSION, state__in=UNDER_WAY)
    return list(rows.order_by("id"))


@told()
@transaction.atomic
def choose_community(*, actor: Actor, record_id: int | str, community: int | str) -> Review:
    """Say to which community a draft is to go; the community's embargo is applied to it where nothing is said yet.

    Raises ``WrongState`` for what is published (ask it into the community instead) or submitted already.
    """
    person = require_scope(actor, "deposit")
    record = _own_draft(actor, record_id)
    found = get_community(actor, community)
    if record.is_published:
        raise WrongState(f"Record {record.pk} is published.", hint="Ask it into the community instead.")
    _require_open_to(actor, found)
    waiting = _under_way(record)
    if any(review.state != CREATED for review in waiting):
        raise WrongState("The draft is submitted already.", hint="Withdraw it from that review first.")
    review = waiting[0] if waiting else Review(record=record, concept_id=record.concept_id, by=person)
    review.community, review.title, review.updated = found, record.title[:500], timezone.now()
    review.save()
    _apply_embargo(actor, record, found)
    audit(actor=actor, action="choose community", target=f"record:{record.pk}", community=found.pk)
    return review


def _require_open_to(actor: Actor, community: Community) -> None:
    rules = policy_of(line_of(community))
    if rules["submission"] == "members" and not may_in(actor, "submit", community):
        raise NotPermitted(f"{community} takes drafts of its members only.", hint="Ask a manager for an invitation.")


def _apply_embargo(actor: Actor, record: Record, community: Community) -> None:
    draft = with_embargo(policy_of(line_of(community)), record.draft or {}, today=today())
    if draft == record.draft:
        return
    record.draft = draft
    record.draft_revision += 1
    record.save(update_fields=["draft", "draft_revision"])
    until = draft["access"]["embargo"]["until"]
    audit(actor=actor, action="apply embargo", target=f"record:{record.pk}", community=community.pk, until=until)


@told()
@transaction.atomic
def forget_choice(*, actor: Actor, record_id: int | str) -> None:
    """Take back the choice of a community for a draft that is not submitted. Raises ``NotFound``, ``WrongState``."""
    require_scope(actor, "deposit")
    record = _own_draft(actor, record_id)
    waiting = _under_way(record)
    if not waiting:
        raise NotFound(f"No community is chosen for the draft of record {record.pk}.")
    if any(review.state != CREATED for review in waiting):
        raise WrongState("The draft is submitted already.", hint="Withdraw it from that review.")
    for review in waiting:
        review.delete()
    audit(actor=actor, action="forget community", target=f"record:{record.pk}")


def complete_problems(actor: Actor, record: Record) -> list[Problem]:
    """What keeps a draft from being submitted: all that publication asks for, save the review itself.

    Personal data that were found do not: a curator who reviews is who may decide on them.
    """
    found = [p for p in draft_problems(actor, record, for_publication=True) if p.severity == "error"]
    enabled = bool(((record.draft or {}).get("files") or {}).get("enabled", True))
    bucket = bucket_of_draft(record)
    if enabled and (bucket is None or bucket.count == 0):
        found.append(Problem("files.enabled", "Add at least one file, or set files.enabled to false."))
    return [p for p in found if p.path not in (REVIEW_PATH, *ETHICS_PATHS)]


def require_complete(actor: Actor, record: Record) -> None:
    """Raise ``InvalidDocument`` with what is missing, ``WrongState`` for files that have not arrived."""
    if problems := complete_problems(actor, record):
        raise InvalidDocument(problems)
    if record.draft_bucket is not None and (waiting := pending_entries(record.draft_bucket.pk)):
        names = ", ".join(entry.key for entry in waiting)
        raise WrongState(f"These files have not arrived: {names}.", hint="Send and commit them, or delete them.")


def submit(*, actor: Actor, record_id: int | str, community: int | str | None = None, text: str = "") -> Review:
    """Submit a draft to a community (the chosen one), or submit it again after changes: a new round.

    A community without reviews publishes the draft of a member at once: the review is then accepted. Raises
    ``InvalidDocument`` for an incomplete draft, ``WrongState`` when it is submitted as it is already.
    """
    review, direct = _submitted(actor=actor, record_id=record_id, community=community, text=text)
    if direct and review.record is not None:
        publication.publish(actor=actor, record_id=review.record.pk)
        review.refresh_from_db()
    return review


def publish_or_submit(*, actor: Actor, record_id: int | str, expected_revision: int | None = None) -> Review | None:
    """Publish a draft, or submit it where a community wants to review it first; the review then, else None.

    Raises what :func:`submit` and ``records.actions.publish_draft`` raise.
    """
    record = find_record(record_id)
    if record.draft is not None and owns(actor, record) and any(review_wanted(actor, record)):
        return submit(actor=actor, record_id=record.pk)
    publication.publish(actor=actor, record_id=record.pk, expected_revision=expected_revision)
    return None


@told()
@transaction.atomic
def _submitted(*, actor: Actor, record_id: int | str, community: int | str | None, text: str) -> tuple[Review, bool]:
    person = require_scope(actor, "deposit")
    record = _own_draft(actor, record_id)
    review = _review_to_submit(actor, record, community)
    _require_open_to(actor, review.community)
    if review.pk is None or review.state == CREATED:
        review.by = person
        review.save()  # so that the rules of this community are asked for too
    require_complete(actor, record)
    fingerprint = fingerprint_of(record)
    if review.state == OPEN and review.fingerprint == fingerprint:
        raise WrongState("The draft is submitted already, as it is now.", hint="Change it, or wait for its reviewers.")
    again = review.round > 0
    review.by, review.state, review.fingerprint = person, OPEN, fingerprint
    review.round += 1
    review.title = record.title[:500]
    review.submitted = review.updated = timezone.now()
    review.save()
    _keep_round(review, record)
    audit(actor=actor, action="submit", target=f"record:{record.pk}", review=review.pk, round=review.round)
    record_event(actor=actor, review=review, event="submitted", text=text)
    if _goes_directly(actor, record, review):
        close(actor=actor, review=review, state=ACCEPTED, event="accepted")
        return review, True
    title = RESUBMITTED if again else SUBMITTED
    tell(actor=actor, review=review, people=reviewers(review), title=title, body=text)
    return review, False


def _goes_directly(actor: Actor, record: Record, review: Review) -> bool:
    return not any(
        needs_review(one, record, by_member=is_members(actor, record, one.community)) for one in concerned(record)
    )


def _review_to_submit(actor: Actor, record: Record, community: int | str | None) -> Review:
    """The review under way, or a new one for ``community`` (for a new version: the community that wants a review)."""
    waiting = _under_way(record)
    if community is None:
        for review in waiting:
            return review
        wanted = [one.community for one in concerned(record) if one.placed and one.rules["review"] != "none"]
        if not wanted:
            raise WrongState("No community is chosen for this draft.", hint="Choose one, or publish it.")
        found = wanted[0]
    else:
        found = get_community(actor, community)
    for review in waiting:
        if review.community_id == found.pk:
            return review
        if review.state == CREATED:
            review.community = found
            return review
    if record.is_published and found.pk not in {one.pk for one in communities_of_concept(record.concept_id)}:
        raise WrongState(f"Record {record.pk} is published.", hint=f"Ask it into {found} instead.")
    return Review(record=record, concept_id=record.concept_id, community=found)


def _keep_round(review: Review, record: Record) -> None:
    bucket = bucket_of_draft(record)
    Round.objects.create(
        review=review,
        number=review.round,
        fingerprint=review.fingerprint,
        document=written(record),
        files=pack(files_of(bucket)),
        file_count=bucket.count if bucket else 0,
        total_bytes=bucket.total_bytes if bucket else 0,
    )


@told()
@transaction.atomic
def withdraw(*, actor: Actor, review_id: int, text: str = "") -> Review:
    """Take a draft (or the wish to be in another community) back from its reviewers; the draft stays."""
    review = held_review(review_id)
    require_seat(actor, review, "author")
    if not review.is_open:
        raise WrongState(f"This review is {review.state}.", hint="Only one that is under way can be withdrawn.")
    close(actor=actor, review=review, state=Review.State.WITHDRAWN, event="cancelled", text=text)
    audit(actor=actor, action="withdraw review", target=_target(review), review=review.pk)
    tell(actor=actor, review=review, people=reviewers(review), title=WITHDRAWN, body=text)
    return review


def held_review(review_id: int) -> Review:
    """The review, locked until the transaction ends, as is its community: who is a member stays so meanwhile.

    The community comes first, as where members are removed. Raises ``NotFound``.
    """
    number = Review.objects.filter(pk=review_id).values_list("community_id", flat=True).first()
    if number is None:
        raise NotFound(f"There is no review {review_id}.")
    Community.objects.select_for_update().get(pk=number)
    Review.objects.select_for_update().get(pk=review_id)
    return Review.objects.select_related("community", "record__concept__owner", "by").get(pk=review_id)


def _target(review: Review) -> str:
    return f"record:{review.record_id}" if review.record_id else f"community:{review.community_id}"


def publisher_of(review: Review, actor: Actor) -> Actor:
    """Who publishes an accepted draft: its owner, whose wish it is, from where the decision came."""
    record: Any = review.record
    owner = find_record(record.pk).concept.owner
    return Actor(person=owner, scopes=frozenset({"read", "deposit"}), address=actor.address)
