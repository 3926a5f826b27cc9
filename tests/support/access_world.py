"""A small world for asking who gets in: people of every standing, and a record in every state, all of them marked.

Each record carries words that nobody can guess: in its title, its description, its file's name, its file's columns and
text, its draft, and its file's very size. Whoever reads one of them in an answer has been told about that record.
"""

from __future__ import annotations

import io
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from access_routes import Route
from django.db import transaction
from django.test import Client
from django.utils import timezone

from dop2i.faces.web.sessions import _AT as SIGNED_IN_AT

STATES = ("public", "embargoed", "restricted", "draft", "withdrawn")
REVIEWED = "reviewed"
"""One more record, a draft that was submitted to its community: for the routes of reviews."""

MEMBERS = ("reader", "contributor", "curator", "manager")
ACTORS = (
    *("anonymous", "stranger", *MEMBERS, "owner", "granted", "revoked", "steward", "administrator"),
    *("expired token", "wrong scope"),
)
REVIEWERS = ("curator", "manager", "owner", "steward", "administrator")
ALL_SCOPES = ("read", "deposit", "harvest", "run", "curate")
CLOSED = {
    "embargoed": {
        "record": "public",
        "files": "restricted",
        "embargo": {"active": True, "until": "2999-01-01", "reason": "publication"},
    },
    "restricted": {"record": "restricted", "files": "restricted"},
}

ELSEWHERE = {
    "version": "any",
    "path": "dop2i.css",
    "name": "bibtex",
    "suffix": "ttl",
    "number": "1",
    "job_id": "1",
    "mail_id": "1",
    "upload_id": "none",
    "identity_id": "1",
    "factor_id": "1",
    "token": "none",
    "uidb64": "MQ",
    "provider": "none",
    "kind": "any",
    "search_id": "1",
    "secret": "none",
    "source": "none",
    "invitation_id": "1",
    "request_number": "1",
    "action": "decline",
    "view": "table",
}
"""What stands for the parameters of addresses that are of no record."""


@dataclass(frozen=True)
class Marks:
    """The words of one record, unguessable each."""

    title: str
    about: str
    file: str
    column: str
    text: str
    draft: str
    size: int

    @property
    def told(self) -> tuple[str, ...]:
        """What whoever may read the description may know."""
        return (self.title, self.about)

    @property
    def held(self) -> tuple[str, ...]:
        """What only whoever may read the files may know."""
        return (self.file, self.column, self.text, str(self.size))

    @property
    def written(self) -> tuple[str, ...]:
        """What only whoever may read the draft may know."""
        return (self.draft,)


@dataclass
class World:
    """The people, their tokens, the records by state, and what each says."""

    people: dict[str, Any] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    records: dict[str, Any] = field(default_factory=dict)
    marks: dict[str, Marks] = field(default_factory=dict)
    pids: dict[str, str] = field(default_factory=dict)
    of_state: dict[str, dict[str, str]] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=lambda: dict(ELSEWHERE))
    _clients: dict[str, Client] = field(default_factory=dict)

    def client(self, actor: str, *, by_token: bool) -> Client:
        """Somebody's browser, or their program."""
        by_token = by_token or actor in ("expired token", "wrong scope")
        name = f"{actor} {by_token}"
        if name not in self._clients:
            client = Client(SERVER_NAME="localhost", raise_request_exception=False, headers={"Accept-Language": "en"})
            if by_token and actor in self.tokens:
                client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {self.tokens[actor]}"
            elif actor in self.people:
                client.force_login(self.people[actor])
                session = client.session
                session[SIGNED_IN_AT] = time.time()
                session.save()
            self._clients[name] = client
        return self._clients[name]

    def values_of(self, route: Route, state: str) -> dict[str, str]:
        """What stands for the parameters of an address that is asked about the record in ``state``."""
        record, marks = self.records[state], self.marks[state]
        own = {
            "record_id": str(record.pk),
            "other_id": str(record.pk),
            "concept_id": str(record.concept_id),
            "key": f"{marks.file}.csv",
            "entry": str(record.pk),
            "pid": self.pids.get(state, "ark:/99999/none"),
        }
        pattern = route.pattern
        question = {"request_id": self.values["question_id"]} if "access" in pattern else {}
        community = {"name": self.values["slug"]} if "communities/{name}" in pattern else {}
        if any(part in pattern for part in ("collections/", "harvests/", "catalogue/")):
            community["slug"] = "none"
        route = route.name
        vocabulary = {"name": "resourcetypes", "term_id": "dataset"} if "vocabulary" in route or "term" in route else {}
        problem = {"name": "not-found"} if "problem" in route else {}
        return {**own, **self.of_state.get(state, {}), **vocabulary, **problem, **community, **question}

    def forbidden_words(self, actor: str) -> list[tuple[str, str]]:
        """``(state, word)`` of everything that ``actor`` must never be told, whatever they ask."""
        found = []
        for state, marks in self.marks.items():
            words = [] if self.may_read(actor, state) else [*marks.told]
            words += [] if self.may_read_files(actor, state) else [*marks.held]
            if (actor, state) == ("manager", "withdrawn"):
                # what a withdrawn record still takes in the storage root counts in the quota that a manager looks after
                words.remove(str(marks.size))
            words += [] if self.may_read_draft(actor, state) else [*marks.written]
            found += [(state, word) for word in words]
        return found

    @staticmethod
    def may_read(actor: str, state: str) -> bool:
        """Who may read the description of a record, as the issue says it."""
        if state in ("public", "embargoed", "withdrawn"):
            # a tombstone says what the record was
            return True
        if state == REVIEWED:
            return actor in REVIEWERS
        inside = {*MEMBERS, "owner", "granted", "steward", "administrator"}
        return actor in inside if state == "restricted" else actor in ("owner", "steward", "administrator")

    @staticmethod
    def may_read_files(actor: str, state: str) -> bool:
        """Who may read the files."""
        if state in ("public", REVIEWED):
            return state == "public" or actor in REVIEWERS
        inside = {*MEMBERS, "owner", "granted", "steward", "administrator"}
        if state in ("embargoed", "restricted"):
            return actor in inside
        return actor in ("owner", "steward", "administrator")

    @staticmethod
    def may_read_draft(actor: str, state: str) -> bool:
        """Who may read what is being written."""
        return actor in REVIEWERS if state == REVIEWED else actor in ("owner", "steward", "administrator")


