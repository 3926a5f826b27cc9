"""Reviews: the queue of a community, the page of one, and the communities of a draft or record."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dop2i.errors import Dop2iError, InvalidDocument, NotAuthenticated, NotPermitted
from dop2i.faces.web.communities import field_label, page_number, role_words, shared, title_of
from dop2i.faces.web.rendering import page, person_of
from dop2i.faces.web.said import said, said_text
from dop2i.server.communities.invitations import invitations_for
from dop2i.server.communities.policy import may, require
from dop2i.server.communities.queries import communities_of_concept, get_community
from dop2i.server.records.queries import get_record
from dop2i.server.reviews import actions, commenting, deciding, placing, queries
from dop2i.server.reviews.models import Review
from dop2i.server.reviews.policy import seat_of
from dop2i.server.reviews.snapshots import Difference, bucket_of_draft, files_of

SIZE = 25
FILES_SHOWN = 100


def state_words() -> dict[str, tuple[str, str, str]]:
    """Each state: words, icon, colour class."""
    return {
        "created": (_("not submitted"), "pencil", "closed"),
        "open": (_("waits for its reviewers"), "clock", "embargo"),
        "changes": (_("changes asked for"), "pencil", "restricted"),
        "accepted": (_("accepted"), "check", "open"),
        "declined": (_("declined"), "cross", "closed"),
        "withdrawn": (_("withdrawn"), "undo", "closed"),
    }


def event_words() -> dict[str, str]:
    """What happened, as the timeline says it after somebody's name."""
    return {
        "submitted": _("submitted"),
        "changes": _("asked for changes"),
        "agreed": _("agreed"),
        "objected": _("is against it"),
        "accepted": _("accepted"),
        "declined": _("declined"),
        "cancelled": _("withdrew it"),
        "published": _("published without this review"),
        "not published": _("could not be published"),
        "draft deleted": _("the draft was deleted"),
        "deleted": _("deleted a comment"),
    }


def review_row(review: Review) -> dict[str, Any]:
    """A review as lists show it."""
    words, icon, colour = state_words()[review.state]
    return {
        "id": review.pk,
        "title": review.title or _("Untitled"),
        "by": str(review.by or ""),
        "community": title_of(review.community),
        "slug": review.community.slug,
        "round": review.round,
        "inclusion": review.kind == Review.Kind.INCLUSION,
        "state": words,
        "icon": icon,
        "class": colour,
        "updated": review.updated,
        "submitted": review.submitted,
    }


@require_safe
def queue(request: HttpRequest, slug: str) -> HttpResponse:
    """What is before the community's reviewers; ``?state=`` one state, otherwise what waits for them."""
    found = get_community(request.actor, slug)
    state = request.GET.get("state", "open")
    state = state if state in state_words() and state != "created" else ""
    rows = queries.queue_of(request.actor, found, state=state)
    if not rows.exists():
        require(request.actor, "see_members", found)
    listed = queries.page_of(rows, page=page_number(request), size=SIZE)
    context = shared(request, found) | {
        "rows": [review_row(review) for review in listed.reviews],
        "total": listed.total,
        "state": state,
        "states": [(name, words[0]) for name, words in state_words().items() if name != "created"],
        "previous_page": listed.page - 1 if listed.page > 1 else None,
        "next_page": listed.page + 1 if listed.page * SIZE < listed.total else None,
    }
    return page(request, "community_queue.html", context, nav="communities")


@require_safe
def requests(request: HttpRequest) -> HttpResponse:
    """All reviews that concern me: those that wait for me first."""
    if person_of(request) is None:
        raise NotAuthenticated("Sign in to see your reviews.")
    shown = request.GET.get("show", "waiting")
    chosen = {"mine": queries.reviews_mine, "all": queries.reviews_seen}.get(shown, queries.waiting_for)
    listed = queries.page_of(chosen(request.actor), page=page_number(request), size=SIZE)
    context = {
        "rows": [review_row(review) for review in listed.reviews],
        "total": listed.total,
        "show": shown if shown in ("mine", "all") else "waiting",
        "previous_page": listed.page - 1 if listed.page > 1 else None,
        "next_page": listed.page + 1 if listed.page * SIZE < listed.total else None,
    }
    return page(request, "requests.html", context, nav="work")


