"""HTTP towards one server: one connection pool a thread, retries, and answers turned into the exception tree."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from dop2i import errors

if TYPE_CHECKING:
    import requests

IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
RETRIED_STATUSES = frozenset({429, 500, 502, 503, 504})
LONGEST_WAIT = 30.0
MOST_REDIRECTIONS = 5
SEND_BLOCK = 1 << 20
"""Bytes read and sent at once; http.client's 16 KiB would cost half of the speed."""


def quote_key(key: str) -> str:
    """A file's key as a part of an address; its slashes stay."""
    return quote(key, safe="/")


def server_of(url: str) -> str:
    """The base address of a server, from any of the forms a person pastes (``…/``, ``…/api``, without scheme)."""
    text = url.strip()
    if "://" not in text:
        text = f"http://{text}" if text.split(":")[0] in {"localhost", "127.0.0.1"} else f"https://{text}"
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise errors.InvalidInput(
            f"{url!r} is not the address of a server.", hint="Give one such as https://data.example.org."
        )
    path = parts.path.rstrip("/")
    path = path.removesuffix("/api").rstrip("/")
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{path}"


class Session:
    """Requests to one server on behalf of one token.

    ``retries`` is how often an idempotent request is tried again after a connection that broke, a 429 or a 5xx,
    waiting 0.5, 1, 2, … seconds (or what ``Retry-After`` says). Raises the classes of :mod:`dop2i.errors` only.
    """

    def __init__(self, url: str, token: str = "", *, retries: int = 5, timeout: float = 60.0) -> None:
        self.url = server_of(url)
        self.token = token
        self.retries = retries
        self.timeout = timeout
        self._local = threading.local()

    def _pool(self) -> requests.Session:
        made: requests.Session | None = getattr(self._local, "session", None)
        if made is None:
            made = self._local.session = _new_pool(self.token)
        return made

    def address(self, path: str) -> str:
        """The absolute address of a path below the server (an address of the same server is kept)."""
        if path.startswith(("http://", "https://")):
            if urlsplit(path)[:2] != urlsplit(self.url)[:2]:
                raise errors.InvalidInput(f"{path} is not on the server {self.url}: the token stays at home.")
            return path
        return f"{self.url}/{path.lstrip('/')}"

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        body: Callable[[], Any] | None = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        stream: bool = False,
        again: bool | None = None,
        accept: tuple[int, ...] = (),
        follow: bool = True,
        timeout: float | None = None,
    ) -> requests.Response:
        """Asks, and tries again where that is safe (``again`` overrules what the method says).

        ``body`` makes the bytes afresh for every attempt. Answers of 400 and above raise, but for ``accept``.
        """
        import requests

        address = self.address(path)
        may_repeat = (method in IDEMPOTENT) if again is None else again
        for attempt in range(self.retries + 1):
            last = attempt == self.retries or not may_repeat
            try:
                answer = self._pool().request(
                    method,
                    address,
                    json=json,
                    data=body() if body else None,
                    params=params,
                    headers=dict(headers or {}),
                    stream=stream,
                    timeout=timeout or self.timeout,
                    allow_redirects=follow,
                )
            except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
                if last:
                    raise errors.ServiceUnavailable(
                        f"{self.url} does not answer ({_cause(error)}).", hint="Check the address and try again."
                    ) from error
                time.sleep(_pause(attempt))
                continue
            except requests.RequestException as error:
                raise errors.InvalidInput(f"{address} cannot be asked: {error}.") from error
            if answer.status_code < 400 or answer.status_code in accept:
                return answer
            if answer.status_code in RETRIED_STATUSES and not last:
                wait = _pause(attempt, answer.headers.get("Retry-After"))
                answer.close()
                time.sleep(wait)
                continue
            raise error_of(answer)
        raise AssertionError("the last attempt returns or raises")

    def get_json(self, path: str, **options: Any) -> Any:
        """The JSON document at an address.

        A redirection is asked for at this server, by its path: the public address that the server gives itself may
        be another than the one that it is reached by from here.
        """
        for _ in range(MOST_REDIRECTIONS):
            answer = self.request("GET", path, follow=False, **options)
            location = answer.headers.get("Location", "")
            if answer.status_code not in {301, 302, 303, 307, 308} or not location:
                return json_of(answer)
            path = self.below(location)
            options.pop("params", None)
        raise errors.ServiceUnavailable(f"{self.address(path)} leads round and round.")

    def below(self, link: str) -> str:
        """A link that the server made, as a path below the address that it is reached by from here."""
        marker = link.find("/api/")
        return link[marker + 1 :] if marker >= 0 and not link.startswith(self.url + "/") else link

    def close(self) -> None:
        """Lets go of the connections of this thread."""
        made = getattr(self._local, "session", None)
        if made is not None:
            made.close()
            del self._local.session


