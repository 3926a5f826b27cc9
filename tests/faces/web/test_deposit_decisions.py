"""Alice accepts, changes and refuses what the files propose; disagreements, imports, long lists, saving by itself."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from test_depositing_pages import CSV, README, fields_of, let_the_readers_look, text_of

CITATION = b"""cff-version: 1.2.0
message: cite
title: Muons of the roof
authors:
- family-names: Roux
  given-names: Camille
license: CC-BY-4.0
keywords: [muon, roof]
"""
JSON = {"Accept": "application/json"}


@pytest.fixture
def draft(browser: Any, alice: Any) -> tuple[Any, str]:
    """Alice's browser and a draft whose README and CITATION.cff give different titles."""
    client = browser(alice)
    sent = [SimpleUploadedFile("README.md", README), SimpleUploadedFile("hits.csv", CSV)]
    address = client.post("/deposit", {"files": [*sent, SimpleUploadedFile("CITATION.cff", CITATION)]})["Location"]
    let_the_readers_look()
    return client, address


def state_of(page: str, name: str) -> str:
    found = re.search(rf'data-row="{name}" data-state="(\w+)"', page)
    return found.group(1) if found else ""


def sent(client: Any, address: str, act: str, **values: str) -> str:
    """Alice presses a button of the page as it is now; the page that comes back."""
    form = {**fields_of(text_of(client.get(address))), **values, "act": act}
    answer = client.post(address, form)
    assert answer.status_code == 302, text_of(answer)
    return text_of(client.get(address))


def test_each_value_says_where_it_was_read(draft: tuple[Any, str]) -> None:
    client, address = draft
    page = text_of(client.get(address))
    assert state_of(page, "creators") == "proposed"
    row = page[page.index('id="row-creators"') : page.index('id="row-publication_date"')]
    assert "<code>CITATION.cff</code>" in row
    assert "Camille Roux" in row
    assert 'value="accept-creators"' in row


def test_alice_accepts_and_takes_it_back(draft: tuple[Any, str]) -> None:
    client, address = draft
    page = sent(client, address, "accept-creators")
    assert state_of(page, "creators") == "accepted"
    page = sent(client, address, "undo-creators")
    assert state_of(page, "creators") == "proposed"


def test_what_alice_refuses_stays_refused(draft: tuple[Any, str]) -> None:
    client, address = draft
    page = sent(client, address, "refuse-keywords")
    assert fields_of(page)["keywords"] == ""
    assert state_of(page, "keywords") == "refused"
    client.post(f"{address}/files", {"files": [SimpleUploadedFile("more.csv", CSV)]})
    let_the_readers_look()
    page = text_of(client.get(address))
    assert fields_of(page)["keywords"] == ""
    page = sent(client, address, "undo-keywords")
    assert fields_of(page)["keywords"].split() == ["muon", "roof"]


def test_a_rewritten_value_is_hers(draft: tuple[Any, str]) -> None:
    client, address = draft
    page = sent(client, address, "save", keywords="muon\nbalcony")
    assert state_of(page, "keywords") == "changed"
    page = sent(client, address, "back-keywords")
    assert fields_of(page)["keywords"].split() == ["muon", "roof"]


def test_two_files_that_disagree_are_shown_side_by_side(draft: tuple[Any, str]) -> None:
    client, address = draft
    page = text_of(client.get(address))
    assert state_of(page, "title") == "conflict"
    row = page[page.index('id="row-title"') :][:4000]
    assert "Muons of the roof" in row
    assert "Cosmic muons" in row
    other = re.search(r'name="choose-title" value="([0-9a-f-]+)"', page)
    assert other
    page = sent(client, address, "settle-title", **{"choose-title": other.group(1)})
    assert fields_of(page)["title"] == "Cosmic muons"
    assert state_of(page, "title") in ("changed", "accepted")


