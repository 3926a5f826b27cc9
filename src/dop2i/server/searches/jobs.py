"""News of the searches that persons keep."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from dop2i.core.marked import as_text
from dop2i.errors import Dop2iError
from dop2i.server.catalogue.addresses import Address
from dop2i.server.catalogue.queries import entered_after
from dop2i.server.jobs import every
from dop2i.server.notifications.actions import notify
from dop2i.server.people.policy import actor_for_person
from dop2i.server.searches.models import SavedSearch

logger = logging.getLogger("dop2i.searches")

LATE = timedelta(seconds=5)
"""The index follows within so long: what entered in these seconds is looked for the next time."""


@every(300, name="news of kept searches")
def tell_news() -> None:
    """Tells the owners of kept searches what entered the catalogue since they were told last."""
    until = timezone.now() - LATE
    for number in SavedSearch.objects.filter(notify=True, seen__lt=until).values_list("pk", flat=True):
        try:
            with transaction.atomic():
                _tell(number, until=until)
        except Dop2iError as error:
            logger.warning("The kept search %s could not be looked through: %s", number, error)


def _tell(number: int, *, until: datetime) -> None:
    held = SavedSearch.objects.select_for_update(of=("self",)).select_related("person").get(pk=number)
    if held.seen >= until or not held.person.is_active:
        return
    asked = Address.read(held.address)
    actor = actor_for_person(held.person)
    count, titles = entered_after(actor, q=asked.q, filters=asked.filters, after=held.seen, until=until)
    held.seen = until
    held.save(update_fields=["seen"])
    if count:
        notify(
            person=held.person,
            kind="search",
            title=gettext_noop("%(count)s new in your search “%(name)s”"),
            body=gettext_noop("The newest: %(titles)s"),
            values={"count": count, "name": held.name, "titles": " · ".join(as_text(title) for title in titles)},
            link=f"/search?{asked.replaced(sort='newest').written()}"[:2000],
        )
