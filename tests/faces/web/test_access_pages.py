"""What is closed stays closed on every surface; Alice manages access, Chloé asks, reviewers follow a link."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dop2i.core.exports import EXPORTS

SOON = (datetime.now(UTC).date() + timedelta(days=30)).isoformat()
OPEN_CSV, CLOSED_CSV = b"time,charge\n1,2\n3,4\n", b"hiddencolumn,other\n1,2\n3,4\n5,6\n"
FILES = {"open.csv": OPEN_CSV, "hiddenfolder/hiddenfile.csv": CLOSED_CSV}
PART = {
    "record": "public",
    "files": "public",
    "dop2i:closures": [{"patterns": ["hiddenfolder/"], "reason": "contract", "note": "With a partner.", "until": SOON}],
}
SHUT = {"record": "restricted", "files": "restricted"}
MARKERS = (b"hiddencolumn", b"hiddenfolder", b"hiddenfile", str(len(CLOSED_CSV)).encode() + b" B")


@pytest.fixture
def deposit(alice: Any, document: dict[str, Any]) -> Any:
    """Publishes Alice's files under a rule, with what the readers found in them."""

    def publish(access: dict[str, Any], files: dict[str, bytes] = FILES) -> Any:
        from dop2i.server.people.policy import actor_for_person
        from dop2i.server.records import actions, file_actions
        from dop2i.server.records.jobs import describe_files

        actor = actor_for_person(alice)
        record = actions.create_draft(actor=actor, document={**document, "access": access})
        for key, data in files.items():
            file_actions.start_files(actor=actor, record_id=record.pk, entries=[{"key": key}])
            stream = io.BytesIO(data)
            file_actions.receive_content(actor=actor, record_id=record.pk, key=key, stream=stream, length=len(data))
            file_actions.commit_file(actor=actor, record_id=record.pk, key=key)
        record = actions.publish_draft(actor=actor, record_id=record.pk)
        describe_files.function(lambda *_: None, record=record.pk)
        return record

    return publish


def body(response: Any) -> bytes:
    """The whole answer."""
    return b"".join(response.streaming_content) if response.streaming else response.content


def asked_for(client: Any, address: str) -> Any:
    """The answer of an address, which may be of any type where a program asks."""
    return client.get(address, headers={"Accept": "*/*"} if address.startswith("/api/") else {})


def surfaces(number: int) -> list[str]:
    """Every address that shows a record or its files."""
    page, api = f"/records/{number}", f"/api/records/{number}"
    found = [page, f"{page}/picture.svg", f"{page}/linkset.json", f"{page}/latest"]
    found += [f"{page}/archive.zip", f"{page}/crate.zip", f"{page}/access/ask"]
    found += [f"{page}/export/{name}" for name in EXPORTS]
    found += [api, f"{api}/files", f"{api}/folder", f"{api}/versions", f"{api}/access"]
    found += [f"{api}/export/{name}" for name in EXPORTS]
    return [
        *found,
        "/",
        "/search?q=muons",
        "/closures",
        "/closures.csv",
        "/api/closures",
    ]


def test_no_surface_tells_of_a_closed_folder(browser: Any, deposit: Any, mallory: Any) -> None:
    from dop2i.server.catalogue.index import follow

    record = deposit(PART)
    follow()
    for client in (browser(), browser(mallory)):
        for address in surfaces(record.pk):
            answer = asked_for(client, address)
            told = body(answer)
            assert answer.status_code in (200, 302), address
            for marker in MARKERS:
                assert marker not in told, (address, marker)
        found = asked_for(client, "/api/records?q=hiddencolumn").json()
        assert found["hits"]["total"] == 0
        # the address itself stands in the page: what was asked for is no news
        for question, marker in (("file=hiddenfolder/hiddenfile.csv", b"column"), ("folder=hiddenfolder/", b"file")):
            assert b"hidden" + marker not in body(client.get(f"/records/{record.pk}?{question}"))
        for address in ("files/{}", "files/{}/content", "files/{}/description"):
            path = f"/api/records/{record.pk}/{address.format('hiddenfolder/hiddenfile.csv')}"
            assert client.get(path).status_code == 404
        assert client.get(f"/records/{record.pk}/files/hiddenfolder/hiddenfile.csv").status_code == 404
    archive = zipfile.ZipFile(io.BytesIO(body(browser().get(f"/records/{record.pk}/archive.zip"))))
    assert archive.namelist() == ["open.csv"]


