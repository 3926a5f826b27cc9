"""Alice lets people in, for a time, to some files, under terms; visitors ask; reviewers follow a secret link."""

from __future__ import annotations

import re
import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dop2i.errors import Conflict, InvalidInput, NotFound, NotPermitted, WrongState
from dop2i.server.access.models import AccessRequest, Grant
from dop2i.server.catalogue.models import Entry
from dop2i.server.communities.models import Community, Member, Placement
from dop2i.server.notifications.models import Mail, Notice
from dop2i.server.people.models import AuditEvent, Group, GroupMember
from dop2i.server.people.policy import ANONYMOUS, Actor
from dop2i.server.records import closures, queries, requests, sharing
from dop2i.server.records.jobs import end_grants, lift_embargoes
from dop2i.server.records.policy import may, readable_files
from dop2i.server.records.queries import find_record

FILES = {"a.txt": b"one", "raw/b.txt": b"two"}
SHUT = {"record": "restricted", "files": "restricted"}
CLOSED_FILES = {"record": "public", "files": "restricted"}
SOON = (datetime.now(UTC).date() + timedelta(days=30)).isoformat()


def names(actor: Any, record: Any) -> list[str]:
    """The files that somebody may list."""
    return [entry.key for entry in queries.list_files(actor, record.pk)]


def test_chloe_reads_a_folder_until_her_grant_is_ended(alice: Any, person: Any, publish: Any) -> None:
    chloe = person("Chloe")
    record = publish(alice, FILES, access=SHUT)
    with pytest.raises(NotFound):
        queries.get_record(chloe, record.pk)
    grant = sharing.grant_access(actor=alice, record_id=record.pk, to=chloe.person, patterns=["raw/"], until=SOON)
    assert names(chloe, record) == ["raw/b.txt"]
    assert f"person:{chloe.person_id}" in Entry.objects.get(key=f"own:{record.pk}").audience
    assert [found.pk for _, found, _ in sharing.my_grants(chloe)] == [record.pk]
    assert Notice.objects.filter(person=chloe.person, kind="access").exists()
    sharing.revoke_grant(actor=alice, grant_id=grant.pk)
    with pytest.raises(NotFound):
        queries.get_record(chloe, record.pk)
    assert f"person:{chloe.person_id}" not in Entry.objects.get(key=f"own:{record.pk}").audience
    done = AuditEvent.objects.filter(target=f"record:{record.pk}").values_list("action", flat=True)
    assert {"grant access", "revoke grant"} <= set(done)


def test_a_group_is_let_in_and_each_accepts_the_terms(alice: Any, person: Any, publish: Any) -> None:
    chloe, dora = person("Chloe"), person("Dora")
    group = Group.objects.create(name="team")
    GroupMember.objects.bulk_create(GroupMember(group=group, person=one.person) for one in (chloe, dora))
    record = publish(alice, FILES, access=CLOSED_FILES)
    sharing.grant_access(
        actor=alice, record_id=record.pk, to=sharing.subject_named("group:team"), terms="Do not pass it on."
    )
    with pytest.raises(NotPermitted):
        names(chloe, record)
    assert sharing.terms_to_accept(chloe, find_record(record.pk)) == ["Do not pass it on."]
    assert sharing.accept_terms(actor=chloe, record_id=record.pk) == 1
    assert names(chloe, record) == ["a.txt", "raw/b.txt"]
    with pytest.raises(NotPermitted):
        names(dora, record)


def test_a_grant_ends_by_itself(alice: Any, person: Any, publish: Any) -> None:
    chloe = person("Chloe")
    record = publish(alice, FILES, access=SHUT)
    grant = sharing.grant_access(actor=alice, record_id=record.pk, to=chloe.person, until=SOON)
    Grant.objects.filter(pk=grant.pk).update(until=datetime.now(UTC) - timedelta(seconds=5))
    with pytest.raises(NotFound):
        queries.get_record(chloe, record.pk)
    end_grants()
    assert f"person:{chloe.person_id}" not in Entry.objects.get(key=f"own:{record.pk}").audience


