"""Harvesters that we did not write take everything that is public, once, and learn what was withdrawn."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import requests
from django.conf import settings as django_settings
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from dop2i.faces.protocols.oai import provider
from dop2i.faces.protocols.oai.arguments import OaiError, Selection, selection_of_token, token_of
from dop2i.faces.protocols.oai.formats import OAI_DATACITE
from dop2i.server.catalogue import actions

OAI = "{http://www.openarchives.org/OAI/2.0/}"
THEMES = ("particle", "nuclear", "astroparticle")
PREFIXES = ("oai_dc", "datacite", "oai_datacite", "dcat")


def document(number: int, *, access: str = "public", kind: str = "dataset") -> dict[str, Any]:
    """A native document with what makes XML hard."""
    return {
        "id": str(number),
        "parent": {"id": str(10_000 + number), "access": {"owned_by": {"user": "3"}}},
        "versions": {"index": 1, "is_latest": True},
        "access": {"record": access, "files": access, "status": "open" if access == "public" else "restricted"},
        "metadata": {
            "title": f"Spectrum {number} of <b>β</b> & γ ]]>\x0b at √s = 13 TeV",
            "resource_type": {"id": kind},
            "creators": [{"person_or_org": {"type": "personal", "name": "Curie, Marie", "family_name": "Curie"}}],
            "publication_date": "2026-01-15",
            "publisher": "Laboratory",
            "rights": [{"id": "cc-by-4.0"}],
            "description": "<p>Counts a channel.</p>",
        },
        "custom_fields": {"dop2i:theme": THEMES[number % 3]},
        "files": {"enabled": True, "count": 1, "total_bytes": 10},
        "links": {"self_html": f"/records/{number}", "files": f"/api/records/{number}/files"},
    }


@pytest.fixture
def catalogue(site: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A catalogue of 25 public records in pages of 7, three withdrawn, one closed later, one never public."""
    monkeypatch.setattr(provider, "RECORDS_IN_PAGE", 7)
    monkeypatch.setattr(provider, "IDENTIFIERS_IN_PAGE", 10)
    for number in range(1, 30):
        actions.put_entry(key=f"own:{number}", document=document(number))
    for number in (3, 4, 5):
        actions.remove_entry(key=f"own:{number}")
    actions.put_entry(key="own:6", document=document(6, access="restricted"))
    actions.put_entry(key="own:77", document=document(77, access="restricted"))
    actions.put_entry(key="cern:5", document=document(5))
    return f"{site}/oai2d"


def ask(address: str, **arguments: str) -> Any:
    """The root of an answer."""
    answer = requests.get(address, params={name.rstrip("_"): value for name, value in arguments.items()}, timeout=20)
    assert answer.status_code == 200, answer.text
    return etree.fromstring(answer.content)


def code(root: Any) -> str:
    """The error's code of an answer."""
    return str(root.find(f"{OAI}error").get("code"))


@pytest.mark.outside
@pytest.mark.parametrize("prefix", PREFIXES)
def test_sickle_and_scythe_harvest_the_same_in_every_format(catalogue: str, prefix: str) -> None:
    from oaipmh_scythe import Scythe
    from sickle import Sickle

    sickle = {r.header.identifier: r.deleted for r in Sickle(catalogue).ListRecords(metadataPrefix=prefix)}
    with Scythe(catalogue) as client:
        scythe = {r.header.identifier: r.deleted for r in client.list_records(metadata_prefix=prefix)}
    assert sickle == scythe
    assert sorted(name for name, gone in sickle.items() if gone) == [f"oai:127.0.0.1:{n}" for n in (3, 4, 5, 6)]
    assert len(sickle) == 30
    assert "oai:127.0.0.1:cern:5" in sickle
    assert "oai:127.0.0.1:77" not in sickle


@pytest.mark.outside
def test_sickle_lists_sets_formats_and_identifiers(catalogue: str) -> None:
    from sickle import Sickle

    client = Sickle(catalogue)
    specs = {found.setSpec for found in client.ListSets()}
    assert specs == {"openaire_data", "source-own", "source-cern", *(f"theme-{theme}" for theme in THEMES)}
    assert {known.metadataPrefix for known in client.ListMetadataFormats()} == set(PREFIXES)
    headers = list(client.ListIdentifiers(metadataPrefix="oai_dc", set="theme-nuclear"))
    assert len(headers) == 10
    assert all("theme-nuclear" in header.setSpecs for header in headers)
    only = list(client.ListIdentifiers(metadataPrefix="oai_dc", set="source-cern"))
    assert [header.identifier for header in only] == ["oai:127.0.0.1:cern:5"]
    one = client.GetRecord(identifier="oai:127.0.0.1:8", metadataPrefix="oai_dc")
    assert one.metadata["title"][0].startswith("Spectrum 8 of")
    assert f"{catalogue.removesuffix('/oai2d')}/records/8" in one.metadata["identifier"]


