"""Alice deposits through the REST API of InvenioRDM, Chloé reads, Mallory attacks: on the real server."""

from __future__ import annotations

import copy
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from requests import Session

MINIMAL = {
    "title": "Neutron yields of a spallation target",
    "resource_type": {"id": "dataset"},
    "creators": [{"person_or_org": {"type": "personal", "family_name": "Meitner", "given_name": "Lise"}}],
    "publication_date": "2026-02",
    "rights": [{"id": "cc-by-4.0"}],
}


@pytest.fixture
def alice(live):
    with live.session("alice@example.org") as session:
        yield session


@pytest.fixture
def mallory(live):
    with live.session("mallory@example.org") as session:
        yield session


@pytest.fixture
def chloe(live):
    with live.session() as session:
        yield session


@pytest.fixture
def api(live) -> str:
    return f"{live.url}/api"


def draft_of(alice: Session, api: str, **metadata: object) -> dict:
    answer = alice.post(f"{api}/records", json={"metadata": {**MINIMAL, **metadata}, "files": {"enabled": False}})
    assert answer.status_code == 201, answer.text
    return answer.json()


def problem(answer, status: int) -> dict:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["detail"]
    return body


def test_alice_deposits_edits_and_publishes(alice, chloe, api) -> None:
    draft = draft_of(alice, api)
    assert draft["is_draft"]
    assert draft["errors"] == []
    base = f"{api}/records/{draft['id']}"
    problem(chloe.get(base), 404)
    changed = alice.put(f"{base}/draft", json={**draft, "metadata": {**draft["metadata"], "title": "Better title"}})
    assert changed.json()["metadata"]["title"] == "Better title"
    published = alice.post(f"{base}/draft/actions/publish")
    assert published.status_code == 202
    assert published.json()["pids"]["ark"]["identifier"].startswith("ark:/")
    read = chloe.get(base).json()
    assert read["is_published"]
    assert read["metadata"]["title"] == "Better title"
    assert read["links"]["self"] == base
    problem(chloe.get(f"{base}/draft"), 401)
    edit = alice.post(f"{base}/draft")
    assert edit.status_code == 201
    body = edit.json()
    body["metadata"]["title"] = "Best title"
    alice.put(f"{base}/draft", json=body)
    assert chloe.get(base).json()["metadata"]["title"] == "Better title"
    assert alice.post(f"{base}/draft/actions/publish").status_code == 202
    assert chloe.get(base).json()["metadata"]["title"] == "Best title"


def test_a_draft_is_saved_with_its_errors_and_refused_at_publication(alice, api) -> None:
    answer = alice.post(f"{api}/records", json={"metadata": {"title": "Only a title"}})
    assert answer.status_code == 201
    fields = {error["field"] for error in answer.json()["errors"]}
    assert {"metadata.creators", "metadata.resource_type"} <= {field.removesuffix(".id") for field in fields}
    refused = problem(alice.post(f"{api}/records/{answer.json()['id']}/draft/actions/publish"), 400)
    assert {error["field"] for error in refused["errors"]} >= fields


def test_an_empty_body_makes_an_empty_draft(alice, api) -> None:
    answer = alice.post(f"{api}/records")
    assert answer.status_code == 201
    assert alice.delete(f"{api}/records/{answer.json()['id']}/draft").status_code == 204
    problem(alice.get(f"{api}/records/{answer.json()['id']}/draft"), 404)


def test_two_people_edit_one_draft(alice, api) -> None:
    answer = alice.post(f"{api}/records", json={"metadata": MINIMAL})
    draft, first = answer.json(), answer.headers["ETag"]
    address = f"{api}/records/{draft['id']}/draft"
    second = alice.put(address, json=draft, headers={"If-Match": first})
    assert second.status_code == 200
    assert second.headers["ETag"] != first
    lost = problem(alice.put(address, json=draft, headers={"If-Match": first}), 412)
    assert lost["type"].endswith("revision-conflict")
    problem(alice.post(f"{address}/actions/publish", headers={"If-Match": first}), 412)
    problem(alice.delete(address, headers={"If-Match": '"nonsense"'}), 412)
    assert alice.delete(address, headers={"If-Match": second.headers["ETag"]}).status_code == 204


def test_versions_and_latest(alice, chloe, live, api) -> None:
    one = live.published({"a.txt": b"first"})
    answer = alice.post(f"{api}/records/{one['id']}/versions")
    assert answer.status_code == 201
    two = answer.json()
    assert two["parent"]["id"] == one["parent"]["id"]
    imported = alice.post(f"{api}/records/{two['id']}/draft/actions/files-import")
    assert [entry["key"] for entry in imported.json()["entries"]] == ["a.txt"]
    body = {**two, "metadata": {**two["metadata"], "publication_date": "2026-03"}}
    alice.put(f"{api}/records/{two['id']}/draft", json=body).raise_for_status()
    alice.post(f"{api}/records/{two['id']}/draft/actions/publish").raise_for_status()
    listed = chloe.get(f"{api}/records/{one['id']}/versions").json()
    assert [hit["id"] for hit in listed["hits"]["hits"]] == [two["id"], one["id"]]
    latest = chloe.get(f"{api}/records/{one['id']}/versions/latest", allow_redirects=False)
    assert latest.status_code == 302
    assert chloe.get(f"{api}/records/{one['id']}/versions/latest").json()["id"] == two["id"]
    assert chloe.get(f"{api}/records/{one['parent']['id']}").json()["id"] == two["id"]


