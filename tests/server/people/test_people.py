"""Persons, tokens, and the journal."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.utils import timezone
from looking_up import history_of

from dop2i.errors import Conflict, InvalidInput, NotAuthenticated, NotFound
from dop2i.server.logs import NoSecrets
from dop2i.server.people.actions import add_person, make_token, revoke_token, update_person
from dop2i.server.people.models import Token
from dop2i.server.people.policy import actor_for_token
from dop2i.server.people.queries import person_by_email
from dop2i.server.people.tokens import tokens_of


def test_alice_signs_in_whatever_the_case_of_her_address(instance: Any) -> None:
    person = add_person(email="Alice@Example.org", name="Alice Martin", password="a long enough one")
    assert authenticate(username="ALICE@example.org", password="a long enough one") == person
    assert authenticate(username="alice@example.org", password="another") is None
    assert person_by_email(" alice@EXAMPLE.org ") == person
    with pytest.raises(Conflict, match="already"):
        add_person(email="alice@example.org", name="Alice Again")
    with pytest.raises(InvalidInput, match="not an electronic address"):
        add_person(email="alice", name="Alice")


def test_alice_is_a_creator_with_what_she_told_of_herself(instance: Any) -> None:
    person = add_person(
        email="a@example.org",
        name="Alice Martin",
        orcid="https://orcid.org/0000-0002-1825-0097",
        affiliations=[{"name": "Laboratory", "ror": "https://ror.org/02feahw73"}],
    )
    assert person.profile["person_or_org"] == {
        "type": "personal",
        "name": "Martin, Alice",
        "given_name": "Alice",
        "family_name": "Martin",
        "identifiers": [{"scheme": "orcid", "identifier": "0000-0002-1825-0097"}],
    }
    assert person.profile["affiliations"][0]["name"] == "Laboratory"
    with pytest.raises(InvalidInput):
        add_person(email="b@example.org", name="Bad Digit", orcid="0000-0002-1825-0098")


def test_a_token_is_shown_once_and_ends(alice: Any, mallory: Any) -> None:
    token, secret = make_token(person=alice.person, days=1)
    assert secret.startswith("dop2i_")
    assert secret not in str(Token.objects.values())
    assert actor_for_token(secret).scopes == {"read", "deposit"}
    assert list(tokens_of(alice)) == [token]
    with pytest.raises(NotFound):
        revoke_token(actor=mallory, token_id=token.pk)
    Token.objects.update(expires=timezone.now() - timedelta(seconds=1))
    with pytest.raises(NotAuthenticated, match="expired"):
        actor_for_token(secret)
    revoke_token(actor=alice, token_id=token.pk)
    with pytest.raises(NotAuthenticated, match="not known"):
        actor_for_token(secret)
    for wrong in ({"scopes": ["everything"]}, {"scopes": ["admin"]}, {"days": 0}):
        with pytest.raises(InvalidInput):
            make_token(person=alice.person, **wrong)


def test_the_journal_tells_who_did_what(alice: Any, mallory: Any) -> None:
    update_person(actor=alice, person_id=alice.person.pk, name="Alice M.", password="another long one")
    lines = list(history_of(f"person:{alice.person.pk}"))
    assert [line.action for line in lines] == ["add person", "update person"]
    assert lines[-1].person_id == alice.person.pk
    assert "another long one" not in str(lines[-1].details)
    with pytest.raises(NotFound):
        update_person(actor=mallory, person_id=alice.person.pk, name="Mallory")


def test_no_secret_reaches_the_log() -> None:
    record = logging.LogRecord(
        "x", logging.INFO, "", 0, "GET /x?access_token=dop2i_abcdefghijklmnop&a=1 by dop2i_%s", ("q" * 43,), None
    )
    NoSecrets().filter(record)
    assert "ijklmnop" not in record.getMessage()
    assert "q" * 20 not in record.getMessage()
    assert "a=1" in record.getMessage()
