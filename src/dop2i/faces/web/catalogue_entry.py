"""The page of a harvested entry: what it is, from where, its files at their origin, and where sources disagree."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dop2i.core.mappings import Mapped
from dop2i.core.model.identifiers import identifier_url
from dop2i.faces.addresses import base_url
from dop2i.faces.web import citing, figures, present
from dop2i.faces.web.facts import physics_facts
from dop2i.faces.web.licences import licences_of
from dop2i.faces.web.rendering import language, page
from dop2i.faces.web.search_filters import see_also
from dop2i.server.harvests import queries
from dop2i.server.harvests.documents import address_of, api_address_of
from dop2i.server.harvests.models import Item
from dop2i.server.harvests.policy import may_harvest

FILES_A_PAGE = 100


@require_safe
def entry(request: HttpRequest, source: str, name: str) -> HttpResponse:
    """A harvested entry; a record that is part of another entry leads there."""
    shown = queries.show_entry(f"{source}:{name}".replace("\0", ""))
    if shown.moved_to:
        return HttpResponseRedirect(address_of(shown.moved_to))
    document = shown.document
    leader, mapped = shown.members[0]
    number = request.GET.get("page", "1")
    number = int(number) if number.isdecimal() and int(number[:6]) > 0 else 1
    theme, theme_label, colour = present.theme_of(document)
    title = present.title_of(document)
    description = present.description_of(document)
    context = {
        "shown": shown,
        "document": document,
        "metadata": document["metadata"],
        "provenance": document.get("provenance") or {},
        "leader": leader,
        "title": title,
        "title_lang": present.text_language(document, title),
        "description_lang": present.text_language(document, description),
        "lead": present.summary_of(description, 320),
        "paragraphs": present.paragraphs(description),
        "type": present.type_label(document),
        "theme": theme,
        "theme_label": theme_label,
        "theme_colour": colour,
        "creators": _people(document["metadata"].get("creators") or []),
        "contributors": _people(document["metadata"].get("contributors") or []),
        "named": len(document["metadata"].get("creators") or []) + len(document["metadata"].get("contributors") or []),
        "access": present.access_of(document),
        "licences": licences_of(document),
        "facts": physics_facts(document),
        "subjects": present.subjects_of(document),
        "dates": present.dates_of(document),
        "identifiers": _identifiers(document),
        "relations": _relations(document),
        "also": see_also(shown.members[0][0].key),
        "citations": citing.citations(document),
        "members": [_member(item, found) for item, found in shown.members],
        "disagreements": _disagreements(shown),
        "may_settle": may_harvest(request.actor),
        "base": base_url(request),
        "api": document["links"].get("self", ""),
        "canonical": document["links"].get("self_html", ""),
        **_files(mapped, number),
    }
    return page(request, "catalogue_entry.html", context, nav="catalogue")


def _files(mapped: Mapped | None, number: int) -> dict[str, Any]:
    """One page of the files at their origin."""
    files = mapped.files if mapped else []
    first = (number - 1) * FILES_A_PAGE
    part = [
        {"key": file["key"], "size": file.get("size"), "checksum": file.get("checksum", ""),
         "url": file.get("url", "") if _is_web(file.get("url", "")) else "", "address": file.get("url", "")}
        for file in files[first : first + FILES_A_PAGE]
    ]  # fmt: skip
    return {
        "files": part,
        "count": max(mapped.count, len(files)) if mapped else 0,
        "total_bytes": mapped.total_bytes if mapped else 0,
        "listed": len(files),
        "previous_page": number - 1 if number > 1 else None,
        "next_page": number + 1 if first + FILES_A_PAGE < len(files) else None,
    }


def _is_web(address: str) -> bool:
    return address.startswith(("https://", "http://"))


def _people(people: list[dict[str, Any]]) -> list[dict[str, str]]:
    made = []
    for person in people:
        who = person.get("person_or_org") or {}
        given, family = who.get("given_name", ""), who.get("family_name", "")
        ids = {i.get("scheme"): i.get("identifier") for i in who.get("identifiers") or []}
        role = person.get("role") or {}
        made.append(
            {
                "name": f"{given} {family}".strip() if family else str(who.get("name") or ""),
                "orcid": str(ids.get("orcid") or ""),
                "places": ", ".join(str(a.get("name") or a.get("id") or "") for a in person.get("affiliations") or []),
                "role": present.term_label("roles", str(role.get("id"))) if role.get("id") else "",
            }
        )
    return made


def _identifiers(document: dict[str, Any]) -> list[dict[str, str]]:
    found = [(scheme, str(pid.get("identifier") or "")) for scheme, pid in (document.get("pids") or {}).items()]
    found += [(i.get("scheme", ""), i.get("identifier", "")) for i in document["metadata"].get("identifiers") or []]
    return [
        {"scheme": scheme.upper() if scheme != "other" else "", "value": value, "url": identifier_url(value, scheme)}
        for scheme, value in dict.fromkeys(found)
        if value
    ]


def _relations(document: dict[str, Any]) -> list[dict[str, str]]:
    made = []
    for item in document["metadata"].get("related_identifiers") or []:
        relation = (item.get("relation_type") or {}).get("id", "")
        value = str(item.get("identifier") or "")
        made.append(
            {
                "relation": present.term_label("relationtypes", relation),
                "value": value,
                "url": identifier_url(value, str(item.get("scheme") or "")),
            }
        )
    return made


def _member(item: Item, mapped: Mapped | None) -> dict[str, Any]:
    """One source of the entry, with why it was put here."""
    return {
        "item": item,
        "harvest": item.harvest,
        "raw": api_address_of(item.key, part="raw"),
        "url": item.url if _is_web(item.url) else "",
        "reason": reason_words(item.reason),
        "notes": mapped.notes if mapped else [],
        "alone": False,
    }


def reason_words(reason: str) -> str:
    """Why a record was put into an entry, in words."""
    kind, _colon, detail = reason.partition(":")
    if kind == "identifier":
        scheme, _colon, value = detail.partition(":")
        return _("the same %(scheme)s, %(value)s") % {"scheme": scheme.upper(), "value": value}
    if kind == "work":
        return _("the same title, first creator, year and kind")
    if kind == "steward":
        return _("joined by %(name)s") % {"name": detail} if detail else _("joined by the operator")
    return ""


def _disagreements(shown: queries.Shown) -> list[dict[str, Any]]:
    words = {
        "title": _("Title"),
        "creators": _("Creators"),
        "publication_date": _("Date of publication"),
        "resource_type": _("Kind of object"),
        "publisher": _("Publisher"),
        "rights": _("Licence"),
        "version": _("Version"),
        "doi": _("DOI"),
        "files": _("Number of files"),
    }
    rows = []
    for row in shown.disagreements:
        values = {value["key"]: _said(row["field"], value["value"]) for value in row["values"]}
        cells = [values.get(item.key, "") for item, _mapped in shown.members]
        rows.append({"label": words[row["field"]], "cells": cells})
    return rows


def _said(field: str, value: str) -> str:
    """A value as a page says it."""
    if field == "publication_date":
        return figures.edtf_date(value, language())
    if field == "resource_type":
        return present.term_label("resourcetypes", value)
    if field == "rights":
        return ", ".join(present.short_licence(part) for part in value.split(", "))
    return value