def test_alice_sees_all_of_it(browser: Any, alice: Any, deposit: Any) -> None:
    record = deposit(PART)
    page = body(browser(alice).get(f"/records/{record.pk}?folder=hiddenfolder/"))
    assert b"hiddenfile.csv" in page
    archive = zipfile.ZipFile(io.BytesIO(body(browser(alice).get(f"/records/{record.pk}/archive.zip"))))
    assert sorted(archive.namelist()) == sorted(FILES)


def test_a_closed_record_without_a_stub_is_nowhere(browser: Any, deposit: Any, mallory: Any) -> None:
    record = deposit(SHUT)
    for client in (browser(), browser(mallory)):
        for address in surfaces(record.pk):
            answer = asked_for(client, address)
            assert b"balcony" not in body(answer), address
            if f"/{record.pk}" in address:
                assert answer.status_code == 404, address
        pid = record_pid(record)
        assert client.get(f"/{pid}").status_code == 404


def record_pid(record: Any) -> str:
    """The ARK of a version."""
    from dop2i.server.identifiers.queries import pids_of

    return str(pids_of(f"record:{record.pk}")[0].value)


@pytest.mark.parametrize(("language", "words"), [("en", "A closed record"), ("fr", "Une notice fermée")])
def test_a_stub_says_why_and_how_to_ask(browser: Any, deposit: Any, language: str, words: str) -> None:
    record = deposit({**SHUT, "dop2i:stub": True, "dop2i:reason": "safety"})
    answer = browser(language=language).get(f"/records/{record.pk}")
    page = body(answer).decode()
    assert answer.status_code == 403
    assert words in page
    assert f"/records/{record.pk}/access/ask" in page
    assert "balcony" not in page
    assert record_pid(record)
    assert browser().get(f"/{record_pid(record)}").status_code == 302


def test_a_secret_link_is_followed_once_and_leaves_no_secret(browser: Any, alice: Any, deposit: Any) -> None:
    record = deposit(SHUT)
    made = body(browser(alice).post(f"/records/{record.pk}/access", {"do": "link", "label": "Reviewers"})).decode()
    found = re.search(r"token=(dop2i_link_[\w-]+)", made)
    assert found
    secret = found.group(1)
    reviewer = browser()
    answer = reviewer.get(f"/records/{record.pk}?token={secret}")
    assert (answer.status_code, answer["Location"]) == (302, f"/records/{record.pk}")
    assert answer["Referrer-Policy"] == "no-referrer"
    assert secret not in str(answer.cookies)
    page = body(reviewer.get(f"/records/{record.pk}")).decode()
    assert "balcony" in page
    assert secret not in page
    assert reviewer.get(f"/records/{record.pk}/files/open.csv").status_code == 200
    assert reviewer.get(f"/records/{record.pk}/access").status_code == 302
    for end, status in (("", 200), ("x", 404)):
        answer = browser().get(f"/api/records/{record.pk}/files?token={secret}{end}", headers={"Accept": "*/*"})
        assert answer.status_code == status
    from dop2i.server.access.models import SecretLink

    browser(alice).post(f"/records/{record.pk}/access", {"do": "revoke-link", "link": str(SecretLink.objects.get().pk)})
    assert reviewer.get(f"/records/{record.pk}").status_code == 404


def test_a_forged_cookie_opens_nothing(browser: Any, alice: Any, deposit: Any) -> None:
    from django.core import signing

    from dop2i.faces.secret_links import COOKIE

    record = deposit(SHUT)
    browser(alice).post(f"/records/{record.pk}/access", {"do": "link"})
    mallory = browser()
    for value in ("[1]", signing.dumps([1], key="guessed"), signing.dumps([1], salt="another"), "x" * 4000):
        mallory.cookies[COOKIE] = value
        assert mallory.get(f"/records/{record.pk}").status_code == 404


