"""Alice points at a folder; dop2i proposes a record, says where each value was read, and asks for what is left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dop2i.core.proposals import Assembled, assemble, describe_folder, walk_folder
from dop2i.errors import InvalidInput

ALICE = {
    "name": "Durand, Alice",
    "given_name": "Alice",
    "family_name": "Durand",
    "orcid": "0000-0002-1825-0097",
    "affiliations": [{"name": "LPNHE", "ror": "https://ror.org/01hg8p552"}],
}
TODAY = "2026-11-22"


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def proposed(folder: Path, **options: Any) -> Assembled:
    return assemble(describe_folder(walk_folder(folder)), today=TODAY, **{"person": ALICE, **options})


def values_without_evidence(made: Assembled) -> list[str]:
    """Paths of the document that no chosen evidence explains."""
    told = {entry["path"] for entry in made.evidence if entry["chosen"]}
    metadata = {f"metadata.{key}" for key in made.document["metadata"]}
    custom = {f"custom_fields.{key}" for key in made.document.get("custom_fields", {})}
    return sorted((metadata | custom) - told)


CSV = "t [s],E [keV]\n1,2\n2,3\n"
MIT = "Permission is hereby granted, free of charge, to any person obtaining a copy of this software to deal in the Software without restriction"  # noqa: E501
README = "# Drift times\n\nThe drift times of the chambers of the experiment were measured with cosmic rays.\n"


def test_the_neutrino_of_km3net_needs_at_most_three_answers(shared_data: Path) -> None:
    made = proposed(shared_data / "end-to-end" / "km3-230213a")
    metadata, custom = made.document["metadata"], made.document["custom_fields"]
    assert len(made.missing) <= 3
    assert metadata["title"] == "Data for the KM3-230213A high energy event observation"
    assert metadata["rights"] == [{"id": "bsd-3-clause"}]
    assert metadata["resource_type"] == {"id": "dataset"}
    assert metadata["publication_date"] == "2025-02-12"
    assert metadata["creators"][0]["affiliations"] == [{"name": "KM3NeT collaboration"}]
    assert len(metadata["contributors"]) == 5
    assert custom["dop2i:theme"] == "astroparticle"
    assert "KM3NeT" in custom["dop2i:experiment"]
    assert custom["dop2i:sky_region"]["ra"] == pytest.approx(94, abs=1)
    assert custom["dop2i:time_range"]["start"].startswith("2023-02-13")
    assert values_without_evidence(made) == []
    other_licences = [entry for entry in made.evidence if entry["value"] == {"id": "cc-by-4.0"}]
    assert other_licences
    assert not other_licences[0]["chosen"]
    assert any("codemeta.json" in text for text in made.suggestions)
    assert any("Several licences" in text for text in made.suggestions)


@pytest.mark.parametrize("name", ["sensei-diurnal", "gw150914"])
def test_other_real_folders_need_at_most_three_answers(name: str, shared_data: Path) -> None:
    made = proposed(shared_data / "end-to-end" / name)
    assert len(made.missing) <= 3
    assert values_without_evidence(made) == []


def test_published_tables_become_a_draft_with_physics(shared_data: Path) -> None:
    made = proposed(shared_data / "hepdata" / "ins1283183")
    custom = made.document["custom_fields"]
    assert custom["dop2i:sqrt_s"] == {"minimum": 10.56, "maximum": 10.56, "unit": "GeV"}
    assert custom["dop2i:reaction"]
    assert made.document["metadata"]["description"].startswith("KEK-BF.")


def test_what_a_citation_file_states_wins_over_the_readme(tmp_path: Path) -> None:
    cff = "cff-version: 1.2.0\ntitle: The stated title\nauthors: [{family-names: Moreau, given-names: B}]\n"
    made = proposed(write(tmp_path, README_dot_md=README, CITATION_dot_cff=cff, hits_dot_csv=CSV))
    assert made.document["metadata"]["title"] == "The stated title"
    assert made.document["metadata"]["creators"][0]["person_or_org"]["name"] == "Moreau, B"
    titles = {entry["value"]: entry["chosen"] for entry in made.evidence if entry["path"] == "metadata.title"}
    assert titles["Drift times"] is False
    assert titles["The stated title"] is True


def test_without_any_statement_alice_is_the_creator_and_only_the_licence_is_asked(tmp_path: Path) -> None:
    made = proposed(write(tmp_path, README_dot_md=README, hits_dot_csv=CSV))
    (creator,) = made.document["metadata"]["creators"]
    assert creator["person_or_org"]["identifiers"] == [{"scheme": "orcid", "identifier": "0000-0002-1825-0097"}]
    assert creator["affiliations"] == [{"name": "LPNHE", "id": "01hg8p552"}]
    assert [problem.path for problem in made.missing] == ["metadata.rights"]
    assert made.document["metadata"]["publication_date"] == TODAY
    assert values_without_evidence(made) == []


def test_a_bare_folder_is_named_by_itself_and_the_description_is_asked(tmp_path: Path) -> None:
    made = proposed(write(tmp_path / "run_42_calibration", a_dot_csv=CSV, b_dot_csv=CSV), person=None)
    assert made.document["metadata"]["title"] == "run 42 calibration"
    missing = {problem.path: problem.severity for problem in made.missing}
    assert missing == {"metadata.creators": "error", "metadata.rights": "error", "metadata.description": "warning"}
    assert any("only the name of the folder" in text for text in made.suggestions)


def test_answers_outweigh_everything(tmp_path: Path) -> None:
    answers = {
        "metadata.title": "My title",
        "metadata.rights": "CC-BY-4.0",
        "metadata.creators": "Moreau, Bruno; The muon collaboration",
        "metadata.resource_type": "software",
        "metadata.subjects": "muons, cosmic rays",
    }
    made = proposed(write(tmp_path, README_dot_md=README, LICENSE=MIT, hits_dot_csv=CSV), answers=answers)
    metadata = made.document["metadata"]
    assert metadata["title"] == "My title"
    assert metadata["rights"] == [{"id": "cc-by-4.0"}]
    assert [one["person_or_org"]["type"] for one in metadata["creators"]] == ["personal", "organizational"]
    assert metadata["resource_type"] == {"id": "software"}
    assert {"subject": "cosmic rays"} in metadata["subjects"]
    assert made.missing == []
    assert values_without_evidence(made) == []


def test_an_unknown_licence_is_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="SPDX"):
        proposed(write(tmp_path, hits_dot_csv=CSV), answers={"metadata.rights": "whatever"})


def test_code_with_codemeta_is_software_and_data_with_codemeta_are_data(tmp_path: Path) -> None:
    codemeta = json.dumps({"@type": "SoftwareSourceCode", "name": "Fitter"})
    code = {f"src__m{n}_dot_py": "print(1)\n" for n in range(4)}
    made = proposed(write(tmp_path / "a", codemeta_dot_json=codemeta, **code))
    assert made.document["metadata"]["resource_type"] == {"id": "software"}
    data = {f"data__d{n}_dot_csv": CSV for n in range(4)}
    made = proposed(write(tmp_path / "b", codemeta_dot_json=codemeta, **data))
    assert made.document["metadata"]["resource_type"] == {"id": "dataset"}


def test_two_licences_of_the_same_rank_are_both_kept(tmp_path: Path) -> None:
    cc = "Attribution 4.0 International"
    made = proposed(write(tmp_path, **{"LICENSE.code": MIT, "LICENSE.data": cc, "hits_dot_csv": CSV}))
    assert {one["id"] for one in made.document["metadata"]["rights"]} == {"mit", "cc-by-4.0"}


def test_or_later_wins_over_the_bare_text_of_the_gpl(tmp_path: Path) -> None:
    text = "GNU GENERAL PUBLIC LICENSE\nVersion 3, 29 June 2007\n" + "word " * 2000
    cff = "cff-version: 1.2.0\ntitle: T\nlicense: GPL-3.0-or-later\n"
    made = proposed(write(tmp_path, LICENSE=text, CITATION_dot_cff=cff))
    assert made.document["metadata"]["rights"] == [{"id": "gpl-3.0-or-later"}]


def test_energies_times_and_regions_of_all_files_are_joined(tmp_path: Path) -> None:
    table = "dependent_variables:\n- header: {{name: S}}\n  qualifiers: [{{name: SQRT(S), units: TeV, value: {0}}}]\n  values: [{{value: 1}}]\n"  # noqa: E501
    files = {"t1_dot_yaml": table.format(7), "t2_dot_yaml": table.format(13)}
    files |= {"a_dot_csv": "time,RA,Dec\n2024-01-01,10,20\n2024-01-02,11,21\n"}
    files |= {"b_dot_csv": "time,RA,Dec\n2024-03-01,12,22\n2024-03-09,13,22\n"}
    custom = proposed(write(tmp_path, **files)).document["custom_fields"]
    assert custom["dop2i:sqrt_s"] == {"minimum": 7.0, "maximum": 13.0, "unit": "TeV"}
    assert custom["dop2i:time_range"] == {"start": "2024-01-01", "end": "2024-03-09"}
    assert custom["dop2i:sky_region"]["ra"] == pytest.approx(11.5, abs=0.2)
    assert custom["dop2i:sky_region"]["radius"] > 1.4


def test_an_experiment_named_in_the_readme_gives_the_theme(tmp_path: Path) -> None:
    text = "# Muons\n\nThe LHCb experiment measured these muons in proton collisions, and LHCb published them.\n"
    custom = proposed(write(tmp_path, README_dot_md=text, hits_dot_csv=CSV)).document["custom_fields"]
    assert custom["dop2i:experiment"] == ["LHCb"]
    assert custom["dop2i:theme"] == "particle"


def test_the_draft_is_a_valid_record(shared_data: Path, tmp_path: Path) -> None:
    from dop2i.core.model import normalise_record, validate_record

    folders = [shared_data / "end-to-end" / "km3-230213a", shared_data / "hepdata" / "ins1283183"]
    folders.append(write(tmp_path, README_dot_md=README, hits_dot_csv=CSV, LICENSE=MIT))
    for folder in folders:
        answers = {"metadata.title": "A title", "metadata.rights": "CC-BY-4.0", "metadata.description": "About."}
        made = proposed(folder, answers=answers)
        problems = validate_record(normalise_record(made.document), for_publication=True)
        assert [problem for problem in problems if problem.severity == "error"] == [], folder.name


def test_the_same_folder_gives_the_same_draft_twice(shared_data: Path) -> None:
    first, second = (proposed(shared_data / "end-to-end" / "km3-230213a") for _ in range(2))
    assert json.dumps(first.document) == json.dumps(second.document)
    assert first.evidence == second.evidence


def test_several_processes_describe_the_same(tmp_path: Path) -> None:
    folder = write(tmp_path, **{f"run{n}_dot_csv": CSV for n in range(20)})
    told: list[tuple[int, int, str]] = []
    one = describe_folder(walk_folder(folder), progress=lambda *news: told.append(news))
    two = describe_folder(walk_folder(folder), workers=2)
    assert one.to_json() == two.to_json()
    assert told[-1] == (20, 20, "run9.csv")
