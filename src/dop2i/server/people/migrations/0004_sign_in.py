"""What signing in needs to know of a person; an ORCID iD belongs to one person only."""

from django.db import migrations, models


def one_person_an_orcid(apps, schema_editor):
    """The first who named an ORCID iD keeps it, so that the constraint can be made."""
    person = apps.get_model("people", "Person")
    seen = set()
    for number, orcid in person.objects.exclude(orcid="").order_by("id").values_list("id", "orcid"):
        if orcid in seen:
            person.objects.filter(pk=number).update(orcid="")
        seen.add(orcid)


class Migration(migrations.Migration):
    # PostgreSQL refuses to change a table whose rows the same transaction has written
    atomic = False
    dependencies = [("people", "0003_journal_append_only")]

    operations = [
        migrations.RunPython(one_person_an_orcid, migrations.RunPython.noop),
        migrations.AddField("person", "email_verified", models.BooleanField(default=True)),
        migrations.AddField("person", "orcid_source", models.CharField(blank=True, max_length=200)),
        migrations.AddField("person", "sessions_from", models.DateTimeField(blank=True, null=True)),
        migrations.AddConstraint(
            "person",
            models.UniqueConstraint(
                condition=models.Q(("orcid", ""), _negated=True), fields=("orcid",), name="people_orcid_once"
            ),
        ),
    ]
