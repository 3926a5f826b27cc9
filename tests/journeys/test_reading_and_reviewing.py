"""Chloé finds, previews, cites and downloads; Alice submits, Bruno comments and accepts. In a real browser.

In English and in French, with the pointer and with the keyboard alone, and with JavaScript off.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hands import Keyboard, Pointer
from served_here import served_here

from dop2i.testing.instances import fresh_instance

pytestmark = [pytest.mark.browser, pytest.mark.slow(90)]

HANDS = {"pointer": Pointer(), "keyboard": Keyboard()}
WAYS = [
    pytest.param("en", "pointer", True, id="English"),
    pytest.param("fr", "keyboard", True, id="French, keyboard alone"),
    pytest.param("fr", "pointer", False, id="French, without JavaScript"),
    pytest.param("en", "keyboard", False, id="English, keyboard alone, without JavaScript"),
]
WORDS = {
    "en": {"use": "May I use it?", "look": "Look inside", "accepted": "Accepted and published."},
    "fr": {"use": "Puis-je l’utiliser\u202f?", "look": "Regarder dedans", "accepted": "Accepté et publié."},
}
CSV = b"time,charge\n" + b"".join(b"%d,%d\n" % (i, (i * 7) % 23) for i in range(400))
TITLE = "Muons on a balcony"


class People:
    """Alice deposits, Bruno curates the community, Chloé reads; each opens the site in a browser of their own."""

    def __init__(self, url: str, engine: Any) -> None:
        from dop2i.server.communities import actions, membership
        from dop2i.server.people.actions import add_person
        from dop2i.server.people.policy import actor_for_person

        self._url, self._engine = url, engine
        self._people = {
            name: add_person(email=f"{name.lower()}@example.org", name=name, is_administrator=name == "Bruno")
            for name in ("Alice", "Bruno")
        }
        bruno = actor_for_person(self._people["Bruno"])
        made = actions.create_community(
            actor=bruno, slug="muons", title={"en": "Muons", "fr": "Muons"}, policy={"review": "curators"}
        )
        for name, role in (("Alice", "contributor"), ("Bruno", "curator")):
            if not made.members.filter(person=self._people[name]).exists():
                membership.add_member(actor=bruno, community=made.pk, role=role, person=self._people[name])

    def draft(self, *, publish: bool, title: str = TITLE) -> Any:
        """A draft of Alice's with two files, as the readers left it; published when asked."""
        import io

        from dop2i.server.people.policy import actor_for_person
        from dop2i.server.records import actions, file_actions

        alice = actor_for_person(self._people["Alice"])
        document = {
            "metadata": {
                "title": title,
                "description": "Arrival times and charges of cosmic muons, one week.",
                "resource_type": {"id": "dataset"},
                "publication_date": "2026-03-01",
                "creators": [{"person_or_org": {"type": "personal", "given_name": "Alice", "family_name": "Martin"}}],
                "rights": [{"id": "cc-by-4.0"}],
            },
            "files": {"enabled": True},
        }
        record = actions.create_draft(actor=alice, document=document)
        for key, content in {"muons.csv": CSV, "README.md": b"# Muons\n\nOn a balcony.\n"}.items():
            file_actions.start_files(actor=alice, record_id=record.pk, entries=[{"key": key}])
            file_actions.receive_content(actor=alice, record_id=record.pk, key=key, stream=io.BytesIO(content))
            file_actions.commit_file(actor=alice, record_id=record.pk, key=key)
        if publish:
            record = actions.publish_draft(actor=alice, record_id=record.pk)
        work()
        return record

    def open(self, name: str, *, language: str, script: bool) -> Any:
        """A page in the browser of somebody, or of a visitor."""
        from django.conf import settings
        from django.test import Client

        context = self._engine.new_context(base_url=self._url, locale=language, java_script_enabled=script)
        if name in self._people:
            client = Client()
            client.force_login(self._people[name])
            key = client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": self._url}])
        return context.new_page()


def work() -> None:
    """The jobs that wait are done: files are read, the index follows."""
    from django.utils import timezone

    from dop2i.server.jobs.models import Job
    from dop2i.server.jobs.worker import run_worker

    Job.objects.filter(state="waiting").update(run_after=timezone.now())
    run_worker(once=True)


@pytest.fixture(scope="module")
def people(
    engine: Any, template_instance: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any
) -> Iterator[People]:
    """One site for all journeys, with a published record in it."""
    home = tmp_path_factory.mktemp("reading") / "home"
    with (
        django_db_blocker.unblock(),
        fresh_instance(home, database=template_instance[1]),
        served_here() as url,
    ):
        people = People(url, engine)
        people.draft(publish=True)
        yield people


