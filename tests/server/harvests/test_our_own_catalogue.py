"""What one dop2i gives, another harvests into an equal catalogue: by OAI-PMH in each format, and by DCAT.

The one that gives is a real server with records that Alice published through its API; the other is this process.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from live_server import Live, served
from waiting import wait_until

Entries = Callable[..., dict[str, Any]]

BETA = "Spectres β & γ ]]> mesurés à √s = 13 TeV"


def person(family: str, given: str, **more: Any) -> dict[str, Any]:
    who = {"type": "personal", "name": f"{family}, {given}", "family_name": family, "given_name": given}
    return {"person_or_org": {**who, **more}}


RECORDS: list[tuple[dict[str, Any], dict[str, bytes]]] = [
    ({"title": "Muon lifetime in scintillator, first run"}, {"lifetimes.csv": b"t\n2.2\n", "read me.txt": b"Muons.\n"}),
    (
        {
            "title": BETA,
            "creators": [
                person("Müller", "Jürgen", identifiers=[{"scheme": "orcid", "identifier": "0000-0001-5109-3700"}]),
                person("中村", "花子"),
                {"person_or_org": {"type": "organizational", "name": "KM3NeT Collaboration"}},
            ],
            "publication_date": "2024-05-17",
            "related_identifiers": [
                {"identifier": "10.1103/physrevd.98.030001", "scheme": "doi",
                 "relation_type": {"id": "issupplementto"}, "resource_type": {"id": "publication-article"}},
                {"identifier": "https://example.org/1", "scheme": "url", "relation_type": {"id": "isdocumentedby"}},
            ],
            "subjects": [{"subject": "gamma rays"}],
        },
        {"spectrum.csv": b"e_keV,counts\n1,2\n"},
    ),
    (
        {"title": "A calibration that is soon withdrawn", "publication_date": "2025-01",
         "creators": [person("Okafor", "Ada")]},
        {"calibration.csv": b"a\n1\n"},
    ),
    ({"title": "Analysis code of the balcony telescope", "resource_type": {"id": "software"}}, {"a.py": b"#\n"}),
    (
        {
            "title": "All that can be said of a beam time",
            "additional_titles": [
                {"title": "Tout ce qu’on peut dire d’un temps de faisceau", "type": {"id": "translated-title"},
                 "lang": {"id": "fra"}},
                {"title": "A second title", "type": {"id": "alternative-title"}},
            ],
            "creators": [
                {**person("Rossi", "Anna"), "affiliations": [{"name": "CERN", "id": "01ggx4157"}, {"name": "IPHC"}]},
            ],
            "contributors": [
                {**person("Diop", "Awa"), "role": {"id": "datacollector"}},
                {"person_or_org": {"type": "organizational", "name": "GANIL"}, "role": {"id": "hostinginstitution"}},
            ],
            "publication_date": "2023-11-30",
            "additional_descriptions": [
                {"description": "Germanium detectors at 90°.", "type": {"id": "methods"}, "lang": {"id": "eng"}},
            ],
            "dates": [
                {"date": "2023-03-01/2023-03-09", "type": {"id": "collected"}, "description": "beam on"},
                {"date": "2023-10", "type": {"id": "submitted"}},
            ],
            "version": "2.1",
            "languages": [{"id": "eng"}],
            "subjects": [{"subject": "gamma spectroscopy"}, {"subject": "fusion-evaporation, α + ⁵⁶Fe"}],
            "identifiers": [{"identifier": "2023JPhG...50k5101R", "scheme": "ads"}],
            "related_identifiers": [
                {"identifier": "2301.01234", "scheme": "arxiv", "relation_type": {"id": "isdescribedby"}},
                {"identifier": "https://example.org/run/7", "scheme": "url", "relation_type": {"id": "isderivedfrom"}},
            ],
            "funding": [
                {"funder": {"name": "Agence nationale de la recherche", "id": "00rbzpz17"},
                 "award": {"number": "ANR-20-CE31-0001", "title": {"en": "Nuclei far away"}}},
            ],
            "rights": [{"id": "cc-by-4.0"}],
        },
        {"run 7.csv": b"channel,counts\n1,2\n", "über.txt": "µ\n".encode()},
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def giver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Live, list[dict[str, Any]]]]:
    """The other dop2i, and the records that it shows."""
    with served(tmp_path_factory.mktemp("giver") / "home") as live:
        yield live, [live.published(files, **metadata) for metadata, files in RECORDS]


def by_title(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {document["metadata"]["title"]: document for document in found.values()}


def names(document: dict[str, Any]) -> list[str]:
    return [creator["person_or_org"]["name"] for creator in document["metadata"]["creators"]]


def identifiers(document: dict[str, Any]) -> set[str]:
    """All by which a document can be named, its page included."""
    found = {pid["identifier"] for pid in document["pids"].values()}
    found |= {known["identifier"] for known in document["metadata"].get("identifiers", [])}
    return found | {document["links"].get("origin", "")}


def relations(document: dict[str, Any]) -> set[tuple[str, str]]:
    found = document["metadata"].get("related_identifiers", [])
    return {(known["identifier"].lower(), known["relation_type"]["id"]) for known in found}


def check(mine: dict[str, Any], theirs: dict[str, Any], *, rich: bool) -> None:
    """What every format carries, and what DataCite's and DCAT carry beside it."""
    for name in ("title", "publication_date", "publisher", "description", "resource_type"):
        assert mine["metadata"].get(name) == theirs["metadata"].get(name) or (
            name == "resource_type" and mine["metadata"][name]["id"] == theirs["metadata"][name]["id"]
        ), name
    assert names(mine) == names(theirs)
    assert theirs["links"]["self_html"] in identifiers(mine)
    for pid in theirs["pids"].values():
        assert pid["identifier"] in identifiers(mine)
    assert [right["id"] for right in mine["metadata"]["rights"]] == [
        right["id"] for right in theirs["metadata"]["rights"]
    ]
    assert mine["access"]["status"] == "open"
    if rich:
        check_whole(mine["metadata"], theirs["metadata"])
    else:
        assert {identifier for identifier, _ in relations(theirs)} <= {
            identifier.removeprefix("https://doi.org/") for identifier, _ in relations(mine)
        }


