"""The Django application ``uses``."""

from django.apps import AppConfig


class UsesConfig(AppConfig):
    """Names the application."""

    name = "dop2i.server.uses"
    label = "uses"
    default_auto_field = "django.db.models.BigAutoField"
