"""Stella's desk: what waits, what failed, what ends; Bruno's reaches his community only; Mallory has none."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.utils import timezone

from dop2i.errors import NotAuthenticated, NotFound, NotPermitted
from dop2i.server.communities.models import Community, Member, Placement
from dop2i.server.desk.endings import ends_soon
from dop2i.server.desk.policy import Reach, looks_after, reach_of
from dop2i.server.desk.queries import SECTIONS, section_of
from dop2i.server.files.description import describe_bucket
from dop2i.server.identifiers.models import Pid
from dop2i.server.jobs.models import Job
from dop2i.server.people.models import Person
from dop2i.server.people.operating import set_active
from dop2i.server.people.policy import ANONYMOUS, Actor, actor_for_person
from dop2i.server.people.tokens import make_token

SOON = (timezone.now().date() + datetime.timedelta(days=20)).isoformat()
EMBARGO = {
    "record": "public",
    "files": "restricted",
    "embargo": {"active": True, "until": SOON, "reason": "publication"},
}


@pytest.fixture
def stella(person: Any) -> Actor:
    """Stella looks after every record."""
    actor = person("Stella")
    Person.objects.filter(pk=actor.person_id).update(is_steward=True)
    return actor_for_person(Person.objects.get(pk=actor.person_id))


@pytest.fixture
def muons(instance: Any) -> Community:
    """A community."""
    made = Community.objects.create(slug="muons", title={"en": "Muons"}, kind="experiment")
    made.path = f"/{made.pk}/"
    made.save()
    return made


@pytest.fixture
def bruno(person: Any, muons: Community) -> Actor:
    """Bruno curates the community of muons."""
    actor = person("Bruno")
    Member.objects.create(community=muons, person=actor.person, role="curator")
    return actor


def rows(actor: Actor, section: str) -> list[Any]:
    return section_of(reach_of(actor), section).rows


def test_who_has_a_desk(stella: Actor, bruno: Actor, alice: Actor, person: Any) -> None:
    assert reach_of(stella).everything
    assert not reach_of(bruno).everything
    administrator = person("Ada", is_administrator=True)
    assert reach_of(administrator).everything
    assert [looks_after(one) for one in (stella, bruno, administrator, alice, ANONYMOUS)] == [True] * 3 + [False] * 2
    with pytest.raises(NotPermitted):
        reach_of(alice)
    with pytest.raises(NotAuthenticated):
        reach_of(ANONYMOUS)


def test_a_token_without_the_scope_or_for_some_records_opens_no_desk(stella: Actor) -> None:
    for limits in ({"scopes": frozenset({"read", "deposit"})}, {"records": frozenset({1})}):
        limited = Actor(person=stella.person, **{"scopes": stella.scopes, **limits})
        assert not looks_after(limited)
        with pytest.raises(NotPermitted):
            reach_of(limited)


def test_a_record_whose_author_left_is_an_orphan(
    stella: Actor, bruno: Actor, alice: Actor, muons: Community, publish: Any
) -> None:
    within, alone = publish(alice, {"a": b"1"}), publish(alice, {"a": b"2"})
    Placement.objects.create(community=muons, concept_id=within.concept_id)
    assert rows(stella, "orphans") == []
    set_active(person=alice.person, active=False)
    found = rows(stella, "orphans")
    assert [one.record.pk for one in found] == [alone.pk, within.pk]
    assert [[str(c) for c in one.communities] for one in found] == [[], ["Muons"]]
    assert [one.record.pk for one in rows(bruno, "orphans")] == [within.pk]


def test_what_a_robot_deposited_nowhere_is_an_orphan(stella: Actor, person: Any, publish: Any, muons: Any) -> None:
    robot = person("Robot")
    record = publish(robot, {"a": b"1"})
    Person.objects.filter(pk=robot.person_id).update(is_robot=True)
    assert [one.record.pk for one in rows(stella, "orphans")] == [record.pk]
    Placement.objects.create(community=muons, concept_id=record.concept_id)
    assert rows(stella, "orphans") == []


def test_a_file_that_no_reader_opens_is_on_the_desk(
    stella: Actor, bruno: Actor, alice: Actor, muons: Community, publish: Any
) -> None:
    record = publish(alice, {"broken.fits": b"SIMPLE  =                    T", "fine.csv": b"a,b\n1,2\n"})
    describe_bucket(record.bucket_id, lambda done, total: None)
    found = rows(stella, "files")
    assert [(one.record.pk, one.key, one.draft) for one in found] == [(record.pk, "broken.fits", False)]
    assert "FITS" in found[0].why
    assert rows(bruno, "files") == []
    Placement.objects.create(community=muons, concept_id=record.concept_id)
    assert [one.key for one in rows(bruno, "files")] == ["broken.fits"]


def test_a_failing_file_of_a_draft_is_for_the_steward_alone(
    stella: Actor, bruno: Actor, alice: Actor, muons: Community, put: Any
) -> None:
    from dop2i.server.records.actions import create_draft

    draft = create_draft(actor=alice, document={"metadata": {"title": "A draft"}})
    put(alice, draft.pk, "broken.fits", b"SIMPLE  =                    T ")
    Placement.objects.create(community=muons, concept_id=draft.concept_id)
    describe_bucket(draft.draft_bucket_id, lambda done, total: None)
    assert [(one.key, one.draft) for one in rows(stella, "files")] == [("broken.fits", True)]
    assert rows(bruno, "files") == []


def test_embargoes_that_end_soon(stella: Actor, bruno: Actor, alice: Actor, publish: Any) -> None:
    record = publish(alice, {"a": b"1"}, access=EMBARGO)
    far = {**EMBARGO, "embargo": {**EMBARGO["embargo"], "until": "2999-01-01"}}
    publish(alice, {"a": b"2"}, access=far)
    assert [one.record.pk for one in rows(stella, "closures")] == [record.pk]
    assert rows(bruno, "closures") == []


def test_identifiers_that_were_refused_come_before_those_tried_again(stella: Actor, alice: Actor, publish: Any) -> None:
    waiting, refused = publish(alice, {"a": b"1"}), publish(alice, {"a": b"2"})
    for record, state in ((waiting, "pending"), (refused, "failed")):
        Pid.objects.filter(target=f"record:{record.pk}").update(state=state, error="The service says no.")
    found = rows(stella, "identifiers")
    assert [(one.record.pk, one.pid.state) for one in found] == [(refused.pk, "failed"), (waiting.pk, "pending")]


def test_failed_jobs_are_for_who_looks_after_everything(stella: Actor, bruno: Actor) -> None:
    Job.objects.create(name="describe files", state=Job.State.FAILED, error="It broke.", finished=timezone.now())
    Job.objects.create(name="describe files", state=Job.State.DONE, finished=timezone.now())
    assert [job.error for job in rows(stella, "jobs")] == ["It broke."]
    assert rows(bruno, "jobs") == []


def test_a_section_shows_pages_and_counts_what_there_is(stella: Actor) -> None:
    for number in range(13):
        Job.objects.create(name=f"job {number}", state=Job.State.FAILED, finished=timezone.now())
    reach = reach_of(stella)
    first, second = (section_of(reach, "jobs", page=page, size=10) for page in (1, 2))
    assert (len(first.rows), len(second.rows), first.total, second.total) == (10, 3, 13, 13)
    with pytest.raises(NotFound):
        section_of(reach, "nonsense")


def test_every_section_answers_on_an_empty_installation(stella: Actor, bruno: Actor) -> None:
    for actor in (stella, bruno):
        reach = reach_of(actor)
        assert isinstance(reach, Reach)
        assert {name: section_of(reach, name).total for name in SECTIONS} == dict.fromkeys(SECTIONS, 0)


def test_alice_learns_what_ends_soon_for_her(alice: Actor, publish: Any) -> None:
    record = publish(alice, {"a": b"1"}, access=EMBARGO)
    make_token(person=alice.person, days=10, name="night shift", actor=alice)
    make_token(person=alice.person, days=400, name="far away", actor=alice)
    found = ends_soon(alice)
    assert [(one.kind, one.name) for one in found] == [("token", "night shift"), ("opening", record.title)]
    assert found[1].day.isoformat() == SOON


def test_what_was_opened_to_chloe_and_the_links_of_alice_end(alice: Actor, person: Any, publish: Any) -> None:
    from dop2i.server.records.sharing import grant_access, make_link

    chloe = person("Chloe")
    record = publish(alice, {"a": b"1"}, access={"record": "public", "files": "restricted"})
    grant_access(actor=alice, record_id=record.pk, to=chloe.person, until=SOON)
    make_link(actor=alice, record_id=record.pk, label="Referees", until=SOON)
    assert [(one.kind, one.record_id, one.day.isoformat()) for one in ends_soon(chloe)] == [("grant", record.pk, SOON)]
    assert [(one.kind, one.name) for one in ends_soon(alice)] == [("link", "Referees")]


def test_a_token_for_other_records_does_not_tell_of_these(alice: Actor, publish: Any) -> None:
    publish(alice, {"a": b"1"}, access=EMBARGO)
    limited = Actor(person=alice.person, scopes=alice.scopes, records=frozenset({999}))
    assert ends_soon(limited) == []
    with pytest.raises(NotAuthenticated):
        ends_soon(ANONYMOUS)
