"""The addresses under which the instance is known."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def base_url(request: HttpRequest) -> str:
    """``https://data.example.org``, without a slash: the configured public address, else that of the request."""
    return settings.DOP2I.public_url or f"{request.scheme}://{request.get_host()}"
