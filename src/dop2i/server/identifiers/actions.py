"""What changes persistent identifiers: reserve (no network), register (a job does it), retry."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from dop2i.errors import InvalidInput, NotFound
from dop2i.server.identifiers.models import Pid


def reserve(*, target: str) -> Pid:
    """The pid of ``record:12`` or ``concept:11``, made if there is none yet. In the transaction, no network."""
    from dop2i.server.identifiers.providers import provider_in_use

    kind, _, number = target.partition(":")
    if kind not in ("record", "concept") or not number.isdecimal():
        raise InvalidInput(f"A pid is reserved for record:<number> or concept:<number>, not for {target!r}.")
    known = Pid.objects.filter(target=target).order_by("id").first()
    if known is not None:
        return known
    provider = provider_in_use()
    Pid.objects.bulk_create(
        [
            Pid(
                value=provider.value_for(int(number)),
                scheme=provider.scheme,
                provider=provider.name,
                target=target,
            )
        ],
        ignore_conflicts=True,
    )
    return Pid.objects.get(target=target, scheme=provider.scheme)


def register(*, pid: Pid, url: str, payload: dict[str, Any] | None = None) -> Pid:
    """Asks for a pid to resolve to ``url``, or to be brought up to date when it does already.

    ``payload`` is the DataCite document (``exports["datacite-json"]``) for services that keep metadata. In the
    caller's transaction; a job speaks with the service after the commit. Until it answered the pid is *pending*.
    """
    from dop2i.server.identifiers.jobs import register_pid
    from dop2i.server.identifiers.providers import PROVIDERS

    with transaction.atomic():
        pid.url = url
        pid.payload = payload or {}
        pid.state = Pid.State.PENDING
        pid.attempts = 0
        pid.error = ""
        if PROVIDERS[pid.provider].local:
            pid.payload = {}  # nobody keeps it, and the record has it
            pid.state = Pid.State.REGISTERED
            pid.registered_at = pid.registered_at or timezone.now()
            pid.save()
            return pid
        pid.save()
        register_pid.enqueue(pid=pid.pk, unique=f"register-pid:{pid.pk}", about=pid.target)
    return pid


def retry(*, pid_id: int) -> Pid:
    """Tries a pending or failed registration again now. Raises ``NotFound``."""
    pid = Pid.objects.filter(pk=pid_id).first()
    if pid is None:
        raise NotFound(f"There is no pid number {pid_id}.")
    if pid.state in (Pid.State.PENDING, Pid.State.FAILED):
        return register(pid=pid, url=pid.url, payload=pid.payload)
    return pid


def release(*, target: str) -> None:
    """Forgets a pid that was only reserved (its draft was deleted). A registered pid is never forgotten."""
    Pid.objects.filter(target=target, state=Pid.State.RESERVED).delete()
