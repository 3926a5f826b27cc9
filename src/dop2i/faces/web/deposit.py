"""Depositing: choose files, look over what they say of themselves, answer what is left, publish."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from dop2i.core.vocabularies import VOCABULARIES
from dop2i.errors import (
    Conflict,
    InvalidDocument,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    NotPermitted,
    Problem,
    RevisionConflict,
    WrongState,
)
from dop2i.faces.web import present
from dop2i.faces.web.deposit_community import apply_choice, choose_first, community_part
from dop2i.faces.web.deposit_form import (
    EMPTY_CREATOR,
    EMPTY_RELATED,
    Form,
    differing_fields,
    document_of,
    field_of,
    filled_with,
    form_of,
    form_sent,
)
from dop2i.faces.web.ethics import ethics_part, ethics_words
from dop2i.faces.web.evidence import Evidence, evidence_of
from dop2i.faces.web.labels import field_labels, problem_words
from dop2i.faces.web.rendering import language, page, person_of
from dop2i.faces.web.uploads import receive_files
from dop2i.server.files.models import FileEntry
from dop2i.server.records import actions, queries
from dop2i.server.reviews.actions import publish_or_submit

FILES_LISTED = 60


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """The first step: files, one or many. A script asks for JSON and then sends the files itself, resumably."""
    if person_of(request) is None:
        raise NotAuthenticated("Sign in to deposit.")
    wanted = request.GET.get("community", "").strip()[:100]
    if request.method != "POST":
        return page(request, "deposit_start.html", {"community": wanted}, nav="deposit")
    record = actions.create_draft(actor=request.actor, document={})
    if wanted:
        choose_first(request, record, wanted)
    href = reverse("web:draft", args=[record.pk])
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"id": str(record.pk), "href": href}, status=201)
    receive_files(request, record.pk)
    return HttpResponseRedirect(href)


@dataclass(slots=True)
class Shown:
    """What a draft's page is made from."""

    record: Any
    form: Form
    evidence: Evidence
    problems: list[Problem]
    status: int = 200
    conflict: list[dict[str, str]] | None = None


@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: HttpRequest, record_id: int) -> HttpResponse:
    """The form of one draft. ``act`` says what a button wants: save, publish, or a row more or less."""
    if person_of(request) is None:
        raise NotAuthenticated("Sign in to go on with a draft.")
    record = queries.get_draft(request.actor, record_id)
    evidence = evidence_of(record, person=person_of(request), today=timezone.now().date().isoformat())
    if request.method == "POST":
        return _sent(request, record, evidence)
    untouched = record.draft_revision <= 1
    filled = filled_with(record.draft or {}, evidence.document, untouched=untouched)
    return _page(request, Shown(record, form_of(filled), evidence, []))


def _sent(request: HttpRequest, record: Any, evidence: Evidence) -> HttpResponse:
    form = form_sent(request.POST)
    act = request.POST.get("act", "save")
    if act == "fill":
        filled = filled_with(document_of(form, record.draft or {}), evidence.document, untouched=True)
        return _page(request, Shown(record, form_of(filled), evidence, []))
    if _changed_rows(form, act):
        return _page(request, Shown(record, form, evidence, []))
    document = document_of(form, record.draft or {})
    if form.errors:
        return _page(request, Shown(record, form, evidence, [], status=400))
    try:
        revision = int(request.POST.get("revision", "") or record.draft_revision)
        saved = actions.update_draft(
            actor=request.actor, record_id=record.pk, document=document, expected_revision=revision
        )
        if apply_choice(request, saved):
            saved = queries.get_draft(request.actor, record.pk)
        if act == "publish":
            return _publish(request, saved, form, evidence)
    except RevisionConflict:
        return _conflict(request, record, form, evidence)
    except InvalidDocument as error:
        return _page(request, Shown(record, form, evidence, error.problems, status=400))
    except (InvalidInput, NotPermitted, NotFound) as error:
        return _page(request, Shown(record, form, evidence, [Problem("", str(error))], status=400))
    except WrongState as error:
        return _page(request, Shown(record, form, evidence, [Problem("", str(error))], status=409))
    messages.success(request, _("Saved. Nobody else sees it before you publish."))
    return HttpResponseRedirect(reverse("web:draft", args=[record.pk]))


