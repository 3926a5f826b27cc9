"""The lists of authors that collaborations keep: lines, CSV, author.xml; and hostile ones."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dop2i.core.mappings.author_lists import line_of, people_of_file, people_of_lines
from dop2i.core.mappings.csl import from_csl
from dop2i.core.mappings.inspire import from_inspire
from dop2i.errors import InvalidInput, UnreadableFile

XML = """<?xml version="1.0" encoding="UTF-8"?>
<collaborationauthorlist xmlns:foaf="http://xmlns.com/foaf/0.1/" xmlns:cal="http://inspirehep.net/info/HepNames/">
<cal:collaborations><cal:collaboration id="c1"><foaf:name>KM3NeT</foaf:name></cal:collaboration></cal:collaborations>
<cal:organizations><foaf:Organization id="o1"><cal:orgName source="INTERNAL">IP2I Lyon</cal:orgName></foaf:Organization>
</cal:organizations>
<cal:authors><foaf:Person><foaf:name>Camille Roux</foaf:name><foaf:givenName>Camille</foaf:givenName>
<foaf:familyName>Roux</foaf:familyName>
<cal:authorAffiliations><cal:authorAffiliation organizationid="o1"/></cal:authorAffiliations>
<cal:authorids><cal:authorid source="ORCID">0000-0002-1825-0097</cal:authorid></cal:authorids></foaf:Person>
</cal:authors>
</collaborationauthorlist>"""


def test_a_pasted_list_becomes_creators_and_lines_again() -> None:
    text = "Roux, Camille; 0000-0002-1825-0097; IP2I Lyon; CERN\n\nBelkacem, Idris\n[KM3NeT Collaboration]\nMadonna"
    found = people_of_lines(text)
    assert [one["person_or_org"]["type"] for one in found] == ["personal", "personal", "organizational", "personal"]
    assert found[0]["affiliations"] == [{"name": "IP2I Lyon"}, {"name": "CERN"}]
    assert "\n".join(map(line_of, found)) == text.replace("\n\n", "\n")


def test_three_thousand_creators_are_read() -> None:
    text = "\n".join(f"Family{i}, Given{i}; Institute {i % 40}" for i in range(3000))
    found = people_of_lines(text)
    assert len(found) == 3000
    assert "\n".join(map(line_of, found)) == text


def test_the_line_without_a_name_is_named() -> None:
    with pytest.raises(InvalidInput, match="Line 2"):
        people_of_lines("Roux, Camille\n; 0000-0002-1825-0097")


def test_a_table_is_read_by_its_headings() -> None:
    table = "Nom;Prénom;ORCID;Laboratoire\nRoux;Camille;https://orcid.org/0000-0002-1825-0097;IP2I\n".encode()
    found = people_of_file("authors.csv", table)
    assert line_of(found[0]) == "Roux, Camille; 0000-0002-1825-0097; IP2I"
    with pytest.raises(InvalidInput, match="names no column"):
        people_of_file("authors.csv", b"a,b\n1,2\n")


def test_author_xml_gives_people_places_and_the_collaboration() -> None:
    found = people_of_file("author.xml", XML.encode())
    assert [line_of(one) for one in found] == ["Roux, Camille; 0000-0002-1825-0097; IP2I Lyon", "[KM3NeT]"]


def test_entities_of_a_hostile_list_are_not_followed() -> None:
    hostile = (
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x><Person><familyName>&e;</familyName></Person></x>'
    )
    with pytest.raises((InvalidInput, UnreadableFile)):
        people_of_file("author.xml", hostile.encode())


@given(st.text(max_size=300))
def test_no_text_breaks_the_reading(text: str) -> None:
    with suppress(InvalidInput):
        people_of_lines(text)


def test_an_article_of_crossref_is_understood() -> None:
    found = from_csl(
        {
            "type": "journal-article", "DOI": "10.1038/s41586-024-08543-1", "title": "A neutrino",
            "author": [{"family": "Roux", "given": "Camille", "ORCID": "https://orcid.org/0000-0002-1825-0097",
                        "affiliation": [{"name": "IP2I"}]}, {"literal": "KM3NeT Collaboration"}],
            "issued": {"date-parts": [[2025, 2, 12]]}, "container-title": "Nature", "volume": "638",
        }
    )  # fmt: skip
    assert found.metadata["publication_date"] == "2025-02-12"
    assert found.metadata["resource_type"] == {"id": "publication-article"}
    assert found.custom_fields["journal:journal"] == {"title": "Nature", "volume": "638"}
    assert [one["person_or_org"]["type"] for one in found.metadata["creators"]] == ["personal", "organizational"]


def test_a_record_of_inspire_is_understood() -> None:
    facts = {
        "control_number": 2880000,
        "titles": [{"title": "Observation"}],
        "authors": [{"full_name": "Roux, Camille", "affiliations": [{"value": "Lyon, IPN"}]}],
        "collaborations": [{"value": "KM3NeT"}],
        "arxiv_eprints": [{"value": "2502.08173"}],
        "abstracts": [{"value": "<p>On 13 February 2023.</p>"}],
        "document_type": ["article"],
    }
    found = from_inspire({"metadata": facts})
    assert found.custom_fields["dop2i:experiment"] == ["KM3NeT"]
    assert found.metadata["related_identifiers"][0]["identifier"] == "2502.08173"
    assert len(found.metadata["creators"]) == 2
