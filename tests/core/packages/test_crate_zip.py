"""Chloé takes a record with its files away as an RO-Crate."""

from __future__ import annotations

import copy
import io
import json
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from strategies import records

from dop2i.core.exports import EXPORTS
from dop2i.core.packages.rocrate import crate_zip
from dop2i.errors import InvalidName

ENVIRONMENT = Path(sys.prefix) / "tools/roc/bin"

FILL_THE_CACHE = """
import io, sys
import requests_cache
from requests import Response
from requests.adapters import BaseAdapter
cache, address, path = sys.argv[1:]
class FromDisk(BaseAdapter):
    def send(self, request, **options):
        answer = Response()
        answer.status_code, answer.url, answer.request = 200, request.url, request
        answer.headers["Content-Type"] = "application/ld+json"
        from urllib3 import HTTPResponse
        body = open(path, "rb").read()
        answer.raw = HTTPResponse(body=io.BytesIO(body), status=200, headers=answer.headers, preload_content=False)
        return answer
    def close(self):
        pass
session = requests_cache.CachedSession(cache, backend="sqlite", expire_after=-1)
session.mount("https://", FromDisk())
assert session.get(address).status_code == 200
"""


def contents(record: dict[str, Any]) -> list[tuple[str, list[bytes]]]:
    entries = record["files"]["entries"]
    return [(key, [b"x" * min(entry["size"], 1000)]) for key, entry in entries.items()]


def test_the_crate_holds_the_files_the_metadata_and_a_page(full_record: dict[str, Any]) -> None:
    packed = b"".join(crate_zip(full_record, contents(full_record)))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.testzip() is None
        names = ["ro-crate-metadata.json", "ro-crate-preview.html", "events.root", "docs/read me.txt"]
        assert archive.namelist() == names
        graph = {entity["@id"]: entity for entity in json.loads(archive.read(names[0]))["@graph"]}
        page = archive.read(names[1]).decode()
    assert graph["docs/read%20me.txt"]["sha256"] == "ef" * 32
    assert graph["./"]["author"][0] == {"@id": "https://orcid.org/0000-0002-1825-0097"}
    assert "Dimuon events" in page
    assert "<script" not in page


def test_the_same_record_gives_the_same_zip(full_record: dict[str, Any]) -> None:
    first, second = (b"".join(crate_zip(full_record, contents(full_record))) for _ in range(2))
    assert first == second


def test_a_record_that_is_itself_a_crate_keeps_its_files_apart(full_record: dict[str, Any]) -> None:
    record = copy.deepcopy(full_record)
    record["files"]["entries"]["ro-crate-metadata.json"] = {"size": 2, "mimetype": "application/json"}
    packed = b"".join(crate_zip(record, [("ro-crate-metadata.json", [b"{}"]), ("events.root", [b"x"])]))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert "data/ro-crate-metadata.json" in archive.namelist()
        assert "data/events.root" in archive.namelist()
        assert "data/events.root" in archive.read("ro-crate-metadata.json").decode()


@pytest.mark.parametrize("key", ["../x", "/etc/passwd", "a//b", "a/../../b", "a\\b", "", "a\0b"])
def test_mallory_cannot_name_a_file_out_of_the_crate(full_record: dict[str, Any], key: str) -> None:
    with pytest.raises(InvalidName):
        list(crate_zip(full_record, [(key, [b"x"])]))


def test_a_large_file_passes_through_without_being_held(full_record: dict[str, Any]) -> None:
    def chunks() -> Iterator[bytes]:
        piece = b"\0" * (256 * 1024)
        for _ in range(400):
            yield piece

    tracemalloc.start()
    total = sum(len(piece) for piece in crate_zip(full_record, [("events.root", chunks())]))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total > 100 * 1024 * 1024
    assert peak < 8 * 1024 * 1024


@given(record=records())
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
def test_every_record_becomes_a_crate_whose_files_are_all_described(record: dict[str, Any]) -> None:
    from urllib.parse import unquote

    packed = b"".join(crate_zip(record, contents(record)))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        graph = json.loads(archive.read("ro-crate-metadata.json"))["@graph"]
        described = {unquote(one["@id"]).removeprefix("./") for one in graph if one["@type"] == "File"}
        assert described == set(archive.namelist()) - {"ro-crate-metadata.json", "ro-crate-preview.html"}
    ids = [entity["@id"] for entity in graph]
    assert len(ids) == len(set(ids))


@pytest.fixture(scope="session")
def validator(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The program and its cache, which holds the crate's context so that nothing is fetched."""
    program = ENVIRONMENT / "rocrate-validator"
    if not program.exists():
        pytest.skip("roc-validator is not installed in the environment .venv/tools/roc")
    cache = tmp_path_factory.mktemp("crate-cache") / "cache"
    context = shared_data / "schemas/ro-crate/1.2/context.jsonld"
    arguments = [str(cache), "https://w3id.org/ro/crate/1.2/context", str(context)]
    subprocess.run([ENVIRONMENT / "python", "-c", FILL_THE_CACHE, *arguments], check=True, timeout=60)
    return program, cache


@pytest.mark.outside
@pytest.mark.slow(20)
@pytest.mark.parametrize("packaging", ["attached", "detached"])
def test_rocrate_validator_accepts_the_crate(
    validator: tuple[Path, Path], tmp_path: Path, full_record: dict[str, Any], packaging: str
) -> None:
    """Whoever is named in this record has an ORCID or a ROR: without them the program rightly recommends them."""
    program, cache = validator
    full_record["metadata"]["publisher"] = "CERN"
    del full_record["metadata"]["creators"][1], full_record["metadata"]["contributors"]
    if packaging == "attached":
        packed = b"".join(crate_zip(full_record, contents(full_record)))
        zipfile.ZipFile(io.BytesIO(packed)).extractall(tmp_path)
    else:
        (tmp_path / "12-ro-crate-metadata.json").write_bytes(EXPORTS["rocrate"].write(full_record))
    options = ["--offline", "--cache-path", str(cache), "--skip-availability-check", "-f", "json", "--no-paging"]
    if packaging == "detached":
        options += ["--packaging-mode", "detached"]
    report = tmp_path.parent / f"{tmp_path.name}.json"
    crate = tmp_path if packaging == "attached" else tmp_path / "12-ro-crate-metadata.json"
    command = [program, "-y", "validate", "-p", "ro-crate-1.2", "-l", "recommended", *options, "-o", report, crate]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    found = json.loads(report.read_text())["issues"] if report.exists() else [{"message": done.stdout + done.stderr}]
    assert done.returncode == 0, [(one["message"], one.get("violatingEntity"), one.get("severity")) for one in found]
