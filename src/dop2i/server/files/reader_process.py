"""The process that looks inside files: a reader that crashes, hangs or eats memory takes nobody with it.

Run as ``python -m dop2i.server.files.reader_process BYTES SECONDS``; one JSON request a line comes in, one JSON
answer a line goes out. It knows neither Django nor the database. A request says the seconds that it may take
(``seconds``): whoever asked ends the process then, and if nobody is left to do so the process ends itself a little
later. What it unpacks lies in files without a name, which go with it.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import sys
import zlib
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from dop2i.core.lifetime import end_with_parent, ended_after

PIECE = 1 << 20
_GRACE_SECONDS = 5.0


def main() -> None:
    """Answer requests until the input ends."""
    address_space, seconds = int(sys.argv[1]), float(sys.argv[2])
    if address_space:
        resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    end_with_parent()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # What a library prints must not be taken for an answer.
    os.dup2(2, 1)
    for line in sys.stdin:
        request = json.loads(line)
        with ended_after(request.get("seconds", seconds) + _GRACE_SECONDS):
            answers.write(json.dumps(answer(request, seconds=seconds)) + "\n")
            answers.flush()


def answer(request: dict[str, Any], *, seconds: float) -> dict[str, Any]:
    """What a request asks, a scan and a description of one file together: the system still holds the file near.

    Tasks are ``describe`` (with checksums and the scan), ``scan``, ``scan many``, ``deidentify``, ``view`` and
    ``describe member``.
    """
    task = request.get("task", "describe")
    if task == "scan":
        return {"findings": scan(request)}
    if task == "scan many":
        return {"many": [scan(file) for file in request["files"]]}
    if task == "deidentify":
        return deidentify(request)
    if task == "view":
        return view(request)
    if task == "describe member":
        return describe_member(request)
    return describe(request, seconds=seconds)


def scan(request: dict[str, Any]) -> list[dict[str, Any]]:
    """The personal data found in a file; its cells smaller than ``smallest`` where that is not 0."""
    from dop2i.core.ethics import scan_file

    found = scan_file(Path(request["path"]), name=request["name"], smallest_cell=request.get("smallest", 0))
    return [finding.to_json() for finding in found]


def deidentify(request: dict[str, Any]) -> dict[str, Any]:
    """Writes the de-identified copy of a DICOM file to ``target``; what was changed, or why it could not be."""
    from dop2i.core.ethics.deidentify import deidentify_file
    from dop2i.errors import UnreadableFile

    try:
        changes = deidentify_file(
            Path(request["path"]),
            Path(request["target"]),
            secret=bytes.fromhex(request["secret"]),
            name=request["name"],
        )
    except UnreadableFile as error:
        return {"failed": str(error)}
    return {"changes": [change.to_json() for change in changes]}


def view(request: dict[str, Any]) -> dict[str, Any]:
    """The figure of a part of a file, or the error that its view raised, by class and message."""
    from dop2i.core.views import draw
    from dop2i.errors import Dop2iError

    try:
        with _entered(request) as source:
            figure = draw(
                source,
                view=request["view"],
                part=request["part"],
                values=request["values"],
                description=request.get("description"),
            )
            return {"figure": figure.to_json()}
    except Dop2iError as problem:
        return _error(problem)


def describe_member(request: dict[str, Any]) -> dict[str, Any]:
    """The description of a member of an archive, or the error that says why it cannot be entered."""
    from dop2i.core.formats import STRUCTURE_ONLY, describe_source
    from dop2i.errors import Dop2iError

    try:
        with _entered(request) as source:
            return {"document": describe_source(source, limits=STRUCTURE_ONLY).to_json()}
    except Dop2iError as problem:
        return _error(problem)


def _entered(request: dict[str, Any]) -> AbstractContextManager[Any]:
    """The file of a request, or the member of it that is asked for."""
    from dop2i.core.formats.sources import LocalSource
    from dop2i.core.views import entered

    source = LocalSource(request["path"], name=request["name"])
    member = request.get("member", "")
    return entered(source, member) if member else nullcontext(source)


def _error(problem: Any) -> dict[str, Any]:
    said = {"class": type(problem).__name__, "message": problem.message, "hint": problem.hint or ""}
    return {"error": {**said, "parameter": getattr(problem, "parameter", "")}}


def describe(request: dict[str, Any], *, seconds: float) -> dict[str, Any]:
    """The description of a file, what a scan finds in it and, where they are asked for, its md5 and adler32."""
    from dop2i.core.formats import describe_source
    from dop2i.core.formats.limits import Limits
    from dop2i.core.formats.sources import LocalSource

    path, made = Path(request["path"]), {}
    if request["checksums"]:
        made["md5"], made["adler32"] = checksums(path)
    source = LocalSource(path, name=request["name"])
    usual = Limits.default(source)
    limits = Limits(
        max_bytes_read=usual.max_bytes_read,
        max_seconds=min(usual.max_seconds, seconds / 2),
        max_columns=usual.max_columns,
    )
    made["findings"] = scan(request)
    document = describe_source(source, limits=limits).to_json()
    for member in ("error", "warnings"):
        # libraries name the file by its path, which is nobody's business
        if member in document:
            said = json.dumps(document[member]).replace(json.dumps(str(path))[1:-1], json.dumps(source.name)[1:-1])
            document[member] = json.loads(said)
    return {**made, "document": document}


def checksums(path: Path) -> tuple[str, str]:
    """md5 and adler32 of a file, in one pass that also brings it near for the reader."""
    md5, adler32 = hashlib.md5(usedforsecurity=False), 1
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            md5.update(piece)
            adler32 = zlib.adler32(piece, adler32)
    return md5.hexdigest(), f"{adler32:08x}"


if __name__ == "__main__":
    main()
