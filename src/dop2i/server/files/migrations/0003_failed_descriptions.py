"""The files that no reader could open are found without looking at the others."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """An index of those alone."""

    dependencies = [("files", "0002_content_sha256")]

    operations = [
        migrations.AddIndex(
            model_name="contentdescription",
            index=models.Index(
                fields=["-created"], condition=models.Q(("error__gt", "")), name="files_description_failed"
            ),
        )
    ]
