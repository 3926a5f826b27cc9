"""Resumable uploads by tus 1.0, by hand and by a client that we did not write."""

from __future__ import annotations

import hashlib
import io
import os
from base64 import b64encode

import pytest

BODY = os.urandom(2_500_000)
SHA = hashlib.sha256(BODY).hexdigest()
TUS = {"Tus-Resumable": "1.0.0"}
PART = {**TUS, "Content-Type": "application/offset+octet-stream"}


def metadata(**values: str) -> str:
    return ",".join(f"{name} {b64encode(value.encode()).decode()}" for name, value in values.items())


@pytest.fixture
def alice(live):
    with live.session("alice@example.org") as session:
        yield session


@pytest.fixture
def draft(live, alice) -> dict:
    return alice.post(f"{live.url}/api/records", json={"metadata": {"title": "Tus"}}).json()


@pytest.fixture
def begun(live, alice, draft) -> str:
    headers = {**TUS, "Upload-Length": str(len(BODY)), "Upload-Metadata": metadata(record=draft["id"], key="a/b.bin")}
    answer = alice.post(f"{live.url}/api/uploads", headers=headers)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Upload-Offset"] == "0"
    assert "Upload-Expires" in answer.headers
    return answer.headers["Location"]


def test_the_server_says_what_it_can_do(live, alice) -> None:
    answer = alice.options(f"{live.url}/api/uploads")
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert "creation" in answer.headers["Tus-Extension"].split(",")


def test_an_upload_in_parts_is_a_file(live, alice, draft, begun) -> None:
    sent = alice.patch(begun, data=BODY[:1_000_000], headers={**PART, "Upload-Offset": "0"})
    assert (sent.status_code, sent.headers["Upload-Offset"]) == (204, "1000000")
    state = alice.head(begun, headers=TUS)
    assert (state.headers["Upload-Offset"], state.headers["Upload-Length"]) == ("1000000", str(len(BODY)))
    assert state.headers["Cache-Control"] == "no-store"
    again = alice.patch(begun, data=BODY[:10], headers={**PART, "Upload-Offset": "0"})
    assert again.status_code == 409
    rest = alice.patch(begun, data=BODY[1_000_000:], headers={**PART, "Upload-Offset": "1000000"})
    assert rest.headers["Upload-Offset"] == str(len(BODY))
    entry = alice.get(f"{live.url}/api/records/{draft['id']}/draft/files/a/b.bin").json()
    assert (entry["status"], entry["checksums"]["sha256"]) == ("completed", SHA)


def test_bytes_may_come_with_the_creation(live, alice, draft) -> None:
    headers = {**PART, "Upload-Length": "5", "Upload-Metadata": metadata(key="small")}
    answer = alice.post(f"{live.url}/api/records/{draft['id']}/draft/uploads", data=b"hello", headers=headers)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, "5")
    assert alice.get(f"{live.url}/api/records/{draft['id']}/draft/files/small/content").content == b"hello"


def test_a_part_with_a_wrong_checksum_is_not_kept(alice, begun) -> None:
    wrong = b64encode(hashlib.sha256(b"other").digest()).decode()
    answer = alice.patch(
        begun, data=BODY[:1000], headers={**PART, "Upload-Offset": "0", "Upload-Checksum": f"sha256 {wrong}"}
    )
    assert answer.status_code == 460
    assert alice.head(begun, headers=TUS).headers["Upload-Offset"] == "0"
    right = b64encode(hashlib.sha1(BODY[:1000]).digest()).decode()
    answer = alice.patch(
        begun, data=BODY[:1000], headers={**PART, "Upload-Offset": "0", "Upload-Checksum": f"sha1 {right}"}
    )
    assert answer.status_code == 204
    unknown = {**PART, "Upload-Offset": "1000", "Upload-Checksum": "crc32 AAAA"}
    assert alice.patch(begun, data=b"x", headers=unknown).status_code == 400


