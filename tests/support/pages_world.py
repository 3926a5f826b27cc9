"""A world in which every page of the site has something to show, and who visits: for axe-core and the HTML validator.

It is the world of the access matrix (people of every standing, a record in every state, a community, a review) with
what pages show beside: a record with a file of every format and its second version, sources, letters, notices, jobs.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from access_world import World, build_world
from django.test import Client

sys.path.append(str(Path(__file__).parents[1] / "core" / "formats"))
from samples import SAMPLES

# what names a person stops a publication: it is in a draft
PERSONAL = "dicom"
DOCUMENT = {
    "metadata": {
        "title": "Muon decay times in a scintillator, with charges",
        "additional_titles": [
            {"title": "Temps de vie du muon", "lang": {"id": "fra"}, "type": {"id": "translated-title"}}
        ],
        "description": "<p>Times of stopped muons.</p><p>Taken in one week, on a balcony.</p>",
        "resource_type": {"id": "dataset"},
        "publication_date": "2026-03-01",
        "creators": [
            {
                "person_or_org": {
                    "type": "personal",
                    "family_name": "Martin",
                    "given_name": "Alice",
                    "identifiers": [{"scheme": "orcid", "identifier": "0000-0002-1825-0097"}],
                },
                "affiliations": [{"name": "Laboratory of the two infinities"}],
            },
            {"person_or_org": {"type": "organizational", "name": "The Muon Collaboration"}},
        ],
        "contributors": [
            {
                "person_or_org": {"type": "personal", "family_name": "Roux", "given_name": "Bruno"},
                "role": {"id": "datamanager"},
            }
        ],
        "rights": [{"id": "cc-by-4.0"}],
        "subjects": [{"subject": "muon"}, {"subject": "lifetime"}],
        "dates": [{"date": "2026-01-10/2026-01-17", "type": {"id": "collected"}}],
        "related_identifiers": [
            {"identifier": "10.1038/s41586-024-08543-1", "scheme": "doi", "relation_type": {"id": "issupplementto"}}
        ],
    },
    "custom_fields": {"dop2i:theme": "particle", "dop2i:sqrt_s": {"minimum": 13, "maximum": 13, "unit": "TeV"}},
    "access": {"record": "public", "files": "public"},
    "files": {"enabled": True},
}


@dataclass
class Pages:
    """The world, what stands for the parameters of its addresses, and the session of each who visits."""

    values: dict[str, str]
    sessions: dict[str, str]
    files: list[str]


def build_pages(home: Path) -> Pages:
    """Makes it in the instance that this process serves."""
    world = build_world()
    values = dict(world.values) | {f"{state}_id": str(record.pk) for state, record in world.records.items()}
    files = _rich_record(world, values)
    _personal_draft(world, values)
    _sources(world, values, home / "harvest")
    _letters(world, values)
    _work_of_the_owner(world, values)
    _settle()
    _stuck_jobs(world)
    _secrets(world, values)
    return Pages(values, _sessions(world), files)


def _put(actor: Any, record_id: int, files: dict[str, bytes]) -> None:
    from dop2i.server.records import file_actions

    for key, content in files.items():
        file_actions.start_files(actor=actor, record_id=record_id, entries=[{"key": key}])
        file_actions.receive_content(actor=actor, record_id=record_id, key=key, stream=io.BytesIO(content))
        file_actions.commit_file(actor=actor, record_id=record_id, key=key)


def samples(formats: list[str]) -> dict[str, bytes]:
    """A small file of each format, by name."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in formats:
            place = Path(folder) / name
            place.mkdir()
            path = SAMPLES[name][0](place)
            found[f"{name}/{path.name}"] = path.read_bytes()
    return found


def _rich_record(world: World, values: dict[str, str]) -> list[str]:
    """A record of the owner with a file of every format, in two versions."""
    from dop2i.server.people.policy import actor_for_person
    from dop2i.server.records import actions

    owner = actor_for_person(world.people["owner"])
    files = samples([name for name in SAMPLES if name != PERSONAL])
    first = actions.create_draft(actor=owner, document=DOCUMENT)
    _put(owner, first.pk, files)
    first = actions.publish_draft(actor=owner, record_id=first.pk)
    second = actions.new_version(actor=owner, record_id=first.pk)
    actions.import_files(actor=owner, record_id=second.pk)
    _put(owner, second.pk, {"notes.md": b"# What changed\n\nOne more file.\n"})
    actions.update_draft(actor=owner, record_id=second.pk, document=DOCUMENT)
    second = actions.publish_draft(actor=owner, record_id=second.pk)
    values |= {"rich_id": str(second.pk), "first_id": str(first.pk)}
    return list(files)


def _personal_draft(world: World, values: dict[str, str]) -> None:
    from dop2i.server.people.policy import actor_for_person
    from dop2i.server.records import actions

    owner = actor_for_person(world.people["owner"])
    draft = actions.create_draft(actor=owner, document=DOCUMENT)
    _put(owner, draft.pk, samples([PERSONAL, "csv"]))
    values["personal_id"] = str(draft.pk)


