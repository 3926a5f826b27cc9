"""Record documents as Alice writes them, as clients send them, and as Mallory makes them."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from datacite_examples import record_of
from hypothesis import given, settings
from hypothesis import strategies as st

from dop2i.core.exports import EXPORTS
from dop2i.core.model import SCHEMA_VERSION, dereference, normalise_record, validate_record
from dop2i.errors import InvalidDocument

MINIMAL = {
    "metadata": {
        "resource_type": {"id": "dataset"},
        "title": "Counts",
        "creators": [{"person_or_org": {"family_name": "Martin", "given_name": "Alice", "type": "personal"}}],
        "publication_date": "2024-05-17",
        "rights": [{"id": "cc-by-4.0"}],
    }
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The minimal document with one value set."""
    document: Any = copy.deepcopy(MINIMAL)
    *steps, last = path.split(".")
    place = document
    for step in steps:
        place = place[int(step)] if isinstance(place, list) else place.setdefault(step, {})
    place[int(last) if isinstance(place, list) else last] = value
    return document  # type: ignore[no-any-return]


def paths(document: Any, severity: str = "error") -> list[str]:
    return [one.path for one in validate_record(document, for_publication=True) if one.severity == severity]


def test_alice_publishes_with_five_facts() -> None:
    assert validate_record(MINIMAL, for_publication=True) == []


def test_an_empty_draft_is_no_fault_but_cannot_be_published() -> None:
    assert validate_record({}, for_publication=False) == []
    mandatory = ["resource_type", "title", "creators", "publication_date", "rights"]
    assert paths({}) == [f"metadata.{name}" for name in mandatory]


def test_a_licence_is_asked_only_where_files_are_public() -> None:
    for document in (
        {**MINIMAL, "files": {"enabled": False}},
        {**MINIMAL, "access": {"record": "public", "files": "restricted"}},
    ):
        document = copy.deepcopy(document)
        del document["metadata"]["rights"]
        assert paths(document) == []


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ("metadata.resource_type", {"id": "thing"}, "metadata.resource_type.id"),
        ("metadata.title", "  ", "metadata.title"),
        ("metadata.title", "x" * 10_001, "metadata.title"),
        ("metadata.title", 3, "metadata.title"),
        ("metadata.creators", {}, "metadata.creators"),
        (
            "metadata.creators.0",
            {"person_or_org": {"type": "personal"}},
            "metadata.creators.0.person_or_org.family_name",
        ),
        ("metadata.creators.0", {"person_or_org": {}}, "metadata.creators.0.person_or_org.name"),
        ("metadata.creators.0", {}, "metadata.creators.0.person_or_org"),
        (
            "metadata.creators.0.person_or_org.identifiers",
            [{"identifier": "0000-0002-1825-0098", "scheme": "orcid"}],
            "metadata.creators.0.person_or_org.identifiers.0.identifier",
        ),
        ("metadata.publication_date", "17/05/2024", "metadata.publication_date"),
        ("metadata.publication_date", "2024~", "metadata.publication_date"),
        ("metadata.dates", [{"date": "soon", "type": {"id": "other"}}], "metadata.dates.0.date"),
        ("metadata.languages", [{"id": "english"}], "metadata.languages.0.id"),
        ("metadata.rights", [{"id": "my-own"}], "metadata.rights.0.id"),
        ("metadata.rights", [{"title": {"en": "x"}, "link": "javascript:x"}], "metadata.rights.0.link"),
        (
            "metadata.related_identifiers",
            [{"identifier": "10.1/x", "scheme": "doi"}],
            "metadata.related_identifiers.0.relation_type",
        ),
        (
            "metadata.locations",
            {"features": [{"geometry": {"type": "Point", "coordinates": [6.0, 96.0]}}]},
            "metadata.locations.features.0.geometry",
        ),
        ("custom_fields.dop2i:theme", "chemistry", "custom_fields.dop2i:theme"),
        ("custom_fields.dop2i:sqrt_s", {"minimum": 13, "maximum": 7}, "custom_fields.dop2i:sqrt_s"),
        ("custom_fields.dop2i:sqrt_s", {"minimum": float("nan")}, "custom_fields.dop2i:sqrt_s.minimum"),
        ("custom_fields.dop2i:sky_region", {"ra": 1, "dec": 100}, "custom_fields.dop2i:sky_region.dec"),
        ("custom_fields.dop2i:dphep_level", 7, "custom_fields.dop2i:dphep_level"),
        ("access", {"record": "secret"}, "access.record"),
        ("access", {"files": "restricted", "embargo": {"active": True}}, "access.embargo.until"),
        ("access", {"embargo": {"active": True, "until": "2099-01-01"}}, "access.files"),
    ],
)
def test_a_fault_is_told_where_it_is_and_once(path: str, value: Any, fault: str) -> None:
    problems = validate_record(changed(path, value), for_publication=True)
    assert [problem.path for problem in problems] == [fault]
    assert problems[0].message.endswith((".", "my-own"))
    assert "pydantic" not in problems[0].message


