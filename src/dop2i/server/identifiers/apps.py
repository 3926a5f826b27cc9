"""The Django application ``identifiers``."""

from django.apps import AppConfig


class IdentifiersConfig(AppConfig):
    """Names the application."""

    name = "dop2i.server.identifiers"
    label = "identifiers"
    default_auto_field = "django.db.models.BigAutoField"
