"""Mallory publishes names that would leave Chloé's folder; the client refuses them before anything is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dop2i.client.download import safe_path
from dop2i.errors import InvalidName


@pytest.mark.parametrize(
    "key", ["../evil", "/etc/passwd", "a/../../evil", "a//b", "a/./b", "", "a\\..\\b", "a\0b", "a/", ".."]
)
def test_a_name_that_leaves_the_folder_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(InvalidName):
        safe_path(tmp_path, key)


def test_a_link_that_lies_in_the_way_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "data").symlink_to(outside)
    (inside / "x.root").symlink_to(outside / "x.root")
    for key in ("data/x.root", "x.root"):
        with pytest.raises(InvalidName):
            safe_path(inside, key)


@given(key=st.text(max_size=40))
def test_whatever_the_name_the_file_stays_below_the_folder(key: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.getbasetemp()
    try:
        target = safe_path(folder, key)
    except InvalidName:
        return
    except (OSError, ValueError):
        return
    assert target.is_relative_to(folder)
    assert ".." not in target.parts
