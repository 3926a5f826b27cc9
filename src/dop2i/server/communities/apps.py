"""Communities, members, invitations, placements."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig


class CommunitiesConfig(AppConfig):
    """The Django application of this folder."""

    name = "dop2i.server.communities"
    label = "communities"

    def ready(self) -> None:
        """Memberships are audiences of a person; what a sign-in provider claims becomes memberships."""
        from dop2i.server.communities import membership
        from dop2i.server.communities.queries import audiences_of
        from dop2i.server.people.policy import AUDIENCES
        from dop2i.server.people.signals import claims_applied
        from dop2i.server.people.tokens import KEEPERS

        if audiences_of not in AUDIENCES:
            AUDIENCES.append(audiences_of)
        if membership.keeps_robot not in KEEPERS:
            KEEPERS.append(membership.keeps_robot)
        claims_applied.connect(_apply_claims, dispatch_uid="communities")


def _apply_claims(sender: object, signal: object = None, **news: Any) -> None:
    from dop2i.server.communities.membership import apply_claims

    apply_claims(**news)
