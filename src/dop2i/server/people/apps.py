"""Persons, tokens, audit."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """The Django application of this folder."""

    name = "dop2i.server.people"
    label = "people"

    def ready(self) -> None:
        """The journal's triggers are looked after at the end of every migration."""
        from django.db.models.signals import post_migrate

        from dop2i.server.people.append_only import after_migrations

        post_migrate.connect(after_migrations, sender=self, dispatch_uid="people.append_only")
