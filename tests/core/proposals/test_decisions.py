"""What was refused stays refused, whatever else is decided; what is new is proposed."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dop2i.core.formats.base import Column, Description, Table
from dop2i.core.proposals.decisions import (
    ACCEPTED,
    REFUSED,
    Decisions,
    decided,
    keys_of,
    refused_keys,
    remaining,
    state_of,
    undone,
)
from dop2i.core.proposals.usefulness import RULES, lacks_of

VALUES = st.recursive(st.text(max_size=8) | st.integers(), lambda inner: st.lists(inner, max_size=4), max_leaves=6)


@given(value=VALUES, other=VALUES)
def test_a_refused_value_never_comes_back(value: Any, other: Any) -> None:
    decisions: Decisions = decided({}, "keywords", REFUSED, value)
    assert remaining(value, refused=refused_keys(decisions, "keywords")) is None or not keys_of(value)
    again = decided(decisions, "keywords", REFUSED, other)
    assert remaining(value, refused=refused_keys(again, "keywords")) is None or not keys_of(value)
    assert undone(again, "keywords") == {}


def test_a_new_keyword_is_proposed_beside_a_refused_one() -> None:
    decisions = decided({}, "keywords", REFUSED, [{"subject": "test"}])
    left = remaining([{"subject": "test"}, {"subject": "muon"}], refused=refused_keys(decisions, "keywords"))
    assert left == [{"subject": "muon"}]


def test_accepting_holds_for_the_value_that_was_accepted() -> None:
    decisions = decided({}, "title", ACCEPTED, "Muons")
    assert state_of(decisions, "title", "Muons") == ACCEPTED
    assert state_of(decisions, "title", "Kaons") == ""


def test_each_lack_is_told_once_with_its_field() -> None:
    column = Column(name="px", dtype="float64")
    file = Description(name="events.root", format="root", tables=[Table(name="Events", columns=[column])], error="cut")
    found = lacks_of({"metadata": {"title": "events.root", "creators": [{"person_or_org": {"name": "X"}}]}}, [file])
    codes = [one.code for one in found]
    assert codes == [code for code in RULES if code in codes]
    assert {"no-description", "title-of-file", "no-orcid", "no-units", "unreadable", "no-readme"} <= set(codes)
    assert next(one for one in found if one.code == "no-units").example == "events.root › px"


def test_a_complete_record_lacks_nothing() -> None:
    person = {"type": "personal", "name": "Curie, Marie", "identifiers": [{"scheme": "orcid", "identifier": "x"}]}
    metadata = {
        "title": "Rays of uranium salts",
        "description": "What was measured, with which electrometer, and how long each sample was left in the dark. "
        * 2,
        "rights": [{"id": "cc-by-4.0"}],
        "creators": [{"person_or_org": person, "affiliations": [{"name": "Institut Curie"}]}],
        "subjects": [{"subject": "radium"}],
        "related_identifiers": [{"identifier": "10.1/x"}],
    }
    assert (
        lacks_of({"metadata": metadata, "custom_fields": {"dop2i:theme": "nuclear", "dop2i:instrument": ["e"]}}) == []
    )
