"""The part of the deposit page about communities: the one that is chosen, its rules, and where the review stands."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest

from dop2i.errors import Dop2iError
from dop2i.faces.web.communities import rules_in_words, title_of
from dop2i.faces.web.reviews import review_row
from dop2i.faces.web.said import said
from dop2i.server.communities.listing import communities_to_deposit_in
from dop2i.server.communities.queries import communities_of_concept
from dop2i.server.records.policy import owns
from dop2i.server.reviews import actions, gates, queries
from dop2i.server.reviews.models import Review


def community_part(request: HttpRequest, record: Any) -> dict[str, Any]:
    """What the deposit page shows of communities and reviews."""
    review = queries.review_of_draft(record)
    chosen = review if review and review.state == Review.State.CREATED else None
    under_way = review if review and review.state != Review.State.CREATED and _tells(review, record) else None
    there = communities_of_concept(record.concept_id)
    found = gates.concerned(record)
    may_choose = owns(request.actor, record) and not record.is_published and not (review and review.is_open)
    own = {one.pk for one in there}
    choices = communities_to_deposit_in(request.actor) if may_choose and not there else []
    wants = any(
        gates.needs_review(one, record, by_member=gates.is_members(request.actor, record, one.community))
        for one in found
    )
    return {
        "chosen": chosen.community.slug if chosen else "",
        "choices": [(one.slug, title_of(one)) for one in choices if one.pk not in own],
        "within": [title_of(one) for one in there],
        "rules": [
            {"title": title_of(one.community), "lines": rules_in_words(one.rules), "embargo": _embargo(one, record)}
            for one in found
        ],
        "review": review_row(under_way) if under_way else None,
        "is_open": bool(under_way and under_way.is_open),
        "wants_review": wants,
        "mine": owns(request.actor, record),
    }


def _tells(review: Review, record: Any) -> bool:
    """Whether the last review is about the draft as it stands: not one of a version that is published since."""
    return not review.published


def _embargo(one: gates.Concerned, record: Any) -> str:
    from dop2i.server.reviews.deciding import opening_told

    return opening_told(one.community, record) if one.rules["embargo"] else ""


def choose_first(request: HttpRequest, record: Any, slug: str) -> None:
    """Choose the community from whose page a deposit was begun; a refusal is told and the deposit goes on."""
    try:
        actions.choose_community(actor=request.actor, record_id=record.pk, community=slug)
    except Dop2iError as error:
        messages.warning(request, said(error))


def apply_choice(request: HttpRequest, record: Any) -> bool:
    """Keep what the form says of the community; whether anything changed."""
    if "community" not in request.POST:
        return False
    wanted = request.POST.get("community", "").strip()[:100]
    review = queries.review_of_draft(record)
    now = review.community.slug if review and review.state == Review.State.CREATED else ""
    if wanted == now or (review and review.is_open):
        return False
    if wanted:
        actions.choose_community(actor=request.actor, record_id=record.pk, community=wanted)
    else:
        actions.forget_choice(actor=request.actor, record_id=record.pk)
    return True
