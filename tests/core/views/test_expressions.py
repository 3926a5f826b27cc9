"""Chloé writes selections as in her notebook; Mallory writes programs, and none of it runs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dop2i.core.views._expressions import FUNCTIONS, LONGEST, formula
from dop2i.errors import InvalidValue

COLUMNS = {
    "px": np.array([3.0, 0.0, -1.0, np.nan]),
    "py": np.array([4.0, 1.0, 0.0, 2.0]),
    "n": np.array([1, 2, 3, 4], dtype=np.uint8),
    "event": np.array([2**62 + 1, 2**62 + 2, 5, 6], dtype=np.int64),
    "name": np.array(["muon", "anti Muon", "", "electron"], dtype=object),
    "hits.t": np.array([1.0, 2.0, 3.0, 4.0]),
    "Evt/hits [ns]": np.array([1.0, 2.0, 3.0, 4.0]),
}


def value(text: str) -> list[float]:
    """What an expression says of each row."""
    return np.asarray(formula(text, columns=COLUMNS, parameter="where")(COLUMNS)).tolist()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sqrt(px**2 + py**2) > 4.9", [True, False, False, False]),
        ("n > 1 & n < 4", [False, True, True, False]),
        ("n = 1 | n == 4", [True, False, False, True]),
        ("!(n > 2)", [True, True, False, False]),
        ("n > 1 and not n > 2", [False, True, False, False]),
        ("name ~ MUON", [True, True, False, False]),
        ("name ~ 'anti mu' | n = 4", [False, True, False, True]),
        ('name == "electron"', [False, False, False, True]),
        ("missing(px) | missing(name)", [False, False, True, True]),
        ("event = 4611686018427387905", [True, False, False, False]),
        ("hits.t * 2 >= 6", [False, False, True, True]),
        ("`Evt/hits [ns]` < 2", [True, False, False, False]),
        ("Evt/hits [ns] < 2", [True, False, False, False]),
        ("1 < n < 4", [False, True, True, False]),
    ],
)
def test_a_selection_says_what_it_says_in_a_notebook(text: str, said: list[bool]) -> None:
    assert value(text) == said


def test_whole_numbers_of_a_byte_do_not_wrap_around() -> None:
    assert value("n - 5")[0] == -4
    assert value("n * 300")[3] == 1200
    assert value("n ^ 2")[2] == 9


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('id')",
        "px.__class__",
        "px.__class__.__bases__",
        "(lambda: 1)()",
        "[x for x in px]",
        "px[0]",
        "{'a': 1}",
        "px if py else n",
        "f'{px}'",
        "(a := 1)",
        "sqrt(*px)",
        "sqrt(x=px)",
        "open('/etc/passwd')",
        "getattr(px, 'dtype')",
        "px; py",
        "px\x00py",
        "sqrt(px, py)",
        "exec",
        "True.real",
        "'a' * 1000000",
        "print(px)",
        "px @ py",
        "px << 3",
        "~px",
        "",
        "   ",
        "(" * 200 + "px" + ")" * 200,
        "-" * 400 + "px",
        "px + " * 90 + "px" + "+ px" * 40,
        "9" * (LONGEST + 1),
    ],
)
def test_mallory_is_told_no_and_where(text: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        formula(text, columns=COLUMNS, parameter="where")(COLUMNS)
    assert refused.value.parameter == "where"
    assert str(refused.value)


def test_a_name_that_is_nearly_right_is_guessed() -> None:
    with pytest.raises(InvalidValue, match=r"no column 'hits\.tt'.*Did you mean hits\.t"):
        value("hits.tt > 1")


def test_a_long_name_is_not_taken_for_a_shorter_one() -> None:
    columns = {"Evt/hits": np.array([1.0]), "Evt/hits.tot": np.array([2.0])}
    assert formula("Evt/hits.tot > 1.5", columns=columns, parameter="where")(columns).tolist() == [True]
    with pytest.raises(InvalidValue, match=r"no column"):
        formula("Evt/hits.tott > 1.5", columns=columns, parameter="where")


def test_text_and_numbers_are_not_mixed() -> None:
    with pytest.raises(InvalidValue, match="mixes text and numbers"):
        value("name > 3")
    with pytest.raises(InvalidValue, match="looks for words"):
        value("px ~ muon")


def test_towers_of_powers_cost_nothing() -> None:
    assert value("9**9**9**9**9 > 1 & n = 1") == [True, False, False, False]


PIECES = ("px", "n", "name", "hits.t", "1", "2.5", "'m'", *"()+-*/%^<>=!&|~,.", *list(FUNCTIONS)[:6], " ", "`", "in")


@given(st.lists(st.sampled_from(PIECES), max_size=40).map(lambda parts: " ".join(parts)))
def test_any_heap_of_words_is_a_value_for_each_row_or_refused(text: str) -> None:
    try:
        made = formula(text, columns=COLUMNS, parameter="where")(COLUMNS)
    except InvalidValue:
        return
    assert np.shape(made) in ((), (4,))


@given(st.text(max_size=80))
def test_any_text_is_a_value_or_refused(text: str) -> None:
    try:
        formula(text, columns=COLUMNS, parameter="where")(COLUMNS)
    except InvalidValue:
        return


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_arithmetic_is_pythons_own(first: float, second: float) -> None:
    values = {"a": np.array([first]), "b": np.array([second])}
    made = formula("(a + b) * a - b / 3", columns=values, parameter="column")(values)
    assert made[0] == pytest.approx((first + second) * first - second / 3)
