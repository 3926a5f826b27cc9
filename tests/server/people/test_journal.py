"""The journal: only added to, told to whom it concerns, and a file that does no harm."""

from __future__ import annotations

import ast
import csv
import dataclasses
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models.deletion import ProtectedError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from dop2i.errors import NotFound, NotPermitted
from dop2i.server.people.audit import (
    Filter,
    audit,
    forget_addresses,
    journal_lines,
    journal_page,
    network_of,
    own_history,
    person_number,
    require_journal,
)
from dop2i.server.people.journal_exports import COLUMNS, harmless_cell, journal_file
from dop2i.server.people.models import AuditAddress, AuditEvent
from dop2i.server.people.policy import Actor
from dop2i.server.records.history import record_history

SERVER = Path(__file__).parents[3] / "src" / "dop2i" / "server"


def at(actor: Any, address: str) -> Any:
    """The same person, somewhere."""
    return dataclasses.replace(actor, address=address)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE people_auditevent SET action = 'nothing'",
        "UPDATE people_auditevent SET address = '' WHERE id = 1",
        "DELETE FROM people_auditevent",
    ],
)
def test_not_even_the_database_changes_a_line(alice: Any, statement: str) -> None:
    before = list(AuditEvent.objects.values())
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert list(AuditEvent.objects.values()) == before


def test_no_line_is_replaced_nor_all_of_them_emptied(alice: Any) -> None:
    statement = (
        "INSERT OR REPLACE INTO people_auditevent SELECT * FROM people_auditevent"
        if connection.vendor == "sqlite"
        else "TRUNCATE people_auditevent CASCADE"
    )
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_triggers_come_back_when_a_migration_made_the_table_anew(alice: Any) -> None:
    from django.core.management import call_command

    from dop2i.server.people.append_only import uninstall

    uninstall(connection)
    call_command("migrate", interactive=False, verbosity=0)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM people_auditevent")


def test_the_model_refuses_too(alice: Any) -> None:
    line = AuditEvent.objects.get(pk=AuditEvent.objects.order_by("-id").values_list("pk", flat=True)[0])
    line.action = "something else"
    for change in (
        line.save,
        line.delete,
        AuditEvent.objects.all().delete,
        lambda: AuditEvent.objects.update(action="x"),
        lambda: AuditEvent.objects.bulk_update([line], ["action"]),
    ):
        with pytest.raises(NotPermitted, match="cannot be"):
            change()


def test_whoever_did_something_is_kept(alice: Any) -> None:
    audit(actor=alice, action="try", target="record:1")
    with pytest.raises(ProtectedError):
        alice.person.delete()


def test_alice_reads_what_she_did_and_from_where(alice: Any, mallory: Any) -> None:
    audit(actor=at(alice, "192.0.2.77"), action="publish", target="record:5")
    audit(actor=at(mallory, "198.51.100.9"), action="look", target=f"person:{alice.person_id}")
    lines, following = journal_page(own_history(alice), reader=alice)
    assert following is None
    told = {line.action: line.address for line in lines}
    assert told["publish"] == "192.0.2.77"
    assert told["look"] == "", "where another person is nobody's business"
    assert "look" not in [line.action for line in journal_page(Filter(person_id=999), reader=alice)[0]]


def test_the_owner_reads_the_history_of_a_record_without_addresses(
    alice: Any, person: Any, publish: Any, mallory: Any
) -> None:
    record = publish(at(alice, "192.0.2.77"), {"a.txt": b"x"})
    bruno = person("Bruno", is_administrator=True)
    _, asked = record_history(bruno, record.pk)
    assert {line.address for line in journal_page(asked, reader=bruno)[0]} == {"192.0.2.77"}
    chloe = person("Chloe")
    assert {line.address for line in journal_page(asked, reader=chloe)[0]} == {""}
    actions = [line.action for line in journal_lines(asked, reader=alice)]
    assert actions[0] == "create draft"
    assert "publish" in actions
    with pytest.raises(NotPermitted):
        record_history(mallory, record.pk)
    with pytest.raises(NotFound):
        record_history(mallory, 999_999)


def test_a_history_is_that_of_all_versions(alice: Any, publish: Any) -> None:
    from dop2i.server.records.actions import new_version

    first = publish(alice, {"a.txt": b"x"})
    second = new_version(actor=alice, record_id=first.pk)
    for number in (first.pk, second.pk):
        _, asked = record_history(alice, number)
        assert {line.target for line in journal_lines(asked, reader=alice)} >= {
            f"record:{first.pk}",
            f"record:{second.pk}",
        }


def test_the_whole_journal_is_for_administrators_with_a_token_for_it(alice: Any, person: Any) -> None:
    bruno = person("Bruno", is_administrator=True)
    require_journal(bruno)
    for actor in (alice, dataclasses.replace(bruno, scopes=frozenset({"read"}), token_id=1)):
        with pytest.raises(NotPermitted):
            require_journal(actor)


