"""A reader sees what a record hangs together with: drawn, in words, as JSON and as PROV-O."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests
from test_oai_pmh import document

from dop2i.server.catalogue import actions
from dop2i.server.relations.following import follow


def related(number: int, *, to: str = "", relation: str = "isderivedfrom", **more: Any) -> None:
    """An entry that may point to another."""
    made = document(number, **more)
    made["pids"] = {"doi": {"identifier": f"10.1234/r{number}", "provider": "datacite"}}
    if to:
        made["metadata"]["related_identifiers"] = [{"identifier": to, "relation_type": {"id": relation}}]
    actions.put_entry(key=f"own:{number}", document=made)


@pytest.fixture
def graph(site: str) -> str:
    """Three records in a row, of which the last is closed."""
    related(1, kind="software")
    related(2, to="10.1234/r1", relation="iscompiledby")
    related(3, to="10.1234/r2", access="restricted")
    related(4, to="https://example.org/<script>alert(1)</script>", relation="cites")
    follow()
    return site


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_draws_the_graph_and_says_it_in_words(graph: str, language: str) -> None:
    answer = requests.get(f"{graph}/graph/1", headers={"Accept-Language": language}, timeout=20)
    assert answer.status_code == 200
    assert answer.text.count("graph-box") == 2
    assert {"en": "Compiles", "fr": "Compile"}[language] in re.sub(r"<[^>]+>", " ", answer.text)
    assert "Spectrum 3" not in answer.text
    assert requests.get(f"{graph}/graph/3", timeout=20).status_code == 404
    assert requests.get(f"{graph}/graph/cern:99", timeout=20).status_code == 404
    hostile = requests.get(f"{graph}/graph/4", timeout=20).text
    assert "<script>alert" not in hostile


def test_programs_get_it_as_json_and_as_prov_o(graph: str) -> None:
    made = requests.get(f"{graph}/api/graph/2?depth=1", timeout=20).json()
    assert {node["id"] for node in made["nodes"]} == {"own:1", "own:2"}
    assert made["edges"] == [{"source": "own:2", "kind": "iscompiledby", "target": "own:1"}]
    answer = requests.get(f"{graph}/api/graph/2/provenance", timeout=20)
    assert answer.headers["Content-Type"] == "application/ld+json"
    node = next(node for node in answer.json()["@graph"] if node["@id"].endswith("/records/2"))
    assert node["prov:wasGeneratedBy"] == [{"@id": f"{graph}/records/1"}]
    assert requests.get(f"{graph}/api/graph/3", timeout=20).status_code == 404
    assert requests.get(f"{graph}/api/links/broken", timeout=20).status_code == 401