@pytest.mark.parametrize("until", ["2001-01-01", "2199-01-01T10:00", "soon", "2199-02-30"])
def test_a_grant_needs_an_end_to_come(alice: Any, person: Any, publish: Any, until: str) -> None:
    record = publish(alice, FILES, access=SHUT)
    with pytest.raises(InvalidInput):
        sharing.grant_access(actor=alice, record_id=record.pk, to=person("Chloe").person, until=until)


def test_mallory_lets_nobody_in(alice: Any, mallory: Any, publish: Any) -> None:
    closed, public = publish(alice, FILES, access=SHUT), publish(alice, FILES, access=CLOSED_FILES)
    for record, error in ((closed, NotFound), (public, NotPermitted)):
        with pytest.raises(error):
            sharing.grant_access(actor=mallory, record_id=record.pk, to=mallory.person)
        with pytest.raises(error):
            sharing.make_link(actor=mallory, record_id=record.pk)
        with pytest.raises(error):
            sharing.grants_of(mallory, find_record(record.pk))
        with pytest.raises(error):
            requests.requests_of(mallory, find_record(record.pk))


def test_a_visitor_asks_confirms_and_gets_a_link(alice: Any, publish: Any) -> None:
    record = publish(alice, FILES, access=CLOSED_FILES)
    asked = requests.ask_access(
        actor=ANONYMOUS, record_id=record.pk, purpose="A talk.", name="Dora", email="dora@example.net"
    )
    assert asked.state == "unconfirmed"
    assert not requests.requests_to_decide(alice)
    again = requests.ask_access(
        actor=ANONYMOUS, record_id=record.pk, purpose="A talk!", name="Dora", email="dora@example.net"
    )
    assert again.pk == asked.pk
    secret = _secret(Mail.objects.get().body)
    assert secret not in str(AccessRequest.objects.values())
    requests.confirm_request(secret=secret)
    assert [one.pk for one in requests.requests_to_decide(alice)] == [asked.pk]
    requests.grant_request(actor=alice, request_id=asked.pk, until=SOON, patterns=["a.txt"], answer="Welcome.")
    link = sharing.follow_link(_secret(Mail.objects.order_by("-pk")[0].body))
    dora = Actor(links=frozenset({link.pk}))
    assert names(dora, record) == ["a.txt"]
    sharing.revoke_link(actor=alice, link_id=link.pk)
    with pytest.raises(NotPermitted):
        names(Actor(links=frozenset({link.pk})), record)


def _secret(body: str) -> str:
    found = re.search(r"token=(\S+)", body)
    assert found
    return found.group(1)


def test_chloe_asks_once_and_is_answered(alice: Any, person: Any, publish: Any, mallory: Any) -> None:
    chloe = person("Chloe")
    record = publish(alice, FILES, access=CLOSED_FILES)
    asked = requests.ask_access(actor=chloe, record_id=record.pk, purpose="To compare.")
    with pytest.raises(Conflict):
        requests.ask_access(actor=chloe, record_id=record.pk, purpose="Again.")
    with pytest.raises(NotFound):
        requests.grant_request(actor=mallory, request_id=asked.pk)
    requests.decline_request(actor=alice, request_id=asked.pk, answer="Not yet.")
    with pytest.raises(WrongState):
        requests.grant_request(actor=alice, request_id=asked.pk)
    again = requests.ask_access(actor=chloe, record_id=record.pk, purpose="Now?")
    requests.grant_request(actor=alice, request_id=again.pk)
    assert names(chloe, record) == ["a.txt", "raw/b.txt"]


def test_nobody_asks_for_what_they_may_not_know_or_have_already(alice: Any, publish: Any, mallory: Any) -> None:
    silent, public = publish(alice, FILES, access=SHUT), publish(alice, FILES)
    with pytest.raises(NotFound):
        requests.ask_access(actor=mallory, record_id=silent.pk, purpose="x")
    with pytest.raises(WrongState):
        requests.ask_access(actor=mallory, record_id=public.pk, purpose="x")


