"""Which communities a published record is in: asked into another one, taken out, counted, and shown so everywhere."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils import timezone

from dop2i.errors import Conflict, InvalidDocument, NotFound, NotPermitted
from dop2i.server.catalogue.actions import put_entry
from dop2i.server.communities import actions as communities
from dop2i.server.communities.models import Community, Placement
from dop2i.server.communities.policy import may as may_in
from dop2i.server.communities.queries import communities_of_concept, get_community, line_of
from dop2i.server.communities.rules import field_problems, opening_day, policy_of
from dop2i.server.faults import told
from dop2i.server.files.models import Content
from dop2i.server.notifications.actions import notify
from dop2i.server.people.audit import audit
from dop2i.server.people.policy import Actor, require_scope
from dop2i.server.records.announcing import text_facts
from dop2i.server.records.documents import native_document
from dop2i.server.records.models import Record
from dop2i.server.records.policy import audience_of, owns, require, today
from dop2i.server.records.queries import find_record
from dop2i.server.reviews.closing import close, record_event
from dop2i.server.reviews.models import UNDER_WAY, Review, Round
from dop2i.server.reviews.snapshots import files_of, pack
from dop2i.server.reviews.telling import REMOVED, SUBMITTED, reviewers, tell


def show_again(concept_id: int) -> None:
    """Have the catalogue tell the communities of a concept's published versions, and who may find them, anew."""
    published = Record.objects.filter(concept_id=concept_id, state=Record.State.PUBLISHED)
    for number in published.order_by("index").values_list("pk", flat=True):
        record = find_record(number)
        put_entry(
            key=f"own:{number}",
            document=native_document(record),
            text_facts=text_facts(record),
            audience=audience_of(record),
        )


def published_fingerprint(record: Record) -> str:
    """What an inclusion is about: the published document at its revision."""
    return f"published:{record.pk}:{record.revision}"


def _published(actor: Actor, record_id: int | str) -> Record:
    record = find_record(record_id)
    require(actor, "read", record)
    return record


@told()
@transaction.atomic
def include(*, actor: Actor, record_id: int | str, community: int | str, text: str = "") -> Review | None:
    """Ask a published record of one's own into another community; None when it is there at once.

    A curator of the community puts their own record there without asking. Raises ``Conflict`` when it is there or
    asked already, ``InvalidDocument`` for what the community's policy asks and the record lacks.
    """
    person = require_scope(actor, "deposit")
    record = _published(actor, record_id)
    if not owns(actor, record):
        raise NotPermitted(f"Record {record.pk} belongs to somebody else.", hint="Its owner asks it into a community.")
    found = get_community(actor, community)
    if Placement.objects.filter(community=found, concept_id=record.concept_id).exists():
        raise Conflict(f"Record {record.pk} is in {found} already.")
    require_rules(found, record)
    if policy_of(line_of(found))["submission"] == "members" and not may_in(actor, "submit", found):
        raise NotPermitted(f"{found} takes records of its members only.", hint="Ask a manager for an invitation.")
    if may_in(actor, "curate", found) and policy_of(line_of(found))["review"] != "quorum":
        put_in(actor=actor, record=record, community=found)
        return None
    review = Review(
        record=record,
        concept_id=record.concept_id,
        community=found,
        kind=Review.Kind.INCLUSION,
        state=Review.State.OPEN,
        title=record.title[:500],
        round=1,
        fingerprint=published_fingerprint(record),
        by=person,
        submitted=timezone.now(),
    )
    try:
        with transaction.atomic():
            review.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(f"{found} is asked already to take record {record.pk}.") from error
    Round.objects.create(
        review=review,
        number=1,
        fingerprint=review.fingerprint,
        document=record.document or {},
        files=pack(files_of(record.bucket)),
        file_count=record.bucket.count if record.bucket else 0,
        total_bytes=record.bucket.total_bytes if record.bucket else 0,
    )
    record_event(actor=actor, review=review, event="submitted", text=text)
    audit(actor=actor, action="ask into community", target=f"record:{record.pk}", review=review.pk, community=found.pk)
    tell(actor=actor, review=review, people=reviewers(review), title=SUBMITTED, body=text)
    return review


