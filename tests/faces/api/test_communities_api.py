"""Communities, members, reviews through InvenioRDM's routes: Stella makes, Bruno curates, Alice submits."""

from __future__ import annotations

import io
import uuid
from typing import Any

import pytest
from requests import Session

MINIMAL = {
    "title": "Neutron yields of a spallation target",
    "resource_type": {"id": "dataset"},
    "creators": [{"person_or_org": {"type": "personal", "family_name": "Meitner", "given_name": "Lise"}}],
    "publication_date": "2026-02",
    "rights": [{"id": "cc-by-4.0"}],
}
CURATOR = ("read", "deposit", "curate")


@pytest.fixture
def api(live: Any) -> str:
    return f"{live.url}/api"


@pytest.fixture
def stella(live: Any) -> Any:
    live.token("stella@example.org", scopes=("read", "deposit", "curate", "admin"), admin=True)
    with live.session("stella@example.org", scopes=("read", "deposit", "curate", "admin")) as session:
        yield session


@pytest.fixture
def bruno(live: Any) -> Any:
    with live.session("bruno@example.org", scopes=CURATOR) as session:
        yield session


@pytest.fixture
def alice(live: Any) -> Any:
    with live.session("alice@example.org") as session:
        yield session


@pytest.fixture
def mallory(live: Any) -> Any:
    with live.session("mallory@example.org", scopes=CURATOR) as session:
        yield session


@pytest.fixture
def visitor(live: Any) -> Any:
    with live.session() as session:
        yield session


@pytest.fixture
def community(stella: Session, api: str, bruno: Session) -> Any:
    """Makes a community that Bruno curates."""

    def make(role: str = "curator", **parts: Any) -> dict[str, Any]:
        slug = f"exp-{uuid.uuid4().hex[:8]}"
        body = {"slug": slug, "metadata": {"title": "An experiment", "type": {"id": "experiment"}}, **parts}
        made = stella.post(f"{api}/communities", json=body)
        assert made.status_code == 201, made.text
        who = {"type": "email", "id": "bruno@example.org"}
        added = stella.post(f"{api}/communities/{slug}/members", json={"members": [who], "role": role})
        assert added.status_code == 204, added.text
        return made.json()

    return make


