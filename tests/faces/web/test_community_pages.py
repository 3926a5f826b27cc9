"""Bruno makes a community and curates it, Alice deposits in it, Chloé joins: by the pages, without script."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

CSV = b"time,charge\n" + b"".join(b"%d,%d\n" % (i, i % 9) for i in range(20))
EVIL = "<script>alert(1)</script><svg onload=alert(2)>"


def text_of(response: Any) -> str:
    return str(response.content.decode("utf-8"))


@pytest.fixture
def bruno(person: Callable[..., Any]) -> Any:
    """Bruno administers, makes communities and curates."""
    return person("Bruno", is_administrator=True)


@pytest.fixture
def chloe(person: Callable[..., Any]) -> Any:
    """Chloé is invited."""
    return person("Chloe")


@pytest.fixture
def km3net(browser: Any, bruno: Any) -> Any:
    """Bruno's browser, and KM3NeT made with it."""
    client = browser(bruno)
    made = client.post("/communities/new", {"slug": "km3net", "title_en": "KM3NeT", "kind": "experiment"})
    assert made["Location"] == "/communities/km3net/settings"
    return client


def settings_of(client: Any, **changes: Any) -> Any:
    page = text_of(client.get("/communities/km3net/settings"))
    revision = re.search(r'name="revision" value="(\d+)"', page)
    assert revision
    values = {"revision": revision.group(1), "slug": "km3net", "title_en": "KM3NeT", "kind": "experiment"}
    return client.post("/communities/km3net/settings", {**values, "review": "none", "members_read": "1", **changes})


@pytest.fixture
def draft(browser: Any, alice: Any) -> Callable[..., Any]:
    """Alice's browser and a complete draft of hers."""

    def make(community: str = "km3net") -> tuple[Any, str, dict[str, str]]:
        client = browser(alice)
        sent = [SimpleUploadedFile("hits.csv", CSV)]
        address = client.post(f"/deposit?community={community}", {"files": sent})["Location"]
        values = {
            "title": "Cosmic muons",
            "resource_type": "dataset",
            "publication_date": "2026-03-01",
            "licence": "cc-by-4.0",
            "access": "open",
            "creator-0-name": "Martin",
            "creator-0-given": "Alice",
            "creator-0-kind": "personal",
            "community": community,
        }
        return client, address, values

    return make


def test_a_community_is_made_described_and_found(km3net: Any, browser: Any, mallory: Any) -> None:
    answer = settings_of(
        km3net,
        title_fr="KM3NeT, télescopes",
        description_en="Neutrino telescopes.",
        page=f"# Our data\n\n{EVIL}\n\n[click](javascript:alert(3)) and [web](https://example.org)\n\n![x](/logo)",
        website="https://www.km3net.org",
        review="curators",
        required=["metadata.description", "custom_fields.dop2i:detector"],
        licences=["cc-by-4.0"],
        embargo="years_after_run",
        embargo_length="3",
        quorum="physics coordinator: 2",
        quota="2.5",
    )
    assert answer.status_code == 302, text_of(answer)
    page = text_of(browser().get("/communities/km3net"))
    assert "<script>alert" not in page
    assert "<svg onload" not in page
    assert "javascript:alert" not in re.sub(r"\[click\]\(javascript:alert\(3\)\)", "", page)
    assert '<a href="https://example.org" rel="nofollow noopener">web</a>' in page
    assert "<h2>Our data</h2>" in page
    assert "once a curator accepts" in page
    french = text_of(browser(language="fr").get("/communities/km3net"))
    assert "KM3NeT, télescopes" in french
    assert "3 ans après la prise de données" in french
    assert "KM3NeT" in text_of(browser().get("/communities?q=km3"))
    from dop2i.server.communities.models import Community

    kept = Community.objects.get()
    assert kept.quota_bytes == 2_500_000_000
    assert kept.policy["quorum"] == [{"title": "physics-coordinator", "count": 2}]
    assert browser(mallory).get("/communities/km3net/settings").status_code == 403
    assert browser(mallory).get("/communities/new").status_code == 403
    assert browser().get("/communities/new").status_code in (302, 401)


def test_a_wrong_rule_is_told_and_what_was_written_stays(km3net: Any) -> None:
    answer = settings_of(km3net, embargo="months", embargo_length="many", page="kept")
    assert answer.status_code == 400
    assert "policy.embargo.months" in text_of(answer)
    assert "kept</textarea>" in text_of(answer)
    stale = km3net.post("/communities/km3net/settings", {"revision": "0", "slug": "km3net", "title_en": "K"})
    assert stale.status_code == 400
    assert "meanwhile" in text_of(stale)


def test_the_picture_is_ours_and_a_vector_is_refused(km3net: Any, browser: Any) -> None:
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (900, 300), "teal").save(out, format="JPEG")
    km3net.post("/communities/km3net/settings/picture", {"picture": SimpleUploadedFile("a.jpg", out.getvalue())})
    served = browser().get("/communities/km3net/logo.png")
    assert served["Content-Type"] == "image/png"
    assert served["X-Content-Type-Options"] == "nosniff"
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    refused = km3net.post(
        "/communities/km3net/settings/picture", {"picture": SimpleUploadedFile("a.png", svg)}, follow=True
    )
    assert "no picture that can be read" in text_of(refused)
    km3net.post("/communities/km3net/settings/picture", {"act": "remove"})
    assert browser().get("/communities/km3net/logo.png").status_code == 404


