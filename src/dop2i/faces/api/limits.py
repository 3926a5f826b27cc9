"""How often one caller may ask: a bucket of tokens a caller, in this process."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

from django.http import HttpRequest, HttpResponse

from dop2i.faces.problems import problem_response

VISITOR_RATE, VISITOR_BURST = 30.0, 600.0
"""Requests a second that a visitor may sustain, and how many may come at once."""

PERSON_RATE, PERSON_BURST = 200.0, 5000.0
CALLERS_KEPT = 10_000

_buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
_lock = threading.Lock()


def refusal(request: HttpRequest) -> HttpResponse | None:
    """429 when the caller asks too often, else None. Programs of this machine are not counted."""
    address = request.META.get("REMOTE_ADDR", "")
    if address in ("", "127.0.0.1", "::1"):
        return None
    person = request.actor.person_id if request.actor_by == "token" else None
    rate, burst = (PERSON_RATE, PERSON_BURST) if person else (VISITOR_RATE, VISITOR_BURST)
    if _takes(f"person:{person}" if person else address, rate=rate, burst=burst, now=time.monotonic()):
        return None
    return problem_response(429, "Too many requests came from you.", kind="too-many-requests")


def _takes(caller: str, *, rate: float, burst: float, now: float) -> bool:
    with _lock:
        level, seen = _buckets.pop(caller, (burst, now))
        level = min(burst, level + (now - seen) * rate)
        allowed = level >= 1
        _buckets[caller] = (level - 1 if allowed else level, now)
        while len(_buckets) > CALLERS_KEPT:
            _buckets.popitem(last=False)
    return allowed
