"""Real catalogues are harvested whole: titles, creators, identifiers, dates and files, compared one by one."""

from __future__ import annotations

import gzip
import html
import json
import re
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from lxml import etree

pytestmark = pytest.mark.usefixtures("instance")

Harvest = Callable[..., Any]
Entries = Callable[..., dict[str, Any]]


def plain(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"</?[a-z]+>", " ", text)).split())


def names(document: dict[str, Any]) -> list[str]:
    return [who["person_or_org"]["name"] for who in document["metadata"].get("creators", [])]


def files_of(key: str) -> dict[str, dict[str, Any]]:
    from dop2i.server.harvests import keeping
    from dop2i.server.harvests.queries import item_of

    return {file["url"]: file for file in keeping.mapped_of(item_of(key)).files}


def cern_records(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            yield from map(json.loads, lines)


@pytest.mark.slow
def test_all_cern_open_data_records_are_harvested_without_loss(
    shared_data: Path, harvest: Harvest, entries: Entries
) -> None:
    folder = shared_data / "catalogues" / "cern-opendata"
    run = harvest("cern", kind="folder", address=str(folder), title="CERN Open Data")
    originals = list(cern_records(folder))
    found = entries("cern")
    assert len(originals) >= 3_800
    assert (run.failed, run.seen, len(found)) == (0, len(originals), len(originals))
    for original in originals:
        document = found[f"cern:{original['recid']}"]
        metadata = document["metadata"]
        assert metadata["title"] == plain(original["title"]), original["recid"]
        assert document["pids"].get("doi", {}).get("identifier") == (original.get("doi") or None)
        assert metadata["publication_date"] == original["date_published"]
        authors = original.get("authors", [])
        assert len(names(document)) == len(authors) + ("collaboration" in original), original["recid"]
        for author, name in zip(authors, names(document), strict=False):
            assert set(re.findall(r"\w+", author["name"])) == set(re.findall(r"\w+", name))
        dates = {value["date"] for value in metadata.get("dates", [])}
        assert set(original.get("date_created", [])) <= dates | {metadata["publication_date"]}
        assert document["links"]["origin"] == f"https://opendata.cern.ch/record/{original['recid']}"
        files = original.get("files", [])
        assert document["files"]["count"] >= len(files)
        if files:
            kept = files_of(f"cern:{original['recid']}")
            assert {(f["uri"], f["size"], f["checksum"]) for f in files} == {
                (url, f["size"], f["checksum"]) for url, f in kept.items()
            }


@pytest.mark.slow
def test_all_spase_records_are_harvested_without_loss(shared_data: Path, harvest: Harvest, entries: Entries) -> None:
    folder = shared_data / "catalogues" / "nasa-spase"
    run = harvest("nasa", kind="folder", address=str(folder), title="NASA SPASE")
    found = entries("nasa")
    count = 0
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        for member in archive:
            if not member.isfile() or not member.name.endswith(".xml"):
                continue
            count += 1
            content = archive.extractfile(member)
            assert content is not None
            root = etree.fromstring(content.read())
            identifier = root.find(".//{*}ResourceID").text.strip()
            document = found[f"nasa:{identifier.replace('://', ':')}"]
            metadata = document["metadata"]
            assert metadata["title"] == plain(root.find(".//{*}ResourceName").text)
            assert identifier in [known["identifier"] for known in metadata["identifiers"]]
            doi = root.find(".//{*}ResourceHeader/{*}DOI")
            assert document["pids"].get("doi", {}).get("identifier", "") == (
                doi.text.strip().removeprefix("https://doi.org/") if doi is not None and "10." in doi.text else ""
            )
            published = root.find(".//{*}PublicationInfo/{*}PublicationDate")
            if published is not None:
                assert metadata["publication_date"] == published.text.strip()[:10]
            authors = root.find(".//{*}PublicationInfo/{*}Authors")
            if authors is not None and (authors.text or "").strip():
                said = set(re.findall(r"\w{3,}", " ".join(names(document))))
                assert set(re.findall(r"\w{3,}", authors.text)) - {"and"} <= said, authors.text
            people = {node.text.strip().rpartition("/")[2] for node in root.iterfind(".//{*}Contact/{*}PersonID")}
            both = names(document) + [w["person_or_org"]["name"] for w in metadata.get("contributors", [])]
            assert len(both) >= len(people)
            urls = {node.text.strip() for node in root.iterfind(".//{*}AccessURL/{*}URL") if (node.text or "").strip()}
            assert urls == set(files_of(f"nasa:{identifier.replace('://', ':')}")) or not urls
    assert (run.failed, run.seen, len(found), count) == (0, count, count, 1487)


@pytest.mark.slow
def test_all_exoplanet_systems_are_harvested_without_loss(
    shared_data: Path, harvest: Harvest, entries: Entries
) -> None:
    folder = shared_data / "catalogues" / "open-exoplanet"
    run = harvest("planets", kind="folder", address=str(folder))
    found = entries("planets")
    count = 0
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        for member in archive:
            if not member.isfile() or not member.name.endswith(".xml"):
                continue
            count += 1
            content = archive.extractfile(member)
            assert content is not None
            system = etree.fromstring(content.read())
            document = next(iter([found[key] for key in (f"planets:{member.name}",) if key in found]), None)
            document = document or next(d for d in found.values() if d["provenance"]["identifier"] == member.name)
            metadata = document["metadata"]
            titles = {metadata["title"].removesuffix(": planetary system")}
            titles |= {other["title"] for other in metadata.get("additional_titles", [])}
            every = {" ".join(node.text.split()) for node in system.iter("name") if (node.text or "").strip()}
            assert every <= titles
            assert document["files"]["count"] == 1
            assert names(document) == ["Open Exoplanet Catalogue"]
    assert (run.failed, run.seen, len(found)) == (0, count, count)


def test_all_veritas_publications_are_harvested_without_loss(
    shared_data: Path, harvest: Harvest, entries: Entries
) -> None:
    folder = shared_data / "catalogues" / "veritas-vtscat"
    run = harvest("veritas", kind="folder", address=str(folder), options={"base": "https://example.org/vtscat"})
    found = entries("veritas")
    infos = sorted(folder.glob("20*/*/info.yaml"))
    assert (run.failed, run.seen, len(found)) == (0, len(infos), len(infos))
    for info in infos:
        bibcode = re.search(r"reference_id:\s*(\S+)", info.read_text())[1]
        document = next(d for d in found.values() if d["provenance"]["identifier"] == bibcode)
        readme = (info.parent / "README.md").read_text()
        assert document["metadata"]["title"] == plain(re.search(r"^#\s+(.+)$", readme, re.M)[1])
        assert document["metadata"]["publication_date"] == bibcode[:4]
        assert "VERITAS Collaboration" in names(document)
        related = [entry["identifier"] for entry in document["metadata"]["related_identifiers"]]
        assert bibcode in related
        kept = files_of(document["provenance"]["key"])
        here = {path.relative_to(folder).as_posix() for path in info.parent.rglob("*") if path.is_file()}
        assert {unquote(url.removeprefix("https://example.org/vtscat/")) for url in kept} == here


def test_all_hepdata_submissions_are_harvested_with_their_tables(
    shared_data: Path, harvest: Harvest, entries: Entries
) -> None:
    import yaml

    folder = shared_data / "hepdata"
    run = harvest("hepdata", kind="folder", address=str(folder))
    found = entries("hepdata")
    assert (run.failed, run.seen, len(found)) == (0, 25, 25)
    for submission in folder.glob("*/submission.yaml"):
        documents = [part for part in yaml.load_all(submission.read_text(), Loader=yaml.CSafeLoader) if part]
        tables = {part["data_file"] for part in documents if "data_file" in part}
        document = found[f"hepdata:{submission.parent.name}"]
        from dop2i.server.harvests import keeping
        from dop2i.server.harvests.queries import item_of

        kept = keeping.mapped_of(item_of(f"hepdata:{submission.parent.name}"))
        assert tables <= {file["key"] for file in kept.files}
        assert document["metadata"]["title"]
        assert document["custom_fields"]["dop2i:theme"] == "particle"


def test_datacite_files_become_one_entry_a_doi_with_both_forms_beside_each_other(
    shared_data: Path, harvest: Harvest, entries: Entries
) -> None:
    from dop2i.server.harvests.models import Item

    folder = shared_data / "catalogues" / "datacite-xml"
    run = harvest("examples", kind="folder", address=str(folder))
    paths = [path for path in folder.rglob("*") if path.suffix in (".xml", ".json")]
    assert (run.failed, run.seen, Item.objects.count()) == (0, len(paths), len(paths))
    for key, document in entries("examples").items():
        members = Item.objects.filter(entry=key)
        assert len(document["provenance"]["sources"]) == members.count()
    joined = Item.objects.exclude(reason="")
    assert joined.count() >= 15
    assert all(item.reason.startswith("identifier:doi:10.") for item in joined)