def check_whole(mine: dict[str, Any], theirs: dict[str, Any]) -> None:
    """DataCite's schema has a place for every member of a record: all is there as it was said, and no more than what
    the schema says of the record itself (its identifiers, its concept, when it changed, sizes and formats of files)."""
    for name, said in theirs.items():
        kept = mine[name]
        assert kept == said or (isinstance(said, list) and all(entry in kept for entry in said)), name
    assert mine.keys() - theirs.keys() <= {"dates", "formats", "identifiers", "related_identifiers", "sizes"}
    more = [entry for entry in mine["dates"] if entry not in theirs.get("dates", [])]
    assert [entry["type"]["id"] for entry in more] == ["updated"]
    more = [entry for entry in mine["related_identifiers"] if entry not in theirs.get("related_identifiers", [])]
    assert [entry["relation_type"]["id"] for entry in more] == ["isversionof"]
    more = [entry for entry in mine["identifiers"] if entry not in theirs.get("identifiers", [])]
    assert [entry["scheme"] for entry in more] == ["ark", "url"]
    sent = next(files for metadata, files in RECORDS if metadata["title"] == theirs["title"])
    assert mine["sizes"] == [f"{sum(map(len, sent.values()))} bytes"]
    types = {"csv": "text/csv", "txt": "text/plain", "py": "text/x-python"}
    assert set(mine["formats"]) == {types[name.rpartition(".")[2]] for name in sent}


