"""Dates as other catalogues write them are read, and what is doubtful keeps its doubt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dop2i.core.mappings.dates import read_date
from dop2i.core.model.dates import is_date


@pytest.mark.parametrize(
    ("written", "plain", "full"),
    [
        ("2013-02-27", "2013-02-27", "2013-02-27"),
        ("circa 1975", "1975", "1975~"),
        ("ca. 1975", "1975", "1975~"),
        ("vers 1975", "1975", "1975~"),
        ("[1975?]", "1975", "1975?"),
        ("2011/2013", "2011/2013", "2011/2013"),
        ("2013/2011", "2011/2013", "2011/2013"),
        ("2011-01-01/2013-12-31", "2011-01-01/2013-12-31", "2011-01-01/2013-12-31"),
        ("2011/", "2011", "2011/.."),
        ("2011-2013/", "2011/2013", "2011/2013"),
        ("1975-1980", "1975/1980", "1975/1980"),
        ("1970s", "1970/1979", "197X"),
        ("20130227", "2013-02-27", "2013-02-27"),
        ("2013-02-27T10:11:12Z", "2013-02-27", "2013-02-27"),
        ("2013-02-27 10:11", "2013-02-27", "2013-02-27"),
        ("2013-02-30", "2013-02", "2013-02"),
        ("2013-13-01", "2013", "2013"),
        ("27 Feb 2013", "2013-02-27", "2013-02-27"),
        ("February 27, 2013", "2013-02-27", "2013-02-27"),
        ("12 août 2014", "2014-08-12", "2014-08-12"),
        ("27/02/2013", "2013-02-27", "2013-02-27"),
        ("02/27/2013", "2013-02-27", "2013-02-27"),
        ("03/02/2013", "2013", "2013"),
        ("published 1999 (2nd ed.)", "1999", "1999"),
        ("no date", "", ""),
        ("", "", ""),
        ("0000", "0000", "0000"),
    ],
)
def test_a_date_is_read_as_it_was_meant(written: str, plain: str, full: str) -> None:
    found = read_date(written)
    assert (found.plain, found.full) == (plain, full)


@given(st.text(max_size=60) | st.from_regex(r"[0-9]{1,8}[-/ .][0-9]{0,4}[-/ .]?[0-9]{0,4}", fullmatch=True))
def test_any_text_gives_dates_that_the_record_model_takes(text: str) -> None:
    found = read_date(text)
    assert not found.plain or is_date(found.plain, level=0)
    assert not found.full or is_date(found.full, level=1)
