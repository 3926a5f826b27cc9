"""Chloé looks into a file on its page; Mallory's files and questions harm nobody."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import quote, unquote

import pytest

NAMES = (
    "data/hits.csv",
    "runs 2026/été 100%.csv",
    "الفيزياء/بيانات.csv",
    "x" * 180 + ".csv",
    "a#b?c&d=e+f.csv",
)
ROWS = b"time [ns],charge [pe],<b>who</b>\n" + b"".join(
    b"%d,%.2f,m%d\n" % (i, (i % 17) * 0.25, i % 3) for i in range(200)
)


def text_of(response: Any) -> str:
    return response.content.decode("utf-8")


@pytest.fixture
def look(browser: Callable[..., Any], published: Callable[..., Any]) -> Callable[..., Any]:
    """The page of one file of a new record: ``look({"a.csv": b"…"}, view="table")``."""
    made: dict[str, Any] = {}

    def open_page(
        files: dict[str, bytes], *, key: str = "", who: Any = None, language: str = "en", **asked: str
    ) -> Any:
        mark = repr(sorted(files))
        if mark not in made:
            made[mark] = published(files)
        key = key or next(iter(files))
        return browser(who, language=language).get(f"/records/{made[mark].pk}/look/{quote(key)}", asked)

    return open_page


def test_every_name_opens_and_its_links_come_back_to_it(browser: Any, published: Any) -> None:
    record = published(dict.fromkeys(NAMES, ROWS))
    chloe = browser()
    for key in NAMES:
        answer = chloe.get(f"/records/{record.pk}/look/{quote(key)}", {"view": "table"})
        page = text_of(answer)
        assert answer.status_code == 200
        assert "Rows 1 to 25 of 200" in page
        links = [unquote(unescape(link)) for link in re.findall(rf'href="/records/{record.pk}/look/([^"]+)"', page)]
        assert sum(link.startswith(f"{key}?view=table&") for link in links) >= 4


def test_a_table_shows_units_and_leads_to_the_next_rows(look: Any) -> None:
    files = {"hits.csv": ROWS}
    page = text_of(look(files, view="table"))
    assert "[ns]" in page
    assert "&lt;b&gt;who&lt;/b&gt;" in page
    assert "<b>who</b>" not in page
    following = re.search(r'href="([^"]*start=25[^"]*)"[^>]*>Next', page)
    assert following
    second = text_of(look(files, view="table", start="25"))
    assert "Rows 26 to 50 of 200" in second


def test_a_distribution_says_its_finding_and_its_numbers(look: Any) -> None:
    page = text_of(look({"hits.csv": ROWS}, view="distribution", column="charge"))
    assert 'aria-label="Histogram of charge: from ' in page
    assert "entries per" in page
    assert re.search(r"<dt>entries</dt><dd>200</dd>", page)
    assert "The numbers" in page
    assert "style=" not in page


def test_a_wrong_expression_is_told_beside_its_field(look: Any) -> None:
    answer = look({"hits.csv": ROWS}, view="distribution", column="charg", where="time >")
    page = text_of(answer)
    assert answer.status_code == 200
    assert re.search(r'id="wrong-column">.*Did you mean charge\?', page)
    assert 'aria-invalid="true"' in page
    assert 'value="charg"' in page
    assert 'value="time &gt;"' in page


def test_the_page_speaks_french(look: Any) -> None:
    page = text_of(look({"hits.csv": ROWS}, view="distribution", column="charge", language="fr"))
    for words in ("Regarder dedans", "Colonne ou expression", "Tracer", "Utiliser", "médiane", "Les valeurs"):
        assert words in page
    rows = text_of(look({"hits.csv": ROWS}, view="table", language="fr", start="25", filter="charge > 1"))
    assert "Lignes 26 à 50 sur" in rows


BROKEN = {
    "cut.root": (b"root\x00\x00\xf4\x4c\x00\x00\x00\x64" + b"\x01" * 200, "could not be read"),
    "cut.h5": (b"\x89HDF\r\n\x1a\n" + b"\x00" * 300, "could not be read"),
    "cut.fits": (b"SIMPLE  =                    T" + b" " * 50, "could not be read"),
    "noise.bin": (bytes(range(256)) * 20, "no way to show"),
}


def test_a_broken_or_unknown_file_says_so_in_a_line(browser: Any, published: Any) -> None:
    record = published({key: content for key, (content, _words) in BROKEN.items()})
    for key, (_content, words) in BROKEN.items():
        answer = browser().get(f"/records/{record.pk}/look/{key}")
        assert answer.status_code == 200
        assert words in text_of(answer)


def test_an_unknown_view_or_part_leaves_the_page_standing(look: Any) -> None:
    for asked in ({"view": "nothing"}, {"view": "table", "part": "nothing"}, {"view": "<script>"}):
        answer = look({"hits.csv": ROWS}, **asked)
        assert answer.status_code == 200
        assert "<script>" not in text_of(answer)
        assert "alert-bad" in text_of(answer)


def test_a_figure_is_taken_home_in_every_kind(browser: Any, published: Any) -> None:
    record = published({"hits.csv": ROWS})
    chloe = browser()
    base = f"/records/{record.pk}/look-figure/hits.csv"
    asked = {"view": "distribution", "part": "table", "column": "charge", "bins": "17"}
    svg = chloe.get(base, {**asked, "as": "svg"})
    assert svg["Content-Type"] == "image/svg+xml"
    assert "sandbox" in svg["Content-Security-Policy"]
    assert svg.content.startswith(b"<svg ")
    assert b"<style>" in svg.content
    assert b"charge [pe]" in svg.content
    picture = chloe.get(base, {**asked, "as": "png"})
    from PIL import Image

    assert Image.open(io.BytesIO(picture.content)).size == (1280, 720)
    table = text_of(chloe.get(base, {**asked, "as": "csv"})).splitlines()
    assert table[0] == "charge low [pe],charge high [pe],entries"
    assert sum(float(line.split(",")[2]) for line in table[1:]) == 200
    numbers = json.loads(chloe.get(base, {**asked, "as": "json"}).content)
    assert numbers["kind"] == "distribution"
    assert sum(numbers["counts"]) == 200
    assert "hits-table-charge-distribution.svg" in svg["Content-Disposition"]
    for answer in (svg, picture):
        assert answer["Cache-Control"] == "private, no-cache"
    assert chloe.get(base, {**asked, "as": "exe"}).status_code == 400
    assert chloe.get(base, {**asked, "view": "table", "as": "svg", "column": ""}).status_code == 404


def test_a_cell_that_a_spreadsheet_would_run_is_text_in_the_csv(browser: Any, published: Any) -> None:
    record = published({"a.csv": b"name,n\n=cmd|' /C calc'!A0,1\nx,2\ny,3\n"})
    made = browser().get(f"/records/{record.pk}/look-figure/a.csv", {"view": "table", "as": "csv"})
    assert "'=cmd" in text_of(made)


def test_a_notebook_reads_the_same(browser: Any, published: Any) -> None:
    record = published({"hits.csv": ROWS})
    made = browser().get(f"/records/{record.pk}/look-figure/hits.csv", {"view": "table", "as": "ipynb"})
    notebook = json.loads(made.content)
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert "pandas.read_csv(file" in notebook["cells"][-1]["source"]
    assert f"client.record({record.pk}).files['hits.csv']" in notebook["cells"][-1]["source"]


def test_a_closed_file_shows_nothing_to_mallory(browser: Any, published: Any, mallory: Any, alice: Any) -> None:
    record = published({"hits.csv": ROWS}, access={"record": "public", "files": "restricted"})
    for path in ("look", "look-figure"):
        address = f"/records/{record.pk}/{path}/hits.csv"
        assert browser(mallory).get(address).status_code == 403
        assert browser().get(address).status_code == 302
        assert browser(alice).get(address).status_code == 200
        assert browser(mallory).get(f"/records/{record.pk}/{path}/none.csv").status_code == 403


def test_the_record_leads_into_each_file_and_column(browser: Any, published: Any) -> None:
    record = published({"hits.csv": ROWS})
    page = text_of(browser().get(f"/records/{record.pk}"))
    assert f'href="/records/{record.pk}/look/hits.csv"' in page
    assert f"/records/{record.pk}/look/hits.csv?view=distribution&amp;part=table&amp;column=charge" in page


def test_a_file_of_a_draft_is_looked_into_by_who_writes_it(
    browser: Any, alice: Any, mallory: Any, document: dict[str, Any]
) -> None:
    from django.utils import timezone

    from dop2i.server.jobs.models import Job
    from dop2i.server.jobs.worker import run_worker
    from dop2i.server.people.policy import actor_for_person
    from dop2i.server.records import actions, file_actions

    actor = actor_for_person(alice)
    draft = actions.create_draft(actor=actor, document={**document, "files": {"enabled": True}})
    file_actions.start_files(actor=actor, record_id=draft.pk, entries=[{"key": "a.csv"}])
    file_actions.receive_content(actor=actor, record_id=draft.pk, key="a.csv", stream=io.BytesIO(ROWS))
    file_actions.commit_file(actor=actor, record_id=draft.pk, key="a.csv")
    address = f"/records/{draft.pk}/look/a.csv"
    before = text_of(browser(alice).get(address, {"draft": "1"}))
    Job.objects.update(run_after=timezone.now())
    run_worker(once=True)
    page = text_of(browser(alice).get(address, {"draft": "1"}))
    assert "has not been read yet" in before or "Rows 1 to 25" in before
    assert "Rows 1 to 25 of 200" in page
    assert "draft=1" in page
    assert browser(alice).get(address).status_code == 404
    assert browser(mallory).get(address, {"draft": "1"}).status_code == 404
