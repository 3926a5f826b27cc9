"""Chloé searches from a terminal."""

from __future__ import annotations

import json
import time

import pytest
from live_server import Live, dop2i


@pytest.fixture(scope="module")
def title(live: Live, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A record that was published and is found."""
    from dop2i.client import Client

    draft = Client(live.url, live.alice).create(
        {
            "metadata": {
                "title": "Femtometre tomography of oxygen",
                "resource_type": {"id": "dataset"},
                "publication_date": "2026",
                "creators": [{"person_or_org": {"type": "personal", "family_name": "Noether"}}],
                "rights": [{"id": "cc0-1.0"}],
            },
            "custom_fields": {"dop2i:theme": "nuclear", "dop2i:nuclides": ["16O"]},
            "files": {"enabled": False},
        }
    )
    draft.publish()
    for _ in range(80):
        if "Femtometre" in dop2i("search", "femtometre", "--from", live.url).stdout:
            break
        time.sleep(0.25)
    return "Femtometre tomography of oxygen"


def test_results_are_lines_and_json_and_files(live: Live, title: str) -> None:
    found = dop2i("search", "nuclide:oxygen-16 femtometre", "--from", live.url, "--facets")
    assert title in found.stdout
    assert "Theme: Nuclear physics 1" in found.stdout
    assert "1 found, understood as nuclide:O-16 AND femtometre" in found.stderr
    asked = ("search", "femtometre", "--from", live.url)
    whole = json.loads(dop2i(*asked, "--filter", "theme=nuclear", "--json").stdout)
    assert whole["hits"]["total"] == 1
    assert "0 found" in dop2i(*asked, "--filter", "theme=medical").stderr
    assert title in dop2i(*asked, "--as", "bibtex").stdout
    assert len(dop2i(*asked, "--as", "csv").stdout.strip().splitlines()) == 2
    assert dop2i(*asked, "--filter", "nothing", check=False).returncode == 2


def test_what_was_left_out_is_said(live: Live, title: str) -> None:
    assert "cannot be read" in dop2i("search", "time:never femtometre", "--from", live.url).stderr


def test_a_search_is_kept_from_the_terminal(live: Live, title: str) -> None:
    from dop2i.client import Client

    asked = ("search", "femtometre", "--from", live.url, "--filter", "size=>1 kB", "--keep", "Oxygen", "--news")
    assert dop2i(*asked, check=False).returncode != 0
    said = dop2i(*asked, "--token", live.alice).stderr
    assert "Kept as “Oxygen”" in said
    kept = Client(live.url, live.alice).session.get_json("api/user/searches")
    assert [(one["name"], one["address"], one["notify"]) for one in kept] == [
        ("Oxygen", "q=femtometre&size=%3E1+kB", True)
    ]
