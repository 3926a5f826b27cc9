"""A local server that follows DataCite's published REST API (support.datacite.org/docs/api), to try real clients on.

``python datacite_server.py [PORT]`` serves it by hand; in tests use :class:`DataCiteServer` as a context manager. It
knows ``POST``, ``GET``, ``PUT`` and ``DELETE`` of ``/dois`` with JSON:API documents, basic authentication, the states
draft, registered and findable with their events, and refuses what DataCite refuses. ``mode`` makes it fail.
"""

from __future__ import annotations

import base64
import json
import sys
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

MEDIA_TYPE = "application/vnd.api+json"
MANDATORY = ("creators", "titles", "publisher", "publicationYear", "types")
MODES = ("working", "failing", "limiting", "slow", "dripping", "hanging-up", "talking-html", "redirecting")


@dataclass
class DataCiteServer:
    """The server and all that it knows. ``requests`` lists (method, path, attributes) as they came."""

    user: str = "INSTITUTE.REPOSITORY"
    password: str = "secret"
    prefix: str = "10.99999"
    port: int = 0
    mode: str = "working"
    pause: float = 3.0
    dois: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def __enter__(self) -> DataCiteServer:
        handler = type("Handler", (_Handler,), {"known": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    @property
    def url(self) -> str:
        """Where the API is."""
        return f"http://127.0.0.1:{self.port}"

    def settings(self, **changes: str) -> dict[str, str]:
        """The table [datacite] of dop2i.toml for this server."""
        return {"url": self.url, "user": self.user, "password": self.password, "prefix": self.prefix} | changes


class _Handler(BaseHTTPRequestHandler):
    known: DataCiteServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.serve("GET")

    def do_POST(self) -> None:
        self.serve("POST")

    def do_PUT(self) -> None:
        self.serve("PUT")

    def do_DELETE(self) -> None:
        self.serve("DELETE")

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def serve(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            attributes = json.loads(body)["data"]["attributes"] if body else {}
        except (ValueError, KeyError, TypeError):
            self.refuse(400, "You need to provide a payload following the JSONAPI spec")
            return
        self.known.requests.append((method, self.path, attributes))
        if not self.misbehaves():
            self.answer(method, attributes)

    def misbehaves(self) -> bool:
        mode = self.known.mode
        if mode == "failing":
            self.refuse(500, "Internal server error")
        elif mode == "limiting":
            self.refuse(429, "Too many requests", {"Retry-After": "120"})
        elif mode == "redirecting":
            self.refuse(302, "Moved", {"Location": "http://127.0.0.1:9/elsewhere"})
        elif mode == "hanging-up":
            self.close_connection = True
        elif mode == "talking-html":
            self.send(502, b"<html>Bad gateway</html>", {"Content-Type": "text/html"})
        elif mode == "dripping":
            self.drip()
        else:
            if mode == "slow":
                time.sleep(self.known.pause)
            return False
        return True

    def drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", MEDIA_TYPE)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        deadline = time.monotonic() + self.known.pause
        while time.monotonic() < deadline:
            self.wfile.write(b" ")
            self.wfile.flush()
            time.sleep(0.05)
        self.close_connection = True

    def answer(self, method: str, attributes: dict[str, Any]) -> None:
        doi = unquote(self.path.removeprefix("/dois").strip("/")).lower() or str(attributes.get("doi", "")).lower()
        found = self.known.dois.get(doi)
        if not self.is_signed_in():
            if method == "GET" and found and found["state"] == "findable":
                self.show(200, found)
                return
            self.refuse(404 if method == "GET" else 401, "Bad credentials.")
        elif method == "GET":
            self.show(200, found) if found else self.refuse(404, "The resource you are looking for doesn't exist.")
        elif not doi.startswith(f"{self.known.prefix.lower()}/"):
            self.refuse(403, "You are not authorized to access this resource.")
        elif method == "POST" and found:
            self.refuse(422, "This DOI has already been taken", source="doi", uid=doi)
        elif method == "PUT" and not found:
            self.refuse(404, "The resource you are looking for doesn't exist.")
        elif method == "DELETE":
            self.delete(doi, found)
        else:
            self.keep(201 if method == "POST" else 200, doi, found or {"state": "draft"}, attributes)

    def delete(self, doi: str, found: dict[str, Any] | None) -> None:
        if found and found["state"] == "draft":
            del self.known.dois[doi]
            self.send(204, b"", {})
        else:
            self.refuse(405, "Method not allowed")

    def keep(self, status: int, doi: str, before: dict[str, Any], attributes: dict[str, Any]) -> None:
        event = attributes.get("event")
        merged = {**before, **{key: value for key, value in attributes.items() if key != "event"}, "doi": doi}
        merged["state"] = before["state"]
        if event in ("publish", "register"):
            missing = [name for name in MANDATORY if not merged.get(name)]
            if missing:
                self.refuse(422, "can't be blank", source=missing[0], uid=doi)
                return
            if not str(merged.get("url", "")).startswith(("http://", "https://", "ftp://")):
                self.refuse(422, "URL is not valid", source="url", uid=doi)
                return
        after = {"publish": "findable", "register": "registered", "hide": "registered"}
        if event == "hide" and before["state"] == "draft":
            event = None
        merged["state"] = after.get(str(event), before["state"])
        if event == "register" and before["state"] == "findable":
            merged["state"] = "findable"
        self.known.dois[doi] = merged
        self.show(status, merged)

    def is_signed_in(self) -> bool:
        wanted = base64.b64encode(f"{self.known.user}:{self.known.password}".encode()).decode()
        return self.headers.get("Authorization") == f"Basic {wanted}"

    def show(self, status: int, found: dict[str, Any]) -> None:
        document = {"data": {"id": found["doi"], "type": "dois", "attributes": found}}
        self.send(status, json.dumps(document).encode(), {"Content-Type": f"{MEDIA_TYPE}; charset=utf-8"})

    def refuse(
        self, status: int, title: str, headers: dict[str, str] | None = None, *, source: str = "", uid: str = ""
    ) -> None:
        error = (
            {"status": str(status), "title": title} if not source else {"source": source, "uid": uid, "title": title}
        )
        body = json.dumps({"errors": [error]}).encode()
        self.send(status, body, {"Content-Type": f"{MEDIA_TYPE}; charset=utf-8", **(headers or {})})

    def send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True


if __name__ == "__main__":
    with DataCiteServer(port=int(sys.argv[1]) if len(sys.argv) > 1 else 0) as server:
        sys.stdout.write(f"{server.settings()}\n")
        sys.stdout.flush()
        server.thread.join()
