"""The Django application ``searches``."""

from django.apps import AppConfig


class SearchesConfig(AppConfig):
    """Names the application."""

    name = "dop2i.server.searches"
    label = "searches"
    default_auto_field = "django.db.models.BigAutoField"
