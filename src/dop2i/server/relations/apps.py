"""The Django application of this folder."""

from __future__ import annotations

from django.apps import AppConfig


class RelationsConfig(AppConfig):
    """The graph of digital objects."""

    name = "dop2i.server.relations"
    label = "relations"
