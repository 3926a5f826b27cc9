"""Alice reads what she was told; the administrator reads the mail of the installation."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest


def text_of(response: Any) -> str:
    return str(response.content.decode("utf-8"))


@pytest.fixture
def told(alice: Any) -> Any:
    """Alice was told of a review, with a hostile title."""
    from dop2i.server.notifications.actions import notify

    values = {"title": "<script>alert(1)</script>"}
    return notify(person=alice, kind="review", title="Mark as read: %(title)s", values=values, link="/records/12")


def test_alice_sees_her_notices_and_marks_them_read(browser: Any, alice: Any, told: Any) -> None:
    client = browser(alice)
    assert re.search(r'class="count">1<', text_of(client.get("/work")))
    page = text_of(client.get("/notices"))
    assert 'href="/records/12"' in page
    assert "<script>alert" not in page
    assert client.post("/notices/read", {"notice": "999"})["Location"] == "/notices"
    assert 'class="count"' in text_of(client.get("/work"))
    client.post("/notices/read", {"notice": str(told.pk)})
    assert 'class="count"' not in text_of(client.get("/work"))
    assert "You have read everything." in text_of(client.get("/notices?unread"))


def test_chloe_reads_the_page_in_french(browser: Any, alice: Any, told: Any) -> None:
    page = text_of(browser(alice, language="fr").get("/notices"))
    assert "Marquer comme lu\u00a0: &lt;script&gt;" in page
    assert "Tout marquer comme lu" in page


def test_a_visitor_is_asked_to_sign_in_and_mallory_sees_only_her_own(
    browser: Any, alice: Any, mallory: Any, told: Any
) -> None:
    assert browser().get("/notices").status_code == 302
    assert "/records/12" not in text_of(browser(mallory).get("/notices"))
    browser(mallory).post("/notices/read", {"notice": str(told.pk)})
    told.refresh_from_db()
    assert told.read_at is None


def test_alice_chooses_how_she_is_told(browser: Any, alice: Any) -> None:
    client = browser(alice)
    client.post("/profile", {"name": "Alice", "notices": "digest"})
    alice.refresh_from_db()
    assert alice.notices == "digest"
    assert "once a day" in text_of(client.get("/notices"))
    client.post("/profile", {"name": "Alice", "notices": "pigeon"})
    alice.refresh_from_db()
    assert alice.notices == "digest"


def test_the_mail_is_for_the_administrator(browser: Any, alice: Any, person: Any, told: Any) -> None:
    from dop2i.server.notifications.models import Mail

    mail = Mail.objects.get()
    bruno = browser(person("Bruno", is_administrator=True))
    for address in ("/operator/mail", f"/operator/mail/{mail.pk}"):
        assert browser().get(address).status_code == 302
        assert browser(alice).get(address).status_code == 403
        assert bruno.get(address).status_code == 200
    page = text_of(bruno.get("/operator/mail"))
    assert "No mail server is configured" in page
    assert "alice@example.org" in page
    assert bruno.get("/operator/mail/999999").status_code == 404
    assert browser(alice).post(f"/operator/mail/{mail.pk}/retry").status_code == 403
    answer = bruno.post(f"/operator/mail/{mail.pk}/retry", follow=True)
    assert "so nothing can be sent" in text_of(answer)


def test_the_api_tells_and_marks_read(browser: Any, alice: Any, person: Any, told: Any) -> None:
    from dop2i.server.notifications.models import Mail
    from dop2i.server.people.actions import make_token

    def bearer(who: Any, *scopes: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {make_token(person=who, scopes=scopes)[1]}"}

    client, hers = browser(), bearer(alice, "read")
    listed = client.get("/api/notices", headers=hers).json()
    assert listed["unread"] == 1
    [notice] = listed["hits"]["hits"]
    assert notice["title"] == "Mark as read: <script>alert(1)</script>"
    assert notice["links"]["about"].endswith("/records/12")
    body = json.dumps({"ids": [notice["id"]]})
    read = client.post("/api/notices/read", body, content_type="application/json", headers=hers)
    assert read.json() == {"read": 1}
    assert client.get("/api/notices").status_code == 401
    assert client.get("/api/mails", headers=hers).status_code == 403
    bruno = bearer(person("Bruno", is_administrator=True), "read", "admin")
    mail = Mail.objects.get()
    assert client.get("/api/mails?state=kept", headers=bruno).json()["hits"]["total"] == 1
    assert "Hello Alice" in client.get(f"/api/mails/{mail.pk}", headers=bruno).json()["body"]
    assert client.post(f"/api/mails/{mail.pk}/retry", headers=bruno).status_code == 409
    assert client.get("/api/mails/99999", headers=bruno).status_code == 404
