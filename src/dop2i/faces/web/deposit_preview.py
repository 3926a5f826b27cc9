"""The panel beside the form: the record as it will look, and what still lowers its usefulness."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dop2i.core.proposals.usefulness import Lack, lacks_of
from dop2i.faces.web import present
from dop2i.faces.web.evidence import Evidence
from dop2i.faces.web.facts import physics_facts
from dop2i.faces.web.rendering import instance_title, language

CREATORS = 3
FACTS = 5
LACKS = 6
CITED = 22


def preview_of(document: dict[str, Any], record: Any) -> dict[str, Any]:
    """Title, creators, facts, licence and citation, as readers will find them on the record's page."""
    metadata = document.get("metadata") or {}
    names = present.creator_names(document)
    shown = {**document, "id": str(record.pk), "metadata": {"publisher": instance_title(), **metadata}}
    _theme, theme_label, theme_colour = present.theme_of(document)
    return {
        "title": str(metadata.get("title") or ""),
        "type": present.type_label(document),
        "creators": names[:CREATORS],
        "more": max(len(names) - CREATORS, 0),
        "summary": present.summary_of(str(metadata.get("description") or ""), 160),
        "facts": [fact for fact in physics_facts(document) if fact.value][:FACTS],
        "licence": present.licence_short(document),
        "access": present.access_of(document),
        "theme": theme_label,
        "theme_colour": theme_colour,
        "citation": _citation(shown) if names and metadata.get("title") else "",
    }


def _citation(document: dict[str, Any]) -> str:
    from dop2i.core.exports._citations import citation

    # the style names the first nineteen and the last: the others need not be read
    people = document["metadata"].get("creators") or []
    if len(people) > CITED:
        document = {**document, "metadata": {**document["metadata"], "creators": [*people[: CITED - 1], people[-1]]}}
    return citation(document, "apa", language())


def usefulness_of(document: dict[str, Any], evidence: Evidence, *, skipped: set[str]) -> list[dict[str, Any]]:
    """What is missing in words, each with the field where it is mended; what publication needs is told elsewhere."""
    found = [one for one in lacks_of(document, evidence.descriptions) if one.field not in skipped]
    return [{"field": one.field, "code": one.code, "words": _words(one), "example": one.example}
            for one in found[:LACKS]]  # fmt: skip


def _words(one: Lack) -> str:
    counted = {
        "no-units": ngettext("%(n)s column of numbers has no unit", "%(n)s columns of numbers have no unit", one.count),
        "no-meanings": ngettext("%(n)s column is not explained", "%(n)s columns are not explained", one.count),
        "unreadable": ngettext("%(n)s file could not be read", "%(n)s files could not be read", one.count),
    }
    if one.code in counted:
        return counted[one.code] % {"n": one.count}
    return {
        "no-description": _("No description: two sentences help others to find it"),
        "short-description": _("The description is short: say what was measured, and how"),
        "no-licence": _("No licence: nobody may reuse it"),
        "title-of-file": _("The title is only the name of a file"),
        "no-orcid": _("No creator has an ORCID: with one, the work counts for its author"),
        "no-affiliation": _("No creator has an affiliation"),
        "no-keywords": _("No keywords"),
        "no-theme": _("No theme: it is not found among its own field"),
        "no-experiment": _("No experiment, facility or instrument is named"),
        "no-relation": _("Not linked to an article, a software or other data"),
        "no-readme": _("No README: what the files are, and how they were made"),
    }[one.code]