def test_chloe_asks_and_alice_answers_on_their_pages(browser: Any, alice: Any, person: Any, deposit: Any) -> None:
    chloe = person("Chloe")
    record = deposit({"record": "public", "files": "restricted"})
    asked = browser(chloe).post(f"/records/{record.pk}/access/ask", {"purpose": "To compare <b>spectra</b>."})
    assert asked.status_code == 302
    assert b"the answer is still to come" in body(browser(chloe).get(f"/records/{record.pk}"))
    page = body(browser(alice).get(f"/records/{record.pk}/access")).decode()
    assert "&lt;b&gt;spectra" in page
    number = re.search(r'name="request" value="(\d+)"', page)
    assert number
    form = {"do": "answer", "request": number.group(1), "decision": "grant", "view": "files", "terms": "Cite us."}
    assert browser(alice).post(f"/records/{record.pk}/access", form).status_code == 302
    assert b"Cite us." in body(browser(chloe).get(f"/records/{record.pk}"))
    assert browser(chloe).get(f"/records/{record.pk}/files/open.csv").status_code == 403
    browser(chloe).post(f"/records/{record.pk}/access/terms", {"accepted": "1"})
    assert browser(chloe).get(f"/records/{record.pk}/files/open.csv").status_code == 200
    assert b"accepted" in body(browser(chloe).get("/work/access"))


def test_alice_changes_the_rule_and_sees_what_opens(browser: Any, alice: Any, deposit: Any) -> None:
    record = deposit({"record": "public", "files": "public"})
    address = f"/records/{record.pk}/access"
    form = {"do": "rule", "scope": "files", "until": SOON, "reason": "patent", "note": "Pending.", "members_read": "1"}
    assert browser(alice).post(address, form).status_code == 302
    page = body(browser(alice).get(address)).decode()
    assert "hiddenfile.csv" in page
    assert "What becomes visible on" in page
    assert b"Patent application" in body(browser().get(f"/records/{record.pk}"))
    wrong = browser(alice).post(address, {**form, "until": "2001-01-01"})
    assert wrong.status_code == 400
    assert b"This day has come already" in body(wrong)
    assert browser(alice, language="fr").get(address).status_code == 200


def test_the_register_shows_what_is_closed(browser: Any, deposit: Any) -> None:
    deposit(PART)
    deposit(SHUT)
    deposit({**SHUT, "dop2i:stub": True, "dop2i:reason": "safety"})
    page = body(browser().get("/closures")).decode()
    assert page.count("<tr><th scope=") == 2 + 1
    assert "Contract with a partner" in page
    assert "a closed record" in page
    assert b"a closed record" not in body(browser().get("/closures?reason=contract"))
    table = body(browser().get("/closures.csv")).decode().splitlines()
    assert len(table) == 3
    assert table[0].startswith("record,title,scope,reason")


def test_alice_withdraws_and_everybody_reads_the_tombstone(browser: Any, alice: Any, deposit: Any) -> None:
    record = deposit({"record": "public", "files": "public"})
    form = {"reason": "retracted", "note": "<script>alert(1)</script> wrong"}
    assert browser(alice).post(f"/records/{record.pk}/withdraw", form).status_code == 302
    answer = browser(language="fr").get(f"/records/{record.pk}")
    page = body(answer).decode()
    assert answer.status_code == 410
    assert "Rétracté par ses auteurs" in page.replace("&#x27;", "’")
    assert "&lt;script&gt;" in page
    api = browser().get(f"/api/records/{record.pk}")
    assert api.status_code == 410
    assert api.json()["tombstone"]["removal_reason"] == {"id": "retracted"}
    assert api.json()["tombstone"]["is_visible"] is True
    assert browser().get(f"/records/{record.pk}/files/open.csv").status_code == 410
    assert browser().get(f"/{record_pid(record)}").status_code == 302


def test_an_edit_in_the_form_keeps_what_is_closed(browser: Any, alice: Any, deposit: Any) -> None:
    from dop2i.server.records.queries import find_record

    record = deposit(PART)
    client = browser(alice)
    client.post(f"/records/{record.pk}/edit")
    page = body(client.get(f"/deposit/{record.pk}")).decode()
    sent = dict(re.findall(r'name="([\w-]+)"[^>]*? value="([^"]*)"', page))
    client.post(f"/deposit/{record.pk}", {**sent, "access": "open", "title": "Another title", "do": "save"})
    assert find_record(record.pk).draft["access"]["dop2i:closures"] == PART["dop2i:closures"]
