"""Indexes that no question uses, dropped by their names: Django would write whole tables anew on SQLite."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalogue", "0003_how_much_it_is_used"),
    ]

    operations = [
        migrations.RunSQL(
            [
                'DROP INDEX IF EXISTS "catalogue_change_key_b4e8b818"',
                'DROP INDEX IF EXISTS "catalogue_change_key_b4e8b818_like"',
            ],
            'CREATE INDEX "catalogue_change_key_b4e8b818" ON "catalogue_change" ("key")',
            state_operations=[
                migrations.AlterField(model_name="change", name="key", field=models.CharField(max_length=200))
            ],
        ),
        migrations.RunSQL(
            'DROP INDEX IF EXISTS "catalogue_entryset_entry_id_4c79e8a7"',
            'CREATE INDEX "catalogue_entryset_entry_id_4c79e8a7" ON "catalogue_entryset" ("entry_id")',
            state_operations=[
                migrations.AlterField(
                    model_name="entryset",
                    name="entry",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sets",
                        to="catalogue.entry",
                    ),
                )
            ],
        ),
    ]