def test_chloe_is_invited_by_a_link_and_joins(km3net: Any, browser: Any, chloe: Any, mallory: Any) -> None:
    asked = {"kind": "invite", "who": "chloe@example.org", "role": "curator", "title": "physics-coordinator"}
    assert browser(mallory).post("/communities/km3net/members/add", asked).status_code == 403
    made = text_of(km3net.post("/communities/km3net/members/add", asked))
    link = re.search(r"/invitations/[A-Za-z0-9_-]{40,}", made)
    assert link
    assert link.group() not in text_of(km3net.get("/communities/km3net/members"))
    client = browser(chloe)
    assert "KM3NeT invites you" in text_of(client.get("/work"))
    seen = client.get(link.group())
    assert "KM3NeT invites you" in text_of(seen)
    assert seen["Referrer-Policy"] == "no-referrer"
    assert client.post(link.group(), {"act": "accept"})["Location"] == "/communities/km3net"
    assert "This invitation is over" in text_of(browser(mallory).get(link.group()))
    page = text_of(client.get("/communities/km3net/members"))
    assert "physics-coordinator" in page
    assert "chloe@example.org" not in page
    assert browser(mallory).get("/communities/km3net/members").status_code == 403


def test_roles_change_robots_are_made_and_members_leave(km3net: Any, browser: Any, chloe: Any) -> None:
    from dop2i.server.communities.models import Member

    km3net.post("/communities/km3net/members/add", {"kind": "person", "who": "chloe@example.org", "role": "reader"})
    robot = text_of(
        km3net.post("/communities/km3net/members/add", {"kind": "robot", "who": "nightly", "role": "contributor"})
    )
    assert re.search(r"dop2i_[A-Za-z0-9_-]{20,}", robot)
    member = Member.objects.get(person=chloe)
    changed = {"member": member.pk, "act": "role", "role": "curator", "title": "run coordinator"}
    km3net.post("/communities/km3net/members/change", changed)
    member.refresh_from_db()
    assert (member.role, member.title) == ("curator", "run-coordinator")
    client = browser(chloe)
    assert client.post("/communities/km3net/members/change", {**changed, "role": "manager"}).status_code == 403
    client.post("/communities/km3net/members/change", {"member": member.pk, "act": "visible"})
    client.post("/communities/km3net/members/change", {"member": member.pk, "act": "remove"})
    assert not Member.objects.filter(person=chloe).exists()


def test_alice_submits_and_bruno_accepts(km3net: Any, browser: Any, draft: Any, mallory: Any) -> None:
    settings_of(km3net, review="curators")
    client, address, values = draft()
    page = text_of(client.get(address))
    assert "Submit for review" in page
    assert '<option value="km3net" selected>' in page
    revision = re.search(r'name="revision" value="(\d+)"', page)
    assert revision
    sent = client.post(address, {**values, "revision": revision.group(1), "act": "publish"})
    review = sent["Location"]
    assert review.startswith("/requests/"), text_of(sent)
    assert "waits for its reviewers" in text_of(client.get(review))
    assert browser(mallory).get(review).status_code == 404
    assert browser(mallory).post(review, {"act": "accept"}).status_code == 404
    assert "Cosmic muons" in text_of(km3net.get("/communities/km3net/requests"))
    assert "Cosmic muons" in text_of(km3net.get("/requests"))

    page = text_of(km3net.get(f"{review}?about=metadata.title"))
    assert "About Title" in page
    km3net.post(review, {"act": "comment", "path": "metadata.title", "text": f"Where? {EVIL}"})
    km3net.post(review, {"act": "changes", "text": "Say where."})
    page = text_of(client.get(review))
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    page = text_of(client.get(address))
    revision = re.search(r'name="revision" value="(\d+)"', page)
    assert revision
    again = {**values, "title": "Cosmic muons in Caen", "revision": revision.group(1), "act": "publish"}
    assert client.post(address, again)["Location"] == review
    page = text_of(km3net.get(review))
    assert "<ins>Cosmic muons in Caen</ins>" in page
    number = re.search(r'value="settle-(\d+)"', page)
    assert number
    client.post(review, {"act": f"settle-{number.group(1)}"})
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', page)
    assert seen
    done = km3net.post(review, {"act": "accept", "seen": seen.group(1)}, follow=True)
    assert "Accepted and published." in text_of(done)
    record = f"/records/{address.rpartition('/')[2]}"
    assert '<a href="/communities/km3net">KM3NeT</a>' in text_of(browser().get(record))


