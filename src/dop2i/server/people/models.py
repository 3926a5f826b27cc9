"""Persons, their tokens, and the journal of what was done."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone

from dop2i.errors import NotPermitted


class PersonManager(BaseUserManager["Person"]):
    """Finds persons by address whatever its case."""

    def get_by_natural_key(self, username: str | None) -> Person:
        """The person of this electronic address, as sign-in asks."""
        return self.get(email=(username or "").strip().lower())

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> Person:
        """A person with a usable password, or none."""
        person = self.model(email=email.strip().lower(), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person


STEWARD, ADMINISTRATOR = "steward", "administrator"
"""Roles over the whole instance: a steward looks after every record, an administrator runs the instance too."""


class Person(AbstractBaseUser):
    """Somebody who deposits, curates or administers, or a robot that works for a community.

    ``email_verified`` is false while only the person says that the address is theirs. ``orcid_source`` is the issuer
    that vouches for the ORCID iD, empty when it was typed. Sessions begun before ``sessions_from`` are over.
    ``affiliations`` is a list of ``{"name", "ror"}``. ``claimed_roles`` are the instance roles that a sign-in
    provider's claims gave; they hold until ``claims_until`` and are given again at each sign-in or refresh.
    """

    class Notices(models.TextChoices):
        """How somebody wants to hear of what concerns them."""

        EACH = "each"
        DIGEST = "digest"
        PAGE = "page"

    id = models.BigAutoField(primary_key=True)
    email = models.EmailField(unique=True)
    email_verified = models.BooleanField(default=True)
    name = models.CharField(max_length=250)
    given_name = models.CharField(max_length=120, blank=True)
    family_name = models.CharField(max_length=120, blank=True)
    orcid = models.CharField(max_length=19, blank=True)
    orcid_source = models.CharField(max_length=200, blank=True)
    affiliations = models.JSONField(default=list, blank=True)
    language = models.CharField(max_length=2, blank=True)
    is_administrator = models.BooleanField(default=False)
    is_steward = models.BooleanField(default=False)
    is_robot = models.BooleanField(default=False)
    claimed_roles = models.JSONField(default=list, blank=True)
    claims_until = models.DateTimeField(null=True, blank=True)
    notices = models.CharField(max_length=6, choices=Notices.choices, default=Notices.EACH)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)
    sessions_from = models.DateTimeField(null=True, blank=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    objects = PersonManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["orcid"], condition=~models.Q(orcid=""), name="people_orcid_once")
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        # Django ends a session whose person's hash has changed: by a new password, and here by ``sessions_from``.
        kept: str = super()._get_session_auth_hash(secret=secret)
        return f"{kept}:{self.sessions_from.timestamp()}" if self.sessions_from else kept

    @property
    def roles(self) -> frozenset[str]:
        """The person's roles over the whole instance, today: given here, or by claims that still hold."""
        given = {name for name, has in ((ADMINISTRATOR, self.is_administrator), (STEWARD, self.is_steward)) if has}
        if self.claims_until and self.claims_until > timezone.now():
            given.update(self.claimed_roles)
        return frozenset(given)

    @property
    def profile(self) -> dict[str, Any]:
        """The person as a creator of a record document (InvenioRDM's ``metadata.creators`` item)."""
        family, given = self.family_name, self.given_name
        if not family and not given:
            before, comma, after = (part.strip() for part in self.name.partition(","))
            if comma:
                family, given = before, after
            elif " " in self.name:
                given, family = self.name.rsplit(" ", 1)
        who: dict[str, Any] = {
            "type": "personal",
            "name": ", ".join(part for part in (family, given) if part) or self.name,
            "family_name": family or self.name,
        }
        if given:
            who["given_name"] = given
        if self.orcid:
            who["identifiers"] = [{"scheme": "orcid", "identifier": self.orcid}]
        creator: dict[str, Any] = {"person_or_org": who}
        places = [
            {
                "name": place["name"],
                **({"identifiers": [{"scheme": "ror", "identifier": place["ror"]}]} if place.get("ror") else {}),
            }
            for place in self.affiliations
            if place.get("name")
        ]
        if places:
            creator["affiliations"] = places
        return creator


class Group(models.Model):
    """A set of persons that rights are given to: made here, or named by a provider's claims (``name`` is the claim)."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=250, unique=True)
    title = models.CharField(max_length=250, blank=True)
    created = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.title or self.name


class GroupMember(models.Model):
    """A person in a group. ``source`` is the sign-in provider whose claims say so, empty when somebody here did.

    A claimed membership holds until ``until``: what the provider no longer says ends by itself.
    """

    id = models.BigAutoField(primary_key=True)
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="members")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    source = models.CharField(max_length=80, blank=True)
    until = models.DateTimeField(null=True, blank=True)
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "group", "source"], name="people_member_once")]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.group_id}"


class Token(models.Model):
    """A key that a person's programs carry. Only its SHA-256 is kept.

    ``records`` limits it to these records (numbers of concepts); empty means all that the person may reach.
    """

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=120, blank=True)
    hash = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    records = models.JSONField(default=list, blank=True)
    created = models.DateTimeField(default=timezone.now)
    expires = models.DateTimeField(null=True, blank=True)
    last_used = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name or f"token {self.pk}"


class OnlyAdded(models.QuerySet["AuditEvent"]):
    """Rows that nobody changes nor deletes, not even many at once; the database refuses it too."""

    def update(self, **values: Any) -> int:
        """Raises ``NotPermitted``."""
        raise NotPermitted("A line of the journal cannot be changed.")

    def bulk_update(self, *arguments: Any, **options: Any) -> int:
        """Raises ``NotPermitted``."""
        raise NotPermitted("A line of the journal cannot be changed.")

    def delete(self) -> tuple[int, dict[str, int]]:
        """Raises ``NotPermitted``."""
        raise NotPermitted("A line of the journal cannot be deleted.")


class AuditEvent(models.Model):
    """One thing that somebody did. Rows are only added (``append_only.py``); a person with lines here is kept too.

    ``address`` is the network of whoever acted; the whole address is in :class:`AuditAddress`, for some time.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    token_id = models.BigIntegerField(null=True)
    token_name = models.CharField(max_length=120, blank=True)
    address = models.CharField(max_length=64, blank=True)
    action = models.CharField(max_length=40)
    target = models.CharField(max_length=80)
    details = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["target", "id"], name="people_audit_target"),
            models.Index(fields=["person", "id"], name="people_audit_person"),
        ]

    objects = OnlyAdded.as_manager()

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action} {self.target}"

    def save(self, *arguments: Any, **options: Any) -> None:
        """Adds the line. Raises ``NotPermitted`` for one that is there already."""
        if not self._state.adding:
            raise NotPermitted("A line of the journal cannot be changed.")
        super().save(*arguments, **options)

    def delete(self, *arguments: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """Raises ``NotPermitted``."""
        raise NotPermitted("A line of the journal cannot be deleted.")


class AuditAddress(models.Model):
    """The whole address of a line of the journal, until the instance forgets it."""

    event = models.OneToOneField(AuditEvent, on_delete=models.PROTECT, primary_key=True, related_name="+")
    address = models.CharField(max_length=64)
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.address
