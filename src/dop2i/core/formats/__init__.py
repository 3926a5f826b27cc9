"""Readers of file formats, one a module; :func:`describe_source` finds the right one and never fails on bad content."""

from __future__ import annotations

import mimetypes
from typing import Any

from dop2i.core.formats.apart import describe_apart, preview_apart
from dop2i.core.formats.base import HEAD_BYTES, Description, FormatReader, Source
from dop2i.core.formats.limits import STRUCTURE_ONLY, Budget, BudgetedSource, Limits
from dop2i.core.formats.sources import BytesSource, LocalSource
from dop2i.errors import Dop2iError, NotFound, NotPermitted, ServiceUnavailable, UnreadableFile
from dop2i.registry import Registry

__all__ = [
    "FORMATS",
    "HEAD_BYTES",
    "STRUCTURE_ONLY",
    "BytesSource",
    "Description",
    "FormatReader",
    "Limits",
    "LocalSource",
    "Source",
    "describe_source",
    "preview_source",
    "recognise",
]

FORMATS: Registry[FormatReader] = Registry(
    "dop2i.core.formats",
    FormatReader,  # type: ignore[type-abstract]  # the registry only asks whether a class derives from it
    group="dop2i.formats",
)

_NOT_THE_FILES_FAULT = (ServiceUnavailable, NotFound, NotPermitted)
_LONGEST_REASON = 300


def recognise(name: str, head: bytes) -> FormatReader | None:
    """The reader most certain of a file, by its name and first 8,192 bytes; None when no reader knows it."""
    best: FormatReader | None = None
    best_score = 0.0
    for reader in FORMATS.values():
        score = reader.recognises(name, head)
        if score > best_score:
            best, best_score = reader, score
    return best


def describe_source(source: Source, *, limits: Limits | None = None) -> Description:
    """What is in a file; damaged content gives a description with ``error``, an unknown file one without ``format``.

    ``limits`` bounds the values that are read (by default a full pass over a local file, a few megabytes of a remote
    one). Raises only what is not the content's fault: ``ServiceUnavailable``, ``NotFound``, ``NotPermitted``.
    """
    readers = len(FORMATS)  # loaded before the try: a broken installation is not the file's fault
    try:
        head = source.read_range(0, HEAD_BYTES) if readers else b""
        reader = recognise(source.name, head)
    except _NOT_THE_FILES_FAULT:
        raise
    except Exception as problem:
        return _finished(Description(error=f"{source.name} could not be read: {_reason(problem)}."), source, None)
    if reader is None:
        return _finished(_unknown(source, head), source, None)
    try:
        description = _describe(reader, source, limits or Limits.default(source))
    except _NOT_THE_FILES_FAULT:
        raise
    except UnreadableFile as problem:
        description = Description(error=str(problem))
    except RecursionError:
        description = Description(error=f"{source.name} is nested too deeply to be read; it is probably damaged.")
    except MemoryError:
        description = Description(error=f"{source.name} asks for more memory than allowed; it is probably damaged.")
    except Exception as problem:
        description = Description(
            error=f"{source.name} could not be read as {reader.label.get('en', reader.name)}: {_reason(problem)}. "
            "It may be damaged or cut short: compare its size and checksum with the original."
        )
    return _finished(description, source, reader)


def _describe(reader: FormatReader, source: Source, limits: Limits) -> Description:
    if getattr(reader, "fragile", False):
        return describe_apart(reader.name, source, limits)
    return reader.describe(BudgetedSource(source, Budget(limits)))


def preview_source(source: Source, *, table: str, start: int = 0, stop: int = 50) -> dict[str, Any]:
    """Rows of one table of a file: ``{"columns": [names], "rows": [[…]], "total": n}``.

    Raises ``NotFound`` where there is no such table, ``UnreadableFile`` where the file is damaged.
    """
    reader = recognise(source.name, source.read_range(0, HEAD_BYTES))
    if reader is None:
        raise NotFound(f"{source.name} is of no format that has tables to show.")
    if getattr(reader, "fragile", False):
        return preview_apart(reader.name, source, table=table, start=start, stop=stop)
    try:
        return reader.preview(source, table=table, start=start, stop=stop)
    except Dop2iError:
        raise
    except (Exception, RecursionError) as problem:
        raise UnreadableFile(f"The rows of {table} in {source.name} cannot be read: {_reason(problem)}.") from problem


def _finished(description: Description, source: Source, reader: FormatReader | None) -> Description:
    """Fills what every description says, whatever the reader did."""
    description.name = description.name or source.name
    description.size = source.size
    if reader is not None:
        description.format = description.format or reader.name
        description.label = description.label or reader.label.get("en", reader.name)
        if description.media_type == "application/octet-stream" and reader.media_types:
            description.media_type = reader.media_types[0]
    elif description.media_type == "application/octet-stream":
        description.media_type = mimetypes.guess_type(source.name, strict=False)[0] or description.media_type
    return description


def _unknown(source: Source, head: bytes) -> Description:
    """A file that no reader knows; says so where its name promised a format."""
    description = Description()
    if not source.size:
        description.summary = "Empty file"
        description.warnings.append(f"{source.name} is empty (0 bytes).")
        return description
    lowered = source.name.lower()
    for reader in FORMATS.values():
        if reader.suffixes and lowered.endswith(reader.suffixes):
            description.warnings.append(
                f"{source.name} is named like a file of the format {reader.label.get('en', reader.name)} but does not "
                "begin like one; it is damaged, cut short or of another format."
            )
            break
    description.summary = "Text of an unknown format" if _is_text(head) else "Binary file of an unknown format"
    return description


def _is_text(head: bytes) -> bool:
    return b"\x00" not in head and sum(byte < 9 or 13 < byte < 32 for byte in head) == 0


def _reason(problem: BaseException) -> str:
    """The first line of what a library said, short, without its full stop."""
    lines = [line.strip() for line in str(problem).splitlines() if line.strip()]
    said = lines[0][:_LONGEST_REASON] if lines else type(problem).__name__
    return said.rstrip(". ")
