"""Chloé's programs search: physics, facets, feeds, files, suggestions, kept searches; Mallory gets nothing of hers."""

from __future__ import annotations

import time

import pytest


@pytest.fixture(scope="module")
def record(live):
    """One record with physics in it, published and found."""
    made = live.published({"x.csv": b"a,b\n1,2\n"}, title="Zeptobarn excitation function")
    with live.session() as chloe:
        for _ in range(80):
            if chloe.get(f"{live.url}/api/records", params={"q": "zeptobarn"}).json()["hits"]["total"]:
                return made
            time.sleep(0.25)
    raise AssertionError("It was not found within 20 seconds.")


def test_a_query_is_told_how_it_was_read(live, record) -> None:
    with live.session() as chloe:
        found = chloe.get(f"{live.url}/api/records", params={"q": "zeptobarn energy:5 stuf:x", "facets": "all"}).json()
        assert found["understood"] == "zeptobarn AND energy:5 eV AND stuf:x"
        assert {note["code"] for note in found["notes"]} == {"assumed", "unknown-field"}
        assert len(found["aggregations"]) == 12
        some = chloe.get(f"{live.url}/api/records", params={"q": "zeptobarn", "facets": "year,theme"}).json()
        assert list(some["aggregations"]) == ["year", "theme"]
        drawn = chloe.get(f"{live.url}/api/records", params={"q": "zeptobarn", "histograms": "true"}).json()
        assert [one["doc_count"] for one in drawn["histograms"]["size"]] == [1]
        small = chloe.get(f"{live.url}/api/records", params={"q": "zeptobarn", "file_size": "<1 MB"}).json()
        assert small["hits"]["total"] == 1
        assert chloe.get(f"{live.url}/api/records", params={"facets": "nonsense"}).status_code == 400


@pytest.mark.parametrize("q", ["(" * 1900, '"' * 1999, "a:" * 900, "\x00", "NOT (", "sqrt_s:", "like:x columns_of:y"])
def test_no_query_is_an_error(live, record, q: str) -> None:
    with live.session() as chloe:
        assert chloe.get(f"{live.url}/api/records", params={"q": q}).status_code == 200
        assert chloe.get(f"{live.url}/api/search/suggestions", params={"q": q}).status_code == 200


def test_suggestions_feeds_and_files(live, record) -> None:
    with live.session() as chloe:
        told = chloe.get(f"{live.url}/api/search/suggestions", params={"q": "zepto"}).json()
        assert "zeptobarn" in {one["label"] for one in told["suggestions"]}
        wrong = chloe.get(f"{live.url}/api/search/suggestions", params={"q": "zeptobran"}).json()
        assert wrong["corrected"] == "zeptobarn"
        atom = chloe.get(f"{live.url}/api/search/feeds/atom", params={"q": "zeptobarn"})
        assert atom.headers["Content-Type"].startswith("application/atom+xml")
        assert "Zeptobarn excitation function" in atom.text
        table = chloe.get(f"{live.url}/api/search/lists/csv", params={"q": "zeptobarn"})
        assert len(table.text.strip().splitlines()) == 2
        assert chloe.get(f"{live.url}/api/search/lists/xls").status_code in (400, 404)


def test_chloe_keeps_searches_and_mallory_reads_none(live, record) -> None:
    with live.session("chloe@example.org") as chloe, live.session("mallory@example.org") as mallory:
        kept = f"{live.url}/api/user/searches"
        made = chloe.post(kept, json={"address": "q=zeptobarn", "notify": True})
        assert made.status_code == 201
        address = made.json()["links"]["self"]
        assert [one["name"] for one in chloe.get(kept).json()] == ["zeptobarn"]
        assert mallory.get(kept).json() == []
        assert mallory.put(address, json={"name": "mine"}).status_code == 404
        assert mallory.delete(address).status_code == 404
        assert chloe.put(address, json={"name": "Tiny", "notify": False}).json()["name"] == "Tiny"
        assert chloe.post(kept, json={"address": ""}).status_code == 400
        assert chloe.delete(address).status_code == 204
        assert chloe.get(kept).json() == []
        with live.session() as visitor:
            assert visitor.get(kept).status_code == 401