def test_a_typed_value_and_a_file_that_disagree_are_shown(browser: Any, alice: Any) -> None:
    from dop2i.server.people.policy import actor_for_person
    from dop2i.server.records import actions

    made = actions.create_draft(actor=actor_for_person(alice), document={"metadata": {"title": "What I typed"}})
    client, address = browser(alice), f"/deposit/{made.pk}"
    client.post(f"{address}/files", {"files": [SimpleUploadedFile("CITATION.cff", CITATION)]})
    let_the_readers_look()
    page = text_of(client.get(address))
    assert fields_of(page)["title"] == "What I typed"
    assert state_of(page, "title") == "conflict"
    page = sent(client, address, "settle-title", **{"choose-title": "mine"})
    assert fields_of(page)["title"] == "What I typed"
    assert state_of(page, "title") == "changed"


def test_all_proposals_are_accepted_at_once(draft: tuple[Any, str]) -> None:
    client, address = draft
    page = sent(client, address, "accept-all")
    assert 'data-state="proposed"' not in page
    assert state_of(page, "title") == "conflict"


def test_what_is_missing_is_asked_last_the_needed_first(browser: Any, alice: Any) -> None:
    client = browser(alice)
    address = client.post("/deposit", {})["Location"]
    page = text_of(client.get(address))
    left = page[page.index('id="left"') :]
    assert left.index('id="row-title"') < left.index("Useful, not needed") < left.index('id="row-description"')
    assert 'href="#title"' in page[page.index("<aside") :]


def test_a_script_gets_the_parts_that_changed(draft: tuple[Any, str]) -> None:
    client, address = draft
    form = fields_of(text_of(client.get(address)))
    answer = client.post(address, {**form, "title": "Typed", "act": "autosave"}, headers=JSON).json()
    assert answer["revision"] == int(form["revision"]) + 1
    assert answer["title"] == "Typed"
    assert "body" not in answer
    assert "Typed" in answer["seen"]
    form |= {"title": "Typed", "revision": answer["revision"]}
    again = client.post(address, {**form, "act": "autosave"}, headers=JSON)
    assert again.json()["revision"] == answer["revision"]
    whole = client.post(
        address, {**form, "title": "Typed", "revision": answer["revision"], "act": "accept-creators"}, headers=JSON
    )
    assert state_of(whole.json()["body"], "creators") == "accepted"


def test_saving_by_itself_overwrites_nothing(draft: tuple[Any, str]) -> None:
    client, address = draft
    form = fields_of(text_of(client.get(address)))
    client.post(address, {**form, "title": "First tab", "act": "autosave"}, headers=JSON)
    answer = client.post(address, {**form, "title": "Second tab", "version": "9", "act": "autosave"}, headers=JSON)
    assert answer.status_code == 409
    assert "First tab" in answer.json()["conflict"]
    chosen = {**form, "title": "Second tab", "version": "9", "revision": answer.json()["revision"]}
    done = client.post(address, {**chosen, "take-title": "theirs", "take-version": "mine", "act": "resolve"})
    assert done.status_code == 302
    kept = fields_of(text_of(client.get(address)))
    assert (kept["title"], kept["version"]) == ("First tab", "9")


def test_a_session_that_ended_is_told_to_the_script(draft: tuple[Any, str], browser: Any) -> None:
    client, address = draft
    form = fields_of(text_of(client.get(address)))
    stranger = browser()
    assert stranger.post(address, {**form, "act": "autosave"}, headers=JSON).status_code == 401
    assert stranger.get(f"{address}/stand", headers=JSON).status_code == 401
    stand = client.get(f"{address}/stand", headers=JSON).json()
    assert stand["signed_in"]
    assert stand["token"]


def test_a_wrong_number_is_told_and_nothing_is_saved(draft: tuple[Any, str]) -> None:
    client, address = draft
    form = fields_of(text_of(client.get(address)))
    answer = client.post(address, {**form, "energy_minimum": "ten", "act": "autosave"}, headers=JSON)
    assert answer.status_code == 400
    assert "“ten” is no number" in answer.json()["errors"][0]["message"]