def test_a_whole_file_with_a_wrong_checksum_is_refused(live, alice, draft) -> None:
    said = metadata(record=draft["id"], key="x", checksum=f"sha256:{SHA}")
    begun = alice.post(f"{live.url}/api/uploads", headers={**TUS, "Upload-Length": "5", "Upload-Metadata": said})
    answer = alice.patch(begun.headers["Location"], data=b"wrong", headers={**PART, "Upload-Offset": "0"})
    assert answer.status_code == 460


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Tus-Resumable": "0.2.2", "Upload-Length": "5"}, 412),
        ({"Upload-Length": "5"}, 412),
        (TUS, 400),
        ({**TUS, "Upload-Length": "-1"}, 400),
        ({**TUS, "Upload-Length": "9" * 40}, 400),
        ({**TUS, "Upload-Length": "5", "Upload-Metadata": "key ?"}, 400),
        ({**TUS, "Upload-Length": "5", "Upload-Metadata": metadata(record="1")}, 400),
        ({**TUS, "Upload-Length": "5", "Upload-Metadata": metadata(record="999999", key="a")}, 404),
        ({**TUS, "Upload-Length": "5", "Upload-Metadata": metadata(record="0x1", key="a")}, 400),
    ],
)
def test_a_creation_that_is_none_is_refused(live, alice, headers, status) -> None:
    answer = alice.post(f"{live.url}/api/uploads", headers=headers)
    assert answer.status_code == status, answer.text
    if status == 412:
        assert answer.headers["Tus-Version"] == "1.0.0"


def test_a_name_that_leaves_its_folder_is_refused(live, alice, draft) -> None:
    said = metadata(record=draft["id"], key="../x")
    answer = alice.post(f"{live.url}/api/uploads", headers={**TUS, "Upload-Length": "5", "Upload-Metadata": said})
    assert answer.status_code == 400


def test_another_media_type_is_refused(alice, begun) -> None:
    answer = alice.patch(begun, data=b"x", headers={**TUS, "Upload-Offset": "0", "Content-Type": "text/plain"})
    assert answer.status_code == 415


def test_more_bytes_than_announced_are_refused(live, alice, draft) -> None:
    said = metadata(record=draft["id"], key="short")
    begun = alice.post(f"{live.url}/api/uploads", headers={**TUS, "Upload-Length": "5", "Upload-Metadata": said})
    answer = alice.patch(begun.headers["Location"], data=b"123456", headers={**PART, "Upload-Offset": "0"})
    assert answer.status_code == 400


def test_alice_gives_up_and_mallory_may_not(live, alice, begun) -> None:
    with live.session("mallory@example.org") as mallory:
        assert mallory.head(begun, headers=TUS).status_code == 404
        assert mallory.patch(begun, data=b"x", headers={**PART, "Upload-Offset": "0"}).status_code == 404
        assert mallory.delete(begun, headers=TUS).status_code == 404
    assert alice.delete(begun, headers=TUS).status_code == 204
    assert alice.head(begun, headers=TUS).status_code == 404


@pytest.mark.outside
def test_tuspy_uploads_and_resumes(live, alice, draft) -> None:
    client_module = pytest.importorskip("tusclient.client")
    client = client_module.TusClient(
        f"{live.url}/api/uploads", headers={"Authorization": f"Bearer {live.token('alice@example.org')}"}
    )
    said = {"record": draft["id"], "key": "strain.hdf5"}
    first = client.uploader(file_stream=io.BytesIO(BODY), chunk_size=600_000, metadata=said, upload_checksum=False)
    first.upload_chunk()
    first.upload_chunk()
    later = client.uploader(file_stream=io.BytesIO(BODY), chunk_size=700_000, url=first.url)
    assert later.get_offset() == 1_200_000
    later.offset = later.get_offset()
    later.upload()
    entry = alice.get(f"{live.url}/api/records/{draft['id']}/draft/files/strain.hdf5").json()
    assert (entry["status"], entry["checksums"]["sha256"]) == ("completed", SHA)