@pytest.mark.parametrize("prefix", ["oai_dc", "oai_datacite", "datacite"])
def test_what_we_give_by_oai_pmh_is_what_another_dop2i_has(
    prefix: str, giver: tuple[Live, list[dict[str, Any]]], harvest: Callable[..., Any], entries: Entries
) -> None:
    live, records = giver
    shown = {record["metadata"]["title"]: record for record in records if not record.get("gone")}
    slug = f"other-{prefix.replace('_', '-')}"
    run = harvest(slug, kind="oai-pmh", address=f"{live.url}/oai2d", options={"format": prefix})
    found = by_title(entries(slug))
    assert (run.failed, run.added) == (0, len(shown))
    assert found.keys() == shown.keys()
    for title, theirs in shown.items():
        check(found[title], theirs, rich=prefix != "oai_dc")


def test_what_we_give_as_dcat_has_every_file(
    giver: tuple[Live, list[dict[str, Any]]], harvest: Callable[..., Any], entries: Entries
) -> None:
    live, records = giver
    shown = {record["metadata"]["title"]: record for record in records if not record.get("gone")}
    run = harvest("other-dcat", kind="dcat", address=f"{live.url}/catalogue.ttl")
    found = by_title(entries("other-dcat"))
    assert (run.failed, run.added) == (0, len(shown))
    for title, theirs in shown.items():
        check(found[title], theirs, rich=False)
        kept = {(file["key"], file["size"], file["checksum"]) for file in found[title]["files"]["entries"].values()}
        sent = next(files for metadata, files in RECORDS if metadata["title"] == title)
        assert kept == {
            (key, len(content), f"sha256:{hashlib.sha256(content).hexdigest()}") for key, content in sent.items()
        }


def test_what_we_give_by_the_api_of_invenio_has_every_member_and_every_file(
    giver: tuple[Live, list[dict[str, Any]]], harvest: Callable[..., Any], entries: Entries
) -> None:
    live, records = giver
    shown = {record["metadata"]["title"]: record for record in records if not record.get("gone")}
    wait_until(lambda: len(shown) == requests.get(f"{live.url}/api/records", timeout=30).json()["hits"]["total"])
    run = harvest("other-api", kind="invenio-rdm", address=live.url)
    found = by_title(entries("other-api"))
    assert (run.failed, run.added) == (0, len(shown))
    for title, theirs in shown.items():
        mine = found[title]
        assert mine["metadata"] == theirs["metadata"]
        assert mine["pids"].keys() == theirs["pids"].keys()
        sent = next(files for metadata, files in RECORDS if metadata["title"] == title)
        assert {(file["key"], file["size"]) for file in mine["files"]["entries"].values()} == {
            (key, len(content)) for key, content in sent.items()
        }


def test_what_is_withdrawn_there_is_gone_here_at_the_next_pass(
    giver: tuple[Live, list[dict[str, Any]]], harvest: Callable[..., Any], entries: Entries
) -> None:
    live, records = giver
    address = f"{live.url}/oai2d"
    first = harvest("other", kind="oai-pmh", address=address)
    before = len(entries("other"))
    gone = next(record for record in records if "soon withdrawn" in record["metadata"]["title"])
    with live.session("alice@example.org") as alice:
        said = {"removal_reason": {"id": "retracted"}, "note": "The detector was off."}
        answer = alice.post(f"{live.url}/api/records/{gone['id']}/delete", json=said)
        assert answer.status_code in (200, 202, 204), answer.text
    gone["gone"] = True
    second = harvest("other", kind="oai-pmh", address=address)
    from dop2i.server.harvests.models import Item

    assert (first.failed, second.failed, second.gone) == (0, 0, 1)
    items = Item.objects.filter(harvest__slug="other")
    assert items.count() == before, "what disappears there is marked here, not dropped"
    assert [item.title for item in items.exclude(gone_since=None)] == [gone["metadata"]["title"]]
    assert entries("other")[items.exclude(gone_since=None).get().entry]["provenance"]["gone_since"]
