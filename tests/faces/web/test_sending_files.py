"""What the page asks while it sends thousands of files: what is here, what will come, what was found."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import override

from dop2i.errors import InvalidName
from dop2i.faces.web.said import said
from dop2i.server.files.names import clean_name


@pytest.fixture
def draft(browser: Any, alice: Any) -> tuple[Any, str]:
    """Alice's browser and the address of an empty draft."""
    client = browser(alice)
    return client, client.post("/deposit", {"empty": "1"})["Location"]


def announce(client: Any, address: str, files: list[list[Any]], **headers: str) -> Any:
    return client.post(f"{address}/files/announce", json.dumps(files), content_type="application/json", headers=headers)


def add(client: Any, address: str, *names: str, content: bytes = b"1") -> None:
    number = address.rpartition("/")[2]
    for name in names:
        client.post(f"/api/records/{number}/draft/files", json.dumps([{"key": name}]), content_type="application/json")
        client.put(
            f"/api/records/{number}/draft/files/{name}/content", content, content_type="application/octet-stream"
        )
        client.post(f"/api/records/{number}/draft/files/{name}/commit")


def held(client: Any, address: str) -> dict[str, list[Any]]:
    return {row[0]: row[1:] for row in client.get(f"{address}/files/held").json()["files"]}


def test_what_is_announced_is_awaited_and_refused_names_do_not_stop_the_others(draft: tuple[Any, str]) -> None:
    client, address = draft
    files = [
        ["good.txt", 3, ""],
        ["back\\slash.txt", 3, ""],
        ["GOOD.txt", 3, ""],
        ["../up.txt", 3, ""],
        ["new.txt", 0, ""],
    ]
    answer = announce(client, address, files).json()
    assert [name for name, _ in answer["refused"]] == ["back\\slash.txt", "GOOD.txt", "../up.txt"]
    assert "holds a backslash" in answer["refused"][0][1]
    assert "differ only by case or accents" in answer["refused"][1][1]
    assert held(client, address) == {"good.txt": [3, "", "", 0], "new.txt": [0, "", "", 0]}
    page = client.get(address).content.decode()
    assert "0 of 2 files are here." in page
    assert "not here yet" in page


def test_the_reasons_come_in_french(draft: tuple[Any, str]) -> None:
    client, address = draft
    answer = announce(client, address, [["a\\b", 1, ""]], **{"Accept-Language": "fr"}).json()
    ((name, why),) = answer["refused"]
    assert (name, "contient une barre oblique inverse" in why) == ("a\\b", True)


@pytest.mark.parametrize(
    "name",
    ["a\nb", "a\u2028b", "a\u202eb", "a\udc80b", "a\\b", "x" * 300, "/".join(["y" * 200] * 6), "../x", "/x", "a//b"],
)
def test_every_refused_name_is_told_in_the_language_of_the_page(name: str) -> None:
    with pytest.raises(InvalidName) as refused:
        clean_name(name)
    with override("fr"):
        told = said(refused.value)
    assert told.startswith(("Le nom ", "Une partie du nom ", "Le chemin "))
    assert refused.value.hint == "" or refused.value.hint not in told


def test_what_was_announced_wrongly_is_said(draft: tuple[Any, str]) -> None:
    client, address = draft
    for wrong in ([["a", "1", ""]], [["a", 1]], {"a": 1}, [["a", True, ""]]):
        answer = announce(client, address, wrong)  # type: ignore[arg-type]
        assert answer.status_code == 400
        assert "each as [name, size, sha256]" in answer.json()["detail"]


def test_in_a_new_version_a_file_of_the_one_before_is_whole_at_once(browser: Any, alice: Any, published: Any) -> None:
    record = published()
    client = browser(alice)
    address = client.post(f"/records/{record.pk}/new-version")["Location"]
    before = held(client, address)
    name, (size, sha256, _upload, _offset) = next(iter(before.items()))
    client.post(f"{address}/files", {"delete": name})
    answer = announce(client, address, [["renamed.csv", size, sha256], ["other.csv", 5, "0" * 64]]).json()
    assert answer["whole"] == ["renamed.csv"]
    assert held(client, address)["renamed.csv"][1] == sha256
    assert held(client, address)["other.csv"][1] == ""


def test_an_upload_under_way_is_known_to_its_sender(draft: tuple[Any, str]) -> None:
    client, address = draft
    number = address.rpartition("/")[2]
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "10", "Upload-Metadata": "key YS5iaW4="}
    made = client.generic("POST", f"/api/records/{number}/draft/uploads", headers=headers)
    upload = made["Location"].rpartition("/")[2]
    headers = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0"}
    client.patch(f"/api/uploads/{upload}", b"12345", content_type="application/offset+octet-stream", headers=headers)
    assert held(client, address) == {"a.bin": [10, "", upload, 5]}
    assert client.get(f"{address}/files/held?name=a.bin").json()["files"] == [["a.bin", 10, "", upload, 5]]
    assert client.get(f"{address}/files/held?name=b.bin").json()["files"] == []
    client.post(f"{address}/files", {"delete": "a.bin"})
    gone = client.patch(f"/api/uploads/{upload}", b"67890", content_type="application/offset+octet-stream",
                        headers={"Tus-Resumable": "1.0.0", "Upload-Offset": "5"})  # fmt: skip
    assert gone.status_code == 404


