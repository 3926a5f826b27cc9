"""A heading that Alice takes from the list is kept with its identifier, and told in the language of the reader."""

from __future__ import annotations

from typing import Any

from dop2i.core.vocabularies.subjects import SCHEME, concept_named
from dop2i.faces.web.deposit_form import _set_keywords


def kept(text: str, **before: Any) -> list[dict[str, str]]:
    """The subjects of a document after this was sent."""
    metadata: dict[str, Any] = {"subjects": [], **before}
    _set_keywords(metadata, text)
    subjects: list[dict[str, str]] = metadata.get("subjects", [])
    return subjects


def test_a_whole_label_is_a_heading_and_anything_else_a_word() -> None:
    waves = concept_named("Gravitational waves")
    commas = concept_named("Asteroids, meteors, & meteorites")
    assert waves is not None
    assert commas is not None
    assert kept("Ondes gravitationnelles\nmuon, kaon\ngravitational waves\nAsteroids, meteors, & meteorites") == [
        {"id": waves.id, "subject": "Ondes gravitationnelles", "scheme": SCHEME},
        {"subject": "muon"},
        {"subject": "kaon"},
        {"subject": "gravitational waves"},
        {"id": commas.id, "subject": "Asteroids, meteors, & meteorites", "scheme": SCHEME},
    ]


def test_what_a_subject_held_before_stays_with_it() -> None:
    before = [{"subject": "beta, gamma", "scheme": "own"}, {"id": "https://example.org/7"}]
    assert kept("beta, gamma\nmuon", subjects=before) == [before[1], before[0], {"subject": "muon"}]


def test_chloe_reads_the_heading_in_her_language(browser: Any, published: Any) -> None:
    waves = concept_named("Gravitational waves")
    assert waves is not None
    subjects = [{"id": waves.id, "subject": "Gravitational waves", "scheme": SCHEME}, {"subject": "strain"}]
    record = published({"a.txt": b"a"}, metadata={"subjects": subjects})
    for language, words in (("en", "Gravitational waves"), ("fr", "Ondes gravitationnelles")):
        page = browser(language=language).get(f"/records/{record.pk}").content.decode()
        assert f">{words}</a>" in page
        assert ">strain</a>" in page
