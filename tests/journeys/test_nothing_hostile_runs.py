"""What Mallory deposits never runs as a page of ours, and no page of ours breaks its own content policy."""

from __future__ import annotations

from typing import Any

import pytest
import requests

pytestmark = [pytest.mark.browser, pytest.mark.slow(45)]

STEAL = "fetch('/api/user').then(a => a.text()).then(t => { document.title = 'stolen ' + t; })"
HOSTILE = {
    "page.html": f"<!doctype html><title>mine</title><script>document.title='ran';{STEAL}</script><p onclick=x>Hi</p>",
    "picture.svg": (
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="document.title=\'ran\'">'
        f"<script>document.title='ran';{STEAL}</script></svg>"
    ),
    "frame.xhtml": f'<html xmlns="http://www.w3.org/1999/xhtml"><body><script>{STEAL}</script></body></html>',
    "innocent.txt": f"<html><script>document.title='ran';{STEAL}</script>",
    "table.csv": "a,b\n<script>document.title='ran'</script>,1\n",
    "<img src=x onerror=document.title='ran'>.txt": "a name",
}
DESCRIPTION = (
    "<p>Muons</p><script>document.title='ran'</script><img src=x onerror=\"document.title='ran'\">"
    "<svg onload=\"document.title='ran'\"></svg><a href=\"javascript:document.title='ran'\">here</a>"
    '<p style="position:fixed;inset:0">over all</p>'
)
LISTEN = """
window.broken = [];
document.addEventListener('securitypolicyviolation', e => window.broken.push(e.violatedDirective + ' ' + e.blockedURI));
"""


@pytest.fixture(scope="module")
def mallorys(site: Any) -> int:
    """The number of a record full of scripts."""
    document = {
        "metadata": {
            "title": "<script>document.title='ran'</script>",
            "description": DESCRIPTION,
            "resource_type": {"id": "dataset"},
            "publication_date": "2026-03-01",
            "creators": [
                {"person_or_org": {"type": "personal", "family_name": "<b onmouseover=x>Mallory", "given_name": "M"}}
            ],
            "rights": [{"id": "cc-by-4.0"}],
        },
        "files": {"enabled": True},
    }
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {site.alice}"
        draft = session.post(f"{site.url}/api/records", json=document).json()
        base = f"{site.url}/api/records/{draft['id']}/draft"
        for key, content in HOSTILE.items():
            session.post(f"{base}/files", json=[{"key": key}]).raise_for_status()
            address = f"{base}/files/{requests.utils.quote(key, safe='')}"
            session.put(f"{address}/content", data=content.encode()).raise_for_status()
            session.post(f"{address}/commit").raise_for_status()
        session.post(f"{base}/actions/publish").raise_for_status()
    return int(draft["id"])


def test_no_page_breaks_its_own_policy_nor_runs_what_was_deposited(tab: Any, sign_in: Any, mallorys: int) -> None:
    page = tab()
    page.add_init_script(LISTEN)
    visitor = [
        "/",
        "/search",
        f"/records/{mallorys}",
        f"/records/{mallorys}?file=table.csv",
        "/sign-in",
        "/communities",
    ]
    visitor += ["/closures", "/api-reader", "/about", "/about/citing", "/about/depositing", "/about/personal-data"]
    visitor += [f"/records/{mallorys}/access/ask", f"/graph/{mallorys}", "/not-there"]
    own = ["/work", "/work/tokens", "/profile", "/profile/history", f"/records/{mallorys}/history", "/notices"]
    own += ["/deposit", "/requests", "/work/access", f"/records/{mallorys}", f"/records/{mallorys}/access"]
    for path in visitor:
        _is_quiet(page, path)
    sign_in(page)
    for path in own:
        _is_quiet(page, path)


def _is_quiet(page: Any, path: str) -> None:
    page.goto(path)
    page.wait_for_timeout(100)
    assert page.evaluate("window.broken") == [], path
    title = page.title()
    assert title != "ran", path
    assert not title.startswith("stolen"), path


@pytest.mark.parametrize("key", HOSTILE)
@pytest.mark.parametrize("query", ["", "?view=1"])
def test_an_uploaded_file_never_runs_in_our_origin(
    tab: Any, sign_in: Any, site: Any, mallorys: int, key: str, query: str
) -> None:
    """Alice is signed in, and follows a link straight to Mallory's file."""
    page = tab()
    sign_in(page)
    page.add_init_script(LISTEN)
    name = requests.utils.quote(key, safe="")
    for address in (f"/records/{mallorys}/files/{name}{query}", f"/api/records/{mallorys}/files/{name}/content{query}"):
        answer = requests.get(f"{site.url}{address}", timeout=10)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        shown = not answer.headers["Content-Disposition"].startswith("attachment")
        assert not shown or answer.headers["Content-Type"].partition(";")[0] in ("text/plain", "text/csv")
        page.goto("/about")
        # as a picture of our page it stays a picture; followed, it is downloaded or shown in a sandbox
        page.evaluate("(address) => { const p = new Image(); p.src = address; document.body.append(p) }", address)
        page.evaluate("(address) => { location.href = address }", address)
        page.wait_for_timeout(300)
        assert page.title() != "ran", address
        assert not page.title().startswith("stolen"), address
