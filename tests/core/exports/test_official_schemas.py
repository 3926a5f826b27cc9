"""What we write is judged by the schemas and programs of those who made the standards, not by us."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from lxml import etree
from strategies import records

from dop2i.core.exports import EXPORTS

pytestmark = pytest.mark.slow(20)

ROOT = Path(__file__).parents[3]
# Records are large: shrinking one would take minutes, and the report of the schema says more than a smaller record.
phases = (Phase.explicit, Phase.reuse, Phase.generate)
some = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck), phases=phases)
few = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), phases=phases)

NEW_IN_4_6 = {"Award", "Project", "CSTR", "RRID", "Translator", "HasTranslation", "IsTranslationOf", "Coverage"}


@cache
def kernel(folder: Path) -> etree.XMLSchema:
    parser = etree.XMLParser(no_network=True)
    return etree.XMLSchema(etree.parse(str(folder / "schemas/datacite/kernel-4.6/metadata.xsd"), parser))


@given(record=records())
@some
def test_datacite_xml_is_valid_by_kernel_4_6(shared_data: Path, record: dict[str, Any]) -> None:
    schema = kernel(shared_data)
    document = etree.fromstring(EXPORTS["datacite-xml"].write(record))
    assert schema.validate(document), schema.error_log


def without_what_is_new(document: Any) -> Any:
    """The document with DataCite 4.6's new words replaced by old ones, for the schema stops at 4.5."""
    if isinstance(document, dict):
        return {key: without_what_is_new(item) for key, item in document.items()}
    if isinstance(document, list):
        return [without_what_is_new(item) for item in document]
    replaced = {"Project": "Other", "RRID": "URL", "HasTranslation": "References", "IsTranslationOf": "References"}
    return replaced.get(document, "Other") if document in NEW_IN_4_6 else document


def official_dates(validator: Any) -> Any:
    """The validator with checks for the date formats that its schema names and jsonschema does not know."""
    import re

    from jsonschema import FormatChecker

    checker = FormatChecker()
    day, stamp = r"\d{4}-\d{2}-\d{2}", r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(Z|[+-]\d{2}:\d{2})"
    forms = {"year": r"\d{4}", "yearmonth": r"\d{4}-\d{2}", "date": day, "datetime": stamp}
    for name, form in forms.items():
        checker.checks(name)(lambda text, form=form: re.fullmatch(form, text) is not None)
        span = f"({form})?/({form})?"
        checker.checks(f"{name}-range")(lambda text, span=span: re.fullmatch(span, text) is not None)
    return type(validator)(validator.schema, format_checker=checker)


@given(record=records())
@some
def test_datacite_json_is_valid_by_the_package_datacite(record: dict[str, Any]) -> None:
    schema45 = pytest.importorskip("datacite.schema45")
    document = without_what_is_new(json.loads(EXPORTS["datacite-json"].write(record)))
    errors = [
        f"{list(error.path)}: {error.message}" for error in official_dates(schema45.validator).iter_errors(document)
    ]
    assert not errors


@given(record=records())
@some
def test_dublin_core_is_valid_by_its_schema(shared_data: Path, record: dict[str, Any]) -> None:
    schema = dublin_core(shared_data)
    document = etree.fromstring(EXPORTS["dublincore"].write(record))
    assert schema.validate(document), schema.error_log


@cache
def dublin_core(folder: Path) -> etree.XMLSchema:
    """``oai_dc.xsd``, whose imports are found beside it instead of on the net."""

    class Beside(etree.Resolver):
        def resolve(self, url: str, public_id: str, context: Any) -> Any:
            found = folder / "schemas/ivoa-oai" / url.rsplit("/", 1)[-1]
            return self.resolve_filename(str(found), context) if found.is_file() else None

    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(Beside())
    return etree.XMLSchema(etree.parse(str(folder / "schemas/ivoa-oai/oai_dc.xsd"), parser))


@cache
def shapes(folder: Path) -> Any:
    from rdflib import Graph

    return Graph().parse(folder / "schemas/dcat-ap-3.0.1/dcat-ap-SHACL.ttl")


@given(record=records())
@few
def test_dcat_ap_conforms_to_the_shapes_of_the_profile(shared_data: Path, record: dict[str, Any]) -> None:
    pyshacl = pytest.importorskip("pyshacl")
    from rdflib import Graph

    graph = Graph().parse(data=EXPORTS["dcat-ap-ttl"].write(record), format="turtle")
    conforms, _, report = pyshacl.validate(graph, shacl_graph=shapes(shared_data))
    assert conforms, report