def test_only_what_changed_since_is_listed(catalogue: str) -> None:
    from dop2i.server.catalogue.models import Entry, EntrySet

    old = datetime.datetime(2024, 5, 6, 7, 8, 9, 500_000, tzinfo=datetime.UTC)
    early = Entry.objects.exclude(key__in=["own:1", "own:2"])
    EntrySet.objects.filter(entry__in=early).update(updated=old)
    early.update(updated=old)
    recent = ask(catalogue, verb="ListIdentifiers", metadataPrefix="oai_dc", from_="2025-01-01")
    assert [e.text for e in recent.iter(f"{OAI}identifier")] == ["oai:127.0.0.1:1", "oai:127.0.0.1:2"]
    second = ask(
        catalogue,
        verb="ListRecords",
        metadataPrefix="oai_dc",
        from_="2024-05-06T07:08:09Z",
        until="2024-05-06T07:08:09Z",
    )
    assert len(second.findall(f".//{OAI}record")) == 7
    assert second.find(f".//{OAI}resumptionToken").get("completeListSize") == "28"
    nothing = {"verb": "ListRecords", "metadataPrefix": "oai_dc", "until": "2024-05-05"}
    assert code(ask(catalogue, **nothing)) == "noRecordsMatch"
    none_in_set = {"verb": "ListIdentifiers", "metadataPrefix": "oai_dc", "set": "theme-medical"}
    assert code(ask(catalogue, **none_in_set)) == "noRecordsMatch"


def test_a_record_that_changes_while_a_harvester_lists_is_not_lost(catalogue: str) -> None:
    root = ask(catalogue, verb="ListRecords", metadataPrefix="oai_dc")
    seen = [e.text for e in root.iter(f"{OAI}identifier")]
    actions.put_entry(key="own:28", document=document(28))
    actions.put_entry(key="own:31", document=document(31))
    while token := root.findtext(f".//{OAI}resumptionToken"):
        root = ask(catalogue, verb="ListRecords", resumptionToken=token)
        seen += [e.text for e in root.iter(f"{OAI}identifier")]
    assert {f"oai:127.0.0.1:{n}" for n in range(1, 32) if n != 30} <= set(seen)


WRONG = [
    ({}, "badVerb"),
    ({"verb": "listrecords"}, "badVerb"),
    ({"verb": ["Identify", "Identify"]}, "badVerb"),
    ({"verb": "Identify", "until": "2026-01-01"}, "badArgument"),
    ({"verb": "ListRecords"}, "badArgument"),
    ({"verb": "ListRecords", "metadataPrefix": ["oai_dc", "oai_dc"]}, "badArgument"),
    (
        {"verb": "ListRecords", "metadataPrefix": "oai_dc", "from": "2026-01-01", "until": "2026-01-01T00:00:00Z"},
        "badArgument",
    ),
    ({"verb": "ListRecords", "metadataPrefix": "oai_dc", "from": "2026-02-30"}, "badArgument"),
    ({"verb": "ListRecords", "metadataPrefix": "oai_dc", "from": "2026-01-01T00:00:00"}, "badArgument"),
    ({"verb": "ListRecords", "metadataPrefix": "oai_dc", "from": "2026-02-02", "until": "2026-02-01"}, "badArgument"),
    ({"verb": "ListRecords", "metadataPrefix": "oai_dc", "set": "really wrong"}, "badArgument"),
    ({"verb": "ListRecords", "metadataPrefix": "oai_dc", "resumptionToken": "x"}, "badArgument"),
    ({"verb": "ListRecords", "metadataPrefix": "marc"}, "cannotDisseminateFormat"),
    ({"verb": "ListRecords", "resumptionToken": "really_wrong_token"}, "badResumptionToken"),
    ({"verb": "ListSets", "resumptionToken": "x"}, "badResumptionToken"),
    ({"verb": "GetRecord", "metadataPrefix": "oai_dc", "identifier": "oai:elsewhere:1"}, "idDoesNotExist"),
    ({"verb": "GetRecord", "metadataPrefix": "oai_dc", "identifier": "oai:127.0.0.1:own:1"}, "idDoesNotExist"),
    ({"verb": "GetRecord", "metadataPrefix": "oai_dc", "identifier": "oai:127.0.0.1:77"}, "idDoesNotExist"),
    ({"verb": "ListMetadataFormats", "identifier": "oai:127.0.0.1:"}, "idDoesNotExist"),
]


def test_every_wrong_request_gets_the_code_of_the_protocol_by_get_and_by_post(catalogue: str) -> None:
    for arguments, expected in WRONG:
        for answer in (
            requests.get(catalogue, params=arguments, timeout=20),
            requests.post(catalogue, data=arguments, timeout=20),
        ):
            assert answer.status_code == 200
            assert code(etree.fromstring(answer.content)) == expected, arguments


