"""One policy, whichever way it is asked: one record, rows of records, the index's audience, one file, a list of files.

Generated rules, grants, links and communities × actors, on the database of the run.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dop2i.server.access.models import Acceptance, Grant, SecretLink
from dop2i.server.communities.models import Community, Member, Placement
from dop2i.server.files.models import Bucket, Content, FileEntry
from dop2i.server.files.queries import list_entries, list_folder
from dop2i.server.people.models import Group, GroupMember
from dop2i.server.people.policy import ANONYMOUS, Actor, actor_for_person
from dop2i.server.records.models import Concept, Record
from dop2i.server.records.policy import audience_of, may, readable_files, visible
from dop2i.server.records.queries import find_record

NOW = datetime.now(UTC)
PAST, FUTURE = NOW - timedelta(days=2), NOW + timedelta(days=2)
KEYS = ["a", "raw/1", "raw/2/x", "raw/2/y", "raw0", "raw.txt", "z/raw/1"]
PATTERNS = st.lists(st.sampled_from(["a", "raw/", "raw/2/", "raw/1", "z/", "raw0", "none/"]), max_size=3, unique=True)
WHENS = st.sampled_from([None, PAST, FUTURE])
DAYS = st.sampled_from([None, PAST.date().isoformat(), FUTURE.date().isoformat()])


@st.composite
def rules(draw: Any) -> dict[str, Any]:
    """The access part of a document."""
    access: dict[str, Any] = {
        "record": draw(st.sampled_from(["public", "restricted", "restricted"])),
        "files": draw(st.sampled_from(["public", "restricted"])),
    }
    if until := draw(DAYS):
        access["embargo"] = {"active": draw(st.booleans()), "until": until}
    closed = draw(st.lists(st.tuples(PATTERNS.filter(bool), DAYS), max_size=2))
    if closed:
        access["dop2i:closures"] = [
            {"patterns": patterns, "reason": "contract", **({"until": until} if until else {})}
            for patterns, until in closed
        ]
    if draw(st.booleans()):
        access["dop2i:members_read"] = draw(st.booleans())
    return access


GRANTS = st.lists(
    st.fixed_dictionaries(
        {
            "to": st.sampled_from(["chloe", "team"]),
            "view": st.sampled_from(["metadata", "files"]),
            "patterns": PATTERNS,
            "starts": st.sampled_from([PAST, PAST, FUTURE]),
            "until": WHENS,
            "revoked_at": st.sampled_from([None, None, PAST]),
            "terms": st.sampled_from(["", "Be kind."]),
            "accepted": st.booleans(),
            "version": st.sampled_from([None, 1, 2]),
        }
    ),
    max_size=3,
)
MEMBERS = st.lists(
    st.fixed_dictionaries(
        {
            "where": st.sampled_from([0, 1]),
            "role": st.sampled_from(["reader", "contributor", "curator", "manager"]),
            "by_group": st.booleans(),
            "until": WHENS,
        }
    ),
    max_size=2,
)


@pytest.fixture
def world(person: Any, instance: Any) -> dict[str, Any]:
    """The people of the property, and the files that every record holds."""
    people = {name: person(name).person for name in ("Alice", "Chloe", "Bruno")}
    people["Bruno"].is_steward = True
    people["Bruno"].save()
    bucket = Bucket.objects.create(space=1, locked=True, count=len(KEYS), total_bytes=len(KEYS))
    content = Content.objects.create(space=1, sha256="0" * 64, size=1, location="ocfl:x")
    FileEntry.objects.bulk_create(
        FileEntry(bucket=bucket, key=key, folded=key, size=1, content=content, status="completed") for key in KEYS
    )
    return {**people, "bucket": bucket}


def build(world: dict[str, Any], access: dict[str, Any], grants: Any, members: Any, policies: Any) -> list[Record]:
    """A concept of two versions in a nested community, with what lets people in."""
    for model in (Acceptance, Grant, SecretLink, Placement, Member):
        model.objects.all().delete()
    Community.objects.filter(parent__isnull=False).delete()
    for model in (Community, GroupMember, Group, Record, Concept):
        model.objects.all().delete()
    concept = Concept.objects.create(id=1, owner=world["Alice"])
    records = []
    for number, rule in ((1, access), (2, {"record": "restricted", "files": "restricted"})):
        document = {"metadata": {"title": "T"}, "custom_fields": {}, "access": rule, "files": {"enabled": True}}
        record = Record(
            id=10 + number, concept=concept, index=number, state="published", document=document, bucket=world["bucket"]
        )
        from dop2i.server.records.announcing import apply_access

        apply_access(record)
        record.save()
        records.append(record)
    group = Group.objects.create(name="team")
    GroupMember.objects.create(group=group, person=world["Chloe"])
    for facts in grants:
        version = facts["version"]
        grant = Grant.objects.create(
            concept_id=1,
            record_id=10 + version if version else None,
            person=world["Chloe"] if facts["to"] == "chloe" else None,
            group=group if facts["to"] == "team" else None,
            **{name: facts[name] for name in ("view", "patterns", "starts", "until", "revoked_at", "terms")},
        )
        if facts["accepted"]:
            Acceptance.objects.create(grant=grant, person=world["Chloe"])
    outer = Community.objects.create(slug="outer", members_read=policies[0])
    Community.objects.filter(pk=outer.pk).update(path=f"/{outer.pk}/")
    inner = Community.objects.create(slug="inner", parent=outer, members_read=policies[1])
    Community.objects.filter(pk=inner.pk).update(path=f"/{outer.pk}/{inner.pk}/")
    Placement.objects.create(community=inner, concept_id=1)
    for number, facts in enumerate(members):
        Member.objects.create(
            community=(outer, inner)[facts["where"]],
            person=None if facts["by_group"] else world["Chloe"],
            group=group if facts["by_group"] else None,
            role=facts["role"],
            until=facts["until"],
            source=str(number),
        )
    return records


def actors(world: dict[str, Any]) -> list[Actor]:
    """Everybody who asks, each fresh: what an actor knows is kept for one visit."""
    chloe = world["Chloe"]
    links = frozenset(SecretLink.objects.values_list("pk", flat=True))
    return [
        ANONYMOUS,
        Actor(links=links),
        actor_for_person(world["Alice"]),
        actor_for_person(world["Bruno"]),
        actor_for_person(chloe),
        Actor(person=chloe, scopes=frozenset({"read"})),
        Actor(person=chloe, scopes=frozenset({"deposit"})),
        Actor(person=chloe, scopes=frozenset({"read"}), records=frozenset({1})),
        Actor(person=chloe, scopes=frozenset({"read"}), records=frozenset({99})),
        Actor(person=world["Alice"], scopes=frozenset({"read"}), records=frozenset({99})),
        Actor(person=world["Bruno"], scopes=frozenset({"read", "curate"}), records=frozenset({99})),
    ]


POLICIES = st.tuples(st.booleans(), st.booleans())
LINKS = st.lists(
    st.fixed_dictionaries(
        {"view": st.sampled_from(["metadata", "files"]), "patterns": PATTERNS, "until": WHENS, "draft": st.booleans()}
    ),
    max_size=2,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(access=rules(), grants=GRANTS, members=MEMBERS, links=LINKS, policies=POLICIES)
def test_every_answer_is_the_same(
    world: dict[str, Any], access: Any, grants: Any, members: Any, links: Any, policies: Any
) -> None:
    records = build(world, access, grants, members, policies)
    for number, facts in enumerate(links):
        SecretLink.objects.create(concept_id=1, record_id=11, hash=str(number), **facts)
    for actor in actors(world):
        found = set(Record.objects.filter(visible(actor)).values_list("pk", flat=True))
        for record in records:
            record = find_record(record.pk)
            may_read = may(actor, "read", record)
            assert (record.pk in found) == may_read, (actor, record.pk)
            if not actor.links and actor.records is None:
                assert bool(actor.audiences & set(audience_of(record))) == may_read, (actor, record.pk)
            readable = readable_files(actor, record)
            if not may_read:
                assert readable.nothing
            listed = [entry.key for entry in list_entries(world["bucket"].pk, readable=readable)]
            assert listed == sorted(key for key in KEYS if key in readable)
            assert may(actor, "read_files", record) or not listed
            assert walk(world["bucket"].pk, readable) == listed


def walk(bucket: int, readable: Any, prefix: str = "") -> list[str]:
    """Every file that a person who opens folder after folder, two lines a page, comes to see."""
    keys: list[str] = []
    after = ""
    while True:
        page = list_folder(bucket, prefix=prefix, after=after, limit=2, readable=readable)
        keys += [entry.key for entry in page.files]
        for folder in page.folders:
            inside = walk(bucket, readable, f"{prefix}{folder}/")
            assert inside, "a folder without a readable file is not shown"
            keys += inside
        after = page.after
        if not after:
            return sorted(keys)
