"""Grants, requests, secret links, the register of closures."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """The Django application of this folder."""

    name = "dop2i.server.access"
    label = "access"
