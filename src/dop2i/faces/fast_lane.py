"""Ranges of public files without asking Django each time.

uproot and JSROOT read a file in thousands of small ranges. The first goes through Django, which asks who may read and
names the file; for the next :data:`FRESH_SECONDS` further ranges of the same address are answered from that, so that a
withdrawal or an embargo holds a moment later, as if the request had been under way. Only what everybody may read is
ever remembered, with the headers that Django gave it.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import FileIO
from typing import Any

from dop2i.faces.ranges import PIECE, PUBLIC_FILE, Served, parse_ranges

FRESH_SECONDS = 1.0
FILES_KEPT = 1024

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

_ADDRESS = ("wsgi.url_scheme", "HTTP_HOST", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PROTO", "PATH_INFO")
_OWN_ANSWER = (
    *("HTTP_AUTHORIZATION", "HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH", "HTTP_IF_RANGE", "HTTP_IF_MODIFIED_SINCE"),
    *("HTTP_IF_UNMODIFIED_SINCE", "HTTP_ORIGIN"),
)
_CHANGING = frozenset({"content-length", "content-range", "content-type"})


@dataclass(frozen=True, slots=True)
class _Known:
    path: str
    size: int
    headers: list[tuple[str, str]]
    until: float


class FastLane:
    """A WSGI application around Django's."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._known: OrderedDict[tuple[Any, ...], _Known] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answers a range of a file that was just served to everybody, and leaves the rest to Django."""
        if not _is_plain_range(environ):
            return self._application(environ, start_response)
        address = tuple(environ.get(name) for name in _ADDRESS)
        known = self._known.get(address)
        if known is not None and known.until > time.monotonic():
            answered = _answer(environ, start_response, known)
            if answered is not None:
                return answered
        return self._application(environ, self._remembering(environ, start_response, address))

    def _remembering(
        self, environ: Environ, start_response: Callable[..., Any], address: tuple[Any, ...]
    ) -> Callable[..., Any]:
        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            served: tuple[str, Served] | None = environ.get(PUBLIC_FILE)
            if served is not None and status.startswith("206"):
                self._remember(address, served, headers)
            return start_response(status, headers, *rest)

        return start

    def _remember(self, address: tuple[Any, ...], served: tuple[str, Served], headers: list[tuple[str, str]]) -> None:
        names = {name.lower() for name, _ in headers}
        if "set-cookie" in names:
            return
        path, facts = served
        kept = [(name, value) for name, value in headers if name.lower() not in _CHANGING]
        kept.append(("Content-Type", next(value for name, value in headers if name.lower() == "content-type")))
        with self._lock:
            self._known[address] = _Known(path, facts.size, kept, time.monotonic() + FRESH_SECONDS)
            self._known.move_to_end(address)
            while len(self._known) > FILES_KEPT:
                self._known.popitem(last=False)


def _is_plain_range(environ: Environ) -> bool:
    """A GET of one range, of an address without a query, with no condition and by nobody in particular."""
    header = environ.get("HTTP_RANGE")
    if not header or "," in header or environ.get("REQUEST_METHOD") != "GET" or environ.get("QUERY_STRING"):
        return False
    return not any(name in environ for name in _OWN_ANSWER)


def _answer(environ: Environ, start_response: Callable[..., Any], known: _Known) -> Iterable[bytes] | None:
    ranges = parse_ranges(environ["HTTP_RANGE"], known.size)
    wrapper = environ.get("wsgi.file_wrapper")
    if not ranges or wrapper is None:
        return None
    try:
        file = FileIO(known.path, "r")
    except OSError:
        return None
    start, stop = ranges[0]
    file.seek(start)
    sizes = [("Content-Length", str(stop - start)), ("Content-Range", f"bytes {start}-{stop - 1}/{known.size}")]
    start_response("206 Partial Content", [*known.headers, *sizes])
    answered: Iterable[bytes] = wrapper(file, PIECE)
    return answered
