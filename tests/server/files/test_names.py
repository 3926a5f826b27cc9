"""Names that are kept, and names that are refused with their reason."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dop2i.errors import InvalidName
from dop2i.server.files.names import clean_name, fold_name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "needs a name"),
        ("../etc/passwd", "leaves its folder"),
        ("a/../../b", "leaves its folder"),
        ("/etc/passwd", "absolute"),
        ("C:/windows", "absolute"),
        ("..\\up", "backslash"),
        ("a\x00b", "control"),
        ("a\nb", "control"),
        ("a//b", "empty part"),
        ("a/./b", "empty part"),
        ("a/", "empty part"),
        ("evil\u202etxt.exe", "direction"),
        ("a" * 256, "255"),
        ("/".join(["a" * 200] * 6), "1000"),
        ("é" * 128, "255"),
        (b"caf\xe9.txt", "not UTF-8"),
        ("caf\udce9.txt", "not UTF-8"),
        ("x" * 4096, "4096 bytes"),
    ],
)
def test_mallorys_names_are_refused_with_the_reason(name: str | bytes, reason: str) -> None:
    with pytest.raises(InvalidName, match=reason):
        clean_name(name)


def test_names_of_the_field_are_kept() -> None:
    for name in ("run 12/évts (1).root", "données.csv", ".zenodo.json", "a:b", "x..y", "名前.fits", "con.txt"):
        assert clean_name(name) == name
    assert clean_name(unicodedata.normalize("NFD", "données.csv")) == "données.csv"


@given(st.text() | st.binary())
def test_a_kept_name_stays_inside_its_folder(name: str | bytes) -> None:
    try:
        kept = clean_name(name)
    except InvalidName:
        return
    assert clean_name(kept) == kept
    assert not kept.startswith("/")
    assert not {"", ".", ".."} & set(kept.split("/"))
    assert "\x00" not in kept
    if kept.isascii():
        assert fold_name(kept) == fold_name(kept.swapcase())
