"""An OAI-PMH server for tests and benchmarks: as many records as asked for, from a seed, and every bad habit on demand.

``OaiServer.of(1000).running()`` serves ``/oai`` rightly. Faults are switched on by name in ``faults`` (a set, changed
while it runs): see ``FAULTS``. Everything that was asked is in ``asked``.
"""

from __future__ import annotations

import base64
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

FAULTS = frozenset(
    {"bad-xml", "html", "latin-1", "token-loop", "busy", "always-busy", "huge", "cut", "empty-list", "no-such-token",
     "redirect-inside", "slow-clock", "entities", "bomb", "prefix-with-token", "endless-tokens"}
)  # fmt: skip

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><responseDate>{now}</responseDate>'
    "<request>{base}</request>"
)
_WORDS = [
    "muon",
    "neutrino",
    "cross",
    "section",
    "lattice",
    "beam",
    "detector",
    "calibration",
    "spectrum",
    "dark",
    "matter",
    "boson",
    "decay",
    "shower",
]
_NAMES = ["Martin", "Rossi", "Dubois", "Schmidt", "García", "Nakamura", "Okafor", "Novák", "Larsen", "Kowalska"]


@dataclass
class Record:
    """One record of the server."""

    number: int
    stamp: str
    deleted: bool = False
    sets: tuple[str, ...] = ()
    title: str = ""
    extra: str = ""
    raw: str = ""

    @property
    def identifier(self) -> str:
        """Its OAI identifier."""
        return f"oai:example.org:{self.number}"

    def dublin_core(self) -> str:
        """Its metadata as ``oai_dc``."""
        rng = random.Random(self.number)
        title = self.title or f"{' '.join(rng.sample(_WORDS, 6)).capitalize()} no. {self.number}"
        creators = "".join(
            f"<dc:creator>{rng.choice(_NAMES)}, {chr(65 + rng.randrange(26))}.</dc:creator>" for _ in range(3)
        )
        about = " ".join(rng.choices(_WORDS, k=60))
        return (
            '<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" '
            'xmlns:dc="http://purl.org/dc/elements/1.1/">'
            f"<dc:title>{escape(title)}</dc:title>{creators}<dc:description>{about}</dc:description>"
            f"<dc:date>{2000 + self.number % 25}-03-{1 + self.number % 28:02d}</dc:date><dc:type>Dataset</dc:type>"
            f"<dc:identifier>https://doi.org/10.5072/x.{self.number}</dc:identifier>"
            f"<dc:identifier>https://example.org/records/{self.number}</dc:identifier>"
            f"<dc:rights>https://creativecommons.org/licenses/by/4.0/</dc:rights>"
            f"<dc:subject>{rng.choice(_WORDS)}</dc:subject><dc:publisher>Example</dc:publisher>{self.extra}</oai_dc:dc>"
        )

    def datacite(self) -> str:
        """Its metadata as a DataCite resource."""
        rng = random.Random(self.number)
        return (
            '<resource xmlns="http://datacite.org/schema/kernel-4"><identifier identifierType="DOI">'
            f"10.5072/x.{self.number}</identifier><creators><creator><creatorName>{rng.choice(_NAMES)}, A."
            f"</creatorName></creator></creators><titles><title>Record no. {self.number} of the server</title></titles>"
            "<publisher>Example</publisher><publicationYear>2020</publicationYear>"
            '<resourceType resourceTypeGeneral="Dataset"/></resource>'
        )

    def xml(self, prefix: str) -> str:
        """The ``record`` element."""
        if self.raw:
            return self.raw
        sets = "".join(f"<setSpec>{spec}</setSpec>" for spec in self.sets)
        status = ' status="deleted"' if self.deleted else ""
        header = f"<header{status}><identifier>{self.identifier}</identifier>"
        header += f"<datestamp>{self.stamp}</datestamp>{sets}</header>"
        if self.deleted:
            return f"<record>{header}</record>"
        body = self.dublin_core() if prefix == "oai_dc" else self.datacite()
        if prefix == "oai_datacite":
            body = f'<oai_datacite xmlns="http://schema.datacite.org/oai/oai-1.1/"><payload>{body}</payload></oai_datacite>'
        return f"<record>{header}<metadata>{body}</metadata></record>"


