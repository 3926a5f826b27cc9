"""Files through the API: announced, sent, cut, resumed, listed, read by range; names and types that attack."""

from __future__ import annotations

import hashlib
import io
import os
import re
import socket
import tarfile
import time
from base64 import b64encode
from email.message import Message
from email.parser import BytesParser
from urllib.parse import quote, urlsplit

import pytest

from dop2i.faces.ranges import content_disposition, parse_ranges

BODY = os.urandom(3 * 1024 * 1024 + 5)
SHA = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
def alice(live):
    with live.session("alice@example.org") as session:
        yield session


@pytest.fixture
def chloe(live):
    with live.session() as session:
        yield session


@pytest.fixture
def draft(live, alice) -> str:
    """The address of a new draft of Alice's."""
    made = alice.post(f"{live.url}/api/records", json={"metadata": {"title": "Files"}}).json()
    return f"{live.url}/api/records/{made['id']}/draft"


def problem(answer, status: int) -> dict:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.json()


def test_a_file_is_announced_sent_and_committed(alice, draft) -> None:
    started = alice.post(f"{draft}/files", json=[{"key": "events.bin", "size": len(BODY)}])
    assert started.status_code == 201
    assert started.json()["entries"][0]["status"] == "pending"
    sent = alice.put(f"{draft}/files/events.bin/content", data=BODY)
    assert sent.status_code == 200, sent.text
    assert sent.json()["checksums"]["sha256"] == SHA
    done = alice.post(f"{draft}/files/events.bin/commit").json()
    assert (done["status"], done["size"]) == ("completed", len(BODY))
    assert alice.get(f"{draft}/files/events.bin/content").content == BODY
    problem(alice.put(f"{draft}/files/events.bin/content", data=b"again"), 409)
    assert alice.delete(f"{draft}/files/events.bin").status_code == 204
    problem(alice.get(f"{draft}/files/events.bin"), 404)


def test_names_with_slashes_spaces_and_accents(alice, draft) -> None:
    for key in ("data/x.root", "a b/é #1?.txt", "100%/50%25.csv", "content/commit"):
        alice.post(f"{draft}/files", json=[{"key": key}]).raise_for_status()
        whole = quote(key, safe="")
        plain = quote(key, safe="/")
        sent = alice.put(f"{draft}/files/{whole}/content", data=key.encode())
        assert sent.status_code == 200, sent.text
        alice.post(f"{draft}/files/{plain}/commit").raise_for_status()
        assert alice.get(f"{draft}/files/{plain}").json()["key"] == key
        link = alice.get(f"{draft}/files/{whole}").json()["links"]["content"]
        assert alice.get(link).content == key.encode()


@pytest.mark.parametrize(
    "key",
    ["../etc/passwd", "/absolute", "a//b", "a/../b", "a\\b", "nul\0name", "x" * 300, "", "a/./b", "\u202ecod.exe"],
)
def test_mallory_announces_a_name_that_leaves_its_folder(alice, draft, key) -> None:
    problem(alice.post(f"{draft}/files", json=[{"key": key}]), 400)


@pytest.mark.parametrize(
    "entries",
    [
        {},
        [],
        [7],
        [{"size": 3}],
        [{"key": "a", "size": -1}],
        [{"key": "a", "size": "3"}],
        [{"key": "a", "size": 10**30}],
        [{"key": "a", "checksum": "crc:1"}],
    ],
)
def test_an_announcement_that_is_none_is_refused(alice, draft, entries) -> None:
    problem(alice.post(f"{draft}/files", json=entries), 400)


def test_other_bytes_than_announced_are_refused(alice, draft) -> None:
    alice.post(f"{draft}/files", json=[{"key": "a", "size": 3, "checksum": f"sha256:{SHA}"}]).raise_for_status()
    problem(alice.put(f"{draft}/files/a/content", data=b"abcd"), 400)
    told = problem(alice.put(f"{draft}/files/a/content", data=b"abc"), 400)
    assert told["type"].endswith("checksum-mismatch")
    assert alice.get(f"{draft}/files/a").json()["status"] == "pending"


def test_an_upload_that_is_cut_is_not_kept(live, alice, draft) -> None:
    alice.post(f"{draft}/files", json=[{"key": "cut"}]).raise_for_status()
    parts = urlsplit(draft)
    head = f"PUT {parts.path}/files/cut/content HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: 1000000\r\n"
    head += f"Authorization: Bearer {live.token()}\r\n\r\n"
    with socket.create_connection((parts.hostname, parts.port)) as connection:
        connection.sendall(head.encode() + BODY[:300_000])
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        entry = alice.get(f"{draft}/files/cut").json()
        assert entry["status"] == "pending"
        if alice.put(f"{draft}/files/cut/content", data=b"whole").status_code == 200:
            break
        time.sleep(0.1)
    assert alice.get(f"{draft}/files/cut/content").content == b"whole"


