"""The Django application ``catalogue``."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    """Names the application."""

    name = "dop2i.server.catalogue"
    label = "catalogue"
    default_auto_field = "django.db.models.BigAutoField"
