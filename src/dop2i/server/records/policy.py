"""Who may do what with a record, and which records a person may see: the one policy, asked by every surface.

It answers twice: :func:`may` for one record, :func:`visible` for rows of them; and :func:`audience_of` writes the
same answer into the search index. What opens and when is in ``closures`` (the document's rule), who somebody is to the
record in ``standing``.
"""

from __future__ import annotations

import datetime

from django.conf import settings
from django.db.models import OuterRef, Q
from django.utils import timezone

from dop2i.errors import Gone, NotFound, NotPermitted
from dop2i.server.access.by_community import read_by_members, true_unless_said
from dop2i.server.access.queries import granted_audiences, linked_records, opened_to
from dop2i.server.communities.queries import community_audiences
from dop2i.server.files.readable import NOTHING, Readable
from dop2i.server.people.policy import Actor, require_scope
from dop2i.server.records import closures
from dop2i.server.records.closures import effective_access, embargo_end, rule_of, today
from dop2i.server.records.models import Record
from dop2i.server.records.standing import Standing, standing_of

__all__ = ["effective_access", "embargo_end", "rule_of", "today"]

READING = frozenset({"read", "read_files"})
NEEDS_SCOPE = {
    "read_draft": "read",
    "read_history": "read",
    "edit": "deposit",
    "publish": "deposit",
    "new_version": "deposit",
    "delete_draft": "deposit",
    "manage_access": "deposit",
    "grant": "deposit",
    "withdraw": "deposit",
    "restore": "curate",
    "delete_for_law": "curate",
    "override_ethics": "curate",
}
"""What the owner's or curator's token needs; a steward's needs ``curate``."""

_OF_A_REVIEW = frozenset({"read_draft", "edit", "publish"})
_OF_A_CURATOR = frozenset({"grant", "read_history", "override_ethics"})
_NOT_THE_OWNERS = frozenset({"restore", "delete_for_law", "override_ethics"})


def owns(actor: Actor, record: Record) -> bool:
    """Whether the record is the actor's own, or the actor looks after every record."""
    standing = standing_of(actor, record)
    return standing.owns or standing.is_steward


def may(actor: Actor, action: str, record: Record) -> bool:
    """Whether ``actor`` may do ``action``: one of ``READING`` or of ``NEEDS_SCOPE``.

    ``read_files``: at least one file; which of them tells :func:`readable_files`.
    """
    standing = standing_of(actor, record)
    if action in READING:
        if not record.is_published or not standing.reads:
            return False
        return action == "read" or not standing.readable.nothing
    if action not in NEEDS_SCOPE:
        return False
    if action == "read_draft" and standing.sees_draft:
        return True
    return _may_act(standing, action)


def _may_act(standing: Standing, action: str) -> bool:
    if not standing.is_known:
        return False
    if standing.is_steward:
        return True
    if NEEDS_SCOPE[action] not in standing.actor.scopes:
        return "curate" in standing.actor.scopes and _as_curator(standing, action)
    if standing.owns and action not in _NOT_THE_OWNERS:
        return action != "withdraw" or _owner_may_withdraw(standing.record)
    if action in _OF_A_REVIEW and action in standing.reviewing:
        return True
    return _as_curator(standing, action)


def _as_curator(standing: Standing, action: str) -> bool:
    """What was never published is its writer's own, until a review shows it to the curators."""
    if action not in _OF_A_CURATOR or not standing.curates:
        return False
    known = standing.record.document is not None or "read_draft" in standing.reviewing
    return known or action == "override_ethics"


def _owner_may_withdraw(record: Record) -> bool:
    """Owners withdraw by themselves for some days after the publication (``limits.withdrawal_days``)."""
    days = settings.DOP2I.limits.withdrawal_days
    if record.published_at is None or days < 0:
        return days < 0
    return timezone.now() < record.published_at + datetime.timedelta(days=days)


def readable_files(actor: Actor, record: Record, *, draft: bool = False) -> Readable:
    """Which files of the published version (or of its draft) the actor may read. No query a file.

    A draft that is the edit of a published version shows the files of that.
    """
    standing = standing_of(actor, record)
    if draft:
        return standing.readable_draft if may(actor, "read_draft", record) else NOTHING
    return standing.readable if record.is_published and standing.reads else NOTHING