def test_post_says_what_get_says(catalogue: str) -> None:
    arguments = {"verb": "ListIdentifiers", "metadataPrefix": "oai_dc"}
    got, posted = (
        requests.get(catalogue, params=arguments, timeout=20),
        requests.post(catalogue, data=arguments, timeout=20),
    )
    assert [e.text for e in etree.fromstring(got.content).iter(f"{OAI}identifier")] == [
        e.text for e in etree.fromstring(posted.content).iter(f"{OAI}identifier")
    ]
    assert requests.put(catalogue, data=arguments, timeout=20).status_code == 405


@pytest.mark.parametrize("prefix", PREFIXES)
def test_answers_are_valid_by_the_schemas_of_oai_and_datacite(catalogue: str, shared_data: Path, prefix: str) -> None:
    folder = shared_data / "schemas"
    schemas = {
        "http://www.openarchives.org/OAI/2.0/": folder / "ivoa-oai" / "OAI-PMH.xsd",
        "http://www.openarchives.org/OAI/2.0/oai_dc/": folder / "ivoa-oai" / "oai_dc.xsd",
        "http://datacite.org/schema/kernel-4": next(folder.glob("datacite/kernel-4.6/**/metadata.xsd")),
    }
    schema = _schema_of_all(schemas)
    questions: list[dict[str, str]] = [
        {"verb": "Identify"},
        {"verb": "ListSets"},
        {"verb": "ListMetadataFormats"},
        {"verb": "ListIdentifiers", "metadataPrefix": prefix},
        {"verb": "ListRecords", "metadataPrefix": prefix},
        {"verb": "GetRecord", "metadataPrefix": prefix, "identifier": "oai:127.0.0.1:cern:5"},
        {"verb": "Nonsense"},
    ]
    for question in questions:
        root = ask(catalogue, **question)
        assert root.tag == f"{OAI}OAI-PMH"
        for metadata in root.iter(f"{OAI}metadata"):
            payload = metadata[0].find(f"{{{OAI_DATACITE}}}payload")
            if payload is not None:
                metadata[:] = payload[:]
            elif prefix == "dcat":  # there is no XML Schema of RDF: the core's tests read the graph
                metadata[:] = [etree.Element("{http://www.openarchives.org/OAI/2.0/oai_dc/}dc")]
        schema.assertValid(etree.fromstring(etree.tostring(root)))


def _schema_of_all(schemas: dict[str, Path]) -> Any:
    """One schema of several namespaces; what they import is found beside them."""
    imports = "".join(f'<xs:import namespace="{name}" schemaLocation="{path}"/>' for name, path in schemas.items())

    class Beside(etree.Resolver):
        def resolve(self, url: str, _id: Any, context: Any) -> Any:
            found = Path(url)
            for path in schemas.values():
                if not found.exists():
                    found = path.parent / url.rpartition("/")[2]
            return self.resolve_filename(str(found if found.exists() else url), context)

    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(Beside())
    text = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{imports}</xs:schema>'
    return etree.XMLSchema(etree.fromstring(text, parser))


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.hex()))
@settings(max_examples=150, suppress_health_check=list(HealthCheck))
def test_a_token_is_ours_or_is_refused(text: str) -> None:
    with contextlib.suppress(OaiError):
        assert isinstance(selection_of_token(text), Selection)


def test_a_token_keeps_the_whole_state_of_a_listing() -> None:
    chance = random.Random(5)
    for _ in range(50):
        now = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(
            microseconds=chance.randrange(10**15)
        )
        selection = Selection("oai_dc", "theme-particle", now, None, (now, chance.randrange(10**9)), 7, 30)
        assert selection_of_token(token_of(selection)) == selection


VALIDATION = """
use strict;
use HTTP::OAIPMH::Validator;
my $validator = HTTP::OAIPMH::Validator->new(base_url => $ARGV[0], allow_https => 1);
$validator->log->fh(\\*STDOUT);
$validator->run_complete_validation;
print "\\nIn the end: " . $validator->status . "\\n";
"""


def test_the_code_behind_the_validation_service_of_openarchives_says_compliant(catalogue: str) -> None:
    perl = shutil.which("perl")
    known = perl and subprocess.run([perl, "-MHTTP::OAIPMH::Validator", "-e", "1"], capture_output=True, check=False)
    if not perl or known is None or known.returncode:
        pytest.skip(
            "HTTP::OAIPMH::Validator is not installed: cpan HTTP::OAIPMH::Validator, or give its lib in PERL5LIB."
        )
    # its first question is whether the address of the administrator could be a real one
    with override_settings(DOP2I=dataclasses.replace(django_settings.DOP2I, contact="data@example.org")):
        command = [perl, "-e", VALIDATION, catalogue]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.stdout.rstrip().endswith("In the end: COMPLIANT"), done.stdout[-5000:] + done.stderr[-2000:]
