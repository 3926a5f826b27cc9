"""Bruno adds and watches sources in pages; Chloé reads a harvested entry and where its sources disagree."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Person = Callable[..., Any]
Browser = Callable[..., Any]


@pytest.fixture
def folder(instance: Path, tmp_path: Path) -> Iterator[Path]:
    """A folder that may be harvested, with one DataCite record in it."""
    from django.conf import settings
    from django.test import override_settings

    from dop2i.server.configuration import Harvest

    made = tmp_path / "records"
    made.mkdir()
    write(made, "a", publisher="Zenodo")
    harvest = Harvest(allow_private=True, folders=(str(tmp_path),))
    with override_settings(DOP2I=dataclasses.replace(settings.DOP2I, harvest=harvest)):
        yield made


def write(folder: Path, name: str, **members: Any) -> None:
    record = {
        "doi": "10.5072/abc", "titles": [{"title": "Muon flux at $\\sqrt{s}$ of <nothing>"}], "publicationYear": 2024,
        "creators": [{"name": "Martin, Alice"}], "types": {"resourceTypeGeneral": "Dataset"}, **members,
    }  # fmt: skip
    (folder / f"{name}.json").write_text(json.dumps(record))


def run(slug: str) -> None:
    from dop2i.server.harvests.engine import run_harvest
    from dop2i.server.harvests.models import Harvest

    run_harvest(Harvest.objects.get(slug=slug).pk, progress=lambda *_: None)


def add(bruno: Any, browser: Browser, folder: Path, slug: str, title: str) -> None:
    given = {"slug": slug, "title": title, "address": str(folder), "every_hours": "24"}
    answer = browser(bruno).post("/harvests/new?kind=folder", given)
    assert answer.status_code == 302, answer.content.decode()
    run(slug)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_bruno_adds_a_source_after_trying_it(person: Person, browser: Browser, folder: Path, language: str) -> None:
    bruno = person("Bruno", is_administrator=True)
    page = browser(bruno, language=language)
    assert page.get("/harvests").status_code == 200
    for kind in ("oai-pmh", "invenio-rdm", "datacite", "cern-opendata", "hepdata", "gwosc", "folder"):
        assert page.get(f"/harvests/new?kind={kind}").status_code == 200
    given = {"slug": "lab", "title": "The lab", "address": str(folder), "every_hours": "6"}
    tried = page.post("/harvests/new?kind=folder", {**given, "try": "1"}).content.decode()
    assert "a.json" in tried
    assert "of &lt;nothing&gt;" in tried
    assert page.post("/harvests/new?kind=folder", given).status_code == 302
    run("lab")
    shown = page.get("/harvests/lab").content.decode()
    assert "The lab" in shown
    assert page.post("/harvests/lab", {"action": "pause"}).status_code == 302
    assert page.post("/harvests/lab", {"action": "resume"}).status_code == 302
    assert page.get("/harvests/lab/change").status_code == 200
    changed = page.post("/harvests/lab/change", {**given, "title": "The laboratory"})
    assert changed.status_code == 302
    assert "The laboratory" in page.get("/harvests").content.decode()


def test_what_cannot_be_harvested_is_said_in_the_form(person: Person, browser: Browser, folder: Path) -> None:
    page = browser(person("Bruno", is_administrator=True))
    answer = page.post("/harvests/new?kind=folder", {"slug": "etc", "address": "/etc", "every_hours": "24"})
    assert answer.status_code == 400
    assert "may not be harvested" in answer.content.decode()
    assert page.post("/harvests/new?kind=oai-pmh", {"slug": "x", "address": "ftp://x"}).status_code == 400
    assert page.get("/harvests/new?kind=nothing").status_code == 404


def test_chloe_sees_where_an_entry_comes_from_and_where_sources_disagree(
    person: Person, browser: Browser, folder: Path, tmp_path: Path
) -> None:
    bruno = person("Bruno", is_administrator=True)
    add(bruno, browser, folder, "one", "First repository")
    other = tmp_path / "others"
    other.mkdir()
    write(other, "b", publisher="The laboratory")
    add(bruno, browser, other, "two", "Second repository")
    page = browser().get("/catalogue/one/a.json")
    text = page.content.decode()
    assert page.status_code == 200
    assert "First repository" in text
    assert "the same DOI, 10.5072/abc" in text
    assert "Where the sources disagree" in text
    assert "The laboratory" in text
    assert "harvests/settle" not in text, "only stewards split and join"
    moved = browser().get("/catalogue/two/b.json")
    assert moved.headers["Location"] == "/catalogue/one/a.json"
    raw = browser().get("/api/catalogue/two/raw/b.json")
    assert json.loads(raw.content)["publisher"] == "The laboratory"
    assert raw.headers["Content-Disposition"].startswith("attachment")
    split = browser(bruno).post("/harvests/settle", {"action": "split", "key": "two:b.json"})
    assert split.headers["Location"] == "/catalogue/two/b.json"
    joined = {"action": "join", "key": "two:b.json", "entry": "http://localhost/catalogue/one/a.json"}
    assert browser(bruno).post("/harvests/settle", joined).headers["Location"] == "/catalogue/one/a.json"


def test_a_source_is_removed_only_when_its_name_is_written(person: Person, browser: Browser, folder: Path) -> None:
    bruno = person("Bruno", is_administrator=True)
    add(bruno, browser, folder, "one", "First repository")
    assert browser(bruno).post("/harvests/one", {"action": "remove", "confirm": "no"}).status_code == 400
    assert browser(bruno).post("/harvests/one", {"action": "remove", "confirm": "one"}).status_code == 302
    assert browser().get("/catalogue/one/a.json").status_code == 404


def test_mallory_and_visitors_see_no_page_of_harvests(person: Person, browser: Browser, folder: Path) -> None:
    mallory = person("Mallory")
    for address in ("/harvests", "/harvests/new?kind=folder", "/harvests/one", "/harvests/one/change"):
        assert browser(mallory).get(address).status_code == 403
        assert browser().get(address).status_code == 302
    assert browser(mallory).post("/harvests/settle", {"action": "split", "key": "a:b"}).status_code == 403


def test_the_api_does_what_the_pages_do(person: Person, instance: Path, folder: Path) -> None:
    from django.test import Client

    from dop2i.server.people.actions import make_token

    _, secret = make_token(person=person("Bruno", is_administrator=True), scopes=["harvest"])
    _, read_only = make_token(person=person("Mallory"), scopes=["read", "harvest"])
    api = Client(headers={"Authorization": f"Bearer {secret}"}, SERVER_NAME="localhost")
    given = {"kind": "folder", "slug": "lab", "title": "The lab", "address": str(folder)}
    made = api.post("/api/harvests", given, content_type="application/json")
    assert made.status_code == 201, made.content
    run("lab")
    assert api.get("/api/harvests/lab").json()["records"] == 1
    assert api.get("/api/harvests").json()["hits"][0]["slug"] == "lab"
    assert api.put("/api/harvests/lab", {"title": "L"}, content_type="application/json").json()["title"] == "L"
    assert api.post("/api/harvests/lab/actions/pause").json()["paused"] is True
    assert api.post("/api/harvests/lab/actions/run").status_code == 409
    assert api.post("/api/harvests/lab/actions/resume").json()["paused"] is False
    visitor = Client(SERVER_NAME="localhost")
    entry = visitor.get("/api/catalogue/lab/entry/a.json").json()
    assert entry["provenance"]["source"] == "lab"
    assert entry["links"]["self"] == "http://localhost/api/catalogue/lab/entry/a.json"
    assert visitor.get("/api/catalogue/lab/files/a.json").json()["total"] == 0
    assert visitor.get("/api/catalogue/lab/entry/nothing").status_code == 404
    assert "folder" in visitor.get("/api/harvests/sources").json()
    assert visitor.get("/api/harvests").status_code == 401
    mallory = Client(headers={"Authorization": f"Bearer {read_only}"}, SERVER_NAME="localhost")
    assert mallory.get("/api/harvests").status_code == 403
    assert mallory.delete("/api/harvests/lab").status_code == 403
    assert api.delete("/api/harvests/lab").status_code == 204
    assert visitor.get("/api/catalogue/lab/entry/a.json").status_code == 404


@pytest.mark.parametrize("language", ["en", "fr"])
def test_bruno_sees_what_failed_and_what_is_gone_and_gets_to_each(
    person: Person, browser: Browser, folder: Path, language: str
) -> None:
    bruno = browser(person("Bruno", is_administrator=True), language=language)
    write(folder, "z", doi="10.5072/z", titles=[{"title": "Here today"}])
    (folder / "b.json").write_text('{"titles": [')
    given = {"slug": "lab", "address": str(folder), "every_hours": "0", "theme": "nuclear"}
    assert bruno.post("/harvests/new?kind=folder", given).status_code == 302
    run("lab")
    (folder / "z.json").unlink()
    run("lab")
    shown = bruno.get("/harvests/lab").content.decode()
    assert 'href="/api/catalogue/lab/raw/b.json"' in shown, "the broken document itself"
    assert bruno.get("/api/catalogue/lab/raw/b.json").content == b'{"titles": ['
    assert 'href="/catalogue/lab/z.json">Here today</a>' in shown
    assert {"en": "Nuclear physics", "fr": "Physique nucléaire"}[language] in shown, "options in words"
    assert {"en": "b.json is not valid JSON", "fr": "b.json n’est pas un JSON valide"}[language] in shown
    listed = bruno.get("/harvests").content.decode()
    assert {"en": "Local folder", "fr": "Dossier local"}[language] in listed
    assert ">lab</span>" in listed, "told apart from another of the same title"


def test_what_the_form_does_not_change_stays_and_nothing_is_read_again(
    person: Person, browser: Browser, instance: Path
) -> None:
    from dop2i.server.harvests.actions import add_harvest
    from dop2i.server.harvests.models import Harvest
    from dop2i.server.people.operating import OPERATOR

    options = {"community": "escape2020", "pause": "2"}
    add_harvest(actor=OPERATOR, kind="invenio-rdm", slug="escape", options=options, run=False)
    Harvest.objects.update(marks={"updated": "2026-01-01"})
    bruno = browser(person("Bruno", is_administrator=True))
    form = bruno.get("/harvests/escape/change").context
    given = {"title": "ESCAPE", "address": form["given"]["address"], "every_hours": "12"}
    given |= {field["name"]: field["value"] for field in form["fields"]}
    assert given["pause"] == "2"
    assert bruno.post("/harvests/escape/change", given).status_code == 302
    harvest = Harvest.objects.get()
    assert (harvest.title, harvest.options, harvest.marks) == ("ESCAPE", options, {"updated": "2026-01-01"})
    assert harvest.next_run is not None, "reckoned by the new pace, not the old"
    bruno.post("/harvests/escape/change", {**given, "every_hours": "0"})
    assert Harvest.objects.get().next_run is None


def test_a_source_of_one_field_gives_its_theme_however_it_is_added(person: Person, browser: Browser) -> None:
    from dop2i.server.harvests.actions import add_harvest
    from dop2i.server.harvests.models import Harvest
    from dop2i.server.people.operating import OPERATOR

    add_harvest(actor=OPERATOR, kind="gwosc", slug="waves", run=False)
    page = browser(person("Bruno", is_administrator=True))
    given = {"slug": "software", "address": "https://api.github.com", "owner": "gammapy", "theme": ""}
    assert page.post("/harvests/new?kind=github", given).status_code == 302
    themes = {harvest.slug: harvest.options["theme"] for harvest in Harvest.objects.all()}
    assert themes == {"waves": "astroparticle", "software": "computing"}
