"""Two columns, added where they are: Django would write a table of a million documents twice anew on SQLite."""

from django.db import migrations, models


def column(name):
    return migrations.RunSQL(
        f'ALTER TABLE "catalogue_entry" ADD COLUMN "{name}" bigint DEFAULT 0 NOT NULL',
        f'ALTER TABLE "catalogue_entry" DROP COLUMN "{name}"',
        state_operations=[
            migrations.AddField(model_name="entry", name=name, field=models.BigIntegerField(default=0, db_default=0))
        ],
    )


class Migration(migrations.Migration):
    dependencies = [
        ("catalogue", "0002_sets_for_harvesters"),
    ]

    operations = [column("viewed"), column("downloaded")]
