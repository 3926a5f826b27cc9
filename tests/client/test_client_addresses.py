"""Chloé pastes whatever she has: a number, a PID, the address of a page."""

from __future__ import annotations

import pytest

from dop2i.client.resolve import record_number, split_address
from dop2i.client.session import Session, server_of
from dop2i.errors import InvalidInput


@pytest.mark.parametrize(
    ("given", "server"),
    [
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000"),
        ("https://data.example.org/api", "https://data.example.org"),
        ("https://example.org/dop2i/api/", "https://example.org/dop2i"),
        ("data.example.org", "https://data.example.org"),
        ("localhost:8000", "http://localhost:8000"),
        ("https://alice:secret@example.org", "https://example.org"),
    ],
)
def test_the_address_of_a_server_in_any_form(given: str, server: str) -> None:
    assert server_of(given) == server


@pytest.mark.parametrize("given", ["", "ftp://example.org", "https://"])
def test_what_is_no_address_of_a_server(given: str) -> None:
    with pytest.raises(InvalidInput):
        server_of(given)


@pytest.mark.parametrize(
    "given", ["12", " 12 ", "https://x.org/records/12", "https://x.org/api/records/12/files/a.root"]
)
def test_a_number_or_an_address_needs_no_question(given: str) -> None:
    assert record_number(Session("https://x.org"), given) == "12"


def test_the_address_of_a_page_names_its_server() -> None:
    assert split_address("https://x.org/sub/records/12", None) == ("https://x.org/sub", "https://x.org/sub/records/12")
    assert split_address("https://x.org/ark:/99999/d12", None)[0] == "https://x.org"
    assert split_address("12", "https://y.org") == ("https://y.org", "12")


def test_without_a_server_a_number_is_not_enough() -> None:
    with pytest.raises(InvalidInput, match="--from"):
        split_address("12", None)


def test_the_token_does_not_travel_to_another_server() -> None:
    with pytest.raises(InvalidInput, match="stays at home"):
        Session("https://x.org", "secret").address("https://mallory.example/api/records/1")


def test_nonsense_is_no_identifier() -> None:
    with pytest.raises(InvalidInput, match="ARK"):
        record_number(Session("https://x.org"), "the nice data")
