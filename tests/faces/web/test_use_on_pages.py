"""Chloé's visits are counted, and she reads how many there were; what nobody used counts nothing."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
GOOGLE = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
PYTHON = "python-requests/2.32.3"
FILE = b"0123456789" * 100


@pytest.fixture(autouse=True)
def nobody_was_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test knows the visitors of another."""
    from dop2i.server.uses import recording

    monkeypatch.setattr(recording, "VISITS", recording.Visits())


@pytest.fixture
def visit(browser: Callable[..., Any]) -> Callable[..., Any]:
    """Somebody asks for an address, and reads the answer to its end."""

    def ask(path: str, agent: str = FIREFOX, *, by: Any = None, method: str = "get", **headers: str) -> Any:
        asked = getattr(by or browser(), method)
        answer = asked(path, headers={"User-Agent": agent, **{k.replace("_", "-"): v for k, v in headers.items()}})
        if answer.streaming:
            answer.body = b"".join(answer.streaming_content)
        answer.close()
        return answer

    return ask


def counted(record: Any) -> tuple[int, int, int]:
    """The views, the downloads and the volume of a record, after the worker came by."""
    from dop2i.server.uses.actions import gather_uses
    from dop2i.server.uses.queries import stats_of

    gather_uses()
    told = stats_of(record_id=record.pk, concept_id=record.concept_id)["this_version"]
    return told["views"], told["downloads"], told["data_volume"]


def test_chloe_looks_twice_and_is_one_view(published: Any, visit: Any) -> None:
    record = published({"a.txt": FILE})
    page = f"/records/{record.pk}"
    visit(page)
    visit(f"{page}?file=a.txt")
    assert counted(record) == (1, 0, 0)


def test_who_has_no_eyes_views_nothing(published: Any, visit: Any) -> None:
    record = published({"a.txt": FILE})
    page = f"/records/{record.pk}"
    for agent in (GOOGLE, PYTHON, "curl/8.5.0", ""):
        assert visit(page, agent).status_code == 200
    visit(page, method="head")
    visit(page, Sec_Purpose="prefetch;prerender")
    for path in (f"/api{page}", f"{page}/files/a.txt", f"{page}/export/bibtex", f"/api{page}/files"):
        visit(path, method="head")
    for path in (f"/api{page}", f"{page}/export/bibtex", f"/api{page}/export/datacite", f"/api{page}/files", page):
        visit(path, Accept="application/ld+json" if path == page else "*/*")
    assert counted(record) == (0, 0, 0)


def test_a_file_read_in_ranges_by_a_program_is_one_download(published: Any, visit: Any) -> None:
    record = published({"a.root": FILE, "b.root": FILE})
    pages = f"/records/{record.pk}/files/a.root", f"/api/records/{record.pk}/files/a.root/content"
    for start in range(0, 500, 100):
        for path in pages:
            assert visit(path, PYTHON, Range=f"bytes={start}-{start + 9}").status_code == 206
    assert visit(pages[0], PYTHON, Range="bytes=0-4,10-14").status_code == 206
    views, downloads, volume = counted(record)
    assert (views, downloads) == (0, 1)
    assert volume >= 110
    visit(f"/records/{record.pk}/files/b.root", PYTHON)
    assert counted(record)[1] == 2


def test_what_is_refused_or_known_already_is_no_download(published: Any, visit: Any) -> None:
    record = published({"a.root": FILE})
    path = f"/records/{record.pk}/files/a.root"
    tag = visit(path, method="head")["ETag"]
    assert visit(path, If_None_Match=tag).status_code == 304
    assert visit(path, Range="bytes=5000-").status_code == 416
    assert visit(path, If_Match='"other"').status_code == 412
    assert visit(f"{path}.not").status_code == 404
    assert visit(path, GOOGLE).status_code == 200
    assert counted(record) == (0, 0, 0)


