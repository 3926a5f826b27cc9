"""Events of generators, published tables, announcements, nuclear data: what physicists exchange as text."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import samples_text

from dop2i.core.formats import FORMATS, BytesSource, LocalSource, describe_source
from dop2i.core.formats._particles import beam_name, collision_energy
from dop2i.core.formats.base import Description


def of(name: str, folder: Path) -> Description:
    found = describe_source(LocalSource(samples_text.SAMPLES[name](folder)))
    assert not found.error
    return found


def physics(found: Description, field: str) -> list[Any]:
    return [one.value for one in found.proposals if one.path == f"custom_fields.dop2i:{field}"]


def test_les_houches_events_tell_beams_energy_process_and_number(tmp_path: Path) -> None:
    found = of("lhe", tmp_path)
    assert found.tables[0].rows == 2
    assert physics(found, "sqrt_s") == [{"minimum": 13.0, "maximum": 13.0, "unit": "TeV"}]
    assert physics(found, "reaction") == ["p p > t t~"]
    assert found.headers["processes"][0]["cross-section (pb)"] == 500.0


def test_packed_les_houches_events_are_the_same() -> None:
    found = describe_source(BytesSource("events.lhe.gz", gzip.compress(samples_text.LHE.encode())))
    assert (found.format, found.tables[0].rows) == ("lhe", 2)


def test_events_cut_in_the_middle_are_counted_and_told() -> None:
    found = describe_source(BytesSource("events.lhe", samples_text.LHE.split("</event>")[0].encode()))
    assert found.tables[0].rows is None
    assert "end of the file" in found.warnings[0]


def test_hepmc_events_tell_generator_and_energy(tmp_path: Path) -> None:
    found = of("hepmc", tmp_path)
    assert physics(found, "sqrt_s") == [{"minimum": 13.0, "maximum": 13.0, "unit": "TeV"}]
    assert physics(found, "beam") == ["p"]
    assert found.tables[0].columns[0].maximum == 3


def test_hepmc_of_version_2_is_counted_too() -> None:
    text = (
        "\nHepMC::Version 2.06.09\nHepMC::IO_GenEvent-START_EVENT_LISTING\n"
        "E 1 -1 -1.0 -1.0 -1.0 0 -1 1 10001 10002 0 0\nU GEV MM\nV -1 0 0 0 0 0 2 1 0\n"
        "P 10001 2212 0 0 4000 4000 0.938 4 0 0 -1 0\nP 10002 2212 0 0 -4000 4000 0.938 4 0 0 -1 0\n"
        "P 10003 23 0 0 0 8000 91 1 0 0 0 0\nHepMC::IO_GenEvent-END_EVENT_LISTING\n"
    )
    found = describe_source(BytesSource("old.hepmc2", text.encode()))
    assert found.tables[0].columns[0].maximum == 3
    assert physics(found, "sqrt_s") == [{"minimum": 8.0, "maximum": 8.0, "unit": "TeV"}]


def test_beams_have_names_and_energies() -> None:
    assert [beam_name(code) for code in (2212, -11, 1000822080, 1000180400, 7)] == [
        "p",
        "e+",
        "Pb-208",
        "Ar-40",
        "PDG 7",
    ]
    assert collision_energy([11, 2212], [27.5, 920.0]) == pytest.approx(318.1, rel=1e-3)
    assert collision_energy([11, -11], [float("nan"), 1.0]) == 0.0


def test_a_hepdata_submission_proposes_energies_observables_and_reactions(tmp_path: Path) -> None:
    found = of("hepdata-submission", tmp_path)
    assert physics(found, "sqrt_s") == [{"minimum": 7.0, "maximum": 8.0, "unit": "TeV"}]
    assert physics(found, "observables") == ["SIG"]
    assert physics(found, "reaction") == ["P P --> TOP TOPBAR X"]
    related = [one.value["identifier"] for one in found.proposals if one.path == "metadata.related_identifiers"]
    assert related == ["2401.01234", "https://inspirehep.net/literature/1234567"]


def test_a_hepdata_table_has_variables_bins_units_and_labelled_errors(tmp_path: Path) -> None:
    found = of("hepdata-table", tmp_path)
    mass, section = found.tables[0].columns
    assert (mass.unit, mass.minimum, mass.maximum, mass.entries) == ("GeV", 165.0, 175.0, 2)
    assert (section.unit, section.maximum) == ("PB", 831.7)
    assert "errors: stat, sys" in section.meaning
    assert physics(found, "sqrt_s") == [{"minimum": 13.0, "maximum": 13.0, "unit": "TeV"}]


def test_an_announcement_tells_where_and_when(tmp_path: Path) -> None:
    found = of("voevent", tmp_path)
    assert (found.coverage.ra, found.coverage.dec, found.coverage.radius) == (83.6, 22.0, 0.5)
    assert found.coverage.time_start == "2022-03-04T05:00:00Z"
    assert physics(found, "experiment") == ["ANTARES"]


def test_levels_of_a_nucleus_are_counted(tmp_path: Path) -> None:
    found = of("ensdf", tmp_path)
    assert {table.name: table.rows for table in found.tables} == {"level": 2, "gamma": 1}
    assert physics(found, "nuclides") == ["Mo-101"]


def test_a_reaction_measurement_tells_authors_target_and_tables(tmp_path: Path) -> None:
    found = of("exfor", tmp_path)
    assert physics(found, "target") == ["Br-89"]
    assert [(column.name, column.unit) for column in found.tables[0].columns] == [("E", "KEV"), ("DATA", "1/KEV")]
    creators = [one.value["person_or_org"]["family_name"] for one in found.proposals if one.path == "metadata.creators"]
    assert creators == ["Durand", "Moreau"]


def test_tables_hidden_in_json_are_found() -> None:
    by_pandas = {"Energy [GeV]": {str(n): 10.0**n for n in range(5)}, "flux": {str(n): -n for n in range(5)}}
    found = describe_source(BytesSource("a.json", json.dumps(by_pandas).encode()))
    energy = found.tables[0].columns[0]
    assert (energy.name, energy.unit, energy.maximum) == ("Energy", "GeV", 10_000.0)
    records = {"hits": [{"dom": n, "t": n / 2} for n in range(10)], "run": 7}
    found = describe_source(BytesSource("b.json", json.dumps(records).encode()))
    assert (found.tables[0].name, found.tables[0].rows, found.headers["run"]) == ("hits", 10, 7)


def test_json_lines_are_a_table() -> None:
    text = "".join(json.dumps({"run": n, "good": True}) + "\n" for n in range(50))
    for name in ("log.jsonl", "log.json"):
        found = describe_source(BytesSource(name, text.encode()))
        assert (found.tables[0].rows, found.tables[0].columns[0].maximum) == (50, 49), name


def test_broken_json_names_line_and_column() -> None:
    found = describe_source(BytesSource("a.json", b'{\n  "a": 1,\n  "b" 2\n}'))
    assert "line 3, column 7" in found.error


def test_a_likelihood_and_a_plan_are_recognised_in_json(shared_data: Path) -> None:
    workspace = {
        "channels": [
            {"name": "SR", "samples": [{"name": "signal", "data": [1, 2]}, {"name": "ttbar", "data": [3, 4]}]}
        ],
        "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": []}}],
        "observations": [{"name": "SR", "data": [5, 6]}],
        "version": "1.0.0",
    }
    found = describe_source(BytesSource("w.json", json.dumps(workspace).encode()))
    assert found.summary == "pyhf workspace: 1 channels, 2 samples, 2 bins"
    assert found.headers["parameters of interest"] == ["mu"]
    plans = sorted((shared_data / "dmp" / "rda-madmp").rglob("*.json"))
    summaries = [describe_source(LocalSource(path)).summary for path in plans]
    assert any(summary.startswith("Data management plan") for summary in summaries)


def test_values_of_a_numpy_array_are_read_and_shown(tmp_path: Path) -> None:
    path = samples_text.SAMPLES["numpy"](tmp_path)
    found = describe_source(LocalSource(path))
    assert (found.tables[0].shape, found.tables[0].columns[0].maximum) == ((6, 4), 23.0)
    shown = FORMATS["numpy"].preview(LocalSource(path), table="hits", start=1, stop=2)
    assert shown["rows"] == [[[4.0, 5.0, 6.0, 7.0]]]


def test_arrays_with_names_and_archives_of_arrays_are_described(tmp_path: Path) -> None:
    import numpy as np

    hits = np.array([(1, 2.5, "a"), (3, 4.5, "b")], dtype=[("n", "i4"), ("x", "f8"), ("s", "U3")])
    np.savez_compressed(tmp_path / "a.npz", hits=hits, times=np.arange(5))
    found = describe_source(LocalSource(tmp_path / "a.npz"))
    assert [table.name for table in found.tables] == ["hits", "times"]
    assert [column.name for column in found.tables[0].columns] == ["n", "x", "s"]
    assert found.tables[0].columns[1].maximum == 4.5


def test_pickled_objects_are_never_opened(tmp_path: Path) -> None:
    import numpy as np

    class Bomb:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "mallory-was-here",))

    np.save(tmp_path / "bomb.npy", np.array([Bomb()], dtype=object), allow_pickle=True)
    found = describe_source(LocalSource(tmp_path / "bomb.npy"))
    assert not found.error
    assert "never read" in found.tables[0].attributes["note"]
    assert not (tmp_path / "mallory-was-here").exists()


def test_documents_and_notebooks_are_described(tmp_path: Path) -> None:
    assert of("pdf", tmp_path).headers["pages"] == 2
    notebook = of("notebook", tmp_path)
    assert notebook.headers["modules"] == ["numpy", "uproot"]
    assert notebook.headers["executed"] == 1
    sdds = of("sdds", tmp_path)
    assert [(table.name, table.columns[0].unit) for table in sdds.tables] == [("columns", "mm"), ("parameters", "s")]


@pytest.mark.parametrize("name", ["zip", "tar"])
def test_archives_are_listed_and_not_unpacked(name: str, tmp_path: Path) -> None:
    found = of(name, tmp_path)
    assert [member.path for member in found.members] == ["run1/hits.csv", "run2/hits.csv"]
    assert found.headers["unpacked bytes"] == 2 * len(samples_text.CSV)


def test_what_is_compressed_is_described_with_evidence_of_the_outer_file() -> None:
    found = describe_source(BytesSource("data/README.md.gz", gzip.compress(samples_text.README.encode())))
    assert found.format == "gzip"
    assert {one.evidence.file for one in found.proposals} == {"data/README.md.gz"}
