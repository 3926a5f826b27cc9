"""What people do with communities: make, change, show, delete; and which concepts are in them.

Members and invitations are in ``membership`` and ``invitations``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from dop2i.errors import Conflict, InvalidDocument, InvalidInput, NotFound, NotPermitted, Problem, RevisionConflict
from dop2i.server.communities.models import MANAGER, Collection, Community, Logo, Member, Placement
from dop2i.server.communities.policy import may_create, require
from dop2i.server.communities.queries import find_community
from dop2i.server.communities.rules import checked_policy, checked_slug
from dop2i.server.communities.signals import records_concerned
from dop2i.server.faults import told
from dop2i.server.people.actions import audit
from dop2i.server.people.policy import Actor, require_scope

LONGEST_TITLE, LONGEST_DESCRIPTION, LONGEST_PAGE = 250, 5000, 100_000
DEEPEST = 6
MOST_COLLECTIONS = 50
LANGUAGES = ("en", "fr")
CHANGEABLE = ("title", "description", "kind", "policy", "page", "website", "visibility", "quota_bytes")


def checked_texts(texts: Any, *, path: str, longest: int, needed: bool = False) -> dict[str, str]:
    """``{"en", "fr"}`` as it is kept (a plain text counts as English). Raises ``InvalidDocument``."""
    given = {"en": texts} if isinstance(texts, str) else texts
    if not isinstance(given, dict) or not all(isinstance(text, str) for text in given.values()):
        raise InvalidDocument([Problem(path, "This must be text, or an object with texts in en and fr.")])
    kept = {name: given[name].strip() for name in LANGUAGES if given.get(name, "").strip()}
    if set(given) - set(LANGUAGES):
        raise InvalidDocument([Problem(path, "The languages of a community's texts are en and fr.")])
    if any(len(text) > longest for text in kept.values()):
        raise InvalidDocument([Problem(path, f"This text is too long; the most characters allowed are: {longest}.")])
    if needed and not kept:
        raise InvalidDocument([Problem(path, "This is empty: fill it in or remove it.")])
    return kept


def _checked(facts: dict[str, Any]) -> dict[str, Any]:
    made = dict(facts)
    if "title" in made:
        texts = checked_texts(made["title"], path="title", longest=LONGEST_TITLE, needed=True)
        made["title"] = {name: " ".join(text.split()) for name, text in texts.items()}
    if "description" in made:
        made["description"] = checked_texts(made["description"], path="description", longest=LONGEST_DESCRIPTION)
    if "policy" in made:
        made["policy"] = checked_policy(made["policy"])
        made["members_read"] = made["policy"].get("members_read", True)
    for name, choices in (("kind", Community.Kind), ("visibility", Community.Visibility)):
        if name in made and made[name] not in choices.values:
            raise InvalidDocument(
                [Problem(name, f"This is none of the allowed values; they are: {', '.join(choices)}.")]
            )
    if "page" in made and (not isinstance(made["page"], str) or len(made["page"]) > LONGEST_PAGE):
        raise InvalidDocument([Problem("page", f"This must be text of at most {LONGEST_PAGE} characters.")])
    if "website" in made:
        made["website"] = _checked_website(made["website"])
    if "quota_bytes" in made:
        quota = made["quota_bytes"]
        if isinstance(quota, bool) or not isinstance(quota, int) or not 0 <= quota < 10**18:
            raise InvalidDocument([Problem("quota_bytes", "This must be a whole number of bytes; 0 for no limit.")])
    return made


def _checked_website(address: Any) -> str:
    from urllib.parse import urlsplit

    text = address.strip() if isinstance(address, str) else "?"
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("?")
    if text and (parts.scheme not in ("http", "https") or not parts.hostname or len(text) > 500 or " " in text):
        raise InvalidDocument([Problem("website", "This is no address of the web, such as https://example.org.")])
    return text


@told()
@transaction.atomic
def all_or_none(action: Callable[..., Any], calls: Iterable[dict[str, Any]]) -> list[Any]:
    """Do the same for several, or for none of them when one is refused; what each call answered."""
    return [action(**facts) for facts in calls]


@told()
@transaction.atomic
def create_community(*, actor: Actor, slug: str, parent: int | str | None = None, **facts: Any) -> Community:
    """A new community, managed by who makes it: stewards and administrators make any, a manager nested ones.

    ``facts``: title (needed), description, kind, policy, page, website, visibility, quota_bytes.
    Raises ``NotPermitted``, ``InvalidInput``, ``InvalidDocument``, ``Conflict`` when the short name is taken.
    """
    person = require_scope(actor, "curate")
    above = find_community(parent) if parent is not None else None
    if above is not None:
        require(actor, "manage", above)
    elif not may_create(actor, None):
        raise NotPermitted(
            "Only stewards and administrators make communities that are in no other.",
            hint="Ask one of them, or make one nested in a community that you manage.",
        )
    if above is not None and len(above.ancestry) >= DEEPEST:
        raise InvalidInput(f"Communities are nested at most {DEEPEST} deep.")
    if set(facts) - set(CHANGEABLE):
        raise InvalidInput(f"A community has no {sorted(set(facts) - set(CHANGEABLE))[0]!r}.")
    if facts.get("quota_bytes") and not actor.is_steward:
        raise NotPermitted("The quota of a community is set by a steward.")
    values = _checked({"title": {}, **facts})
    try:
        with transaction.atomic():
            made = Community.objects.create(slug=checked_slug(slug), parent=above, **values)
    except IntegrityError as error:
        raise Conflict(f"There is already a community {slug!r}.", hint="Choose another short name.") from error
    made.path = f"{above.path if above else '/'}{made.pk}/"
    made.save(update_fields=["path"])
    Member.objects.create(community=made, person=person, role=MANAGER)
    audit(actor=actor, action="create community", target=f"community:{made.pk}", slug=made.slug)
    return made


def held_community(actor: Actor, community: int | str, action: str) -> Community:
    """The community, locked until the transaction ends, after asking the policy."""
    found = find_community(community)
    require(actor, action, found)
    return Community.objects.select_for_update().get(pk=found.pk)


@told()
@transaction.atomic
def update_community(
    *, actor: Actor, community: int | str, expected_revision: int | None = None, **changes: Any
) -> Community:
    """Change title, description, kind, policy, page, website or visibility; a steward also quota_bytes.

    Raises ``RevisionConflict`` when it is no longer at ``expected_revision``, ``InvalidDocument``, ``NotPermitted``.
    """
    held = held_community(actor, community, "manage")
    if expected_revision is not None and expected_revision != held.revision:
        raise RevisionConflict(
            f"{held} was changed meanwhile: it is at revision {held.revision}.", hint="Read it again."
        )
    if set(changes) - set(CHANGEABLE):
        raise InvalidInput(f"A community has no {sorted(set(changes) - set(CHANGEABLE))[0]!r} that can be changed.")
    if changes.get("quota_bytes", held.quota_bytes) != held.quota_bytes and not actor.is_steward:
        raise NotPermitted("The quota of a community is set by a steward.")
    values = _checked(changes)
    before = _as_told(held)
    for name, value in values.items():
        setattr(held, name, value)
    held.revision += 1
    held.updated = timezone.now()
    held.save()
    audit(actor=actor, action="update community", target=f"community:{held.pk}", changed=sorted(changes))
    if _as_told(held) != before:
        records_concerned.send(sender=None, community=held, actor=actor)
    return held


def _as_told(community: Community) -> tuple[object, ...]:
    """What the catalogue's entries say of a community."""
    return (community.slug, str(community), community.kind, community.visibility, community.members_read)