def _publish(request: HttpRequest, record: Any, form: Form, evidence: Evidence) -> HttpResponse:
    try:
        review = publish_or_submit(actor=request.actor, record_id=record.pk, expected_revision=record.draft_revision)
    except InvalidDocument as error:
        again = queries.get_draft(request.actor, record.pk)
        return _page(request, Shown(again, form, evidence, error.problems, status=400))
    except WrongState as error:
        again = queries.get_draft(request.actor, record.pk)
        return _page(request, Shown(again, form, evidence, [Problem("files", str(error))], status=409))
    if review is not None and not review.published:
        messages.success(request, _("Submitted. It is published once the community accepts it."))
        return HttpResponseRedirect(reverse("web:review", args=[review.pk]))
    messages.success(request, _("Published. The record can be found and cited from now on."))
    return HttpResponseRedirect(reverse("web:record", args=[record.pk]))


def _changed_rows(form: Form, act: str) -> bool:
    """Add or remove a row of a list when a button without script asks for it."""
    if act == "add-creator":
        form.creators.append(dict(EMPTY_CREATOR))
    elif act == "add-organisation":
        form.creators.append({**EMPTY_CREATOR, "kind": "organizational"})
    elif act == "add-related":
        form.related.append(dict(EMPTY_RELATED))
    elif act.startswith("remove-creator-"):
        _drop(form.creators, act)
    elif act.startswith("remove-related-"):
        _drop(form.related, act)
    else:
        return False
    return True


def _drop(rows: list[dict[str, str]], act: str) -> None:
    number = act.rpartition("-")[2]
    if number.isdecimal() and int(number) < len(rows):
        del rows[int(number)]


def _conflict(request: HttpRequest, record: Any, form: Form, evidence: Evidence) -> HttpResponse:
    """Somebody saved meanwhile: both values of each field that differs; saving again keeps mine."""
    now = queries.get_draft(request.actor, record.pk)
    labels = field_labels()
    rows = [
        {"label": labels.get(name, name), "mine": mine, "theirs": theirs}
        for name, mine, theirs in differing_fields(form, form_of(now.draft or {}))
    ]
    return _page(request, Shown(now, form, evidence, [], status=409, conflict=rows))


def _page(request: HttpRequest, shown: Shown) -> HttpResponse:
    record, form = shown.record, shown.form
    bucket = record.draft_bucket or record.bucket
    entries = list(FileEntry.objects.filter(bucket=bucket).order_by("key")[: FILES_LISTED + 1]) if bucket else []
    form.creators = form.creators or [dict(EMPTY_CREATOR)]
    errors = _errors(shown)
    missing = _missing(form, bucket)
    ethics = ethics_part(record)
    if ethics["blocked"]:
        missing.append({"field": "personal-data", "label": _("Personal data in the files")})
    context = {
        "record": record,
        "form": form,
        "values": form.values,
        "fields": _fields(shown, errors),
        "errors": errors,
        "summary": [{"field": name, "label": field_labels().get(name, ""), "message": m}
                    for name, found in errors.items() for m in found],
        "conflict": shown.conflict,
        "evidence": shown.evidence,
        "entries": entries[:FILES_LISTED],
        "more_entries": len(entries) > FILES_LISTED,
        "bucket": bucket,
        "is_edit": record.draft_bucket_id is None and record.bucket_id is not None,
        "is_new_version": record.index > 1 and record.bucket_id is None,
        "missing": missing,
        "fillable": sum(1 for name in shown.evidence.chips if not _has_value(form, name)),
        "title": form.values.get("title") or _("Untitled draft"),
        "lead": _lead(shown, missing),
        "choices": _choices(form),
        "within": community_part(request, record),
        "ethics": ethics,
        "affix": {"organizational": _("Organisation"), "personal": _("Person")},
    }  # fmt: skip
    return page(request, "deposit.html", context, status=shown.status, nav="deposit")


def _errors(shown: Shown) -> dict[str, list[str]]:
    """Messages by field; those of no field under an empty name."""
    found: dict[str, list[str]] = {}
    for name, texts in shown.form.errors.items():
        words = _("“%(text)s” is no number. Write for example 13.6.")
        found.setdefault(name, []).extend(words % {"text": text} for text in texts)
    for problem in shown.problems:
        if problem.severity == "error":
            name = "files" if problem.path.startswith("files") else field_of(problem.path)
            message = ethics_words(problem) or problem_words(problem.message)
            if message in found.get(name, []):
                continue
            found.setdefault(name, []).append(message if name else f"{problem.path}: {message}".lstrip(": "))
    return found


