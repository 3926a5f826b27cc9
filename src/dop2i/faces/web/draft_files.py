"""The files of a draft as its page lists them: one folder at a time, a page of it, and what is still missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dop2i.faces.web import figures
from dop2i.faces.web.rendering import language
from dop2i.server.files.arrivals import Looked, files_below, looked, missing
from dop2i.server.files.models import Bucket, FileEntry
from dop2i.server.files.queries import list_folder

LISTED = 60
COUNTED = 1000
LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Row:
    """A folder (``path`` with its slash), or a file with its entry."""

    name: str
    path: str
    entry: FileEntry | None = None
    count_words: str = ""

    @property
    def is_folder(self) -> bool:
        """Whether it holds files."""
        return self.entry is None


def files_part(request: HttpRequest, bucket: Bucket | None) -> dict[str, Any]:
    """``listing`` (folder, crumbs, rows, after), ``awaited`` (count, expected) and ``seen`` for the page of a draft."""
    if bucket is None:
        return {"listing": {"rows": []}, "awaited": {"count": 0}, "seen": Looked()}
    folder = _plain(request.GET.get("folder", "")).strip("/")
    prefix = f"{folder}/" if folder else ""
    found = list_folder(bucket.pk, prefix=prefix, after=_plain(request.GET.get("after", "")), limit=LISTED)
    if prefix and not found.folders and not found.files:
        # the folder is gone: its last file was deleted
        prefix, found = "", list_folder(bucket.pk, limit=LISTED)
    rows = [_folder(bucket, prefix, name) for name in found.folders]
    rows += [Row(entry.key[len(prefix) :], entry.key, entry) for entry in found.files]
    steps = prefix.split("/")[:-1]
    crumbs = [{"name": name, "path": "/".join(steps[: depth + 1]) + "/"} for depth, name in enumerate(steps)]
    count, _size = missing(bucket.pk)
    return {
        "listing": {"folder": prefix, "crumbs": crumbs, "rows": rows, "after": found.after},
        "awaited": {"count": count, "expected": count + bucket.count},
        "seen": looked(bucket.pk),
    }


def _plain(text: str) -> str:
    return "" if "\0" in text else text[:LONGEST]


def _folder(bucket: Bucket, prefix: str, name: str) -> Row:
    path = f"{prefix}{name}/"
    count = files_below(bucket.pk, path, most=COUNTED + 1)
    if count > COUNTED:
        words = _("more than %(n)s files") % {"n": figures.integer(COUNTED, language())}
    else:
        words = ngettext("%(n)s file", "%(n)s files", count) % {"n": figures.integer(count, language())}
    return Row(name, path, count_words=words)
