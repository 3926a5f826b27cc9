"""Chloé reads through an nginx that is configured as the documentation says: it sends the files itself."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

import pytest
import requests
from live_server import MINIMAL, free_port, start, stop
from nginx import nginx_before, program

pytestmark = pytest.mark.skipif(program() is None, reason="nginx is not installed: apt-get install nginx-light")

CONTENT = os.urandom(700_000)
NAMES = ("plain.bin", "run 1/50 % of it?.bin", "données/µ#1.root")


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """An instance behind nginx, with a record of one file."""
    folder = tmp_path_factory.mktemp("nginx")
    home, port, behind = folder / "home", free_port(), free_port()
    home.mkdir()
    (home / "dop2i.toml").write_text('trusted_proxies = ["127.0.0.1"]\nx_accel_prefix = "/internal/"\n')
    running = start(home, behind)
    try:
        with nginx_before(home, behind=behind, port=port, folder=folder) as url:
            record = running.published({NAMES[0]: CONTENT})
            yield SimpleNamespace(url=url, live=running, record=record, folder=folder)
    finally:
        stop(running)


def content(proxied: SimpleNamespace, key: str, record: str = "") -> str:
    """The address of a file through nginx."""
    return f"{proxied.url}/api/records/{record or proxied.record['id']}/files/{quote(key)}/content"


def ranged(address: str, wanted: str, **headers: str) -> requests.Response:
    """One range of it."""
    return requests.get(address, headers={"Range": f"bytes={wanted}", **headers}, timeout=20)


def test_chloe_downloads_through_nginx_what_dop2i_would_send(proxied: SimpleNamespace) -> None:
    address = content(proxied, "plain.bin")
    answer = requests.get(address, timeout=20)
    assert answer.status_code == 200
    assert answer.content == CONTENT
    assert answer.headers["Server"].startswith("nginx")
    assert "X-Accel-Redirect" not in answer.headers
    kept = ("ETag", "Content-Type", "Content-Disposition", "X-Content-Type-Options", "Content-Security-Policy")
    kept += ("Access-Control-Allow-Origin", "Repr-Digest", "Digest", "Cache-Control", "Accept-Ranges", "Last-Modified")
    direct = requests.head(address.replace(proxied.url, proxied.live.url), timeout=20)
    assert {name: answer.headers.get(name) for name in kept} == {name: direct.headers.get(name) for name in kept}


def test_ranges_are_those_that_were_asked_for_however_often(proxied: SimpleNamespace) -> None:
    address = content(proxied, "plain.bin")
    with requests.Session() as chloe:
        for start_, stop_ in ((10, 99), (300_000, 300_099), (0, 0), (699_990, 699_999), (5, 400_000)):
            answer = chloe.get(address, headers={"Range": f"bytes={start_}-{stop_}"}, timeout=20)
            assert answer.status_code == 206
            assert answer.headers["Content-Range"] == f"bytes {start_}-{stop_}/{len(CONTENT)}"
            assert answer.content == CONTENT[start_ : stop_ + 1]
    assert ranged(address, "-7").content == CONTENT[-7:]
    assert ranged(address, "700000-").status_code == 416
    parts = ranged(address, "0-9,20-29")
    assert parts.headers["Content-Type"].startswith("multipart/byteranges")
    assert CONTENT[20:30] in parts.content


def test_a_resumed_download_goes_on_only_with_the_same_file(proxied: SimpleNamespace) -> None:
    address = content(proxied, "plain.bin")
    known = requests.head(address, timeout=20).headers["ETag"]
    resumed = ranged(address, "100-199", **{"If-Range": known})
    assert (resumed.status_code, resumed.content) == (206, CONTENT[100:200])
    other = ranged(address, "100-199", **{"If-Range": '"another"'})
    assert (other.status_code, len(other.content)) == (200, len(CONTENT))
    assert requests.get(address, headers={"If-None-Match": known}, timeout=20).status_code == 304


def test_names_of_all_kinds_are_found(proxied: SimpleNamespace) -> None:
    with proxied.live.session("alice@example.org") as alice:
        base = f"{proxied.url}/api/records"
        made = alice.post(base, json={"metadata": MINIMAL}).json()
        draft = f"{base}/{made['id']}/draft"
        for number, name in enumerate(NAMES):
            alice.post(f"{draft}/files", json=[{"key": name}]).raise_for_status()
            alice.put(f"{draft}/files/{quote(name)}/content", data=CONTENT[number:]).raise_for_status()
            alice.post(f"{draft}/files/{quote(name)}/commit").raise_for_status()
        alice.post(f"{draft}/actions/publish").raise_for_status()
    for number, name in enumerate(NAMES):
        assert ranged(content(proxied, name, made["id"]), "0-49").content == CONTENT[number : number + 50]
        assert requests.get(content(proxied, name, made["id"]), timeout=20).content == CONTENT[number:]


def test_mallory_reads_nothing_that_dop2i_does_not_name(proxied: SimpleNamespace) -> None:
    inside = next(path for path in (proxied.live.home / "ocfl").rglob("plain.bin"))
    for path in (inside.relative_to(proxied.live.home), Path("secret_key"), Path("ocfl/../secret_key")):
        prepared = requests.Request("GET", proxied.url).prepare()
        prepared.url = f"{proxied.url}/internal/{path}"
        with requests.Session() as mallory:
            assert mallory.send(prepared, timeout=20).status_code in (400, 404)


def test_restricted_files_stay_so(proxied: SimpleNamespace) -> None:
    with proxied.live.session("alice@example.org") as alice:
        body = {"metadata": MINIMAL, "access": {"record": "public", "files": "restricted"}}
        made = alice.post(f"{proxied.url}/api/records", json=body).json()
        base = f"{proxied.url}/api/records/{made['id']}"
        alice.post(f"{base}/draft/files", json=[{"key": "s.bin"}]).raise_for_status()
        alice.put(f"{base}/draft/files/s.bin/content", data=b"secret").raise_for_status()
        alice.post(f"{base}/draft/files/s.bin/commit").raise_for_status()
        alice.post(f"{base}/draft/actions/publish").raise_for_status()
        for _ in range(3):
            assert alice.get(f"{base}/files/s.bin/content", headers={"Range": "bytes=0-2"}).content == b"sec"
            refused = ranged(f"{base}/files/s.bin/content", "0-2")
            assert refused.status_code in (401, 403)
            assert b"sec" not in refused.content


def test_links_carry_the_address_of_nginx(proxied: SimpleNamespace) -> None:
    document = requests.get(f"{proxied.url}/api/records/{proxied.record['id']}", timeout=20).json()
    assert document["links"]["self"].startswith(proxied.url)
