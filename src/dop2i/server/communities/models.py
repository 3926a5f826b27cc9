"""Communities, their members and invitations, and which concepts are in them."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone

from dop2i.server.people.models import Group, Person

READER, CONTRIBUTOR, CURATOR, MANAGER = "reader", "contributor", "curator", "manager"
ROLES = (READER, CONTRIBUTOR, CURATOR, MANAGER)
"""Each role may do what those before it may."""


class Community(models.Model):
    """An experiment, laboratory, facility or collection that looks after records together.

    ``title`` and ``description`` are ``{"en", "fr"}``. ``path`` lists the ancestors and the community itself
    (``/1/5/``): it never changes, for a community stays where it was made. ``policy`` is what
    :mod:`dop2i.server.communities.rules` checks; ``members_read`` repeats what it says of closed records, for queries.
    ``quota_bytes`` 0 is no limit; ``used_bytes`` and ``records`` count
    the published versions that are placed here, not those of nested communities.
    """

    class Kind(models.TextChoices):
        """What gathers the records."""

        EXPERIMENT = "experiment"
        LABORATORY = "laboratory"
        FACILITY = "facility"
        COLLECTION = "collection"

    class Visibility(models.TextChoices):
        """Who may know of the community."""

        PUBLIC = "public"
        RESTRICTED = "restricted"

    id = models.BigAutoField(primary_key=True)
    slug = models.CharField(max_length=100, unique=True)
    title = models.JSONField(default=dict)
    description = models.JSONField(default=dict, blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.COLLECTION)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="nested")
    path = models.CharField(max_length=250, db_index=True, default="/")
    policy = models.JSONField(default=dict, blank=True)
    members_read = models.BooleanField(default=True)
    page = models.TextField(blank=True)
    website = models.CharField(max_length=500, blank=True)
    quota_bytes = models.BigIntegerField(default=0)
    used_bytes = models.BigIntegerField(default=0)
    records = models.BigIntegerField(default=0)
    visibility = models.CharField(max_length=10, choices=Visibility.choices, default=Visibility.PUBLIC)
    revision = models.IntegerField(default=1)
    created = models.DateTimeField(default=timezone.now)
    updated = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["visibility", "-records", "id"], name="communities_largest")]

    def __str__(self) -> str:
        return str(self.title.get("en") or self.title.get("fr") or self.slug)

    @property
    def ancestry(self) -> list[int]:
        """The numbers of the outermost ancestor down to the community itself."""
        return [int(number) for number in self.path.split("/") if number]


class Logo(models.Model):
    """The community's picture, encoded by this server (PNG), so that nothing sent by a person is served as it came."""

    community = models.OneToOneField(Community, on_delete=models.CASCADE, primary_key=True, related_name="logo")
    data = models.BinaryField()
    digest = models.CharField(max_length=64)
    width = models.IntegerField()
    height = models.IntegerField()
    updated = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"logo of community {self.community_id}"


class Member(models.Model):
    """A person or a group in a community, with one role.

    ``title`` is a named role that a quorum may ask for (``physics-coordinator``). ``source`` is the sign-in provider
    whose claims say so, empty when somebody here did; a membership holds until ``until``.
    """

    id = models.BigAutoField(primary_key=True)
    community = models.ForeignKey(Community, on_delete=models.CASCADE, related_name="members")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, null=True, related_name="community_memberships")
    group = models.ForeignKey(Group, on_delete=models.CASCADE, null=True, related_name="community_memberships")
    role = models.CharField(max_length=11, choices=[(role, role) for role in ROLES], default=READER)
    title = models.CharField(max_length=60, blank=True)
    visible = models.BooleanField(default=False)
    source = models.CharField(max_length=80, blank=True)
    until = models.DateTimeField(null=True, blank=True)
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "community", "source"], name="communities_person_once"),
            models.UniqueConstraint(fields=["group", "community", "source"], name="communities_group_once"),
            models.CheckConstraint(
                condition=models.Q(person__isnull=False, group__isnull=True)
                | models.Q(person__isnull=True, group__isnull=False),
                name="communities_person_or_group",
            ),
        ]
        indexes = [
            models.Index(fields=["community", "role", "id"], name="communities_member_role"),
            models.Index(fields=["community", "-id"], name="communities_newest_member"),
        ]

    def __str__(self) -> str:
        return f"{self.role} of community {self.community_id}"


