"""The Django application ``jobs``."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Names the application."""

    name = "dop2i.server.jobs"
    label = "jobs"
    default_auto_field = "django.db.models.BigAutoField"