def test_what_changed_meanwhile_is_not_accepted(km3net: Any, draft: Any) -> None:
    settings_of(km3net, review="curators")
    client, address, values = draft()
    review = client.post(address, {**values, "act": "publish"})["Location"]
    page = text_of(km3net.get(review))
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', page)
    assert seen
    client.post(address, {**values, "title": "Something else", "act": "save"})
    stale = km3net.post(review, {"act": "accept", "seen": seen.group(1)})
    assert stale.status_code == 409
    assert "changed after it was submitted" in text_of(stale)
    assert "<ins>Something else</ins>" in text_of(stale)
    withdrawn = client.post(review, {"act": "withdraw"}, follow=True)
    assert "It is withdrawn" in text_of(withdrawn)


def test_a_community_without_reviews_takes_a_member_s_record_at_once(
    km3net: Any, alice: Any, browser: Any, draft: Any
) -> None:
    from dop2i.server.communities.models import Placement

    settings_of(km3net, review="none")
    km3net.post("/communities/km3net/members/add", {"kind": "person", "who": alice.email, "role": "contributor"})
    client, address, values = draft()
    assert client.post(address, {**values, "act": "publish"})["Location"].startswith("/records/")
    assert Placement.objects.count() == 1
    number = address.rpartition("/")[2]
    km3net.post("/communities/new", {"slug": "virgo", "title_en": "Virgo", "kind": "experiment"})
    asked = client.post(f"/records/{number}/communities", {"act": "ask", "community": "virgo", "text": "It fits"})
    assert asked.status_code == 302
    page = text_of(client.get(f"/records/{number}/communities"))
    assert "waits for its reviewers" in page
    client.post(f"/records/{number}/communities", {"act": "remove", "community": "km3net"})
    assert not Placement.objects.exists()


def test_the_rules_of_a_community_are_told_on_the_form_in_french(
    km3net: Any, browser: Any, alice: Any, draft: Any
) -> None:
    settings_of(km3net, review="curators", required=["metadata.description"], licences=["cc0-1.0"])
    _client, address, values = draft()
    french = browser(alice, language="fr")
    answer = french.post(address, {**values, "act": "publish"})
    assert answer.status_code == 400
    page = text_of(answer)
    assert "La communauté exige ce champ" in page
    assert "La communauté ne permet que ces licences" in page


def test_a_restricted_community_leaves_no_trace(km3net: Any, browser: Any, mallory: Any, published: Any) -> None:
    from django.db import transaction

    from dop2i.server.communities import actions
    from dop2i.server.communities.models import Community
    from dop2i.server.people.policy import actor_for_person
    from dop2i.server.reviews import placing

    record = published()
    owner = actor_for_person(record.concept.owner)
    actions.update_community(actor=actor_for_person(_bruno()), community="km3net", visibility="restricted")
    with transaction.atomic():
        placing.put_in(actor=owner, record=record, community=Community.objects.get())
    for client in (browser(), browser(mallory)):
        assert client.get("/communities/km3net").status_code == 404
        assert client.get("/communities/km3net/logo.png").status_code == 404
        assert "km3net" not in text_of(client.get("/communities")).lower()
        assert "km3net" not in text_of(client.get(f"/records/{record.pk}")).lower()
    assert "Cosmic muons" in text_of(km3net.get("/communities/km3net"))


def _bruno() -> Any:
    from dop2i.server.people.models import Person

    return Person.objects.get(email="bruno@example.org")


def test_chloe_asks_to_become_a_member_and_bruno_lets_her_in(km3net: Any, browser: Any, chloe: Any) -> None:
    hers = browser(chloe)
    assert "Ask to become a member" in text_of(hers.get("/communities/km3net"))
    assert "Ask to become a member" not in text_of(browser().get("/communities/km3net"))
    told = text_of(hers.post("/communities/km3net/members/ask", {"message": f"Please {EVIL}"}, follow=True))
    assert "Your request is sent" in told
    assert "Take back" in told
    page = text_of(km3net.get("/communities/km3net/members"))
    assert "Asking to become members" in page
    assert EVIL not in page
    [number] = re.findall(r'name="request" value="(\d+)"', page)
    assert hers.post("/communities/km3net/members/answer", {"request": number, "act": "accept"}).status_code == 403
    done = {"request": number, "act": "accept", "role": "curator"}
    assert "in the community now" in text_of(km3net.post("/communities/km3net/members/answer", done, follow=True))
    assert "Your role: curator" in text_of(hers.get("/communities/km3net"))
    french = text_of(browser(chloe, language="fr").get("/work"))
    assert "Devenir membre" not in french


def test_a_request_is_taken_back_and_a_community_that_only_invites_offers_none(
    km3net: Any, browser: Any, chloe: Any
) -> None:
    hers = browser(chloe, language="fr")
    page = text_of(hers.post("/communities/km3net/members/ask", {}, follow=True))
    assert "Devenir membre" in page
    [number] = re.findall(r'name="request" value="(\d+)"', page)
    sent = {"act": "take-back", "request": number}
    assert "Votre demande est reprise" in text_of(hers.post("/communities/km3net/members/ask", sent, follow=True))
    assert settings_of(km3net).status_code == 302
    assert "Devenir membre" not in text_of(hers.get("/communities/km3net"))
    assert hers.post("/communities/km3net/members/ask", {}).status_code == 403
