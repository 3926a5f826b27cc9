"""Whether the addresses that our records point to still answer. Polite: each is asked once a month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from dop2i.errors import Dop2iError
from dop2i.server.fetching import Fetcher, Refused
from dop2i.server.relations.models import Address
from dop2i.server.relations.queries import outstanding

AGAIN = timedelta(days=30)
DOUBTFUL = timedelta(days=1)
FAILURES = 3
"""An address is broken when it failed so many times on as many days: a site may be down for a day."""


def check_addresses(fetcher: Fetcher, *, limit: int = 50, now: datetime | None = None) -> int:
    """Looks at the addresses that are due; how many were judged.

    When none of several answers at all it is we who have no network, and nothing is held against anybody.
    """
    moment = now or timezone.now()
    due = outstanding(now=moment, limit=limit)
    found = {address.pk: _fault_of(address.url, fetcher) for address in due}
    if len(due) > 1 and all(fault.silent for fault in found.values()):
        Address.objects.filter(pk__in=found).update(next_check=moment + timedelta(hours=6))
        return 0
    for address in due:
        _write_down(address, found[address.pk].words, moment)
    return len(due)


def _write_down(address: Address, fault: str, now: datetime) -> None:
    address.failures = address.failures + 1 if fault else 0
    address.note = fault[:300]
    if not fault:
        address.state, address.next_check = Address.State.ALIVE, now + AGAIN
    else:
        if address.failures >= FAILURES:
            address.state = Address.State.BROKEN
        address.next_check = now + (AGAIN if address.failures >= FAILURES else DOUBTFUL)
    address.checked = now
    address.save()


@dataclass(frozen=True, slots=True)
class _Fault:
    """What is wrong with an address, in ``words`` (none: nothing); ``silent`` when not even a server answered."""

    words: str = ""
    silent: bool = False


def _fault_of(url: str, fetcher: Fetcher) -> _Fault:
    """Why an address leads nowhere. One that answers only to say that robots may not look is alive."""
    try:
        with fetcher.stream(url):
            return _Fault()
    except Refused as error:
        return _Fault(str(error)) if error.status in (404, 410) else _Fault()
    except Dop2iError as error:
        return _Fault(str(error), silent=True)
