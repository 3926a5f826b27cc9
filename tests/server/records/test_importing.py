"""Alice imports descriptions from registries and files; nothing that she wrote changes, nothing private is asked."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from json_server import answering

from dop2i.errors import InvalidInput, NotFound, NotPermitted, ServiceUnavailable, UnreadableFile

DATACITE = {
    "doi": "10.5281/zenodo.1234",
    "titles": [{"title": "Muons of a week"}],
    "creators": [{"name": "Roux, Camille", "nameType": "Personal", "givenName": "Camille", "familyName": "Roux"}],
    "publisher": "Zenodo",
    "types": {"resourceTypeGeneral": "Dataset"},
    "subjects": [{"subject": "muon"}],
    "rightsList": [{"rightsIdentifier": "cc-by-4.0"}],
    "dates": [],
    "publicationYear": 2024,
}
CSL = {"type": "article-journal", "title": "On muons", "DOI": "10.1103/x.1", "author": [{"family": "Roux"}]}


def answer(path: str, arguments: dict[str, str]) -> Any:
    if path.endswith("/10.5281/zenodo.1234"):
        return DATACITE
    if path.endswith("/10.1103/x.1"):
        return CSL
    if path.endswith("/10.48550/arXiv.2101.00001"):
        return {**DATACITE, "doi": "10.48550/arxiv.2101.00001"}
    if path.endswith("/literature/42"):
        return {"metadata": {"control_number": 42, "titles": [{"title": "Kaons"}]}}
    if path.endswith("/search/"):
        return {"response": {"docs": [{"halId_s": "hal-01234567", "title_s": ["Des muons"]}]}}
    if path.endswith("/expanded-search/"):
        names = {"given-names": "Josiah", "family-names": "Carberry", "institution-name": ["Brown University"]}
        return {"expanded-result": [{"orcid-id": "0000-0002-1825-0097", **names}]}
    if path.endswith("/organizations"):
        names = [{"value": "Metadata Game Changers", "types": ["ror_display"]}]
        return {"items": [{"id": "https://ror.org/05bp8ka05", "status": "active", "names": names, "locations": []}]}
    return None


@pytest.fixture
def registries(instance: Path) -> Iterator[Any]:
    """Registries of this machine that the operator allows; ``registries.only("doi")`` allows fewer."""
    from django.conf import settings
    from django.core.cache import cache
    from django.test import override_settings

    from dop2i.server.configuration import REGISTRIES, Harvest, Lookup

    cache.clear()
    with answering(answer) as (url, asked):
        made = dataclasses.replace(
            settings.DOP2I,
            harvest=Harvest(allow_private=True),
            lookup=Lookup(registries=REGISTRIES, addresses=dict.fromkeys(REGISTRIES, url)),
        )
        with override_settings(DOP2I=made):
            yield asked


@pytest.fixture
def draft(alice: Any) -> Callable[..., Any]:
    from dop2i.server.records import actions

    return lambda **metadata: actions.create_draft(actor=alice, document={"metadata": metadata})


def values(imported: Any) -> dict[str, Any]:
    return {one["path"]: one["value"] for one in imported.proposals}


def test_a_doi_of_datacite_proposes_what_it_says(alice: Any, draft: Any, registries: Any) -> None:
    from dop2i.server.records.importing import fill_from_import, import_identifier
    from dop2i.server.records.proposing import notes_of

    record = draft(title="My own title")
    imported = import_identifier(actor=alice, record_id=record.pk, identifier="https://doi.org/10.5281/zenodo.1234")
    found = values(imported)
    assert found["metadata.title"] == "Muons of a week"
    assert found["metadata.related_identifiers"][0]["relation_type"] == {"id": "isderivedfrom"}
    assert "metadata.publisher" not in found
    assert all(one["file"] == "doi:10.5281/zenodo.1234" for one in imported.proposals)
    assert len(notes_of(record).proposals) == len(imported.proposals)
    record, taken = fill_from_import(actor=alice, record_id=record.pk, imported=imported)
    assert record.draft["metadata"]["title"] == "My own title"
    assert record.draft["metadata"]["subjects"] == [{"subject": "muon"}]
    assert "metadata.title" not in taken
    record, _ = fill_from_import(actor=alice, record_id=record.pk, imported=imported, overwrite=("metadata.title",))
    assert record.draft["metadata"]["title"] == "Muons of a week"


@pytest.mark.parametrize(
    ("identifier", "title"),
    [
        ("10.1103/x.1", "On muons"),
        ("arXiv:2101.00001v2", "Muons of a week"),
        ("https://inspirehep.net/literature/42", "Kaons"),
        ("hal-01234567", "Des muons"),
        ("https://hal.science/hal-01234567v1", "Des muons"),
    ],
)
def test_every_kind_of_identifier_is_looked_up(
    alice: Any, draft: Any, registries: Any, identifier: str, title: str
) -> None:
    from dop2i.server.records.importing import import_identifier

    imported = import_identifier(actor=alice, record_id=draft().pk, identifier=identifier)
    assert values(imported)["metadata.title"] == title


def test_an_article_gives_its_people_and_not_its_kind(alice: Any, draft: Any, registries: Any) -> None:
    from dop2i.server.records.importing import import_identifier

    found = values(import_identifier(actor=alice, record_id=draft().pk, identifier="10.1103/x.1"))
    assert "metadata.resource_type" not in found
    assert found["metadata.related_identifiers"][0]["relation_type"] == {"id": "issupplementto"}


def test_what_is_no_identifier_or_unknown_is_told(alice: Any, draft: Any, registries: Any) -> None:
    from dop2i.server.records.importing import import_identifier

    for wrong in ("no identifier", "https://example.org/page", "orcid.org/0000-0002-1825-0097"):
        with pytest.raises(InvalidInput):
            import_identifier(actor=alice, record_id=draft().pk, identifier=wrong)
    with pytest.raises(NotFound):
        import_identifier(actor=alice, record_id=draft().pk, identifier="10.9999/nothing")


def test_a_private_address_is_not_asked(alice: Any, draft: Any, instance: Path) -> None:
    from django.conf import settings
    from django.test import override_settings

    from dop2i.server.configuration import Lookup
    from dop2i.server.records.importing import import_identifier

    with answering(answer) as (url, asked):
        made = dataclasses.replace(settings.DOP2I, lookup=Lookup(addresses={"doi": url}))
        with override_settings(DOP2I=made), pytest.raises((NotPermitted, ServiceUnavailable)):
            import_identifier(actor=alice, record_id=draft().pk, identifier="10.5281/zenodo.1234")
        assert asked == []


def test_registries_that_are_not_allowed_are_not_asked(alice: Any, instance: Path) -> None:
    from dop2i.server.records.completing import asks_far, complete

    assert not asks_far("person")
    assert complete(alice, kind="person", q="Carberry", far=True) == []


def test_alice_copies_the_description_of_her_other_record(alice: Any, mallory: Any, draft: Any) -> None:
    from dop2i.server.records.importing import import_identifier

    first = draft(title="The first", version="3", subjects=[{"subject": "kaon"}])
    second = draft()
    found = values(import_identifier(actor=alice, record_id=second.pk, identifier=str(first.pk)))
    assert found["metadata.title"] == "The first"
    assert "metadata.version" not in found
    from dop2i.server.records import actions

    other = actions.create_draft(actor=mallory, document={})
    with pytest.raises(NotFound):
        import_identifier(actor=mallory, record_id=other.pk, identifier=str(first.pk))
    with pytest.raises(NotFound):
        import_identifier(actor=mallory, record_id=second.pk, identifier="10.5281/zenodo.1234")


def test_metadata_files_are_read(alice: Any, draft: Any) -> None:
    from dop2i.server.records.importing import import_file

    def read(name: str, content: str) -> dict[str, Any]:
        return values(import_file(actor=alice, record_id=draft().pk, name=name, content=content.encode()))

    cff = "cff-version: 1.2.0\ntitle: Muons\nmessage: x\nauthors:\n- family-names: Roux\n  given-names: Camille\n"
    assert read("CITATION.cff", cff)["metadata.title"] == "Muons"
    codemeta = {"@context": "https://doi.org/10.5063/schema/codemeta-2.0", "name": "Muon finder", "version": "2"}
    assert read("codemeta.json", json.dumps(codemeta))["metadata.title"] == "Muon finder"
    crate = {
        "@graph": [
            {"@id": "ro-crate-metadata.json", "about": {"@id": "./"}},
            {"@id": "./", "@type": "Dataset", "name": "A crate", "author": [{"@id": "#camille"}]},
            {"@id": "#camille", "@type": "Person", "name": "Camille Roux"},
        ]
    }
    found = read("ro-crate-metadata.json", json.dumps(crate))
    assert found["metadata.title"] == "A crate"
    assert found["metadata.creators"][0]["person_or_org"]["family_name"] == "Roux"
    for name, content in (("x.cff", "- a\n- b\n"), ("x.json", "[]"), ("x.json", "{")):
        with pytest.raises((UnreadableFile, InvalidInput)):
            read(name, content)
    with pytest.raises(InvalidInput):
        read("paper.pdf", "%PDF-1.4")


def test_people_and_institutions_are_completed(alice: Any, person: Any, draft: Any, registries: Any) -> None:
    from dop2i.server.records.completing import complete

    person("Camille", given_name="Camille", family_name="Roux", orcid="0000-0001-5109-3700")
    here = complete(alice, kind="person", q="rou")
    assert [(one.value, one.fields["given"], one.source) for one in here] == [("Roux", "Camille", "here")]
    assert "@" not in json.dumps([one.to_json() for one in here])
    far = complete(alice, kind="person", q="Carberry", far=True)
    assert [(one.value, one.fields["orcid"], one.source) for one in far] == [
        ("Carberry", "0000-0002-1825-0097", "ORCID")
    ]
    creator = {"person_or_org": {"type": "personal", "family_name": "Sklodowska", "given_name": "Marie"}}
    draft(creators=[creator], subjects=[{"subject": "radium"}])
    assert [one.source for one in complete(alice, kind="person", q="sklo")] == ["own"]
    assert complete(alice, kind="subject", q="radi")[0].value == "radium"
    assert complete(alice, kind="institution", q="ip2i", language="fr")[0].fields == {"ror": "02avf8f85"}
    assert complete(alice, kind="institution", q="Metadata Game", far=True)[-1].source == "ROR"
    assert complete(alice, kind="experiment", q="antar")[0].value == "ANTARES"
    assert complete(alice, kind="licence", q="creative commons attr")[0].value.startswith("cc-by")
    with pytest.raises(InvalidInput):
        complete(alice, kind="password", q="a")


def test_a_registry_that_is_away_does_not_stop_typing(alice: Any, instance: Path) -> None:
    from django.conf import settings
    from django.test import override_settings

    from dop2i.server.configuration import REGISTRIES, Harvest, Lookup
    from dop2i.server.records.completing import complete

    addresses = dict.fromkeys(REGISTRIES, "http://127.0.0.1:9")
    made = dataclasses.replace(
        settings.DOP2I, harvest=Harvest(allow_private=True), lookup=Lookup(REGISTRIES, addresses)
    )
    with override_settings(DOP2I=made):
        assert complete(alice, kind="institution", q="cern", far=True)