def test_search_finds_what_was_published(alice, chloe, live, api) -> None:
    import time

    record = live.published({"x.csv": b"a,b\n1,2\n"}, title="Cryogenic bolometer calibration")
    for _ in range(60):
        found = chloe.get(f"{api}/records", params={"q": "bolometer", "size": 5}).json()
        if found["hits"]["total"]:
            break
        time.sleep(0.25)
    assert [hit["id"] for hit in found["hits"]["hits"]] == [record["id"]]
    assert found["hits"]["hits"][0]["links"]["self"].startswith(live.url)
    assert set(found["aggregations"]) == {"theme", "type", "format", "year", "licence"}
    assert found["aggregations"]["type"]["buckets"][0] == {"key": "dataset", "doc_count": 1, "label": "Dataset"}
    assert chloe.get(f"{api}//records", params={"q": "bolometer", "type": "software"}).json()["hits"]["total"] == 0
    page = chloe.get(f"{api}/records", params={"size": 1, "sort": "newest"}).json()
    assert "next" in page["links"] or page["hits"]["total"] <= 1


@pytest.mark.parametrize(
    "query",
    [
        {"page": 0},
        {"page": "x"},
        {"size": 100000},
        {"sort": "worst"},
        {"page": 10**30},
        {"size": 200, "page": 9999},
        {"q": "a" * 3000},
    ],
)
def test_a_query_that_cannot_be_answered_is_refused(chloe, api, query) -> None:
    problem(chloe.get(f"{api}/records", params=query), 400)


def test_what_nobody_looks_for_is_no_error(chloe, api) -> None:
    for text in ("\0", '"', "((((", "AND OR", "title:", "a:b:c", "é" * 200, "\ud83d".encode("utf-8", "replace")):
        assert chloe.get(f"{api}/records", params={"q": text}).status_code == 200


@pytest.mark.parametrize(
    ("body", "type_", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'"text"', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b'{"metadata": 7}', "application/json", 400),
        (b'{"metadata": {"title": NaN}}', "application/json", 400),
        (b'{"metadata": {"title": "a\\u0000b"}}', "application/json", 400),
        (b'{"metadata": {"title": "\\ud800"}}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"metadata": {"title": "x"}}', "text/plain", 415),
        (b"<record/>", "application/xml", 415),
        (b"{}" + b" " * 5_000_000, "application/json", 413),
    ],
)
def test_a_body_that_is_no_document_is_refused(alice, api, body, type_, status) -> None:
    problem(alice.post(f"{api}/records", data=body, headers={"Content-Type": type_}), status)


def test_what_is_not_there_is_a_problem_too(chloe, alice, api) -> None:
    problem(chloe.get(f"{api}/nothing/here"), 404)
    problem(chloe.get(f"{api}/records/999999999"), 404)
    problem(chloe.get(f"{api}/records/{10**40}"), 404)
    problem(chloe.get(f"{api}/records/abc"), 404)
    problem(chloe.get(f"{api}/vocabularies/none"), 404)
    problem(chloe.get(f"{api}/pids/10.1234/none"), 404)
    problem(alice.get(f"{api}/records/999999999/draft"), 404)
    refused = chloe.request("PURGE", f"{api}/records")
    assert problem(refused, 405)
    assert set(refused.headers["Allow"].replace(" ", "").split(",")) == {"GET", "POST"}


def test_a_chosen_representation(live, chloe, api) -> None:
    record = live.published({"a.txt": b"x"})
    address = f"{api}/records/{record['id']}"
    assert json.loads(chloe.get(address, headers={"Accept": "application/vnd.inveniordm.v1+json"}).text)["id"]
    data = chloe.get(address, headers={"Accept": "application/vnd.datacite.datacite+json"})
    assert data.headers["Content-Type"].startswith("application/vnd.datacite.datacite+json")
    problem(chloe.get(address, headers={"Accept": "image/png"}), 406)
    for export in chloe.get(f"{api}/exports").json():
        answer = chloe.get(f"{address}/export/{export['name']}")
        assert answer.status_code == 200, export
        assert answer.content
    problem(chloe.get(f"{address}/export/none"), 404)


def test_a_pid_leads_to_its_record(live, chloe, api) -> None:
    record = live.published({"a.txt": b"x"})
    ark = record["pids"]["ark"]["identifier"]
    assert chloe.get(f"{api}/pids/{ark}").json()["id"] == record["id"]