def require_rules(community: Community, record: Record) -> None:
    """Raise ``InvalidDocument`` with what the community asks of a published record and it lacks."""
    problems = field_problems(policy_of(line_of(community)), record.document or {}, name=str(community))
    if problems:
        raise InvalidDocument(problems)


def put_in(*, actor: Actor, record: Record, community: Community) -> None:
    """Place a published record, in the caller's transaction, who has checked everything."""
    communities.place(
        actor=actor, community=community, concept_id=record.concept_id, total_bytes=published_bytes(record.concept_id)
    )
    show_again(record.concept_id)


@told()
@transaction.atomic
def remove_from_community(*, actor: Actor, record_id: int | str, community: int | str) -> None:
    """Take a record out of a community: its owner or a curator of the community does so.

    Raises ``NotPermitted`` for an owner while the community's embargo, which they may not change, still holds.
    """
    record = _published(actor, record_id)
    found = get_community(actor, community)
    if not Placement.objects.filter(community=found, concept_id=record.concept_id).exists():
        raise NotFound(f"Record {record.pk} is not in {found}.")
    if not may_in(actor, "curate", found):
        require_scope(actor, "deposit")
        if not owns(actor, record):
            raise NotPermitted(f"Only the owner of record {record.pk} and curators of {found} take it out.")
        _require_no_embargo(found, record)
    communities.unplace(actor=actor, community=found, concept_id=record.concept_id)
    audit(actor=actor, action="leave community", target=f"record:{record.pk}", community=found.pk)
    show_again(record.concept_id)
    if record.concept.owner_id != actor.person_id:
        values = {"title": record.title or "–", "community": str(found)}
        link = f"/records/{record.pk}"
        notify(person=record.concept.owner, kind="review", title=REMOVED, link=link, values=values)


def _require_no_embargo(community: Community, record: Record) -> None:
    rules = policy_of(line_of(community))
    if not rules["embargo"] or rules["embargo"].get("changeable", True):
        return
    try:
        until = opening_day(rules, record.document or {}, today=today())
    except InvalidDocument:
        return
    if until is not None:
        raise NotPermitted(
            f"{community} keeps the files of its records closed, these until {until}.", hint="Ask one of its curators."
        )


@told()
@transaction.atomic
def set_default_community(*, actor: Actor, record_id: int | str, community: int | str) -> None:
    """Say which of its communities a record is shown with first. Its owner does so."""
    require_scope(actor, "deposit")
    record = _published(actor, record_id)
    if not owns(actor, record):
        raise NotPermitted(f"Record {record.pk} belongs to somebody else.")
    communities.set_default(actor=actor, community=get_community(actor, community), concept_id=record.concept_id)
    show_again(record.concept_id)


def published_bytes(concept_id: int) -> int:
    """The bytes that all published versions of a concept take in the storage root, what they share counted once."""
    kept = Content.objects.filter(space=concept_id, location__startswith="ocfl:")
    return int(kept.aggregate(total=Sum("size"))["total"] or 0)


@told()
@transaction.atomic
def count_again(*, concept_id: int) -> None:
    """Count a concept in its communities as it is now: after a publication, a withdrawal, a return. Idempotent."""
    total = published_bytes(concept_id)
    counted = Record.objects.filter(concept_id=concept_id, state=Record.State.PUBLISHED).exists()
    for placed in Placement.objects.filter(concept_id=concept_id):
        communities.count_bytes(placed, total, counted=counted)


@told()
@transaction.atomic
def after_publication(*, record: Record, actor: Actor) -> None:
    """Count a published record in its communities, and end the reviews that it had. Idempotent."""
    count_again(concept_id=record.concept_id)
    Review.objects.filter(record=record, kind=Review.Kind.SUBMISSION, state=Review.State.ACCEPTED).update(
        published=True
    )
    within = {community.pk for community in communities_of_concept(record.concept_id)}
    left = Review.objects.select_for_update().filter(record=record, kind=Review.Kind.SUBMISSION, state__in=UNDER_WAY)
    for review in left:
        if review.state == Review.State.CREATED and review.community_id in within:
            review.delete()
        else:
            close(actor=actor, review=review, state=Review.State.WITHDRAWN, event="published")
