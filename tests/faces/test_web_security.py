"""What every answer carries, what every form asks, what no log and no connection of ours does."""

from __future__ import annotations

import ast
import json
import logging
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import requests
from access_routes import routes
from access_world import STATES, World, undone
from live_server import PASSWORD, free_port, start, stop

from dop2i.faces.middleware import POLICY
from dop2i.server.logs import NoSecrets, OneLine

SOURCE = Path(__file__).parents[2] / "src" / "dop2i"
PUBLIC = 'public_url = "https://data.example.org"\ntrusted_proxies = ["127.0.0.1"]\n'
pytestmark = pytest.mark.slow(25)

BY_PROXY = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "data.example.org", "X-Forwarded-For": "192.0.2.7"}


class Inline(HTMLParser):
    """What a page does that its content policy would have to allow: styles, handlers and scripts inside it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        if tag == "style" or "style" in names or any(name.startswith("on") for name in names):
            self.found.append(f"<{tag} {dict(attrs)}>")
        data = tag == "script" and dict(attrs).get("type") in ("application/ld+json", "application/json")
        if tag == "script" and "src" not in names and not data:
            self.found.append("<script> inside the page")
        if any((value or "").strip().lower().startswith("javascript:") for _, value in attrs):
            self.found.append(f"<{tag}> with javascript:")


def test_every_answer_is_strict_and_no_page_needs_more(world: World) -> None:
    wrong = []
    for route in routes():
        if route.method != "GET":
            continue
        for state in STATES if route.of_a_record else STATES[:1]:
            address = route.address({**world.values, **world.values_of(route, state)})
            for actor in ("anonymous", "owner", "administrator"):
                with undone():
                    answer = world.client(actor, by_token=route.face == "api").get(address)
                    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
                policy = answer.headers.get("Content-Security-Policy", "")
                if "unsafe" in policy or "default-src 'none'" not in policy:
                    wrong.append(f"{address}: the policy is {policy!r}")
                if answer.headers.get("X-Content-Type-Options") != "nosniff":
                    wrong.append(f"{address}: may be sniffed")
                if answer.headers.get("Content-Type", "").startswith("text/html"):
                    page = Inline()
                    page.feed(content.decode())
                    wrong += [f"{address} ({actor}): {inline}" for inline in page.found]
    assert not wrong, "\n".join(sorted(set(wrong)))


def test_the_policy_lets_nothing_in_from_elsewhere() -> None:
    rules = dict(rule.strip().split(" ", 1) for rule in POLICY.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == "'self'"
    assert rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert "unsafe" not in POLICY
    assert "data:" not in rules["script-src"]


def test_no_form_is_taken_from_another_site(world: World) -> None:
    """Mallory's page sends every form of ours from the browser in which the administrator is signed in."""
    from django.test import Client

    browser = Client(SERVER_NAME="localhost", enforce_csrf_checks=True, raise_request_exception=False)
    browser.cookies = world.client("administrator", by_token=False).cookies
    taken = []
    for route in routes():
        if route.method in ("GET", "HEAD", "OPTIONS"):
            continue
        address = route.address({**world.values, **world.values_of(route, "public")})
        with undone():
            answer = browser.generic(
                route.method,
                address,
                b"{}",
                content_type="application/json",
                headers={"Origin": "https://evil.example"},
            )
        # an address that has no such method, or changes nothing whoever asks, needs no sign
        harmless = answer.status_code in (403, 405) or route.face == "protocols" or route.name == "web:asset POST"
        if not harmless:
            taken.append(f"{route.name}: {answer.status_code}")
    assert not taken, taken


