"""The home page's figures: counted at once where there is little, by the worker where there is much."""

from __future__ import annotations

from typing import Any

import pytest

from dop2i.server.catalogue import holdings as module
from dop2i.server.catalogue.holdings import count_holdings, holdings, recount
from dop2i.server.catalogue.models import Change, Entry


def entry(number: int, *, public: bool = True, **parts: Any) -> None:
    document = {
        "metadata": {"title": f"Record {number}", "publication_date": f"20{10 + number % 5}-01-01"},
        "custom_fields": {
            "dop2i:theme": "particle",
            "dop2i:formats": ["root", "csv"],
            "dop2i:length_probed": {"minimum": 1e-18, "maximum": 1e-16, "unit": "m"},
        },
        "files": {"enabled": True, "count": 3, "total_bytes": 1000},
        "access": {"record": "public", "files": "public"},
        **parts,
    }
    Entry.objects.create(key=f"own:{number}", document=document, public=public, latest=True, audience=["public"])
    Change.objects.create(seq=number, key=f"own:{number}", kind="published")


@pytest.fixture(autouse=True)
def quiet_cache(instance: Any) -> None:
    from django.core.cache import cache

    cache.clear()


def test_what_everybody_may_find_is_counted_and_nothing_else() -> None:
    entry(1)
    entry(2, access={"record": "public", "files": "restricted"})
    entry(3, access={"record": "public", "files": "restricted", "embargo": {"active": True, "until": "2999-01-01"}})
    entry(4, files={"enabled": False})
    entry(5, public=False)
    found = holdings()
    assert (found.records, found.files, found.size) == (4, 9, 3000)
    assert found.access == {"open": 1, "restricted": 1, "embargoed": 1, "metadata-only": 1}
    assert found.by_theme == {"particle": [4, 3000]}
    assert found.formats == {"root": 4, "csv": 4}
    assert found.extremes == {"particle": [1e-18, 1e-16]}
    assert found.years["2011"] == [1000, 0]
    assert found.years["2012"] == [0, 1000]


def test_each_record_is_placed_at_its_lengths() -> None:
    entry(1)
    entry(2)
    entry(3, custom_fields={"dop2i:theme": "nuclear", "dop2i:length_probed": {"minimum": 2e-15, "unit": "m"}})
    entry(4, custom_fields={"dop2i:theme": "nuclear", "dop2i:length_probed": {"minimum": -1, "maximum": "far"}})
    found = holdings()
    assert [(f"{low:.1e}", f"{high:.1e}", count) for low, high, count in found.places("particle")] == [
        ("1.0e-18", "1.0e-16", 2)
    ]
    assert found.placed("nuclear") == 1


def test_a_new_record_is_counted_at_once_where_there_is_little() -> None:
    entry(1)
    assert holdings().records == 1
    entry(2)
    assert holdings().records == 2
    recount()
    assert not module._place_of().exists()


def test_a_large_catalogue_is_counted_by_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SMALL", 3)
    for number in range(1, 9):
        entry(number)
    before = holdings()
    assert (before.records, before.whole) == (3, False)
    recount()
    after = holdings()
    assert (after.records, after.whole, after.change) == (8, True, 8)
    entry(9)
    assert holdings().records == 8
    monkeypatch.setattr(module, "PAUSE", 0)
    recount()
    assert holdings().records == 9


def test_very_many_ranges_are_kept_by_their_middles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PLACES", 5)
    for number in range(1, 20):
        probed = {"minimum": 10.0**-number, "maximum": 10.0 ** (2 - number), "unit": "m"}
        entry(number, custom_fields={"dop2i:theme": "particle", "dop2i:length_probed": probed})
    places = count_holdings().places("particle")
    assert len(places) == 19
    assert all(low == high for low, high, _ in places)