def test_a_chunked_upload_arrives(alice, draft) -> None:
    alice.post(f"{draft}/files", json=[{"key": "chunked"}]).raise_for_status()
    pieces = (BODY[start : start + 100_000] for start in range(0, len(BODY), 100_000))
    assert alice.put(f"{draft}/files/chunked/content", data=pieces).json()["checksums"]["sha256"] == SHA


def test_only_changed_content_travels_into_a_new_version(live, alice) -> None:
    one = live.published({"kept.bin": BODY})
    two = alice.post(f"{live.url}/api/records/{one['id']}/versions").json()
    announced = [{"key": "moved.bin", "size": len(BODY), "checksum": f"sha256:{SHA}"}]
    entry = alice.post(two["links"]["files"], json=announced).json()["entries"][0]
    assert entry["status"] == "completed"


def test_many_small_files_in_one_request(alice, draft) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for number in range(300):
            info = tarfile.TarInfo(f"run/{number:03}.txt")
            content = f"{number}".encode()
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    sent = alice.post(f"{draft}/files-bundle", data=packed.getvalue(), headers={"Content-Type": "application/x-tar"})
    assert sent.status_code == 201, sent.text
    assert len(sent.json()["entries"]) == 300
    page = alice.get(f"{draft}/files", params={"size": 200}).json()
    assert len(page["entries"]) == 200
    rest = alice.get(page["links"]["next"]).json()
    assert [entry["key"] for entry in rest["entries"]][-1] == "run/299.txt"
    folder = alice.get(f"{draft}/folder").json()
    assert (folder["folders"], folder["files"]) == (["run"], [])
    inside = alice.get(f"{draft}/folder", params={"prefix": "run/", "size": 2}).json()
    assert [entry["key"] for entry in inside["files"]] == ["run/000.txt", "run/001.txt"]
    assert alice.get(inside["links"]["next"]).json()["files"][0]["key"] == "run/002.txt"
    problem(alice.post(f"{draft}/files-bundle", data=b"no tar", headers={"Content-Type": "application/x-tar"}), 400)
    problem(alice.post(f"{draft}/files-bundle", data=b"{}", headers={"Content-Type": "application/json"}), 415)


@pytest.fixture(scope="module")
def shown(live) -> str:
    """The address of a published file with the bytes ``BODY``."""
    record = live.published({"data/détecteur.bin": BODY})
    return f"{live.url}/api/records/{record['id']}/files/{quote('data/détecteur.bin')}/content"


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100-199", 100, 200),
        ("bytes=-5", len(BODY) - 5, len(BODY)),
        (f"bytes={len(BODY) - 1}-", len(BODY) - 1, len(BODY)),
        ("bytes=1000000-99999999999", 1_000_000, len(BODY)),
        ("BYTES = 7-8 ", 7, 9),
    ],
)
def test_chloe_reads_a_range(chloe, shown, asked, start, stop) -> None:
    answer = chloe.get(shown, headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(BODY)}"
    assert answer.content == BODY[start:stop]


@pytest.mark.parametrize(
    "asked", ["bytes=5-2", "lines=1-2", "bytes=", "bytes=a-b", "bytes=-", "bytes=0-9" + ",0-9" * 300]
)
def test_a_range_that_means_nothing_is_ignored(chloe, shown, asked) -> None:
    answer = chloe.get(shown, headers={"Range": asked})
    assert answer.status_code == 200
    assert len(answer.content) == len(BODY)


def test_a_range_outside_is_refused(chloe, shown) -> None:
    answer = chloe.get(shown, headers={"Range": f"bytes={len(BODY)}-"})
    problem(answer, 416)
    assert answer.headers["Content-Range"] == f"bytes */{len(BODY)}"


def test_several_ranges_in_one_answer(chloe, shown) -> None:
    answer = chloe.get(shown, headers={"Range": "bytes=0-9, 100-109, -3"})
    assert answer.status_code == 206
    head = f"Content-Type: {answer.headers['Content-Type']}\r\n\r\n".encode()
    message: Message = BytesParser().parsebytes(head + answer.content)
    parts = message.get_payload()
    assert [part["Content-Range"].split("/")[0] for part in parts][:2] == ["bytes 0-9", "bytes 100-109"]
    raw = re.split(rb"\r\n--dop2i[0-9a-f]+(?:--)?\r\n", answer.content)
    assert [piece.partition(b"\r\n\r\n")[2] for piece in raw[1:4]] == [BODY[:10], BODY[100:110], BODY[-3:]]
    assert int(answer.headers["Content-Length"]) == len(answer.content)


