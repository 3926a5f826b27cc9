"""Chloé reads French, also when something goes wrong."""

from __future__ import annotations

import re

import sentences as source
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from dop2i.errors import NotFound
from dop2i.faces.web.said import filled, in_french, said, said_text, sentences

GAP = re.compile(r"\{\d*\}")


def test_every_sentence_of_the_source_has_its_french() -> None:
    missing = {text: where for text, where in source.sentences().items() if text not in sentences()}
    assert not missing, "\n".join(f"{where}: {text}" for text, where in missing.items())


def test_no_french_is_kept_for_a_sentence_that_nobody_says() -> None:
    assert not set(sentences()) - set(source.sentences())


def test_the_french_says_what_varies_and_is_set_as_french_is() -> None:
    for english, french in sentences().items():
        gaps, wanted = GAP.findall(french), len(GAP.findall(english))
        named = {int(gap[1:-1]) for gap in gaps if gap != "{}"}
        assert len(gaps) == wanted or named == set(range(wanted)), (english, french)
        assert not re.search(r"\w'\w", french), french
        assert not re.search(r"[^\s\u202f][;!?](\s|$)|[^\u202f][;!?]$| [;!?]( |$)| :( |$)|« |[^\u00a0]»", french), (
            french
        )


def test_an_error_is_said_in_the_language_of_the_page() -> None:
    error = NotFound("There is no file 'raw/ä b.root' here.")
    with override("en"):
        assert said(error) == str(error)
    with override("fr"):
        assert "'raw/ä b.root'" in said(error)
        assert said(error) != str(error)


def test_what_nobody_translated_stays_as_it_is() -> None:
    with override("fr"):
        assert said_text("The library said: xyzzy") == "The library said: xyzzy"


@given(st.text(max_size=300))
def test_any_text_is_said_without_a_fault(text: str) -> None:
    in_french(text)


@given(st.sampled_from(sorted(sentences())), st.lists(st.text(min_size=1, max_size=20), min_size=9, max_size=9))
def test_what_varies_is_never_lost(english: str, parts: list[str]) -> None:
    french = in_french(filled(english, parts))
    assert all(part in french for part in parts[: len(GAP.findall(english))] if part.isalnum() and len(part) > 3)


def test_what_varies_is_found_again() -> None:
    for english, french in sentences().items():
        gaps = len(GAP.findall(english))
        if gaps:
            assert in_french(filled(english, [f"⟨{n}⟩" for n in range(gaps)])) == filled(
                french, [f"⟨{n}⟩" for n in range(gaps)]
            )


def test_a_long_text_is_said_whole() -> None:
    with override("fr"):
        name = "n" * 9000
        assert name in said_text(f"There is no file '{name}' here.")
        assert said_text("x" * 30_000) == "x" * 30_000
