"""Alice's program completes names and imports descriptions; strangers may not."""

from __future__ import annotations


def test_a_program_completes_institutions(live) -> None:
    with live.session("alice@example.org") as alice:
        answer = alice.get(f"{live.url}/api/completions", params={"kind": "institution", "q": "cppm"})
        assert answer.json()["completions"][0]["fields"]["ror"] == "00fw8bp86"
        assert alice.get(f"{live.url}/api/completions", params={"kind": "shoe", "q": "a"}).status_code == 400
    with live.session() as chloe:
        assert chloe.get(f"{live.url}/api/completions", params={"kind": "person", "q": "a"}).status_code == 401


def test_a_program_imports_and_overwrites_only_what_it_names(live) -> None:
    with live.session("alice@example.org") as alice:
        first = {"metadata": {"title": "Kaons", "subjects": [{"subject": "kaon"}]}}
        source = alice.post(f"{live.url}/api/records", json=first).json()["id"]
        draft = alice.post(f"{live.url}/api/records", json={"metadata": {"title": "Mine"}}).json()["id"]
        address = f"{live.url}/api/records/{draft}/draft/import"
        answer = alice.post(address, json={"identifier": source}).json()
        assert answer["draft"]["metadata"]["title"] == "Mine"
        assert answer["draft"]["metadata"]["subjects"] == [{"subject": "kaon"}]
        assert answer["taken"] == ["metadata.subjects"]
        titled = alice.post(address, json={"identifier": source, "overwrite": ["metadata.title"]}).json()
        assert titled["draft"]["metadata"]["title"] == "Kaons"
        assert alice.post(address, json={"identifier": "shoes"}).status_code == 400
    with live.session("bruno@example.org") as bruno:
        assert bruno.post(address, json={"identifier": source}).status_code == 404
