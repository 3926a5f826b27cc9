"""Files behind a web server: ``http://…`` and ``https://…``, read by range requests (RFC 9110, section 14).

A server that ignores ``Range`` is still read, once and into a temporary file, up to :data:`WHOLE_LIMIT`; a larger
file is refused with a sentence, so that nobody downloads 100 GB to see a header.
"""

from __future__ import annotations

import re
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any, BinaryIO
from urllib.parse import unquote, urlsplit

from dop2i.errors import InvalidInput, NotFound, NotPermitted, ServiceUnavailable
from dop2i.stores._reading import digest_by_reading
from dop2i.stores.base import Entry, Store

if TYPE_CHECKING:
    import requests

WHOLE_LIMIT = 256 * 1024 * 1024
"""The largest file that is fetched whole from a server that ignores ``Range``."""

WHOLE_KEPT = 4
"""So many of those are kept, the least recently used goes first."""

REDIRECTS = 5
TIMEOUT = (10, 60)
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)$")


class HttpStore(Store):
    """Files behind a web server (read only)."""

    name = "http"
    schemes = ("http", "https")

    def __init__(self) -> None:
        self._local = threading.local()
        self._whole: OrderedDict[str, IO[bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def size(self, address: str) -> int:
        with self._lock:
            kept = self._whole.get(address)
            if kept is not None:
                return kept.seek(0, 2)
        with self._ask(address, {"Range": "bytes=0-0"}) as answer:
            total = _total(answer)
            if total is not None:
                return total
        self._fetch_whole(address)
        return self.size(address)

    def get_range(self, address: str, start: int, length: int) -> bytes:
        if length <= 0 or start < 0:
            return b""
        with self._lock:
            kept = self._whole.get(address)
            if kept is not None:
                self._whole.move_to_end(address)
                kept.seek(start)
                return kept.read(length)
        with self._ask(address, {"Range": f"bytes={start}-{start + length - 1}"}) as answer:
            if answer.status_code == 416:
                return b""
            if answer.status_code == 206:
                return self._piece(answer, start, length)
        self._fetch_whole(address)
        return self.get_range(address, start, length)

    def list(self, address: str) -> Iterator[Entry]:
        yield Entry(address, unquote(urlsplit(address).path.rsplit("/", 1)[-1]), self.size(address))

    def put(self, address: str, content: BinaryIO) -> int:
        raise InvalidInput(f"{address} is behind a web server, where nothing can be written.")

    def delete(self, address: str) -> None:
        raise InvalidInput(f"{address} is behind a web server, where nothing can be removed.")

    def checksum(self, address: str, algorithm: str) -> str:
        return digest_by_reading(self, address, algorithm)

    def url(self, address: str, *, seconds: int = 3600) -> str | None:
        return address

    def close(self) -> None:
        """Lets go of the files kept from servers that ignore ``Range``, and of this thread's connections."""
        with self._lock:
            while self._whole:
                self._whole.popitem()[1].close()
        session = self._local.__dict__.pop("session", None)
        if session is not None:
            session.close()

    def _session(self) -> requests.Session:
        # one session a thread: requests does not promise that one may be shared
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            import requests
            from requests.adapters import HTTPAdapter
            from urllib3.util import Retry

            session = requests.Session()
            session.max_redirects = REDIRECTS
            retry = Retry(
                total=3, redirect=0, backoff_factor=0.3, status_forcelist=(429, 502, 503, 504), raise_on_status=False
            )
            session.mount("http://", HTTPAdapter(max_retries=retry))
            session.mount("https://", HTTPAdapter(max_retries=retry))
            # a compressed answer has other bytes at other places
            session.headers["Accept-Encoding"] = "identity"
            self._local.session = session
        return session

    def _ask(self, address: str, headers: dict[str, str]) -> requests.Response:
        import requests

        try:
            answer = self._session().get(address, headers=headers, stream=True, timeout=TIMEOUT)
        except requests.TooManyRedirects:
            raise ServiceUnavailable(f"{address} redirects more than {REDIRECTS} times.") from None
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, UnicodeError) as error:
            raise InvalidInput(f"{address} is not an address: {error}.") from error
        except requests.RequestException as error:
            raise ServiceUnavailable(f"{address} did not answer: {error}.", hint="Try again later.") from error
        try:
            _refuse(answer, address)
        except BaseException:
            answer.close()
            raise
        return answer

    def _piece(self, answer: requests.Response, start: int, length: int) -> bytes:
        found = _CONTENT_RANGE.match(answer.headers.get("Content-Range", ""))
        if found is None or int(found.group(1)) != start:
            raise ServiceUnavailable(f"{answer.url} answered another range than the one that was asked for.")
        wanted = min(length, int(found.group(2)) - start + 1)
        data = _read(answer, wanted)
        if len(data) < wanted:
            raise ServiceUnavailable(f"{answer.url} stopped after {len(data)} of {wanted} bytes.")
        return data

    def _fetch_whole(self, address: str) -> None:
        """Keeps the whole file in a temporary file: for servers that ignore ``Range``."""
        with self._ask(address, {}) as answer:
            announced = answer.headers.get("Content-Length")
            if announced is not None and announced.isdigit() and int(announced) > WHOLE_LIMIT:
                raise _too_large(address)
            file = tempfile.TemporaryFile(prefix="dop2i-http-")  # noqa: SIM115 kept open on purpose
            for piece in _pieces(answer):
                file.write(piece)
                if file.tell() > WHOLE_LIMIT:
                    file.close()
                    raise _too_large(address)
            if announced is not None and announced.isdigit() and file.tell() != int(announced):
                file.close()
                raise ServiceUnavailable(f"{address} stopped before its end.", hint="Try again later.")
        with self._lock:
            self._whole[address] = file
            while len(self._whole) > WHOLE_KEPT:
                self._whole.popitem(last=False)[1].close()


def _too_large(address: str) -> ServiceUnavailable:
    return ServiceUnavailable(
        f"The server of {address} does not answer range requests, and the file is larger than "
        f"{WHOLE_LIMIT // 1024**2} MiB.",
        hint="Download it first and read the copy.",
    )


def _refuse(answer: requests.Response, address: str) -> None:
    """Raises what an answer other than 200, 206 or 416 means."""
    status = answer.status_code
    downgraded = any(step.url.startswith("https://") for step in answer.history) and answer.url.startswith("http://")
    if downgraded:
        raise ServiceUnavailable(f"{address} redirects from https to http, which is not followed.")
    if status in (404, 410):
        raise NotFound(f"There is nothing at {address}.")
    if status in (401, 403):
        raise NotPermitted(f"{address} is not yours to read (HTTP {status}).")
    if status not in (200, 206, 416):
        raise ServiceUnavailable(f"{address} answered HTTP {status}.", hint="Try again later.")
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise ServiceUnavailable(f"{address} is sent compressed although that was not asked for.")


def _total(answer: requests.Response) -> int | None:
    """The size of the whole file, where a range answer tells it."""
    if answer.status_code == 206:
        found = _CONTENT_RANGE.match(answer.headers.get("Content-Range", ""))
        return int(found.group(3)) if found and found.group(3) != "*" else None
    if answer.status_code == 416:
        # the first byte of an empty file cannot be had: "bytes */0"
        text = answer.headers.get("Content-Range", "").rpartition("/")[2]
        return int(text) if text.isdigit() else None
    length = answer.headers.get("Content-Length", "")
    return int(length) if length.isdigit() and int(length) > WHOLE_LIMIT else None


def _pieces(answer: requests.Response) -> Iterator[bytes]:
    import requests

    try:
        yield from answer.iter_content(1024 * 1024)
    except requests.RequestException as error:
        raise ServiceUnavailable(f"{answer.url} broke off: {error}.", hint="Try again later.") from error


def _read(answer: requests.Response, wanted: int) -> bytes:
    """At most ``wanted`` bytes of the answer, whatever it goes on to send."""
    import urllib3

    parts: list[bytes] = []
    raw: Any = answer.raw
    try:
        while wanted > 0:
            piece = raw.read(wanted)
            if not piece:
                break
            parts.append(piece)
            wanted -= len(piece)
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise ServiceUnavailable(f"{answer.url} broke off: {error}.", hint="Try again later.") from error
    return b"".join(parts)
