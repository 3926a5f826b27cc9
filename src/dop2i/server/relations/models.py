"""Names and edges of the graph, and what is known of the addresses that edges lead to.

All of it is a cache of the catalogue's change log: it may be emptied, and the worker makes it again.
"""

from __future__ import annotations

from django.db import models


class Name(models.Model):
    """A normal form (``doi:10.1234/abc``) by which an entry of the catalogue is pointed to.

    ``concept`` says that it means all versions, so that it leads to the latest.
    """

    key = models.CharField(max_length=200, db_index=True)
    value = models.CharField(max_length=500, db_index=True)
    concept = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.value


class Edge(models.Model):
    """What an entry says of another object: ``kind`` is a relation type, ``target`` a normal form."""

    key = models.CharField(max_length=200)
    kind = models.CharField(max_length=40)
    target = models.CharField(max_length=500)
    identifier = models.CharField(max_length=2000)
    url = models.CharField(max_length=2000, blank=True)
    resource_type = models.CharField(max_length=60, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["key", "id"], name="relations_edge_from"),
            models.Index(fields=["target", "id"], name="relations_edge_to"),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.kind} {self.target}"


class Address(models.Model):
    """An address that our own records point to, and whether it answered when it was last asked."""

    class State(models.TextChoices):
        """What was found."""

        UNKNOWN = "unknown"
        ALIVE = "alive"
        BROKEN = "broken"

    target = models.CharField(max_length=500, unique=True)
    url = models.CharField(max_length=2000)
    state = models.CharField(max_length=7, choices=State.choices, default=State.UNKNOWN)
    note = models.CharField(max_length=300, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    checked = models.DateTimeField(null=True)
    next_check = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.url} ({self.state})"


class Position(models.Model):
    """How far the graph has followed the change log."""

    seq = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.seq)
