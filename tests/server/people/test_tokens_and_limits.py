"""Tokens do no more than who makes them, and a limited one knows its records only."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from looking_up import found_by, history_of

from dop2i.errors import InvalidInput, NotFound, NotPermitted
from dop2i.server.people import tokens
from dop2i.server.people.actions import add_person
from dop2i.server.people.policy import actor_for_token
from dop2i.server.people.tokens import make_token, revoke_token, tokens_of
from dop2i.server.records import queries
from dop2i.server.records.token_limits import concepts_of


def test_a_token_makes_none_that_may_more_or_lasts_longer(alice: Any) -> None:
    _, secret = make_token(person=alice.person, scopes=["read"], days=2, actor=alice)
    program = actor_for_token(secret)
    with pytest.raises(NotPermitted, match="deposit"):
        make_token(person=alice.person, scopes=["read", "deposit"], actor=program)
    made, _ = make_token(person=alice.person, scopes=["read"], days=300, actor=program)
    assert made.expires == tokens.Token.objects.get(pk=program.token_id).expires


def test_nobody_makes_lists_or_ends_tokens_of_others(alice: Any, mallory: Any) -> None:
    token, _ = make_token(person=alice.person)
    with pytest.raises(NotFound):
        make_token(person=alice.person, actor=mallory)
    with pytest.raises(NotFound):
        tokens_of(mallory, alice.person)
    with pytest.raises(NotFound):
        revoke_token(actor=mallory, token_id=token.pk)


def test_who_keeps_a_robot_keeps_its_tokens(alice: Any, mallory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    robot = add_person(email="robot@example.org", name="Robot of the muons")
    robot.is_robot = True
    robot.save()
    monkeypatch.setattr(tokens, "KEEPERS", [lambda actor, person: actor.person_id == alice.person_id])
    token, _ = make_token(person=robot, scopes=["read", "deposit"], actor=alice)
    assert list(tokens_of(alice, robot)) == [token]
    with pytest.raises(NotFound):
        make_token(person=robot, actor=mallory)
    # keeping robots is not keeping people
    with pytest.raises(NotFound):
        make_token(person=mallory.person, actor=alice)
    revoke_token(actor=alice, token_id=token.pk)
    assert not tokens_of(alice, robot).exists()


def test_a_token_for_one_record_reads_no_other_of_its_owner(alice: Any, publish: Any) -> None:
    closed = {"access": {"record": "restricted", "files": "restricted"}}
    one, other = publish(alice, {"a.txt": b"one"}, **closed), publish(alice, {"b.txt": b"two"}, **closed)
    _, secret = make_token(person=alice.person, scopes=["read"], records=concepts_of(alice, [one.pk]), actor=alice)
    program = actor_for_token(secret)
    assert queries.get_record(program, one.pk).pk == one.pk
    with pytest.raises(NotFound):
        queries.get_record(program, other.pk)
    assert set(found_by(program).values_list("pk", flat=True)) == {one.pk}
    for refused in (
        lambda: make_token(person=alice.person, scopes=["read"], actor=program),
        lambda: tokens_of(program),
    ):
        with pytest.raises(NotPermitted, match="limited to some records"):
            refused()


def test_limiting_a_token_tells_nothing_about_closed_records(alice: Any, mallory: Any, publish: Any) -> None:
    closed = publish(alice, {"a.txt": b"x"}, access={"record": "restricted", "files": "restricted"})
    told = []
    for number in (closed.pk, closed.concept_id, 987_654):
        with pytest.raises(InvalidInput) as refused:
            concepts_of(mallory, [number])
        told.append(str(refused.value).replace(str(number), "N"))
    assert len(set(told)) == 1
    assert concepts_of(alice, [closed.pk, closed.concept_id]) == [closed.concept_id]
    assert concepts_of(None, [closed.pk]) == [closed.concept_id]


def test_making_and_ending_a_token_is_written(alice: Any) -> None:
    token, secret = make_token(person=alice.person, name="night run", records=[4], actor=alice)
    revoke_token(actor=dataclasses.replace(alice, address="192.0.2.1"), token_id=token.pk)
    lines = list(history_of(f"person:{alice.person_id}"))[-2:]
    assert [line.action for line in lines] == ["make token", "revoke token"]
    assert lines[0].details == {"token": token.pk, "scopes": ["read", "deposit"], "records": [4]}
    assert lines[1].details["name"] == "night run"
    assert secret not in str([line.details for line in lines])