def test_a_token_for_some_records_reads_no_more_of_its_owner(alice: Any) -> None:
    with pytest.raises(NotPermitted, match="limited to some records"):
        own_history(dataclasses.replace(alice, records=frozenset({1}), token_id=1))


def test_pages_of_the_journal_meet_without_gap_or_overlap(alice: Any) -> None:
    for number in range(25):
        audit(actor=alice, action="count", target=f"record:{number}")
    seen, before = [], None
    while True:
        lines, before = journal_page(Filter(action="count"), reader=alice, before=before, size=10)
        seen += [line.target for line in lines]
        if before is None:
            break
    assert seen == [f"record:{number}" for number in reversed(range(25))]


def test_filters_narrow_by_person_time_and_token(alice: Any, mallory: Any) -> None:
    audit(actor=dataclasses.replace(mallory, token_id=7), action="touch", target="record:1")
    now = timezone.now()

    def actions(**asked: Any) -> list[str]:
        return [line.action for line in journal_lines(Filter(**asked), reader=None)]

    assert actions(token_id=7) == ["touch"]
    assert actions(person_id=person_number("MALLORY@example.org"), targets=("record:1",)) == ["touch"]
    assert actions(since=now + timedelta(seconds=1)) == []
    assert "touch" in actions(until=now + timedelta(seconds=1))
    with pytest.raises(NotFound):
        person_number("nobody@example.org")


def test_addresses_are_forgotten_and_networks_stay(alice: Any) -> None:
    audit(actor=at(alice, "192.0.2.77"), action="a", target="record:1")
    audit(actor=at(alice, "2001:db8:1:2::3"), action="b", target="record:1")
    assert AuditAddress.objects.count() == 2
    assert forget_addresses() == 0
    assert forget_addresses(now=timezone.now() + timedelta(days=91)) == 2
    told = [line.address for line in journal_lines(Filter(targets=("record:1",)), reader=None)]
    assert told == ["192.0.2.0/24", "2001:db8:1::/48"]


def test_an_operator_may_keep_no_address_at_all(alice: Any, instance: Any) -> None:
    from django.conf import settings

    from dop2i.server.configuration import Privacy

    settings.DOP2I = dataclasses.replace(settings.DOP2I, privacy=Privacy(address_days=0))
    audit(actor=at(alice, "192.0.2.77"), action="a", target="record:1")
    assert not AuditAddress.objects.exists()


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("fe80::1%eth0", "fe80::/48"),
        ("127.0.0.1", "127.0.0.1"),
        ("", ""),
        ("not an address", ""),
    ],
)
def test_a_network_is_what_stays_of_an_address(address: str, network: str) -> None:
    assert network_of(address) == network


def test_the_file_for_programs_is_one_json_object_a_line(alice: Any) -> None:
    audit(actor=alice, action="odd", target="record:1", name="line\nbreak\u2028and é")
    lines = b"".join(journal_file(journal_lines(Filter(), reader=None), "jsonl")).splitlines()
    assert len(lines) == AuditEvent.objects.count()
    assert json.loads(lines[-1])["details"]["name"] == "line\nbreak\u2028and é"


@given(text=st.text(max_size=40), name=st.sampled_from(["", "=", "+", "-", "@", "\t=", ' "=', "\uff1d"]))
def test_no_cell_of_the_file_for_spreadsheets_is_a_formula(text: str, name: str) -> None:
    cell = harmless_cell(name + text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"))
    assert cell.removeprefix("'") in (name + text, (name + text).removeprefix("'"))


def test_mallory_names_a_token_like_a_formula(mallory: Any) -> None:
    sneaky = dataclasses.replace(mallory, token_id=1, token_name='=HYPERLINK("http://evil.example")')
    audit(actor=sneaky, action="a", target="record:1")
    text = b"".join(journal_file(journal_lines(Filter(), reader=None), "csv")).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert tuple(rows[0]) == COLUMNS
    assert rows[-1]["token"].startswith("'=HYPERLINK")


def test_a_visitor_can_do_nothing_that_is_written_under_a_name() -> None:
    assert Actor().person_id is None


def _actions_of_the_server() -> set[str]:
    """Every action that the source writes as a plain word."""
    found = set()
    for path in SERVER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "audit":
                values = [word.value for word in node.keywords if word.arg == "action"]
                values = [
                    choice for v in values for choice in ([v.body, v.orelse] if isinstance(v, ast.IfExp) else [v])
                ]
                found |= {v.value for v in values if isinstance(v, ast.Constant)}
    return found


def test_every_action_has_words_in_both_languages() -> None:
    from django.utils import translation

    from dop2i.faces.web.words_of_the_journal import ACTIONS, action_words

    missing = sorted(_actions_of_the_server() - set(ACTIONS))
    assert not missing, f"Add these to faces/web/words_of_the_journal.py and translate them: {missing}"
    assert all(len(action) <= 40 for action in ACTIONS)
    with translation.override("fr"):
        same = [action for action in ACTIONS if action_words(action) == action]
    assert not set(same) - {"invite"}, f"No French words for {same}"
