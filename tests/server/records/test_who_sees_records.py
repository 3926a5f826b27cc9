"""As open as possible, as closed as necessary."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from looking_up import found_by

from dop2i.errors import NotAuthenticated, NotFound, NotPermitted
from dop2i.server.people.actions import make_token
from dop2i.server.people.policy import ANONYMOUS, actor_for_token
from dop2i.server.records import actions, closures, queries
from dop2i.server.records.jobs import lift_embargoes
from dop2i.server.records.models import Record

SOON = (date.today() + timedelta(days=30)).isoformat()  # noqa: DTZ011 - any day in the future does


def test_chloe_sees_a_record_but_not_its_restricted_files(alice: Any, publish: Any) -> None:
    record = publish(alice, {"a.txt": b"secret"}, access={"record": "public", "files": "restricted"})
    seen = queries.get_record(ANONYMOUS, record.pk)
    assert "entries" not in queries.native_document(seen)["files"]
    for attempt in (queries.list_files, queries.list_folder):
        with pytest.raises(NotPermitted, match="not public"):
            attempt(ANONYMOUS, record.pk)
    with pytest.raises(NotPermitted):
        queries.get_file(ANONYMOUS, record.pk, "a.txt")
    assert queries.get_file(alice, record.pk, "a.txt").size == 6


def test_a_restricted_record_is_not_there_for_others(alice: Any, mallory: Any, publish: Any) -> None:
    record = publish(alice, {"a.txt": b"secret"}, access={"record": "restricted", "files": "restricted"})
    for actor in (ANONYMOUS, mallory):
        with pytest.raises(NotFound):
            queries.get_record(actor, record.pk)
        with pytest.raises(NotFound):
            queries.versions_of(actor, record.concept_id)
        assert not found_by(actor).exists()
    assert queries.get_record(alice, record.pk).pk == record.pk


def test_an_embargo_ends_by_itself(alice: Any, publish: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    embargo = {"active": True, "until": SOON, "reason": "A paper is coming."}
    access = {"record": "public", "files": "restricted", "embargo": embargo}
    record = publish(alice, {"a.txt": b"later"}, access=access)
    assert queries.native_document(record)["access"]["status"] == "embargoed"
    with pytest.raises(NotPermitted, match=SOON):
        queries.get_file(ANONYMOUS, record.pk, "a.txt")
    monkeypatch.setattr(closures, "today", lambda: date.fromisoformat(SOON))
    assert queries.get_file(ANONYMOUS, record.pk, "a.txt").size == 5
    assert queries.native_document(queries.get_record(ANONYMOUS, record.pk))["access"]["status"] == "open"


def test_an_embargoed_record_is_found_from_its_day_on(
    alice: Any, publish: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    access = {"record": "restricted", "files": "restricted", "embargo": {"active": True, "until": SOON}}
    record = publish(alice, {"a.txt": b"later"}, access=access)
    assert not found_by(ANONYMOUS).exists()
    monkeypatch.setattr(closures, "today", lambda: date.fromisoformat(SOON))
    assert queries.get_record(ANONYMOUS, record.pk).pk == record.pk
    lift_embargoes()
    assert Record.objects.get(pk=record.pk).public
    assert found_by(ANONYMOUS).exists()


def test_bruno_administers_every_record(person: Any, alice: Any, document: Any) -> None:
    bruno = person("Bruno", is_administrator=True)
    record = actions.create_draft(actor=alice, document=document)
    assert queries.get_draft(bruno, record.pk).pk == record.pk


def test_a_token_does_only_what_it_was_made_for(alice: Any, document: Any) -> None:
    _, secret = make_token(person=alice.person, scopes=["read"])
    reader = actor_for_token(secret)
    record = actions.create_draft(actor=alice, document=document)
    assert queries.get_draft(reader, record.pk).pk == record.pk
    with pytest.raises(NotPermitted, match="deposit"):
        actions.update_draft(actor=reader, record_id=record.pk, document=document)
    with pytest.raises(NotAuthenticated):
        actions.create_draft(actor=ANONYMOUS, document=document)