@told()
@transaction.atomic
def rename_community(*, actor: Actor, community: int | str, slug: str) -> Community:
    """Give the community another short name. Raises ``Conflict`` when it is taken."""
    held = held_community(actor, community, "manage")
    before, held.slug = held.slug, checked_slug(slug)
    held.revision += 1
    try:
        with transaction.atomic():
            held.save(update_fields=["slug", "revision"])
    except IntegrityError as error:
        raise Conflict(f"There is already a community {slug!r}.", hint="Choose another short name.") from error
    audit(actor=actor, action="rename community", target=f"community:{held.pk}", before=before, slug=held.slug)
    records_concerned.send(sender=None, community=held, actor=actor)
    return held


@told()
@transaction.atomic
def delete_community(*, actor: Actor, community: int | str) -> None:
    """Delete a community that holds nothing any more. Raises ``Conflict`` while records or communities are in it."""
    held = held_community(actor, community, "manage")
    if Placement.objects.filter(community=held).exists():
        raise Conflict(f"Records are in {held}: remove them from it first.")
    if held.nested.exists():
        raise Conflict(f"Other communities are nested in {held}: delete those first.")
    audit(actor=actor, action="delete community", target=f"community:{held.pk}", slug=held.slug)
    held.delete()


@told()
def set_logo(*, actor: Actor, community: int | str, data: bytes) -> Logo:
    """Show a picture (PNG, JPEG, WebP or GIF), encoded anew by us. Raises ``InvalidInput`` for anything else."""
    from dop2i.server.communities.logos import encoded

    found = find_community(community)
    require(actor, "manage", found)
    picture = encoded(data)
    with transaction.atomic():
        held = held_community(actor, found.pk, "manage")
        logo, _ = Logo.objects.update_or_create(
            community=held,
            defaults={
                "data": picture.data,
                "digest": picture.digest,
                "width": picture.width,
                "height": picture.height,
                "updated": timezone.now(),
            },
        )
        audit(actor=actor, action="set logo", target=f"community:{held.pk}", sha256=picture.digest)
    return logo


@told()
@transaction.atomic
def remove_logo(*, actor: Actor, community: int | str) -> None:
    """Show no picture any more."""
    held = held_community(actor, community, "manage")
    if Logo.objects.filter(community=held).delete()[0]:
        audit(actor=actor, action="remove logo", target=f"community:{held.pk}")