def test_head_is_as_get_without_its_body(live, chloe, api) -> None:
    record = live.published({"a.txt": b"twelve bytes"})
    head = chloe.head(f"{api}/records/{record['id']}")
    assert head.status_code == 200
    assert head.content == b""
    head = chloe.head(f"{api}/records/{record['id']}/files/a.txt/content")
    assert head.headers["Content-Length"] == "12"


def test_mallory_sees_and_changes_nothing_of_alice(alice, mallory, api) -> None:
    draft = draft_of(alice, api)
    base = f"{api}/records/{draft['id']}"
    problem(mallory.get(f"{base}/draft"), 404)
    problem(mallory.put(f"{base}/draft", json=draft), 404)
    problem(mallory.delete(f"{base}/draft"), 404)
    problem(mallory.post(f"{base}/draft/actions/publish"), 404)
    problem(mallory.post(f"{base}/draft/files", json=[{"key": "x"}]), 404)
    alice.post(f"{base}/draft/actions/publish").raise_for_status()
    problem(mallory.post(f"{base}/draft"), 403)
    problem(mallory.post(f"{base}/versions"), 403)
    mine = mallory.get(f"{api}/user/records").json()
    assert draft["id"] not in [hit["id"] for hit in mine["hits"]["hits"]]


def test_a_restricted_record_is_not_there_for_others(alice, chloe, mallory, api) -> None:
    body = {"metadata": copy.deepcopy(MINIMAL), "access": {"record": "restricted", "files": "restricted"}}
    draft = alice.post(f"{api}/records", json={**body, "files": {"enabled": False}}).json()
    base = f"{api}/records/{draft['id']}"
    assert alice.post(f"{base}/draft/actions/publish").status_code == 202
    assert alice.get(base).status_code == 200
    for other in (chloe, mallory):
        problem(other.get(base), 404)
        problem(other.get(f"{base}/files"), 404)
        problem(other.get(f"{base}/export/native"), 404)
        problem(other.get(f"{base}/versions"), 404)


def test_a_bad_token_is_refused_everywhere(live, chloe, api) -> None:
    answer = chloe.get(f"{api}/records", headers={"Authorization": "Bearer dop2i_forged"})
    problem(answer, 401)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    problem(chloe.get(f"{api}/records?access_token=nonsense"), 401)
    token = live.token("alice@example.org")
    assert chloe.get(f"{api}/user?access_token={token}").json()["email"] == "alice@example.org"


def test_a_token_reaches_as_far_as_its_scopes(live, api) -> None:
    with live.session("alice@example.org", scopes=("read",)) as reader:
        assert reader.get(f"{api}/user/records").status_code == 200
        problem(reader.post(f"{api}/records", json={"metadata": MINIMAL}), 403)


def test_a_program_of_another_site_may_read_and_not_write(chloe, api) -> None:
    assert chloe.get(f"{api}/records").headers["Access-Control-Allow-Origin"] == "*"
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    allowed = chloe.options(f"{api}/records", headers=asked)
    assert "POST" not in allowed.headers["Access-Control-Allow-Methods"]
    assert "Access-Control-Allow-Origin" not in chloe.post(f"{api}/records", json={}).headers


def test_vocabularies_have_both_languages(chloe, api) -> None:
    found = chloe.get(f"{api}/vocabularies/resourcetypes", params={"q": "dataset"}).json()
    assert any(hit["id"] == "dataset" and hit["title"]["fr"] for hit in found["hits"]["hits"])
    assert chloe.get(f"{api}/vocabularies/licenses/cc-by-4.0").json()["id"] == "cc-by-4.0"


def test_alice_sees_her_jobs_and_mallory_does_not(live, alice, mallory, api) -> None:
    record = live.published({"a.txt": b"x"})
    about = {"about": f"record:{record['id']}"}
    assert alice.get(f"{api}/jobs", params=about).json()["hits"]["total"] >= 1
    problem(mallory.get(f"{api}/jobs", params=about), 404)
    assert chr(0) not in mallory.get(f"{api}/jobs").text


def test_the_profile_is_a_creator(alice, api) -> None:
    me = alice.get(f"{api}/user").json()
    assert me["profile"]["person_or_org"]["family_name"] == "Alice"


def test_many_readers_at_once(live, api) -> None:
    record = live.published({"a.txt": b"x"})

    def read(_: int) -> int:
        with live.session() as session:
            return session.get(f"{api}/records/{record['id']}").status_code

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(read, range(64))) == {200}


def test_every_problem_is_explained(chloe, alice, api) -> None:
    draft = alice.post(f"{api}/records", json={"metadata": MINIMAL}).json()
    refused = alice.post(f"{api}/records/{draft['id']}/versions").json()
    told = chloe.get(api.removesuffix("/api") + refused["type"]).json()
    assert told["status"] == refused["status"] == 409
