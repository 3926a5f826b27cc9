"""OpenID providers on loopback for the tests of signing in: a certified one (npm oidc-provider), and a hostile one.

The hostile one signs with a key of its own and gives whatever answer the test wants: forged, expired, for somebody
else. What it says is set between requests through the object that the test holds.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import time
import urllib.parse
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests

HERE = Path(__file__).parent


@dataclass
class Certified:
    """A running ``oidc-provider``: its issuer's address, and the people it vouches for."""

    issuer: str
    settings: Path

    def vouch(self, login: str, **claims: Any) -> None:
        """From now on the provider says this of ``login``."""
        document = json.loads(self.settings.read_text())
        document["people"][login] = claims
        self.settings.write_text(json.dumps(document))

    def forget(self, login: str) -> None:
        """From now on the provider knows nobody of that name."""
        document = json.loads(self.settings.read_text())
        document["people"].pop(login)
        self.settings.write_text(json.dumps(document))


@contextmanager
def certified(folder: Path, *, port: int, modules: Path, redirects: list[str]) -> Iterator[Certified]:
    """Starts the provider; raises ``FileNotFoundError`` where node is not installed."""
    node = shutil.which("node")
    if node is None:
        raise FileNotFoundError("node")
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder / "provider.json"
    client = {"client_id": "dop2i", "client_secret": "a secret of the tests", "redirect_uris": redirects}
    settings.write_text(json.dumps({**client, "people": {}}))
    command = [node, str(HERE / "openid_provider.mjs"), str(port), str(modules), str(settings)]
    with (folder / "provider.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            issuer = f"http://127.0.0.1:{port}"
            _wait(issuer, process, folder / "provider.log")
            yield Certified(issuer=issuer, settings=settings)
        finally:
            process.terminate()
            process.wait(20)


def _wait(issuer: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(f"{issuer}/.well-known/openid-configuration", timeout=2).ok:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise RuntimeError(f"The provider did not start:\n{log.read_text()[-2000:]}")


def _unpadded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Hostile:
    """A provider that may lie. ``change`` gets the honest claims and header of an ID token and changes them."""

    issuer: str = ""
    subject: str = "mallory"
    claims: dict[str, Any] = field(default_factory=dict)
    user_info: dict[str, Any] = field(default_factory=dict)
    description: dict[str, Any] = field(default_factory=dict)
    change: Callable[[dict[str, Any], dict[str, Any]], None] = lambda claims, header: None
    make_token: Callable[[dict[str, Any], dict[str, Any]], str] | None = None
    refresh_token: str = ""
    refuse: int = 0
    bare_keys: bool = False
    asked: list[str] = field(default_factory=list)
    nonces: dict[str, str] = field(default_factory=dict)
    challenges: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        from cryptography.hazmat.primitives.asymmetric import rsa

        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.other_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def signed(self, claims: dict[str, Any], header: dict[str, Any], *, key: Any = None) -> str:
        """An ID token signed with the provider's key (or another)."""
        import jwt

        return jwt.encode(claims, key or self.key, algorithm="RS256", headers=header)

    def id_token(self, nonce: str) -> str:
        """The ID token that this provider gives now."""
        now = int(time.time())
        honest = {"iss": self.issuer, "sub": self.subject, "aud": "dop2i", "iat": now, "exp": now + 300}
        claims, header = {**honest, "nonce": nonce, **self.claims}, {"kid": "one"}
        self.change(claims, header)
        return self.make_token(claims, header) if self.make_token else self.signed(claims, header)

    def keys(self) -> dict[str, Any]:
        """The published keys: only the first."""
        import jwt

        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [{**public, "kid": "one", "use": "sig", **({} if self.bare_keys else {"alg": "RS256"})}]}

    def reset(self) -> None:
        """Honest again."""
        fresh = Hostile(issuer=self.issuer)
        for name in (
            "claims",
            "user_info",
            "description",
            "change",
            "make_token",
            "refresh_token",
            "refuse",
            "bare_keys",
        ):
            setattr(self, name, getattr(fresh, name))
        self.subject = "mallory"
        self.asked.clear()


class _Handler(BaseHTTPRequestHandler):
    provider: Hostile

    def log_message(self, *_: Any) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        """Discovery, keys, authorization, user info."""
        parts = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(parts.query))
        self.provider.asked.append(parts.path)
        if self.provider.refuse:
            self.answer(self.provider.refuse, {"error": "temporarily_unavailable"})
        elif parts.path == "/.well-known/openid-configuration":
            self.answer(200, self.described())
        elif parts.path == "/keys":
            self.answer(200, self.provider.keys())
        elif parts.path == "/authorize":
            code = f"code-{len(self.provider.nonces)}"
            self.provider.nonces[code] = query["nonce"]
            self.provider.challenges[code] = query["code_challenge"]
            self.send_response(302)
            answer = urllib.parse.urlencode({"code": code, "state": query["state"], "iss": self.provider.issuer})
            self.send_header("Location", f"{query['redirect_uri']}?{answer}")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self.answer(200, {"sub": self.provider.subject, **self.provider.user_info})

    def do_POST(self) -> None:
        """The token endpoint, which checks the PKCE verifier as an honest one does."""
        import hashlib

        length = int(self.headers.get("Content-Length", 0))
        data = dict(urllib.parse.parse_qsl(self.rfile.read(length).decode()))
        self.provider.asked.append(f"token:{data.get('grant_type')}")
        if self.provider.refuse:
            self.answer(self.provider.refuse, {"error": "invalid_grant"})
            return
        tokens: dict[str, Any] = {"access_token": "an access token", "token_type": "Bearer", "expires_in": 300}
        if self.provider.refresh_token:
            tokens["refresh_token"] = self.provider.refresh_token
        if data["grant_type"] == "authorization_code":
            proved = _unpadded(hashlib.sha256(data.get("code_verifier", "").encode()).digest())
            if self.provider.challenges.pop(data["code"], None) != proved:
                self.answer(400, {"error": "invalid_grant"})
                return
            tokens["id_token"] = self.provider.id_token(self.provider.nonces[data["code"]])
        self.answer(200, tokens)

    def described(self) -> dict[str, Any]:
        issuer = self.provider.issuer
        return {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "userinfo_endpoint": f"{issuer}/me",
            "jwks_uri": f"{issuer}/keys",
            "id_token_signing_alg_values_supported": ["RS256"],
            **self.provider.description,
        }

    def answer(self, status: int, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def hostile() -> Iterator[Hostile]:
    """A hostile provider in a thread, on a free port."""
    provider = Hostile()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"provider": provider}))
    provider.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