def test_an_unknown_field_is_a_warning_and_is_not_kept() -> None:
    document = changed("metadata.creators.0.shoe_size", 42)
    document["custom_fields"] = {"other:key": 1, "dop2i:theme": "nuclear"}
    document["colour"] = "blue"
    assert paths(document) == []
    unknown = ["metadata.creators.0.shoe_size", "custom_fields.other:key", "colour"]
    assert paths(document, "warning") == unknown
    kept = normalise_record(document)
    assert validate_record(kept, for_publication=True) == []
    assert "shoe_size" not in json.dumps(kept)
    assert kept["custom_fields"] == {"dop2i:theme": "nuclear"}


def test_what_a_client_read_can_be_sent_back() -> None:
    served = dereference({**normalise_record(MINIMAL), "id": "12", "links": {}, "created": "x", "is_published": True})
    assert served["metadata"]["resource_type"]["title"]["fr"] == "Jeu de données"
    assert served["metadata"]["rights"][0]["props"]["url"].startswith("https://creativecommons.org/")
    assert validate_record(served, for_publication=True) == []
    assert normalise_record(served) == normalise_record(MINIMAL)


def test_the_kept_form_fills_in_what_is_plain() -> None:
    document = {
        "metadata": {
            "resource_type": "dataset",
            "title": " Counts\x00 \r\n of ",
            "creators": [
                {
                    "person_or_org": {"name": "Martin, Alice"},
                    "affiliations": ["LPC", {"ror": "https://ror.org/01ggx4157"}],
                },
                {"person_or_org": {"name": "ATLAS Collaboration"}},
            ],
            "related_identifiers": [{"identifier": "https://doi.org/10.1234/x", "relation_type": "cites"}],
            "languages": ["fr"],
            "rights": ["CC-BY-4.0"],
            "subjects": ["muon", ""],
            "version": None,
        },
        "custom_fields": {
            "dop2i:experiment": "ATLAS",
            "dop2i:runs": [4711, "B"],
            "dop2i:sqrt_s": {"minimum": 13, "unit": "TeV"},
        },
    }
    before = copy.deepcopy(document)
    kept = normalise_record(document, publisher="Example Repository")
    assert document == before
    metadata = kept["metadata"]
    assert kept["schema_version"] == SCHEMA_VERSION
    assert metadata["publisher"] == "Example Repository"
    assert metadata["title"] == "Counts \n of"
    assert metadata["creators"][0]["person_or_org"] == {
        "name": "Martin, Alice",
        "type": "personal",
        "family_name": "Martin",
        "given_name": "Alice",
    }
    assert metadata["creators"][0]["affiliations"] == [{"name": "LPC"}, {"id": "01ggx4157"}]
    assert metadata["creators"][1]["person_or_org"]["type"] == "organizational"
    assert metadata["related_identifiers"][0]["scheme"] == "doi"
    assert metadata["related_identifiers"][0]["identifier"] == "10.1234/x"
    assert metadata["languages"] == [{"id": "fra"}]
    assert metadata["rights"] == [{"id": "cc-by-4.0"}]
    assert metadata["subjects"] == [{"subject": "muon"}]
    assert "version" not in metadata
    assert kept["custom_fields"]["dop2i:experiment"] == ["ATLAS"]
    assert kept["custom_fields"]["dop2i:runs"] == ["4711", "B"]
    assert kept["custom_fields"]["dop2i:length_probed"]["unit"] == "m"
    assert kept["access"] == {"record": "public", "files": "public", "embargo": {"active": False}}


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "document",
    [
        {"metadata": {"description": "x" * 1_000_001}},
        {"metadata": {"subjects": nested(900)}},
        {"metadata": {"subjects": [0] * 1_000_001}},
        {"metadata": {"x" * 600: 1}},
        {"metadata": {"version": object()}},
        {"metadata": {"version": float("inf")}},
        {"metadata": {3: 1}},
    ],
    ids=["long", "deep", "wide", "key", "object", "infinite", "number as key"],
)
def test_mallory_sends_what_is_too_much_and_gets_one_sentence(document: Any) -> None:
    assert len(validate_record(document, for_publication=False)) == 1
    with pytest.raises(InvalidDocument):
        normalise_record(document)


