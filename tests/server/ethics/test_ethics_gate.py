"""Personal data stop a publication: Alice cleans her files, Bruno lets pass what may, Mallory gets nowhere."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from looking_up import history_of

from dop2i.core.ethics.dicom import scan_dicom
from dop2i.errors import InvalidDocument, InvalidInput, NotFound, NotPermitted, WrongState
from dop2i.server.ethics import actions as ethics
from dop2i.server.ethics.models import CleanCopy, ContentScan, Override
from dop2i.server.ethics.queries import ethics_of
from dop2i.server.files.models import Content, FileEntry
from dop2i.server.jobs.models import Job
from dop2i.server.jobs.worker import run_worker
from dop2i.server.notifications.models import Notice
from dop2i.server.records import actions
from dop2i.server.records.queries import find_record, list_files, open_content

WHY = "A phantom: nobody was ever scanned."


@pytest.fixture
def bruno(person: Any) -> Any:
    """Bruno looks after every record."""
    actor = person("Bruno")
    actor.person.is_steward = True
    actor.person.save()
    return actor


def work() -> None:
    """Runs every job that waits, whenever it was to run."""
    Job.objects.filter(state="waiting").update(run_after=timezone.now())
    run_worker(once=True)


def test_a_patients_name_stops_the_publication(alice: Any, draft: Any, patient: bytes) -> None:
    record = draft({"scan.dcm": patient, "README.md": b"# Scans\nalice@lab.fr"})
    with pytest.raises(InvalidDocument) as refused:
        actions.publish_draft(actor=alice, record_id=record.pk)
    [problem] = refused.value.problems
    assert problem.path == "files.ethics"
    assert "scan.dcm" in problem.message
    assert "a patient's identity (DICOM)" in problem.message
    assert find_record(record.pk).state == "draft"


def test_what_was_found_is_told_without_telling_it(alice: Any, draft: Any, patient: bytes) -> None:
    record = draft({"scan.dcm": patient})
    work()
    found = ethics_of(alice, record.pk)
    assert (found.state, found.unseen) == ("blocked", 0)
    [file] = found.files
    names = [one for one in file.findings if one.place == "(0010,0010) Patient's Name"]
    assert names[0].excerpt.startswith("C•")
    assert "CompressedSamples" not in str(ContentScan.objects.values())
    assert file.can_be_cleaned


def test_alice_publishes_the_de_identified_copy(alice: Any, draft: Any, patient: bytes) -> None:
    record = draft({"a/scan.dcm": patient, "b/scan.dcm": patient, "hits.csv": b"x,y\n1,2\n"})
    ethics.clean_files(actor=alice, record_id=record.pk)
    work()
    found = ethics_of(alice, record.pk)
    assert found.state == "clear"
    assert {copy.key for copy in found.copies} == {"a/scan.dcm", "b/scan.dcm"}
    changed = {change["place"]: change["action"] for change in found.copies[0].changes}
    assert changed["(0010,0010) Patient's Name"] == "replaced"
    assert changed["(0010,1010) Patient's Age"] == "removed"
    assert "CompressedSamples" not in str(found.copies[0].changes)
    published = actions.publish_draft(actor=alice, record_id=record.pk)
    entries = {entry.key: entry for entry in list_files(alice, published.pk)}
    data = open_content(entries["a/scan.dcm"]).read_bytes()
    assert scan_dicom(io.BytesIO(data)) == []
    assert b"CompressedSamples" not in data
    assert entries["a/scan.dcm"].content_id == entries["b/scan.dcm"].content_id
    bucket = published.bucket
    assert bucket.total_bytes == sum(entry.size or 0 for entry in entries.values())


def test_the_bytes_with_the_name_are_gone_when_the_copy_is_there(
    alice: Any, draft: Any, patient: bytes, instance: Path
) -> None:
    record = draft({"scan.dcm": patient})
    ethics.clean_files(actor=alice, record_id=record.pk)
    work()
    kept = [path for path in (instance / "uploads").rglob("*") if path.is_file()]
    assert kept
    assert not [path for path in kept if b"CompressedSamples" in path.read_bytes()]
    assert Content.objects.count() == 1


def test_a_steward_lets_pass_for_a_reason_that_is_kept(alice: Any, bruno: Any, draft: Any, patient: bytes) -> None:
    record = draft({"scan.dcm": patient})
    work()
    with pytest.raises(InvalidInput, match="Write why"):
        ethics.override_findings(actor=bruno, record_id=record.pk, reason=" ok ")
    ethics.override_findings(actor=bruno, record_id=record.pk, reason=WHY)
    assert ethics_of(alice, record.pk).state == "clear"
    assert Override.objects.filter(kind="dicom-identity").get().reason == WHY
    [line] = [event for event in history_of(f"record:{record.pk}") if event.action == "override ethics"]
    assert line.person == bruno.person
    assert line.details["reason"] == WHY
    assert Notice.objects.filter(person=alice.person, kind="ethics").exists()
    assert actions.publish_draft(actor=alice, record_id=record.pk).is_published
    again = actions.new_version(actor=alice, record_id=record.pk)
    actions.import_files(actor=alice, record_id=again.pk)
    assert ethics_of(alice, again.pk).state == "clear"


def test_nobody_else_lets_pass(alice: Any, mallory: Any, person: Any, draft: Any, patient: bytes) -> None:
    record = draft({"scan.dcm": patient})
    work()
    with pytest.raises(NotPermitted):
        ethics.override_findings(actor=alice, record_id=record.pk, reason=WHY)
    with pytest.raises(NotFound):
        ethics.override_findings(actor=mallory, record_id=record.pk, reason=WHY)
    with pytest.raises(NotFound):
        ethics_of(mallory, record.pk)
    with pytest.raises(NotFound):
        ethics.clean_files(actor=mallory, record_id=record.pk)


def test_a_steward_does_not_let_their_own_deposit_pass(bruno: Any, put: Any, document: Any, patient: bytes) -> None:
    record = actions.create_draft(actor=bruno, document=document)
    put(bruno, record.pk, "scan.dcm", patient)
    work()
    assert not ethics_of(bruno, record.pk).may_override
    with pytest.raises(NotPermitted, match="their own deposit"):
        ethics.override_findings(actor=bruno, record_id=record.pk, reason=WHY)
    ethics.override_as_operator(record_id=record.pk, reason=WHY)
    assert actions.publish_draft(actor=bruno, record_id=record.pk).is_published


def test_what_was_let_pass_is_those_bytes_and_that_kind(
    alice: Any, bruno: Any, draft: Any, put: Any, patient: bytes
) -> None:
    record = draft({"scan.dcm": patient})
    work()
    ethics.override_findings(actor=bruno, record_id=record.pk, reason=WHY, keys=["scan.dcm"])
    put(alice, record.pk, "other.dcm", patient.replace(b"CompressedSamples^CT1", b"CompressedSamples^CT2"))
    work()
    assert [one.key for one in ethics_of(alice, record.pk).files if one.blocking] == ["other.dcm"]
    with pytest.raises(InvalidDocument, match=r"other\.dcm"):
        actions.publish_draft(actor=alice, record_id=record.pk)


def test_alice_asks_a_steward_who_is_told(alice: Any, bruno: Any, draft: Any, patient: bytes) -> None:
    record = draft({"scan.dcm": patient})
    work()
    assert ethics.ask_a_steward(actor=alice, record_id=record.pk, message="It is a phantom.") == 1
    notice = Notice.objects.get(person=bruno.person)
    assert notice.link == f"/deposit/{record.pk}/ethics"
    assert notice.values["message"] == "It is a phantom."


def test_a_draft_that_nobody_can_decide_on_says_so(alice: Any, draft: Any, patient: bytes) -> None:
    record = draft({"scan.dcm": patient})
    with pytest.raises(WrongState, match="administrator"):
        ethics.ask_a_steward(actor=alice, record_id=record.pk)


def test_counts_of_health_data_stop_only_where_health_is_declared(alice: Any, draft: Any) -> None:
    table = b"district,cases\nNorth,120\nSouth,3\n"
    free = draft({"cases.csv": table})
    assert actions.publish_draft(actor=alice, record_id=free.pk).is_published
    declared = draft({"cases.csv": table}, custom_fields={"dop2i:sensitivity": ["health"]})
    with pytest.raises(InvalidDocument, match="small cells"):
        actions.publish_draft(actor=alice, record_id=declared.pk)
    [file] = ethics_of(alice, declared.pk).files
    assert [(one.place, one.excerpt) for one in file.findings] == [("line 3, cases", "1–4")]


def test_a_broken_file_stops_only_where_it_claims_to_be_dicom(alice: Any, draft: Any, patient: bytes) -> None:
    good = draft({"picture.jpg": b"\xff\xd8\xff\xe1 broken", "data.bin": b"\x08\x00" + bytes(100)})
    assert actions.publish_draft(actor=alice, record_id=good.pk).is_published
    bad = draft({"scan.dcm": b"no DICOM at all"})
    with pytest.raises(InvalidDocument, match="cannot be read"):
        actions.publish_draft(actor=alice, record_id=bad.pk)


def test_the_same_bytes_are_looked_at_once(
    alice: Any, draft: Any, patient: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft({"scan.dcm": patient})
    work()
    monkeypatch.setattr("dop2i.server.files.reader_pool.ReaderProcess.ask", None)
    again = draft({"scan.dcm": patient})
    work()
    assert ethics_of(alice, again.pk).state == "blocked"
    assert ContentScan.objects.count() == 2


def test_a_file_that_arrives_during_the_look_is_not_published_unseen(
    alice: Any, draft: Any, put: Any, patient: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dop2i.server.records import gates

    record = draft({"hits.csv": b"x,y\n1,2\n"})

    def late(actor: Any, row: Any) -> None:
        put(alice, record.pk, "scan.dcm", patient)

    monkeypatch.setattr(gates, "PREPARATIONS", [*gates.PREPARATIONS, late])
    with pytest.raises(InvalidDocument, match="arrived meanwhile"):
        actions.publish_draft(actor=alice, record_id=record.pk)


def test_a_reader_that_dies_on_dicom_stops_and_on_others_does_not(
    alice: Any, draft: Any, patient: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dead(self: Any, request: Any, *, seconds: float) -> dict[str, Any]:
        return {"failed": "the reader ended unexpectedly; the file may be damaged"}

    monkeypatch.setattr("dop2i.server.files.reader_pool.ReaderProcess.ask", dead)
    record = draft({"hits.csv": b"x,y\n1,2\n"})
    assert actions.publish_draft(actor=alice, record_id=record.pk).is_published
    claims = draft({"scan.dcm": patient})
    with pytest.raises(InvalidDocument, match="cannot be read"):
        actions.publish_draft(actor=alice, record_id=claims.pk)


def test_the_copies_of_one_record_belong_together_and_those_of_another_do_not(
    alice: Any, draft: Any, patient: bytes
) -> None:
    import pydicom

    uids = []
    for _ in range(2):
        record = draft(
            {"one.dcm": patient, "two.dcm": patient.replace(b"CompressedSamples^CT1", b"CompressedSamples^CT2")}
        )
        ethics.clean_files(actor=alice, record_id=record.pk)
        work()
        entries = FileEntry.objects.filter(bucket_id=record.draft_bucket_id).select_related("content")
        read = [pydicom.dcmread(open_content(entry)) for entry in entries]
        assert len({one.StudyInstanceUID for one in read}) == 1
        assert len({one.PatientID for one in read}) == 1
        uids.append(read[0].StudyInstanceUID)
    assert uids[0] != uids[1]
    assert CleanCopy.objects.count() == 4


def test_a_file_that_was_published_is_not_replaced(alice: Any, bruno: Any, draft: Any, patient: bytes) -> None:
    record = draft({"scan.dcm": patient})
    work()
    ethics.override_findings(actor=bruno, record_id=record.pk, reason=WHY)
    actions.publish_draft(actor=alice, record_id=record.pk)
    actions.edit_record(actor=alice, record_id=record.pk)
    with pytest.raises(WrongState):
        ethics.clean_files(actor=alice, record_id=record.pk)


def test_a_curator_decides_in_a_review_and_who_only_reads_it_is_not_told(
    alice: Any, mallory: Any, person: Any, community: Any, draft: Any, patient: bytes
) -> None:
    from dop2i.server.reviews import actions as reviews
    from dop2i.server.reviews import deciding

    chloe = person("Chloe")
    community("imaging", members={"curator": [chloe]}, policy={"review": "curators"})
    record = draft({"scan.dcm": patient})
    work()
    reviews.choose_community(actor=alice, record_id=record.pk, community="imaging")
    with pytest.raises(NotFound):
        ethics_of(chloe, record.pk)
    try:
        review = reviews.submit(actor=alice, record_id=record.pk)
    except InvalidDocument as refused:
        pytest.fail(f"what was found keeps the draft from its review: {refused}")
    assert ethics_of(chloe, record.pk).may_override
    with pytest.raises(InvalidDocument, match="a patient's identity"):
        deciding.accept(actor=chloe, review_id=review.pk)
    ethics.override_findings(actor=chloe, record_id=record.pk, reason=WHY)
    with pytest.raises(NotFound):
        ethics_of(mallory, record.pk)
    assert deciding.accept(actor=chloe, review_id=review.pk).published


def zipped(members: dict[str, bytes]) -> bytes:
    import zipfile

    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return made.getvalue()


def test_alice_publishes_a_series_in_an_archive_without_its_patient(alice: Any, draft: Any, patient: bytes) -> None:
    import zipfile

    series = {f"series/{number}.dcm": patient for number in range(3)}
    record = draft({"series.zip": zipped({**series, "notes.txt": b"slice 2 mm"})})
    work()
    [file] = ethics_of(alice, record.pk).files
    assert file.can_be_cleaned
    ethics.clean_files(actor=alice, record_id=record.pk)
    work()
    found = ethics_of(alice, record.pk)
    assert found.state == "clear"
    changed = {change["place"]: change["count"] for change in found.copies[0].changes}
    assert changed["(0010,0010) Patient's Name"] == 3
    published = actions.publish_draft(actor=alice, record_id=record.pk)
    [entry] = list_files(alice, published.pk)
    with zipfile.ZipFile(open_content(entry)) as archive:
        assert archive.namelist() == [*series, "notes.txt"]
        assert archive.read("notes.txt") == b"slice 2 mm"
        assert all(b"CompressedSamples" not in archive.read(name) for name in series)


CALLED = "<p>Patients may be called back:</p><p>phone +33 6 12 34 56 78</p>"


def described(document: dict[str, Any], text: str) -> dict[str, Any]:
    return {**document, "metadata": {**document["metadata"], "description": text}}


def test_an_edited_description_with_telephones_is_stopped_like_a_file(
    alice: Any, bruno: Any, draft: Any, document: dict[str, Any]
) -> None:
    record = draft({"hits.csv": b"x,y\n1,2\n"})
    actions.publish_draft(actor=alice, record_id=record.pk)
    actions.edit_record(actor=alice, record_id=record.pk)
    actions.update_draft(actor=alice, record_id=record.pk, document=described(document, CALLED))
    with pytest.raises(InvalidDocument) as refused:
        actions.publish_draft(actor=alice, record_id=record.pk)
    [problem] = refused.value.problems
    assert problem.path == "metadata.ethics"
    assert "telephone numbers" in problem.message
    [text] = ethics_of(alice, record.pk).files
    assert (text.key, text.in_metadata, text.can_be_cleaned) == ("metadata.description", True, False)
    assert "12 34" not in str(text.findings)
    ethics.override_findings(actor=bruno, record_id=record.pk, reason="The number of the hospital's desk.")
    assert actions.publish_draft(actor=alice, record_id=record.pk).is_published
    # the same text passes again, another does not
    actions.edit_record(actor=alice, record_id=record.pk)
    assert ethics_of(alice, record.pk).state == "clear"
    actions.update_draft(
        actor=alice, record_id=record.pk, document=described(document, CALLED.replace("78</p>", "79</p>"))
    )
    assert ethics_of(alice, record.pk).state == "blocked"


def test_a_file_added_to_a_new_version_is_looked_at(alice: Any, draft: Any, put: Any, patient: bytes) -> None:
    record = draft({"hits.csv": b"x,y\n1,2\n"})
    actions.publish_draft(actor=alice, record_id=record.pk)
    again = actions.new_version(actor=alice, record_id=record.pk)
    put(alice, again.pk, "scan.dcm", patient)
    with pytest.raises(InvalidDocument, match=r"scan\.dcm"):
        actions.publish_draft(actor=alice, record_id=again.pk)


def test_a_decision_and_its_reason_outlive_the_database(
    alice: Any, bruno: Any, draft: Any, patient: bytes, instance: Path
) -> None:
    from django.core.management import call_command
    from django.db import connection

    from dop2i.server.people.append_only import uninstall
    from dop2i.server.records.rebuilding import rebuild

    record = draft({"scan.dcm": patient})
    work()
    ethics.override_findings(actor=bruno, record_id=record.pk, reason=WHY)
    actions.publish_draft(actor=alice, record_id=record.pk)
    uninstall(connection)  # the journal only grows otherwise; flush puts its guard back
    call_command("flush", interactive=False, verbosity=0)
    assert rebuild().problems == []
    kept = Override.objects.select_related("person").get(kind="dicom-identity")
    assert (kept.reason, kept.record_id, kept.key) == (WHY, record.pk, "scan.dcm")
    assert kept.person is not None
    assert kept.person.email == bruno.person.email
    assert not kept.person.is_steward