@pytest.fixture
def open_as(people: People) -> Iterator[Callable[..., Any]]:
    """Opens pages, and fails for what the browser's console calls an error."""
    pages, complaints = [], []

    def make(name: str, **facts: Any) -> Any:
        page = people.open(name, **facts)
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        pages.append(page)
        return page

    yield make
    for page in pages:
        page.context.close()
    assert complaints == []


@pytest.mark.parametrize(("language", "hand", "script"), WAYS)
def test_chloe_finds_previews_cites_and_downloads(
    open_as: Any, language: str, hand: str, script: bool, tmp_path: Path
) -> None:
    chloe, hands, words = open_as("Chloé", language=language, script=script), HANDS[hand], WORDS[language]
    chloe.goto("/")
    assert chloe.locator("html").get_attribute("lang") == language
    hands.write(chloe.locator("#q"), "balcony")
    chloe.keyboard.press("Enter")
    chloe.wait_for_url("**/search?*")
    hands.follow(chloe.locator("li.result h3 a", has_text=TITLE).first)
    chloe.wait_for_url("**/records/*")
    address = chloe.url
    shown = chloe.locator("main").inner_text()
    assert words["use"] in shown
    assert words["look"] in shown

    hands.follow(chloe.locator("#look nav a", has_text="muons.csv").first)
    chloe.wait_for_url("**file=muons.csv*")
    hands.follow(chloe.locator("#look a", has_text="charge").first)
    chloe.wait_for_url("**charge*")
    chloe.wait_for_selector("main figure svg")
    hands.follow(chloe.locator(".breadcrumb a", has_text=TITLE))
    chloe.wait_for_url(f"{address}**")

    if script:
        hands.follow(chloe.locator("[data-copy=citation]"))
        chloe.wait_for_selector("[data-copy=citation]:has-text('" + ("Copié" if language == "fr" else "Copied") + "')")
    with chloe.expect_download() as cited:
        hands.follow(chloe.locator("a[href*='/export/bibtex']").first)
    assert "Martin, Alice" in Path(cited.value.path()).read_text(encoding="utf-8")
    with chloe.expect_download() as download:
        hands.follow(chloe.locator("a[href*='archive.zip']").first)
    saved = tmp_path / "all.zip"
    download.value.save_as(saved)
    with zipfile.ZipFile(saved) as archive:
        whole = [name for name in archive.namelist() if name.endswith("muons.csv")]
        assert archive.read(whole[0]) == CSV


@pytest.mark.parametrize(("language", "hand", "script"), WAYS)
def test_alice_submits_bruno_asks_for_a_change_and_accepts(
    people: People, open_as: Any, language: str, hand: str, script: bool
) -> None:
    title = f"Muons for {language}, {hand}, {'with' if script else 'without'} script"
    record, hands, words = people.draft(publish=False, title=title), HANDS[hand], WORDS[language]
    alice = open_as("Alice", language=language, script=script)
    alice.goto(f"/deposit/{record.pk}")
    hands.choose(alice.locator("[name=community]"), "muons")
    hands.follow(alice.locator("button[value=save]:visible").last)
    alice.wait_for_load_state()
    hands.follow(alice.locator("button[value=publish]").last)
    alice.wait_for_url("**/requests/*")
    address = alice.url

    bruno = open_as("Bruno", language=language, script=script)
    bruno.goto("/work")
    hands.follow(bruno.get_by_role("link", name=title).first)
    bruno.wait_for_url("**/requests/*")
    hands.follow(bruno.locator("a[href*='about=metadata.description']").first)
    bruno.wait_for_url("**about=**")
    hands.write(bruno.locator("#text"), "Say where the balcony is.")
    hands.follow(bruno.locator("button[value=comment]"))
    bruno.wait_for_selector("#said >> text=Say where the balcony is.")
    hands.write(bruno.locator("#text"), "One change, then it is ready.")
    hands.follow(bruno.locator("button[value=changes]"))
    bruno.wait_for_selector("#said >> text=One change, then it is ready.")

    alice.goto(address)
    hands.follow(alice.locator(f"a[href='/deposit/{record.pk}']").first)
    alice.wait_for_url(f"**/deposit/{record.pk}")
    if not alice.locator("#description").is_visible():
        hands.follow(alice.locator("#row-description details.change > summary"))
    hands.write(alice.locator("#description"), "Arrival times of cosmic muons on a balcony in Nantes.")
    hands.follow(alice.locator("button[value=publish]").last)
    alice.wait_for_url("**/requests/*")

    bruno.goto(address)
    assert "Nantes" in bruno.locator("main").inner_text()
    hands.follow(bruno.locator("button[value=accept]"))
    bruno.wait_for_selector(f"text={words['accepted']}")
    alice.goto(f"/records/{record.pk}")
    assert alice.locator("h1").inner_text() == title
    assert "Nantes" in alice.locator("main").inner_text()
