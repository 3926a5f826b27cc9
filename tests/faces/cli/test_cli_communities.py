"""Communities and reviews from the terminal: Stella makes one, Alice submits, Bruno accepts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from live_server import Live, dop2i

DRAFT = {
    "metadata": {
        "title": "Neutron yields",
        "resource_type": {"id": "dataset"},
        "creators": [{"person_or_org": {"type": "personal", "family_name": "Meitner", "given_name": "Lise"}}],
        "publication_date": "2026-02",
        "rights": [{"id": "cc-by-4.0"}],
    },
    "files": {"enabled": False},
}


@pytest.fixture
def stella(live: Live) -> str:
    """The token of Stella, who administers."""
    home = str(live.home)
    dop2i("person", "add", "stella@example.org", "--name", "Stella", "--administrator", "--home", home, check=False)
    scopes = "read,deposit,curate,admin"
    return dop2i("token", "stella@example.org", "--scope", scopes, "--home", home).stdout.splitlines()[-1]


@pytest.fixture
def bruno(live: Live) -> str:
    """A token of Bruno, who curates."""
    scopes = ("--scope", "read,deposit,curate")
    return dop2i("token", "bruno@example.org", *scopes, "--home", str(live.home)).stdout.splitlines()[-1]


def at(live: Live, token: str, *arguments: str, **options: Any) -> Any:
    return dop2i(*arguments, DOP2I_URL=live.url, DOP2I_TOKEN=token, **options)


def test_a_review_from_the_terminal(live: Live, stella: str, bruno: str, tmp_path: Path) -> None:
    import requests

    at(live, stella, "community", "add", "ganil", "--title", "GANIL", "--kind", "facility")
    rules = tmp_path / "rules.json"
    rules.write_text(json.dumps({"review": "curators"}))
    told = at(live, stella, "community", "policy", "ganil", str(rules)).stdout
    assert "review: curators" in told
    refused = at(live, stella, "community", "policy", "ganil", "-", stdin='{"review": "maybe"}', check=False)
    assert refused.returncode != 0
    assert "policy.review" in refused.stderr
    at(live, stella, "community", "member", "ganil", "bruno@example.org", "--role", "curator")
    listed = at(live, bruno, "community", "members", "ganil").stdout
    assert "curator" in listed
    assert "GANIL" in at(live, live.alice, "community", "list", "--find", "gan").stdout
    link = at(live, stella, "community", "invite", "ganil", "new@example.org").stdout
    assert "/invitations/" in link
    assert at(live, live.alice, "community", "add", "mine", check=False).returncode != 0

    headers = {"Authorization": f"Bearer {live.alice}"}
    draft = requests.post(f"{live.url}/api/records", json=DRAFT, headers=headers, timeout=30).json()["id"]
    sent = at(live, live.alice, "review", "submit", draft, "--community", "ganil", "--message", "Done", "--json")
    number = json.loads(sent.stdout)["id"]
    assert "Neutron yields" in at(live, bruno, "review", "list", "--waiting").stdout
    at(live, bruno, "review", "comment", number, "Of which target?", "--about", "metadata.title")
    at(live, bruno, "review", "request-changes", number, "--message", "One thing")
    assert "Of which target?" in at(live, live.alice, "review", "show", number).stdout
    at(live, live.alice, "review", "submit", draft)
    assert "accepted" in at(live, bruno, "review", "accept", number).stdout
    found = requests.get(f"{live.url}/api/records/{draft}", timeout=30).json()
    assert found["parent"]["communities"]["entries"][0]["slug"] == "ganil"


def test_help_tells_what_the_commands_do() -> None:
    assert "Invite persons" in dop2i("community", "invite", "--help").stdout
    assert "Accept the draft" in dop2i("review", "accept", "--help").stdout


def test_bruno_asks_to_join_from_the_terminal_and_stella_lets_him_in(live: Live, stella: str, bruno: str) -> None:
    at(live, stella, "community", "add", "arronax", "--title", "ARRONAX", "--kind", "facility")
    asked = json.loads(at(live, bruno, "community", "join", "arronax", "--message", "Beam time.", "--json").stdout)
    assert asked["status"] == "submitted"
    assert "Beam time." in at(live, stella, "community", "asking", "arronax").stdout
    told = at(live, stella, "community", "answer", "arronax", asked["id"], "--role", "contributor")
    assert "accepted" in told.stderr
    again = at(live, bruno, "community", "join", "arronax", check=False)
    assert again.returncode != 0
    assert "already" in again.stderr