def reviews_of_mine(request: HttpRequest) -> dict[str, Any]:
    """What the page of one's work shows: reviews that wait, those that one asked for, invitations."""
    mine = queries.reviews_mine(request.actor).filter(state__in=queries.WAITING)
    return {
        "waiting_reviews": [
            review_row(one) for one in queries.page_of(queries.waiting_for(request.actor), size=8).reviews
        ],
        "asked_reviews": [review_row(one) for one in queries.page_of(mine, size=8).reviews],
        "invitations": [
            {"id": one.pk, "title": title_of(one.community), "role": role_words().get(one.role, one.role), "by": one.by}
            for one in invitations_for(request.actor.person)[:20]
        ],
    }


@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, review_id: int) -> HttpResponse:
    """One review: what differs, what was said, and what one may do."""
    if person_of(request) is None:
        raise NotAuthenticated("Sign in to see this review.")
    found = queries.get_review(request.actor, review_id)
    if request.method != "POST":
        return _page(request, found)
    try:
        return _acted(request, found)
    except InvalidDocument as error:
        listed = "; ".join(said_text(problem.message) for problem in error.problems[:5])
        return _page(request, found, error=_("It cannot be published yet: %(why)s") % {"why": listed}, status=400)
    except NotPermitted:
        raise
    except Dop2iError as error:
        return _page(request, queries.get_review(request.actor, review_id), error=said(error), status=409)


def _acted(request: HttpRequest, found: Review) -> HttpResponse:
    act, text = request.POST.get("act", ""), request.POST.get("text", "")
    facts: dict[str, Any] = {"actor": request.actor, "review_id": found.pk, "text": text}
    if act == "accept":
        after = deciding.accept(**facts, seen=request.POST.get("seen", ""))
        accepted = after.state == Review.State.ACCEPTED
        published = after.published and after.kind == Review.Kind.SUBMISSION
        said = (
            _("Accepted and published.") if published else _("Accepted.") if accepted else _("Your voice is counted.")
        )
        messages.success(request, said)
    elif act == "decline":
        deciding.decline(**facts)
        messages.success(request, _("Saved. Its author is told."))
    elif act == "changes":
        deciding.ask_for_changes(**facts)
        messages.success(request, _("Its author is told what to change."))
    elif act == "withdraw":
        actions.withdraw(**facts)
        messages.success(request, _("It is withdrawn; the draft stays yours."))
    elif act.startswith(("settle-", "unsettle-")):
        number = act.rpartition("-")[2]
        settled = act.startswith("settle-")
        commenting.settle_comment(
            actor=request.actor,
            review_id=found.pk,
            comment_id=int(number) if number.isdecimal() and len(number) < 19 else 0,
            settled=settled,
        )
    else:
        commenting.comment(**facts, path=request.POST.get("path", "") or request.POST.get("file", ""))
    return HttpResponseRedirect(reverse("web:review", args=[found.pk]) + "#said")


