"""Persons, tokens, audit."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """The Django application of this folder."""

    name = "dop2i.server.people"
    label = "people"
