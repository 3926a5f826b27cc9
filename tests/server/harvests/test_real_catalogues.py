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


def check_author(author: dict[str, Any], creator: dict[str, Any]) -> None:
    """Names, ORCIDs, INSPIRE's numbers, and affiliations with their RORs."""
    who, places = creator["person_or_org"], creator.get("affiliations", [])
    assert sorted(re.findall(r"\w+", author["name"])) == sorted(re.findall(r"\w+", who["name"]))
    ids = [known["identifier"].rpartition("=")[2] for known in who.get("identifiers", [])]
    wanted = [author.get("orcid"), author.get("inspireid", "").strip()]
    assert ids == [known.removeprefix("https://orcid.org/") for known in wanted if known]
    assert "; ".join(place["name"] for place in places) == plain(author.get("affiliation", ""))
    assert "; ".join(place["id"] for place in places if "id" in place) == author.get("rorid", "")


@pytest.mark.slow(60)
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
        for author, creator in zip(authors, metadata["creators"], strict=False):
            check_author(author, creator)
        others = [title["title"] for title in metadata.get("additional_titles", [])]
        assert others == ([plain(original["title_additional"])] if original.get("title_additional") else [])
        dates = {value["date"] for value in metadata.get("dates", [])} | {metadata["publication_date"]}
        assert {
            *original.get("date_created", []),
            original.get("date_reprocessed", metadata["publication_date"]),
        } <= dates
        known = {value["identifier"] for value in metadata["identifiers"]}
        assert {document["links"]["origin"], original.get("cms_confdb_id", document["links"]["origin"])} == known
        related = [value["identifier"].rpartition("/record/")[2] for value in metadata.get("related_identifiers", [])]
        wanted = {relation.get("doi") or relation.get("recid") for relation in original.get("relations", [])}
        assert wanted - {None} <= set(related)
        assert document["links"]["origin"] == f"https://opendata.cern.ch/record/{original['recid']}"
        files = original.get("files", [])
        indexes = [file for file in files if re.search(r"_index\.(json|txt)$", file["uri"])]
        told = original.get("distribution", {}).get("number_files", 0) if len(indexes) == len(files) else 0
        assert document["files"]["count"] == max(len(files), told)
        if files:
            kept = files_of(f"cern:{original['recid']}")
            assert {(f["uri"], f["size"], f["checksum"]) for f in files} == {
                (url, f["size"], f["checksum"]) for url, f in kept.items()
            }


def check_authors(written: str, creators: list[dict[str, Any]]) -> None:
    """Every word of a citation's authors, and each author alone: with semicolons as many as these part."""
    people = [who["person_or_org"] for who in creators]
    said = sorted(re.findall(r"\w+", " ".join(who["name"] for who in people)))
    theirs = re.sub(r"\bet al+\b", "", written)
    assert [word for word in said if word != "and"] == sorted(w for w in re.findall(r"\w+", theirs) if w != "and")
    parts = [part for part in written.split(";") if part.strip(" .&")]
    assert len(people) == len(parts) or (len(parts) == 1 and len(people) > 1)
    assert all(who["name"].count(",") <= 1 for who in people if who["type"] == "personal")


@pytest.mark.slow(60)
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
            if authors is not None and (authors.text or "").strip(" ."):
                check_authors(authors.text, metadata["creators"])
            people = [node.text.strip() for node in root.iterfind(".//{*}Contact/{*}PersonID")]
            both = [*metadata.get("creators", []), *metadata.get("contributors", [])]
            assert sorted(people) == sorted(
                known["identifier"] for who in both for known in who["person_or_org"].get("identifiers", [])
            )
            others = [title["title"] for title in metadata.get("additional_titles", [])]
            header = root.find(".//{*}ResourceHeader")
            assert others == [
                plain(node.text) for node in header.iterfind("{*}AlternateName") if plain(node.text or "")
            ]
            dates = {value["date"] for value in metadata.get("dates", [])} | {metadata["publication_date"]}
            assert {node.text.strip()[:10] for node in header.iter("{*}ReleaseDate", "{*}ExpirationDate")} <= dates
            related = {value["identifier"] for value in metadata.get("related_identifiers", [])}
            assert {node.text.strip() for node in header.iter("{*}PriorID", "{*}AssociationID")} <= related
            urls = {node.text.strip() for node in root.iterfind(".//{*}AccessURL/{*}URL") if (node.text or "").strip()}
            assert urls == set(files_of(f"nasa:{identifier.replace('://', ':')}")) or not urls
    assert (run.failed, run.seen, len(found), count) == (0, count, count, 1487)


@pytest.mark.slow(60)
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
            assert every == titles
            updates = sorted(f"20{node.text.strip().replace('/', '-')}" for node in system.iter("lastupdate"))
            years = sorted(node.text.strip() for node in system.iter("discoveryyear"))
            assert [metadata.get("publication_date")] == (updates[-1:] or years[-1:] or [None])
            (file,) = document["files"]["entries"].values()
            assert unquote(file["links"]["content"]).endswith(f"/{member.name.rpartition('/')[2]}")
            assert document["links"]["origin"] in [known["identifier"] for known in metadata["identifiers"]]
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
        (first,) = re.findall(r"^(?:Reference:?\s*)?(.+?) et al\.", readme.partition("\n\n")[2], re.M)[:1]
        assert names(document) == list(dict.fromkeys([first, "VERITAS Collaboration"]))
        related = [entry["identifier"] for entry in document["metadata"]["related_identifiers"]]
        assert bibcode in related
        dois = re.findall(r"^- DOI: \[([^\]]+)\]", readme, re.M)
        assert set(dois) <= set(related)
        assert document["links"]["origin"] in [known["identifier"] for known in document["metadata"]["identifiers"]]
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