def _page(request: HttpRequest, found: Review, *, error: str = "", status: int = 200) -> HttpResponse:
    seat = seat_of(request.actor, found)
    record = found.record
    fingerprint = ""
    if found.is_open:
        try:
            fingerprint = deciding.current_fingerprint(found)
        except Dop2iError as problem:
            error = error or said(problem)
    differs, changed = queries.since_last_round(found), None
    if fingerprint and fingerprint != found.fingerprint:
        changed = queries.since_submission(found)
    lines = queries.timeline(found)
    about: dict[str, int] = {}
    for line in lines:
        if line.path and line.resolved is None:
            about[line.path] = about.get(line.path, 0) + 1
    context = review_row(found) | {
        "review": found,
        "record": record,
        "has_draft": record is not None and record.draft is not None,
        "seat": seat,
        "may_decide": seat.reviews and found.is_open and "curate" in request.actor.scopes,
        "may_accept": found.is_open and (bool(seat.titles) and not seat.author if seat.is_quorum else seat.curator),
        "fingerprint": fingerprint,
        "difference": _shown(differs),
        "changed": _shown(changed),
        "tally": deciding.tally_of(found, fingerprint or found.fingerprint) if seat.is_quorum else [],
        "fields": _fields(found, about),
        "files": _files(found, about),
        "lines": [_line(line) for line in lines],
        "asked_path": request.GET.get("about", "")[:1100],
        "asked_label": path_label(request.GET.get("about", "")[:1100]),
        "error": error,
    }
    return page(request, "review.html", context, status=status, nav="work")


def _line(line: Any) -> dict[str, Any]:
    return {
        "line": line,
        "author": str(line.author) if line.author else "",
        "event": event_words().get(line.event, line.event),
        "about": path_label(line.path),
    }


def path_label(path: str) -> str:
    """A field or file that is spoken of, in words."""
    if path.startswith("files:"):
        return path.removeprefix("files:")
    return field_label(path) if path else ""


def _shown(found: Difference | None) -> dict[str, Any] | None:
    if found is None:
        return None
    rows = [
        {
            "label": field_label(one.path),
            "path": one.path,
            "before": value_words(one.before),
            "after": value_words(one.after),
        }
        for one in found.fields
    ]
    words = {"added": _("added"), "removed": _("removed"), "changed": _("changed")}
    signs = {"added": "add", "removed": "del", "changed": "mod"}
    files = [
        {"key": one.key, "words": words[one.kind], "sign": signs[one.kind], "before": one.before, "after": one.after,
         "kind": one.kind}
        for one in found.files
    ]  # fmt: skip
    total = sum(found.file_counts.values())
    return {"fields": rows, "files": files, "file_total": total, "more": max(0, total - len(files)),
            "empty": found.is_empty}  # fmt: skip


def value_words(value: Any) -> str:
    """A value of the document as text, on few lines."""
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, str):
        return value[:5000]
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list):
        return "\n".join(value_words(item) for item in value[:200])
    return _object_words(value) if isinstance(value, dict) else str(value)


def _object_words(value: dict[str, Any]) -> str:
    """The words of an object: a person's name, a term, a range, an embargo; else what it holds, name by name."""
    who = value.get("person_or_org")
    if isinstance(who, dict):
        return str(who.get("name") or f"{who.get('family_name', '')}, {who.get('given_name', '')}".strip(", "))
    if "start" in value or "end" in value:
        return f"{value.get('start') or '…'} – {value.get('end') or '…'}"
    if "active" in value:
        return f"{value.get('until') or ''} {value.get('reason') or ''}".strip() if value["active"] else ""
    if isinstance(value.get("id"), str) and len(value) <= 3:
        return str(value["id"])
    for key in ("title", "identifier", "subject", "name"):
        if isinstance(value.get(key), str) and len(value) <= 3:
            return str(value[key])
    return "\n".join(f"{name}: {value_words(item)}" for name, item in list(value.items())[:50] if value_words(item))


def _document(found: Review) -> dict[str, Any]:
    record = found.record
    if record is None:
        return {}
    return (record.document if found.kind == Review.Kind.INCLUSION else record.draft or record.document) or {}


def _fields(found: Review, about: dict[str, int]) -> list[dict[str, Any]]:
    """Every field that holds something, with how many open comments it has."""
    from dop2i.faces.web.differing import words

    document = _document(found)
    rows = []
    for part in ("metadata", "custom_fields", "access"):
        for name, value in (document.get(part) or {}).items():
            path = f"{part}.{name}"
            shown = "\n".join(words(path, item) for item in (value[:200] if isinstance(value, list) else [value]))
            if shown.strip():
                rows.append({"path": path, "label": field_label(path), "value": shown, "comments": about.get(path, 0)})
    return rows