def _sources(world: World, values: dict[str, str], folder: Path) -> None:
    """Two folders that were harvested; their records are one object, of which they say different things."""
    from dop2i.server.harvests.actions import add_harvest
    from dop2i.server.harvests.engine import run_harvest
    from dop2i.server.people.policy import actor_for_person

    steward = actor_for_person(world.people["steward"])
    for slug, publisher in (("one", "Zenodo"), ("two", "The laboratory")):
        place = folder / slug
        place.mkdir(parents=True)
        told = {
            "doi": "10.5072/abc", "titles": [{"title": "Muon flux at $\\sqrt{s}$"}], "publicationYear": 2024,
            "creators": [{"name": "Martin, Alice"}], "types": {"resourceTypeGeneral": "Dataset"},
            "publisher": publisher,
        }  # fmt: skip
        (place / "a.json").write_text(json.dumps(told))
        (place / "broken.json").write_text("{")
        made = add_harvest(
            actor=steward, kind="folder", slug=slug, title=f"Source {slug}", address=str(place), options={},
            every_hours=24,
        )  # fmt: skip
        run_harvest(made.pk, progress=lambda *_: None)
    values |= {"harvest": "one", "entry_name": "a.json"}


def _letters(world: World, values: dict[str, str]) -> None:
    """Letters that were kept, and notices that nobody has read."""
    from dop2i.server.notifications.mail import enqueue_mail

    mail = enqueue_mail(
        recipients=["owner@example.org"], subject="Your record is published", body="It is.\n", kind="record published"
    )
    values["mail_id"] = str(mail.pk)


def _work_of_the_owner(world: World, values: dict[str, str]) -> None:
    from dop2i.server.communities.actions import set_collection
    from dop2i.server.communities.invitations import invite
    from dop2i.server.people.policy import actor_for_person
    from dop2i.server.searches.actions import save_search

    owner, manager = (actor_for_person(world.people[name]) for name in ("owner", "manager"))
    save_search(actor=owner, address="/search?q=muon&theme=particle", notify=True)
    slug = values["slug"]
    set_collection(actor=manager, community=slug, slug="runs", title={"en": "Runs", "fr": "Prises"}, query="muon")
    _, values["secret"] = invite(actor=manager, community=slug, email="new@example.org", role="reader")


def _settle() -> None:
    from django.utils import timezone

    from dop2i.server.jobs.models import Job
    from dop2i.server.jobs.worker import run_worker

    Job.objects.filter(state="waiting").update(run_after=timezone.now())
    run_worker(once=True)


def _stuck_jobs(world: World) -> None:
    """A job in every state: how each of them looks."""
    from dop2i.server.jobs.models import Job

    about = f"record:{world.records['public'].pk}"
    shared = {"name": "describe_files", "about": about, "person": world.people["owner"].pk}
    Job.objects.create(**shared, state="failed", attempts=5, error="The reader ran out of memory.")
    Job.objects.create(**shared, state="running", attempts=1, progress_done=3, progress_total=12)
    Job.objects.create(**shared, state="cancelled", attempts=1)


def _secrets(world: World, values: dict[str, str]) -> None:
    """What links in letters carry."""
    from django.contrib.auth.tokens import default_token_generator
    from django.utils.encoding import force_bytes
    from django.utils.http import urlsafe_base64_encode

    from dop2i.server.people.identities import address_token

    person = world.people["stranger"]
    person.set_password("Faraday cage 1836")
    person.save()
    values |= {
        "uidb64": urlsafe_base64_encode(force_bytes(person.pk)),
        "reset_token": default_token_generator.make_token(person),
        "address_token": address_token(person),
    }


def _sessions(world: World) -> dict[str, str]:
    """The session's key of each who visits; the newcomer and who is at the second step are not signed in."""
    from dop2i.faces.web.sessions import _AT, SECOND_STEP
    from dop2i.faces.web.sign_in_with import NEWCOMER
    from dop2i.server.people.sealed import seal

    found = {"visitor": ""}
    for name in ("administrator", "owner", "stranger"):
        client = Client()
        client.force_login(world.people[name])
        found[name] = _kept(client, {_AT: time.time()})
    came = {"provider": "federation", "claims": {}, "subject": "abc", "refresh_token": "", "next": "/work"}
    found["newcomer"] = _kept(Client(), {NEWCOMER: seal(json.dumps({**came, "at": time.time()}))})
    step = {"person": world.people["stranger"].pk, "how": "password", "next": "/work", "at": time.time()}
    found["half signed in"] = _kept(Client(), {SECOND_STEP: step})
    return found


def _kept(client: Client, facts: dict[str, Any]) -> str:
    session = client.session
    session.update(facts)
    session.save()
    return str(session.session_key)