def test_signing_in_begins_a_new_session(instance: Any) -> None:
    """Mallory gives Alice a session to sign in with; it stays a visitor's."""
    from django.test import Client

    from dop2i.server.people.actions import add_person

    add_person(email="alice@example.org", name="Alice", password=PASSWORD)
    mallory, alice = Client(SERVER_NAME="localhost"), Client(SERVER_NAME="localhost")
    session = mallory.session
    session["planted"] = "yes"
    session.save()
    mallory.cookies["dop2i_session"] = session.session_key
    alice.cookies["dop2i_session"] = session.session_key
    assert alice.post("/sign-in", {"email": "alice@example.org", "password": PASSWORD}).status_code == 302
    assert alice.cookies["dop2i_session"].value != session.session_key
    assert mallory.get("/work").status_code == 302
    assert alice.get("/work").status_code == 200
    key = alice.cookies["dop2i_session"].value
    alice.post("/sign-out")
    stolen = Client(SERVER_NAME="localhost")
    stolen.cookies["dop2i_session"] = key
    assert stolen.get("/work").status_code == 302


@pytest.fixture(scope="module")
def behind_tls(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server with a public address, behind a proxy that speaks TLS."""
    home = tmp_path_factory.mktemp("tls") / "home"
    home.mkdir()
    (home / "dop2i.toml").write_text(PUBLIC)
    running = start(home, free_port())
    yield running
    stop(running)


def test_cookies_and_hsts_behind_a_proxy(behind_tls: Any) -> None:
    behind_tls.token("alice@example.org")
    page = requests.get(f"{behind_tls.url}/sign-in", headers=BY_PROXY, timeout=10)
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000"
    sign = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert sign is not None
    csrf = page.headers["Set-Cookie"].partition(";")[0]
    answer = requests.post(
        f"{behind_tls.url}/sign-in",
        data={"email": "alice@example.org", "password": PASSWORD, "csrfmiddlewaretoken": sign.group(1)},
        headers={**BY_PROXY, "Cookie": csrf, "Referer": "https://data.example.org/sign-in"},
        allow_redirects=False,
        timeout=10,
    )
    assert answer.status_code == 302, answer.text[:500]
    cookies = [*page.raw.headers.getlist("Set-Cookie"), *answer.raw.headers.getlist("Set-Cookie")]
    assert {cookie.partition("=")[0] for cookie in cookies} >= {"__Host-dop2i_session", "__Host-dop2i_csrf"}
    for cookie in cookies:
        facts = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"secure", "httponly", "path=/", "samesite=lax"} <= facts, cookie
        assert not any(fact.startswith("domain") for fact in facts)


def test_what_is_too_large_is_refused(behind_tls: Any) -> None:
    url = behind_tls.url
    long_header = requests.get(f"{url}/", headers={**BY_PROXY, "X-Long": "x" * 20_000}, timeout=10)
    assert long_header.status_code in (400, 431)
    many = requests.get(f"{url}/", headers={f"X-{n}": "x" for n in range(200)}, timeout=10)
    assert many.status_code in (400, 431)
    assert requests.get(f"{url}/{'x' * 9000}", headers=BY_PROXY, timeout=10).status_code in (400, 414)
    head = {**BY_PROXY, "Referer": "https://data.example.org/sign-in", "Cookie": "__Host-dop2i_csrf=" + "a" * 32}
    form = {"csrfmiddlewaretoken": "a" * 32, "email": "a" * (33 << 20)}
    assert requests.post(f"{url}/sign-in", data=form, headers=head, timeout=30).status_code in (400, 413)
    fields = {f"f{n}": "x" for n in range(10_100)} | {"csrfmiddlewaretoken": "a" * 32}
    assert requests.post(f"{url}/sign-in", data=fields, headers=head, timeout=30).status_code in (400, 413)
    token = behind_tls.token("alice@example.org")
    body = json.dumps({"metadata": {"title": "x" * (5 << 20)}})
    headers = {**BY_PROXY, "Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    assert requests.post(f"{url}/api/records", data=body, headers=headers, timeout=30).status_code == 413
    deep = "[" * 100_000 + "]" * 100_000
    assert requests.post(f"{url}/api/records", data=deep, headers=headers, timeout=30).status_code == 400


def test_nobody_writes_a_line_of_our_log(behind_tls: Any) -> None:
    token = behind_tls.token("alice@example.org")
    forged = "2026-01-01 00:00:00,000 WARNING dop2i: forged"
    for path in (f"/records/1%0a{forged}", f"/api/records/x%0d%0a{forged}", f"/sign-in%e2%80%a8{forged}", "/%1b[2J"):
        requests.get(f"{behind_tls.url}{path}", headers=BY_PROXY, timeout=10)
        requests.post(f"{behind_tls.url}{path}", headers={**BY_PROXY, "User-Agent": f"x\\n{forged}"}, timeout=10)
    requests.get(f"{behind_tls.url}/api/records?access_token={token}", headers=BY_PROXY, timeout=10)
    log = behind_tls.log.read_text(encoding="utf-8", errors="replace")
    assert not [line for line in log.splitlines() if line.startswith(forged)]
    assert "\x1b" not in log
    assert token not in log


def test_what_would_begin_a_line_is_written_out() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "no file %r, %s", ("a\nb", "a\r\n\x1b[31m\u2028\u202ez"), None)
    assert OneLine().filter(record)
    assert NoSecrets().filter(record)
    assert record.getMessage() == r"no file 'a\nb', a\r\n\x1b[31m\u2028\u202ez"


@pytest.mark.parametrize("settings", ["", PUBLIC], ids=["at home", "behind TLS"])
def test_django_finds_nothing_to_say_about_the_deployment(tmp_path: Path, settings: str) -> None:
    from dop2i.server.instance import make_folders

    make_folders(tmp_path / "home")
    (tmp_path / "home" / "dop2i.toml").write_text(settings)
    # the tests' own DJANGO_ALLOW_ASYNC_UNSAFE is for Playwright, and no part of a deployment
    ours = ("DOP2I_", "DJANGO_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "django", "check", "--deploy", "--fail-level", "INFO"],
        env={**environment, "DOP2I_HOME": str(tmp_path / "home"), "DJANGO_SETTINGS_MODULE": "dop2i.server.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no issues" in done.stdout


CONNECTS = {"requests", "urllib.request", "urllib3", "http.client", "httpx", "aiohttp", "fsspec", "smtplib", "ftplib"}
CONNECTING = {
    "server/fetching.py": "sources that an operator names; each connection's address is checked",
    "server/identifiers/providers/datacite.py": "the address in [datacite]; never follows a redirection",
    "server/people/openid.py": "the issuers in [[sign_in]]; never follows a redirection",
    "server/people/adapters.py": "the session of openid.py: bounded, never follows a redirection",
    "server/notifications/sending.py": "the mail server in [mail]",
}
"""Every module of the server that opens a connection, and why no visitor chooses where to."""


def test_only_these_modules_of_the_server_reach_out() -> None:
    found = set()
    for path in [*(SOURCE / "server").rglob("*.py"), *(SOURCE / "faces").rglob("*.py")]:
        name = path.relative_to(SOURCE).as_posix()
        if name.startswith("faces/cli/"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name_ == one or name_.startswith(f"{one}.") for name_ in names for one in CONNECTS):
                found.add(name)
            if any(one.startswith("dop2i.stores.http") or one.startswith("dop2i.client") for one in names):
                found.add(name)
    assert found <= set(CONNECTING), f"who chooses where these connect to? {found - set(CONNECTING)}"


INSIDE = """
    127.0.0.1 10.0.0.1 192.168.1.1 169.254.169.254 0.0.0.0 ::1 ::ffff:127.0.0.1 fd00::1 fe80::1 64:ff9b::a9fe:a9fe
    2002:7f00:1:: 100.64.0.1 224.0.0.1 255.255.255.255
"""


@pytest.mark.parametrize("address", INSIDE.split())
def test_a_source_is_never_on_the_inside(address: str) -> None:
    from dop2i.server.fetching import Reach, is_public

    assert not is_public(address)
    assert not Reach().allows("innocent.example", address)