def _files(found: Review, about: dict[str, int]) -> dict[str, Any]:
    """The first files, with how many open comments each has."""
    record = found.record
    if record is None:
        return {"rows": [], "total": 0, "size": 0}
    bucket = record.bucket if found.kind == Review.Kind.INCLUSION else bucket_of_draft(record)
    rows = []
    for key, _content, size in files_of(bucket):
        rows.append({"key": key, "path": f"files:{key}", "size": size, "comments": about.get(f"files:{key}", 0)})
        if len(rows) == FILES_SHOWN:
            break
    return {"rows": rows, "total": bucket.count if bucket else 0, "size": bucket.total_bytes if bucket else 0}


@require_http_methods(["GET", "HEAD", "POST"])
def record_communities(request: HttpRequest, record_id: int) -> HttpResponse:
    """The communities of a published record: ask it into another one, take it out, show it with one first."""
    from dop2i.server.communities.listing import communities_to_deposit_in
    from dop2i.server.records.policy import owns

    if person_of(request) is None:
        raise NotAuthenticated("Sign in to change the communities of this record.")
    record = get_record(request.actor, record_id)
    error = ""
    if request.method == "POST":
        try:
            return _placed(request, record)
        except InvalidDocument as problem:
            error = "; ".join(f"{field_label(p.path)}: {said_text(p.message)}" for p in problem.problems[:5])
        except NotPermitted:
            raise
        except Dop2iError as problem:
            error = said(problem)
    there = communities_of_concept(record.concept_id)
    mine = owns(request.actor, record)
    asked = Review.objects.filter(
        concept_id=record.concept_id, kind=Review.Kind.INCLUSION, state=Review.State.OPEN
    ).select_related("community", "by")
    within = {one.pk for one in there}
    context = {
        "record": record,
        "title": record.title,
        "error": error,
        "mine": mine,
        "rows": [
            {
                "slug": one.slug,
                "title": title_of(one),
                "first": number == 0,
                "may_remove": mine or may(request.actor, "curate", one),
            }
            for number, one in enumerate(there)
            if may(request.actor, "read", one)
        ],
        "asked": [review_row(one) for one in asked] if mine else [],
        "choices": [
            (one.slug, title_of(one)) for one in communities_to_deposit_in(request.actor) if one.pk not in within
        ]
        if mine
        else [],
    }
    return page(request, "record_communities.html", context, status=400 if error else 200, nav="catalogue")


def _placed(request: HttpRequest, record: Any) -> HttpResponse:
    act, slug = request.POST.get("act", ""), request.POST.get("community", "")
    facts: dict[str, Any] = {"actor": request.actor, "record_id": record.pk, "community": slug}
    if act == "remove":
        placing.remove_from_community(**facts)
        messages.success(request, _("The record is no longer in this community."))
    elif act == "first":
        placing.set_default_community(**facts)
        messages.success(request, _("Saved."))
    else:
        asked = placing.include(**facts, text=request.POST.get("text", ""))
        said = _("Its curators are asked.") if asked else _("The record is in this community now.")
        messages.success(request, said)
    return HttpResponseRedirect(reverse("web:record-communities", args=[record.pk]))


@require_POST
def withdraw_draft(request: HttpRequest, record_id: int) -> HttpResponse:
    """Take a draft back from its reviewers, from the page of the draft."""
    number = request.POST.get("review", "")
    actions.withdraw(actor=request.actor, review_id=int(number) if number.isdecimal() and len(number) < 19 else 0)
    messages.success(request, _("It is withdrawn; the draft stays yours."))
    return HttpResponseRedirect(reverse("web:draft", args=[record_id]))
