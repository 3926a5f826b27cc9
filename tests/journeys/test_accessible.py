"""axe-core finds nothing on the main pages, in both themes, on a desk and on a phone; no page scrolls sideways."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests

pytestmark = pytest.mark.browser

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = "(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}})"


@pytest.fixture(scope="module")
def record(site: Any) -> int:
    """A published record with a table, a text and a nested folder; its number."""
    head = {"Authorization": f"Bearer {site.alice}"}
    document = {
        "metadata": {
            "title": "Muon decay times in a scintillator, with charges",
            "description": "Times of stopped muons.\n\nSecond paragraph.",
            "resource_type": {"id": "dataset"},
            "publication_date": "2026-03-01",
            "creators": [{"person_or_org": {"type": "personal", "family_name": "Martin", "given_name": "Alice"}}],
            "rights": [{"id": "cc-by-4.0"}],
            "subjects": [{"subject": "muon"}],
            "related_identifiers": [
                {"identifier": "10.1038/s41586-024-08543-1", "scheme": "doi", "relation_type": {"id": "issupplementto"}}
            ],
        },
        "custom_fields": {"dop2i:theme": "particle", "dop2i:sqrt_s": {"minimum": 13, "maximum": 13, "unit": "TeV"}},
        "files": {"enabled": True},
    }
    with requests.Session() as session:
        session.trust_env = False
        session.headers.update(head)
        draft = session.post(f"{site.url}/api/records", json=document).json()
        base = f"{site.url}/api/records/{draft['id']}/draft"
        rows = "".join(f"{i},{(i * i) % 37}\n" for i in range(300))
        for key, content in {"a/hits.csv": f"time,charge\n{rows}", "README.md": "# Muons\n\nText."}.items():
            session.post(f"{base}/files", json=[{"key": key}]).raise_for_status()
            session.put(f"{base}/files/{key}/content", data=content.encode()).raise_for_status()
            session.post(f"{base}/files/{key}/commit").raise_for_status()
        session.post(f"{base}/actions/publish").raise_for_status()
        session.post(f"{site.url}/api/records", json={**document, "metadata": {"title": "A draft"}}).raise_for_status()
    return int(draft["id"])


def draft_address(page: Any) -> str:
    page.goto("/work")
    return page.locator("a[href^='/deposit/']").first.get_attribute("href")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_axe_finds_nothing(
    tab: Any,
    sign_in: Any,
    record: int,
    npm_packages: Path,
    dark: bool,
    phone: bool,
) -> None:
    page = tab(dark=dark, phone=phone)
    visitor = ["/", "/search", "/search?q=zzz&theme=particle", f"/records/{record}", "/sign-in", "/api-reader"]
    visitor += [f"/records/{record}?file=a/hits.csv", "/about/accessibility", "/not-there", "/sign-in/forgotten"]
    found = [complaint for path in visitor for complaint in complaints_of(page, path, npm_packages)]
    sign_in(page)
    own = ["/work", "/deposit", draft_address(page), "/work/tokens", "/profile", f"/records/{record}"]
    own += [f"/profile/signing-in{part}" for part in ("", "/password", "/application", "/passkey")]
    found += [complaint for path in own for complaint in complaints_of(page, path, npm_packages)]
    assert found == []


def complaints_of(page: Any, path: str, npm_packages: Path) -> list[str]:
    """What axe says of a page, one line a rule, and whether it scrolls sideways."""
    page.goto(path)
    page.evaluate((npm_packages / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    result = page.evaluate(RUN, RULES)
    lines = [f"{path}: {v['id']}: {v['nodes'][0]['html'][:160]}" for v in result["violations"]]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        lines.append(f"{path}: scrolls sideways")
    return lines
