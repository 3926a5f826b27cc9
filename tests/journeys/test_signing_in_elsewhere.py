"""Alice signs in with OpenID providers that we did not write, in a real browser; Bruno adds a second factor."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from live_server import PASSWORD, Live, free_port, start, stop
from openid_providers import Certified, certified

pytestmark = [pytest.mark.browser, pytest.mark.outside, pytest.mark.slow(45)]

ATLAS = "urn:geant:example.org:group:atlas:production:role=manager#aai.example.org"
SETTINGS = """
title = "Open data of the laboratory"

[[sign_in]]
name = "aai"
title = "The federation"
issuer = "{aai}"
client_id = "dop2i"
client_secret = "a secret of the tests"
scopes = ["openid", "profile", "email", "groups", "offline_access"]
trust_email = true

[[sign_in]]
name = "orcid"
title = "ORCID"
issuer = "{orcid}"
client_id = "dop2i"
client_secret = "a secret of the tests"
scopes = ["openid", "profile"]
claims = {{ orcid = "orcid" }}

[[rules]]
claim = "eduperson_entitlement"
match = "urn:geant:example.org:group:atlas"
gives = ["group:atlas"]

[[rules]]
claim = "wlcg.groups"
match = "/dop2i/stewards"
gives = ["role:steward"]
"""
_RUN_JOBS = """
import sys
from dop2i.server.instance import configure
configure(sys.argv[1])
from datetime import timedelta
from django.utils import timezone
from allauth.socialaccount.models import SocialAccount
from dop2i.server.jobs.worker import run_worker
old = (timezone.now() - timedelta(hours=1)).isoformat()
for account in SocialAccount.objects.all():
    account.extra_data = {**account.extra_data, "checked": old}
    account.save()
run_worker(once=True)
"""


@dataclass
class Site:
    """A server with two providers."""

    live: Live
    aai: Certified
    orcid: Certified

    @property
    def url(self) -> str:
        """By name, as passkeys want it."""
        return self.live.url.replace("127.0.0.1", "localhost")

    def an_hour_passes(self) -> None:
        """The worker's tasks run as they do an hour later."""
        subprocess.run([sys.executable, "-c", _RUN_JOBS, str(self.live.home)], check=True, timeout=120)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, npm_packages: Path) -> Iterator[Site]:
    """The server, and two certified providers at the same time."""
    if shutil.which("node") is None or not (npm_packages / "oidc-provider").is_dir():
        pytest.skip("npm oidc-provider is not there: ./test fetches it (node and npm are needed)")
    folder = tmp_path_factory.mktemp("sign-in")
    port = free_port()
    back = f"http://localhost:{port}/sign-in/with"
    with ExitStack() as stack:
        aai, orcid = (
            stack.enter_context(
                certified(folder / name, port=free_port(), modules=npm_packages, redirects=[f"{back}/{name}/answer"])
            )
            for name in ("aai", "orcid")
        )
        home = folder / "home"
        home.mkdir()
        (home / "dop2i.toml").write_text(SETTINGS.format(aai=aai.issuer, orcid=orcid.issuer))
        live = start(home, port)
        stack.callback(stop, live)
        yield Site(live=live, aai=aai, orcid=orcid)


