"""axe-core and html-validate find nothing on any page, in both themes, on a desk and on a phone.

The pages are those of the route table: a page without a visit in ``tests/support/pages_visits.py`` fails.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from access_routes import routes
from pages_visits import VISITS, visits
from pages_world import Pages, build_pages
from served_here import served_here

from dop2i.testing.instances import fresh_instance

pytestmark = [pytest.mark.browser, pytest.mark.slow]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
DESK, PHONE = {"width": 1440, "height": 1000}, {"width": 360, "height": 780}
RUN = "(only) => axe.run(document, {runOnly: only, resultTypes: ['violations']}).then(found => found.violations.map(v => v.id + ': ' + v.nodes[0].html.slice(0, 200)))"  # noqa: E501


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

    client = Client(SERVER_NAME="localhost", headers={"Accept": "text/html"})
    client.cookies[site.cookie("administrator")["name"]] = site.cookie("administrator")["value"]
    unseen = []
    for route in routes():
        name = route.name.removeprefix("web:").removesuffix(" GET")
        if route.face != "web" or route.method != "GET" or name in VISITS:
            continue
        answer = client.get(route.address({**site.pages.values, **_ANYTHING}))
        if answer.status_code != 405 and answer.headers.get("Content-Type", "").startswith("text/html"):
            unseen.append(f"{name}: {answer.status_code}")
    assert unseen == []


_ANYTHING = {"record_id": "1", "concept_id": "1", "entry": "1", "key": "none", "pid": "ark:/1/none"}


@pytest.mark.parametrize("turn", range(1))
def test_axe_finds_nothing_and_no_page_scrolls_sideways(engine: Any, site: Site, npm_packages: Path, turn: int) -> None:
    axe = (npm_packages / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    found: list[str] = []
    pages: dict[str, Any] = {}
    for who, path in site.visits():
        if who not in pages:
            context = engine.new_context(base_url=site.url, bypass_csp=True, viewport=DESK)
            context.add_cookies([site.cookie(who)] if site.cookie(who) else [])
            context.add_init_script(axe)
            pages[who] = context.new_page()
        found += [f"{who} {path} {complaint}" for complaint in complaints_of(pages[who], path)]
    for page in pages.values():
        page.context.close()
    assert found == []


def complaints_of(page: Any, path: str) -> list[str]:
    """What axe says of a page in each theme and width.

    Themes differ in colours alone (``light-dark()`` of the style sheet): in the dark only the rules of colours
    are asked.
    """
    page.set_viewport_size(DESK)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.goto(path)
    found = []
    for width, viewport in (("desk", DESK), ("phone", PHONE)):
        page.set_viewport_size(viewport)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            only = {"type": "tag", "values": RULES} if theme == "light" else {"type": "rule", "values": COLOUR_RULES}
            found += [f"({width}, {theme}) {line}" for line in page.evaluate(RUN, only)]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"({width}) scrolls sideways")
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
    assert told == []


HTML_RULES = {
    "root": True,
    "extends": ["html-validate:standard"],
    "rules": {},
}
