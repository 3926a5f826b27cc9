"""A program to be killed: for each line on its input it forks a child that deposits and publishes without end.

The child writes one JSON line for everything that was acknowledged to it, after it was; nothing else.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import sys
import tarfile
from typing import Any


def say(**what: Any) -> None:
    """Tell the test; a single write, so that a kill leaves whole lines."""
    os.write(1, json.dumps(what).encode() + b"\n")


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Depositor:
    """Does what depositors do, at random."""

    def __init__(self, seed: int) -> None:
        from dop2i.server.people.models import Person
        from dop2i.server.people.policy import actor_for_person

        self.random = random.Random(seed)
        self.seed = seed
        self.actor = actor_for_person(Person.objects.get(email="alice@example.org"))

    def run(self) -> None:
        while True:
            self.deposit()

    def deposit(self) -> None:
        from dop2i.server.records import actions

        record = actions.create_draft(actor=self.actor, document=self.document())
        say(ack="draft", record=record.pk, revision=record.draft_revision)
        files = self.fill(record.pk)
        actions.publish_draft(actor=self.actor, record_id=record.pk)
        say(ack="published", record=record.pk, files=files)
        if self.random.random() < 0.5:
            actions.edit_record(actor=self.actor, record_id=record.pk)
            actions.update_draft(actor=self.actor, record_id=record.pk, document=self.document("edited"))
            actions.publish_draft(actor=self.actor, record_id=record.pk)
            say(ack="edited", record=record.pk, title="edited")
        if self.random.random() < 0.5:
            following = actions.new_version(actor=self.actor, record_id=record.pk)
            actions.import_files(actor=self.actor, record_id=following.pk)
            files = {**files, **self.fill(following.pk)}
            actions.update_draft(actor=self.actor, record_id=following.pk, document=self.document())
            actions.publish_draft(actor=self.actor, record_id=following.pk)
            say(ack="published", record=following.pk, files=files)

    def document(self, title: str = "Muons") -> dict[str, Any]:
        return {
            "metadata": {
                "title": title,
                "resource_type": {"id": "dataset"},
                "publication_date": "2026-03-01",
                "creators": [{"person_or_org": {"type": "personal", "family_name": "Martin"}}],
                "rights": [{"id": "cc-by-4.0"}],
            }
        }

    def fill(self, record: int) -> dict[str, str]:
        ways = [self.put, self.resume, self.bundle]
        self.random.shuffle(ways)
        files: dict[str, str] = {}
        for way in ways[: self.random.randint(1, 2)]:
            files |= way(record)
        return files

    def data(self) -> bytes:
        return self.random.randbytes(self.random.choice([0, 1, 1000, 100_000, 1_500_000]))

    def put(self, record: int) -> dict[str, str]:
        from dop2i.server.records import file_actions as files

        key, data = f"put/{self.random.getrandbits(40):x}.dat", self.data()
        files.start_files(actor=self.actor, record_id=record, entries=[{"key": key}])
        files.receive_content(actor=self.actor, record_id=record, key=key, stream=io.BytesIO(data), length=len(data))
        say(ack="content", record=record, files={key: digest(data)})
        files.commit_file(actor=self.actor, record_id=record, key=key)
        say(ack="committed", record=record, files={key: digest(data)})
        return {key: digest(data)}

    def resume(self, record: int) -> dict[str, str]:
        from dop2i.server.records import file_actions as files

        key, data = f"parts/{self.random.getrandbits(40):x}.dat", self.data()
        upload = files.create_upload(actor=self.actor, record_id=record, key=key, length=len(data))
        offset = 0
        while offset < len(data):
            part = data[offset : offset + self.random.randint(1, len(data))]
            files.append_upload(actor=self.actor, upload_id=upload.pk, offset=offset, stream=io.BytesIO(part))
            offset += len(part)
            say(ack="part", upload=upload.pk, offset=offset, sha256=digest(data[:offset]))
        say(ack="committed", record=record, files={key: digest(data)})
        return {key: digest(data)}

    def bundle(self, record: int) -> dict[str, str]:
        from dop2i.server.records import file_actions as files

        packed, made = io.BytesIO(), {}
        with tarfile.open(fileobj=packed, mode="w") as archive:
            for number in range(self.random.randint(1, 30)):
                data = self.random.randbytes(200)
                member = tarfile.TarInfo(f"bundle/{self.random.getrandbits(40):x}-{number}.dat")
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
                made[member.name] = digest(data)
        packed.seek(0)
        files.receive_bundle(actor=self.actor, record_id=record, stream=packed)
        say(ack="committed", record=record, files=made)
        return made


def main() -> None:
    from dop2i.server.instance import configure

    configure()
    import dop2i.core.formats
    import dop2i.server.jobs.worker
    import dop2i.server.records.jobs

    dop2i.server.jobs.worker.discover()
    from dop2i.core.exports import EXPORTS
    from dop2i.core.model import validate_record
    from dop2i.core.vocabularies import VOCABULARIES

    len(EXPORTS), len(VOCABULARIES), validate_record({}, for_publication=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            depositor = Depositor(int(line))
            say(ready=os.getpid())
            depositor.run()
        os.waitpid(child, 0)
        say(dead=child)


if __name__ == "__main__":
    main()
