"""Describing and exporting what lies on this machine, or at an address, without any dop2i server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dop2i.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from dop2i.core.formats.base import Description
    from dop2i.core.proposals import FolderDescription

Progress = Callable[..., None]


def describe(address: str | Path, *, progress: Progress | None = None) -> Description | FolderDescription:
    """What a file or a folder is: tables, columns with units and ranges, headers, coverage, proposed metadata.

    ``address`` is a path, or begins with ``http(s)://``, ``s3://`` or ``root://`` (a folder there ends in a slash).
    A damaged file gives a description with ``error``. ``progress(done, total, name)`` is told of a folder's files.
    Raises ``NotFound`` where nothing lies there and ``ServiceUnavailable`` where nobody answers.
    """
    text = str(address)
    if "://" in text and not text.startswith("file://"):
        return _describe_remote(text, progress)
    from dop2i.core.formats import LocalSource, describe_source

    path = Path(text.removeprefix("file://"))
    try:
        if path.is_dir():
            from dop2i.core.proposals import describe_folder, walk_folder

            return describe_folder(walk_folder(path), progress=progress)
        return describe_source(LocalSource(path))
    except FileNotFoundError as error:
        raise NotFound(f"There is no {path}.") from error
    except PermissionError as error:
        raise InvalidInput(f"{path} cannot be read: permission denied.") from error


def _describe_remote(address: str, progress: Progress | None) -> Description | FolderDescription:
    from dop2i.core.formats import describe_source
    from dop2i.stores import list_sources, open_source

    if address.endswith("/") and not address.startswith(("http://", "https://")):
        from dop2i.core.proposals import describe_folder

        return describe_folder(list(list_sources(address)), progress=progress)
    return describe_source(open_source(address))


def draft_of(folder: str | Path) -> dict[str, Any]:
    """The record document that a folder of files would get, as far as the files tell it."""
    from dop2i.core.proposals import assemble, describe_folder, walk_folder

    document: dict[str, Any] = assemble(describe_folder(walk_folder(Path(folder)))).document
    return document


def export(record: dict[str, Any] | str | Path, format: str) -> bytes:
    """A record document, or what a folder of files would become, in one of the formats of ``dop2i exports``."""
    from dop2i.core.exports import EXPORTS

    if format not in EXPORTS:
        raise NotFound(f"There is no export format {format!r}.", hint=f"There are: {', '.join(EXPORTS)}.")
    document = record if isinstance(record, dict) else draft_of(record)
    return EXPORTS[format].write(document)