def test_three_thousand_creators_have_a_page_of_their_own(draft: tuple[Any, str]) -> None:
    client, address = draft
    lines = "\n".join(f"Family{i}, Given{i}; Institute {i % 40}" for i in range(3000))
    assert client.post(f"{address}/creators", {"creators": lines}).status_code == 302
    page = text_of(client.get(address))
    assert "creator-19-name" in page
    assert "creator-20-name" not in page
    assert "and 2,980 others" in page
    form = {**fields_of(page), "creator-0-given": "First"}
    assert client.post(address, {**form, "act": "save"}).status_code == 302
    whole = text_of(client.get(f"{address}/creators"))
    assert "Family0, First; Institute 0" in whole
    assert "Family2999, Given2999; Institute 39" in whole
    wrong = client.post(f"{address}/creators", {"creators": "; no name"})
    assert wrong.status_code == 400
    assert "Line 1 has no name" in text_of(wrong)
    table = SimpleUploadedFile("authors.csv", b"family,given\nRoux,Camille\n")
    assert "Roux, Camille" in text_of(client.post(f"{address}/creators", {"file": table}))


def test_an_import_proposes_and_overwrites_nothing(draft: tuple[Any, str]) -> None:
    client, address = draft
    sent(client, address, "settle-title", **{"choose-title": "mine"})
    described = SimpleUploadedFile("codemeta.json", b'{"@context": "https://doi.org/10.5063/schema/codemeta-2.0",'
                                   b'"name": "Another title", "version": "7.1", "keywords": ["kaon"]}')  # fmt: skip
    answer = client.post(f"{address}/import", {"file": described}, follow=True)
    page = text_of(answer)
    assert "codemeta.json proposes" in page
    assert fields_of(page)["title"] == "Muons of the roof"
    assert state_of(page, "title") == "conflict"
    assert fields_of(page)["version"] == "7.1"
    assert "kaon" not in fields_of(page)["keywords"]
    page = sent(client, address, "join-keywords")
    assert fields_of(page)["keywords"].split() == ["muon", "roof", "kaon"]
    page = text_of(client.post(f"{address}/import", {"forget": "codemeta.json"}, follow=True))
    assert "<code>codemeta.json</code>" not in page
    assert fields_of(page)["version"] == "7.1"
    assert "is no identifier that can be looked up" in text_of(
        client.post(f"{address}/import", {"identifier": "nonsense"}, follow=True)
    )


def test_completions_are_for_those_who_deposit(draft: tuple[Any, str], browser: Any) -> None:
    client, _address = draft
    found = client.get("/deposit/complete", {"kind": "institution", "q": "ip2i"}).json()
    assert found["completions"][0]["fields"]["ror"] == "02avf8f85"
    assert found["far"] is False
    assert client.get("/deposit/complete", {"kind": "nothing", "q": "a"}).status_code == 400
    assert browser().get("/deposit/complete", {"kind": "person", "q": "a"}).status_code == 302


def test_mallory_reaches_none_of_it(draft: tuple[Any, str], browser: Any, mallory: Any) -> None:
    _client, address = draft
    other = browser(mallory)
    assert other.get(f"{address}/stand").status_code == 404
    assert other.get(f"{address}/creators").status_code == 404
    assert other.post(f"{address}/creators", {"creators": "Mallory"}).status_code == 404
    assert other.post(f"{address}/import", {"identifier": "10.1/x"}, follow=True).status_code == 404
    assert other.get(address, headers=JSON).status_code == 404


def test_the_french_page_says_it_in_french(draft: tuple[Any, str], browser: Any, alice: Any) -> None:
    _client, address = draft
    page = text_of(browser(alice, language="fr").get(address))
    assert "Deux sources se contredisent" in page
    assert "Ce qui limite encore son utilité" in page
