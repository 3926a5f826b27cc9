"""What people do about personal data in a draft: have copies made without them, ask a steward, let them pass."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db import transaction
from django.utils.translation import gettext_noop

from dop2i.errors import InvalidInput, NotPermitted, WrongState
from dop2i.server.communities.models import CURATOR, MANAGER
from dop2i.server.ethics.models import Override
from dop2i.server.ethics.queries import FileFindings, may_override, places_with_findings
from dop2i.server.ethics.scanning import scan_bucket, smallest_of, unseen
from dop2i.server.faults import told
from dop2i.server.jobs.models import Job
from dop2i.server.notifications.actions import notify_all
from dop2i.server.people.audit import audit
from dop2i.server.people.models import Person
from dop2i.server.people.policy import ANONYMOUS, Actor
from dop2i.server.records.held import held_draft
from dop2i.server.records.models import Record
from dop2i.server.records.policy import require
from dop2i.server.records.queries import find_record

SHORTEST_REASON = 10
LONGEST_REASON = 4000
_LISTED = 20


def _chosen(record: Record, keys: Collection[str] | None) -> list[FileFindings]:
    blocked = [one for one in places_with_findings(record, blocking_only=True) if one.blocking]
    if keys is None:
        return blocked
    wanted = set(keys)
    missing = wanted - {one.key for one in blocked}
    if missing:
        raise InvalidInput(f"Nothing that stops the publication was found in {sorted(missing)[0]!r}.")
    return [one for one in blocked if one.key in wanted]


@told()
@transaction.atomic
def override_findings(
    *, actor: Actor, record_id: int | str, reason: str, keys: Collection[str] | None = None
) -> list[Override]:
    """Let what was found in these files and texts (all without ``keys``) pass, for a reason that is kept.

    For a curator of the record's communities or a steward, never for the depositor alone. Raises ``NotPermitted``,
    ``InvalidInput`` (no reason), ``WrongState`` (nothing to let pass).
    """
    record = held_draft(actor, record_id, "read_draft")
    if actor.person_id == record.concept.owner_id:
        raise NotPermitted("Nobody lets pass what was found in their own deposit.", hint="Ask a curator or steward.")
    if not may_override(actor, record):
        require(actor, "override_ethics", record)
    return _let_pass(actor, record, reason=reason, keys=keys)


@told()
@transaction.atomic
def override_as_operator(*, record_id: int | str, reason: str, keys: Collection[str] | None = None) -> list[Override]:
    """As :func:`override_findings`, at the operator's own terminal, where nobody else is there to decide."""
    record = find_record(record_id)
    Record.objects.select_for_update().get(pk=record.pk)
    return _let_pass(ANONYMOUS, record, reason=reason, keys=keys)


def _let_pass(actor: Actor, record: Record, *, reason: str, keys: Collection[str] | None) -> list[Override]:
    text = reason.strip()
    if not SHORTEST_REASON <= len(text) <= LONGEST_REASON:
        raise InvalidInput(
            f"Write why this may be published, in {SHORTEST_REASON} to {LONGEST_REASON:,} characters: it is kept."
        )
    chosen = _chosen(record, keys)
    if not chosen:
        raise WrongState(f"Nothing that was found stops the publication of record {record.pk}.")
    rows = [
        Override(
            concept_id=record.concept_id,
            record_id=record.pk,
            sha256=one.sha256,
            key=one.key,
            kind=kind,
            reason=text,
            person=actor.person,
        )
        for one in chosen
        for kind in one.kinds
    ]
    made = list({(row.sha256, row.kind): row for row in rows}.values())
    Override.objects.bulk_create(made, batch_size=200, ignore_conflicts=True)
    kinds = sorted({row.kind for row in made})
    names = [one.key for one in chosen[:_LISTED]]
    audit(
        actor=actor,
        action="override ethics",
        target=f"record:{record.pk}",
        reason=text,
        kinds=kinds,
        count=len(chosen),
        files=names,
    )
    notify_all(
        people=[record.concept.owner],
        kind="ethics",
        title=gettext_noop("What was found in your deposit “%(title)s” may be published"),
        body=gettext_noop("%(who)s wrote: %(reason)s"),
        values={"title": record.title or f"{record.pk}", "who": str(actor.person or "dop2i"), "reason": text},
        link=f"/deposit/{record.pk}",
    )
    return made


