"""How a person stands to a record: owner, steward, member or curator of its communities, let in by a grant or a link.

Whatever the number of groups, communities and grants, one standing costs at most two queries: what was opened for the
actor (grants and links together), and the actor's roles in the communities of the concept. Neither is asked before it
matters: what is public costs none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from dop2i.server.access.by_community import standing_in
from dop2i.server.access.queries import Opening, openings_of
from dop2i.server.files.readable import EVERYTHING, NOTHING, Readable
from dop2i.server.people.policy import Actor
from dop2i.server.records.closures import Rule, rule_of

if TYPE_CHECKING:
    from dop2i.server.records.models import Record

Rights = Callable[[Actor, "Record"], Iterable[str]]

REVIEWING: list[Rights] = []
"""What an open review allows: each answers the actions (``read_draft``, ``edit``, ``publish``) that the actor, who
curates a community of the record or a community that it was submitted to, may do with the draft. Asked only of a record
that has a draft, after the owner and the steward."""


@dataclass(frozen=True)
class Standing:
    """The answers about one actor and one record, each asked once."""

    actor: Actor
    record: Record

    @cached_property
    def is_known(self) -> bool:
        """Whether the actor is a person who may use their rights here (a token may be limited to other records)."""
        actor = self.actor
        return actor.person_id is not None and (actor.records is None or self.record.concept_id in actor.records)

    @cached_property
    def owns(self) -> bool:
        """Whether the record is the actor's own."""
        return self.is_known and self.record.concept.owner_id == self.actor.person_id

    @cached_property
    def is_steward(self) -> bool:
        """Whether the actor looks after every record."""
        return self.is_known and (self.actor.is_steward or self.actor.is_administrator)

    @cached_property
    def _community(self) -> tuple[bool, bool]:
        if not self.is_known:
            return False, False
        return standing_in(self.actor.person_id, self.record.concept_id)

    @property
    def is_member(self) -> bool:
        """Whether a community of the concept lets the actor read what is closed."""
        return self._community[0]

    @property
    def curates(self) -> bool:
        """Whether the actor curates a community of the concept, and the token was made for that."""
        return self._community[1] and "curate" in self.actor.scopes

    @cached_property
    def openings(self) -> list[Opening]:
        """The grants and links that hold now for this actor and this version."""
        person = self.actor.person_id if self.is_known and "read" in self.actor.scopes else None
        if person is None and not self.actor.links:
            return []
        return openings_of(
            person_id=person, links=self.actor.links, concept_id=self.record.concept_id, record_id=self.record.pk
        )

    @cached_property
    def rule(self) -> Rule:
        """What the published document closes today."""
        return rule_of(self.record.document or {})

    @cached_property
    def reads_all(self) -> bool:
        """Whether nothing of the published record is closed to the actor."""
        if "read" not in self.actor.scopes:
            return False
        if self.owns or self.is_steward:
            return True
        member = self.is_member if self.rule.members_read else False
        return self.is_known and (member or self._community[1])

    @cached_property
    def reads(self) -> bool:
        """Whether the actor may read the description of the published record."""
        return not self.rule.record_closed or self.reads_all or bool(self.openings)

    @cached_property
    def readable(self) -> Readable:
        """The files of the published record that the actor may read."""
        found = self.rule.readable
        if found.everything:
            return found
        if self.reads_all:
            return EVERYTHING
        for opening in self.openings:
            if opening.opens_files:
                found = found.opening(opening.patterns)
        return found

    @cached_property
    def readable_draft(self) -> Readable:
        """The files of the draft that the actor may read."""
        if self.owns or self.is_steward or "read_draft" in self.reviewing:
            return EVERYTHING
        found = NOTHING
        for opening in self.openings:
            if opening.draft and opening.opens_files:
                found = found.opening(opening.patterns)
        return found

    @cached_property
    def sees_draft(self) -> bool:
        """Whether a secret link shows the actor what is not published."""
        return any(opening.draft for opening in self.openings)

    @cached_property
    def reviewing(self) -> frozenset[str]:
        """What an open review allows the actor."""
        if not self.is_known or self.record.draft is None:
            return frozenset()
        return frozenset(action for rights in REVIEWING for action in rights(self.actor, self.record))

    @property
    def pending_terms(self) -> list[Opening]:
        """What would open files once its terms were accepted."""
        return [opening for opening in self.openings if opening.view == "files" and not opening.accepted]


def standing_of(actor: Actor, record: Record) -> Standing:
    """The standing of an actor to a record; asked once a row that was read (a fresh row is asked anew)."""
    kept: dict[int, Any] = record.__dict__.setdefault("_standings", {})
    known: Standing | None = kept.get(id(actor))
    if known is None or known.actor is not actor:
        known = kept[id(actor)] = Standing(actor, record)
    return known
