"""Reads of persistent identifiers."""

from __future__ import annotations

from dop2i.server.identifiers.models import Pid

RESOLVERS = ("https://doi.org/", "http://doi.org/", "https://dx.doi.org/", "http://dx.doi.org/", "https://n2t.net/")


def normal_form(text: str) -> str:
    """How a pid is kept here, from how people write it.

    ``https://doi.org/10.X/Y``, ``doi:10.X/Y`` become ``10.x/y`` (DOIs have no case); ``ark:99999/d-1x`` becomes
    ``ark:/99999/d1x`` (in an ARK hyphens mean nothing and the first slash may be missing).
    """
    value = text.strip()
    for resolver in RESOLVERS:
        if value.lower().startswith(resolver):
            value = value[len(resolver) :]
            break
    if value.lower().startswith("doi:"):
        value = value[4:].strip()
    if value[:4].lower() == "ark:":
        name = value[4:].lstrip("/").replace("-", "").replace("‐", "")
        return f"ark:/{name.split('?')[0].rstrip('/')}"
    return value.lower() if value.startswith("10.") else value


def find(text: str) -> Pid | None:
    """The pid that a person means, whatever its state; None when it is not one of ours."""
    value = normal_form(text.replace("\0", ""))[:255]  # PostgreSQL knows no NUL
    return Pid.objects.filter(value=value).first() or Pid.objects.filter(value__iexact=value).first()


def pids_of(*targets: str) -> list[Pid]:
    """The pids of ``record:12``, ``concept:11`` …, oldest first."""
    return list(Pid.objects.filter(target__in=targets).order_by("id"))
