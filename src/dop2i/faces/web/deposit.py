"""Depositing: choose files, look over what they say of themselves, answer what is left, publish."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from dop2i.core.proposals.decisions import Decisions
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
from dop2i.faces.web.deposit_community import apply_choice, choose_first
from dop2i.faces.web.deposit_decisions import act_on, decisions_by_use
from dop2i.faces.web.deposit_form import (
    EMPTY_CREATOR,
    EMPTY_RELATED,
    Form,
    differing_fields,
    document_of,
    filled_with,
    form_of,
    form_sent,
    taken_from,
)
from dop2i.faces.web.deposit_live import live_answer, wants_json
from dop2i.faces.web.deposit_page import Shown, draft_page
from dop2i.faces.web.evidence import Evidence, evidence_of
from dop2i.faces.web.labels import field_labels
from dop2i.faces.web.rendering import page, person_of
from dop2i.faces.web.uploads import receive_files
from dop2i.server.records import actions, queries
from dop2i.server.records.proposing import notes_of, save_answers
from dop2i.server.reviews.actions import publish_or_submit


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


@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: HttpRequest, record_id: int) -> HttpResponse:
    """The form of one draft. ``act`` says what a button wants: save, publish, a decision, or a row more or less.

    A script that asks for JSON gets the parts of the page that changed.
    """
    person = person_of(request)
    if person is None:
        if wants_json(request):
            return JsonResponse({"detail": _("Sign in again to go on.")}, status=401)
        raise NotAuthenticated("Sign in to go on with a draft.")
    record = queries.get_draft(request.actor, record_id)
    notes = notes_of(record)
    evidence = evidence_of(record, person=person, today=timezone.now().date().isoformat(), notes=notes)
    filled = _filled(record, evidence)
    if request.method == "POST":
        return _sent(request, Shown(record, form_sent(request.POST), evidence, notes.decisions, filled))
    shown = Shown(record, form_of(filled), evidence, notes.decisions, filled)
    return live_answer(request, shown, whole=True) if wants_json(request) else draft_page(request, shown)


def _filled(record: Any, evidence: Evidence) -> dict[str, Any]:
    """The draft with what is proposed where it is empty; the edit of a published record is not filled unasked."""
    written = record.draft or {}
    return written if record.is_published else filled_with(written, evidence.document)


def _sent(request: HttpRequest, shown: Shown) -> HttpResponse:
    record, form, act = shown.record, shown.form, request.POST.get("act", "save")
    if act == "fill":
        shown.document = filled_with(document_of(form, record.draft or {}), shown.evidence.document)
        shown.form = form_of(shown.document)
        return draft_page(request, shown)
    if _changed_rows(form, act):
        return draft_page(request, shown)
    if act == "resolve":
        _take_theirs(request, form, form_of(record.draft or {}))
    document = document_of(form, shown.document)
    if form.errors:
        return _refused(request, shown, [], 400)
    decisions = decisions_by_use(request.POST, shown, document)
    document, decisions = act_on(act, request.POST, shown, document, decisions)
    try:
        saved = _saved(request, record, document, decisions)
        if act == "publish":
            return _publish(request, saved, shown)
    except RevisionConflict:
        return _conflict(request, shown)
    except InvalidDocument as error:
        return _refused(request, shown, error.problems, 400)
    except (InvalidInput, NotPermitted, NotFound) as error:
        return _refused(request, shown, [Problem("", str(error))], 400)
    except WrongState as error:
        return _refused(request, shown, [Problem("", str(error))], 409)
    if wants_json(request):
        return _live(request, saved, shown.evidence if decisions == shown.decisions else None)
    if act in ("save", "resolve"):
        messages.success(request, _("Saved. Nobody else sees it before you publish."))
    field = act.partition("-")[2] if "-" in act and act != "accept-all" else ""
    return HttpResponseRedirect(reverse("web:draft", args=[record.pk]) + (f"#row-{field}" if field else ""))


def _saved(request: HttpRequest, record: Any, document: dict[str, Any], decisions: Decisions) -> Any:
    revision = request.POST.get("revision", "")
    saved = save_answers(
        actor=request.actor,
        record_id=record.pk,
        document=document,
        decisions=decisions,
        expected_revision=int(revision) if revision.isdecimal() and len(revision) < 12 else record.draft_revision,
        # the page that comes next tells by the revision that what was chosen has been kept
        always=request.POST.get("act") == "resolve",
    )
    return queries.get_draft(request.actor, record.pk) if apply_choice(request, saved) else saved


def _live(request: HttpRequest, saved: Any, evidence: Evidence | None = None) -> HttpResponse:
    """The parts of the page that a save may have changed; ``evidence`` when no decision changed it."""
    record, notes = queries.get_draft(request.actor, saved.pk), notes_of(saved)
    if evidence is None:
        today = timezone.now().date().isoformat()
        evidence = evidence_of(record, person=person_of(request), today=today, notes=notes)
    filled = _filled(record, evidence)
    whole = request.POST.get("act") != "autosave"
    return live_answer(request, Shown(record, form_of(filled), evidence, notes.decisions, filled), whole=whole)


def _refused(request: HttpRequest, shown: Shown, problems: list[Problem], status: int) -> HttpResponse:
    """The page with what was sent and what is wrong with it; nothing was saved."""
    shown.problems, shown.status = problems, status
    if wants_json(request):
        return live_answer(request, shown)
    return draft_page(request, shown)


def _publish(request: HttpRequest, record: Any, shown: Shown) -> HttpResponse:
    try:
        review = publish_or_submit(actor=request.actor, record_id=record.pk, expected_revision=record.draft_revision)
    except InvalidDocument as error:
        shown.record = queries.get_draft(request.actor, record.pk)
        return _refused(request, shown, error.problems, 400)
    except WrongState as error:
        shown.record = queries.get_draft(request.actor, record.pk)
        return _refused(request, shown, [Problem("files", str(error))], 409)
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
    form.opened = "related" if "related" in act else "creators"
    return True


def _drop(rows: list[dict[str, str]], act: str) -> None:
    number = act.rpartition("-")[2]
    if number.isdecimal() and int(number) < len(rows):
        del rows[int(number)]


def _take_theirs(request: HttpRequest, form: Form, theirs: Form) -> None:
    """Of a conflict: each field for which the other value was chosen."""
    for name, _mine, _theirs in differing_fields(form, theirs):
        if request.POST.get(f"take-{name}") == "theirs":
            taken_from(form, theirs, name)


def _conflict(request: HttpRequest, shown: Shown) -> HttpResponse:
    """Somebody saved meanwhile: both values of each field that differs, to choose from.

    Where nothing differs it was the same person's last save, which outlived its page: there is nothing to choose.
    """
    now = queries.get_draft(request.actor, shown.record.pk)
    labels = field_labels()
    shown.conflict = [
        {"name": name, "label": labels.get(name, name), "mine": mine, "theirs": theirs}
        for name, mine, theirs in differing_fields(shown.form, form_of(now.draft or {}))
    ]
    if not shown.conflict and wants_json(request):
        return _live(request, now)
    shown.record, shown.status = now, 409
    if wants_json(request):
        return live_answer(request, shown)
    return draft_page(request, shown)


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