def test_a_folder_is_opened_and_deleted_without_script(draft: tuple[Any, str]) -> None:
    client, address = draft
    add(client, address, "data/raw/a.txt", "data/raw/b.txt", "data/c.txt", "data2.txt", "DATA.txt")
    page = client.get(f"{address}?folder=data/").content.decode()
    assert "raw</bdi>/" in page
    assert ">c.txt</bdi>" in page
    assert "data2.txt" not in page
    answer = client.post(f"{address}/files", {"delete-folder": "data/raw/", "in": "data/"}, follow=True)
    assert answer.redirect_chain[-1][0] == f"{address}?folder=data%2F#files"
    assert "2 files are deleted from this draft." in answer.content.decode()
    client.post(f"{address}/files", {"delete-folder": "data"})
    assert sorted(held(client, address)) == ["DATA.txt", "data2.txt"]
    state = client.get(f"{address}/files/state").json()
    assert (state["files"]["count"], state["files"]["bytes"]) == (2, 2)


def test_a_folder_of_hundreds_is_listed_a_page_at_a_time(draft: tuple[Any, str]) -> None:
    client, address = draft
    announce(client, address, [[f"{n:03}.txt", 1, ""] for n in range(150)])
    page = client.get(address).content.decode()
    assert page.count("data-replace=") == 60
    assert "The next files" in page
    page = client.get(f"{address}?folder=&after=059.txt").content.decode()
    assert "<bdi>060.txt</bdi>" in page
    assert "<bdi>059.txt</bdi>" not in page


def test_what_is_missing_is_given_up_without_script(draft: tuple[Any, str]) -> None:
    client, address = draft
    add(client, address, "here.txt")
    announce(client, address, [["gone.txt", 1, ""], ["lost.txt", 1, ""]])
    assert "1 of 3 files are here." in client.get(address).content.decode()
    answer = client.post(f"{address}/files", {"forget-missing": "1"}, follow=True)
    assert "2 files are no longer expected." in answer.content.decode()
    assert list(held(client, address)) == ["here.txt"]


def test_the_form_replaces_a_file_in_one_step(draft: tuple[Any, str]) -> None:
    client, address = draft
    client.post(f"{address}/files", {"files": [SimpleUploadedFile("notes.txt", b"notes")]})
    answer = client.post(f"{address}/files", {"files": [SimpleUploadedFile("notes.txt", b"other notes")]}, follow=True)
    assert "1 file is replaced." in answer.content.decode()
    assert held(client, address)["notes.txt"][0] == 11
    assert client.get(f"{address}/files/state").json()["files"]["bytes"] == 11


def test_many_are_deleted_at_once_and_one_that_is_gone_is_no_error(draft: tuple[Any, str]) -> None:
    client, address = draft
    add(client, address, "a.txt", "b.txt", "c.txt")
    json_too = {"Accept": "application/json"}
    answer = client.post(f"{address}/files", {"delete": ["a.txt", "b.txt", "never.txt"]}, headers=json_too)
    assert answer.json() == {"removed": 2, "words": "2 files are deleted from this draft."}
    assert client.post(f"{address}/files", {"delete": "a.txt"}, headers=json_too).json()["removed"] == 0
    assert list(held(client, address)) == ["c.txt"]


def test_mallory_and_a_visitor_learn_nothing(draft: tuple[Any, str], browser: Any, mallory: Any) -> None:
    client, address = draft
    add(client, address, "secret name.txt")
    for path in ("held", "state"):
        answer = browser(mallory).get(f"{address}/files/{path}")
        assert answer.status_code == 404
        assert "secret" not in answer.content.decode()
        assert browser().get(f"{address}/files/{path}")["Location"].startswith("/sign-in?next=")
    assert announce(browser(mallory), address, [["a", 1, ""]]).status_code == 404
    assert browser(mallory).post(f"{address}/files", {"delete-folder": "x"}).status_code == 404


def test_the_state_brings_a_fresh_token_and_what_was_found(draft: tuple[Any, str]) -> None:
    client, address = draft
    add(client, address, "a.txt")
    state = client.get(f"{address}/files/state?read=0").json()
    assert state["csrf"]
    assert (state["open"], state["writes"]) == (True, True)
    assert state["read"] == {"described": 0, "waiting": 1, "unreadable": 0, "formats": []}
    assert "fields" not in state
    assert "fields" in client.get(f"{address}/files/state?read=5").json()
