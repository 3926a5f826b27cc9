"""Uploads, contents, descriptions."""

from django.apps import AppConfig


class FilesConfig(AppConfig):
    """The Django application of this folder."""

    name = "dop2i.server.files"
    label = "files"
