"""Versions of a record side by side: by field and by file."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dop2i.faces.addresses import base_url
from dop2i.faces.web import citing, present
from dop2i.faces.web.communities import field_label, page_number
from dop2i.faces.web.differing import cells
from dop2i.faces.web.facts import fact_labels
from dop2i.faces.web.rendering import page
from dop2i.server.files.comparing import KINDS, ChangedFile
from dop2i.server.records import queries
from dop2i.server.records.comparing import Comparison, FieldDifference, Version, compare_versions

SIZE = 100
MOST_VERSIONS = 50
SIGNS = {"added": ("+", "add"), "removed": ("−", "del"), "changed": ("±", "mod"), "renamed": ("→", "mod")}
FIRST_FIELDS = (
    *("metadata.title", "metadata.version", "metadata.publication_date", "metadata.resource_type"),
    *("metadata.creators", "metadata.description", "metadata.rights", "access.status", "access.record", "access.files"),
)
"""What a reader asks first; the others follow in their own order."""


@require_safe
def chosen(request: HttpRequest, record_id: int) -> HttpResponse:
    """From the two radio buttons of the versions' table (``from``, ``to``) to the comparison's own address."""
    numbers = [request.GET.get(name, "") for name in ("from", "to")]
    if not all(text.isascii() and text.isdecimal() and len(text) < 19 for text in numbers):
        return HttpResponseRedirect(reverse("web:record", args=[record_id]) + "#versions")
    return HttpResponseRedirect(reverse("web:compare", args=[int(text) for text in numbers]))


@require_safe
def compare(request: HttpRequest, record_id: int, other_id: int) -> HttpResponse:
    """What changed from one version to another; ``?kind=`` shows files of one kind, ``?page=`` further ones."""
    found = compare_versions(request.actor, record_id, other_id, base_url=base_url(request))
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else ""
    number = page_number(request)
    total = found.files.counts[kind] if kind else found.files.total
    sides = [_side(version) for version in (found.before, found.after)]
    context = {
        "before": sides[0],
        "after": sides[1],
        "title": sides[1]["title"],
        "fields": _fields(found),
        "files": [_file(one) for one in found.changes(kind=kind, page=number, size=SIZE)],
        "kinds": _kinds(found, kind),
        "kind": kind,
        "file_total": found.files.total,
        "unchanged": found.files.unchanged,
        "partial": found.part,
        "is_empty": found.is_empty,
        "versions": _choices(request, found),
        "api": f"/api/records/{found.before.record.pk}/compare/{found.after.record.pk}",
        "previous_page": _address(kind, number - 1) if number > 1 else "",
        "next_page": _address(kind, number + 1) if number * SIZE < total else "",
    }
    return page(request, "versions.html", context, nav="catalogue")


def _address(kind: str, number: int) -> str:
    asked = {name: value for name, value in (("kind", kind), ("page", number)) if value}
    return f"?{urlencode(asked)}#files"


def _side(version: Version) -> dict[str, Any]:
    document = version.document
    count, size = present.file_totals(document)
    name = str(document["metadata"].get("version") or version.record.index)
    return {
        "id": version.record.pk,
        "name": name,
        "title": present.title_of(document),
        "date": str(document["metadata"].get("publication_date") or ""),
        "count": count,
        "size": size,
        "access": present.access_of(document),
        "licence": present.licence_short(document),
        "pid": citing.identifier_of(document),
        "latest": version.record.is_latest,
    }


def _choices(request: HttpRequest, found: Comparison) -> list[dict[str, Any]]:
    versions = queries.versions_of(request.actor, found.after.record.pk)[:MOST_VERSIONS]
    return [
        {"id": one.pk, "name": str((one.document or {}).get("metadata", {}).get("version") or one.index)}
        for one in versions
    ]


def _fields(found: Comparison) -> list[dict[str, Any]]:
    places = {path: place for place, path in enumerate(FIRST_FIELDS)}
    ordered = sorted(found.fields, key=lambda one: places.get(one.path, len(places)))
    return [_field(one) for one in ordered]


def _field(one: FieldDifference) -> dict[str, Any]:
    empty = (None, "", [], {})
    kind = "added" if one.before in empty else "removed" if one.after in empty else "changed"
    sign, mark = SIGNS[kind]
    return {
        "path": one.path,
        "label": label_of(one.path),
        "sign": sign,
        "mark": mark,
        "words": kind_words()[kind],
        "cells": cells(one.path, one.before, one.after),
    }


def label_of(path: str) -> str:
    """A field in words, whatever part of the document it is in."""
    others = {
        "metadata.dates": _("Dates"),
        "metadata.identifiers": _("Other identifiers"),
        "metadata.references": _("References"),
        "metadata.related_identifiers": _("Related objects"),
        "metadata.rights": _("Licence"),
        "metadata.subjects": _("Keywords"),
        "access.status": _("Access"),
        "custom_fields.dop2i:formats": _("Formats"),
        "custom_fields.dop2i:theme": _("Theme"),
    }
    known = others.get(path) or fact_labels().get(path.removeprefix("custom_fields."))
    return known or field_label(path)


def kind_words() -> dict[str, str]:
    """How something differs, in a word."""
    return {
        "added": _("added"),
        "removed": _("removed"),
        "changed": _("changed"),
        "renamed": _("renamed"),
    }


def _kinds(found: Comparison, kind: str) -> list[dict[str, Any]]:
    words = {
        "added": _("Added"),
        "removed": _("Removed"),
        "changed": _("Changed"),
        "renamed": _("Renamed"),
    }
    return [
        {"kind": name, "words": words[name], "count": found.files.counts[name], "current": name == kind}
        for name in KINDS
    ]


def _file(one: ChangedFile) -> dict[str, Any]:
    sign, mark = SIGNS[one.kind]
    change = None
    if one.kind == "changed" and one.size_before is not None and one.size_after is not None:
        change = one.size_after - one.size_before
    return {"file": one, "sign": sign, "mark": mark, "words": kind_words()[one.kind], "change": change}
