"""Alice deposits by the pages, without script; two tabs, wrong values, and Mallory."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from dop2i.server.jobs.models import Job
from dop2i.server.jobs.worker import run_worker

README = b"# Cosmic muons\n\nArrival times of muons on a balcony.\n"
CSV = b"time,charge\n" + b"".join(b"%d,%d\n" % (i, i % 9) for i in range(50))


def text_of(response: Any) -> str:
    return response.content.decode("utf-8")


def fields_of(page: str) -> dict[str, str]:
    """The values of the form as a browser would send them."""
    form = page[page.index('id="draft"') :]
    values: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ("radio" not in tag or "checked" in tag) and "csrf" not in tag:
            values[name.group(1)] = value.group(1) if value else ""
    for name, body in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        values[name] = body
    for name, body in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', body)
        values[name] = chosen.group(1) if chosen else ""
    return values


def let_the_readers_look() -> None:
    """What waits a second for more files is done now."""
    Job.objects.update(run_after=timezone.now())
    run_worker(once=True)


@pytest.fixture
def draft(browser: Any, alice: Any) -> tuple[Any, str]:
    """Alice's browser and the address of a draft with two files that were read."""
    client = browser(alice)
    sent = [SimpleUploadedFile("README.md", README), SimpleUploadedFile("hits.csv", CSV)]
    address = client.post("/deposit", {"files": sent})["Location"]
    let_the_readers_look()
    return client, address


def test_alice_deposits_without_script(draft: tuple[Any, str], browser: Any) -> None:
    client, address = draft
    page = text_of(client.get(address))
    values = fields_of(page)
    assert values["title"] == "Cosmic muons"
    assert values["creator-0-name"] == "Martin"
    assert "README.md" in page
    assert 'class="evidence' in page
    values |= {"licence": "cc-by-4.0", "resource_type": "dataset", "act": "publish"}
    answer = client.post(address, values)
    assert answer.status_code == 302, text_of(answer)
    record = answer["Location"]
    assert record.startswith("/records/")
    assert "Cosmic muons" in text_of(browser().get(record))


def test_what_is_missing_is_told_at_its_field(draft: tuple[Any, str]) -> None:
    client, address = draft
    values = {**fields_of(text_of(client.get(address))), "title": "", "licence": "", "act": "publish"}
    answer = client.post(address, values)
    page = text_of(answer)
    assert answer.status_code == 400
    assert 'role="alert"' in page
    assert '<a href="#title">Title</a>' in page
    assert "The title is missing" in page
    assert re.search(r'id="title"[^>]*aria-invalid="true"', page)
    assert values["description"][:10] in page


def test_what_alice_emptied_stays_empty(draft: tuple[Any, str]) -> None:
    client, address = draft
    values = {**fields_of(text_of(client.get(address))), "description": "", "act": "save"}
    assert client.post(address, values).status_code == 302
    assert fields_of(text_of(client.get(address)))["description"] == ""


def test_a_draft_that_was_begun_is_filled_from_files_that_come_later(browser: Any, alice: Any) -> None:
    client = browser(alice)
    address = client.post("/deposit", {})["Location"]
    client.post(address, {**fields_of(text_of(client.get(address))), "version": "1.1", "act": "save"})
    client.post(f"{address}/files", {"files": [SimpleUploadedFile("README.md", README)]})
    let_the_readers_look()
    filled = fields_of(text_of(client.get(address)))
    assert filled["title"] == "Cosmic muons"
    assert filled["version"] == "1.1"


def test_the_edit_of_a_published_record_is_filled_only_when_asked(browser: Any, alice: Any, published: Any) -> None:
    record = published({"README.md": b"# Muons\n\nOn a balcony.", "hits.csv": CSV}, metadata={"version": "2"},
                       custom_fields={"dop2i:theme": "", "dop2i:experiment": []})  # fmt: skip
    client = browser(alice)
    address = client.post(f"/records/{record.pk}/edit")["Location"]
    page = text_of(client.get(address))
    assert fields_of(page)["title"] == "Cosmic muons on a balcony"


def test_two_tabs_meet_in_a_page_that_shows_both(draft: tuple[Any, str]) -> None:
    client, address = draft
    first = fields_of(text_of(client.get(address)))
    second = dict(first)
    assert client.post(address, {**first, "title": "From the first tab", "act": "save"}).status_code == 302
    answer = client.post(address, {**second, "title": "From the second tab", "act": "save"})
    page = text_of(answer)
    assert answer.status_code == 409
    assert "From the first tab" in page
    assert fields_of(page)["title"] == "From the second tab"
    again = client.post(address, {**fields_of(page), "act": "save"})
    assert again.status_code == 302
    assert fields_of(text_of(client.get(address)))["title"] == "From the second tab"


def test_rows_come_and_go_without_script(draft: tuple[Any, str]) -> None:
    client, address = draft
    values = fields_of(text_of(client.get(address)))
    page = text_of(client.post(address, {**values, "act": "add-creator"}))
    values = {**fields_of(page), "creator-1-name": "Roux", "creator-1-given": "Bruno", "creator-1-kind": "personal"}
    page = text_of(client.post(address, {**values, "act": "remove-creator-0"}))
    assert fields_of(page)["creator-0-name"] == "Roux"
    page = text_of(client.post(address, {**fields_of(page), "act": "add-related"}))
    assert "related-0-identifier" in page


def test_wrong_values_are_kept_and_explained(draft: tuple[Any, str]) -> None:
    client, address = draft
    values = fields_of(text_of(client.get(address)))
    answer = client.post(address, {**values, "sqrt_s_minimum": "thirteen", "sqrt_s_unit": "TeV", "act": "save"})
    assert answer.status_code == 400
    assert "“thirteen” is no number" in text_of(answer)
    wrong = {**values, "creator-0-orcid": "0000-0002-1825-0098", "licence": "cc-by-4.0", "act": "publish"}
    answer = client.post(address, wrong)
    assert answer.status_code == 400
    assert "ORCID" in text_of(answer)


