"""Each REST source pages through answers of its own shape, takes every record once, and asks for changes afterwards."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from json_server import answering

pytestmark = pytest.mark.usefixtures("instance")

Harvest = Callable[..., Any]
Entries = Callable[..., dict[str, Any]]


def test_cern_open_data_is_paged_through(shared_data: Path, harvest: Harvest, entries: Entries) -> None:
    with gzip.open(shared_data / "catalogues" / "cern-opendata" / "atlas.jsonl.gz", "rt") as lines:
        records = [json.loads(line) for line in lines]

    def answer(path: str, asked: dict[str, str]) -> Any:
        assert path == "/api/records/"
        first = (int(asked["page"]) - 1) * int(asked["size"])
        hits = [{"id": r["recid"], "metadata": r} for r in records[first : first + int(asked["size"])]]
        return {"hits": {"total": len(records), "hits": hits}}

    with answering(answer) as (url, asked):
        run = harvest("cern", kind="cern-opendata", address=url, options={"experiment": "ATLAS"})
    assert (run.seen, run.failed, len(entries("cern"))) == (171, 0, 171)
    assert asked[0][1]["q"] == 'experiment:"ATLAS"'


def test_datacite_is_followed_by_its_cursor_and_then_by_changes(harvest: Harvest, entries: Entries) -> None:
    def record(number: int) -> dict[str, Any]:
        attributes = {
            "doi": f"10.5072/d{number}", "titles": [{"title": f"Data set no. {number}"}], "publicationYear": 2024,
            "creators": [{"name": "Martin, Alice"}], "types": {"resourceTypeGeneral": "Dataset"}, "state": "findable",
            "updated": f"2026-01-{number:02d}T00:00:00Z", "viewCount": number,
        }  # fmt: skip
        return {"id": attributes["doi"], "type": "dois", "attributes": attributes}

    def answer(path: str, asked: dict[str, str]) -> Any:
        place = asked["page[cursor]"]
        if "updated:[" in asked.get("query", ""):
            return {"data": [record(9)], "meta": {"total": 1}, "links": {}}
        if place == "1":
            return {
                "data": [record(n) for n in range(1, 6)],
                "meta": {"total": 9},
                "links": {"next": "https://api.datacite.org/dois?page%5Bcursor%5D=abc"},
            }
        return {"data": [record(n) for n in range(6, 10)], "meta": {"total": 9}, "links": {}}

    with answering(answer) as (url, asked):
        run = harvest("dois", kind="datacite", address=url, options={"ror": "02feahw73"})
        assert (run.seen, run.total, len(entries("dois"))) == (9, 9, 9)
        assert "affiliationIdentifier" in asked[0][1]["query"]
        again = harvest("dois", kind="datacite", address=url)
    assert (again.full, again.unchanged) == (False, 1)
    assert "updated:[2026-01-09T00:00:00Z TO *]" in asked[-1][1]["query"]


def test_a_zenodo_community_is_harvested_with_its_files(harvest: Harvest, entries: Entries) -> None:
    def record(number: int) -> dict[str, Any]:
        return {
            "id": str(number), "updated": f"2026-01-{number:02d}T00:00:00+00:00", "stats": {"views": number},
            "pids": {"doi": {"identifier": f"10.5281/zenodo.{number}"}}, "access": {"status": "open"},
            "links": {"self_html": f"https://zenodo.org/records/{number}"},
            "metadata": {"title": f"Record {number}", "publication_date": "2026", "resource_type": {"id": "dataset"},
                         "creators": [{"person_or_org": {"type": "personal", "family_name": "Rossi"}}]},
            "files": {"enabled": True, "count": 1, "total_bytes": 3, "entries": {
                "a.root": {"key": "a.root", "size": 3, "checksum": "md5:0", "links": {"content": "https://zenodo.org/a"}}}},
        }  # fmt: skip

    def answer(path: str, asked: dict[str, str]) -> Any:
        assert path == "/api/communities/escape2020/records"
        size, page = int(asked["size"]), int(asked["page"])
        numbers = list(range(1, 8))[(page - 1) * size : page * size]
        return {"hits": {"hits": [record(n) for n in numbers], "total": 7}, "links": {}}

    with answering(answer) as (url, _):
        run = harvest("zenodo", kind="invenio-rdm", address=url, options={"community": "escape2020", "size": "3"})
    found = entries("zenodo")
    assert (run.seen, len(found)) == (7, 7)
    assert found["zenodo:3"]["files"]["entries"]["a.root"]["links"]["content"] == "https://zenodo.org/a"
    assert found["zenodo:3"]["links"]["origin"] == "https://zenodo.org/records/3"


def test_hepdata_records_come_with_their_tables(harvest: Harvest, entries: Entries) -> None:
    def answer(path: str, asked: dict[str, str]) -> Any:
        assert asked["format"] == "json"
        if path == "/search/":
            return {"total": 2, "results": [{"id": 1, "inspire_id": "1990313", "title": "Z"}, {"id": 2, "title": "W"}]}
        if path == "/record/ins1990313":
            tables = [{"name": "Table 1", "data": {"csv": "https://www.hepdata.net/download/1/csv"}}]
            return {
                "record": {"hepdata_doi": "10.17182/hepdata.1.v1", "creation_date": "2022-01-01"},
                "data_tables": tables,
            }
        return None

    with answering(answer) as (url, _):
        run = harvest("hepdata", kind="hepdata", address=url)
    assert (run.seen, run.failed) == (2, 1)
    document = entries("hepdata")["hepdata:ins1990313"]
    assert document["pids"]["doi"]["identifier"] == "10.17182/hepdata.1.v1"
    assert document["files"]["count"] == 1


def test_gravitational_wave_events_and_runs_come_with_strain_files(harvest: Harvest, entries: Entries) -> None:
    site = "https://gwosc.org/api/v2"
    event = {"name": "GW150914", "version": 3, "gps": 1126259462.4, "catalog": "GWTC-1-confident", "detectors": ["H1"]}
    answers = {
        "/api/v2/event-versions": {
            "results_count": 1, "next": None,
            "results": [{**event, "detail_url": f"{site}/event-versions/GW150914-v3"}]},
        "/api/v2/event-versions/GW150914-v3": {
            **event, "strain_files_url": f"{site}/event-versions/GW150914-v3/strain-files",
            "parameters_url": f"{site}/event-versions/GW150914-v3/parameters"},
        "/api/v2/event-versions/GW150914-v3/parameters": {
            "results": [{"is_preferred": True, "parameters": [{"name": "mass_1_source", "best": 35.6}]}]},
        "/api/v2/runs": {"next": None, "results": [
            {"name": "O1", "gps_start": 1126051217, "gps_end": 1137254417, "detectors": ["H1", "L1"]}]},
    }  # fmt: skip

    def answer(path: str, asked: dict[str, str]) -> Any:
        if path.endswith("/strain-files"):
            page = int(asked.get("page", "1"))
            following = f"{site}/event-versions/GW150914-v3/strain-files?page=2" if page == 1 else None
            return {"next": following, "results": [{"download_url": f"https://gwosc.org/H-{page}.hdf5"}]}
        return answers.get(path)

    with answering(answer) as (url, _):
        run = harvest("gwosc", kind="gwosc", address=url)
    found = entries("gwosc")
    assert (run.seen, run.failed) == (2, 0)
    assert sorted(found["gwosc:event:GW150914-v3"]["files"]["entries"]) == ["H-1.hdf5", "H-2.hdf5"]
    assert found["gwosc:run:O1"]["metadata"]["publication_date"] == "2015-09-12/2016-01-19"


def test_a_laboratory_is_harvested_from_hal(harvest: Harvest, entries: Entries) -> None:
    def document(number: int) -> dict[str, Any]:
        return {
            "halId_s": f"hal-0100000{number}", "uri_s": f"https://hal.science/hal-0100000{number}", "docType_s": "ART",
            "title_s": [f"Article {number}"], "authFullName_s": ["Alice Martin", "Bruno Rossi"], "language_s": ["fr"],
            "producedDate_s": "2024-05", "modifiedDate_s": f"2026-01-0{number} 10:00:00",
            "doiId_s": f"10.5072/h{number}",
            "files_s": [f"https://hal.science/hal-0100000{number}/document"],
        }  # fmt: skip

    def answer(path: str, asked: dict[str, str]) -> Any:
        if asked["cursorMark"] == "*":
            return {"response": {"numFound": 3, "docs": [document(1), document(2)]}, "nextCursorMark": "B"}
        docs = [document(3)] if asked["cursorMark"] == "B" else []
        return {"response": {"numFound": 3, "docs": docs}, "nextCursorMark": "C"}

    with answering(answer) as (url, asked):
        run = harvest("hal", kind="hal", address=f"{url}/search", options={"structure": "300001"})
    document_ = entries("hal")["hal:hal-01000003"]
    assert (run.seen, run.total) == (3, 3)
    assert asked[0][1]["fq"] == "structId_i:300001"
    assert document_["metadata"]["resource_type"] == {"id": "publication-article"}
    assert document_["files"]["count"] == 1


def test_pages_of_a_site_are_found_by_its_sitemap(harvest: Harvest, entries: Entries) -> None:
    dataset = {"@context": "https://schema.org", "@type": "Dataset", "name": "Balcony muons", "datePublished": "2024"}
    base = ""

    def answer(path: str, asked: dict[str, str]) -> Any:
        if path == "/sitemap.xml":
            return f"<sitemapindex><sitemap><loc>{base}/a.xml</loc></sitemap></sitemapindex>"
        if path == "/a.xml":
            pages = "".join(f"<url><loc>{base}/dataset/{n}</loc></url>" for n in range(3))
            return f"<urlset>{pages}<url><loc>https://elsewhere.example.org/x</loc></url></urlset>"
        if path == "/dataset/2":
            return None
        return f'<html><script type="application/ld+json">{json.dumps(dataset)}</script></html>'

    with answering(answer) as (url, _):
        base = url
        run = harvest("site", kind="sitemap", address=f"{url}/sitemap.xml")
    assert (run.seen, run.added, run.failed) == (3, 2, 1)
    assert all(document["metadata"]["title"] == "Balcony muons" for document in entries("site").values())


def test_software_of_a_gitlab_group_is_read_from_codemeta(
    shared_data: Path, harvest: Harvest, entries: Entries
) -> None:
    codemeta = json.loads((shared_data / "software-metadata" / "gammapy" / "codemeta.json").read_bytes())
    projects = [
        {
            "id": n,
            "path_with_namespace": f"astro/p{n}",
            "default_branch": "main",
            "web_url": f"https://git.example.org/p{n}",
        }
        for n in (1, 2, 3)
    ]

    def answer(path: str, asked: dict[str, str]) -> Any:
        if path == "/api/v4/groups/astro/projects" or path.endswith("/projects"):
            return projects
        return {"1": codemeta, "2": "not json"}.get(path.split("/")[4])

    with answering(answer) as (url, _):
        run = harvest("git", kind="gitlab", address=url, options={"group": "astro"})
    assert (run.seen, run.added, run.failed) == (2, 1, 1)
    document = entries("git")["git:astro/p1"]
    assert document["metadata"]["title"] == codemeta["name"]
    assert document["metadata"]["resource_type"] == {"id": "software"}
    assert document["links"]["origin"] == "https://git.example.org/p1"


def test_every_kind_of_source_has_its_labels_and_a_page_of_documentation() -> None:
    from dop2i.server.harvests.sources import SOURCES

    page = (Path(__file__).parents[3] / "docs" / "operator" / "harvesting.md").read_text(encoding="utf-8")
    for name, source in SOURCES.items():
        assert set(source.label) == set(source.about) == {"en", "fr"}
        assert f"`{name}`" in page
        for option in source.options:
            assert set(option.label) == {"en", "fr"}
            assert not option.help or set(option.help) == {"en", "fr"}
        with pytest.raises(Exception, match=r"\w"):
            source.check(address="nowhere", options={})


OPTIONS = {
    "invenio-rdm": {"community": "a"}, "datacite": {"client": "a"}, "cern-opendata": {}, "hepdata": {},
    "gwosc": {"run_files": "yes"}, "hal": {"structure": "1"}, "gitlab": {"group": "a"}, "github": {"owner": "a"},
    "software-heritage": {"query": "x"},
}  # fmt: skip
ODD: list[Any] = [
    [], {}, 5, "<html>Maintenance</html>", [None, 5, [], {}], {"hits": 5}, {"hits": []}, {"hits": {"hits": 5}},
    {"hits": {"hits": [None, 5, [], {}, {"id": [], "metadata": 5}], "total": "many"}, "links": 5},
    {"data": [None, 5, {}, {"id": [], "attributes": {"state": 5, "titles": 5}}], "links": 5, "meta": 5},
    {"results": [None, 5, {}, {"name": [], "detail_url": 5}, {"inspire_id": 5}], "next": 5, "total": "x"},
    {"response": []}, {"response": {"docs": [None, 5, {}, {"halId_s": []}], "numFound": "x"}, "nextCursorMark": 5},
    [{"default_branch": "main"}, {"full_name": 5, "default_branch": 5}, {"url": 5, "metadata": 5},
     {"url": "x", "metadata": {"metadata": 5, "from_directory": []}}],
]  # fmt: skip


@pytest.mark.parametrize("kind", sorted(OPTIONS))
def test_an_answer_of_any_form_ends_in_records_or_in_a_sentence(kind: str) -> None:
    """What no documentation promises must not stop a harvest with a fault of ours."""
    from contextlib import suppress
    from itertools import islice

    from dop2i.errors import Dop2iError
    from dop2i.server.fetching import Fetcher, Reach
    from dop2i.server.harvests.sources import SOURCES
    from dop2i.server.harvests.sources.base import Order

    source = SOURCES[kind]
    for odd in ODD:
        with answering(lambda path, asked, odd=odd: odd) as (url, _), suppress(Dop2iError):
            fetcher = Fetcher(reach=Reach(allow_private=True), pause=0, attempts=1)
            order = Order(address=url, fetcher=fetcher, options=OPTIONS[kind])
            for page in islice(source.pages(order), 3):
                for raw in page.records:
                    assert isinstance(raw.identifier, str), odd
                    if not raw.problem:
                        source.map(raw, order)
