"""Who was let in beyond the rule of a record, who asks to be, and what is closed.

Records and concepts are named by their numbers: this folder knows nothing of records.
"""

from __future__ import annotations

import datetime

from django.db import models
from django.utils import timezone

from dop2i.server.people.models import Group, Person


class View(models.TextChoices):
    """How far a grant or a secret link opens: the description alone, or the files too."""

    METADATA = "metadata"
    FILES = "files"


def last_day(until: datetime.datetime | None) -> datetime.date | None:
    """The last day of what ends at midnight (UTC), None for what ends within a day or never."""
    if until is None or until.astimezone(datetime.UTC).time() != datetime.time():
        return None
    return until.astimezone(datetime.UTC).date() - datetime.timedelta(days=1)


class AccessRequest(models.Model):
    """Somebody asks to be let in, with a purpose.

    Without an account (``person`` is None) the request is ``unconfirmed`` until the link that was sent to ``email``
    has been followed; ``hash`` is the SHA-256 of that link's secret.
    """

    class State(models.TextChoices):
        """The life of a request."""

        UNCONFIRMED = "unconfirmed"
        OPEN = "open"
        GRANTED = "granted"
        DECLINED = "declined"
        CANCELLED = "cancelled"

    id = models.BigAutoField(primary_key=True)
    concept_id = models.BigIntegerField()
    record_id = models.BigIntegerField()
    person = models.ForeignKey(Person, on_delete=models.CASCADE, null=True, related_name="access_requests")
    name = models.CharField(max_length=250, blank=True)
    email = models.EmailField(blank=True)
    language = models.CharField(max_length=2, blank=True)
    purpose = models.TextField()
    patterns = models.JSONField(default=list)
    state = models.CharField(max_length=11, choices=State.choices, default=State.OPEN)
    hash = models.CharField(max_length=64, blank=True)
    answer = models.TextField(blank=True)
    by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    created = models.DateTimeField(default=timezone.now)
    decided = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["concept_id", "state"], name="access_request_concept"),
            models.Index(fields=["hash"], condition=~models.Q(hash=""), name="access_request_hash"),
        ]

    def __str__(self) -> str:
        return f"request {self.pk}"

    @property
    def prefix(self) -> str:
        """What begins the names of its fields on a page that shows several."""
        return f"request-{self.pk}"


class Grant(models.Model):
    """A person, or a group, may see what is closed: one version, or every version when ``record_id`` is None.

    ``patterns`` are names of files or folders (``raw/``); empty for all. ``terms`` have to be accepted by each person
    before the first file is read.
    """

    id = models.BigAutoField(primary_key=True)
    concept_id = models.BigIntegerField()
    record_id = models.BigIntegerField(null=True)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, null=True, related_name="grants", db_index=False)
    group = models.ForeignKey(Group, on_delete=models.CASCADE, null=True, related_name="grants", db_index=False)
    view = models.CharField(max_length=8, choices=View.choices, default=View.FILES)
    patterns = models.JSONField(default=list)
    terms = models.TextField(blank=True)
    note = models.TextField(blank=True)
    starts = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    request = models.ForeignKey(AccessRequest, on_delete=models.SET_NULL, null=True, related_name="grants")
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(person__isnull=False, group__isnull=True)
                | models.Q(person__isnull=True, group__isnull=False),
                name="access_grant_one_subject",
            )
        ]
        indexes = [
            models.Index(fields=["concept_id", "person"], name="access_grant_concept_person"),
            models.Index(fields=["concept_id", "group"], name="access_grant_concept_group"),
            models.Index(fields=["person", "concept_id"], name="access_grant_person"),
            models.Index(fields=["group", "concept_id"], name="access_grant_group"),
        ]

    def __str__(self) -> str:
        return f"grant {self.pk}"

    @property
    def last_day(self) -> datetime.date | None:
        """The last day on which it holds, when it was given as a day."""
        return last_day(self.until)


class Acceptance(models.Model):
    """A person accepted the terms of a grant."""

    id = models.BigAutoField(primary_key=True)
    grant = models.ForeignKey(Grant, on_delete=models.CASCADE, related_name="acceptances", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["grant", "person"], name="access_accepted_once")]

    def __str__(self) -> str:
        return f"grant {self.grant_id} accepted by {self.person_id}"


class SecretLink(models.Model):
    """An address that opens a record to whoever holds it. Only the SHA-256 of its secret is kept.

    ``draft`` also shows what is not published (to the reviewers of a paper). ``accepted`` is when the terms were
    accepted by its holder.
    """

    id = models.BigAutoField(primary_key=True)
    concept_id = models.BigIntegerField()
    record_id = models.BigIntegerField()
    hash = models.CharField(max_length=64, unique=True)
    label = models.CharField(max_length=250, blank=True)
    view = models.CharField(max_length=8, choices=View.choices, default=View.FILES)
    draft = models.BooleanField(default=False)
    patterns = models.JSONField(default=list)
    terms = models.TextField(blank=True)
    accepted = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    uses = models.IntegerField(default=0)
    last_used = models.DateTimeField(null=True)
    by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    request = models.ForeignKey(AccessRequest, on_delete=models.SET_NULL, null=True, related_name="links")
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["concept_id", "record_id"], name="access_link_record")]

    def __str__(self) -> str:
        return self.label or f"link {self.pk}"

    @property
    def last_day(self) -> datetime.date | None:
        """The last day on which it holds, when it was given as a day."""
        return last_day(self.until)


class Closure(models.Model):
    """One line of the register: what is closed of a published record, why, and until when.

    Made from the record's document at each publication, change and lift. ``scope`` says how much; ``listed`` is false
    for a record whose very existence is not public; ``named`` is whether its title is.
    """

    class Scope(models.TextChoices):
        """How much is closed."""

        RECORD = "record"
        FILES = "files"
        PART = "part"

    id = models.BigAutoField(primary_key=True)
    concept_id = models.BigIntegerField(db_index=True)
    record_id = models.BigIntegerField(db_index=True)
    scope = models.CharField(max_length=6, choices=Scope.choices)
    patterns = models.JSONField(default=list)
    reason = models.CharField(max_length=40, blank=True)
    note = models.TextField(blank=True)
    until = models.DateField(null=True)
    review = models.DateField(null=True)
    since = models.DateField(null=True)
    listed = models.BooleanField(default=True)
    named = models.BooleanField(default=True)

    class Meta:
        indexes = [
            models.Index(fields=["listed", "until"], name="access_closure_until"),
            models.Index(fields=["review"], name="access_closure_review"),
        ]

    def __str__(self) -> str:
        return f"{self.scope} of record {self.record_id}"
