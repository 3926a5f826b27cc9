"""Readers look at what arrived, in a process that may fail."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dop2i.server.catalogue.models import Entry
from dop2i.server.files.description import describe_bucket
from dop2i.server.files.models import ContentDescription
from dop2i.server.jobs.worker import run_worker
from dop2i.server.people.policy import ANONYMOUS
from dop2i.server.records import actions, file_actions, queries


def test_what_readers_find_reaches_the_record_and_the_catalogue(alice: Any, publish: Any) -> None:
    big = b"energy,angle\n" + b"1.5,2\n" * 300_000
    record = publish(alice, {"muons.csv": big, "unknown.xyz": b"\x00\x01\x02"})
    entry = queries.get_file(ANONYMOUS, record.pk, "muons.csv")
    assert entry.content.md5 == ""
    run_worker(once=True)
    entry.content.refresh_from_db()
    assert entry.content.md5 == hashlib.md5(big, usedforsecurity=False).hexdigest()
    description = queries.description_of(entry)
    assert [column["name"] for column in description["tables"][0]["columns"]] == ["energy", "angle"]
    assert description["name"] == "muons.csv"
    document = Entry.objects.get(key=f"own:{record.pk}").document
    assert document["custom_fields"]["dop2i:formats"] == ["csv"]
    assert "angle" in Entry.objects.get(key=f"own:{record.pk}").text
    described = queries.native_document(queries.get_record(ANONYMOUS, record.pk))
    assert described["files"]["entries"]["muons.csv"]["checksum"].startswith("md5:")


def test_a_draft_is_described_before_it_is_published(alice: Any, document: Any, put: Any) -> None:
    record = actions.create_draft(actor=alice, document=document)
    entry = put(alice, record.pk, "a.json", b'{"a": 1}')
    describe_bucket(record.draft_bucket_id, lambda done, total: None)
    assert queries.description_of(entry)["format"] == "json"
    assert describe_bucket(record.draft_bucket_id, lambda done, total: None) == 0


@pytest.mark.parametrize(
    ("limits", "reason"),
    [({"description_seconds": 0}, "still busy"), ({"description_bytes": 30_000_000}, "ended unexpectedly")],
)
def test_a_reader_that_hangs_or_dies_costs_only_its_own_file(
    instance: Path, alice: Any, document: Any, put: Any, limits: dict[str, int], reason: str
) -> None:
    record = actions.create_draft(actor=alice, document=document)
    put(alice, record.pk, "a.csv", b"x,y\n1,2\n")
    settings.DOP2I = dataclasses.replace(settings.DOP2I, limits=dataclasses.replace(settings.DOP2I.limits, **limits))
    assert describe_bucket(record.draft_bucket_id, lambda done, total: None) == 1
    assert reason in ContentDescription.objects.get().error
    assert actions.publish_draft(actor=alice, record_id=record.pk).is_published


def test_the_same_bytes_are_read_once(alice: Any, publish: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    data = {"a.csv": b"x,y\n" + os.urandom(8).hex().encode() + b",2\n"}
    publish(alice, data)
    run_worker(once=True)
    monkeypatch.setattr("dop2i.server.files.reader_pool.ReaderProcess.ask", None)
    publish(alice, data)
    run_worker(once=True)
    assert ContentDescription.objects.filter(format="csv").count() == 2


def test_a_record_of_many_files_costs_what_one_of_few_does(alice: Any, document: Any) -> None:
    costs = []
    for count in (10, 3000):
        record = actions.create_draft(actor=alice, document=document)
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w") as archive:
            for number in range(count):
                archive.addfile(tarfile.TarInfo(f"folder{number % 3}/{number:05}.txt"))
        stream.seek(0)
        file_actions.receive_bundle(actor=alice, record_id=record.pk, stream=stream)
        actions.publish_draft(actor=alice, record_id=record.pk)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            queries.native_document(queries.get_record(ANONYMOUS, record.pk), with_files="none")
            queries.list_folder(ANONYMOUS, record.pk)
            queries.list_files(ANONYMOUS, record.pk, limit=10)
        costs.append(len(asked))
    assert costs[0] == costs[1]
