"""Software of GitHub and Software Heritage, the registry of the Virtual Observatory, and catalogues in DCAT."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

import pytest
from json_server import answering

from dop2i.core.exports import dcat as written
from dop2i.core.mappings.dcat import from_dcat
from dop2i.core.mappings.regtap import SEPARATOR, from_regtap
from dop2i.errors import InvalidInput

pytestmark = pytest.mark.usefixtures("instance")

Harvest = Callable[..., Any]
Entries = Callable[..., dict[str, Any]]
CODEMETA = {"@context": "https://doi.org/10.5063/schema/codemeta-2.0", "name": "gammaray", "version": "2.1",
            "author": [{"givenName": "Alice", "familyName": "Martin"}],
            "license": "https://spdx.org/licenses/MIT"}  # fmt: skip
ROWS = [
    {
        "ivoid": f"ivo://org.example/res{n:04d}", "res_type": "vs:catalogservice", "short_name": f"R{n}",
        "res_title": f"Pulsars & friends {n}", "res_description": "A catalogue of pulsars.",
        "creator_seq": "Martin, A.; Roche, B.",
        "created": "2020-03-01T00:00:00", "updated": "2024-01-01T00:00:00", "waveband": "radio#gamma-ray",
        "reference_url": f"https://vo.example.org/{n}", "rights_uri": "https://spdx.org/licenses/CC0-1.0.html",
        "access_urls": f"https://vo.example.org/{n}/scs{SEPARATOR}https://vo.example.org/{n}/tap",
        "standard_ids": f"ivo://ivoa.net/std/conesearch{SEPARATOR}ivo://ivoa.net/std/tap",
        "alt_identifiers": f"doi:10.5072/vo{n}{SEPARATOR}doi:10.5072/vo{n}",
    }
    for n in range(1203)
]  # fmt: skip


def test_software_of_a_github_organisation_is_read_from_codemeta(harvest: Harvest, entries: Entries) -> None:
    repositories = [
        {"full_name": f"astro/r{n}", "default_branch": "main", "fork": n == 4,
         "html_url": f"https://github.com/astro/r{n}"}
        for n in range(5)
    ]  # fmt: skip

    def answer(path: str, asked: dict[str, str]) -> Any:
        if path == "/users/astro/repos":
            return repositories if asked["page"] == "1" else []
        found = re.fullmatch(r"/repos/astro/r(\d)/contents/codemeta.json", path)
        assert found
        assert found[1] != "4", "a fork is not asked"
        return {"0": CODEMETA, "1": "no JSON", "2": ["a list"]}.get(found[1])

    with answering(answer) as (url, _):
        run = harvest("hub", kind="github", address=url, options={"owner": "astro"})
    assert (run.seen, run.added, run.failed) == (3, 1, 2)
    document = entries("hub")["hub:astro/r0"]
    assert document["metadata"]["title"] == "gammaray"
    assert document["links"]["origin"] == "https://github.com/astro/r0"


def test_software_that_the_archive_knows_keeps_the_identifier_of_what_was_archived(
    harvest: Harvest, entries: Entries
) -> None:
    origins = [
        {"url": f"https://gitlab.in2p3.fr/g/p{n}", "visit_types": ["git"], "metadata": {
            "from_directory": f"{n:040x}", "tool": {"id": 1, "name": "swh-metadata-detector"},
            "mappings": ["codemeta"], "metadata": CODEMETA | {"name": f"p{n}"}}}
        for n in (1, 2)
    ] + [{"url": "https://elsewhere.org/x", "metadata": CODEMETA}]  # fmt: skip

    def answer(path: str, asked: dict[str, str]) -> Any:
        assert (path, asked["fulltext"]) == ("/api/1/origin/metadata-search/", "gamma")
        return origins

    with answering(answer) as (url, _):
        options = {"query": "gamma", "containing": "in2p3.fr/"}
        run = harvest("swh", kind="software-heritage", address=url, options=options)
    assert (run.seen, run.added) == (2, 2)
    document = next(d for d in entries("swh").values() if d["metadata"]["title"] == "p1")
    assert {"identifier": f"swh:1:dir:{1:040x}", "scheme": "swh"} in document["metadata"]["identifiers"]


def table(rows: list[dict[str, str]]) -> str:
    """The rows as a TAP service answers."""
    names = list(ROWS[0])
    fields = "".join(f'<FIELD name="{name}" datatype="char" arraysize="*"/>' for name in names)
    cells = "".join(f"<TR>{''.join(f'<TD>{escape(row[name])}</TD>' for name in names)}</TR>" for row in rows)
    return (
        '<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE type="results">'
        f'<INFO name="QUERY_STATUS" value="OK"/><TABLE>{fields}<DATA><TABLEDATA>{cells}</TABLEDATA></DATA></TABLE>'
        "</RESOURCE></VOTABLE>"
    )


def test_the_registry_of_the_virtual_observatory_is_paged_by_ivoid(harvest: Harvest, entries: Entries) -> None:
    def answer(path: str, asked: dict[str, str]) -> Any:
        assert path == "/tap/sync"
        query = asked["QUERY"]
        assert "1 = ivo_hasword(res_title, 'pulsar   DROP')" in query
        after = re.search(r"ivoid > '([^']*)'", query)
        most = int(re.search(r"TOP (\d+)", query)[1])  # type: ignore[index]
        return table([row for row in ROWS if not after or row["ivoid"] > after[1]][:most])

    with answering(answer) as (url, asked):
        run = harvest("vo-registry", kind="regtap", address=f"{url}/tap", options={"words": "pulsar ')DROP"})
    assert (run.seen, run.added, len(asked)) == (1203, 1203, 3)
    document = next(d for d in entries("vo-registry").values() if d["metadata"]["title"].endswith(" 7"))
    assert document["pids"]["doi"]["identifier"] == "10.5072/vo7"


def test_a_registry_that_refuses_the_query_is_told_in_its_words(harvest: Harvest) -> None:
    said = '<INFO name="QUERY_STATUS" value="ERROR">No such table rr.resource</INFO>'
    refusal = f"<VOTABLE><RESOURCE>{said}</RESOURCE></VOTABLE>"
    with answering(lambda path, asked: refusal) as (url, _):
        run = harvest("vo2", kind="regtap", address=url, options={"words": "x"}, fails=True)
    assert "No such table rr.resource" in run.message
    with pytest.raises(InvalidInput, match="whole registry"):
        harvest("vo3", kind="regtap", address="https://vo.example.org/tap")


def test_interfaces_of_a_resource_are_named_by_their_standards() -> None:
    mapped = from_regtap(ROWS[0])
    assert [(one["key"], one["url"]) for one in mapped.files] == [
        ("conesearch", "https://vo.example.org/0/scs"),
        ("tap", "https://vo.example.org/0/tap"),
    ]
    assert [person["person_or_org"]["family_name"] for person in mapped.metadata["creators"]] == ["Martin", "Roche"]


def record(number: int) -> dict[str, Any]:
    """A record as our own catalogue gives it to portals."""
    return {
        "id": str(number),
        "metadata": {
            "title": f"Spectra no. {number}", "resource_type": {"id": "dataset"}, "publication_date": "2024-05-17",
            "description": "Energy spectra.", "publisher": "IN2P3", "subjects": [{"subject": "gamma rays"}],
            "creators": [{"person_or_org": {"type": "personal", "name": "Martin, Alice", "family_name": "Martin",
                                            "given_name": "Alice"}}],
            "rights": [{"id": "cc-by-4.0"}],
        },
        "pids": {"doi": {"identifier": f"10.5072/x{number}", "provider": "datacite"}},
        "files": {"enabled": True, "entries": {"a.root": {"key": "a.root", "size": 12, "mimetype": "application/x-root",
                  "checksum": "sha256:" + "0" * 64, "links": {"content": f"https://a.example.org/{number}/a.root"}}}},
        "links": {"self_html": f"https://a.example.org/records/{number}"},
        "access": {"record": "public", "files": "public"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("suffix", "write"), [("ttl", written.as_turtle), ("jsonld", written.as_json_ld), ("rdf", written.as_rdf_xml)]
)
def test_another_dop2i_is_harvested_by_its_dcat_pages(
    suffix: str, write: Callable[[Any], bytes], harvest: Harvest, entries: Entries
) -> None:
    base = ""

    def answer(path: str, asked: dict[str, str]) -> Any:
        assert path == f"/catalogue.{suffix}"
        first = int(asked.get("after", "0"))
        address = f"{base}/catalogue.{suffix}"
        tree = written.dcat_catalogue(
            address=address, title="Other", homepage=f"{base}/", page=f"{address}?after={first}",
            following=f"{address}?after={first + 2}" if first < 4 else "", total=6,
            records=[record(n) for n in range(first + 1, first + 3)],
        )  # fmt: skip
        return write(tree).decode()

    with answering(answer) as (url, asked):
        base = url
        run = harvest(f"other-{suffix}", kind="dcat", address=f"{url}/catalogue.{suffix}")
    assert (run.seen, run.added, run.failed, len(asked)) == (6, 6, 0, 3)
    document = next(d for d in entries(f"other-{suffix}").values() if d["metadata"]["title"] == "Spectra no. 3")
    assert document["pids"]["doi"]["identifier"] == "10.5072/x3"
    assert document["metadata"]["creators"][0]["person_or_org"]["family_name"] == "Martin"
    assert document["metadata"]["rights"][0]["id"] == "cc-by-4.0"
    assert document["metadata"]["publication_date"] == "2024-05-17"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (json.dumps({"@context": "http://169.254.169.254/latest", "@graph": []}), "another address"),
        (json.dumps({"@graph": [{"@context": {"@import": "http://127.0.0.1/x"}}]}), "another address"),
        ("{not json", "is not JSON"),
    ],
)
def test_mallorys_catalogue_leads_nowhere(body: str, said: str, harvest: Harvest) -> None:
    with answering(lambda path, asked: body) as (url, asked):
        run = harvest("mallory", kind="dcat", address=f"{url}/catalogue.jsonld", fails=True)
    assert said in run.message
    assert len(asked) == 1


def test_a_page_that_names_itself_as_the_next_ends_the_pass(harvest: Harvest) -> None:
    turtle = """@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
    @prefix hydra: <http://www.w3.org/ns/hydra/core#> .
    <https://x.example.org/1> a dcat:Dataset ; dct:title "Un titre"@fr , "A title"@en ;
        dct:isPartOf <https://x.example.org/1> .
    <> hydra:next <> ; hydra:next <https://elsewhere.example.org/catalogue.ttl> ."""
    with answering(lambda path, asked: turtle) as (url, asked):
        run = harvest("loop", kind="dcat", address=f"{url}/catalogue.ttl")
    assert (run.seen, len(asked)) == (1, 1)


def test_the_english_title_comes_first_and_closed_data_are_said_to_be() -> None:
    term = "http://purl.org/dc/terms/"
    mapped = from_dcat(
        {
            "@id": "https://x.example.org/1",
            "@type": ["http://www.w3.org/ns/dcat#Dataset"],
            f"{term}title": [{"@value": "Un titre", "@language": "fr"}, {"@value": "A title", "@language": "en"}],
            f"{term}accessRights": [
                {"@id": "http://publications.europa.eu/resource/authority/access-right/NON_PUBLIC"}
            ],
        }
    )
    assert (mapped.metadata["title"], mapped.access) == ("A title", "restricted")