def public_files(record: Record) -> Readable:
    """Which files everybody may read."""
    return rule_of(record.document or {}).readable


def require(actor: Actor, action: str, record: Record) -> None:
    """Raise ``Gone``, or ``NotFound`` where the actor may not even know of the record, else ``NotPermitted``."""
    if may(actor, action, record):
        return
    standing = standing_of(actor, record)
    if action in NEEDS_SCOPE and (standing.owns or standing.is_steward):
        require_scope(actor, NEEDS_SCOPE[action])
        raise NotPermitted(*_refusal(action, record))
    if record.state == Record.State.WITHDRAWN and may_know(actor, record):
        raise Gone(f"Record {record.pk} was withdrawn.", hint="Its page says when and why.")
    if not record.is_published or not standing.reads:
        if record.is_published and standing.rule.stub:
            raise NotPermitted(_closed_words(record), hint="Ask for access on its page.")
        raise NotFound(f"There is no record {record.pk}.")
    if action == "read_files":
        raise NotPermitted(_files_words(record), hint="Ask for access on its page.")
    require_scope(actor, NEEDS_SCOPE[action])
    raise NotPermitted(f"Record {record.pk} belongs to somebody else: you may not {action.replace('_', ' ')} it.")


def _refusal(action: str, record: Record) -> tuple[str]:
    if action == "withdraw":
        days = settings.DOP2I.limits.withdrawal_days
        return (f"Record {record.pk} was published more than {days} days ago: ask a steward to withdraw it.",)
    return (f"This is not for the owner of record {record.pk} to do: ask a steward.",)


def _closed_words(record: Record) -> str:
    until = rule_of(record.document or {}).until
    return f"Record {record.pk} is closed{f' until {until}' if until else ''}."


def _files_words(record: Record) -> str:
    rule = rule_of(record.document or {})
    return f"The files of record {record.pk} are not public{f' until {rule.until}' if rule.until else ''}."


def may_know(actor: Actor, record: Record) -> bool:
    """Whether the actor may know that the record is, or was, there: it is public, has a stub, or is theirs to read."""
    standing = standing_of(actor, record)
    if record.state == Record.State.WITHDRAWN:
        public = bool((record.withdrawal or {}).get("public", True))
        return public or standing.reads_all
    return record.is_published and (standing.reads or standing.rule.stub)


def visible(actor: Actor) -> Q:
    """The published records that ``actor`` may find: those for which :func:`may` answers yes to ``read``."""
    published = Q(state=Record.State.PUBLISHED)
    known = actor.person_id is not None
    if known and actor.records is None and (actor.is_steward or actor.is_administrator) and "read" in actor.scopes:
        return published
    open_to_all = Q(public=True) | Q(embargo_until__lte=closures.today())
    theirs = Q(pk__in=linked_records(actor.links)) if actor.links else Q(pk__in=())
    if known and "read" in actor.scopes:
        members = true_unless_said("document__access__dop2i:members_read")
        own = Q(concept__owner_id=actor.person_id)
        own |= read_by_members(actor.person_id, OuterRef("concept_id"), members=members)
        own |= Q(opened_to(actor.person_id, OuterRef("concept_id"), OuterRef("pk")))
        if actor.is_steward or actor.is_administrator:
            own = Q()
        theirs |= own & Q(concept_id__in=actor.records) if actor.records is not None else own
    return published & (open_to_all | theirs)


def audience_of(record: Record) -> list[str]:
    """Who may find a published record, as the search index names them (``Actor.audiences``)."""
    rule = rule_of(record.document or {})
    if not rule.record_closed:
        return ["public"]
    found = ["steward", f"person:{record.concept.owner_id}", *granted_audiences(record.concept_id, record.pk)]
    through = community_audiences(record.concept_id)
    if not rule.members_read:
        through = [name for name in through if not name.startswith("community:")]
    return sorted({*found, *through})
