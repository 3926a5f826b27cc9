"""The addresses under which the instance is known."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def base_url(request: HttpRequest) -> str:
    """``https://data.example.org``, without a slash: the configured public address, else that of the request."""
    return settings.DOP2I.public_url or f"{request.scheme}://{request.get_host()}"


def absolute(document: dict[str, Any], *, base: str) -> dict[str, Any]:
    """A stored document with the links of this server: those kept without a host get one."""
    links = {
        name: base + link if link.startswith("/") else link for name, link in (document.get("links") or {}).items()
    }
    return {**document, "links": links}
