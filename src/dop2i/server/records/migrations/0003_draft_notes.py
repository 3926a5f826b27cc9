import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0002_withdrawal"),
    ]

    operations = [
        migrations.CreateModel(
            name="DraftNotes",
            fields=[
                (
                    "record",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="draft_notes",
                        serialize=False,
                        to="records.record",
                    ),
                ),
                ("decisions", models.JSONField(default=dict)),
                ("proposals", models.JSONField(default=list)),
            ],
        ),
    ]