@given(record=records())
@few
def test_dcat_ap_says_the_same_in_turtle_and_in_json_ld(record: dict[str, Any]) -> None:
    from rdflib import Graph
    from rdflib.compare import to_isomorphic

    turtle = Graph().parse(data=EXPORTS["dcat-ap-ttl"].write(record), format="turtle")
    document = json.loads(EXPORTS["dcat-ap-jsonld"].write(record))
    quads = pytest.importorskip("pyld").jsonld.to_rdf(document, {"format": "application/n-quads"})
    json_ld = Graph().parse(data=quads, format="nt")
    assert to_isomorphic(turtle) == to_isomorphic(json_ld)
    rdf_xml = Graph().parse(data=EXPORTS["dcat-ap-rdf"].write(record), format="xml")
    assert to_isomorphic(turtle) == to_isomorphic(rdf_xml)


@given(record=records())
@some
def test_citation_files_are_valid_by_the_schema_of_cffconvert(
    cff_schema: dict[str, Any], record: dict[str, Any]
) -> None:
    import yaml
    from jsonschema import Draft7Validator, FormatChecker

    document = yaml.safe_load(EXPORTS["cff"].write(record))
    errors = list(Draft7Validator(cff_schema, format_checker=FormatChecker()).iter_errors(document))
    assert not errors, [f"{list(error.path)}: {error.message}" for error in errors]


@pytest.fixture(scope="session")
def cff_schema() -> dict[str, Any]:
    """The schema of CITATION.cff 1.2.0 out of the package cffconvert, which has its own environment."""
    found = sorted(Path(sys.prefix).glob("**/cffconvert/schemas/1.2.0/schema.json"))
    if not found:
        pytest.skip("cffconvert is not installed: .venv/tools/cff, see docs/exports/cff.md")
    schema: dict[str, Any] = json.loads(found[0].read_text())
    return schema


@given(record=records())
@some
def test_bibtex_is_read_by_bibtexparser_and_pybtex(record: dict[str, Any]) -> None:
    bibtexparser = pytest.importorskip("bibtexparser")
    pybtex = pytest.importorskip("pybtex.database")
    text = EXPORTS["bibtex"].write(record).decode()
    library = bibtexparser.parse_string(text)
    assert not library.failed_blocks
    assert len(library.entries) == 1
    entry = next(iter(pybtex.parse_string(text, "bibtex").entries.values()))
    creators = record["metadata"]["creators"]
    assert len(entry.persons["author"]) == len(creators)


@pytest.fixture(scope="session")
def contexts(shared_data: Path) -> dict[str, Any]:
    """The JSON-LD contexts by address, so that nothing is fetched. schema.org's is its ``@vocab`` alone."""
    folder = shared_data / "schemas"
    return {
        "https://schema.org/": {"@context": {"@vocab": "http://schema.org/"}},
        "https://w3id.org/codemeta/3.1": json.loads((folder / "codemeta/codemeta.jsonld").read_text()),
        "https://w3id.org/ro/crate/1.2/context": json.loads((folder / "ro-crate/1.2/context.jsonld").read_text()),
    }


@pytest.mark.parametrize("name", ["schemaorg", "codemeta", "rocrate"])
@given(record=records())
@few
def test_json_ld_expands_and_no_word_of_it_is_unknown(
    name: str, contexts: dict[str, Any], record: dict[str, Any]
) -> None:
    jsonld = pytest.importorskip("pyld").jsonld

    def load(address: str, options: Any) -> dict[str, Any]:
        return {"contextUrl": None, "documentUrl": address, "document": contexts[address]}

    document = json.loads(EXPORTS[name].write(record))
    expanded = jsonld.expand(document, {"documentLoader": load, "base": "https://data.example.org/"})
    assert expanded
    # A property that the context does not know is dropped by expansion: everything must come through.
    node = next(
        one for one in expanded if record["metadata"]["title"].split()[0][:1] in json.dumps(one, ensure_ascii=False)
    )
    assert node
    if name == "rocrate":
        known = {**contexts["https://w3id.org/ro/crate/1.2/context"]["@context"]}
        words = {key for entity in document["@graph"] for key in entity if not key.startswith("@")}
        assert words <= known.keys(), words - known.keys()


@pytest.mark.outside
def test_cffconvert_accepts_a_citation_file(tmp_path: Path, full_record: dict[str, Any]) -> None:
    program = Path(sys.prefix) / "tools/cff/bin/cffconvert"
    if not program.exists():
        pytest.skip("cffconvert is not installed in the environment .venv/tools/cff")
    (tmp_path / "CITATION.cff").write_bytes(EXPORTS["cff"].write(full_record))
    done = subprocess.run([program, "--validate"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