@dataclass
class OaiServer:
    """The state that the handler serves; change it while it runs."""

    records: list[Record] = field(default_factory=list)
    page: int = 100
    faults: set[str] = field(default_factory=set)
    granularity: str = "YYYY-MM-DDThh:mm:ssZ"
    deleted_record: str = "persistent"
    formats: tuple[str, ...] = ("oai_dc", "oai_datacite")
    now: datetime = datetime(2026, 5, 1, tzinfo=UTC)
    asked: list[dict[str, str]] = field(default_factory=list)
    url: str = ""
    ready: dict[tuple[str, int], bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, count: int, **settings: Any) -> OaiServer:
        """A server of ``count`` records, changed one a minute from 2026-01-01 on."""
        begin = datetime(2026, 1, 1, tzinfo=UTC)
        stamps = [(begin + timedelta(minutes=n)).strftime("%Y-%m-%dT%H:%M:%SZ") for n in range(count)]
        return cls(records=[Record(n + 1, stamp) for n, stamp in enumerate(stamps)], **settings)

    def prepare(self, prefix: str = "oai_dc") -> None:
        """Makes all answers of a full list beforehand, so that a benchmark measures the harvester."""
        for start in range(0, len(self.records), self.page):
            self.ready[(prefix, start)] = self._list(prefix, self.records, start).encode()

    def answer(self, asked: dict[str, str]) -> str | bytes:
        """The body for the arguments of a request."""
        verb = asked.get("verb", "")
        if verb == "Identify":
            return self._wrapped(
                f"<Identify><repositoryName>Tests</repositoryName><baseURL>{self.url}</baseURL><protocolVersion>2.0"
                "</protocolVersion><adminEmail>a@example.org</adminEmail><earliestDatestamp>2026-01-01T00:00:00Z"
                f"</earliestDatestamp><deletedRecord>{self.deleted_record}</deletedRecord><granularity>"
                f"{self.granularity}</granularity></Identify>"
            )
        if verb == "ListMetadataFormats":
            formats = "".join(
                f"<metadataFormat><metadataPrefix>{name}</metadataPrefix></metadataFormat>" for name in self.formats
            )
            return self._wrapped(f"<ListMetadataFormats>{formats}</ListMetadataFormats>")
        if verb == "ListRecords":
            return self._records(asked)
        return self._wrapped('<error code="badVerb">What?</error>')

    def _records(self, asked: dict[str, str]) -> str | bytes:
        token = asked.get("resumptionToken", "")
        if token and "prefix-with-token" in self.faults and "metadataPrefix" not in asked:
            return self._wrapped('<error code="badArgument">Missing metadataPrefix parameter</error>')
        if token:
            if "no-such-token" in self.faults:
                self.faults.discard("no-such-token")
                return self._wrapped('<error code="badResumptionToken">too old</error>')
            prefix, start, since, spec = base64.urlsafe_b64decode(token).decode().split("|")
        else:
            prefix, start, since, spec = asked["metadataPrefix"], "0", asked.get("from", ""), asked.get("set", "")
        if not since and not spec and not self.faults and (prefix, int(start)) in self.ready:
            return self.ready[(prefix, int(start))]
        chosen = [r for r in self.records if r.stamp >= since and (not spec or spec in r.sets)]
        if not chosen or "empty-list" in self.faults:
            return self._wrapped('<error code="noRecordsMatch">none</error>')
        return self._list(prefix, chosen, int(start), since=since, spec=spec)

    def _list(self, prefix: str, chosen: list[Record], start: int, *, since: str = "", spec: str = "") -> str:
        part = chosen[start : start + self.page]
        after = start + self.page
        if "token-loop" in self.faults:
            after = 0
        token = ""
        if after < len(chosen):
            text = base64.urlsafe_b64encode(f"{prefix}|{after}|{since}|{spec}".encode()).decode()
            token = f'<resumptionToken completeListSize="{len(chosen)}">{text}</resumptionToken>'
        elif start and "endless-tokens" in self.faults:
            text = base64.urlsafe_b64encode(f"{prefix}|0|{since}|{spec}".encode()).decode()
            token = f'<resumptionToken completeListSize="{len(chosen)}">{text}</resumptionToken>'
        elif start:
            token = "<resumptionToken/>"
        return self._wrapped(f"<ListRecords>{''.join(r.xml(prefix) for r in part)}{token}</ListRecords>")

    def _wrapped(self, body: str) -> str:
        now = self.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        return f"{_HEAD.format(now=now, base=escape(self.url))}{body}</OAI-PMH>"

    @contextmanager
    def running(self) -> Iterator[OaiServer]:
        """Serves on a free port of this machine for the length of the block."""
        server = _Server(("127.0.0.1", 0), _handler(self))
        server.daemon_threads = True
        self.url = f"http://127.0.0.1:{server.server_address[1]}/oai"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