def test_french_decimals_are_read(draft: tuple[Any, str]) -> None:
    client, address = draft
    values = fields_of(text_of(client.get(address)))
    client.post(address, {**values, "sqrt_s_minimum": "13,6", "sqrt_s_unit": "TeV", "act": "save"})
    assert fields_of(text_of(client.get(address)))["sqrt_s_minimum"] == "13.6"


def test_an_embargo_needs_its_day(draft: tuple[Any, str]) -> None:
    client, address = draft
    values = {**fields_of(text_of(client.get(address))), "licence": "cc-by-4.0", "resource_type": "dataset"}
    answer = client.post(address, {**values, "access": "embargo", "embargo_until": "", "act": "publish"})
    assert answer.status_code == 400
    assert "An embargo needs its last day" in text_of(answer)
    done = client.post(address, {**fields_of(text_of(answer)), "access": "embargo", "embargo_until": "2999-01-01",
                                 "act": "publish"})  # fmt: skip
    assert done.status_code == 302, text_of(done)
    page = text_of(client.get(done["Location"]))
    assert "Its files are closed until 1\u00a0January 2999" in " ".join(re.sub(r"<[^>]+>", " ", page).split(" "))


def test_files_are_added_and_deleted_by_the_form(draft: tuple[Any, str]) -> None:
    client, address = draft
    client.post(f"{address}/files", {"files": [SimpleUploadedFile("notes.txt", b"notes")]})
    assert "notes.txt" in text_of(client.get(address))
    again = client.post(f"{address}/files", {"files": [SimpleUploadedFile("notes.txt", b"other")]}, follow=True)
    assert "1 file is replaced." in text_of(again)
    client.post(f"{address}/files", {"delete": "notes.txt"}, follow=True)
    assert "Delete notes.txt" not in text_of(client.get(address))


def test_a_new_version_begins_with_the_files_of_the_one_before(browser: Any, alice: Any, published: Any) -> None:
    record = published()
    client = browser(alice)
    address = client.post(f"/records/{record.pk}/new-version")["Location"]
    page = text_of(client.get(address))
    assert "data/hits.csv" in page
    assert fields_of(page)["title"] == "Cosmic muons on a balcony"
    done = client.post(address, {**fields_of(page), "version": "2.0", "act": "publish"})
    assert done.status_code == 302, text_of(done)
    old = text_of(browser().get(f"/records/{record.pk}"))
    assert "There is a newer version" in old
    assert "2 versions" in old


def test_the_description_of_a_published_record_is_edited(browser: Any, alice: Any, published: Any) -> None:
    record = published()
    client = browser(alice)
    address = client.post(f"/records/{record.pk}/edit")["Location"]
    values = fields_of(text_of(client.get(address)))
    done = client.post(address, {**values, "title": "Muons, corrected", "act": "publish"})
    assert done.status_code == 302, text_of(done)
    assert "Muons, corrected" in text_of(browser().get(f"/records/{record.pk}"))


def test_what_the_form_does_not_show_is_kept(browser: Any, alice: Any, published: Any) -> None:
    funding = [{"funder": {"name": "ANR"}, "award": {"number": "ANR-23-CE31-0042"}}]
    record = published(metadata={"funding": funding})
    client = browser(alice)
    address = client.post(f"/records/{record.pk}/edit")["Location"]
    client.post(address, {**fields_of(text_of(client.get(address))), "act": "publish"})
    served = browser().get(f"/records/{record.pk}", headers={"Accept": "application/json"}).json()
    assert served["metadata"]["funding"][0]["award"]["number"] == "ANR-23-CE31-0042"
    assert served["metadata"]["additional_titles"]


def test_a_draft_is_deleted_after_asking(draft: tuple[Any, str]) -> None:
    client, address = draft
    assert "Delete this draft?" in text_of(client.get(f"{address}/delete"))
    assert client.post(f"{address}/delete")["Location"] == "/work"
    assert client.get(address).status_code == 404


def test_mallory_sees_and_changes_nothing_of_alices_draft(draft: tuple[Any, str], browser: Any, mallory: Any) -> None:
    _client, address = draft
    number = address.rpartition("/")[2]
    other = browser(mallory)
    assert other.get(address).status_code == 404
    assert other.post(address, {"title": "Mine", "act": "publish"}).status_code == 404
    assert other.post(f"{address}/delete").status_code == 404
    assert other.get(f"/records/{number}", {"preview": "1"}).status_code == 404
    assert other.get(f"/records/{number}/picture.svg", {"draft": "1"}).status_code == 404
    assert other.get(f"/records/{number}/files/README.md", {"draft": "1"}).status_code == 404


def test_alice_previews_her_draft(draft: tuple[Any, str]) -> None:
    client, address = draft
    page = text_of(client.get(f"/records/{address.rpartition('/')[2]}", {"preview": "1"}))
    assert "This is how readers will see it." in page
    assert "hits.csv" in page


def test_a_visitor_is_asked_to_sign_in_and_comes_back(browser: Any, alice: Any) -> None:
    chloe = browser()
    answer = chloe.get("/deposit")
    assert answer["Location"] == "/sign-in?next=%2Fdeposit"


def test_a_forged_form_is_refused(alice: Any, instance: Any) -> None:
    from django.test import Client

    client = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)
    client.force_login(alice)
    answer = client.post("/deposit", {})
    assert answer.status_code == 403
    assert "The form was older than your session" in text_of(answer)
