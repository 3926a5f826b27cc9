"""Reviews of drafts by communities: rounds, what was said, and votes."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from dop2i.server.communities.models import Community
from dop2i.server.people.models import Person
from dop2i.server.records.models import Record


class Review(models.Model):
    """A draft before a community, or a published record that is asked into another one (``inclusion``).

    ``round`` counts the submissions. ``fingerprint`` is of the document and files that were submitted last, or that
    were accepted. ``title`` is the record's at that time, so that lists need no document.
    """

    class Kind(models.TextChoices):
        """What is asked."""

        SUBMISSION = "submission"
        INCLUSION = "inclusion"

    class State(models.TextChoices):
        """The life of a review. ``created``: the community is chosen, nothing is submitted yet."""

        CREATED = "created"
        OPEN = "open"
        CHANGES = "changes"
        ACCEPTED = "accepted"
        DECLINED = "declined"
        WITHDRAWN = "withdrawn"

    id = models.BigAutoField(primary_key=True)
    record = models.ForeignKey(Record, on_delete=models.SET_NULL, null=True, related_name="reviews")
    concept_id = models.BigIntegerField(db_index=True)
    community = models.ForeignKey(Community, on_delete=models.CASCADE, related_name="reviews")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.SUBMISSION)
    state = models.CharField(max_length=9, choices=State.choices, default=State.CREATED)
    title = models.CharField(max_length=500, blank=True)
    round = models.IntegerField(default=0)
    fingerprint = models.CharField(max_length=64, blank=True)
    published = models.BooleanField(default=False)
    by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="reviews")
    decided_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    created = models.DateTimeField(default=timezone.now)
    updated = models.DateTimeField(default=timezone.now)
    submitted = models.DateTimeField(null=True)
    decided = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["record", "community"],
                condition=models.Q(state__in=("created", "open", "changes")),
                name="reviews_one_under_way",
            )
        ]
        indexes = [
            models.Index(fields=["community", "state", "-updated"], name="reviews_queue"),
            models.Index(fields=["by", "-updated"], name="reviews_mine"),
            models.Index(
                fields=["id"], condition=models.Q(state="accepted", published=False), name="reviews_to_publish"
            ),
        ]

    def __str__(self) -> str:
        return f"review {self.pk}"

    @property
    def is_under_way(self) -> bool:
        """Whether something may still be said about it."""
        return self.state in UNDER_WAY

    @property
    def is_open(self) -> bool:
        """Whether it waits for somebody: the reviewers, or changes."""
        return self.state in (self.State.OPEN, self.State.CHANGES)


UNDER_WAY = (Review.State.CREATED, Review.State.OPEN, Review.State.CHANGES)


class Round(models.Model):
    """What was submitted: the document, and the list of files (packed by ``snapshots``)."""

    id = models.BigAutoField(primary_key=True)
    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="rounds")
    number = models.IntegerField()
    fingerprint = models.CharField(max_length=64)
    document = models.JSONField(default=dict)
    files = models.BinaryField()
    file_count = models.BigIntegerField(default=0)
    total_bytes = models.BigIntegerField(default=0)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["review", "number"], name="reviews_round_once")]

    def __str__(self) -> str:
        return f"round {self.number} of review {self.review_id}"


class Comment(models.Model):
    """One line of the timeline: something said (``event`` empty), or something that happened.

    ``path`` is a field (``metadata.title``), a file (``files:a.root``) or empty for the whole.
    """

    id = models.BigAutoField(primary_key=True)
    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="comments", db_index=False)
    author = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    event = models.CharField(max_length=20, blank=True)
    round = models.IntegerField(default=0)
    path = models.CharField(max_length=1100, blank=True)
    text = models.TextField(blank=True)
    created = models.DateTimeField(default=timezone.now)
    edited = models.DateTimeField(null=True)
    revision = models.IntegerField(default=1)
    resolved = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["review", "id"], name="reviews_timeline")]

    def __str__(self) -> str:
        return f"comment {self.pk}"


class Vote(models.Model):
    """One person's voice under one named role, for one state (``fingerprint``) of the draft."""

    id = models.BigAutoField(primary_key=True)
    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="votes")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    title = models.CharField(max_length=60)
    accepts = models.BooleanField()
    fingerprint = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "person", "title", "fingerprint"], name="reviews_vote_once")
        ]

    def __str__(self) -> str:
        return f"vote of {self.person_id} on review {self.review_id}"
