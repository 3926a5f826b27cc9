"""What authorising a page of a closed record costs: at most 2 queries and 2 ms, whatever groups and grants there are.

python benchmarks/bench_authorisation.py --groups 1000 --grants 100000 --rounds 300

Chloé is in all the groups and in the record's community; half of the grants are of the record itself, to other people
and groups, the others of other records. Each round reads the record's row anew and asks everything that its page asks.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

COMMUNITIES = 50
MOST_QUERIES, MOST_MILLISECONDS = 2, 2.0


def build(groups: int, grants: int) -> tuple[int, dict[str, Any]]:
    """The record's number, and who asks: a member, somebody with a grant to their group, a stranger."""
    from dop2i.server.access.models import Grant
    from dop2i.server.communities.models import Community, Member, Placement
    from dop2i.server.people.actions import add_person
    from dop2i.server.people.models import Group, GroupMember, Person
    from dop2i.server.people.policy import actor_for_person
    from dop2i.server.records import actions

    alice = add_person(email="alice@example.org", name="Alice")
    document = {
        "metadata": {
            "title": "Closed",
            "resource_type": {"id": "dataset"},
            "publication_date": "2026-01-01",
            "creators": [{"person_or_org": {"type": "personal", "family_name": "Martin", "given_name": "Alice"}}],
            "rights": [{"id": "cc0-1.0"}],
        },
        "access": {"record": "restricted", "files": "restricted"},
        "files": {"enabled": False},
    }
    draft = actions.create_draft(actor=actor_for_person(alice), document=document)
    record = actions.publish_draft(actor=actor_for_person(alice), record_id=draft.pk)
    chloe, member, stranger = (add_person(email=f"{n}@example.org", name=n) for n in ("chloe", "member", "stranger"))
    many = Group.objects.bulk_create([Group(name=f"group {n}") for n in range(groups)])
    people = [chloe, member, stranger]
    GroupMember.objects.bulk_create([GroupMember(group=g, person=p) for g in many for p in people], batch_size=5000)
    others = Person.objects.bulk_create([Person(email=f"p{n}@example.org", name=f"P {n}") for n in range(1000)])
    made = []
    for number in range(grants):
        concept = record.concept_id if number % 2 else 1_000_000 + number
        to = {"person": others[number % 1000]}
        made.append(Grant(concept_id=concept, view="files", **to))
    Grant.objects.bulk_create(made, batch_size=5000)
    Grant.objects.create(concept_id=record.concept_id, group=many[-1], view="files")
    GroupMember.objects.filter(group=many[-1], person__in=[member, stranger]).delete()
    for number in range(COMMUNITIES):
        community = Community.objects.create(slug=f"c{number}", title={"en": f"C {number}"})
        Community.objects.filter(pk=community.pk).update(path=f"/{community.pk}/")
        Placement.objects.create(community=community, concept_id=record.concept_id)
        Member.objects.create(community=community, group=Group.objects.create(name=f"of {number}"), role="reader")
    group = Group.objects.get(name=f"of {COMMUNITIES - 1}")
    GroupMember.objects.create(group=group, person=member)
    names = {"through a grant to a group": chloe, "through a community": member, "a stranger": stranger}
    return record.pk, names


def decide(actor: Any, row: Any) -> None:
    """Everything that a record's page asks of the policy."""
    from dop2i.server.records.policy import may, may_know, readable_files

    may_know(actor, row)
    for action in ("read", "read_files", "edit", "new_version", "manage_access", "withdraw", "read_history"):
        may(actor, action, row)
    readable_files(actor, row)


def measure(number: int, person: Any, rounds: int) -> tuple[int, float, float]:
    """(queries, median CPU ms, median elapsed ms) of a fresh actor at a fresh row."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from dop2i.server.people.policy import actor_for_person
    from dop2i.server.records.queries import find_record

    with CaptureQueriesContext(connection) as seen:
        row = find_record(number)
        before = len(seen)
        decide(actor_for_person(person), row)
    queries = len(seen) - before
    cpu, elapsed = [], []
    for _ in range(rounds):
        actor, row = actor_for_person(person), find_record(number)
        began, clock = time.process_time(), time.perf_counter()
        decide(actor, row)
        cpu.append((time.process_time() - began) * 1e3)
        elapsed.append((time.perf_counter() - clock) * 1e3)
    return queries, statistics.median(cpu), statistics.median(elapsed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--groups", type=int, default=1000)
    parser.add_argument("--grants", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--check", action="store_true", help="Exit 1 beyond 2 queries or 2 ms.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DOP2I_HOME"] = str(Path(folder) / "home")
        from dop2i.server.instance import initialise

        initialise(os.environ["DOP2I_HOME"])
        number, people = build(options.groups, options.grants)
        print(f"{options.groups} groups, {options.grants} grants, {COMMUNITIES} communities")
        beyond = False
        for words, person in people.items():
            queries, cpu, elapsed = measure(number, person, options.rounds)
            print(f"{words:28} {queries} queries  {cpu:6.2f} ms CPU  {elapsed:6.2f} ms elapsed")
            beyond |= queries > MOST_QUERIES or cpu > MOST_MILLISECONDS
    sys.exit(1 if options.check and beyond else 0)


if __name__ == "__main__":
    main()
