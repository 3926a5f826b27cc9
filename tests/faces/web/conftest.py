"""Alice's and Chloé's browsers, and what Alice has published."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

PASSWORD = "Faraday cage 1836"
CSV = b"# unit: ns\ntime,charge\n" + b"".join(b"%d,%.2f\n" % (i, (i % 17) * 0.25) for i in range(200))


@pytest.fixture(autouse=True)
def quiet_cache() -> Any:
    """What one test counted does not slow or help the next."""
    from django.core.cache import cache

    cache.clear()
    return cache


@pytest.fixture
def person(instance: Any) -> Callable[..., Any]:
    """Makes a person who can sign in with ``PASSWORD``."""

    def make(name: str, **facts: Any) -> Any:
        from dop2i.server.people.actions import add_person

        return add_person(email=f"{name.lower()}@example.org", name=name, password=PASSWORD, **facts)

    return make


@pytest.fixture
def browser(instance: Any) -> Callable[..., Any]:
    """A browser: ``browser()`` of a visitor, ``browser(alice)`` of somebody signed in, ``language="fr"``."""

    def make(who: Any = None, *, language: str = "en") -> Any:
        from django.test import Client

        client = Client(SERVER_NAME="localhost", headers={"Accept-Language": language, "Accept": "text/html"})
        if who is not None:
            client.force_login(who)
        return client

    return make


@pytest.fixture
def alice(person: Callable[..., Any]) -> Any:
    """Alice deposits."""
    return person("Alice", given_name="Alice", family_name="Martin", orcid="0000-0002-1825-0097")


@pytest.fixture
def mallory(person: Callable[..., Any]) -> Any:
    """Mallory attacks."""
    return person("Mallory")


@pytest.fixture
def document() -> dict[str, Any]:
    """A record document that may be published."""
    return {
        "metadata": {
            "title": "Cosmic muons on a balcony",
            "additional_titles": [
                {"title": "Muons cosmiques sur un balcon", "lang": {"id": "fra"}, "type": {"id": "translated-title"}}
            ],
            "description": "<p>Arrival times of muons.</p><script>alert(1)</script>",
            "resource_type": {"id": "dataset"},
            "publication_date": "2026-03-01",
            "creators": [
                {
                    "person_or_org": {
                        "type": "personal",
                        "given_name": "Alice",
                        "family_name": "Martin",
                        "identifiers": [{"scheme": "orcid", "identifier": "0000-0002-1825-0097"}],
                    }
                }
            ],
            "rights": [{"id": "cc-by-4.0"}],
        },
        "custom_fields": {"dop2i:theme": "particle", "dop2i:sqrt_s": {"minimum": 7, "maximum": 8, "unit": "TeV"}},
        "access": {"record": "public", "files": "public"},
    }


@pytest.fixture
def published(alice: Any, document: dict[str, Any]) -> Callable[..., Any]:
    """Publishes as Alice: ``published({"a.csv": b"…"}, metadata={…}, access={…})``; described and indexed."""

    def make(files: dict[str, bytes] | None = None, **changes: Any) -> Any:
        from django.utils import timezone

        from dop2i.server.jobs.models import Job
        from dop2i.server.jobs.worker import run_worker
        from dop2i.server.people.policy import actor_for_person
        from dop2i.server.records import actions, file_actions

        actor = actor_for_person(alice)
        files = {"data/hits.csv": CSV, "README.md": b"# Muons\n\nOn a balcony."} if files is None else files
        written = {part: {**document.get(part, {}), **changes.get(part, {})} for part in {*document, *changes}}
        draft = actions.create_draft(actor=actor, document={**written, "files": {"enabled": bool(files)}})
        for key, content in files.items():
            file_actions.start_files(actor=actor, record_id=draft.pk, entries=[{"key": key}])
            file_actions.receive_content(actor=actor, record_id=draft.pk, key=key, stream=io.BytesIO(content))
            file_actions.commit_file(actor=actor, record_id=draft.pk, key=key)
        record = actions.publish_draft(actor=actor, record_id=draft.pk)
        Job.objects.update(run_after=timezone.now())
        run_worker(once=True)
        return record

    return make
