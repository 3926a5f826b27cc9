"""The journal becomes append-only: its rows keep their persons, and the database refuses changes."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from dop2i.server.people.append_only import install, uninstall


def _install(apps, schema_editor):
    install(schema_editor.connection)


def _uninstall(apps, schema_editor):
    uninstall(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0002_groups_roles_and_limits"),
    ]

    operations = [
        migrations.AlterField(
            model_name="auditevent",
            name="person",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.CreateModel(
            name="AuditAddress",
            fields=[
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="people.auditevent",
                    ),
                ),
                ("address", models.CharField(max_length=64)),
                ("at", models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.RunPython(_install, _uninstall),
    ]