def test_archives_count_what_was_sent(published: Any, visit: Any) -> None:
    record = published({"a.root": FILE, "b.root": FILE})
    made = visit(f"/records/{record.pk}/archive.zip")
    assert zipfile.ZipFile(io.BytesIO(made.body)).namelist() == ["a.root", "b.root"]
    assert counted(record) == (0, 1, len(made.body))
    visit(f"/records/{record.pk}/archive.zip", GOOGLE)
    visit(f"/records/{record.pk}/archive.zip", method="head")
    crate = visit(f"/records/{record.pk}", "curl/8.5.0", Accept="application/zip")
    assert counted(record) == (0, 2, len(made.body) + len(crate.body))


def test_drafts_and_previews_are_nobodys_use(alice: Any, published: Any, browser: Any, visit: Any) -> None:
    from dop2i.server.people.policy import actor_for_person
    from dop2i.server.records import actions

    record = published({"a.txt": FILE})
    draft = actions.edit_record(actor=actor_for_person(alice), record_id=record.pk)
    hers = browser(alice)
    assert visit(f"/records/{draft.pk}?preview=1", by=hers).status_code == 200
    assert visit(f"/records/{draft.pk}/files/a.txt?draft=1", by=hers).status_code == 200
    assert visit(f"/records/{draft.pk}/archive.zip?draft=1", by=hers).status_code == 200
    assert counted(record) == (0, 0, 0)


def test_what_a_secret_link_opens_is_no_use_and_what_everybody_sees_is(
    alice: Any, published: Any, browser: Any, visit: Any
) -> None:
    from dop2i.server.people.policy import actor_for_person
    from dop2i.server.records.sharing import make_link

    closed = published({"a.txt": FILE}, access={"record": "restricted", "files": "restricted"})
    public = published({"b.txt": FILE})
    _, secret = make_link(actor=actor_for_person(alice), record_id=closed.pk, label="To a referee")
    referee = browser()
    visit(f"/records/{closed.pk}?token={secret}", by=referee)
    assert visit(f"/records/{closed.pk}", by=referee).status_code == 200
    assert visit(f"/records/{closed.pk}/files/a.txt", by=referee).status_code == 200
    assert counted(closed) == (0, 0, 0)
    visit(f"/records/{public.pk}", by=referee)
    visit(f"/records/{public.pk}/files/b.txt", by=referee)
    assert counted(public)[:2] == (1, 1)


def test_chloe_reads_how_much_a_record_is_used_in_either_language(published: Any, browser: Any, visit: Any) -> None:
    record = published({"a.txt": FILE})
    page = f"/records/{record.pk}"
    assert "0 views, 0 downloads" in visit(page).content.decode()
    visit(f"{page}/files/a.txt")
    counted(record)
    shown = re.sub(r"\s+", " ", visit(page).content.decode())
    assert "1 view, 1 download<" in shown
    assert '<td class="n">1.0 kB</td>' in shown or '<td class="n">1 kB</td>' in shown
    french = visit(page, by=browser(language="fr")).content.decode()
    assert "1 consultation, 1 téléchargement<" in french
    told = visit(f"/api{page}", Accept="application/json").json()["stats"]
    assert told["all_versions"] == told["this_version"] == {
        "views": 1, "unique_views": 1, "downloads": 1, "unique_downloads": 1, "data_volume": 1000,
    }  # fmt: skip
    hits = browser().get("/api/records", headers={"Accept": "application/json"}).json()["hits"]["hits"]
    assert "stats" not in hits[0]
    assert 'value="mostviewed"' in browser().get("/search?q=muons&sort=mostdownloaded").content.decode()


def test_a_closed_record_tells_its_use_to_whom_it_opens_alone(alice: Any, published: Any, browser: Any) -> None:
    record = published({"a.txt": FILE}, access={"record": "restricted", "files": "restricted"})
    assert "stats" not in browser().get(f"/api/records/{record.pk}").content.decode()
    assert "How much it is used" in browser(alice).get(f"/records/{record.pk}").content.decode()
