"""What the page of a draft is made from: rows in their sections, what is left to answer, and the panel beside."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dop2i.core.proposals.decisions import Decisions
from dop2i.core.vocabularies import VOCABULARIES
from dop2i.errors import Problem
from dop2i.faces.web.deposit_community import community_part
from dop2i.faces.web.deposit_form import EMPTY_CREATOR, EMPTY_RELATED, Form, document_of, field_of
from dop2i.faces.web.deposit_preview import preview_of, usefulness_of
from dop2i.faces.web.deposit_rows import ALWAYS, NEEDED, PHYSICS, RIGHTS, USEFUL, WHAT, Row, rows_of
from dop2i.faces.web.draft_files import files_part
from dop2i.faces.web.ethics import ethics_part, ethics_words
from dop2i.faces.web.evidence import Evidence
from dop2i.faces.web.labels import field_labels
from dop2i.faces.web.rendering import language, page
from dop2i.faces.web.said import said_text
from dop2i.server.ethics.gate import METADATA_PATH

LICENCES_FIRST = ("cc-by-4.0", "cc0-1.0", "cc-by-sa-4.0", "etalab-2.0", "mit", "bsd-3-clause", "apache-2.0",
                  "gpl-3.0-or-later", "eupl-1.2")  # fmt: skip


@dataclass(slots=True)
class Shown:
    """What a draft's page is made from."""

    record: Any
    form: Form
    evidence: Evidence
    decisions: Decisions
    document: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)
    status: int = 200
    conflict: list[dict[str, str]] | None = None


def draft_page(request: HttpRequest, shown: Shown) -> HttpResponse:
    """The whole page."""
    return page(request, "deposit.html", draft_context(request, shown), status=shown.status, nav="deposit")


def draft_context(request: HttpRequest, shown: Shown) -> dict[str, Any]:
    """What the templates of the page, and of its live parts, are given."""
    record, form = shown.record, shown.form
    bucket = record.draft_bucket or record.bucket
    form.creators = form.creators or [dict(EMPTY_CREATOR)]
    form.related = form.related or [dict(EMPTY_RELATED)]
    errors = _errors(shown)
    document = document_of(form, shown.document)
    rows = rows_of(form, shown.evidence, shown.decisions, errors, document)
    ethics = ethics_part(record)
    left = _left(rows, form, bucket)
    missing = [{"field": row.name, "label": row.label} for row in left["needed"]]
    if ethics["texts"]:
        missing.append({"field": "personal-data", "label": _("Personal data in the title or the description")})
    if ethics["blocked"]:
        missing.append({"field": "personal-data", "label": _("Personal data in the files")})
    lacks = usefulness_of(document, shown.evidence, skipped={row.name for row in left["needed"]})
    return {
        "record": record,
        "form": form,
        "values": form.values,
        "fields": {"files": {"errors": errors.get("files", [])}},
        "sections": _sections(rows, left),
        "left": left,
        "summary": [{"field": name, "label": field_labels().get(name, ""), "message": m}
                    for name, found in errors.items() for m in found],
        "conflict": shown.conflict,
        "evidence": shown.evidence,
        **files_part(request, bucket),
        "bucket": bucket,
        "is_edit": record.draft_bucket_id is None and record.bucket_id is not None,
        "is_new_version": record.index > 1 and record.bucket_id is None,
        "unanswered": missing,
        "offered_names": ",".join(name for name, row in rows.items() if name in shown.evidence.offered and not row.fixed
                                  and row.state != "empty"),
        "fillable": _fillable(record, rows, shown.evidence),
        "title": form.values.get("title") or _("Untitled draft"),
        "lead": _lead(shown, rows, missing),
        "tally": _tally(rows, left),
        "conflicts": [row for row in rows.values() if row.state == "conflict"],
        "choices": choices(form),
        "within": community_part(request, record),
        "ethics": ethics,
        "preview": preview_of(document, record),
        "lacks": lacks,
        "saved_at": record.updated,
        "imports": shown.evidence.imports,
    }  # fmt: skip


def _sections(rows: dict[str, Row], left: dict[str, list[Row]]) -> list[dict[str, Any]]:
    """The sections of the form in their order; ``rest`` are empty fields that nobody has to fill."""
    asked = {row.name for group in left.values() for row in group}
    titles = (
        ("what", _("What it is"), WHAT),
        ("phys", _("The physics"), PHYSICS),
        ("rights", _("Who may use it"), RIGHTS),
    )
    sections = []
    for name, title, names in titles:
        here = [rows[one] for one in names if one not in asked and (rows[one].state != "empty" or one in ALWAYS)]
        rest = [rows[one] for one in names if one not in asked and rows[one].state == "empty" and one not in ALWAYS]
        wrong = [row for row in rest if row.errors]
        if name == "phys":
            here += [row for row in rows.values() if row.fixed]
        decided = sum(1 for row in here if row.state in ("accepted", "changed", "refused", "typed"))
        counted = sum(1 for row in here if row.state != "empty" and row.name not in ALWAYS)
        looked = _("%(n)s of %(all)s looked at") % {"n": decided, "all": counted} if counted else ""
        sections.append({"id": name, "title": title, "rows": here + wrong, "looked": looked,
                         "rest": [row for row in rest if row not in wrong]})  # fmt: skip
    return sections


