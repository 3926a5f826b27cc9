"""Every value of title, creators, identifiers, dates and files of DataCite's own examples is kept.

What a file says is read here by itself, with lxml and json alone, and compared with what the catalogue keeps of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

pytestmark = pytest.mark.usefixtures("instance")

Said = dict[str, Any]
_LINK = re.compile(
    r"https?://(?:(?:dx\.)?doi\.org|orcid\.org|ror\.org|(?:www\.)?isni\.org(?:/isni)?)/|^(?:doi|arxiv):\s*", re.I
)


def one_line(text: str | None) -> str:
    return " ".join((text or "").split())


def bare(identifier: str) -> str:
    """An identifier without what only leads to it: its resolver, the name of its scheme, spaces and hyphens, case."""
    return re.sub(r"[\s-]", "", _LINK.sub("", identifier.strip())).lower().rstrip("/")


def words(name: str) -> list[str]:
    """The words of a name in any order: families stand first with us."""
    return sorted(re.findall(r"\w+", name))


def said_in_xml(path: Path) -> Said:
    root = etree.parse(path).getroot()

    def texts(where: str, node: Any = root) -> list[str]:
        return [one_line("".join(one.itertext())) for one in node.iterfind(where)]

    def people(where: str, name: str) -> list[Said]:
        return [
            {
                "name": one_line(who.findtext(f"{{*}}{name}")),
                "ids": texts("{*}nameIdentifier", who),
                "places": [
                    (one_line(place.text), place.get("affiliationIdentifier") or "")
                    for place in who.iterfind("{*}affiliation")
                ],
                "role": who.get("contributorType") or "",
            }
            for who in root.iterfind(where)
        ]

    return {
        "doi": texts("{*}identifier")[0],
        "titles": texts("{*}titles/{*}title"),
        "creators": people("{*}creators/{*}creator", "creatorName"),
        "contributors": people("{*}contributors/{*}contributor", "contributorName"),
        "others": texts("{*}alternateIdentifiers/{*}alternateIdentifier"),
        "related": [
            (one_line(one.text), one.get("relationType"))
            for one in root.iterfind("{*}relatedIdentifiers/{*}relatedIdentifier")
        ],
        "works": texts("{*}relatedItems/{*}relatedItem/{*}relatedItemIdentifier")
        + texts("{*}relatedItems/{*}relatedItem/{*}titles/{*}title"),
        "dates": [
            (one_line(one.text), one.get("dateType"), one.get("dateInformation") or "")
            for one in root.iterfind("{*}dates/{*}date")
        ],
        "year": root.findtext("{*}publicationYear") or "",
        "sizes": texts("{*}sizes/{*}size"),
        "formats": texts("{*}formats/{*}format"),
        "url": "",
    }


def said_in_json(path: Path) -> Said:
    found = json.loads(path.read_bytes())

    def people(member: str) -> list[Said]:
        return [
            {
                "name": one_line(who["name"]),
                "ids": [known["nameIdentifier"] for known in who.get("nameIdentifiers", [])],
                "places": [
                    (place["name"], place.get("affiliationIdentifier") or "")
                    if isinstance(place, dict)
                    else (place, "")
                    for place in who.get("affiliation", [])
                ],
                "role": who.get("contributorType", ""),
            }
            for who in found.get(member, [])
        ]

    known = [*found.get("identifiers", []), *found.get("alternateIdentifiers", [])]
    works = found.get("relatedItems", [])
    dois = [one["identifier"] for one in known if one.get("identifierType") == "DOI"]
    return {
        "doi": found.get("doi") or dois[0],
        "titles": [one_line(title["title"]) for title in found["titles"]],
        "creators": people("creators"),
        "contributors": people("contributors"),
        "others": [
            one.get("identifier") or one["alternateIdentifier"] for one in known if one.get("identifierType") != "DOI"
        ],
        "related": [(one["relatedIdentifier"], one["relationType"]) for one in found.get("relatedIdentifiers", [])],
        "works": [title["title"] for work in works for title in work["titles"]]
        + [work["relatedItemIdentifier"]["relatedItemIdentifier"] for work in works if "relatedItemIdentifier" in work],
        "dates": [(one["date"], one["dateType"], one.get("dateInformation", "")) for one in found.get("dates", [])],
        "year": str(found.get("publicationYear") or ""),
        "sizes": found.get("sizes", []),
        "formats": found.get("formats", []),
        "url": found.get("url") or "",
    }


def lost_of_people(said: list[Said], kept: list[dict[str, Any]], notes: str) -> list[str]:
    """What is missing or moved among people; an identifier whose check digit is wrong must be told in the notes."""
    lost = [] if len(said) == len(kept) else [f"{len(said)} people, {len(kept)} kept"]
    for theirs, ours in zip(said, kept, strict=False):
        who = ours["person_or_org"]
        if words(theirs["name"]) != words(who["name"]):
            lost.append(f"{theirs['name']} became {who['name']}")
        if theirs["role"] and theirs["role"].lower() != ours["role"]["id"]:
            lost.append(f"{theirs['name']}: {theirs['role']} became {ours['role']['id']}")
        ids = {bare(known["identifier"]) for known in who.get("identifiers", [])}
        lost += [f"{theirs['name']}: {one}" for one in theirs["ids"] if bare(one) not in ids and one not in notes]
        places = ours.get("affiliations", [])
        if [one_line(name) for name, _ in theirs["places"]] != [place.get("name", "") for place in places]:
            lost.append(f"{theirs['name']}: affiliations {theirs['places']}")
        for (_, known), place in zip(theirs["places"], places, strict=False):
            there = [place.get("id", ""), *(one["identifier"] for one in place.get("identifiers", []))]
            if known and bare(known) not in map(bare, there) and known not in notes:
                lost.append(f"{theirs['name']}: {known}")
    return lost


def lost_of(said: Said, mapped: Any) -> list[str]:
    """All that a file says and that is not kept."""
    metadata, notes = mapped.metadata, "\n".join(mapped.notes)
    lost = [] if bare(mapped.pids["doi"]["identifier"]) == bare(said["doi"]) else [said["doi"]]
    titles = [metadata["title"], *(other["title"] for other in metadata.get("additional_titles", []))]
    lost += [title for title in said["titles"] if title not in titles]
    lost += [] if len(titles) == len(said["titles"]) else [f"{len(said['titles'])} titles, {len(titles)} kept"]
    for member in ("creators", "contributors"):
        lost += lost_of_people(said[member], metadata.get(member, []), notes)
    known = {bare(one["identifier"]) for one in metadata.get("identifiers", [])}
    lost += [one for one in said["others"] if bare(one) not in known]
    related = {(bare(one["identifier"]), one["relation_type"]["id"]) for one in metadata.get("related_identifiers", [])}
    lost += [one for one, kind in said["related"] if (bare(one), kind.lower()) not in related]
    works = json.dumps(metadata.get("references", []), ensure_ascii=False)
    lost += [work for work in said["works"] if work not in works]
    dates = {(one["date"], one["type"]["id"], one.get("description", "")) for one in metadata.get("dates", [])}
    issued = (metadata["publication_date"], "issued", "")
    lost += [one for one, kind, about in said["dates"] if (one, kind.lower(), about) not in dates | {issued}]
    lost += [] if metadata["publication_date"].startswith(said["year"]) else [said["year"]]
    lost += [one for member in ("sizes", "formats") for one in said[member] if one not in metadata.get(member, [])]
    return lost + ([] if said["url"] in ("", mapped.url) else [said["url"]])


def test_every_value_of_datacites_own_examples_is_kept(
    shared_data: Path, harvest: Callable[..., Any], entries: Callable[..., dict[str, Any]]
) -> None:
    from dop2i.server.harvests import keeping
    from dop2i.server.harvests.models import Item

    folder = shared_data / "catalogues" / "datacite-xml"
    run = harvest("examples", kind="folder", address=str(folder))
    paths = sorted(path for path in folder.rglob("*") if path.suffix in (".xml", ".json"))
    items = {item.identifier: item for item in Item.objects.select_related("harvest")}
    assert (run.failed, run.seen, len(items)) == (0, len(paths), len(paths))
    for path in paths:
        said = said_in_xml(path) if path.suffix == ".xml" else said_in_json(path)
        item = items[path.relative_to(folder).as_posix()]
        assert lost_of(said, keeping.mapped_of(item)) == [], path
    leading = {document["provenance"]["key"]: document for document in entries("examples").values()}
    for item in (item for item in items.values() if item.key in leading):
        assert leading[item.key]["metadata"] == keeping.mapped_of(item).metadata, "the catalogue shows all of it"


def test_both_forms_of_one_doi_are_one_entry_with_its_sources_beside_each_other(
    shared_data: Path, harvest: Callable[..., Any], entries: Callable[..., dict[str, Any]]
) -> None:
    from dop2i.server.harvests.models import Item

    harvest("examples", kind="folder", address=str(shared_data / "catalogues" / "datacite-xml"))
    for key, document in entries("examples").items():
        assert len(document["provenance"]["sources"]) == Item.objects.filter(entry=key).count()
    joined = Item.objects.exclude(reason="")
    assert joined.count() >= 15
    assert all(item.reason.startswith("identifier:doi:10.") for item in joined)
