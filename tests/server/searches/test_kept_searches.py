"""Chloé keeps a search and is told of what is new in it; nobody else's searches are hers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from dop2i.errors import InvalidDocument, NotAuthenticated, NotFound
from dop2i.server.catalogue import actions as catalogue
from dop2i.server.catalogue import index
from dop2i.server.catalogue.addresses import Address
from dop2i.server.notifications.models import Notice
from dop2i.server.people.policy import ANONYMOUS
from dop2i.server.searches import actions, queries
from dop2i.server.searches.jobs import tell_news
from dop2i.server.searches.models import SavedSearch


def put(number, title, *, access="public", owner=1):
    """An entry of the catalogue."""
    document = {
        "id": str(number),
        "parent": {"id": str(100 + number), "access": {"owned_by": {"user": str(owner)}}},
        "access": {"record": access, "files": "public"},
        "metadata": {"title": title},
    }
    catalogue.put_entry(key=f"own:{number}", document=document)
    index.follow()


def later(monkeypatch, **span):
    """The clock goes on."""
    real = timezone.now
    monkeypatch.setattr("django.utils.timezone.now", lambda: real() + timedelta(**span))


def test_chloe_keeps_renames_and_forgets_searches(instance, person):
    chloe, mallory = person("Chloe"), person("Mallory")
    kept = actions.save_search(actor=chloe, address="?q=higgs&theme=particle&page=3&nonsense=1", name="")
    assert (kept.name, kept.address) == ("higgs", "q=higgs&theme=particle")
    assert [held.pk for held in queries.searches_of(chloe)] == [kept.pk]
    assert queries.searches_of(mallory) == []
    assert actions.change_search(actor=chloe, search_id=kept.pk, name="My Higgs", notify=True).notify
    for forbidden in (actions.delete_search, actions.change_search):
        with pytest.raises(NotFound):
            forbidden(actor=mallory, search_id=kept.pk)
        with pytest.raises(NotAuthenticated):
            forbidden(actor=ANONYMOUS, search_id=kept.pk)
    with pytest.raises(NotAuthenticated):
        actions.save_search(actor=ANONYMOUS, address="q=higgs")
    for nothing in ("", "page=2", "unknown=x"):
        with pytest.raises(InvalidDocument):
            actions.save_search(actor=chloe, address=nothing)
    actions.delete_search(actor=chloe, search_id=kept.pk)
    assert queries.searches_of(chloe) == []


def test_news_come_once_and_only_of_what_she_may_find(instance, person, monkeypatch):
    chloe = person("Chloe")
    put(1, "An old neutrino")
    kept = actions.save_search(actor=chloe, address="q=neutrino", notify=True)
    quiet = actions.save_search(actor=chloe, address="q=neutrinos")
    later(monkeypatch, minutes=1)
    put(2, "A new neutrino")
    put(3, "A new kaon")
    put(4, "A secret neutrino", access="restricted", owner=999)
    later(monkeypatch, minutes=2)
    tell_news()
    notices = list(Notice.objects.filter(person=chloe.person))
    assert [(one.kind, one.values["count"], one.values["titles"]) for one in notices] == [
        ("search", 1, "A new neutrino")
    ]
    assert notices[0].link == "/search?q=neutrino&sort=newest"
    tell_news()
    later(monkeypatch, minutes=3)
    tell_news()
    assert Notice.objects.filter(person=chloe.person).count() == 1
    assert SavedSearch.objects.get(pk=kept.pk).seen > SavedSearch.objects.get(pk=quiet.pk).seen


def test_an_address_says_all_that_a_search_asks():
    asked = Address.read("q=a+b&theme=particle&theme=nuclear&sqrt_s=7..8+TeV&sort=newest&page=4&x=1&sort=drop+table")
    assert asked.filters == {"theme": ["particle", "nuclear"], "sqrt_s": ["7..8 TeV"]}
    assert Address.read(asked.written()).without_page() == asked.without_page()
    assert asked.without_filter("theme", "nuclear").filters["theme"] == ["particle"]
    assert "theme" not in asked.without_filter("theme").filters
    assert asked.with_filter("sqrt_s", "13 TeV", alone=True).filters["sqrt_s"] == ["13 TeV"]
    assert Address.read("&" * 100_000) == Address()
    assert Address.read("q=" + "(" * 100_000).q == "(" * 2100
    assert Address.read("page=1000000000000").page == 1