class _Server(ThreadingHTTPServer):
    """Says nothing of clients that were killed."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that ended is no fault here."""


def _handler(state: OaiServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            state.asked.append({**asked, "agent": self.headers.get("User-Agent", "")})
            if self._misbehaves(asked):
                return
            body = state.answer(asked)
            self._send(body if isinstance(body, bytes) else self._spoilt(body))

        def _misbehaves(self, asked: dict[str, str]) -> bool:
            """Answers that are wrong as a whole; only ListRecords is spoilt, so that the harvest begins."""
            faults = state.faults
            if "always-busy" in faults or ("busy" in faults and asked.get("verb") == "ListRecords"):
                faults.discard("busy")
                self._send(b"busy", status=503, **{"Retry-After": "1" if "always-busy" not in faults else "7200"})
            elif asked.get("verb") != "ListRecords":
                return False
            elif "html" in faults:
                self._send(b"<!doctype html><html><body>Maintenance</body></html>", kind="text/html")
            elif "redirect-inside" in faults:
                self._send(b"", status=302, Location="http://169.254.169.254/latest/meta-data")
            elif "huge" in faults:
                self._send_without_end()
            else:
                return False
            return True

        def _spoilt(self, body: str) -> bytes:
            if "bad-xml" in state.faults:
                body = body.replace("Record no. 3 of", "Record & no. 3 <b> of").replace("no. 3<", "no. & 3\x0b <i><")
            if "entities" in state.faults:
                body = body.replace("<dc:publisher>Example", "<dc:publisher>Universit&eacute; &nbsp;X&#x1;")
            if "bomb" in state.faults:
                bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
                body = body.replace("<OAI-PMH", bomb + "<OAI-PMH", 1).replace(
                    "<dc:publisher>Example", "<dc:publisher>&f;&b;"
                )
            if "latin-1" in state.faults:
                return body.replace("<dc:publisher>Example", "<dc:publisher>Université").encode("latin-1", "replace")
            if "cut" in state.faults:
                return body.encode()[: len(body) // 2]
            return body.encode("utf-8", "surrogatepass")

        def _send_without_end(self) -> None:
            self.close_connection = True
            self.send_response(200)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Connection", "close")
            self.end_headers()
            piece = state.records[0].xml("oai_dc").encode() * 200
            try:
                self.wfile.write(state._wrapped("<ListRecords>").removesuffix("</OAI-PMH>").encode())
                while True:
                    self.wfile.write(piece)
            except OSError:
                return

        def _send(
            self, body: bytes, *, status: int = 200, kind: str = "text/xml; charset=utf-8", **headers: str
        ) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    return Handler
