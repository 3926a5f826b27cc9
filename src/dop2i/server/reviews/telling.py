"""Who hears of a review: its author, its reviewers, and whoever said something. Never who did it themselves."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from dop2i.server.communities.models import CURATOR, MANAGER
from dop2i.server.communities.queries import line_of, people_in
from dop2i.server.communities.rules import policy_of
from dop2i.server.notifications.actions import notify_all
from dop2i.server.people.models import Person
from dop2i.server.people.policy import Actor
from dop2i.server.reviews.models import Comment, Review, Vote

MOST_TOLD = 200

SUBMITTED = gettext_noop("“%(title)s” was submitted to %(community)s")
RESUBMITTED = gettext_noop("“%(title)s” was submitted again to %(community)s, round %(round)s")
COMMENTED = gettext_noop("%(who)s said something about “%(title)s”")
CHANGES = gettext_noop("%(community)s asks for changes in “%(title)s”")
VOTED = gettext_noop("%(who)s agreed to publish “%(title)s”")
OBJECTED = gettext_noop("%(who)s is against publishing “%(title)s”")
ACCEPTED = gettext_noop("“%(title)s” was accepted by %(community)s")
DECLINED = gettext_noop("“%(title)s” was declined by %(community)s")
WITHDRAWN = gettext_noop("“%(title)s” was withdrawn from the review of %(community)s")
REMOVED = gettext_noop("“%(title)s” is no longer in %(community)s")


def authors(review: Review) -> list[Person]:
    """Who submitted, and who owns the record."""
    owner = review.record.concept.owner if review.record else None
    return [person for person in (review.by, owner) if person is not None]


def reviewers(review: Review) -> list[Person]:
    """The curators of the community (of the nearest one above it that has any) and the holders of quorum roles."""
    line = line_of(review.community)
    titles = [rule["title"] for rule in policy_of(line)["quorum"]]
    found: list[Person] = []
    for community in reversed(line):
        curators = () if found else (CURATOR, MANAGER)
        found += people_in(community, roles=curators, titles=titles, most=MOST_TOLD)
    return found[:MOST_TOLD]


def participants(review: Review) -> list[Person]:
    """Whoever commented or voted."""
    said = Comment.objects.filter(review=review).values("author_id")
    voted = Vote.objects.filter(review=review).values("person_id")
    return list(Person.objects.filter(pk__in=said.union(voted))[:MOST_TOLD])


def tell(*, actor: Actor, review: Review, people: list[Person], title: str, body: str = "") -> None:
    """Tell these people, each once, in the caller's transaction."""
    others = [person for person in people if person.pk != actor.person_id]
    values = {
        "title": review.title or "–",
        "community": str(review.community),
        "who": str(actor.person or ""),
        "round": review.round,
    }
    if body:
        values["text"] = body[:300]
    link = f"/requests/{review.pk}"
    notify_all(people=others, kind="review", title=title, body="%(text)s" if body else "", link=link, values=values)