def _missing(form: Form, bucket: Any) -> list[dict[str, str]]:
    """What publication needs and is not there: the questions that are left."""
    labels = field_labels()
    needed = ["title", "resource_type", "publication_date"]
    needed += ["licence"] if form.values.get("access") == "open" and bucket and bucket.count else []
    missing = [name for name in needed if not form.values.get(name)]
    if not any(row["name"] for row in form.creators):
        missing.insert(0, "creators")
    return [{"field": name, "label": labels[name]} for name in missing]


def _lead(shown: Shown, missing: list[dict[str, str]]) -> str:
    read = shown.evidence.read
    if not read:
        return ""
    files = ngettext("We read %(n)s file", "We read %(n)s files", read) % {"n": read}
    filled = len(shown.evidence.chips)
    answers = ngettext("and filled %(n)s answer.", "and filled %(n)s answers.", filled) % {"n": filled}
    left = ngettext("%(n)s is left to you.", "%(n)s are left to you.", len(missing)) % {"n": len(missing)}
    rest = left if missing else _("Look them over, then publish.")
    return f"{files} {answers} {rest}"


def _fields(shown: Shown, errors: dict[str, list[str]]) -> dict[str, dict[str, Any]]:
    """For each field of the form: its label, evidence and errors."""
    return {
        name: {
            "label": label,
            "chips": shown.evidence.chips.get(name, []) if _has_value(shown.form, name) else [],
            "other": shown.evidence.differing.get(name, []),
            "errors": errors.get(name, []),
        }
        for name, label in field_labels().items()
    }


def _has_value(form: Form, name: str) -> bool:
    """Whether a field of the form holds an answer."""
    if name == "creators":
        return any(row["name"] for row in form.creators)
    if name == "related":
        return any(row["identifier"] for row in form.related)
    return bool(form.values.get(name) or form.values.get(f"{name}_minimum"))


LICENCES_FIRST = ("cc-by-4.0", "cc0-1.0", "cc-by-sa-4.0", "etalab-2.0", "mit", "bsd-3-clause", "apache-2.0",
                  "gpl-3.0-or-later", "eupl-1.2")  # fmt: skip


def _choices(form: Form) -> dict[str, Any]:
    here, reason = language(), str(form.values.get("embargo_reason") or "")
    licences = VOCABULARIES["licenses"]
    first = [name for name in LICENCES_FIRST if name in licences]
    return {
        "types": [(term.id, term.label(here)) for term in VOCABULARIES["resourcetypes"].values()],
        "themes": [(term.id, term.label(here)) for term in VOCABULARIES["themes"].values()],
        "licences_first": [(name, licences[name].label(here)) for name in first],
        "licences": [(term.id, term.label(here)) for term in licences.values() if term.id not in first],
        "relations": [(term.id, term.label(here)) for term in VOCABULARIES["relationtypes"].values()],
        "experiments": [(term.id, term.label(here)) for term in VOCABULARIES["experiments"].values()],
        "facilities": [(term.id, term.label(here)) for term in VOCABULARIES["facilities"].values()],
        "closures": [(term.id, term.label(here)) for term in VOCABULARIES["closurereasons"].values()],
        # a reason in prose, written by a program, stays what it is
        "own_reason": "" if reason in VOCABULARIES["closurereasons"] else reason,
    }


@require_POST
def edit(request: HttpRequest, record_id: int) -> HttpResponse:
    """Begin the edit of a published record's description."""
    record = actions.edit_record(actor=request.actor, record_id=record_id)
    return HttpResponseRedirect(reverse("web:draft", args=[record.pk]))


@require_POST
def new_version(request: HttpRequest, record_id: int) -> HttpResponse:
    """Begin the next version, with the files of the one before."""
    record = actions.new_version(actor=request.actor, record_id=record_id)
    if record.draft_bucket is not None and not record.draft_bucket.count:
        try:
            actions.import_files(actor=request.actor, record_id=record.pk)
        except Conflict:
            messages.info(request, _("The version before has no files to start from."))
    return HttpResponseRedirect(reverse("web:draft", args=[record.pk]))


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, record_id: int) -> HttpResponse:
    """Throw a draft away, after asking once."""
    record = queries.get_draft(request.actor, record_id)
    if request.method != "POST":
        title = present.title_of(record.draft or {})
        return page(request, "draft_delete.html", {"record": record, "title": title}, nav="deposit")
    published = record.is_published
    actions.delete_draft(actor=request.actor, record_id=record_id)
    messages.success(request, _("The draft is deleted."))
    target = reverse("web:record", args=[record_id]) if published else reverse("web:work")
    return HttpResponseRedirect(target)
