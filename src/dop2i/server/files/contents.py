"""Where the bytes of a content lie, and how they come to be kept: staged uploads, then the OCFL root."""

from __future__ import annotations

import contextlib
import functools
import mimetypes
import os
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.deletion import ProtectedError
from django.db.utils import IntegrityError

from dop2i.core.packages.durable import flush_folder
from dop2i.errors import NotFound
from dop2i.server.files.models import Content, FileEntry
from dop2i.server.files.receiving import Received

_STAGED, _PUBLISHED = "upload:", "ocfl:"


def partial_path(name: str) -> Path:
    """Where an upload under way is written."""
    return settings.DOP2I.uploads / "partial" / name


def staged_path(name: str) -> Path:
    """Where a received content waits for its publication."""
    return settings.DOP2I.uploads / "content" / name[:2] / name


def staged_location(name: str) -> str:
    """The location of a content that waits under this name."""
    return f"{_STAGED}{name}"


def new_name() -> str:
    """A name for bytes whose own name is not known yet."""
    return uuid.uuid4().hex


def locate(content: Content) -> Path:
    """The file that holds a content."""
    if content.location.startswith(_STAGED):
        return staged_path(content.location.removeprefix(_STAGED))
    return settings.DOP2I.ocfl_root / content.location.removeprefix(_PUBLISHED)


def finder() -> Callable[[str], str]:
    """What turns a location into the path of its file, for many of them: without a ``Path`` for each."""
    staged, published = f"{settings.DOP2I.uploads}/content", str(settings.DOP2I.ocfl_root)

    def find(location: str) -> str:
        if location.startswith(_STAGED):
            name = location.removeprefix(_STAGED)
            return f"{staged}/{name[:2]}/{name}"
        return f"{published}/{location.removeprefix(_PUBLISHED)}"

    return find


def open_path(content: Content) -> Path:
    """The file that holds a content, even when it has just moved. Raises ``NotFound`` when its bytes are missing."""
    path = locate(content)
    if not path.exists():
        content.refresh_from_db(fields=["location"])
        path = locate(content)
    if not path.exists():
        raise NotFound("The bytes of this file are missing on the server.", hint="Its keeper can run: dop2i check.")
    return path


def guess_media_type(key: str) -> str:
    """A media type by the name alone, until a reader has looked inside."""
    name = key.rpartition("/")[2].lstrip(".")
    return _media_type_of(".".join(["name", *name.split(".")[1:][-2:]]))


@functools.lru_cache(maxsize=1024)
def _media_type_of(key: str) -> str:
    return mimetypes.guess_type(key, strict=False)[0] or "application/octet-stream"


def stage(partial: Path, *, flush: bool = True) -> str:
    """Move a finished upload to where it waits; returns its location."""
    target = staged_path(partial.name)
    if not target.parent.is_dir():
        target.parent.mkdir(parents=True, exist_ok=True)
        flush_folder(target.parent.parent)
    partial.rename(target)
    if flush:
        flush_folder(target.parent)
    return staged_location(partial.name)


def keep(received: Received, *, space: int, location: str, key: str) -> Content:
    """The content of these bytes in a space: the one that is there already, or a new row. In a transaction.

    The staged file of a content that was there already is removed after the commit.
    """
    known = Content.objects.filter(space=space, sha256=received.sha256).first()
    if known is None:
        try:
            with transaction.atomic():
                return Content.objects.create(
                    space=space,
                    sha256=received.sha256,
                    size=received.size,
                    md5=received.md5,
                    adler32=received.adler32,
                    location=location,
                    media_type=guess_media_type(key),
                )
        except IntegrityError:
            known = Content.objects.get(space=space, sha256=received.sha256)
    if not locate(known).exists():
        # What was kept has been lost from the disk: the new copy takes its place.
        Content.objects.filter(pk=known.pk).update(location=location)
        known.location = location
    elif known.location != location:
        transaction.on_commit(lambda: remove_staged([location]))
    return known


def remove_staged(locations: Iterable[str]) -> None:
    """Remove staged files that nothing names any more, and the folders of bundles that are empty then.

    What is not there is no error.
    """
    find, folders = finder(), set()
    for location in locations:
        if location.startswith(_STAGED):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(find(location))  # noqa: PTH108 thousands of them, and a Path costs more than the call
            name, bundled, _ = location.removeprefix(_STAGED).partition("/")
            if bundled:
                folders.add(name)
    for name in folders:
        with contextlib.suppress(OSError):
            staged_path(name).rmdir()


def discard_unused(*, space: int, contents: Iterable[int]) -> None:
    """Forget staged contents among ``contents`` that no file names any more; their bytes go after the commit."""
    wanted = list(contents)
    for start in range(0, len(wanted), 500):
        unused = Content.objects.filter(
            ~Exists(FileEntry.objects.filter(content=OuterRef("pk"))),
            space=space,
            pk__in=wanted[start : start + 500],
            location__startswith=_STAGED,
        )
        rows = list(unused.values_list("pk", "location"))
        try:
            with transaction.atomic():
                Content.objects.filter(pk__in=[pk for pk, _ in rows]).delete()
        except (ProtectedError, IntegrityError):
            continue  # named again meanwhile: it stays
        transaction.on_commit(lambda rows=rows: remove_staged(location for _, location in rows))


def published_location(path: Path) -> str:
    """The location of a content that lies in the OCFL root."""
    return f"{_PUBLISHED}{path.relative_to(settings.DOP2I.ocfl_root).as_posix()}"
