"""The Django application ``notifications``."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Names the application."""

    name = "dop2i.server.notifications"
    label = "notifications"
    default_auto_field = "django.db.models.BigAutoField"