@contextmanager
def undone() -> Iterator[None]:
    """What is done to the database inside leaves no trace."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def build_world() -> World:
    """Makes it in the instance that this process serves; described and indexed."""
    world = World()
    _people(world)
    community = _community(world)
    for state in STATES:
        _record(world, state, community)
    _tokens(world)
    _grants(world)
    _settle()
    _withdraw(world)
    _drafts(world)
    _review(world)
    _settle()
    _identifiers(world)
    return world


def _people(world: World) -> None:
    from dop2i.server.people.actions import add_person

    for name in ("stranger", *MEMBERS, "owner", "granted", "revoked", "steward", "administrator"):
        person = add_person(email=f"{name}@example.org", name=f"{name.title()} Person")
        if name in ("steward", "administrator"):
            setattr(person, f"is_{name}", True)
            person.save()
        world.people[name] = person


def _community(world: World) -> Any:
    from dop2i.server.communities.models import Community, Member
    from dop2i.server.people.actions import add_person

    community = Community.objects.create(slug="muons", title={"en": "Muons", "fr": "Muons"}, kind="experiment")
    community.path = f"/{community.pk}/"
    community.save()
    another = add_person(email="another@example.org", name="Another Member")
    Member.objects.create(community=community, person=another, role="reader")
    for name in MEMBERS:
        Member.objects.create(community=community, person=world.people[name], role=name)
    world.values |= {"slug": community.slug, "person_id": str(another.pk)}
    world.values["community_id"] = str(community.pk)
    return community


def _marks(state: str) -> Marks:
    def word(kind: str) -> str:
        return f"mk{state[:3]}{kind}{secrets.token_hex(5)}"

    size = 700_000 + secrets.randbelow(99_999) + 100_000 * [*STATES, REVIEWED].index(state) // 10
    names = ("title", "about", "file", "column", "text", "draft")
    return Marks(**{name: word(name) for name in names}, size=size)


def _content(marks: Marks) -> bytes:
    head = f"time,{marks.column}\n".encode()
    rows = b"".join(b"%d,%.2f\n" % (i, (i % 17) * 0.25) for i in range(500))
    left = marks.size - len(head) - len(rows) - len(marks.text) - 3
    return head + rows + b"#" + marks.text.encode() + b"x" * left + b"\n\n"


def _record(world: World, state: str, community: Any) -> None:
    from dop2i.server.communities.models import Placement
    from dop2i.server.people.policy import actor_for_person
    from dop2i.server.records.actions import publish_draft

    record = _deposit(world, state)
    if state != "draft":
        record = publish_draft(actor=actor_for_person(world.people["owner"]), record_id=record.pk)
    Placement.objects.create(community=community, concept_id=record.concept_id)
    world.records[state] = record


def _deposit(world: World, state: str) -> Any:
    from dop2i.server.people.policy import actor_for_person
    from dop2i.server.records import actions, file_actions

    marks = world.marks[state] = _marks(state)
    owner = actor_for_person(world.people["owner"])
    document = {
        "metadata": {
            "title": f"Muons {marks.draft if state in ('draft', REVIEWED) else marks.title}",
            "description": f"<p>Counted {marks.about}</p>",
            "resource_type": {"id": "dataset"},
            "publication_date": "2026-03-01",
            "creators": [{"person_or_org": {"type": "personal", "given_name": "Alice", "family_name": "Martin"}}],
            "rights": [{"id": "cc-by-4.0"}],
        },
        "custom_fields": {"dop2i:theme": "particle"},
        "access": CLOSED.get(state, {"record": "public", "files": "public"}),
        "files": {"enabled": True},
    }
    draft = actions.create_draft(actor=owner, document=document)
    key, content = f"{marks.file}.csv", _content(marks)
    file_actions.start_files(actor=owner, record_id=draft.pk, entries=[{"key": key}])
    file_actions.receive_content(actor=owner, record_id=draft.pk, key=key, stream=io.BytesIO(content))
    file_actions.commit_file(actor=owner, record_id=draft.pk, key=key)
    return draft


def _tokens(world: World) -> None:
    from dop2i.server.people.models import Token
    from dop2i.server.people.tokens import make_token

    for name, person in world.people.items():
        scopes = (*ALL_SCOPES, "admin") if name == "administrator" else ALL_SCOPES
        world.tokens[name] = make_token(person=person, scopes=scopes, days=1)[1]
    owner = world.people["owner"]
    expired, world.tokens["expired token"] = make_token(person=owner, scopes=ALL_SCOPES, days=1)
    Token.objects.filter(pk=expired.pk).update(expires=timezone.now() - timedelta(seconds=5))
    token, world.tokens["wrong scope"] = make_token(person=owner, scopes=["harvest"], days=1)
    world.values["token_id"] = str(token.pk)


def _grants(world: World) -> None:
    """Who was let in, who was and is no more; a link, a grant and a question to ask about in every state."""
    from dop2i.server.access.models import AccessRequest, Grant, SecretLink

    for state, record in world.records.items():
        named = {"concept_id": record.concept_id}
        if state in ("embargoed", "restricted"):
            Grant.objects.create(**named, person=world.people["granted"], view="files")
            Grant.objects.create(**named, person=world.people["revoked"], view="files", revoked_at=timezone.now())
        grant = Grant.objects.create(**named, person=world.people["owner"], view="files")
        link = SecretLink.objects.create(**named, record_id=record.pk, hash=f"hash of {state}", label="Referees")
        world.of_state[state] = {"grant_id": str(grant.pk), "link_id": str(link.pk)}
    closed = world.records["restricted"]
    question = AccessRequest.objects.create(
        concept_id=closed.concept_id, record_id=closed.pk, person=world.people["stranger"], purpose="To compare."
    )
    world.values["question_id"] = str(question.pk)


def _withdraw(world: World) -> None:
    from dop2i.server.people.policy import actor_for_person

    try:
        from dop2i.server.records.withdrawal import withdraw
    except ImportError:
        from dop2i.server.records.models import Record

        Record.objects.filter(pk=world.records["withdrawn"].pk).update(state="withdrawn")
        return

    steward = actor_for_person(world.people["steward"])
    withdraw(actor=steward, record_id=world.records["withdrawn"].pk, reason="error", note="Wrong calibration.")


def _drafts(world: World) -> None:
    """An edit of each published record that cannot be published: what is asked of it stays without effect."""
    from dop2i.server.people.policy import actor_for_person
    from dop2i.server.records import actions
    from dop2i.server.records.models import Record

    owner = actor_for_person(world.people["owner"])
    for state, marks in world.marks.items():
        number = world.records[state].pk
        if state in ("public", "embargoed", "restricted"):
            draft = actions.edit_record(actor=owner, record_id=number).draft
            draft["metadata"].update({"title": f"Draft {marks.draft}", "creators": []})
            Record.objects.filter(pk=number).update(draft=draft)
        elif state == "draft":
            draft = Record.objects.get(pk=number).draft
            draft["metadata"]["creators"] = []
            Record.objects.filter(pk=number).update(draft=draft)
        world.records[state] = Record.objects.select_related("concept").get(pk=number)


def _review(world: World) -> None:
    """A sixth record, which its owner has submitted to the community: its curators may read it."""
    from dop2i.server.people.policy import actor_for_person
    from dop2i.server.reviews.actions import submit
    from dop2i.server.reviews.commenting import comment

    owner = actor_for_person(world.people["owner"])
    community = world.values["slug"]
    record = _deposit(world, REVIEWED)
    review = submit(actor=owner, record_id=record.pk, community=community)
    said = comment(actor=owner, review_id=review.pk, text=f"Here is {world.marks[REVIEWED].about}.")
    world.records[REVIEWED] = record
    world.values |= {"request_id": str(review.pk), "review_id": str(review.pk), "comment_id": str(said.pk)}


def _identifiers(world: World) -> None:
    from dop2i.server.identifiers.models import Pid

    for state, record in world.records.items():
        value = Pid.objects.filter(target=f"record:{record.pk}").values_list("value", flat=True).first()
        if value:
            world.pids[state] = value


def _settle() -> None:
    """Every job that waits is done: descriptions, the index."""
    from dop2i.server.jobs.models import Job
    from dop2i.server.jobs.worker import run_worker

    Job.objects.update(run_after=timezone.now())
    run_worker(once=True)