def test_bruno_who_curates_decides_too(alice: Any, person: Any, publish: Any) -> None:
    bruno, chloe = person("Bruno"), person("Chloe")
    record = publish(alice, FILES, access=CLOSED_FILES)
    community = Community.objects.create(slug="lab", members_read=False)
    Community.objects.filter(pk=community.pk).update(path=f"/{community.pk}/")
    Placement.objects.create(community=community, concept_id=record.concept_id)
    Member.objects.create(community=community, person=bruno.person, role="curator")
    asked = requests.ask_access(actor=chloe, record_id=record.pk, purpose="To compare.")
    assert [one.pk for one in requests.requests_to_decide(bruno)] == [asked.pk]
    assert Notice.objects.filter(person=bruno.person).exists()
    requests.grant_request(actor=bruno, request_id=asked.pk)
    assert names(chloe, record) == ["a.txt", "raw/b.txt"]
    assert not may(bruno, "withdraw", find_record(record.pk))


def test_reviewers_of_a_paper_read_a_draft(alice: Any, document: Any, put: Any, mallory: Any) -> None:
    from dop2i.server.records.actions import create_draft

    draft = create_draft(actor=alice, document=document)
    put(alice, draft.pk, "a.txt", b"one")
    put(alice, draft.pk, "raw/b.txt", b"two")
    link, secret = sharing.make_link(actor=alice, record_id=draft.pk, draft=True, patterns=["a.txt"])
    assert sharing.follow_link(secret).pk == link.pk
    reviewer = Actor(links=frozenset({link.pk}))
    assert queries.get_draft(reviewer, draft.pk).pk == draft.pk
    assert [entry.key for entry in queries.list_files(reviewer, draft.pk, draft=True)] == ["a.txt"]
    with pytest.raises(NotFound):
        queries.get_file(reviewer, draft.pk, "raw/b.txt", draft=True)
    with pytest.raises(NotFound):
        queries.get_draft(mallory, draft.pk)
    for action in ("edit", "publish", "delete_draft", "grant"):
        assert not may(reviewer, action, find_record(draft.pk))


def test_a_grant_during_the_lift_stops_neither(
    alice: Any, person: Any, publish: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    chloe = person("Chloe")
    embargo = {"active": True, "until": SOON, "reason": "patent"}
    records = [publish(alice, FILES, access={**SHUT, "embargo": embargo}) for _ in range(4)]
    monkeypatch.setattr(closures, "today", lambda: date.fromisoformat(SOON))
    failed: list[BaseException] = []

    def grant_all() -> None:
        try:
            for record in records:
                sharing.grant_access(actor=alice, record_id=record.pk, to=chloe.person)
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=grant_all)
    thread.start()
    lift_embargoes()
    thread.join(60)
    assert not thread.is_alive()
    assert not failed
    for record in records:
        assert names(ANONYMOUS, record) == ["a.txt", "raw/b.txt"]
        assert Entry.objects.get(key=f"own:{record.pk}").audience == ["public"]
    assert Grant.objects.count() == 4


def test_a_page_of_two_hundred_files_costs_two_queries_to_authorise(alice: Any, person: Any, publish: Any) -> None:
    chloe = person("Chloe")
    record = publish(alice, FILES, access=SHUT)
    groups = Group.objects.bulk_create(Group(name=f"g{n}") for n in range(50))
    GroupMember.objects.bulk_create(GroupMember(group=group, person=chloe.person) for group in groups)
    Grant.objects.bulk_create(
        Grant(concept_id=record.concept_id, group=group, patterns=[f"f{n}"]) for n, group in enumerate(groups)
    )
    fresh = find_record(record.pk)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert may(chloe, "read", fresh)
        readable = readable_files(chloe, fresh)
        assert sum(f"f{n}" in readable for n in range(200)) == 50
        may(chloe, "edit", fresh), may(chloe, "grant", fresh), may(chloe, "read_files", fresh)
    assert len(seen) <= 2
    with CaptureQueriesContext(connection) as seen:
        public = find_record(publish(alice, FILES).pk)
    with CaptureQueriesContext(connection) as seen:
        assert may(ANONYMOUS, "read", public)
        assert readable_files(ANONYMOUS, public).everything
    assert len(seen) == 0