def draft_of(alice: Session, api: str, **parts: Any) -> str:
    answer = alice.post(f"{api}/records", json={"metadata": MINIMAL, "files": {"enabled": False}, **parts})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def ok(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def test_a_community_is_made_changed_found_and_deleted(
    stella: Session, mallory: Session, visitor: Session, api: str, community: Any
) -> None:
    made = community()
    link = made["links"]["self"]
    assert made["metadata"]["type"] == {"id": "experiment"}
    title = {"en": "The experiment", "fr": "L’expérience"}
    policy = {"review": "curators", "required_fields": ["metadata.description"]}
    body = {"metadata": {"page": "# Hello"}, "custom_fields": {"dop2i:title": title, "dop2i:policy": policy}}
    changed = ok(stella.put(link, json=body, headers={"If-Match": f'"{made["revision_id"]}"'}))
    assert changed["custom_fields"]["dop2i:title"] == title
    assert changed["access"]["review_policy"] == "closed"
    assert stella.put(link, json=body, headers={"If-Match": '"1"'}).status_code == 412
    assert mallory.put(link, json=body).status_code == 403
    assert mallory.post(f"{api}/communities", json={"slug": "mine", "metadata": {"title": "M"}}).status_code == 403
    assert visitor.post(f"{api}/communities", json={"slug": "mine"}).status_code == 401
    bad = stella.put(link, json={"custom_fields": {"dop2i:policy": {"review": "maybe"}}})
    assert bad.status_code == 400
    assert bad.json()["errors"][0]["field"] == "policy.review"
    found = ok(visitor.get(f"{api}/communities", params={"q": made["slug"]}))
    assert [hit["slug"] for hit in found["hits"]["hits"]] == [made["slug"]]
    renamed = f"{made['slug']}-b"
    assert ok(stella.post(f"{link}/rename", json={"slug": renamed}))["slug"] == renamed
    assert visitor.get(link).status_code == 404
    assert stella.delete(f"{api}/communities/{renamed}").status_code == 204


def test_a_restricted_community_is_not_there_for_others(
    stella: Session, bruno: Session, mallory: Session, visitor: Session, api: str, community: Any
) -> None:
    made = community(access={"visibility": "restricted"})
    link = made["links"]["self"]
    assert ok(bruno.get(link))["slug"] == made["slug"]
    for path in ("", "/members", "/members/public", "/records", "/collections", "/logo", "/requests", "/invitations"):
        assert mallory.get(link + path).status_code == 404, path
    assert visitor.get(link).status_code == 404
    found = ok(mallory.get(f"{api}/communities", params={"q": made["slug"]}))
    assert found["hits"]["total"] == 0
    assert made["slug"] in [hit["slug"] for hit in ok(bruno.get(f"{api}/user/communities"))["hits"]["hits"]]


def test_a_logo_is_a_picture(stella: Session, mallory: Session, visitor: Session, community: Any) -> None:
    from PIL import Image

    link = community()["links"]["logo"]
    out = io.BytesIO()
    Image.new("RGB", (64, 32), "navy").save(out, format="PNG")
    assert visitor.get(link).status_code == 404
    ok(stella.put(link, data=out.getvalue(), headers={"Content-Type": "application/octet-stream"}))
    served = visitor.get(link)
    assert served.headers["Content-Type"] == "image/png"
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    assert mallory.put(link, data=out.getvalue()).status_code == 403
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    assert stella.put(link, data=svg).status_code == 400
    assert stella.put(link, data=b"x" * 6_000_000).status_code == 413
    assert stella.delete(link).status_code == 204


def test_members_are_invited_change_role_and_leave(
    stella: Session, live: Any, mallory: Session, visitor: Session, api: str, community: Any
) -> None:
    made = community(role="manager")
    link = made["links"]["self"]
    email = f"dora-{uuid.uuid4().hex[:6]}@example.org"
    with live.session(email, scopes=CURATOR) as dora:
        body = {"members": [{"type": "email", "id": email}], "role": "curator", "message": "Welcome"}
        asked = ok(stella.post(f"{link}/invitations", json=body), 201)["hits"]["hits"][0]
        assert f"{live.url}/invitations/" in asked["link"]
        assert "link" not in ok(stella.get(f"{link}/invitations"))["hits"]["hits"][0]
        assert stella.post(f"{link}/invitations", json=body).status_code == 409
        assert mallory.post(f"{link}/invitations", json=body).status_code == 403
        accept = f"{api}/user/invitations/{asked['id']}/actions/accept"
        assert mallory.post(accept).status_code == 404
        mine = ok(dora.get(f"{api}/user/invitations"))["hits"]["hits"]
        assert [item["community"]["slug"] for item in mine] == [made["slug"]]
        assert ok(dora.post(accept)) == {"status": "accepted", "role": "curator"}
        assert dora.post(accept).status_code == 404
        found = ok(dora.get(f"{link}/members"))
        own = next(item for item in found["hits"]["hits"] if item["is_current_user"])
        assert own["role"] == "curator"
        assert "email" not in str(own)
        me = {"members": [{"type": "user", "id": own["member"]["id"]}]}
        assert dora.put(f"{link}/members", json={**me, "role": "manager"}).status_code == 403
        assert dora.put(f"{link}/members", json={**me, "visible": True}).status_code == 204
        assert ok(visitor.get(f"{link}/members/public"))["hits"]["total"] == 1
        assert visitor.get(f"{link}/members").status_code == 401
        assert mallory.get(f"{link}/members").status_code == 403
        assert mallory.delete(f"{link}/members", json=me).status_code == 403
        assert dora.delete(f"{link}/members", json=me).status_code == 204
        assert dora.get(f"{link}/members").status_code == 403


def test_a_robot_deposits_for_its_community(
    live: Any, stella: Session, bruno: Session, api: str, community: Any
) -> None:
    made = community()
    link = made["links"]["self"]
    assert bruno.post(f"{link}/robots", json={"name": "nightly"}).status_code == 403
    robot = ok(stella.post(f"{link}/robots", json={"name": "nightly"}), 201)
    with live.session() as session:
        session.headers["Authorization"] = f"Bearer {robot['token']}"
        draft = draft_of(session, api)
        receiver = {"receiver": {"community": made["id"]}, "type": "community-submission"}
        ok(session.put(f"{api}/records/{draft}/draft/review", json=receiver))
        ok(session.post(f"{api}/records/{draft}/draft/actions/publish"), 202)
        found = ok(session.get(f"{api}/records/{draft}"))
        assert found["parent"]["communities"]["default"] == made["id"]
        assert session.post(f"{api}/communities", json={"slug": "robots"}).status_code == 403


def test_a_review_from_submission_to_publication(
    alice: Session, bruno: Session, mallory: Session, visitor: Session, api: str, community: Any
) -> None:
    made = community(custom_fields={"dop2i:policy": {"review": "curators"}})
    draft = draft_of(alice, api)
    address = f"{api}/records/{draft}/draft"
    receiver = {"receiver": {"community": made["slug"]}, "type": "community-submission"}
    assert alice.get(f"{address}/review").status_code == 404
    assert ok(alice.put(f"{address}/review", json=receiver))["status"] == "created"
    assert [e["field"] for e in ok(alice.get(address))["errors"]] == ["parent.review"]
    refused = alice.post(f"{address}/actions/publish")
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == "parent.review"
    sent = {"payload": {"content": "<p>For the collaboration</p>", "format": "html"}}
    request = ok(alice.post(f"{address}/actions/submit-review", json=sent), 202)
    link = request["links"]["self"]
    assert (request["status"], request["type"], request["round"]) == ("submitted", "community-submission", 1)
    waiting = ok(bruno.get(f"{api}/requests", params={"waiting": "true"}))["hits"]["hits"]
    assert request["id"] in [item["id"] for item in waiting]
    assert mallory.get(link).status_code == 404
    assert visitor.get(link).status_code == 401
    for action in ("accept", "decline", "request-changes", "cancel"):
        assert mallory.post(f"{link}/actions/{action}").status_code == 404
    assert alice.post(f"{link}/actions/accept").status_code == 403

    said = {"payload": {"content": "<b>Which target?</b> a & b", "format": "html"}, "path": "metadata.title"}
    comment = ok(bruno.post(f"{link}/comments", json=said), 201)
    assert comment["payload"]["content"] == "Which target? a &amp; b"
    assert ok(bruno.post(f"{link}/actions/request-changes", json={}))["state"] == "changes"
    document = ok(alice.get(address))
    document["metadata"]["title"] = "Neutron yields of a tungsten target"
    ok(alice.put(address, json=document))
    stale = bruno.post(f"{link}/actions/accept", json={"fingerprint": request["fingerprint"]})
    assert stale.status_code == 409
    assert ok(alice.post(f"{address}/actions/submit-review"), 202)["round"] == 2
    changes = ok(bruno.get(f"{link}/changes"))["since_last_round"]
    assert [field["path"] for field in changes["fields"]] == ["metadata.title"]
    ok(alice.put(f"{link}/comments/{comment['id']}/settled"))
    fingerprint = ok(bruno.get(link))["fingerprint"]
    accepted = ok(bruno.post(f"{link}/actions/accept", json={"fingerprint": fingerprint}))
    assert (accepted["status"], accepted["is_closed"]) == ("accepted", True)
    record = ok(visitor.get(f"{api}/records/{draft}"))
    assert record["parent"]["communities"]["entries"][0]["slug"] == made["slug"]
    events = [line["payload"].get("event") for line in ok(alice.get(f"{link}/timeline"))["hits"]["hits"]]
    assert events == ["submitted", None, "changes", "submitted", "accepted"]
    assert bruno.post(f"{link}/actions/accept").status_code == 409


def test_a_published_record_joins_and_leaves_a_community(
    live: Any, alice: Session, bruno: Session, mallory: Session, visitor: Session, api: str, community: Any
) -> None:
    made = community()
    record = live.published({"a.txt": b"a"})
    address = f"{api}/records/{record['id']}/communities"
    body = {"communities": [{"id": made["slug"], "comment": {"payload": {"content": "Fits"}}}]}
    assert mallory.post(address, json=body).status_code == 403
    done = ok(alice.post(address, json=body))["processed"][0]
    assert alice.post(address, json=body).status_code == 409
    assert ok(visitor.get(address))["hits"]["total"] == 0
    ok(bruno.post(f"{api}/requests/{done['request_id']}/actions/accept"))
    assert ok(visitor.get(address))["hits"]["total"] == 1
    assert alice.put(address, json={"default": made["slug"]}).status_code == 204
    within = f"{made['links']['self']}/records"
    assert mallory.delete(within, json={"records": [{"id": record["id"]}]}).status_code == 403
    ok(bruno.delete(within, json={"records": [{"id": record["id"]}]}))
    assert ok(visitor.get(address))["hits"]["total"] == 0


def test_collections_are_saved_searches(stella: Session, mallory: Session, visitor: Session, community: Any) -> None:
    link = community()["links"]["collections"]
    body = {"title": {"en": "Muons", "fr": "Muons"}, "query": "muon*"}
    ok(stella.put(f"{link}/muons", json=body))
    assert mallory.put(f"{link}/muons", json=body).status_code == 403
    listed = ok(visitor.get(link))["hits"]["hits"]
    assert [item["query"] for item in listed] == ["muon*"]
    assert ok(visitor.get(listed[0]["links"]["records"]))["hits"]["total"] == 0
    assert stella.delete(f"{link}/muons").status_code == 204


def test_alice_asks_to_become_a_member_and_stella_answers(
    api: str, stella: Session, bruno: Session, alice: Session, visitor: Session, community: Any
) -> None:
    asked = f"{community()['links']['self']}/membership-requests"
    assert visitor.post(asked, json={}).status_code == 401
    made = alice.post(asked, json={"message": "I calibrate."})
    assert (made.status_code, made.json()["status"], made.json()["message"]) == (201, "submitted", "I calibrate.")
    assert alice.post(asked).status_code == 409
    assert alice.get(asked).status_code == 403
    [waiting] = stella.get(asked).json()["hits"]["hits"]
    assert waiting["created_by"]["name"]
    assert "@" not in str(waiting)
    assert alice.post(waiting["links"]["actions"]["accept"], json={"role": "manager"}).status_code == 403
    assert stella.post(waiting["links"]["actions"]["accept"], json={"role": "none"}).status_code == 400
    done = stella.post(waiting["links"]["actions"]["accept"], json={"role": "contributor"})
    assert done.json() == {"status": "accepted", "role": "contributor"}
    assert stella.post(waiting["links"]["actions"]["decline"]).status_code == 409
    assert bruno.post(waiting["links"]["actions"]["cancel"]).status_code == 404
    [mine] = alice.get(f"{api}/user/membership-requests").json()["hits"]["hits"]
    assert (mine["status"], mine["links"]["actions"]) == ("accepted", {})
