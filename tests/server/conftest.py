"""A fresh instance, the people of the tests, and what they deposit."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def document() -> dict[str, Any]:
    """A record document that may be published."""
    return {
        "metadata": {
            "title": "Cosmic muons on a balcony",
            "resource_type": {"id": "dataset"},
            "publication_date": "2026-03-01",
            "creators": [
                {"person_or_org": {"type": "personal", "given_name": "Alice", "family_name": "Martin"}},
            ],
            "rights": [{"id": "cc-by-4.0"}],
        },
        "custom_fields": {"dop2i:theme": "particle"},
        "access": {"record": "public", "files": "public"},
        "files": {"enabled": True},
    }


@pytest.fixture
def person(instance: Any) -> Callable[..., Any]:
    """Makes an actor: ``person("Alice")`` may deposit, ``person("Bruno", is_administrator=True)`` administers."""

    def make(name: str, **facts: Any) -> Any:
        from dop2i.server.people.actions import add_person
        from dop2i.server.people.policy import actor_for_person

        return actor_for_person(add_person(email=f"{name.lower()}@example.org", name=name, **facts))

    return make


@pytest.fixture
def alice(person: Callable[..., Any]) -> Any:
    """Alice deposits."""
    return person("Alice")


@pytest.fixture
def mallory(person: Callable[..., Any]) -> Any:
    """Mallory attacks."""
    return person("Mallory")


@pytest.fixture
def put() -> Callable[..., Any]:
    """Puts a whole file in a draft: announced, sent, committed."""

    def put_file(actor: Any, record_id: int, key: str, data: bytes, **announced: Any) -> Any:
        from dop2i.server.records import file_actions

        entry = file_actions.start_files(actor=actor, record_id=record_id, entries=[{"key": key, **announced}])[0]
        if entry.is_complete:
            return entry
        file_actions.receive_content(
            actor=actor, record_id=record_id, key=key, stream=io.BytesIO(data), length=len(data)
        )
        return file_actions.commit_file(actor=actor, record_id=record_id, key=key)

    return put_file


@pytest.fixture
def publish(put: Callable[..., Any], document: dict[str, Any]) -> Callable[..., Any]:
    """Publishes a record of these files: ``publish(alice, {"a.txt": b"…"})``."""

    def publish_record(actor: Any, files: dict[str, bytes], **parts: Any) -> Any:
        from dop2i.server.records import actions

        record = actions.create_draft(actor=actor, document={**document, **parts})
        for key, data in files.items():
            put(actor, record.pk, key, data)
        return actions.publish_draft(actor=actor, record_id=record.pk)

    return publish_record
