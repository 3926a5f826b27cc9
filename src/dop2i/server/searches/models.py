"""Searches that persons keep."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from dop2i.server.people.models import Person

LONGEST_ADDRESS = 4000


class SavedSearch(models.Model):
    """A search by its address (``q=higgs&theme=particle``). With ``notify``, its owner is told of new results.

    ``seen`` is up to when results were looked through: what entered the catalogue later is new.
    """

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="searches")
    name = models.CharField(max_length=120)
    address = models.CharField(max_length=LONGEST_ADDRESS)
    notify = models.BooleanField(default=False)
    created = models.DateTimeField(default=timezone.now)
    seen = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name
