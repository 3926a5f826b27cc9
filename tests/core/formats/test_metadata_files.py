"""Files in which Alice already said who, what and under which licence: nobody asks her again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import samples_text

from dop2i.core.formats import BytesSource, LocalSource, describe_source
from dop2i.core.formats._licences import licence_of_name, licence_of_text
from dop2i.core.formats._metadata import energies_in, identifiers_in, orcid_of
from dop2i.core.formats.base import Description


def of(name: str, folder: Path) -> Description:
    found = describe_source(LocalSource(samples_text.SAMPLES[name](folder)))
    assert not found.error
    return found


def proposed(found: Description, path: str) -> list[Any]:
    return [proposal.value for proposal in found.proposals if proposal.path == path]


def test_codemeta_proposes_all_that_it_states(tmp_path: Path) -> None:
    found = of("codemeta", tmp_path)
    assert proposed(found, "metadata.title") == ["Track fitter of the muon chambers"]
    alice, team = proposed(found, "metadata.creators")
    assert alice["person_or_org"]["identifiers"] == [{"scheme": "orcid", "identifier": "0000-0002-1825-0097"}]
    assert alice["affiliations"] == [{"name": "LPNHE"}]
    assert team["person_or_org"] == {"type": "organizational", "name": "The muon collaboration"}
    assert proposed(found, "metadata.rights") == [{"id": "apache-2.0"}]
    assert {"subject": "muons"} in proposed(found, "metadata.subjects")
    assert [one["identifier"] for one in proposed(found, "metadata.related_identifiers")] == [
        "https://example.org/alice/fitter",
        "10.1000/muon.2024",
    ]
    assert proposed(found, "metadata.funding")[0]["funder"] == {"name": "ANR"}


def test_codemeta_with_slips_of_a_hand_tells_the_line_and_is_still_read() -> None:
    text = '{\n "name": "Fitter",\n "description": "It fits."",\n "keywords": ["a", "b",],\n}'
    found = describe_source(BytesSource("codemeta.json", text.encode()))
    assert "line 3" in found.error
    assert "not valid JSON" in found.error
    assert proposed(found, "metadata.title") == ["Fitter"]
    assert all(proposal.confidence < 0.9 for proposal in found.proposals)


def test_codemeta_that_cannot_be_mended_names_line_and_column() -> None:
    found = describe_source(BytesSource("codemeta.json", b'{\n "name": "Fitter",\n "version" 3 4\n}'))
    assert "line 3, column" in found.error
    assert not found.proposals


def test_electronic_addresses_of_people_are_never_kept() -> None:
    document = {**samples_text.CODEMETA, "author": [{"givenName": "Alice", "familyName": "D", "email": "alice@lab.fr"}]}
    found = describe_source(BytesSource("codemeta.json", json.dumps(document).encode()))
    assert "alice@lab.fr" not in json.dumps(found.to_json())


def test_a_citation_file_proposes_all_that_it_states(tmp_path: Path) -> None:
    found = of("cff", tmp_path)
    assert proposed(found, "metadata.description") == ["Ten thousand drift times measured with cosmic rays."]
    assert proposed(found, "metadata.resource_type") == [{"id": "dataset"}]
    assert proposed(found, "metadata.publication_date") == ["2024-06-30"]
    assert len(proposed(found, "metadata.creators")) == 2
    assert proposed(found, "metadata.related_identifiers")[0]["relation_type"] == {"id": "references"}


def test_zenodo_metadata_are_understood(tmp_path: Path) -> None:
    found = of("zenodo", tmp_path)
    assert proposed(found, "metadata.creators")[0]["person_or_org"]["family_name"] == "Durand"
    assert proposed(found, "metadata.related_identifiers")[0]["relation_type"] == {"id": "issupplementto"}


def test_a_readme_gives_title_paragraphs_licence_and_references(tmp_path: Path) -> None:
    found = of("readme", tmp_path)
    assert proposed(found, "metadata.title") == ["Drift times of the muon chambers"]
    (description,) = proposed(found, "metadata.description")
    assert description.startswith("This data set holds the drift times")
    assert "badge" not in description
    assert "four chambers" in description
    assert proposed(found, "metadata.rights") == [{"id": "cc-by-4.0"}]
    assert proposed(found, "metadata.languages") == [{"id": "eng"}]


def test_a_french_readme_is_french() -> None:
    text = (
        "Temps de dérive\n===============\n\nCes données sont les temps de dérive mesurés dans les chambres avec une\n"
    )
    text += "source pour le calcul des efficacités, et elles sont décrites dans cette note.\n"
    found = describe_source(BytesSource("LISEZMOI.txt", text.encode("latin-1")))
    assert proposed(found, "metadata.title") == ["Temps de dérive"]
    assert proposed(found, "metadata.languages") == [{"id": "fra"}]


LICENCES = {
    "MIT": samples_text.MIT,
    "Apache-2.0": "Apache License\nVersion 2.0, January 2004\nhttp://www.apache.org/licenses/",
    "GPL-3.0-only": "GNU GENERAL PUBLIC LICENSE\nVersion 3, 29 June 2007\n" + "word " * 2000,
    "GPL-2.0-only": "GNU GENERAL PUBLIC LICENSE\nVersion 2, June 1991\n" + "word " * 2000,
    "GPL-3.0-or-later": "the GNU General Public License, version 3 or (at your option) any later version",
    "LGPL-3.0-only": "GNU LESSER GENERAL PUBLIC LICENSE\nVersion 3, 29 June 2007\nwith the GNU General Public License",
    "LGPL-2.1-only": "GNU LESSER GENERAL PUBLIC LICENSE\nVersion 2.1, February 1999",
    "AGPL-3.0-only": "GNU AFFERO GENERAL PUBLIC LICENSE\nVersion 3, 19 November 2007",
    "CC-BY-4.0": "Creative Commons\n\nAttribution 4.0 International",
    "CC-BY-SA-4.0": "Attribution-ShareAlike 4.0 International",
    "CC-BY-NC-4.0": "Attribution-NonCommercial 4.0 International",
    "CC0-1.0": "Creative Commons Legal Code\n\nCC0 1.0 Universal",
    "EUPL-1.2": "EUROPEAN UNION PUBLIC LICENCE v. 1.2\nEUPL © the European Union 2007, 2016",
    "MPL-2.0": "Mozilla Public License Version 2.0",
    "CECILL-2.1": "CeCILL FREE SOFTWARE LICENSE AGREEMENT\nVersion 2.1 dated 2013-06-21",
    "CECILL-B": "CeCILL-B FREE SOFTWARE LICENSE AGREEMENT",
    "Unlicense": "This is free and unencumbered software released into the public domain.",
    "BSD-3-Clause": "Redistribution and use in source and binary forms … * Neither the name of the copyright holder",
    "BSD-2-Clause": "Redistribution and use in source and binary forms, with or without modification, are permitted",
    "ISC": "Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is "
    "hereby granted, provided that the above copyright notice and this permission notice appear in all copies.",
}


@pytest.mark.parametrize("spdx", sorted(LICENCES))
def test_common_licences_are_recognised_by_their_text(spdx: str) -> None:
    assert licence_of_text(LICENCES[spdx])[0] == spdx


@pytest.mark.parametrize("spdx", sorted(LICENCES))
def test_every_licence_that_is_recognised_is_in_the_vocabulary(spdx: str) -> None:
    from dop2i.core.vocabularies import VOCABULARIES

    assert spdx.lower() in VOCABULARIES["licenses"]


@pytest.mark.parametrize(
    ("name", "spdx"),
    [
        ("https://spdx.org/licenses/BSD-3-Clause", "BSD-3-Clause"),
        ("https://creativecommons.org/licenses/by/4.0/", "CC-BY-4.0"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("cc by 4.0", "CC-BY-4.0"),
        ("Apache 2.0", "Apache-2.0"),
        ("GPLv3", "GPL-3.0-only"),
        ("GPL-3.0-or-later", "GPL-3.0-or-later"),
        ({"@id": "https://spdx.org/licenses/MIT"}, "MIT"),
        ("do what you like", ""),
        (None, ""),
    ],
)
def test_licences_are_recognised_by_name_and_address(name: Any, spdx: str) -> None:
    assert licence_of_name(name) == spdx


def test_a_licence_of_ones_own_is_left_to_people() -> None:
    found = describe_source(BytesSource("LICENSE", b"You may use this on Tuesdays only.\n"))
    assert found.format == "licence"
    assert not found.proposals
    assert "by hand" in found.warnings[0]


def test_only_right_orcid_numbers_count() -> None:
    assert orcid_of("https://orcid.org/ 0000-0001-7821-8673") == "0000-0001-7821-8673"
    assert orcid_of("0000-0001-7821-8674") == ""
    assert orcid_of("0000-0002-1694-233X") == "0000-0002-1694-233X"


def test_identifiers_are_found_in_prose() -> None:
    text = "See doi:10.1103/PhysRevD.104.022002, arXiv:2209.08068v2 and https://doi.org/10.1088/1475-7516/2024/08/038)."
    assert identifiers_in(text) == [
        ("arxiv", "2209.08068"),
        ("doi", "10.1103/physrevd.104.022002"),
        ("doi", "10.1088/1475-7516/2024/08/038"),
    ]


def test_energies_are_read_with_their_unit() -> None:
    assert energies_in("at 13 TeV, 10.56 GeV and 511 keV") == [13000.0, 10.56, 0.000511]
