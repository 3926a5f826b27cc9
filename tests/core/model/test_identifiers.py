"""Identifiers as people paste them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dop2i.core.model import identifier_url, parse_identifier
from dop2i.errors import InvalidInput

PASTED = [
    ("https://orcid.org/0000-0002-1825-0097", "orcid", "0000-0002-1825-0097"),
    ("0000-0002-1694-233X", "orcid", "0000-0002-1694-233X"),
    ("https://ror.org/01ggx4157", "ror", "01ggx4157"),
    ("02feahw73", "ror", "02feahw73"),
    ("https://doi.org/10.1234/ABC", "doi", "10.1234/ABC"),
    ("doi:10.17182/hepdata.1", "doi", "10.17182/hepdata.1"),
    ("10.5281/zenodo.1234", "doi", "10.5281/zenodo.1234"),
    ("ark:99999/d1234", "ark", "ark:/99999/d1234"),
    ("https://n2t.net/ark:/99999/d1234", "ark", "ark:/99999/d1234"),
    ("arXiv:2101.00001v2", "arxiv", "2101.00001v2"),
    ("https://arxiv.org/abs/hep-ex/0101001", "arxiv", "hep-ex/0101001"),
    ("swh:1:rev:" + "0f" * 20, "swh", "swh:1:rev:" + "0f" * 20),
    ("https://inspirehep.net/literature/1990313", "inspire", "1990313"),
    ("978-3-16-148410-0", "isbn", "978-3-16-148410-0"),
    ("0031-9007", "issn", "0031-9007"),
    ("1924MNRAS..84..308E", "ads", "1924MNRAS..84..308E"),
    ("20.500.12345/abc", "handle", "20.500.12345/abc"),
    ("urn:nbn:fr:1", "urn", "urn:nbn:fr:1"),
    ("https://example.org/x", "url", "https://example.org/x"),
    ("root://eospublic.cern.ch//eos/x.root", "url", "root://eospublic.cern.ch//eos/x.root"),
]


@pytest.mark.parametrize(("text", "scheme", "value"), PASTED)
def test_alice_pastes_an_identifier_in_any_usual_form(text: str, scheme: str, value: str) -> None:
    found = parse_identifier(f"  {text} ")
    assert (found.scheme, found.value) == (scheme, value)
    assert parse_identifier(found.value, found.scheme) == found


@pytest.mark.parametrize("right", ["0000-0002-1825-0097", "0000-0001-5109-3700"])
@pytest.mark.parametrize("place", [0, 5, 12, 18])
def test_one_mistyped_digit_of_an_orcid_is_found(right: str, place: int) -> None:
    wrong = right[:place] + str((int(right[place]) + 1) % 10) + right[place + 1 :]
    with pytest.raises(InvalidInput, match="check digit"):
        parse_identifier(wrong, "orcid")


@pytest.mark.parametrize("wrong", ["01ggx4158", "01ggy4157", "02feahw74"])
def test_one_mistyped_character_of_a_ror_is_found(wrong: str) -> None:
    with pytest.raises(InvalidInput, match="check digits"):
        parse_identifier(wrong, "ror")


@pytest.mark.parametrize(
    ("text", "scheme"),
    [
        ("abc", "doi"),
        ("10.1234", "doi"),
        ("swh:1:xyz:00", "swh"),
        ("http://", "url"),
        ("12", "orcid"),
        ("", None),
        ("x" * 3000, None),
        ("10.1234/a\nb", "doi"),
        ("978-3-16-148410-1", "isbn"),
        ("0031-9008", "issn"),
        ("http://[::1", "url"),
        ("٢٠٢٤.٠٠٠٠١", "arxiv"),
        ("javascript:alert(1)", None),
    ],
)
def test_what_is_no_identifier_is_refused_in_a_sentence(text: str, scheme: str | None) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_identifier(text, scheme)
    assert str(caught.value).endswith(".")
    assert identifier_url(text, scheme or "") == ""


@given(st.text(max_size=80), st.sampled_from([None, "orcid", "doi", "ark", "url", "isbn", "ror", "swh", "made-up"]))
def test_no_text_breaks_the_parser(text: str, scheme: str | None) -> None:
    try:
        found = parse_identifier(text, scheme)
    except InvalidInput:
        return
    assert found.value
    assert " " not in found.url
