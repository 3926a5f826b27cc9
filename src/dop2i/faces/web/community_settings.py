"""The settings of a community for its managers: texts, rules, picture, collections."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from dop2i.core.vocabularies import VOCABULARIES
from dop2i.errors import Dop2iError, InvalidDocument, NotPermitted, RevisionConflict
from dop2i.faces.web.communities import KINDS, field_label, kind_words, shared
from dop2i.faces.web.deposit_page import LICENCES_FIRST
from dop2i.faces.web.rendering import language, page
from dop2i.faces.web.said import said, said_text
from dop2i.server.communities import actions
from dop2i.server.communities.logos import LARGEST_BYTES
from dop2i.server.communities.models import Community, text_in
from dop2i.server.communities.policy import require
from dop2i.server.communities.queries import get_community

FIELDS = (
    "metadata.description",
    "metadata.creators",
    "metadata.subjects",
    "metadata.version",
    "custom_fields.dop2i:theme",
    "custom_fields.dop2i:experiment",
    "custom_fields.dop2i:facility",
    "custom_fields.dop2i:detector",
    "custom_fields.dop2i:run_period",
    "custom_fields.dop2i:time_range",
    "custom_fields.dop2i:beam",
    "custom_fields.dop2i:target",
    "custom_fields.dop2i:reaction",
    "custom_fields.dop2i:observables",
)
"""Fields that a policy may ask for with one click; any other path is written by hand."""

GIGABYTE = 10**9


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest, slug: str) -> HttpResponse:
    """Texts and rules in one form."""
    found = get_community(request.actor, slug)
    require(request.actor, "manage", found)
    errors: list[str] = []
    if request.method == "POST":
        try:
            changed = _saved(request, found)
        except RevisionConflict:
            errors = [_("Somebody changed these settings meanwhile. Read them again, then make your change.")]
        except InvalidDocument as error:
            errors = [f"{problem.path}: {said_text(problem.message)}" for problem in error.problems]
        except NotPermitted:
            raise
        except Dop2iError as error:
            errors = [said(error)]
        else:
            messages.success(request, _("Saved."))
            return HttpResponseRedirect(reverse("web:community-settings", args=[changed.slug]))
    return page(request, "community_settings.html", _context(request, found, errors), status=400 if errors else 200,
                nav="communities")  # fmt: skip


def _saved(request: HttpRequest, found: Community) -> Community:
    sent = request.POST
    changes: dict[str, Any] = {
        "title": {name: sent.get(f"title_{name}", "") for name in ("en", "fr")},
        "description": {name: sent.get(f"description_{name}", "") for name in ("en", "fr")},
        "kind": sent.get("kind", found.kind),
        "website": sent.get("website", ""),
        "page": sent.get("page", "").replace("\r\n", "\n"),
        "visibility": "restricted" if sent.get("restricted") else "public",
        "policy": policy_sent(sent),
    }
    if request.actor.is_steward:
        changes["quota_bytes"] = _bytes_of(sent.get("quota", ""))
    revision = sent.get("revision", "")
    wanted = sent.get("slug", found.slug).strip().lower()
    changed = actions.update_community(
        actor=request.actor,
        community=found.pk,
        expected_revision=int(revision) if revision.isdecimal() and len(revision) < 10 else None,
        **changes,
    )
    if wanted != changed.slug:
        changed = actions.rename_community(actor=request.actor, community=changed.pk, slug=wanted)
    return changed


def _bytes_of(text: str) -> int:
    try:
        return max(0, int(float(text.replace(",", ".").replace(" ", "") or 0) * GIGABYTE))
    except (ValueError, OverflowError):
        return -1


def _number(text: str) -> Any:
    return int(text) if text.isdecimal() and len(text) < 6 else text


def policy_sent(sent: Any) -> dict[str, Any]:
    """The policy that the form says; faults stay in it for the server to tell."""
    policy: dict[str, Any] = {}
    fields = [*sent.getlist("required"), *sent.get("required_other", "").split()]
    policy["required_fields"] = list(dict.fromkeys(fields))
    policy["licences"] = sent.getlist("licences")
    policy["review"] = sent.get("review", "none")
    policy["review_edits"] = bool(sent.get("review_edits"))
    policy["submission"] = "members" if sent.get("members_only") else "anyone"
    policy["members_read"] = bool(sent.get("members_read"))
    policy["members_ask"] = bool(sent.get("members_ask"))
    rules = []
    for line in sent.get("quorum", "").splitlines():
        title, _colon, count = line.strip().partition(":")
        if title.strip():
            rules.append({"title": title.strip(), "count": _number(count.strip() or "1")})
    policy["quorum"] = rules
    kind, length = sent.get("embargo", ""), sent.get("embargo_length", "").strip()
    if kind in ("months", "years_after_run"):
        policy["embargo"] = {
            kind: _number(length),
            "reason": sent.get("embargo_reason", "").strip(),
            "note": sent.get("embargo_note", "").strip(),
            "changeable": bool(sent.get("embargo_changeable")),
        }
    return policy


def _context(request: HttpRequest, found: Community, errors: list[str]) -> dict[str, Any]:
    sent = request.POST if errors else None
    policy = policy_sent(sent) if sent else {"members_read": True, **found.policy}
    embargo = policy.get("embargo") or {"changeable": True}
    required = policy.get("required_fields", [])
    known = list(dict.fromkeys([*LICENCES_FIRST, *policy.get("licences", [])]))
    values = {
        "slug": found.slug,
        "kind": found.kind,
        "website": found.website,
        "page": found.page,
        "quota": _gigabytes(found.quota_bytes),
    }
    for name in ("title", "description"):
        for code in ("en", "fr"):
            values[f"{name}_{code}"] = getattr(found, name).get(code, "")
    if sent:
        values |= {name: sent.get(name, value) for name, value in values.items()}
    return shared(request, found) | {
        "values": values,
        "errors": errors,
        "policy": policy,
        "embargo": embargo,
        "embargo_kind": next((name for name in ("months", "years_after_run") if embargo.get(name)), ""),
        "embargo_length": embargo.get("months") or embargo.get("years_after_run") or "",
        "quorum": "\n".join(f"{rule['title']}: {rule['count']}" for rule in policy.get("quorum", [])),
        "kinds": [(name, kind_words()[name]) for name in KINDS],
        "fields": [(path, field_label(path), path in required) for path in FIELDS],
        "other_fields": "\n".join(path for path in required if path not in FIELDS),
        "licences": [
            (name, VOCABULARIES["licenses"][name].label(language()), name in policy.get("licences", []))
            for name in known
            if name in VOCABULARIES["licenses"]
        ],
        "reasons": _reasons(),
        "restricted": bool(sent.get("restricted")) if sent else found.visibility == "restricted",
        "collections": [
            {"slug": one.slug, "title": text_in(one.title, language()), "query": one.query}
            for one in found.collections.all()
        ],
        "used": found.used_bytes,
        "steward": request.actor.is_steward,
    }


def _gigabytes(count: int) -> str:
    return f"{count / GIGABYTE:g}" if count else ""


def _reasons() -> list[tuple[str, str]]:
    found = VOCABULARIES.get("closurereasons")
    return [(term.id, term.label(language())) for term in found.values()] if found else []


@require_POST
def change_logo(request: HttpRequest, slug: str) -> HttpResponse:
    """Show another picture, or none (``act=remove``)."""
    found = get_community(request.actor, slug)
    if request.POST.get("act") == "remove":
        actions.remove_logo(actor=request.actor, community=found.pk)
        messages.success(request, _("The picture is removed."))
    else:
        sent = request.FILES.get("picture")
        try:
            data = sent.read(LARGEST_BYTES + 1) if sent else b""
            actions.set_logo(actor=request.actor, community=found.pk, data=data)
            messages.success(request, _("The picture is shown."))
        except NotPermitted:
            raise
        except Dop2iError as error:
            messages.error(request, said(error))
    return HttpResponseRedirect(reverse("web:community-settings", args=[found.slug]) + "#picture")


@require_POST
def change_collection(request: HttpRequest, slug: str) -> HttpResponse:
    """Add, change or remove (``remove=muons``) a collection."""
    found = get_community(request.actor, slug)
    gone = request.POST.get("remove", "")
    try:
        if gone:
            actions.remove_collection(actor=request.actor, community=found.pk, slug=gone)
            messages.success(request, _("The collection is removed; its records stay."))
        else:
            actions.set_collection(
                actor=request.actor,
                community=found.pk,
                slug=request.POST.get("collection", ""),
                title={name: request.POST.get(f"title_{name}", "") for name in ("en", "fr")},
                query=request.POST.get("query", ""),
                order=found.collections.count(),
            )
            messages.success(request, _("The collection is there."))
    except NotPermitted:
        raise
    except Dop2iError as error:
        messages.error(request, said(error))
    return HttpResponseRedirect(reverse("web:community-settings", args=[found.slug]) + "#collections")


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, slug: str) -> HttpResponse:
    """Delete a community that holds nothing, after asking once."""
    found = get_community(request.actor, slug)
    require(request.actor, "manage", found)
    if request.method != "POST":
        return page(request, "community_delete.html", shared(request, found), nav="communities")
    actions.delete_community(actor=request.actor, community=found.pk)
    messages.success(request, _("The community is deleted."))
    return HttpResponseRedirect(reverse("web:communities"))