@told()
@transaction.atomic
def set_collection(
    *, actor: Actor, community: int | str, slug: str, title: Any, query: str = "", order: int = 0
) -> Collection:
    """Add or change a collection: a saved search among the community's records. Raises ``InvalidQuery``."""
    from dop2i.server.catalogue.parsing import understand

    held = held_community(actor, community, "manage")
    name = checked_slug(slug)
    texts = checked_texts(title, path="title", longest=LONGEST_TITLE, needed=True)
    asked = query.strip()
    if len(asked) > 500:
        raise InvalidDocument([Problem("query", "This text is too long; the most characters allowed are: 500.")])
    understand(asked)
    known = Collection.objects.filter(community=held, slug=name).first()
    if known is None and Collection.objects.filter(community=held).count() >= MOST_COLLECTIONS:
        raise InvalidInput(f"A community has at most {MOST_COLLECTIONS} collections.")
    facts = {"title": texts, "query": asked, "order": max(0, min(order, 10_000))}
    made, _ = Collection.objects.update_or_create(community=held, slug=name, defaults=facts)
    audit(actor=actor, action="set collection", target=f"community:{held.pk}", collection=name, query=asked)
    return made


@told()
@transaction.atomic
def remove_collection(*, actor: Actor, community: int | str, slug: str) -> None:
    """Remove a collection; its records stay. Raises ``NotFound``."""
    held = held_community(actor, community, "manage")
    if not Collection.objects.filter(community=held, slug=slug).delete()[0]:
        raise NotFound(f"{held} has no collection {slug[:100]!r}.")
    audit(actor=actor, action="remove collection", target=f"community:{held.pk}", collection=slug)


def place(*, actor: Actor, community: Community, concept_id: int, total_bytes: int = 0) -> Placement:
    """Put a concept in a community, in the caller's transaction, who has checked the policy. Idempotent."""
    first = not Placement.objects.filter(concept_id=concept_id).exists()
    placed, made = Placement.objects.get_or_create(
        community=community, concept_id=concept_id, defaults={"by": actor.person, "is_default": first}
    )
    if made:
        audit(actor=actor, action="place record", target=f"community:{community.pk}", concept=concept_id)
    if total_bytes:
        count_bytes(placed, total_bytes)
    return placed


def count_bytes(placed: Placement, total_bytes: int, *, counted: bool = True) -> None:
    """The bytes of a concept's versions as they are now, and whether one is published. In the caller's transaction."""
    row = Placement.objects.select_for_update().get(pk=placed.pk)
    if (row.bytes, row.counted) == (total_bytes, counted):
        return
    Placement.objects.filter(pk=row.pk).update(bytes=total_bytes, counted=counted)
    Community.objects.filter(pk=row.community_id).update(
        used_bytes=F("used_bytes") + total_bytes - row.bytes, records=F("records") + int(counted) - int(row.counted)
    )


def unplace(*, actor: Actor, community: Community, concept_id: int) -> bool:
    """Take a concept out of a community, in the caller's transaction, who has checked the policy."""
    row = Placement.objects.select_for_update().filter(community=community, concept_id=concept_id).first()
    if row is None:
        return False
    row.delete()
    Community.objects.filter(pk=community.pk).update(
        used_bytes=F("used_bytes") - row.bytes, records=F("records") - int(row.counted)
    )
    if row.is_default and (next_ := Placement.objects.filter(concept_id=concept_id).order_by("id").first()):
        Placement.objects.filter(pk=next_.pk).update(is_default=True)
    audit(actor=actor, action="remove record", target=f"community:{community.pk}", concept=concept_id)
    return True


def set_default(*, actor: Actor, community: Community, concept_id: int) -> None:
    """Make it the community that a concept is shown with first, in the caller's transaction. Raises ``NotFound``."""
    if not Placement.objects.filter(community=community, concept_id=concept_id).exists():
        raise NotFound(f"The record is not in {community}.")
    Placement.objects.filter(concept_id=concept_id).update(is_default=False)
    Placement.objects.filter(concept_id=concept_id, community=community).update(is_default=True)
    audit(actor=actor, action="default community", target=f"community:{community.pk}", concept=concept_id)


def recount(communities: Iterable[Community] | None = None) -> int:
    """Make the counts of communities agree with their placements again; returns how many were changed."""
    from django.db.models import Count, Q, Sum

    changed = 0
    rows = Community.objects.all() if communities is None else communities
    for community in rows:
        with transaction.atomic():
            held = Community.objects.select_for_update().get(pk=community.pk)
            found = Placement.objects.filter(community=held).aggregate(
                records=Count("id", filter=Q(counted=True)), used=Sum("bytes", default=0)
            )
            if (held.records, held.used_bytes) != (found["records"], found["used"]):
                Community.objects.filter(pk=held.pk).update(records=found["records"], used_bytes=found["used"])
                changed += 1
    return changed