def _left(rows: dict[str, Row], form: Form, bucket: Any) -> dict[str, list[Row]]:
    """What is left to answer: what publication needs first, then what would be useful."""
    needs_licence = form.values.get("access") == "open" and bucket and bucket.count
    needed = [rows[name] for name in NEEDED if rows[name].state in ("empty", "refused") and not form.has(name)]
    needed = [row for row in needed if row.name != "licence" or needs_licence]
    useful = [rows[name] for name in USEFUL if rows[name].state == "empty"]
    if not needs_licence and rows["licence"].state == "empty":
        useful.append(rows["licence"])
    return {"needed": needed, "useful": useful}


def _tally(rows: dict[str, Row], left: dict[str, list[Row]]) -> dict[str, Any]:
    """How far the person is: for the head of the panel."""
    states = [row.state for row in rows.values() if row.name not in ALWAYS]
    answered = sum(1 for state in states if state in ("accepted", "changed", "typed", "proposed", "conflict"))
    total = answered + len(left["needed"]) + len(left["useful"])
    counts = {
        state: states.count(state) for state in ("accepted", "changed", "refused", "proposed", "conflict", "typed")
    }
    return {"answered": answered, "total": total, "share": round(100 * answered / total) if total else 0, **counts}


def _fillable(record: Any, rows: dict[str, Row], evidence: Evidence) -> int:
    """How many empty answers of a published record's edit the files could give: they are not filled unasked."""
    if not record.is_published:
        return 0
    return sum(1 for name, row in rows.items() if row.state == "empty" and evidence.offered.get(name) is not None)


def _errors(shown: Shown) -> dict[str, list[str]]:
    """Messages by field; those of no field under an empty name."""
    found: dict[str, list[str]] = {}
    for name, texts in shown.form.errors.items():
        words = _("“%(text)s” is no number. Write for example 13.6.")
        found.setdefault(name, []).extend(words % {"text": text} for text in texts)
    for problem in shown.problems:
        if problem.severity == "error":
            name = "files" if problem.path.startswith("files") else field_of(problem.path)
            name = "description" if problem.path == METADATA_PATH else name
            message = ethics_words(problem) or said_text(problem.message)
            if message in found.get(name, []):
                continue
            found.setdefault(name, []).append(message if name else f"{problem.path}: {message}".lstrip(": "))
    return found


def _lead(shown: Shown, rows: dict[str, Row], missing: list[dict[str, str]]) -> str:
    read = shown.evidence.read
    if not read:
        return ""
    files = ngettext("We read %(n)s file", "We read %(n)s files", read) % {"n": read}
    filled = sum(1 for name in shown.evidence.offered if name in rows and rows[name].state not in ("empty", "refused"))
    answers = ngettext("and filled %(n)s answer.", "and filled %(n)s answers.", filled) % {"n": filled}
    left = ngettext("%(n)s is left to you.", "%(n)s are left to you.", len(missing)) % {"n": len(missing)}
    rest = left if missing else _("Look them over, then publish.")
    return f"{files} {answers} {rest}"


def choices(form: Form) -> dict[str, Any]:
    """What can be chosen in the lists of the form."""
    here, reason = language(), str(form.values.get("embargo_reason") or "")
    licences = VOCABULARIES["licenses"]
    first = [name for name in LICENCES_FIRST if name in licences]
    return {
        "resource_type": [(term.id, term.label(here)) for term in VOCABULARIES["resourcetypes"].values()],
        "theme": [(term.id, term.label(here)) for term in VOCABULARIES["themes"].values()],
        "licences_first": [(name, licences[name].label(here)) for name in first],
        "licences": [(term.id, term.label(here)) for term in licences.values() if term.id not in first],
        "relations": [(term.id, term.label(here)) for term in VOCABULARIES["relationtypes"].values()],
        "experiments": [(term.id, term.label(here)) for term in VOCABULARIES["experiments"].values()],
        "facilities": [(term.id, term.label(here)) for term in VOCABULARIES["facilities"].values()],
        "closures": [(term.id, term.label(here)) for term in VOCABULARIES["closurereasons"].values()],
        # a reason in prose, written by a program, stays what it is
        "own_reason": "" if reason in VOCABULARIES["closurereasons"] else reason,
    }