@pytest.fixture
def browser(engine: Any, site: Site) -> Iterator[Callable[..., Any]]:
    """Opens a page with cookies of its own."""
    contexts = []

    def make(*, language: str = "en", script: bool = True) -> Any:
        context = engine.new_context(base_url=site.url, locale=language, java_script_enabled=script)
        contexts.append(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()


def at_the_provider(page: Any, login: str) -> None:
    """What a person does on the provider's own pages: signs in when asked, and agrees."""
    if page.locator("input[name=login]").count():
        page.fill("input[name=login]", login)
        page.fill("input[name=password]", "any")
        page.click("button[type=submit]")
    if "/interaction/" in page.url:
        page.click("button[type=submit]")


def signs_in(page: Any, login: str, *, button: str) -> None:
    page.goto("/sign-in")
    page.get_by_role("link", name=button).click()
    at_the_provider(page, login)


def groups_and_roles(site: Site, email: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "dop2i.faces.cli.main", "person", "show", email, "--json", "--home"]
    done = subprocess.run([*command, str(site.live.home)], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return {"groups": [group["name"] for group in found["groups"]], "roles": found["roles"]}


def test_alice_signs_in_with_the_federation_and_has_its_groups(site: Site, browser: Any) -> None:
    person = {"name": "Alice Martin", "email": "alice@lab.example.org", "email_verified": True}
    site.aai.vouch("alice", **person, eduperson_entitlement=[ATLAS], **{"wlcg.groups": ["/dop2i/stewards"]})
    page = browser(script=False)
    signs_in(page, "alice", button="Sign in with The federation")
    page.wait_for_url("**/work")
    assert page.get_by_role("link", name="Alice Martin").is_visible()
    held = groups_and_roles(site, "alice@lab.example.org")
    assert held == {"groups": ["atlas"], "roles": ["steward"]}

    # removed upstream, removed here within the hour
    site.aai.vouch("alice", **person, eduperson_entitlement=[], groups=[])
    site.an_hour_passes()
    assert groups_and_roles(site, "alice@lab.example.org") == {"groups": [], "roles": []}

    # and given again at the next sign-in
    site.aai.vouch("alice", **person, eduperson_entitlement=[ATLAS])
    page.get_by_role("button", name="Sign out").click()
    signs_in(page, "alice", button="Sign in with The federation")
    page.wait_for_url("**/work")
    assert groups_and_roles(site, "alice@lab.example.org")["groups"] == ["atlas"]

    # leaving here, she is told that the provider's own session goes on, and ends it
    page.get_by_role("button", name="Sign out").click()
    assert "You are signed out here." in page.content()
    page.get_by_role("link", name="Sign out of The federation").click()
    page.get_by_role("button", name="Yes, sign me out").click()
    page.get_by_text("Sign-out Success").wait_for()

    # who leaves the federation altogether keeps nothing of it
    site.aai.forget("alice")
    site.an_hour_passes()
    assert groups_and_roles(site, "alice@lab.example.org") == {"groups": [], "roles": []}


def test_chloe_of_orcid_gives_her_address_and_links_the_federation(site: Site, browser: Any) -> None:
    site.orcid.vouch("chloe", name="Chloé Durand", orcid="https://orcid.org/0000-0002-1825-0097")
    site.aai.vouch("chloe-at-work", name="Chloé Durand", email="chloe@lab.example.org", email_verified=True)
    page = browser()
    signs_in(page, "chloe", button="Sign in with ORCID")
    page.wait_for_url("**/sign-in/new")
    page.fill("#email", "chloe@home.example.org")
    page.click("main button")
    page.wait_for_url("**/work")
    page.goto("/profile")
    assert page.input_value("#orcid") == "0000-0002-1825-0097"
    page.goto("/profile/signing-in")
    page.get_by_role("link", name="Add The federation").click()
    at_the_provider(page, "chloe-at-work")
    page.wait_for_url("**/profile/signing-in")
    assert page.get_by_text("The federation now opens your account.").is_visible()

    # the linked identity opens the same account
    page.get_by_role("button", name="Sign out", exact=True).click()
    signs_in(page, "chloe-at-work", button="Sign in with The federation")
    page.wait_for_url("**/work")
    page.goto("/profile")
    assert page.input_value("#orcid") == "0000-0002-1825-0097"

    # one may go, the last may not
    page.goto("/profile/signing-in")
    page.get_by_role("button", name="Remove The federation").click()
    assert page.get_by_text("Removed.", exact=False).first.is_visible()
    page.get_by_role("button", name="Remove ORCID").click()
    assert page.get_by_text("This is your only way to sign in.", exact=False).is_visible()

    # somebody else with the same ORCID iD is told what to do
    site.aai.vouch("twin", name="Twin", email="twin@lab.example.org")
    site.orcid.vouch("twin", name="Twin", orcid="0000-0002-1825-0097")
    other = browser()
    signs_in(other, "twin", button="Sign in with ORCID")
    assert other.get_by_role("alert").get_by_text("carries this ORCID iD", exact=False).is_visible()


def test_bruno_adds_a_passkey_and_an_application(site: Site, browser: Any) -> None:
    site.live.token("bruno@example.org")
    page = browser()
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    authenticator = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": {**authenticator, "isUserVerified": True, "automaticPresenceSimulation": True}},
    )

    def by_password() -> None:
        page.goto("/sign-in")
        page.fill("#email", "bruno@example.org")
        page.fill("#password", PASSWORD)
        page.locator("form.ask button").click()

    by_password()
    page.wait_for_url("**/work")
    page.goto("/profile/signing-in/passkey")
    page.fill("#name", "Bruno’s telephone")
    page.get_by_role("button", name="Make the passkey").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    codes = page.locator(".codes li").all_text_contents()
    assert len(codes) == 10

    # the passkey alone signs in
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/work")

    # the password asks for a second step: a recovery code, which is good once
    for expected in ("**/work", "**/sign-in/second-step"):
        page.get_by_role("button", name="Sign out", exact=True).click()
        by_password()
        page.wait_for_url("**/sign-in/second-step")
        page.fill("#code", codes[0])
        page.get_by_role("button", name="Confirm", exact=True).click()
        page.wait_for_url(expected)
    page.get_by_role("button", name="Confirm with a passkey").click()
    page.wait_for_url("**/work")

    # an application: the key that the page shows gives the code
    page.goto("/profile/signing-in/application")
    secret = page.input_value("#secret")
    page.fill("#code", _code(secret))
    page.get_by_role("button", name="Add the application").click()
    page.wait_for_url("**/profile/signing-in")
    assert page.get_by_role("rowheader", name="Authenticator application").is_visible()
    page.get_by_role("button", name="Remove: Passkey Bruno’s telephone").click()
    assert page.get_by_role("rowheader", name="Passkey").count() == 0


def _code(secret: str) -> str:
    """The code of RFC 6238 that an authenticator application shows now."""
    import base64
    import hashlib
    import hmac
    import struct
    import time

    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    start_at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start_at : start_at + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"