def test_a_document_that_is_no_object_is_told() -> None:
    for value in ([], "x", None, 3):
        assert validate_record(value, for_publication=True)[0].message  # type: ignore[arg-type]


_json = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=20)
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(
                ["id", "title", "person_or_org", "name", "type", "affiliations", "identifier", "scheme", "x"]
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)
_members = st.sampled_from(
    [
        "resource_type",
        "title",
        "creators",
        "rights",
        "subjects",
        "languages",
        "related_identifiers",
        "funding",
        "dates",
        "publication_date",
        "additional_titles",
        "locations",
        "contributors",
        "references",
        "publisher",
    ]
)


@given(
    st.fixed_dictionaries(
        {"metadata": st.dictionaries(_members, _json, max_size=5), "custom_fields": _json, "access": _json}
    )
)
@settings(max_examples=200, deadline=None)
def test_no_json_breaks_validation_normalisation_or_an_export(document: dict[str, Any]) -> None:
    validate_record(document, for_publication=True)
    kept = normalise_record(document)
    assert normalise_record(kept) == kept
    for writer in EXPORTS.values():
        writer.write(document)


def test_the_full_record_of_inveniordm_is_valid_and_loses_nothing_of_its_metadata(shared_data: Path) -> None:
    path = shared_data / "catalogues/invenio-rdm/tests/records/full-record.json"
    document = json.loads(path.read_text())
    assert validate_record(document, for_publication=True) == []
    kept = normalise_record(document)
    assert validate_record(kept, for_publication=True) == []
    assert {**kept["metadata"], "rights": document["metadata"]["rights"]} == document["metadata"]
    for writer in EXPORTS.values():
        assert writer.write({**kept, "id": "12"})


def test_the_examples_of_datacite_become_valid_records_and_datacite_again(shared_data: Path) -> None:
    examples = sorted((shared_data / "catalogues/datacite-xml").glob("4.*/*.json"))
    assert len(examples) > 15
    faulty: set[str] = set()
    for path in examples:
        example = json.loads(path.read_text())
        record = normalise_record(record_of(example))
        faulty |= {path.stem for one in validate_record(record, for_publication=False) if one.severity == "error"}
        doi = example.get("doi") or "10.1234/none"
        again = json.loads(EXPORTS["datacite-json"].write({**record, "pids": {"doi": {"identifier": doi}}}))
        assert again["doi"] == doi
        assert [one["title"] for one in again["titles"]] == [
            " ".join(one["title"].split()) for one in example["titles"]
        ]
        assert len(again["creators"]) == len(example["creators"])
    # Three examples hold made-up numbers: a handle without a suffix, an ISSN and an ISBN with wrong check digits.
    invented = {"instrument", "relateditem1", "relateditem3"}
    assert faulty == {f"datacite-example-{name}-v4" for name in invented}
