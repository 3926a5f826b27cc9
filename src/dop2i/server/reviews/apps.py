"""Reviews: drafts submitted to communities, and records asked into other ones."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    """The Django application of this folder."""

    name = "dop2i.server.reviews"
    label = "reviews"

    def ready(self) -> None:
        """A review opens a draft to its reviewers, stands before publication, and ends with its draft."""
        from django.db.models.signals import pre_delete

        from dop2i.server.communities.signals import records_concerned
        from dop2i.server.records.gates import GATES, SETTLERS
        from dop2i.server.records.models import Record
        from dop2i.server.records.signals import erased, published, restored, withdrawn
        from dop2i.server.records.standing import REVIEWING
        from dop2i.server.reviews import gates, policy

        for gate in (gates.rules_of_communities, gates.review_wanted):
            if gate not in GATES:
                GATES.append(gate)
        if gates.place_chosen not in SETTLERS:
            SETTLERS.append(gates.place_chosen)
        if policy.rights_of_reviewer not in REVIEWING:
            REVIEWING.append(policy.rights_of_reviewer)
        pre_delete.connect(_end_reviews, sender=Record, dispatch_uid="reviews")
        published.connect(_published, dispatch_uid="reviews")
        for news in (withdrawn, restored):
            news.connect(_count, dispatch_uid="reviews")
        erased.connect(_forget, dispatch_uid="reviews")
        records_concerned.connect(_refresh, dispatch_uid="reviews")


def _end_reviews(sender: object, instance: Any, **_: Any) -> None:
    from dop2i.server.reviews.closing import end_with_draft

    end_with_draft(instance)


def _forget(sender: object, record: Any, **_: Any) -> None:
    from dop2i.server.reviews.models import Review, Round
    from dop2i.server.reviews.snapshots import pack

    Review.objects.filter(record_id=record.pk).update(title="")
    Round.objects.filter(review__record_id=record.pk).update(document={}, files=pack(iter(())))


def _count(sender: object, record: Any, **_: Any) -> None:
    from dop2i.server.reviews.placing import count_again

    count_again(concept_id=record.concept_id)


def _published(sender: object, record: Any, actor: Any, **_: Any) -> None:
    from dop2i.server.reviews.placing import after_publication

    after_publication(record=record, actor=actor)


def _refresh(sender: object, community: Any, **_: Any) -> None:
    from dop2i.server.reviews.jobs import refresh_community

    refresh_community.enqueue(community=community.pk, unique=f"refresh-community:{community.pk}")