def _new_pool(token: str) -> requests.Session:
    import requests
    from requests.adapters import HTTPAdapter

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **options: Any) -> None:
            super().init_poolmanager(*args, **{**options, "blocksize": SEND_BLOCK})

    pool = requests.Session()
    pool.mount("http://", Adapter())
    pool.mount("https://", Adapter())
    pool.auth = _Bearer(token)
    pool.headers.update({"Accept": "application/json", "User-Agent": "dop2i-client", "Accept-Encoding": "identity"})
    return pool


class _Bearer:
    """The token as ``Authorization``; given as auth so that no ``~/.netrc`` takes its place.

    requests drops the header on the way to another host.
    """

    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.token:
            request.headers["Authorization"] = f"Bearer {self.token}"
        return request


def _pause(attempt: int, retry_after: str | None = None) -> float:
    """Seconds before the next attempt."""
    if retry_after and retry_after.isdigit():
        return min(float(retry_after), LONGEST_WAIT)
    return float(min(0.5 * 2**attempt, LONGEST_WAIT)) * random.SystemRandom().uniform(0.8, 1.2)


def _cause(error: BaseException) -> str:
    """The plain reason under the layers of urllib3's exceptions."""
    text = str(error)
    for sign, words in (
        ("refused", "connection refused"),
        ("Name or service", "no such host"),
        ("timed out", "no answer in time"),
        ("Remote end closed", "connection closed"),
        ("reset by peer", "connection reset"),
        ("CERTIFICATE", "certificate not trusted"),
    ):
        if sign in text:
            return words
    return text[:200]


def json_of(answer: requests.Response) -> Any:
    """The JSON body, or a clear error when a page came instead."""
    try:
        return answer.json()
    except ValueError as error:
        raise errors.ServiceUnavailable(
            f"{answer.url} answered with {answer.headers.get('Content-Type', 'nothing')} and not with JSON.",
            hint="Is this the address of a dop2i server?",
        ) from error


_BY_STATUS: dict[int, type[errors.Dop2iError]] = {
    401: errors.NotAuthenticated,
    403: errors.NotPermitted,
    404: errors.NotFound,
    409: errors.Conflict,
    410: errors.NotFound,
    412: errors.RevisionConflict,
    460: errors.ChecksumMismatch,
    507: errors.StorageFull,
}


def error_of(answer: requests.Response) -> errors.Dop2iError:
    """The exception that an answer of 400 or more stands for (problem+json, or InvenioRDM's form)."""
    status = answer.status_code
    try:
        document = answer.json()
    except ValueError:
        document = {}
    finally:
        answer.close()
    if not isinstance(document, dict):
        document = {}
    message = document.get("detail") or document.get("message") or document.get("title") or ""
    if not isinstance(message, str) or not message:
        message = f"{answer.request.method} {answer.url} was answered {status} {answer.reason or ''}".strip() + "."
    problems = list(_problems(document.get("errors")))
    if problems and status in {400, 422}:
        return errors.InvalidDocument(problems)
    named = _named(str(document.get("type", "")).rpartition("/")[2])
    if status == 401:
        return errors.NotAuthenticated(message, hint="Give a token with --token or DOP2I_TOKEN.")
    if named:
        return named(message)
    if status >= 500 or status == 429:
        return _BY_STATUS.get(status, errors.ServiceUnavailable)(message)
    return _BY_STATUS.get(status, errors.InvalidInput)(message)


def _named(kind: str) -> type[errors.Dop2iError] | None:
    """The class that a problem's type names (``wrong-state``), when it is one of the tree."""
    found = getattr(errors, "".join(word.capitalize() for word in kind.split("-")), None)
    usable = isinstance(found, type) and issubclass(found, errors.Dop2iError) and found is not errors.InvalidDocument
    return found if usable else None


def _problems(found: Any) -> list[errors.Problem]:
    """The faults by field of either form."""
    listed: list[errors.Problem] = []
    for item in found if isinstance(found, list) else []:
        if not isinstance(item, dict):
            continue
        path = item.get("field") or item.get("path") or item.get("pointer") or ""
        messages = item.get("messages") or [item.get("message") or item.get("detail") or "not valid"]
        listed.extend(errors.Problem(str(path), str(text)) for text in messages)
    return listed