class Invitation(models.Model):
    """Somebody asked, by electronic address or ORCID, to become a member. Only the secret's SHA-256 is kept."""

    id = models.BigAutoField(primary_key=True)
    community = models.ForeignKey(Community, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(blank=True)
    orcid = models.CharField(max_length=19, blank=True)
    role = models.CharField(max_length=11, choices=[(role, role) for role in ROLES], default=READER)
    title = models.CharField(max_length=60, blank=True)
    message = models.TextField(blank=True)
    hash = models.CharField(max_length=64, unique=True)
    by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    created = models.DateTimeField(default=timezone.now)
    expires = models.DateTimeField()
    answered = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    cancelled = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["community", "-id"], name="communities_invited")]

    def __str__(self) -> str:
        return f"invitation {self.pk}"

    @property
    def state(self) -> str:
        """``submitted``, ``accepted``, ``declined``, ``cancelled`` or ``expired`` (InvenioRDM's words)."""
        if self.cancelled:
            return "cancelled"
        if self.answered:
            return "accepted" if self.accepted_by_id else "declined"
        return "expired" if self.expires <= timezone.now() else "submitted"


class MembershipRequest(models.Model):
    """A person asks to become a member. One request a community waits at a time."""

    class State(models.TextChoices):
        """InvenioRDM's words."""

        SUBMITTED = "submitted"
        ACCEPTED = "accepted"
        DECLINED = "declined"
        CANCELLED = "cancelled"

    id = models.BigAutoField(primary_key=True)
    community = models.ForeignKey(Community, on_delete=models.CASCADE, related_name="membership_requests")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="membership_requests")
    message = models.TextField(blank=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.SUBMITTED)
    by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    created = models.DateTimeField(default=timezone.now)
    answered = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["community", "person"], condition=models.Q(state="submitted"), name="communities_asked_once"
            )
        ]
        indexes = [models.Index(fields=["community", "state", "id"], name="communities_asking")]

    def __str__(self) -> str:
        return f"membership request {self.pk}"


class Placement(models.Model):
    """A concept is in a community. ``bytes`` are those of its published versions, which count towards the quota.

    ``counted`` is whether the community counts it among its records: not before it is published.
    """

    id = models.BigAutoField(primary_key=True)
    community = models.ForeignKey(Community, on_delete=models.PROTECT, related_name="placements")
    concept_id = models.BigIntegerField()
    by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    is_default = models.BooleanField(default=False)
    bytes = models.BigIntegerField(default=0)
    counted = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["concept_id", "community"], name="communities_placed_once")]
        indexes = [models.Index(fields=["community", "-id"], name="communities_placed")]

    def __str__(self) -> str:
        return f"concept {self.concept_id} in community {self.community_id}"


class Collection(models.Model):
    """A saved search among a community's records, under a title of its own."""

    id = models.BigAutoField(primary_key=True)
    community = models.ForeignKey(Community, on_delete=models.CASCADE, related_name="collections")
    slug = models.CharField(max_length=100)
    title = models.JSONField(default=dict)
    query = models.CharField(max_length=500, blank=True)
    order = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["community", "slug"], name="communities_collection_once")]
        ordering = ["order", "id"]

    def __str__(self) -> str:
        return str(self.title.get("en") or self.title.get("fr") or self.slug)


def text_in(texts: dict[str, Any], language: str) -> str:
    """The text in ``language``, else in the other one, else empty."""
    return str(texts.get(language) or texts.get("en") or texts.get("fr") or "")
