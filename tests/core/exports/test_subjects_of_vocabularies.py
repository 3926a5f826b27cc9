"""A heading of a vocabulary leaves as what it is: with its scheme, its address and its code."""

from __future__ import annotations

import json
from typing import Any

import pytest
from lxml import etree

from dop2i.core.exports import EXPORTS
from dop2i.core.mappings.datacite import from_datacite
from dop2i.core.vocabularies.subjects import SCHEME, SCHEME_NAME, SCHEME_URI, concept_named

WAVES = concept_named("Gravitational waves")
assert WAVES is not None


@pytest.fixture
def record() -> dict[str, Any]:
    """A record about a heading that was chosen in French, and about a word."""
    return {
        "id": "7",
        "metadata": {
            "title": "Strain",
            "resource_type": {"id": "dataset"},
            "publication_date": "2026",
            "publisher": "IN2P3",
            "creators": [{"person_or_org": {"type": "personal", "family_name": "Martin"}}],
            "subjects": [
                {"id": WAVES.id, "subject": "Ondes gravitationnelles", "scheme": SCHEME},
                {"subject": "strain"},
            ],
        },
        "custom_fields": {"dop2i:theme": "astroparticle"},
        "links": {"self_html": "https://example.org/records/7"},
    }


def written(name: str, record: dict[str, Any]) -> Any:
    """An export, read."""
    return json.loads(EXPORTS[name].write(record))


def test_datacite_tells_the_scheme_the_address_and_the_code(record: dict[str, Any]) -> None:
    document = written("datacite-json", record)
    assert {
        "subject": "Gravitational waves",
        "subjectScheme": SCHEME_NAME,
        "schemeUri": SCHEME_URI,
        "valueUri": WAVES.id,
        "classificationCode": WAVES.code,
    } in document["subjects"]
    assert {"subject": "strain"} in document["subjects"]
    root = etree.fromstring(EXPORTS["datacite-xml"].write(record))
    (subject,) = root.xpath("//*[local-name()='subject'][@valueURI]")
    assert subject.text == "Gravitational waves"
    assert subject.get("classificationCode") == WAVES.code
    assert subject.get("schemeURI") == SCHEME_URI


def test_a_heading_that_comes_from_datacite_is_the_same_heading(record: dict[str, Any]) -> None:
    back = from_datacite(written("datacite-json", record)).metadata["subjects"]
    assert {"id": WAVES.id, "subject": "Gravitational waves", "scheme": SCHEME} in back
    assert {"subject": "strain"} in back


def test_web_of_data_names_the_concept(record: dict[str, Any]) -> None:
    about = written("schemaorg", record)["about"]
    assert WAVES.id in {term.get("@id") for term in about}
    graph = {entity["@id"]: entity for entity in written("rocrate", record)["@graph"] if "@id" in entity}
    assert graph[WAVES.id]["inDefinedTermSet"] == SCHEME_URI
    assert graph[WAVES.id]["@type"] == "DefinedTerm"
    turtle = EXPORTS["dcat-ap-ttl"].write(record).decode()
    assert WAVES.id in turtle
    assert "inScheme" in turtle


def test_citations_have_the_words(record: dict[str, Any]) -> None:
    for name in ("bibtex", "ris", "csl", "dublincore"):
        text = EXPORTS[name].write(record).decode()
        assert "Gravitational waves" in text, name
        assert "strain" in text, name
