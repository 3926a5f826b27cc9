"""The bytes outlive the software: the database is made again from the OCFL root alone."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from looking_up import found_by

from dop2i.server.jobs.worker import run_worker
from dop2i.server.people.append_only import uninstall
from dop2i.server.people.policy import ANONYMOUS, actor_for_person
from dop2i.server.people.queries import person_by_email
from dop2i.server.records import actions, queries
from dop2i.server.records.checking import check
from dop2i.server.records.rebuilding import rebuild


def facts(instance: Path) -> dict[str, Any]:
    """Everything that readers see, and every file's bytes."""
    seen = {}
    for record in found_by(ANONYMOUS):
        document = queries.native_document(record, with_files="all")
        for entry in document["files"].get("entries", {}).values():
            for volatile in ("file_id", "created", "updated"):
                del entry[volatile]
            content = queries.get_file(ANONYMOUS, record.pk, entry["key"])
            entry["bytes"] = queries.open_content(content).read_bytes()
        seen[record.pk] = document
    return seen


def test_the_database_is_made_again_from_the_root(instance: Path, person: Any, publish: Any, put: Any) -> None:
    alice = person("Alice", orcid="0000-0002-1825-0097", affiliations=[{"name": "Laboratory"}])
    first = publish(alice, {"a.csv": b"x,y\n1,2\n", "b/deep.txt": b"two"})
    other = publish(person("Chloe"), {"c.txt": b"c"}, access={"record": "public", "files": "public"})
    second = actions.new_version(actor=alice, record_id=first.pk)
    actions.import_files(actor=alice, record_id=second.pk)
    put(alice, second.pk, "d.txt", b"four")
    second.draft["metadata"]["publication_date"] = "2026-06-01"
    actions.update_draft(actor=alice, record_id=second.pk, document=second.draft)
    actions.publish_draft(actor=alice, record_id=second.pk)
    actions.edit_record(actor=alice, record_id=first.pk)
    actions.publish_draft(actor=alice, record_id=first.pk)
    run_worker(once=True)
    before = facts(instance)

    uninstall(connection)  # the journal only grows otherwise; flush puts its guard back
    call_command("flush", interactive=False, verbosity=0)
    shutil.rmtree(instance / "index")
    done = rebuild()
    assert (done.people, done.concepts, done.records, done.problems) == (2, 2, 3, [])
    again = rebuild()
    assert (again.concepts, again.problems) == (0, [])
    run_worker(once=True)
    assert facts(instance) == before
    assert check(every_byte=True).problems == []
    owner = person_by_email("alice@example.org")
    assert (owner.orcid, owner.affiliations) == ("0000-0002-1825-0097", [{"name": "Laboratory"}])
    fresh = actions.create_draft(actor=actor_for_person(owner), document={})
    assert fresh.concept_id > max(second.pk, other.pk)
    assert person("Dora").person.pk > owner.pk


def test_check_tells_what_does_not_agree(instance: Path, alice: Any, publish: Any) -> None:
    record = publish(alice, {"a.txt": b"one", "b.txt": b"two"})
    run_worker(once=True)
    path = queries.open_content(queries.get_file(ANONYMOUS, record.pk, "a.txt"))
    path.write_bytes(b"ONE")
    assert check().problems == []
    assert any("sha256" in problem for problem in check(every_byte=True).problems)
    path.unlink()
    stray = path.with_name("stray.txt")
    stray.write_bytes(b"?")
    problems = check().problems
    assert any("missing" in problem for problem in problems)
    assert any("stray.txt" in problem for problem in problems)
    shutil.rmtree(next((instance / "ocfl").glob("[0-9a-f]" * 3)))
    assert any("no OCFL object" in problem for problem in check().problems)


@pytest.mark.parametrize("moment", ["before the root inventory", "before its sidecar", "before the object appears"])
def test_an_ocfl_version_that_was_half_way_is_finished(
    instance: Path, alice: Any, publish: Any, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    from dop2i.core.packages import ocfl
    from dop2i.server.records.recovery import recover

    class Killed(BaseException):
        """Stands for a kill: nothing after it runs."""

    def kill_at(number: int) -> Any:
        real, calls = ocfl.replace_durably, iter(range(100))

        def replace(*arguments: Any, **keywords: Any) -> None:
            if next(calls) == number:
                raise Killed
            real(*arguments, **keywords)

        return replace

    record = publish(alice, {"a.txt": b"one"})
    with monkeypatch.context() as patched:
        patched.setattr("dop2i.server.records.publication.take_back", lambda record_id: False)
        if moment == "before the object appears":
            patched.setattr(ocfl.StorageRoot, "_move_in", _raise(Killed))
            with pytest.raises(Killed):
                publish(alice, {"other.txt": b"other"})
        else:
            patched.setattr(ocfl, "replace_durably", kill_at(0 if moment == "before the root inventory" else 1))
            actions.edit_record(actor=alice, record_id=record.pk)
            with pytest.raises(Killed):
                actions.publish_draft(actor=alice, record_id=record.pk)
    assert check().problems != []
    assert len(recover(litter_after=0).finished) == 1
    assert check(every_byte=True).problems == []


def _raise(error: type[BaseException]) -> Any:
    def stop(*arguments: Any) -> None:
        raise error

    return stop


def test_an_instance_is_made_twice_without_harm(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = "import sys; from dop2i.server.instance import initialise; initialise(sys.argv[1])"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("DOP2I_")}
    for _ in range(2):
        subprocess.run([sys.executable, "-c", code, str(tmp_path / "home")], check=True, env=environment)
    key = tmp_path / "home" / "secret_key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "home" / "ocfl" / "0=ocfl_1.1").exists()
