"""Makes the demonstration instance through the same actions that the pages, the API and the command line use."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from dop2i.errors import NotFound

MARK = "demonstration.json"
"""Written last, so that a demonstration that was cut short is continued and not taken for whole."""

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class DemoFile:
    """One file of a demonstration record: its name there, and where it lies."""

    key: str
    path: Path


def read_recipes() -> list[dict[str, Any]]:
    """The records to make, in the order of ``records.yaml``."""
    import yaml

    text = resources.files("dop2i.demo").joinpath("records.yaml").read_text(encoding="utf-8")
    recipes: list[dict[str, Any]] = yaml.safe_load(text)
    return recipes


def find_files(recipe: dict[str, Any], *, packages: Path) -> Iterator[DemoFile]:
    """The files of a recipe, sorted by name. Raises ``NotFound`` for a pattern that matches nothing."""
    root = packages
    if "of" in recipe:
        spec = find_spec(recipe["of"])
        if spec is None or spec.origin is None:
            raise NotFound(f"The package {recipe['of']!r} is not installed: run ./run, which installs it.")
        root = Path(spec.origin).parent
    for folder, patterns in recipe["files"].items():
        for pattern in patterns:
            matches = sorted(path for path in root.glob(pattern) if path.is_file())
            if not matches:
                raise NotFound(f"No file {pattern!r} in {root}: fetch the demonstration's packages again with ./run.")
            for path in matches:
                yield DemoFile(f"{folder}/{path.name}" if folder else path.name, path)


def write_document(recipe: dict[str, Any], *, files: list[DemoFile]) -> dict[str, Any]:
    """The record document: what the readers propose for physics, then what the recipe says."""
    import datetime

    from dop2i.core.formats.sources import LocalSource
    from dop2i.core.proposals import assemble, describe_folder

    folder = describe_folder([LocalSource(str(file.path), name=file.key) for file in files])
    today = datetime.datetime.now(tz=datetime.UTC).date()
    found = assemble(folder, person=None, answers={}, today=today).document
    custom = {
        **found.get("custom_fields", {}),
        **{f"dop2i:{name}": value for name, value in recipe.get("custom", {}).items()},
        "dop2i:theme": recipe["theme"],
    }
    french = {"id": "fra"}
    return {
        "access": {"record": "public", "files": "public"},
        "files": {"enabled": True},
        "metadata": {
            "resource_type": {"id": recipe.get("resource_type", "dataset")},
            "title": recipe["title"],
            "additional_titles": [
                {"title": recipe["title_fr"], "type": {"id": "translated-title"}, "lang": french},
            ],
            "description": recipe["description"],
            "additional_descriptions": [
                {"description": recipe["description_fr"], "type": {"id": "abstract"}, "lang": french},
            ],
            "creators": [{"person_or_org": _person_or_org(name)} for name in recipe["creators"]],
            "publication_date": recipe["date"],
            "languages": [{"id": "eng"}],
            "rights": [{"id": recipe["licence"]}],
            "subjects": [{"subject": subject} for subject in recipe["subjects"]],
            "related_identifiers": [
                {"identifier": recipe["source"], "scheme": "url", "relation_type": {"id": "isderivedfrom"}}
            ],
        },
        "custom_fields": custom,
    }


def _person_or_org(name: str) -> dict[str, Any]:
    family, comma, given = name.partition(", ")
    if comma:
        return {"type": "personal", "name": name, "family_name": family, "given_name": given}
    return {"type": "organizational", "name": name}


def build_demonstration(home: Path, *, packages: Path, progress: Progress) -> dict[str, Any]:
    """Makes (or completes) the demonstration in an initialised, configured instance.

    Two people are made, each with a random password that is kept in ``demonstration.json`` (readable by the owner
    only), and the records of ``records.yaml`` are published in Alice's name. Returns what that file holds.
    """
    from dop2i.server.people import actions as people
    from dop2i.server.people.models import Person
    from dop2i.server.people.policy import actor_for_person

    mark = home / MARK
    accounts = []
    for email, name, administrator in (
        ("alice@example.org", "Alice Martin", False),
        ("bruno@example.org", "Bruno Roux", True),
    ):
        password = secrets.token_urlsafe(9)
        person = Person.objects.filter(email=email).first()
        if person is None:
            person = people.add_person(email=email, name=name, is_administrator=administrator)
        person.set_password(password)
        person.save(update_fields=["password"])
        accounts.append({"email": email, "name": name, "password": password, "administrator": administrator})
    alice, bruno = (actor_for_person(Person.objects.get(email=account["email"])) for account in accounts)

    _forget_unfinished(alice)
    recipes = read_recipes()
    published = _published_titles()
    for done, recipe in enumerate(recipes):
        progress(done, len(recipes), recipe["title"])
        if recipe["title"] not in published:
            deposit(recipe, actor=alice, steward=bruno, packages=packages)
    progress(len(recipes), len(recipes), "")
    _finish_background_work()
    report = {"records": len(recipes), "accounts": accounts}
    mark.touch(mode=0o600)
    mark.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return report


def deposit(recipe: dict[str, Any], *, actor: Any, steward: Any, packages: Path) -> None:
    """Publishes one recipe as ``actor``: draft, files, publication.

    Where the recipe says why what looks like personal data is none (``harmless``), ``steward`` lets it pass.
    """
    from dop2i.server.records import actions, file_actions

    files = list(find_files(recipe, packages=packages))
    draft = actions.create_draft(actor=actor, document=write_document(recipe, files=files))
    sizes = [{"key": file.key, "size": file.path.stat().st_size} for file in files]
    file_actions.start_files(actor=actor, record_id=draft.id, entries=sizes)
    for file, entry in zip(files, sizes, strict=True):
        with file.path.open("rb") as stream:
            file_actions.receive_content(
                actor=actor, record_id=draft.id, key=file.key, stream=stream, length=entry["size"]
            )
        file_actions.commit_file(actor=actor, record_id=draft.id, key=file.key)
    if "harmless" in recipe:
        _let_pass(draft.id, steward=steward, reason=recipe["harmless"])
    actions.publish_draft(actor=actor, record_id=draft.id)


def _let_pass(record_id: int, *, steward: Any, reason: str) -> None:
    """What the search for personal data finds in the draft may be published, for this reason."""
    from dop2i.server.ethics import actions
    from dop2i.server.ethics.scanning import scan_bucket, smallest_of
    from dop2i.server.records.queries import find_record

    record = find_record(record_id)
    scan_bucket(record.draft_bucket_id, smallest=smallest_of(record))
    actions.override_findings(actor=steward, record_id=record_id, reason=reason)


def _forget_unfinished(alice: Any) -> None:
    """Drafts that a demonstration cut short has left."""
    from dop2i.server.records import actions
    from dop2i.server.records.models import Record

    for record in Record.objects.filter(state="draft", concept__owner=alice.person):
        actions.delete_draft(actor=alice, record_id=record.pk)


def _published_titles() -> set[str]:
    from dop2i.server.records.models import Record

    return {
        document["metadata"]["title"]
        for document in Record.objects.filter(state="published").values_list("document", flat=True)
    }


def _finish_background_work() -> None:
    """Describes the files and fills the index now, so that the first page is complete."""
    from dop2i.server.jobs.worker import run_worker

    run_worker(once=True)
