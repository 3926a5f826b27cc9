"""How servers elsewhere are asked: politely, with limits, never inside our own network unless that is configured.

The address of a host is looked up, checked and connected to in one step, at each connection and so at each redirect:
a name that resolves to a public address for the check and to a private one afterwards gains nothing.
"""

from __future__ import annotations

import email.utils
import ipaddress
import json
import logging
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urljoin, urlsplit

from dop2i.errors import InvalidInput, LimitExceeded, NotPermitted, ServiceUnavailable, UnreadableFile

if TYPE_CHECKING:
    import urllib3

logger = logging.getLogger("dop2i.fetching")

PIECE = 64 << 10
MOST_REDIRECTS = 5
ATTEMPTS = 5
LONGEST_WAIT = 600.0
SLOWEST_ANSWER = 900.0
JSON_BYTES = 64 << 20
_AGAIN = frozenset({429, 500, 502, 503, 504})
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Parameters = Mapping[str, Any] | None


class SourceAway(ServiceUnavailable):
    """A source does not answer, or asks for patience; ``retry_after`` seconds later it is asked again."""

    def __init__(self, message: str, *, hint: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class Refused(InvalidInput):
    """A server answers with a ``status`` that asking again would not change, such as 404."""

    def __init__(self, message: str, *, status: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status


@dataclass(frozen=True, slots=True)
class Reach:
    """Which addresses may be asked: public ones, and private ones when all or the named hosts are allowed."""

    allow_private: bool = False
    hosts: frozenset[str] = frozenset()

    def allows(self, host: str, address: str) -> bool:
        """Whether a host that resolved to this address may be connected to."""
        return self.allow_private or host.lower().strip("[]").rstrip(".") in self.hosts or is_public(address)


def is_public(address: str) -> bool:
    """Whether an IP address is of the public Internet (mapped and translated ones by the IPv4 address inside)."""
    ip = ipaddress.ip_address(address.split("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = (
            ip.ipv4_mapped or ip.sixtofour or (ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None)
        )
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


@dataclass(slots=True)
class Answer:
    """A whole answer that is not too large."""

    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """The media type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def json(self) -> Any:
        """The body as JSON. Raises ``UnreadableFile`` naming what came instead."""
        text = self.body.removeprefix(b"\xef\xbb\xbf")
        try:
            return json.loads(text)
        except UnicodeDecodeError:
            try:
                return json.loads(text.decode("cp1252", "replace"))
            except ValueError as error:
                fault: Exception = error
        except (ValueError, RecursionError) as error:
            fault = error
        kind = "a web page" if b"<html" in text[:2000].lower() else "something else"
        raise UnreadableFile(f"{self.url} answers with {kind} where JSON was expected: {fault}.")


@dataclass
class Fetcher:
    """Asks one source. ``pause`` is the least time between requests in seconds, ``wait`` how time is let pass."""

    reach: Reach = field(default_factory=Reach)
    agent: str = "dop2i"
    pause: float = 0.5
    limit: int = 256 << 20
    attempts: int = ATTEMPTS
    connect_seconds: float = 20
    read_seconds: float = 120
    wait: Callable[[float], None] = time.sleep
    requests: int = 0
    _last: float = 0.0
    _pools: Any = None

    def json(self, url: str, *, params: Parameters = None, headers: Mapping[str, str] | None = None) -> Any:
        """The JSON at an address."""
        return self.get(url, params=params, headers={"Accept": "application/json", **(headers or {})}).json()

    def get(
        self, url: str, *, params: Parameters = None, headers: Mapping[str, str] | None = None, limit: int = JSON_BYTES
    ) -> Answer:
        """The answer at an address, whole. Raises as :meth:`stream`."""
        with self.stream(url, params=params, headers=headers, limit=min(limit, self.limit)) as (found, facts, pieces):
            return Answer(url=found, headers=facts, body=b"".join(pieces))

    @contextmanager
    def stream(
        self,
        url: str,
        *,
        params: Parameters = None,
        headers: Mapping[str, str] | None = None,
        limit: int = 0,
    ) -> Iterator[tuple[str, Mapping[str, str], Iterator[bytes]]]:
        """``(address, headers, pieces)`` of an answer as it comes in.

        Tries again what a later try may mend, as long as ``Retry-After`` says. Raises ``SourceAway`` when it is of no
        use, ``NotPermitted`` for a private address, ``Refused`` for an answer such as 404, and, from the pieces,
        ``LimitExceeded``.
        """
        if params:
            url = f"{url}{'&' if '?' in url else '?'}{urlencode(params, doseq=True)}"
        response = self._asked(url, headers or {})
        try:
            yield (
                response.geturl() or url,
                {name.lower(): value for name, value in response.headers.items()},
                self._pieces(response, url, limit or self.limit),
            )
        finally:
            response.close()
            response.release_conn()

    def _pieces(self, response: urllib3.BaseHTTPResponse, url: str, limit: int) -> Iterator[bytes]:
        import urllib3

        count, begun = 0, time.monotonic()
        try:
            for piece in response.stream(PIECE, decode_content=True):
                count += len(piece)
                if count > limit:
                    raise LimitExceeded(
                        f"The answer of {_shown(url)} is larger than {limit:,} bytes.",
                        hint="Ask for smaller pages, or raise answer_bytes of [harvest].",
                    )
                if time.monotonic() - begun > SLOWEST_ANSWER:
                    raise SourceAway(f"{_shown(url)} takes longer than {SLOWEST_ANSWER:g} s to answer.")
                yield piece
        except urllib3.exceptions.HTTPError as error:
            raise SourceAway(f"The answer of {_shown(url)} broke off: {error}.") from error

    def _asked(self, url: str, headers: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        """The answer with status 200. Redirects are followed by hand: each address is checked again."""
        here, redirects, attempt = url, 0, 0
        while True:
            attempt += 1
            try:
                response = self._once(here, headers)
            except SourceAway:
                if attempt >= self.attempts:
                    raise
                self.wait(_backoff(attempt))
                continue
            status = response.status
            if status == 200:
                return response
            location = response.headers.get("Location", "")
            delay = _retry_after(response.headers)
            reason = f"{_shown(here)} answers {status} {response.reason or ''}".strip()
            response.close()
            if status in (301, 302, 303, 307, 308) and location:
                redirects += 1
                if redirects > MOST_REDIRECTS:
                    raise InvalidInput(f"{_shown(url)} redirects more than {MOST_REDIRECTS} times.")
                here, attempt = urljoin(here, location), 0
                continue
            if status not in _AGAIN:
                hint = "Check the address and the options of this harvest."
                raise Refused(f"{reason}.", status=status, hint=hint)
            if delay is not None and delay > LONGEST_WAIT:
                raise SourceAway(f"{reason} and asks to come back in {delay:g} s.", retry_after=delay)
            if attempt >= self.attempts:
                raise SourceAway(f"{reason}, {attempt} times.", retry_after=delay)
            self.wait(delay if delay is not None else _backoff(attempt))

    def _once(self, url: str, headers: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        import urllib3

        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InvalidInput(f"{_shown(url)} is no http address.")
        rest = self._last + self.pause - time.monotonic()
        if rest > 0:
            self.wait(rest)
        self.requests += 1
        try:
            return self._manager().urlopen(
                "GET",
                url,
                headers={"User-Agent": self.agent, "Accept-Encoding": "gzip", **headers},
                preload_content=False,
                redirect=False,
                retries=False,
                timeout=urllib3.Timeout(connect=self.connect_seconds, read=self.read_seconds),
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            cause = getattr(error, "reason", None) or error
            raise SourceAway(f"{_shown(url)} does not answer: {cause}.") from error
        finally:
            self._last = time.monotonic()

    def _manager(self) -> urllib3.PoolManager:
        if self._pools is None:
            self._pools = _checked_pools(self.reach)
        pools: urllib3.PoolManager = self._pools
        return pools


def polite_fetcher(
    *, pause: float = 0.5, attempts: int = ATTEMPTS, wait: Callable[[float], None] = time.sleep
) -> Fetcher:
    """A fetcher that reaches what the configuration of the instance allows and says who asks."""
    from django.conf import settings

    from dop2i import __version__

    configured = settings.DOP2I.harvest
    contact = configured.contact or settings.DOP2I.contact or settings.DOP2I.public_url
    hosts = frozenset(host.lower() for host in configured.hosts)
    return Fetcher(
        reach=Reach(allow_private=configured.allow_private, hosts=hosts),
        agent=f"dop2i/{__version__} (harvester{f'; {contact}' if contact else ''})",
        pause=pause,
        limit=configured.answer_bytes,
        attempts=attempts,
        wait=wait,
    )


def _checked_pools(reach: Reach) -> urllib3.PoolManager:
    """Connections of urllib3 that resolve, check and connect in one step."""
    import urllib3
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _connected(reach, self._dns_host, self.port, self.timeout)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _connected(reach, self._dns_host, self.port, self.timeout)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    manager = urllib3.PoolManager(num_pools=4, maxsize=2)
    manager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
    return manager


def _connected(reach: Reach, host: str, port: int | None, timeout: Any) -> socket.socket:
    """A socket to the first address of the host that may be reached and answers."""
    seconds = timeout if isinstance(timeout, int | float) else 20.0
    fault: OSError | None = None
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    allowed = [entry for entry in found if reach.allows(host, str(entry[4][0]))]
    if not allowed:
        raise NotPermitted(
            f"{host} is on a private network, which harvests may not reach.",
            hint=f'Allow it in dop2i.toml: [harvest] hosts = ["{host}"].',
        )
    for family, kind, protocol, _, address in allowed:
        made = socket.socket(family, kind, protocol)
        try:
            made.settimeout(seconds)
            made.connect(address)
        except OSError as error:
            made.close()
            fault = error
            continue
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made
    raise fault or OSError(f"{host} has no address")


def _backoff(attempt: int) -> float:
    return float(min(2.0**attempt, 60.0))


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait; a date is compared with the answer's own ``Date``, so that no clock has to agree with ours."""
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    if value.isdecimal() and len(value) < 9:
        return float(value)
    try:
        until = email.utils.parsedate_to_datetime(value)
        since = email.utils.parsedate_to_datetime(headers.get("Date", ""))
        return max((until - since).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return None


def _shown(url: str) -> str:
    """An address for people: without its query's length."""
    return url if len(url) <= 200 else url[:197] + "…"
