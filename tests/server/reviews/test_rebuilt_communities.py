"""The communities of a record are in its storage object: they outlive the database."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from dop2i.server.catalogue.models import Entry
from dop2i.server.communities.models import Community, Placement
from dop2i.server.files.models import Bucket, Content, FileEntry
from dop2i.server.identifiers.models import Pid
from dop2i.server.people.policy import ANONYMOUS
from dop2i.server.records import actions as records
from dop2i.server.records import queries
from dop2i.server.records.models import Concept, Record
from dop2i.server.records.rebuilding import rebuild
from dop2i.server.reviews import actions
from dop2i.server.reviews.models import Review


def test_communities_are_made_again_from_the_root(
    instance: Path, alice: Any, community: Any, put: Any, document: dict[str, Any]
) -> None:
    community("virgo")
    above = community("facility", title={"en": "Facility", "fr": "Installation"}, policy={"submission": "members"})
    community("km3net", parent=above.pk, members={"contributor": [alice]})
    record = records.create_draft(actor=alice, document=document)
    put(alice, record.pk, "a.txt", b"a")
    assert actions.submit(actor=alice, record_id=record.pk, community="km3net").published
    before = queries.native_document(queries.get_record(ANONYMOUS, record.pk))["parent"]["communities"]

    # only what is in the root is lost: the journal's rows cannot be deleted
    for model in (Review, Placement, Entry, Pid, Record, Concept, FileEntry, Content, Bucket):
        model.objects.all().delete()
    for made in Community.objects.order_by("-path"):
        made.delete()
    shutil.rmtree(instance / "index")
    assert rebuild().problems == []
    after = queries.native_document(queries.get_record(ANONYMOUS, record.pk))["parent"]["communities"]
    assert after == before
    again = Community.objects.get(slug="km3net")
    assert again.parent is not None
    assert (again.parent.slug, again.parent.policy) == ("facility", {"submission": "members"})
    assert again.path == f"/{again.parent.pk}/{again.pk}/"
    assert Placement.objects.get().community == again
    assert Community.objects.create(slug="next", title={"en": "Next"}).pk > again.pk