@told()
def clean_files(*, actor: Actor, record_id: int | str, keys: Collection[str] | None = None) -> Job:
    """Have the DICOM files of a draft (those named, or all with findings) replaced by de-identified copies.

    A job does it, file by file. Raises ``WrongState`` where there is nothing that it could help.
    """
    record = find_record(record_id)
    require(actor, "edit", record)
    # Files that just arrived are looked at first, while no transaction is open.
    if record.draft_bucket_id is not None:
        scan_bucket(record.draft_bucket_id, smallest=smallest_of(record))
    with transaction.atomic():
        return _clean(actor, held_draft(actor, record_id), keys)


def _clean(actor: Actor, record: Record, keys: Collection[str] | None) -> Job:
    from dop2i.server.ethics.jobs import deidentify_files

    chosen = [one.key for one in _chosen(record, keys) if one.can_be_cleaned]
    if not chosen:
        raise WrongState("A de-identified copy can be made of DICOM files with an identity; there is none.")
    audit(
        actor=actor, action="de-identify files", target=f"record:{record.pk}", count=len(chosen), files=chosen[:_LISTED]
    )
    return deidentify_files.enqueue(
        record=record.pk,
        asked_by=actor.person_id,
        keys=chosen,
        unique=f"de-identify:{record.pk}",
        about=f"record:{record.pk}",
        person=actor.person_id or 0,
    )


@told()
@transaction.atomic
def ask_a_steward(*, actor: Actor, record_id: int | str, message: str = "") -> int:
    """Ask the curators of the record's communities and the stewards to look; how many people were told."""
    record = held_draft(actor, record_id)
    people = [person for person in _deciders(record) if person.pk != record.concept.owner_id]
    if not people:
        raise WrongState("Nobody else here may decide on it.", hint="Write to the administrator of this installation.")
    audit(actor=actor, action="ask about ethics", target=f"record:{record.pk}", message=message.strip()[:500])
    notify_all(
        people=people,
        kind="ethics",
        title=gettext_noop("%(who)s asks you to look at what was found in “%(title)s”"),
        body="%(message)s" if message.strip() else "",
        values={
            "who": str(actor.person),
            "title": record.title or f"{record.pk}",
            "message": message.strip()[:LONGEST_REASON],
        },
        link=f"/deposit/{record.pk}/ethics",
    )
    return len(people)


def _deciders(record: Record) -> Iterable[Person]:
    """Stewards and administrators, and the curators of the communities that the record is in or is submitted to."""
    from django.db.models import Q

    from dop2i.server.communities.models import Member
    from dop2i.server.communities.queries import communities_of_concept

    communities = [community.pk for community in communities_of_concept(record.concept_id)]
    curators = Member.objects.filter(
        community_id__in=communities, role__in=(CURATOR, MANAGER), person__isnull=False
    ).values("person_id")
    looked_after = Q(is_steward=True) | Q(is_administrator=True) | Q(pk__in=curators)
    return Person.objects.filter(looked_after, is_active=True, is_robot=False).order_by("pk")[:200]


def look_soon(record: Record) -> int:
    """Have the files that were not looked at yet looked at in the background; how many they are."""
    from dop2i.server.ethics.jobs import scan_files

    if record.draft_bucket_id is None:
        return 0
    waiting = unseen(record.draft_bucket_id, smallest=smallest_of(record)).count()
    if waiting:
        scan_files.enqueue(record=record.pk, unique=f"scan:{record.pk}", about=f"record:{record.pk}")
    return waiting
