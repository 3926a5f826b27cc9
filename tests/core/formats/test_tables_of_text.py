"""Alice has tables of text, written by many programs; dop2i finds their columns, units and ranges."""

from __future__ import annotations

from pathlib import Path

import pytest
import samples_text
from hypothesis import given, settings
from hypothesis import strategies as st

from dop2i.core.formats import FORMATS, BytesSource, LocalSource, describe_source
from dop2i.core.formats._cells import name_and_unit
from dop2i.core.formats.base import Column, Description


def described(text: str, name: str = "a.csv", encoding: str = "utf-8") -> Description:
    return describe_source(BytesSource(name, text.encode(encoding)))


def columns(description: Description) -> dict[str, Column]:
    assert not description.error, description.error
    return {column.name: column for column in description.tables[0].columns}


def test_alice_sees_units_types_and_ranges_of_her_calibration(tmp_path: Path) -> None:
    found = describe_source(LocalSource(samples_text.SAMPLES["csv"](tmp_path)))
    by_name = columns(found)
    assert found.tables[0].rows == 8
    assert (by_name["energy"].unit, by_name["energy"].minimum, by_name["energy"].maximum) == ("keV", 1.5, 12.0)
    assert (by_name["rate"].unit, by_name["rate"].dtype) == ("Hz", "int64")
    assert by_name["good"].dtype == "bool"
    assert found.coverage.time_start == "2024-03-01T12:00:00Z"
    assert found.headers["comments"] == ["calibration of August"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", " "])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1"])
def test_a_table_is_read_whatever_its_delimiter_and_encoding(delimiter: str, encoding: str) -> None:
    rows = [["x", "y", "désignation"], *([str(n), str(n * 0.5), "été"] for n in range(20))]
    found = described("\n".join(delimiter.join(row) for row in rows), encoding=encoding)
    by_name = columns(found)
    assert list(by_name) == ["x", "y", "désignation"]
    assert (by_name["x"].maximum, by_name["y"].maximum) == (19, 9.5)


def test_a_table_without_header_has_numbered_columns() -> None:
    assert list(columns(described("1,2.5\n2,3.5\n3,4.5\n"))) == ["column1", "column2"]


def test_names_in_the_last_comment_line_are_the_header() -> None:
    found = described("# a file of the Monte Carlo\n# run E(GeV) flux\n1 2.0 3e-5\n2 4.0 1e-5\n", name="flux.dat")
    assert found.format == "csv"
    assert list(columns(found)) == ["run", "E", "flux"]
    assert columns(found)["E"].unit == "GeV"


def test_a_line_of_units_below_the_names_is_understood() -> None:
    by_name = columns(described("time,voltage\n(s),(mV)\n1,20\n2,21\n"))
    assert (by_name["voltage"].unit, by_name["voltage"].maximum) == ("mV", 21)


def test_a_title_line_above_the_header_is_no_header() -> None:
    found = described("Figure 4 data,,\nSource,RA [deg],Dec [deg]\n#1,94.2,-8.3\n#2,94.0,-6.8\n")
    assert found.tables[0].meaning == "Figure 4 data"
    assert found.tables[0].rows == 2
    assert (found.coverage.ra, found.coverage.dec) == (94.1, -7.55)


def test_a_french_decimal_comma_is_a_number() -> None:
    assert columns(described("x;y\n1,5;2\n2,5;3\n"))["x"].maximum == 2.5


def test_missing_values_are_counted_and_stay_out_of_the_range() -> None:
    column = columns(described("x,y\n1,a\n,b\nNaN,c\n-,d\n7,e\n"))["x"]
    assert (column.entries, column.missing, column.minimum, column.maximum) == (5, 3, 1, 7)


def test_a_column_that_becomes_text_late_is_text() -> None:
    text = "x\n" + "".join(f"{n}\n" for n in range(25_000)) + "end\n"
    column = columns(described(text))["x"]
    assert (column.dtype, column.entries, column.minimum) == ("str", 25_001, None)


def test_rows_of_uneven_length_are_told() -> None:
    found = described("a,b,c\n1,2,3\n1,2\n1,2,3,4\n1,2,3\n")
    assert found.warnings == ["2 rows of 4 do not have 3 cells."]
    assert found.tables[0].rows == 4


