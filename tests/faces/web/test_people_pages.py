"""Signing in and out, the profile, tokens, my work, and the jobs of the installation."""

from __future__ import annotations

import re
from typing import Any

import pytest

PASSWORD = "Faraday cage 1836"


def text_of(response: Any) -> str:
    return response.content.decode("utf-8")


def sign_in(client: Any, *, password: str = PASSWORD, next: str = "") -> Any:
    return client.post("/sign-in", {"email": "Alice@Example.org", "password": password, "next": next})


def test_alice_signs_in_and_out(browser: Any, alice: Any) -> None:
    client = browser()
    assert sign_in(client)["Location"] == "/work"
    assert "Sign out" in text_of(client.get("/work"))
    client.post("/sign-out")
    assert client.get("/work").status_code == 302


def test_a_wrong_password_is_told_and_after_eight_there_is_a_pause(browser: Any, alice: Any) -> None:
    client = browser()
    for _ in range(8):
        answer = sign_in(client, password="wrong")
        assert answer.status_code == 400
    assert "do not go together" in text_of(answer)
    assert 'value="alice@example.org"' in text_of(answer)
    assert sign_in(client).status_code == 429


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"])
def test_signing_in_leads_nowhere_else(browser: Any, alice: Any, elsewhere: str) -> None:
    assert sign_in(browser(), next=elsewhere)["Location"] == "/work"


def test_signing_in_comes_back_to_the_page(browser: Any, alice: Any) -> None:
    assert sign_in(browser(), next="/search?q=x")["Location"] == "/search?q=x"


def test_a_wrong_orcid_is_told_at_its_field(browser: Any, alice: Any) -> None:
    client = browser(alice)
    values = {"name": "Alice Martin", "orcid": "0000-0002-1825-0098", "affiliation": "IP2I Lyon"}
    answer = client.post("/profile", values)
    assert answer.status_code == 400
    assert re.search(r'id="orcid"[^>]*aria-invalid', text_of(answer))
    good = client.post("/profile", {**values, "orcid": "0000-0002-1825-0097", "language": "fr"})
    assert good.status_code == 302
    assert "IP2I Lyon" in text_of(client.get("/profile"))
    assert "Mon profil" in text_of(client.get("/profile"))


def test_a_token_is_shown_once_and_revoked(browser: Any, alice: Any, instance: Any) -> None:
    client = browser(alice)
    made = text_of(client.post("/work/tokens", {"name": "notebook", "days": "30", "scope": ["read", "deposit"]}))
    secret = re.search(r'value="(dop2i_[^"]+)"', made).group(1)
    bearer = {"Authorization": f"Bearer {secret}"}
    assert browser().get("/api/user", headers=bearer).status_code == 200
    listed = text_of(client.get("/work/tokens"))
    assert secret not in listed
    assert "notebook" in listed
    number = re.search(r"/work/tokens/(\d+)/revoke", listed).group(1)
    client.post(f"/work/tokens/{number}/revoke")
    assert browser().get("/api/user", headers=bearer).status_code == 401


@pytest.mark.parametrize("wrong", [{"days": "0"}, {"days": "x"}, {"scope": []}, {"scope": ["admin"]}])
def test_a_token_that_cannot_be_is_refused(browser: Any, alice: Any, wrong: dict[str, Any]) -> None:
    answer = browser(alice).post("/work/tokens", {"name": "x", "days": "30", "scope": ["read"], **wrong})
    assert answer.status_code == 400
    assert 'role="alert"' in text_of(answer)


def test_mallory_cannot_revoke_alices_token(browser: Any, alice: Any, mallory: Any) -> None:
    from dop2i.server.people.actions import make_token

    token, _secret = make_token(person=alice, name="hers")
    assert browser(mallory).post(f"/work/tokens/{token.pk}/revoke").status_code == 404


def test_my_work_lists_drafts_and_what_is_published(browser: Any, alice: Any, published: Any) -> None:
    published()
    client = browser(alice)
    client.post("/deposit", {})
    page = text_of(client.get("/work"))
    assert "Cosmic muons on a balcony" in page
    assert "Untitled" in page


def test_the_jobs_are_for_the_administrator(browser: Any, alice: Any, person: Any, published: Any) -> None:
    published()
    assert browser().get("/jobs").status_code == 302
    assert browser(alice).get("/jobs").status_code == 403
    page = text_of(browser(person("Bruno", is_administrator=True)).get("/jobs"))
    assert "describe" in page
    assert "done" in page
