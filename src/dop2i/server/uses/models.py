"""How often records are used: sums of each record, and a row a day. Nothing here says by whom."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Counts(models.Model):
    """What is counted, in the words of COUNTER's Code of Practice for Research Data Usage Metrics (release 1).

    ``views`` are investigations (of the landing page), ``downloads`` requests (of content). ``unique_…`` counts a
    visitor once an hour for this record, ``…_of_all`` once an hour for all versions of it. ``bytes`` were sent.
    """

    views = models.BigIntegerField(default=0)
    unique_views = models.BigIntegerField(default=0)
    unique_views_of_all = models.BigIntegerField(default=0)
    downloads = models.BigIntegerField(default=0)
    unique_downloads = models.BigIntegerField(default=0)
    unique_downloads_of_all = models.BigIntegerField(default=0)
    bytes = models.BigIntegerField(default=0)

    class Meta:
        abstract = True


NAMES = (
    *("views", "unique_views", "unique_views_of_all"),
    *("downloads", "unique_downloads", "unique_downloads_of_all", "bytes"),
)


class Use(Counts):
    """The sums of one record (one version). ``counted`` is when the last of them was added."""

    record_id = models.BigIntegerField(primary_key=True)
    concept_id = models.BigIntegerField(db_index=True)
    counted = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"record {self.record_id}: {self.views} views, {self.downloads} downloads"


class DayOfUse(Counts):
    """The use of one record on one day (UTC)."""

    record_id = models.BigIntegerField()
    concept_id = models.BigIntegerField()
    day = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record_id", "day"], name="uses_day_once")]
        indexes = [models.Index(fields=["concept_id", "day"], name="uses_concept_day")]

    def __str__(self) -> str:
        return f"record {self.record_id} on {self.day}: {self.views} views, {self.downloads} downloads"


class Gathered(models.Model):
    """A file of lines that is being counted, and how many bytes of it are: the same line never counts twice."""

    name = models.CharField(max_length=60, primary_key=True)
    size = models.BigIntegerField(default=0)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.name}, {self.size} bytes"