def test_conditions(chloe, shown) -> None:
    first = chloe.get(shown)
    tag, modified = first.headers["ETag"], first.headers["Last-Modified"]
    assert tag == f'"{SHA}"'
    assert chloe.get(shown, headers={"If-None-Match": tag}).status_code == 304
    assert chloe.get(shown, headers={"If-None-Match": f'"x", W/{tag}'}).status_code == 304
    assert chloe.get(shown, headers={"If-Modified-Since": modified}).status_code == 304
    assert chloe.get(shown, headers={"If-Match": '"other"'}).status_code == 412
    assert chloe.get(shown, headers={"Range": "bytes=0-3", "If-Range": tag}).status_code == 206
    assert chloe.get(shown, headers={"Range": "bytes=0-3", "If-Range": modified}).status_code == 206
    assert chloe.get(shown, headers={"Range": "bytes=0-3", "If-Range": '"other"'}).status_code == 200
    head = chloe.head(shown, headers={"Range": "bytes=0-3"})
    assert (head.status_code, head.headers["Content-Length"], head.content) == (206, "4", b"")


def test_names_and_digests_in_headers(chloe, shown) -> None:
    headers = chloe.head(shown).headers
    assert headers["Content-Length"] == str(len(BODY))
    assert headers["Content-Disposition"] == (
        "attachment; filename=\"d_tecteur.bin\"; filename*=UTF-8''d%C3%A9tecteur.bin"
    )
    digest = b64encode(bytes.fromhex(SHA)).decode()
    assert headers["Repr-Digest"] == f"sha-256=:{digest}:"
    assert f"sha-256={digest}" in headers["Digest"]
    assert headers["Accept-Ranges"] == "bytes"
    assert 'rel="collection"' in headers["Link"]


@pytest.mark.parametrize("name", ["page.html", "picture.svg", "data.xml", "script.js", "page.xhtml"])
def test_what_mallory_uploads_never_runs_in_our_origin(live, chloe, name) -> None:
    attack = b'<html xmlns="http://www.w3.org/1999/xhtml"><script>alert(document.cookie)</script></html>'
    record = live.published({name: attack}, email="mallory@example.org")
    for address in (f"api/records/{record['id']}/files/{name}/content", f"records/{record['id']}/files/{name}"):
        headers = chloe.get(f"{live.url}/{address}").headers
        assert headers["Content-Disposition"].startswith("attachment"), address
        assert "sandbox" in headers["Content-Security-Policy"], address
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_restricted_files_of_a_public_record(live, alice, chloe) -> None:
    from test_records import MINIMAL

    body = {"metadata": MINIMAL, "access": {"record": "public", "files": "restricted"}}
    made = alice.post(f"{live.url}/api/records", json=body).json()
    base = f"{live.url}/api/records/{made['id']}"
    alice.post(f"{base}/draft/files", json=[{"key": "secret.txt"}]).raise_for_status()
    alice.put(f"{base}/draft/files/secret.txt/content", data=b"top secret").raise_for_status()
    alice.post(f"{base}/draft/files/secret.txt/commit").raise_for_status()
    assert alice.post(f"{base}/draft/actions/publish").status_code == 202
    assert chloe.get(base).status_code == 200
    for address in ("files", "files/secret.txt", "files/secret.txt/content", "files/secret.txt/description", "folder"):
        problem(chloe.get(f"{base}/{address}"), 403)
    assert "secret.txt" not in chloe.get(base).text
    for export in chloe.get(f"{live.url}/api/exports").json():
        assert "secret.txt" not in chloe.get(f"{base}/export/{export['name']}").text
    kept = alice.get(f"{base}/files/secret.txt/content")
    assert kept.content == b"top secret"
    assert "private" in kept.headers["Cache-Control"]


def test_parse_ranges_never_leaves_the_file() -> None:
    assert parse_ranges("bytes=0-", 0) == []
    assert parse_ranges("bytes=-0", 10) == []
    assert parse_ranges("bytes=0-0,1-1", 2) == [(0, 1), (1, 2)]
    assert parse_ranges("bytes=0-99,0-99", 100) is None
    assert parse_ranges("bytes=5-5,50-", 10) == [(5, 6)]


def test_a_name_cannot_break_the_header() -> None:
    assert "\n" not in content_disposition('a"\r\nSet-Cookie: x=1')
    assert content_disposition("plain.txt") == 'attachment; filename="plain.txt"'