def test_a_long_table_is_read_as_it_streams_and_says_the_same(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text("n,x [mm],word\n" + "".join(f"{n},{n / 2},w{n % 7}\n" for n in range(400_000)))
    assert path.stat().st_size > 4 << 20
    found = describe_source(LocalSource(path))
    by_name = columns(found)
    assert found.tables[0].rows == 400_000
    assert (by_name["n"].dtype, by_name["n"].maximum) == ("int64", 399_999)
    assert (by_name["x"].unit, by_name["x"].mean) == ("mm", pytest.approx(99_999.75))
    assert (by_name["word"].minimum, by_name["word"].maximum, by_name["word"].entries) == ("w0", "w6", 400_000)


def test_a_long_table_whose_types_change_late_is_still_read(tmp_path: Path) -> None:
    path = tmp_path / "late.csv"
    path.write_text("n,x\n" + "".join(f"{n},{n}\n" for n in range(350_000)) + "end,oops\n")
    found = describe_source(LocalSource(path))
    assert found.tables[0].rows == 350_001
    assert columns(found)["n"].dtype == "str"


def test_chloe_looks_at_rows_in_the_middle() -> None:
    source = BytesSource("a.csv", b"x,y\n" + b"".join(b"%d,%d\n" % (n, n * n) for n in range(100)))
    shown = FORMATS["csv"].preview(source, table="table", start=10, stop=12)
    assert shown["columns"] == ["x", "y"]
    assert shown["rows"] == [["10", "100"], ["11", "121"]]


def test_prose_with_commas_is_no_table() -> None:
    found = described("Dear all,\nthe run, as said, is over.\nYours,\nAlice\n", name="letter.txt")
    assert found.format == "text"


@pytest.mark.parametrize(
    ("written", "name", "unit"),
    [
        ("energy [keV]", "energy", "keV"),
        ("E (GeV)", "E", "GeV"),
        ("flux (GeV cm-2 s-1 sr-1)", "flux", "GeV cm-2 s-1 sr-1"),
        ("time (in s)", "time", "s"),
        ("RA J2000 [deg]", "RA J2000", "deg"),
        ("E^2 F(E) [GeV.cm^-2.s^-1.sr^-1]", "E^2 F(E)", "GeV.cm^-2.s^-1.sr^-1"),
        ("name (of the run)", "name (of the run)", ""),
        ("f(x)", "f(x)", ""),
        ("ratio [-]", "ratio", ""),
    ],
)
def test_units_are_taken_from_names(written: str, name: str, unit: str) -> None:
    assert name_and_unit(written) == (name, unit)


def test_ecsv_gives_units_types_meanings_and_meta(tmp_path: Path) -> None:
    found = describe_source(LocalSource(samples_text.SAMPLES["ecsv"](tmp_path)))
    by_name = columns(found)
    assert (by_name["e_ref"].unit, by_name["e_ref"].meaning) == ("TeV", "reference energy")
    assert (by_name["dnde"].dtype, by_name["source"].maximum) == ("float64", "Crab nebula")
    assert found.headers["telescope"] == "veritas"
    assert ("metadata.title", "Spectrum of the Crab nebula") in [(p.path, p.value) for p in found.proposals]


def test_an_ecsv_file_whose_names_contradict_its_header_says_where() -> None:
    text = samples_text.ECSV.replace("\ne_ref dnde source\n", "\ne_ref dnde\n")
    assert "line 12" in describe_source(BytesSource("x.ecsv", text.encode())).error


def test_optics_of_a_ring_are_read_from_tfs(tmp_path: Path) -> None:
    found = describe_source(LocalSource(samples_text.SAMPLES["tfs"](tmp_path)))
    assert columns(found)["BETX"].maximum == 101.5
    assert (found.headers["ENERGY"], found.headers["NPART"]) == (450.0, 100)
    assert found.theme == "accelerator"


def test_a_very_long_line_is_refused_in_bounded_time() -> None:
    found = describe_source(BytesSource("line.csv", b"1," * 5_000_000))
    assert found.error
    assert "line" in found.error


def test_an_unclosed_quotation_mark_is_a_clear_error() -> None:
    found = described('a,b\n1,"x\n' + "2,3\n" * 60_000)
    assert "quotation mark" in found.error


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-(10**9), 10**9), st.floats(allow_nan=False, allow_infinity=False, width=32)), min_size=2
    )
)
def test_every_table_of_numbers_comes_back_with_its_extremes(rows: list[tuple[int, float]]) -> None:
    text = "n,x\n" + "".join(f"{n},{x!r}\n" for n, x in rows)
    by_name = columns(described(text))
    assert by_name["n"].minimum == min(n for n, _ in rows)
    assert by_name["x"].maximum == max(x for _, x in rows)
    assert by_name["n"].entries == len(rows)
