"""axe-core and html-validate find nothing on any page, in both themes, on a desk and on a phone.

The pages are those of the route table: a page without a visit in ``tests/support/pages_visits.py`` fails.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from access_routes import routes
from pages_visits import NO_PAGE, VISITS, visits
from pages_world import Pages, build_pages
from served_here import served_here

from dop2i.testing.instances import fresh_instance

pytestmark = [pytest.mark.browser, pytest.mark.slow(150)]

THOROUGH = bool(os.environ.get("DOP2I_THOROUGH"))
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
DESK, PHONE = {"width": 1440, "height": 1000}, {"width": 360, "height": 780}
# Neighbours in the table take turns: one page on a desk in the light, the next on a phone in the dark; each page in all
# four ways with DOP2I_THOROUGH. No page may be wider than a desk or a phone. A theme is nothing but the colours of
# light-dark() in the style sheet, which the two widths share.
WAYS = ((DESK, "light"), (PHONE, "dark"), (DESK, "dark"), (PHONE, "light"))
RUN = """tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']}).then(
    found => found.violations.map(v => v.id + ': ' + v.nodes[0].html.slice(0, 200)))"""
WIDER = "document.documentElement.scrollWidth > innerWidth"


@dataclasses.dataclass
class Site:
    """Where the pages are served, and the world behind them."""

    url: str
    pages: Pages

    def visits(self) -> list[tuple[str, str]]:
        """Everybody's visits, somebody's one after the other."""
        return sorted(visits(self.pages.values, self.pages.files), key=lambda visit: visit[0])

    def cookie(self, who: str) -> dict[str, str]:
        """What the browser of somebody keeps."""
        from django.conf import settings

        key = self.pages.sessions[who]
        return {"name": settings.SESSION_COOKIE_NAME, "value": key, "url": self.url} if key else {}


@pytest.fixture(scope="module")
def site(
    template_instance: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any
) -> Iterator[Site]:
    """One world for all that is asked here; the pages for developers are served, too."""
    from django.conf import settings

    from dop2i.server.configuration import Harvest
    from dop2i.server.people.providers import Provider

    home = tmp_path_factory.mktemp("pages") / "home"
    federation = Provider(
        name="federation", title="The federation", issuer="https://federation.example.org/", client_id="x"
    )
    with django_db_blocker.unblock(), fresh_instance(home, database=template_instance[1]):
        settings.DOP2I = dataclasses.replace(
            settings.DOP2I, debug=True, sign_in=(federation,), harvest=Harvest(folders=(str(home / "harvest"),))
        )
        pages = build_pages(home)
        with served_here() as url:
            yield Site(url, pages)


def test_every_page_is_visited(site: Site) -> None:
    """What answers with a page and has no row in the table is named."""
    from django.test import Client

    values = _Anything({**site.pages.values, "record_id": site.pages.values["rich_id"], "key": site.pages.files[0]})
    client = Client(SERVER_NAME="localhost", headers={"Accept": "text/html"})
    client.cookies[site.cookie("administrator")["name"]] = site.cookie("administrator")["value"]
    unseen = []
    for route in routes():
        name = route.name.removeprefix("web:").removesuffix(" GET")
        if route.face != "web" or route.method != "GET" or name in VISITS or name in NO_PAGE:
            continue
        answer = client.get(route.address(values))
        is_page = answer.headers.get("Content-Type", "").startswith("text/html")
        if is_page and answer.status_code != 405 and not 300 <= answer.status_code < 400:
            unseen.append(f"{name}: {answer.status_code}")
    assert not unseen, f"Write a row in tests/support/pages_visits.py: {unseen}"


class _Anything(dict[str, str]):
    """What stands for a parameter; for one that the world does not know, a number."""

    def __missing__(self, name: str) -> str:
        return "1"


def test_axe_finds_nothing_and_no_page_scrolls_sideways(engine: Any, site: Site, npm_packages: Path) -> None:
    axe = (npm_packages / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    found: list[str] = []
    pages: dict[str, Any] = {}
    for number, (who, path) in enumerate(site.visits()):
        if who not in pages:
            context = engine.new_context(base_url=site.url, bypass_csp=True, reduced_motion="reduce")
            context.add_cookies([site.cookie(who)] if site.cookie(who) else [])
            context.add_init_script(axe)
            pages[who] = context.new_page()
        ways = WAYS if THOROUGH else (WAYS[number % 2],)
        found += [f"{who} {path} {complaint}" for complaint in complaints_of(pages[who], path, ways)]
    for page in pages.values():
        page.context.close()
    assert not found, "\n".join(found)


def complaints_of(page: Any, path: str, ways: tuple[Any, ...]) -> list[str]:
    """What axe says of a page in each width and theme, and whether it is too wide for any; it is loaded once."""
    found = []
    for number, (viewport, theme) in enumerate(ways):
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme=theme)
        if number == 0:
            answer = page.goto(path)
            if answer is None or answer.status >= 500 or "html" not in answer.headers.get("content-type", ""):
                return ["is no page"]
        found += [f"({viewport['width']} px, {theme}) {line}" for line in page.evaluate(RUN, RULES)]
    for viewport in (DESK, PHONE):
        page.set_viewport_size(viewport)
        if page.evaluate(WIDER):
            found.append(f"({viewport['width']} px) scrolls sideways")
    return found


def test_html_validate_finds_nothing(site: Site, npm_packages: Path, tmp_path: Path) -> None:
    from django.test import Client

    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    names = {}
    clients = {}
    for number, (who, path) in enumerate(site.visits()):
        if who not in clients:
            clients[who] = Client(SERVER_NAME="localhost", headers={"Accept": "text/html"})
            if site.cookie(who):
                clients[who].cookies[site.cookie(who)["name"]] = site.cookie(who)["value"]
        for language in ("en", "fr"):
            answer = clients[who].get(path, follow=True, headers={"Accept-Language": language})
            file = tmp_path / f"{number}-{language}.html"
            file.write_bytes(answer.content)
            names[file.name] = f"{who} {path} ({language})"
    (tmp_path / ".htmlvalidate.json").write_text(json.dumps(HTML_RULES))
    program = npm_packages / "html-validate" / "bin" / "html-validate.mjs"
    done = subprocess.run(
        [node, program, "--formatter", "json", str(tmp_path)], capture_output=True, text=True, check=False
    )
    told = [
        f"{names[Path(file['filePath']).name]}: {m['line']}: {m['ruleId']}: {m['message']}"
        for file in json.loads(done.stdout)
        for m in file["messages"]
    ]
    assert not told, "\n".join(told)


HTML_RULES = {
    "root": True,
    "extends": ["html-validate:standard"],
    "rules": {},
}
