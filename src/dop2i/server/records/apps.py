"""Drafts, publications, versions."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """The Django application of this folder."""

    name = "dop2i.server.records"
    label = "records"
