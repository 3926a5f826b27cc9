"""Personal data found in a draft: what, where, what to do; clean copies, a question to a steward, a decision."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from dop2i.core.ethics import Finding
from dop2i.errors import InvalidInput, NotAuthenticated, NotPermitted, Problem, WrongState
from dop2i.faces.web import present
from dop2i.faces.web.rendering import page, person_of
from dop2i.faces.web.said import said
from dop2i.server.ethics import actions
from dop2i.server.ethics.gate import METADATA_PATH, PATH
from dop2i.server.ethics.queries import EthicsState, FileFindings, ethics_of, places_with_findings
from dop2i.server.jobs.queries import jobs_for
from dop2i.server.records.policy import may

FILES_SHOWN = 100
FINDINGS_SHOWN = 60


def kind_words() -> dict[str, tuple[str, str]]:
    """Each kind of finding: its name, and what one can do."""
    return {
        "dicom-identity": (
            _("A patient's identity (DICOM)"),
            _("Replace the file by its de-identified copy: one button does it and lists what it changed."),
        ),
        "dicom-private": (
            _("Private DICOM attributes"),
            _("Makers of devices keep what they like in them, names too. The de-identified copy has none."),
        ),
        "dicom-pixels": (
            _("Text burned into the image"),
            _("Look at the image. No program removes the text for you: mask it, or ask somebody to decide."),
        ),
        "position": (
            _("Where a picture was taken"),
            _("Remove the position, for instance with: exiftool -gps:all= -xmp:geotag= FILE. Then send it again."),
        ),
        "email": (
            _("Electronic addresses"),
            _("Remove the column or the addresses, or replace them by numbers; then send the file again."),
        ),
        "telephone": (
            _("Telephone numbers"),
            _("Remove the column or the numbers; then send the file again."),
        ),
        "small-cells": (
            _("Small cells of health data"),
            _("So few people may be recognised. Join categories or leave the small numbers out."),
        ),
        "unreadable": (
            _("A file that could not be looked at"),
            _("Look at it yourself; where it says that it is DICOM, export it again or ask somebody to decide."),
        ),
        "incomplete": (
            _("Not looked at to its end"),
            _("The file is larger than what is looked at. Look at the rest yourself."),
        ),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def ethics(request: HttpRequest, record_id: int) -> HttpResponse:
    """The findings of a draft. ``act``: ``clean`` (copies), ``ask`` (a steward), ``override`` (let pass)."""
    if person_of(request) is None:
        raise NotAuthenticated("Sign in to see what was found in a draft.")
    error = ""
    if request.method == "POST":
        error = _act(request, record_id)
        if not error:
            return HttpResponseRedirect(reverse("web:draft-ethics", args=[record_id]))
    found = ethics_of(request.actor, record_id)
    if found.unseen:
        actions.look_soon(found.record)
    context = {
        "record": found.record,
        "title": present.title_of(found.record.draft or {}),
        "state": found.state,
        "unseen": found.unseen,
        "files": [_file(one) for one in found.files[:FILES_SHOWN]],
        "more_files": max(len(found.files) - FILES_SHOWN, 0),
        "cleanable": sum(1 for one in found.files if one.can_be_cleaned),
        "copies": found.copies,
        "may_edit": may(request.actor, "edit", found.record),
        "may_override": found.may_override,
        "decisions": _decisions(found),
        "working": _working(found.record.pk),
        "reason": request.POST.get("reason", ""),
        "error": error,
    }
    return page(request, "ethics.html", context, status=400 if error else 200, nav="deposit")


def _act(request: HttpRequest, record_id: int) -> str:
    """Do what the form asks; a sentence when it cannot be done."""
    act = request.POST.get("act", "")
    keys = request.POST.getlist("key") or None
    try:
        if act == "clean":
            actions.clean_files(actor=request.actor, record_id=record_id, keys=keys)
            messages.success(request, _("De-identified copies are being made. They take the place of the files."))
        elif act == "ask":
            told = actions.ask_a_steward(
                actor=request.actor, record_id=record_id, message=request.POST.get("message", "")
            )
            words = ngettext("%(n)s person was told.", "%(n)s people were told.", told) % {"n": told}
            messages.success(request, words)
        elif act == "override":
            actions.override_findings(
                actor=request.actor, record_id=record_id, reason=request.POST.get("reason", ""), keys=keys
            )
            messages.success(request, _("Decided. Your reason is kept in the history of the record."))
        else:
            return _("Choose what to do.")
    except (InvalidInput, WrongState, NotPermitted) as problem:
        return said(problem)
    return ""


def _file(one: FileFindings) -> dict[str, Any]:
    words = kind_words()
    groups: dict[str, dict[str, Any]] = {}
    for finding in one.findings[:FINDINGS_SHOWN]:
        group = groups.setdefault(
            finding.kind,
            {
                "name": words[finding.kind][0],
                "do": _in_text() if one.in_metadata else words[finding.kind][1],
                "findings": [],
                "override": None,
            },
        )
        group["findings"].append(_row(finding))
        group["blocks"] = group.get("blocks") or finding.blocks
        group["override"] = one.overrides.get(finding.kind)
    return {
        "key": one.key,
        "name": _text_name(one.key) if one.in_metadata else one.key,
        "groups": list(groups.values()),
        "blocks": bool(one.blocking),
        "can_be_cleaned": one.can_be_cleaned,
        "more": max(len(one.findings) - FINDINGS_SHOWN, 0),
    }


def _text_name(path: str) -> str:
    """A text of the description as the page names it."""
    return _("The title") if path.endswith("title") else _("The description")


def _in_text() -> str:
    return _("Remove them from the text. An author’s own address is no finding where its line says “contact”.")


_IN_TEXT = re.compile(r"(.*?)line (\d+), column (\d+)$")


def _row(finding: Finding) -> dict[str, Any]:
    """A finding as the table shows it: its place in the page's language where it has words of ours."""
    place, in_text = finding.place, _IN_TEXT.match(finding.place)
    if in_text:
        before, line, column = in_text.groups()
        place = before + _("line %(line)s, column %(column)s") % {"line": line, "column": column}
    # The code of the profile's action tells a reader of the page nothing that the advice above does not.
    note = "" if finding.kind.startswith("dicom-") and finding.blocks else finding.note
    return {
        "place": place,
        "excerpt": finding.excerpt,
        "note": note,
        "count": finding.count,
        "in_english": not in_text,
    }


def _decisions(found: EthicsState) -> list[Any]:
    seen = {}
    for one in found.files:
        for decision in one.overrides.values():
            seen.setdefault((decision.reason, decision.person_id), decision)
    return list(seen.values())


def ethics_part(record: Any) -> dict[str, int]:
    """What the page of a draft says of it: how many files and texts of the description stop the publication."""
    found = [one for one in places_with_findings(record, blocking_only=True) if one.blocking]
    files = [one for one in found if not one.in_metadata]
    cleanable = sum(1 for one in files if one.can_be_cleaned)
    return {"blocked": len(files), "texts": len(found) - len(files), "cleanable": cleanable}


def ethics_words(problem: Problem) -> str:
    """The gate's problem in the page's language; empty for another problem."""
    if problem.path == METADATA_PATH:
        return _(
            "Personal data were found in the title or the description: look at what was found, then publish again."
        )
    if problem.path != PATH:
        return ""
    return _("Personal data were found in the files: look at what was found, then publish again.")


def _working(record_id: int) -> bool:
    """Whether copies are being made just now."""
    return any(
        jobs_for(name="de-identify files", about=f"record:{record_id}", state=state, size=1).total
        for state in ("waiting", "running")
    )
