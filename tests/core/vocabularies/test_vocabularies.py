"""Every term that a page may show is there in both languages, and leads where it says."""

from __future__ import annotations

import pytest

from dop2i.core.model.identifiers import parse_identifier
from dop2i.core.vocabularies import VOCABULARIES, language_id, language_tag

NAMES = ["resourcetypes", "licenses", "roles", "themes", "relationtypes", "languages", "titletypes", "descriptiontypes"]
NAMES += ["datetypes", "facilities", "experiments"]


@pytest.mark.parametrize("name", NAMES)
def test_every_term_has_an_id_and_a_label_in_both_languages(name: str) -> None:
    vocabulary = VOCABULARIES[name]
    assert vocabulary
    for term_id, term in vocabulary.items():
        assert term_id == term.id
        assert term.label("en")
        assert term.label("fr")
        assert term.label("de") == term.label("en")


def test_every_licence_says_in_both_languages_what_a_reader_may_do() -> None:
    for licence in VOCABULARIES["licenses"].values():
        assert licence.id == licence.props["spdx"].lower()
        assert licence.props["url"].startswith("https://")
        assert set(licence.props["summary"]) == {"en", "fr"}
        assert "You may" in licence.props["summary"]["en"]
        assert "Vous pouvez" in licence.props["summary"]["fr"]
    assert not VOCABULARIES["licenses"]["cc-by-nc-4.0"].props["open"]


def test_relations_come_in_pairs() -> None:
    relations = VOCABULARIES["relationtypes"]
    for term in relations.values():
        if "inverse" in term.props:
            assert relations[term.props["inverse"]].props["inverse"] == term.id


def test_facilities_and_experiments_are_of_a_theme_and_of_each_other() -> None:
    for term in VOCABULARIES["facilities"].values():
        assert term.props["theme"] in VOCABULARIES["themes"]
        if "ror" in term.props:
            parse_identifier(term.props["ror"], "ror")
    for term in VOCABULARIES["experiments"].values():
        assert term.props["theme"] in VOCABULARIES["themes"]
        assert term.props.get("facility", "lhc") in VOCABULARIES["facilities"]


@pytest.mark.parametrize(
    ("written", "kept"),
    [("fr", "fra"), ("fr-FR", "fra"), ("fre", "fra"), ("ENG", "eng"), ("gsw", "gsw"), ("x", ""), ("", "")],
)
def test_languages_are_understood_as_people_write_them(written: str, kept: str) -> None:
    assert language_id(written) == kept
    if kept == "fra":
        assert language_tag(kept) == "fr"
