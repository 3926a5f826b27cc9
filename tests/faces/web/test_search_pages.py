"""Chloé searches in the browser: filters, notes, feeds, files, kept searches; nothing that she writes is an error."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from typing import Any

import pytest
import tantivy


def text_of(answer: Any) -> str:
    return answer.content.decode()


def body_of(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def test_the_page_understands_physics_and_says_what_it_left_out(browser: Any, published: Any) -> None:
    published()
    chloe = browser()
    page = text_of(chloe.get("/search", {"q": "sqrt_s:7500 GeV muons"}))
    assert "Cosmic muons on a balcony" in page
    assert "sqrt_s:7.5 TeV AND muons" in page
    for language, words in (("en", "There is no field “experimnt”"), ("fr", "Il n’y a pas de champ «\u00a0experimnt")):
        page = text_of(browser(language=language).get("/search", {"q": "experimnt:ATLAS energy:7 time:never"}))
        assert words in page
        assert "time:never" in page
    corrected = text_of(chloe.get("/search", {"q": "balcny"}))
    assert re.search(r'Did you mean: <a href="/search\?q=balcony">balcony</a>', corrected)


@pytest.mark.parametrize(
    "asked",
    [
        {"q": "(" * 3000},
        {"q": '"' * 999},
        {"q": "x" * 100_000},
        {"q": "unknown:field OR", "page": "1000000"},
        {"page": "999999999999"},
        {"sort": "'; drop table", "theme": "\x00"},
        {"sqrt_s": "seven", "cone": "nowhere", "cell": "9/9", "time": "∞"},
        {"q": "sqrt_s: cone: like: columns_of:"},
    ],
)
def test_nothing_that_is_asked_is_an_error(browser: Any, published: Any, asked: dict[str, str]) -> None:
    published({})
    assert browser().get("/search", asked).status_code == 200


def test_the_pictures_filter_and_the_address_holds_it(browser: Any, published: Any) -> None:
    published(custom_fields={"dop2i:theme": "particle", "dop2i:sky_region": {"ra": 83.6, "dec": 22.0, "radius": 1},
                             "dop2i:time_range": {"start": "2015-09-14", "end": "2015-09-15"},
                             "dop2i:sqrt_s": {"minimum": 7, "maximum": 8, "unit": "TeV"}})  # fmt: skip
    page = text_of(browser().get("/search"))
    links = [
        link.replace("&amp;", "&") for link in re.findall(r'<a href="(/search\?(?:sqrt_s|time|cell)=[^"]+)"', page)
    ]
    assert {link.split("=")[0] for link in links} == {"/search?sqrt_s", "/search?time", "/search?cell"}
    for link in links:
        assert "Cosmic muons on a balcony" in text_of(browser().get(link)), link
    narrowed = text_of(browser().get("/search", {"sqrt_s": "7..8 TeV", "nuclide": "Fe"}))
    assert 'name="sqrt_s" value="7..8 TeV"' in narrowed
    assert '<input type="hidden" name="nuclide" value="Fe">' in narrowed


def test_suggestions_are_json_for_the_page(browser: Any, published: Any) -> None:
    published()
    found = browser().get("/search/suggest", {"q": "balc"}).json()["suggestions"]
    assert {"kind": "word", "label": "balcony", "q": "balcony", "count": None} in found


def test_any_search_is_a_feed(browser: Any, published: Any) -> None:
    from lxml import etree

    record = published()
    chloe = browser()
    atom = chloe.get("/search/feed/atom", {"q": "muons"})
    assert atom["Content-Type"].startswith("application/atom+xml")
    feed = etree.fromstring(atom.content)
    names = {"a": "http://www.w3.org/2005/Atom"}
    assert feed.xpath("count(a:id) = 1 and count(a:title) = 1 and count(a:updated) = 1", namespaces=names)
    assert feed.xpath("a:entry/a:title/text()", namespaces=names) == ["Cosmic muons on a balcony"]
    assert feed.xpath("a:entry/a:link/@href", namespaces=names) == [f"http://localhost/records/{record.pk}"]
    assert feed.xpath("count(a:entry/a:id) = 1 and count(a:entry/a:updated) = 1", namespaces=names)
    assert feed.xpath("a:entry/a:author/a:name/text()", namespaces=names) == ["Martin, Alice"]
    assert "script" not in atom.content.decode()
    items = json.loads(chloe.get("/search/feed/json", {"q": "muons"}).content)
    assert items["version"] == "https://jsonfeed.org/version/1.1"
    assert [item["title"] for item in items["items"]] == ["Cosmic muons on a balcony"]
    assert chloe.get("/search/feed/atom", {"q": "nothing of the kind"}).status_code == 200
    assert chloe.get("/search/feed/rss").status_code == 404


def test_results_leave_as_files(browser: Any, published: Any) -> None:
    record = published(metadata={"title": "=HYPERLINK(1) muons"})
    chloe = browser()
    rows = list(csv.DictReader(io.StringIO(body_of(chloe.get("/search/list/csv", {"q": "muons"})).decode())))
    assert [(row["key"], row["title"]) for row in rows] == [(f"own:{record.pk}", "'=HYPERLINK(1) muons")]
    lines = body_of(chloe.get("/search/list/jsonl", {"q": "muons"})).splitlines()
    assert [json.loads(line)["id"] for line in lines] == [str(record.pk)]
    assert b"HYPERLINK" in body_of(chloe.get("/search/list/bibtex", {"q": "muons"}))
    packed = zipfile.ZipFile(io.BytesIO(body_of(chloe.get("/search/list/datacite", {"q": "muons"}))))
    assert packed.namelist() == [f"datacite/own-{record.pk}.xml"]
    assert b"http://datacite.org/schema/kernel-4" in packed.read(packed.namelist()[0])
    assert chloe.get("/search/list/xls").status_code == 404
    assert body_of(chloe.get("/search/list/jsonl", {"q": "nothing of the kind"})) == b""


def test_chloe_keeps_a_search(browser: Any, published: Any, person: Any) -> None:
    published()
    chloe, mallory = person("Chloe"), person("Mallory")
    assert browser().get("/work/searches").status_code == 302
    with_session = browser(chloe)
    assert "Keep this search" in text_of(with_session.get("/search", {"q": "muons", "theme": "particle"}))
    made = with_session.post("/work/searches", {"address": "q=muons&theme=particle", "name": "Muons", "notify": "on"})
    assert made["Location"] == "/work/searches"
    page = text_of(with_session.get("/work/searches"))
    assert 'href="/search?q=muons&amp;theme=particle"' in page
    number = re.search(r"/work/searches/(\d+)/delete", page).group(1)
    assert browser(mallory).post(f"/work/searches/{number}/delete").status_code == 404
    assert browser(mallory).post(f"/work/searches/{number}", {"notify": "off"}).status_code == 404
    with_session.post(f"/work/searches/{number}", {"notify": "off"})
    assert "Turn on" in text_of(with_session.get("/work/searches"))
    with_session.post(f"/work/searches/{number}/delete")
    assert "None yet" in text_of(with_session.get("/work/searches"))
    assert with_session.post("/work/searches", {"address": ""}).status_code == 400


def test_while_the_index_is_built_anew_only_the_search_waits(browser: Any, published: Any, instance: Any) -> None:
    published()
    old = instance / "index" / "v0-of-a-year-ago"
    old.mkdir()
    tantivy.Index(tantivy.SchemaBuilder().add_text_field("title").build(), path=str(old))
    (instance / "index" / "current").write_text("v0-of-a-year-ago")
    assert browser().get("/").status_code == 200
    searched = browser().get("/search")
    assert searched.status_code == 503
    assert "building it anew" in text_of(searched)


TITLE = r"Search for $B_s^0 \to \mu^+\mu^-$ at <i>LHCb</i>"


def test_formulas_in_titles_are_shown_wherever_the_record_is(browser: Any, published: Any) -> None:
    record = published(metadata={"title": TITLE, "description": r"<p>At $5 <p_T < 7$ GeV, 10<sup>-5</sup></p>"})
    chloe = browser()
    shown = "<msubsup><mi>B</mi><mi>s</mi><mn>0</mn></msubsup>"
    plain = "Search for B_s⁰ → μ⁺μ⁻ at LHCb"
    result = text_of(chloe.get("/search", {"q": "LHCb"}))
    assert shown in result
    assert "at <i>LHCb</i></bdi>" in result
    assert f"More like this: “{plain}”" in result
    assert "At 5 &lt; p_T &lt; 7 GeV, 10⁻⁵" in result
    page = text_of(chloe.get(f"/records/{record.pk}"))
    assert f"<title>{plain} ·" in page
    assert f'<meta name="citation_title" content="{plain}">' in page
    assert "<msub><mi>p</mi><mi>T</mi></msub>" in page
    assert shown in page
    assert shown in text_of(chloe.get("/"))
    assert plain in chloe.get("/search/feed/atom", {"q": "LHCb"}).content.decode()
    assert json.loads(chloe.get("/search/feed/json", {"q": "LHCb"}).content)["items"][0]["title"] == plain
    bibtex = body_of(chloe.get("/search/list/bibtex", {"q": "LHCb"})).decode()
    assert r"$B_s^0 \to \mu^+\mu^-$" in bibtex
    graph = text_of(chloe.get(f"/graph/{record.pk}"))
    assert f"<title>Relations of {plain}" in graph
    assert shown in graph


def test_a_record_leads_to_what_is_like_it(browser: Any, published: Any) -> None:
    record = published()
    chloe = browser()
    page = text_of(chloe.get(f"/records/{record.pk}"))
    for href in (f"/search?q=like%3A{record.pk}", f"/search?q=columns_of%3A{record.pk}", f"/graph/{record.pk}"):
        assert f'href="{href}"' in page
        assert chloe.get(href.replace("%3A", ":")).status_code == 200
    told = text_of(browser(language="fr").get("/search", {"q": "like:99999"}))
    assert "Il n’y a pas de notice «\u00a099999\u00a0» à laquelle comparer." in told


def test_names_with_slashes_and_blanks_have_graphs_and_examples(browser: Any, instance: Any) -> None:
    from dop2i.faces.web.search_filters import by_example
    from dop2i.server.catalogue import actions, index
    from dop2i.server.relations.following import follow

    said = {"identifier": "10.1234/b", "relation_type": {"id": "cites"}}
    for key, doi, related in (("spase:NASA/Data (1)/A", "10.1234/a", [said]), ("spase:NASA/B", "10.1234/b", [])):
        metadata = {"title": key, "resource_type": {"id": "dataset"}, "related_identifiers": related}
        document = {
            "id": key, "access": {"record": "public"}, "pids": {"doi": {"identifier": doi}}, "metadata": metadata,
        }  # fmt: skip
        actions.put_entry(key=key, document=document)
    index.follow()
    follow()
    chloe = browser()
    page = text_of(chloe.get("/graph/spase:NASA/B"))
    assert 'href="/graph/spase:NASA/Data%20(1)/A"' in page
    assert "/api/graph/spase:NASA/B/provenance" in page
    nodes = chloe.get("/api/graph/spase:NASA/Data (1)/A").json()["nodes"]
    assert {node["id"] for node in nodes} == {"spase:NASA/Data (1)/A", "spase:NASA/B"}
    assert "@graph" in json.loads(chloe.get("/api/graph/spase:NASA/B/provenance").content)
    like = by_example("like", "spase:NASA/Data (1)/A")
    assert "spase:NASA/B" in text_of(chloe.get(like))


def test_corrections_are_suggested_in_the_language_of_the_page(browser: Any, published: Any) -> None:
    published()
    found = browser(language="fr").get("/search/suggest", {"q": "muosn"}).json()["suggestions"]
    assert [(one["kind"], one["q"]) for one in found] == [("correction", "muons")]
    assert found[0]["label"].endswith("muons")
    assert "Did you mean" not in found[0]["label"]


def test_an_unusual_order_stays_chosen(browser: Any, published: Any) -> None:
    published()
    page = text_of(browser().get("/search", {"q": "muons", "sort": "updated-asc"}))
    assert '<option value="updated-asc" selected>' in page
    assert '<option value="updated-asc"' not in text_of(browser().get("/search", {"q": "muons"}))


def test_who_looks_for_words_among_everything_gets_the_best_match_first(browser: Any, published: Any) -> None:
    published()
    everything = text_of(browser().get("/search"))
    assert '<option value="" selected>Newest first</option>' in everything
    assert '<option value="bestmatch">' in everything
    words = text_of(browser().get("/search", {"q": "muons", "sort": ""}))
    assert '<option value="" selected>Best match</option>' in words
    newest = text_of(browser().get("/search", {"q": "muons", "sort": "newest"}))
    assert '<option value="newest" selected>' in newest
