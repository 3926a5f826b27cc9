"""Portals take the catalogue page by page as DCAT-AP; search engines find every record, and no closed one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests
from lxml import etree
from test_oai_pmh import document

from dop2i.faces.protocols import dcat, sitemap
from dop2i.server.catalogue import actions

MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture
def catalogue(site: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Twelve public records, one withdrawn, one closed, one harvested."""
    monkeypatch.setattr(dcat, "DATASETS_IN_PAGE", 5)
    monkeypatch.setattr(sitemap, "ENTRIES_IN_FILE", 5)
    for number in range(1, 14):
        actions.put_entry(key=f"own:{number}", document=document(number))
    actions.remove_entry(key="own:13")
    actions.put_entry(key="own:77", document=document(77, access="restricted"))
    actions.put_entry(key="cern:5", document=document(5))
    return site


def locations(address: str) -> list[str]:
    """Every ``loc`` of a sitemap file."""
    answer = requests.get(address, timeout=20)
    assert answer.headers["Content-Type"].startswith("application/xml")
    return [str(element.text) for element in etree.fromstring(answer.content).iter(f"{MAP}loc")]


def test_the_sitemap_names_every_public_record_once(catalogue: str) -> None:
    assert f"Sitemap: {catalogue}/sitemap.xml" in requests.get(f"{catalogue}/robots.txt", timeout=20).text
    pages = [page for file in locations(f"{catalogue}/sitemap.xml") for page in locations(file)]
    records = [page for page in pages if "/records/" in page]
    assert sorted(records) == sorted(f"{catalogue}/records/{number}" for number in range(1, 13))
    assert requests.get(f"{catalogue}/sitemap-99.xml", timeout=20).status_code == 404


@pytest.mark.parametrize(("suffix", "form"), [("ttl", "turtle"), ("rdf", "xml")])
def test_a_portal_follows_the_pages_of_the_catalogue(catalogue: str, suffix: str, form: str) -> None:
    from rdflib import DCAT, RDF, Graph, Namespace

    hydra = Namespace("http://www.w3.org/ns/hydra/core#")
    address: Any = f"{catalogue}/catalogue.{suffix}"
    found, pages = set(), 0
    while address:
        graph = Graph().parse(data=requests.get(str(address), timeout=20).content, format=form)
        found |= set(graph.subjects(RDF.type, DCAT.Dataset))
        address, pages = next(graph.objects(None, hydra.next), None), pages + 1
    assert len(found) == 12
    assert pages == 3


def test_a_page_of_the_catalogue_is_valid_dcat_ap(catalogue: str, shared_data: Path) -> None:
    from pyshacl import validate
    from rdflib import Graph

    shapes = shared_data / "schemas" / "dcat-ap-3.0.1" / "dcat-ap-SHACL.ttl"
    graph = Graph().parse(data=requests.get(f"{catalogue}/catalogue.ttl", timeout=20).content, format="turtle")
    conforms, _, report = validate(graph, shacl_graph=str(shapes))
    assert conforms, report


def test_the_catalogue_comes_as_json_ld_and_in_nothing_unknown(catalogue: str) -> None:
    page = requests.get(f"{catalogue}/catalogue.jsonld", timeout=20).json()
    assert len(page["dcat:dataset"]) == 5
    assert requests.get(f"{catalogue}/catalogue.docx", timeout=20).status_code == 404
    assert requests.get(f"{catalogue}/catalogue.ttl?after=x", timeout=20).status_code == 400
