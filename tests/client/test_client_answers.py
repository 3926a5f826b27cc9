"""What Alice types becomes values of the record, or a sentence that says what to type."""

from __future__ import annotations

import pytest

from dop2i.client import answers
from dop2i.errors import InvalidInput


def test_a_creator_with_institute_and_orcid() -> None:
    assert answers.creator("Carberry, Josiah; Brown University; https://orcid.org/0000-0002-1825-0097") == {
        "person_or_org": {
            "type": "personal",
            "name": "Carberry, Josiah",
            "family_name": "Carberry",
            "given_name": "Josiah",
            "identifiers": [{"scheme": "orcid", "identifier": "0000-0002-1825-0097"}],
        },
        "affiliations": [{"name": "Brown University"}],
    }


def test_a_collaboration_is_an_organisation() -> None:
    assert answers.creator("KM3NeT Collaboration")["person_or_org"] == {
        "type": "organizational",
        "name": "KM3NeT Collaboration",
    }


def test_a_wrong_check_digit_of_an_orcid_is_refused() -> None:
    with pytest.raises(InvalidInput, match="check digit"):
        answers.creator("Carberry, Josiah; 0000-0002-1825-0098")


def test_several_creators() -> None:
    made = answers.creators("Curie, Marie | Curie, Pierre and Becquerel, Henri")
    assert [one["person_or_org"]["family_name"] for one in made] == ["Curie", "Curie", "Becquerel"]


@pytest.mark.parametrize("text", ["CC-BY-4.0", "cc-by-4.0", " CC-by-4.0 "])
def test_a_licence_in_any_case(text: str) -> None:
    assert answers.licence(text) == [{"id": "cc-by-4.0"}]


def test_a_mistyped_licence_gets_a_proposal() -> None:
    with pytest.raises(InvalidInput, match=r"cc-by-4\.0"):
        answers.licence("ccby-4.0")


def test_a_theme_by_its_french_name_and_a_wrong_one() -> None:
    assert answers.theme("nuclear") == "nuclear"
    with pytest.raises(InvalidInput, match="astroparticle"):
        answers.theme("astroparticles physics of all")


@pytest.mark.parametrize(("text", "good"), [("2024-05", True), ("2024-13", False), ("yesterday", False)])
def test_dates(text: str, good: bool) -> None:
    if good:
        assert answers.date(text) == text
    else:
        with pytest.raises(InvalidInput, match="not a date"):
            answers.date(text)


@pytest.mark.parametrize("path", ["metadata.creators", "metadata.creators.0.person_or_org", "metadata.rights"])
def test_what_is_missing_finds_its_question(path: str) -> None:
    found = answers.question_for(path)
    assert found is not None
    assert path.startswith(found.path)
