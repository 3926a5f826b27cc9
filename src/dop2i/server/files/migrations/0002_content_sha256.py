"""Contents are found by their bytes alone: what another concept's readers found is taken over."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """An index."""

    dependencies = [("files", "0001_initial")]

    operations = [
        migrations.AddIndex(model_name="content", index=models.Index(fields=["sha256"], name="files_content_sha256"))
    ]
