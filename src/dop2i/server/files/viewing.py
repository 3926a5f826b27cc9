"""Figures of what is in a file, made once a content by processes that may fail, and kept in the instance's cache.

The process that serves pages never opens a file of a visitor's choosing: it asks one of two helpers with little
memory and little time, and keeps the answer under the checksum of the bytes. A file that hangs or crashes its library
costs its seconds once, then answers with the same sentence at once for an hour.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.conf import settings

from dop2i import errors
from dop2i.core.views import VIEWS, Figure, figure_from_json
from dop2i.errors import InvalidInput, InvalidValue, LimitExceeded, NotFound, ServiceUnavailable, UnreadableFile
from dop2i.server.files import contents
from dop2i.server.files.models import Content, FileEntry
from dop2i.server.files.reader_pool import MISSING, IdleReaders, ReaderProcess

SECONDS = 20.0
MEMORY = 3_000_000_000
PROCESSES = 2
PATIENCE = 15.0
LARGEST_FIGURE = 16_000_000
CACHE_BYTES = 2_000_000_000
EDITION_OF_MEMBERS = 1
_ERROR_KEPT_SECONDS = 3600.0
_MOST_VALUES, _LONGEST_VALUE = 24, 4000
_LOOKS_BETWEEN_SWEEPS = 200


def figure_of(
    entry: FileEntry,
    *,
    view: str,
    part: str,
    values: Mapping[str, str],
    description: Mapping[str, Any] | None = None,
    member: str = "",
) -> Figure:
    """The figure of a part of a file, from the cache or made now; ``description`` is the stored one, where known.

    ``member`` names the file within an archive that is looked into (``run1.zip!/a.root`` for one within another); the
    description is then that of the member.

    Raises ``NotFound`` for an unknown view or part, ``InvalidInput`` for a value that means nothing,
    ``UnreadableFile`` for a damaged file, ``LimitExceeded`` for one that costs too much, ``ServiceUnavailable`` when
    too many figures are asked for at once.
    """
    if view not in VIEWS:
        raise NotFound(f"There is no view {view[:60]!r}.", hint=f"There are {', '.join(VIEWS)}.")
    if entry.content is None:
        raise NotFound(f"No bytes of {entry.key!r} have arrived yet.")
    asked = _asked(values)
    name = entry.key.rpartition("/")[2]
    kept = _place(entry, name=name, question=[view, VIEWS[view].edition, part, asked, bool(description), member])
    request = {
        "task": "view",
        "name": name,
        "view": view,
        "part": part,
        "values": asked,
        "member": member,
        "description": VIEWS[view].needed(description, part) if description else None,
    }
    return figure_from_json(_answered(entry.content, kept, request)["figure"])


def member_description(entry: FileEntry, member: str) -> dict[str, Any]:
    """What is in a member of an archive: names and structure, without reading its values. Raises as ``figure_of``."""
    if entry.content is None:
        raise NotFound(f"No bytes of {entry.key!r} have arrived yet.")
    if len(member) > _LONGEST_VALUE:
        raise NotFound(f"{entry.key} has no member of so long a name.")
    name = entry.key.rpartition("/")[2]
    kept = _place(entry, name=name, question=["describe member", EDITION_OF_MEMBERS, member])
    request = {"task": "describe member", "name": name, "member": member}
    document: dict[str, Any] = _answered(entry.content, kept, request)["document"]
    return document


def _answered(content: Content, kept: Path, request: dict[str, Any]) -> dict[str, Any]:
    """The answer from its place in the cache, or made now and put there; an error that it holds is raised."""
    answer = _kept(kept)
    if answer is None:
        answer = _made(content, request)
        _keep(kept, answer)
    if "error" in answer:
        raise _raised(answer["error"])
    return answer


def _asked(values: Mapping[str, str]) -> dict[str, str]:
    """The values that say something, in a fixed order: the same question has one place in the cache."""
    given = {name: text for name, text in sorted(values.items()) if text != ""}
    if len(given) > _MOST_VALUES or any(len(text) > _LONGEST_VALUE for text in given.values()):
        raise InvalidInput(
            "The address asks for too much at once.",
            hint=f"At most {_MOST_VALUES} values of {_LONGEST_VALUE} characters each.",
        )
    return given


def _place(entry: FileEntry, *, name: str, question: list[Any]) -> Path:
    # The name decides which reader is asked, so it is part of the question.
    mark = hashlib.sha256(json.dumps([name, *question], ensure_ascii=True).encode()).hexdigest()[:24]
    sha256 = entry.content.sha256 if entry.content else ""
    return Path(settings.DOP2I.home) / "cache" / "views" / sha256[:2] / f"{sha256[:40]}-{mark}.json"


def _kept(place: Path) -> dict[str, Any] | None:
    try:
        answer: dict[str, Any] = json.loads(place.read_bytes())
        if "error" in answer and time.time() - place.stat().st_mtime > _ERROR_KEPT_SECONDS:
            return None
        os.utime(place)
    except (OSError, ValueError):
        return None
    return answer


def _keep(place: Path, answer: dict[str, Any]) -> None:
    """Keep an answer; a full disk costs the next visitor a moment, not this one the figure."""
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=place.parent, suffix=".part", delete=False, encoding="utf-8") as file:
            json.dump(answer, file)
        Path(file.name).replace(place)
    _helpers.sweep_now_and_then(place.parent.parent)


def _made(content: Content, request: dict[str, Any]) -> dict[str, Any]:
    """What a helper answers. Raises ``NotFound`` where the bytes are gone, which is never kept."""
    answer = _asked_of_one(content, request)
    if answer.get("failed") == MISSING:
        # a publication has moved them in this very moment
        answer = _asked_of_one(content, request)
    if answer.get("failed") == MISSING:
        raise NotFound("The bytes of this file are missing on the server.", hint="Its keeper can run: dop2i check.")
    if "failed" in answer:
        message = f"{request['name']} cannot be shown: {answer['failed']}."
        return {"error": {"class": "LimitExceeded", "message": message, "hint": "Download it to look inside."}}
    if len(json.dumps(answer)) > LARGEST_FIGURE:
        message = f"What was asked of {request['name']} is too large to be shown."
        return {"error": {"class": "LimitExceeded", "message": message, "hint": "Ask for less at once."}}
    return answer


def _asked_of_one(content: Content, request: dict[str, Any]) -> dict[str, Any]:
    with _helpers.one() as helper:
        return helper.ask({**request, "path": str(contents.open_path(content))}, seconds=SECONDS)


def _raised(error: dict[str, str]) -> errors.Dop2iError:
    if error["class"] == "InvalidValue":
        return InvalidValue(error["message"], hint=error.get("hint", ""), parameter=error.get("parameter", ""))
    known = {made.__name__: made for made in (InvalidInput, NotFound, LimitExceeded, UnreadableFile)}
    return known.get(error["class"], UnreadableFile)(error["message"], hint=error.get("hint", ""))


class _Helpers:
    """A few processes, started when asked."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._free = threading.Semaphore(PROCESSES)
        self.idle = IdleReaders(memory=MEMORY)
        self._looks = 0

    @contextmanager
    def one(self) -> Iterator[ReaderProcess]:
        """A helper for the time of one question. Raises ``ServiceUnavailable`` when all stay busy."""
        if not self._free.acquire(timeout=PATIENCE):
            raise ServiceUnavailable("Many figures are being made just now.", hint="Ask again in a moment.")
        try:
            helper = self.idle.take()
            try:
                yield helper
            finally:
                self.idle.give_back(helper)
        finally:
            self._free.release()

    def sweep_now_and_then(self, folder: Path) -> None:
        """Each so many figures, drop those that were looked at longest ago, down to four fifths of the limit."""
        with self._guard:
            self._looks += 1
            if self._looks % _LOOKS_BETWEEN_SWEEPS:
                return
        sweep(folder, limit=CACHE_BYTES)


def sweep(folder: Path, *, limit: int) -> int:
    """Remove the figures looked at longest ago until four fifths of ``limit`` bytes are left; returns how many."""
    found: list[tuple[float, int, Path]] = []
    for path in folder.glob("*/*.json"):
        with suppress(OSError):
            facts = path.stat()
            found.append((facts.st_mtime, facts.st_size, path))
    total, removed = sum(size for _when, size, _path in found), 0
    if total <= limit:
        return 0
    for _when, size, path in sorted(found):
        if total <= limit * 4 // 5:
            break
        with suppress(OSError):
            path.unlink()
            total, removed = total - size, removed + 1
    return removed


_helpers = _Helpers()


def stop_helpers() -> None:
    """Stop the processes that make figures (a test or a server that ends)."""
    _helpers.idle.stop()
