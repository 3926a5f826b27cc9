"""Dates as EDTF writes them."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dop2i.core.model import first_day, is_date, last_day, parse_date, year_of

LEVELS = [
    ("2024", True, "2024-01-01", "2024-12-31"),
    ("2024-02", True, "2024-02-01", "2024-02-29"),
    ("2023-02", True, "2023-02-01", "2023-02-28"),
    ("2024-05-17", True, "2024-05-17", "2024-05-17"),
    ("2024-05-17T12:00:00Z", True, "2024-05-17", "2024-05-17"),
    ("2018/2020-09", True, "2018-01-01", "2020-09-30"),
    ("1939/1945", True, "1939-01-01", "1945-12-31"),
    ("201X", False, "2010-01-01", "2019-12-31"),
    ("2024-XX", False, "2024-01-01", "2024-12-31"),
    ("2024-05~", False, "2024-05-01", "2024-05-31"),
    ("2024?", False, "2024-01-01", "2024-12-31"),
    ("2024-21", False, "2024-03-01", "2024-05-31"),
    ("2024-05/..", False, "2024-05-01", ""),
    ("/2024", False, "", "2024-12-31"),
    ("-0044", False, "-044-01-01", "-044-12-31"),
    ("Y-17000", False, "-17000-01-01", "-17000-12-31"),
]


@pytest.mark.parametrize(("text", "exact", "first", "last"), LEVELS)
def test_a_date_means_its_days(text: str, exact: bool, first: str, last: str) -> None:
    assert is_date(text)
    assert is_date(text, level=0) == exact
    assert (first_day(text), last_day(text)) == (first, last)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2024-13",
        "2023-02-29",
        "2024-00",
        "24-05-17",
        "17/05/2024",
        "2024/2023",
        "../..",
        "2024-05-17T25:00:00Z",
        "٢٠٢٤",
        "2024-5",
        "2024-XX-17",
        "2" * 200,
        "2024-05-17 ",
    ],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    assert not is_date(text)
    assert year_of(text) is None
    assert first_day(text) == ""


@given(st.dates())
def test_every_day_of_the_calendar_is_a_date(day: datetime.date) -> None:
    span = parse_date(day.isoformat(), level=0)
    assert str(span.first) == str(span.last) == day.isoformat()
    assert year_of(day.isoformat()) == day.year


@given(st.text(alphabet="0123456789-/.XYT:Z~?% ", max_size=30))
def test_no_text_breaks_the_parser(text: str) -> None:
    if is_date(text):
        span = parse_date(text)
        assert span.first or span.last
