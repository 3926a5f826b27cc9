"""The Django application ``harvests``."""

from django.apps import AppConfig


class HarvestsConfig(AppConfig):
    """Names the application."""

    name = "dop2i.server.harvests"
    label = "harvests"
    default_auto_field = "django.db.models.BigAutoField"
