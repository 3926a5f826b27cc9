"""Each mapping reads real records of its source; what comes out is a record document without a fault."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from dop2i.core.mappings import Mapped
from dop2i.core.mappings.cern_opendata import from_cern_opendata
from dop2i.core.mappings.codemeta import from_codemeta
from dop2i.core.mappings.datacite import from_datacite
from dop2i.core.mappings.datacite_xml import from_datacite_xml
from dop2i.core.mappings.exfor import from_exfor
from dop2i.core.mappings.gwosc import from_gwosc, gps_to_utc
from dop2i.core.mappings.hepdata import from_hepdata
from dop2i.core.mappings.invenio import from_invenio
from dop2i.core.mappings.oai_dc import from_dublin_core
from dop2i.core.mappings.oai_pmh import OaiAnswer
from dop2i.core.mappings.schemaorg import from_schema_org, objects_in_page
from dop2i.core.mappings.spase import from_spase
from dop2i.core.mappings.voresource import from_voresource
from dop2i.core.model import validate_record


def faults(mapped: Mapped) -> list[str]:
    document = {"metadata": mapped.metadata, "custom_fields": mapped.custom_fields}
    found = validate_record(document, for_publication=False)
    return [f"{problem.path}: {problem.message}" for problem in found]


def names(mapped: Mapped) -> list[str]:
    return [who["person_or_org"]["name"] for who in mapped.metadata.get("creators", [])]


@pytest.mark.parametrize("kernel", ["4.3", "4.5"])
def test_datacite_json_and_xml_of_one_record_say_the_same(shared_data: Path, kernel: str) -> None:
    folder = shared_data / "catalogues" / "datacite-xml" / kernel
    pairs = [(path, path.with_suffix(".xml")) for path in sorted(folder.glob("*.json"))]
    assert pairs
    for written, marked in pairs:
        if not marked.is_file():
            continue
        one = from_datacite(json.loads(written.read_bytes()))
        other = from_datacite_xml(etree.fromstring(marked.read_bytes()))
        assert not faults(one), (written, faults(one))
        assert not faults(other), (marked, faults(other))
        assert one.metadata["title"] == other.metadata["title"], written
        assert [n.casefold() for n in names(one)] == [n.casefold() for n in names(other)], written
        assert str(one.pids).lower() == str(other.pids).lower(), written
        assert one.metadata.get("publication_date") == other.metadata.get("publication_date"), written


def test_datacite_of_old_kernels_and_odd_records_is_read(shared_data: Path) -> None:
    for path in sorted((shared_data / "catalogues" / "metadata-crosswalk").glob("*.xml")):
        root = etree.fromstring(path.read_bytes())
        if "datacite.org" not in str(root.tag):
            continue
        mapped = from_datacite_xml(root)
        wanted = [text for node in root.iter("{*}title") if (text := " ".join("".join(node.itertext()).split()))]
        assert mapped.metadata["title"] in wanted
        creators = [node for node in root.findall("{*}creators/{*}creator/{*}creatorName") if (node.text or "").strip()]
        assert len(names(mapped)) == len(creators), path
        assert not faults(mapped), (path, faults(mapped))


def test_an_invenio_record_keeps_what_it_says(shared_data: Path) -> None:
    path = shared_data / "catalogues" / "invenio-rdm" / "tests" / "records" / "full-record.json"
    mapped = from_invenio(json.loads(path.read_bytes()))
    assert mapped.metadata["title"] == "InvenioRDM"
    assert names(mapped) == ["Nielsen, Lars Holm"]
    assert mapped.pids["doi"]["identifier"] == "10.1234/zenodo.1234"
    assert mapped.metadata["publication_date"] == "2018/2020-09"
    assert mapped.access == "restricted"
    assert not faults(mapped)


def test_zenodos_legacy_shape_is_read() -> None:
    mapped = from_invenio(
        {
            "id": 42,
            "doi": "10.5281/zenodo.42",
            "links": {"self_html": "https://zenodo.org/records/42"},
            "metadata": {
                "title": "Muon counts",
                "creators": [{"name": "Martin, Alice", "orcid": "0000-0002-1825-0097", "affiliation": "CNRS"}],
                "description": "<p>Counts.</p>",
                "publication_date": "2024-05-01",
                "resource_type": {"type": "publication", "subtype": "article"},
                "license": {"id": "cc-by-4.0"},
                "access_right": "open",
                "related_identifiers": [{"identifier": "10.1234/a", "relation": "isSupplementTo", "scheme": "doi"}],
                "grants": [{"code": "824064", "funder": {"name": "European Commission"}}],
            },
            "files": [
                {"key": "a.csv", "size": 3, "checksum": "md5:abc", "links": {"self": "https://zenodo.org/a.csv"}}
            ],
        }
    )
    assert mapped.metadata["resource_type"] == {"id": "publication-article"}
    assert mapped.metadata["rights"] == [{"id": "cc-by-4.0"}]
    assert mapped.metadata["related_identifiers"][0]["relation_type"] == {"id": "issupplementto"}
    assert mapped.metadata["publisher"] == "Zenodo"
    assert mapped.files == [{"key": "a.csv", "url": "https://zenodo.org/a.csv", "size": 3, "checksum": "md5:abc"}]
    assert not faults(mapped)


def test_the_answers_of_a_real_oai_server_are_read(shared_data: Path) -> None:
    folder = shared_data / "catalogues" / "oai-pmh"
    answer = OaiAnswer()
    records = list(answer.records([(folder / "ListRecords.xml").read_bytes()]))
    assert [record.deleted for record in records] == [True, False]
    assert answer.token == "ListRecords2.xml"
    assert answer.total == 8
    from dop2i.core.mappings.oai_dc import from_oai_dc

    mapped = from_oai_dc(records[1].metadata)
    assert mapped.metadata["title"] == "Sample Title"
    assert len(names(mapped)) == 4
    assert mapped.metadata["publisher"] == "Sample Publisher"
    assert mapped.url == "http://test.example.com/publication/1585322"
    assert not faults(mapped)
    identify = OaiAnswer()
    assert not list(identify.records([(folder / "Identify.xml").read_bytes()]))
    assert identify.facts["granularity"] == "YYYY-MM-DD"
    assert identify.facts["repositoryName"] == "A Test Repository"


def test_registry_records_of_the_virtual_observatory_are_read(shared_data: Path) -> None:
    paths = sorted((shared_data / "catalogues" / "ivoa-voresource").glob("*.xml"))
    assert paths
    for path in paths:
        root = etree.fromstring(path.read_bytes())
        mapped = from_voresource(root)
        title = " ".join(root.findtext("{*}title").split())
        assert mapped.metadata["title"] == title
        assert any(known["identifier"].startswith("ivo://") for known in mapped.metadata["identifiers"])
        assert not faults(mapped), (path, faults(mapped))


def test_exfor_entries_keep_authors_and_reactions(shared_data: Path) -> None:
    folder = shared_data / "formats" / "nuclear" / "exfor"
    mapped = from_exfor((folder / "entry_T0408.txt").read_text())
    assert mapped.metadata["title"].startswith("Some dynamical aspects of pick up reactions")
    assert len(names(mapped)) == 6
    assert mapped.metadata["publication_date"] == "1980-02"
    assert mapped.custom_fields["dop2i:theme"] == "nuclear"
    assert not faults(mapped)
    other = from_exfor((folder / "entry_23245.txt").read_text())
    assert names(other) == ["Rudstam, G.", "Shalev, S."]
    assert other.metadata["publication_date"] == "1974"
    assert not faults(other)


def test_software_is_read_from_codemeta(shared_data: Path) -> None:
    for path in (
        shared_data / "software-metadata" / "gammapy" / "codemeta.json",
        shared_data / "software-metadata" / "codemeta" / "codemeta.json",
        shared_data / "catalogues" / "metadata-crosswalk" / "codemeta.json",
    ):
        document = json.loads(path.read_bytes())
        mapped = from_codemeta(document)
        assert mapped.metadata["title"] == (document.get("name") or document.get("title"))
        assert mapped.metadata["resource_type"] == {"id": "software"}
        assert names(mapped)
        assert not faults(mapped), (path, faults(mapped))


def test_schema_org_in_a_page_is_found_and_read() -> None:
    dataset = {
        "@context": "https://schema.org", "@type": "Dataset", "name": "Strain", "license": "https://spdx.org/licenses/MIT",
        "creator": [{"@type": "Person", "givenName": "Alice", "familyName": "Martin"}],
        "identifier": "https://doi.org/10.5072/a", "datePublished": "2024-01-02",
        "distribution": [{"@type": "DataDownload", "contentUrl": "https://example.org/a.h5", "contentSize": "1.5 MB"}],
    }  # fmt: skip
    broken = "<script type='application/ld+json'>{broken</script>"
    page = f'<html>{broken}<script type="application/ld+json">{json.dumps(dataset)}</script></html>'
    found = objects_in_page(page)
    assert len(found) == 1
    mapped = from_schema_org(found[0])
    assert mapped.files == [{"key": "a.h5", "url": "https://example.org/a.h5", "size": 1_500_000}]
    assert mapped.metadata["rights"] == [{"id": "mit"}]
    assert mapped.pids["doi"]["identifier"] == "10.5072/a"
    assert not faults(mapped)


def test_a_gravitational_wave_event_keeps_its_time_and_strain_files() -> None:
    mapped = from_gwosc(
        {
            "event": {"name": "GW150914", "version": 3, "gps": 1126259462.4, "catalog": "GWTC-1-confident",
                      "detectors": ["H1", "L1"], "run": "O1", "doi": "https://doi.org/10.7935/82H3-HH23"},
            "parameters": [{"name": "mass_1_source", "best": 35.6, "lower_error": -3.1, "upper_error": 4.7}],
            "strain_files": [{"detector": "H1", "download_url": "https://gwosc.org/a/H-H1-1126259447-32.hdf5"}],
        }
    )  # fmt: skip
    assert mapped.metadata["publication_date"] == "2015-09-14"
    assert mapped.custom_fields["dop2i:time_range"]["gps_start"] == 1126259462.4
    assert mapped.custom_fields["dop2i:time_range"]["start"] == "2015-09-14T09:50:45Z"
    assert [file["key"] for file in mapped.files] == ["H-H1-1126259447-32.hdf5"]
    assert "mass_1_source: 35.6" in mapped.metadata["description"]
    assert not faults(mapped)


def test_a_run_lists_its_strain_in_both_formats() -> None:
    base = "https://gwosc.org/archive/data/O1/H-H1_LOSC_4_V1-1126072320-4096"
    strain = {"detector": "H1", "sample_rate_kHz": 4, "hdf5_url": f"{base}.hdf5", "gwf_url": f"{base}.gwf"}
    run = {"name": "O1", "gps_start": 1126051217, "gps_end": 1137254417, "detectors": ["H1", "L1"]}
    mapped = from_gwosc({"run": run, "strain_files": [strain]})
    assert [file["url"] for file in mapped.files] == [strain["hdf5_url"], strain["gwf_url"]]


@pytest.mark.parametrize(
    ("primary", "secondary", "kind"),
    [
        ("Environment", ["Validation"], "dataset"),
        ("Environment", ["Condition"], "dataset"),
        ("Environment", ["VM"], "software"),
        ("Software", ["Validation", "Workflow"], "software"),
        ("Supplementaries", [{"odd": 1}, "Computing Note"], "publication-technicalnote"),
    ],
)
def test_lists_of_validated_runs_and_calibrations_are_data(primary: str, secondary: list[Any], kind: str) -> None:
    record = {"recid": "1", "title": "Runs", "type": {"primary": primary, "secondary": secondary}}
    assert from_cern_opendata(record).metadata["resource_type"] == {"id": kind}


def test_gps_time_knows_its_leap_seconds() -> None:
    assert gps_to_utc(0) == "1980-01-06T00:00:00Z"
    assert gps_to_utc(1167264018) == "2017-01-01T00:00:00Z"
    assert gps_to_utc(1126259462) == "2015-09-14T09:50:45Z"


def test_hepdatas_record_keeps_tables_energies_and_papers() -> None:
    mapped = from_hepdata(
        {
            "record": {
                "title": "Z production at $\\sqrt{s}=13$ TeV", "inspire_id": "1990313",
                "hepdata_doi": "10.17182/hepdata.1.v1",
                "doi": "10.1007/JHEP07(2022)026", "arxiv_id": "arXiv:2112.07458", "collaborations": ["LHCb"],
                "authors": [{"full_name": "Aaij, Roel"}], "creation_date": "2022-07-01", "abstract": "Text.",
                "data_keywords": {"cmenergies": [{"gte": 13000, "lte": 13000}], "observables": ["SIG"]},
            },
            "data_tables": [{"name": "Table 1", "data": {"csv": "https://www.hepdata.net/download/table/1/csv"}}],
        }
    )  # fmt: skip
    assert names(mapped) == ["LHCb Collaboration", "Aaij, Roel"]
    assert mapped.custom_fields["dop2i:sqrt_s"] == {"minimum": 13000.0, "maximum": 13000.0, "unit": "GeV"}
    assert mapped.files[0]["key"] == "Table 1.csv"
    assert mapped.metadata["title"] == "Z production at $\\sqrt{s}=13$ TeV"
    assert not faults(mapped)


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("H<sub>2</sub>O and <i>ab initio</i>", "H₂O and ab initio"),
        ("10<sup>-3</sup> eV", "10⁻³ eV"),
        ("a &amp; b &lt; c", "a & b < c"),
        ("$\\sqrt{s} = 7$ TeV", "$\\sqrt{s} = 7$ TeV"),
        ("p < 0.05 in B -> K", "p < 0.05 in B -> K"),
        ("ニュートリノ振動の測定", "ニュートリノ振動の測定"),
        ("قياس النيوترينو", "قياس النيوترينو"),
        ("two\nlines\tand \x00control", "two lines and control"),
    ],
)
def test_titles_of_every_kind_become_one_plain_line(title: str, shown: str) -> None:
    assert from_dublin_core({"title": [title]}).metadata["title"] == shown


def test_a_record_without_title_or_date_says_so() -> None:
    mapped = from_dublin_core({"identifier": ["https://example.org/a"]})
    assert mapped.metadata["title"] == "[https://example.org/a]"
    assert len(mapped.notes) == 2
    assert not faults(mapped)


def test_a_doubtful_date_is_kept_as_written_beside_what_it_means() -> None:
    mapped = from_dublin_core({"title": ["Old plates"], "date": ["circa 1975"]})
    assert mapped.metadata["publication_date"] == "1975"
    assert mapped.metadata["dates"] == [{"date": "1975~", "type": {"id": "issued"}, "description": "circa 1975"}]
    assert not faults(mapped)


def test_ten_megabytes_of_abstract_are_cut_and_the_cut_is_told() -> None:
    mapped = from_dublin_core({"title": ["Long"], "description": ["word " * 2_000_000]})
    assert len(mapped.metadata["description"]) <= 1_000_000
    assert any("characters" in note for note in mapped.notes)


ODD: list[Any] = [None, 1, "x", [], {}, [None], [{}], {"title": 3}, ["a", {"b": [1]}], True, float("nan")]


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_values_of_the_wrong_kind_never_stop_a_mapping(odd: Any) -> None:
    members = ("titles", "creators", "contributors", "dates", "descriptions", "subjects", "rightsList", "types", "doi",
               "relatedIdentifiers", "geoLocations", "fundingReferences", "publisher", "language", "sizes")  # fmt: skip
    for name in members:
        assert not faults(from_datacite({"titles": [{"title": "T"}], name: odd}))
    for name in ("name", "author", "identifier", "license", "distribution", "keywords", "funder", "citation", "sameAs"):
        from_schema_org({"@type": "Dataset", name: odd})
    for name in ("title", "collaborations", "data_keywords", "authors", "resources", "inspire_id", "data_license"):
        from_hepdata({"record": {name: odd}})


@pytest.mark.parametrize(
    ("written", "people"),
    [
        ("Burch, James, L.", ["Burch, James L."]),
        ("J. Merka, A. Szabo,  and T. Narock, ", ["Merka, J.", "Szabo, A.", "Narock, T."]),
        ("Frey, H. U., and Mende, S. B.", ["Frey, H. U.", "Mende, S. B."]),
        ("Smith, C.W., and N.F. Ness", ["Smith, C.W.", "Ness, N.F."]),
        ("Wilson III, L.B., de Nolfo, G.A., and Larsen B.", ["Wilson III, L.B.", "de Nolfo, G.A.", "Larsen, B."]),
        ("C. Möstl, D. Odstrčil & S. Poedts", ["Möstl, C.", "Odstrčil, D.", "Poedts, S."]),
        ("Howard, R.A., J.D. Moses, et al.", ["Howard, R.A.", "Moses, J.D."]),
        ("Millan, Robyn M.; and Warren Z. Rexroad", ["Millan, Robyn M.", "Rexroad, Warren Z."]),
        ("Doe, Jane", ["Doe, Jane"]),
        ("Leif Svalgaard", ["Svalgaard, Leif"]),
        (
            "Laboratory for Atmospheric and Space Physics, University of Colorado (USA)",
            ["Laboratory for Atmospheric and Space Physics, University of Colorado (USA)"],
        ),
        ("The AIA Consortium: A Center (USA); Alias, Inc. (USA)", ["The AIA Consortium: A Center (USA)",
                                                                   "Alias, Inc. (USA)"]),
        (".", []),
    ],
)  # fmt: skip
def test_each_author_of_a_citation_is_one_creator_however_it_is_written(written: str, people: list[str]) -> None:
    spase = f"""<Spase xmlns="http://www.spase-group.org/data/schema"><NumericalData><ResourceID>spase://X/Y</ResourceID>
      <ResourceHeader><ResourceName>Y</ResourceName><PublicationInfo><Authors>{written.replace("&", "&amp;")}</Authors>
      </PublicationInfo></ResourceHeader></NumericalData></Spase>"""
    assert names(from_spase(etree.fromstring(spase))) == people


def test_what_of_an_identifier_cannot_be_right_is_told_and_not_shown_as_one() -> None:
    mapped = from_datacite(
        {
            "titles": [{"title": "Muons"}],
            "creators": [
                {
                    "name": "Okafor, Ada",
                    "nameIdentifiers": [{"nameIdentifier": "0000-0001-9998-0117", "nameIdentifierScheme": "ORCID"}],
                    "affiliation": [
                        {"name": "A", "affiliationIdentifier": "01ggx4157", "affiliationIdentifierScheme": "ROR"},
                        {"name": "B", "affiliationIdentifier": "grid.9132.9", "affiliationIdentifierScheme": "GRID"},
                        {"name": "C", "affiliationIdentifier": "05bp8ka77", "affiliationIdentifierScheme": "ROR"},
                    ],
                }
            ],
        }
    )
    creator = mapped.metadata["creators"][0]
    assert "identifiers" not in creator["person_or_org"]
    assert creator["affiliations"] == [
        {"id": "01ggx4157", "name": "A"},
        {"identifiers": [{"identifier": "grid.9132.9", "scheme": "grid"}], "name": "B"},
        {"name": "C"},
    ]
    assert [note for note in mapped.notes if "not valid" in note] == [
        "The identifier 0000-0001-9998-0117 (ORCID) of Okafor, Ada is not valid and was left out.",
        "The identifier 05bp8ka77 (ROR) of C is not valid and was left out.",
    ]
    assert not faults(mapped)


def test_a_registry_that_puts_all_creators_in_one_is_read_as_it_is_meant() -> None:
    """As GAVO DaCHS serves it, with the prefix ``ri`` declared at the root of its answer."""
    resource = """<ri:Resource xmlns:ri="http://www.ivoa.net/xml/RegistryInterface/v1.0"
        xmlns:vs="http://www.ivoa.net/xml/VODataService/v1.1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
        created="2026-11-23T08:00:00Z" updated="2026-11-23T08:14:54Z" status="active" xsi:type="vs:CatalogService">
      <title>Tiny catalogue of gamma-ray sources</title><shortName>tiny cone</shortName>
      <identifier>ivo://org.example/tiny/q/cone</identifier><altIdentifier>doi:10.5072/tiny</altIdentifier>
      <curation><publisher>Example</publisher><creator><name>Martin, C.; Okafor, A.</name></creator></curation>
      <content><subject>gamma-ray-astronomy</subject><description>β &amp; γ</description></content></ri:Resource>"""
    mapped = from_voresource(etree.fromstring(resource))
    assert names(mapped) == ["Martin, C.", "Okafor, A."]
    assert mapped.pids["doi"]["identifier"] == "10.5072/tiny"
    assert not faults(mapped)
