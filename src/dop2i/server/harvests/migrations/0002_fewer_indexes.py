"""An index that begins as another does, dropped by its name: Django would write a whole table anew on SQLite."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("harvests", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(
            'DROP INDEX IF EXISTS "harvests_item_harvest_id_ff01abd3"',
            'CREATE INDEX "harvests_item_harvest_id_ff01abd3" ON "harvests_item" ("harvest_id")',
            state_operations=[
                migrations.AlterField(
                    model_name="item",
                    name="harvest",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="harvests.harvest",
                    ),
                )
            ],
        ),
    ]
