"""Communities: the list, the page of one with its records, its logo, and making one."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from dop2i.errors import Dop2iError, InvalidDocument, InvalidQuery, NotAuthenticated, NotFound, NotPermitted
from dop2i.faces.web import figures, present
from dop2i.faces.web.joining import asking_part
from dop2i.faces.web.markdown import rendered
from dop2i.faces.web.rendering import language, page, person_of
from dop2i.faces.web.rows import result_rows
from dop2i.faces.web.said import said, said_text
from dop2i.server.communities import actions, listing
from dop2i.server.communities.models import Community, text_in
from dop2i.server.communities.policy import may, may_create, role_of
from dop2i.server.communities.queries import get_community, line_of
from dop2i.server.communities.rules import policy_of
from dop2i.server.reviews import listing as records_in

SIZE = 20
KINDS = ("experiment", "laboratory", "facility", "collection")


def kind_words() -> dict[str, str]:
    """Each kind of community in words."""
    return {
        "experiment": _("Experiment"),
        "laboratory": _("Laboratory"),
        "facility": _("Facility"),
        "collection": _("Collection"),
    }


def role_words() -> dict[str, str]:
    """Each role in words, with what it allows."""
    return {
        "reader": _("reader: reads what is closed to others"),
        "contributor": _("contributor: deposits for the community"),
        "curator": _("curator: reviews and accepts"),
        "manager": _("manager: names members and sets the rules"),
    }


def role_names() -> dict[str, str]:
    """Each role as one word."""
    return {
        "reader": _("reader"),
        "contributor": _("contributor"),
        "curator": _("curator"),
        "manager": _("manager"),
    }


def page_number(request: HttpRequest) -> int:
    """``?page=``, 1 for anything odd."""
    text = request.GET.get("page", "1")
    return int(text) if text.isascii() and text.isdecimal() and 0 < len(text) < 6 and int(text) else 1


def title_of(community: Community) -> str:
    """The community's title in the page's language."""
    return text_in(community.title, language()) or community.slug


def row_of(community: Community) -> dict[str, Any]:
    """A community as lists show it."""
    return {
        "slug": community.slug,
        "title": title_of(community),
        "description": present.shortened(text_in(community.description, language())),
        "kind": kind_words().get(community.kind, community.kind),
        "records": community.records,
        "restricted": community.visibility == Community.Visibility.RESTRICTED,
        "logo": getattr(community, "logo", None),
    }


@require_safe
def communities(request: HttpRequest) -> HttpResponse:
    """All communities that one may know of; ``?mine`` those where one has a role."""
    q, kind = request.GET.get("q", "").strip()[:200], request.GET.get("kind", "")
    mine = "mine" in request.GET and person_of(request) is not None
    found = listing.communities_page(
        request.actor, q=q, kind=kind if kind in KINDS else "", mine=mine, page=page_number(request), size=SIZE
    )
    context = {
        "rows": [row_of(community) for community in found.rows],
        "total": found.total,
        "q": q,
        "kind": kind,
        "mine": mine,
        "kinds": [(name, kind_words()[name]) for name in KINDS],
        "may_create": may_create(request.actor, None),
        "keep": urlencode({"q": q, "kind": kind, **({"mine": "1"} if mine else {})}),
        "previous_page": found.page - 1 if found.page > 1 else None,
        "next_page": found.page + 1 if found.more else None,
    }
    return page(request, "communities.html", context, nav="communities")


def shared(request: HttpRequest, community: Community) -> dict[str, Any]:
    """What every page of one community shows: its head, its place, and what the visitor may do here."""
    line = line_of(community)
    known = [one for one in line[:-1] if may(request.actor, "read", one)]
    return {
        "community": community,
        "title": title_of(community),
        "kind": kind_words().get(community.kind, community.kind),
        "above": [{"slug": one.slug, "title": title_of(one)} for one in known],
        "logo": getattr(community, "logo", None),
        "may_manage": may(request.actor, "manage", community),
        "may_curate": may(request.actor, "curate", community),
        "may_see_members": may(request.actor, "see_members", community),
        "role": role_names().get(role_of(request.actor, community), "") if person_of(request) else "",
    }


@require_safe
def community(request: HttpRequest, slug: str) -> HttpResponse:
    """The page of a community: what it is, its collections, its records."""
    found = get_community(request.actor, slug)
    q, name = request.GET.get("q", "").strip()[:500], request.GET.get("collection", "")
    collections = list(found.collections.all())
    chosen = next((one for one in collections if one.slug == name), None)
    if name and chosen is None:
        raise NotFound(f"{found} has no collection {name[:100]!r}.")
    number, problem = page_number(request), ""
    try:
        results = records_in.records_of(request.actor, found, q=q, collection=chosen, page=number, size=SIZE)
    except InvalidQuery as error:
        results, problem = records_in.nothing(), said(error)
    nested = [row_of(one) for one in found.nested.order_by("slug")[:200] if may(request.actor, "read", one)]
    within = shared(request, found)
    context = within | asking_part(request, found, role=within["role"])
    context |= {
        "description": text_in(found.description, language()),
        "text": rendered(found.page, top=2) if found.page else "",
        "collections": [
            {"slug": one.slug, "title": text_in(one.title, language()), "current": one is chosen} for one in collections
        ],
        "chosen": text_in(chosen.title, language()) if chosen else "",
        "chosen_slug": chosen.slug if chosen else "",
        "nested": nested,
        "q": q,
        "problem": problem,
        "cards": result_rows([f"own:{document['id']}" for document in results.hits], results.hits),
        "total": results.total,
        "previous_page": number - 1 if number > 1 else None,
        "next_page": number + 1 if number * SIZE < results.total else None,
        "rules": rules_in_words(policy_of(line_of(found))),
        "used": found.used_bytes,
    }
    return page(request, "community.html", context, nav="communities")


def rules_in_words(rules: dict[str, Any]) -> list[str]:
    """What a depositor has to know of a community's policy, in sentences."""
    lines = []
    if rules["review"] == "quorum":
        roles = ", ".join(f"{rule['count']} × {rule['title']}" for rule in rules["quorum"])
        lines.append(_("Drafts are published once these agree: %(roles)s.") % {"roles": roles})
    elif rules["review"] == "curators":
        lines.append(_("Drafts are published once a curator accepts them."))
    else:
        lines.append(_("Members publish without a review; drafts of others are reviewed by a curator."))
    if rules["submission"] == "members":
        lines.append(_("Only members deposit here."))
    if rules["required_fields"]:
        fields = ", ".join(field_label(path) for path in rules["required_fields"])
        lines.append(_("Needed in every record: %(fields)s.") % {"fields": fields})
    if rules["licences"]:
        names = ", ".join(present.short_licence(name) for name in rules["licences"])
        lines.append(_("Licences: %(names)s.") % {"names": names})
    embargo = rules["embargo"]
    if embargo.get("months"):
        months = figures.integer(embargo["months"], language())
        lines.append(_("Files open %(n)s months after publication.") % {"n": months})
    elif embargo.get("years_after_run"):
        years = figures.integer(embargo["years_after_run"], language())
        lines.append(_("Files open %(n)s years after the run.") % {"n": years})
    if embargo and not embargo.get("changeable", True):
        lines.append(_("Depositors do not shorten this."))
    if not rules["members_read"]:
        lines.append(_("What is closed is read by curators only, not by all members."))
    return lines


def field_label(path: str) -> str:
    """A field of the record document in words, where the deposit form knows it."""
    from dop2i.faces.web.deposit_form import field_of
    from dop2i.faces.web.labels import field_labels

    others = {
        "metadata.publisher": _("Publisher"),
        "metadata.languages": _("Language"),
        "metadata.contributors": _("Contributors"),
        "metadata.additional_titles": _("Other titles"),
        "metadata.additional_descriptions": _("Other descriptions"),
        "metadata.funding": _("Funding"),
        "custom_fields.dop2i:time_range": _("Time range"),
        "access.record": _("Access to the description"),
        "access.files": _("Access to files"),
        "access.embargo": _("Embargo"),
        "files.enabled": _("Has files"),
        "files.order": _("Order of files"),
        "files.default_preview": _("File shown first"),
    }
    return others.get(path) or field_labels().get(field_of(path), path)


@require_safe
def logo(request: HttpRequest, slug: str) -> HttpResponse:
    """The picture of a community, as this server encoded it."""
    found = get_community(request.actor, slug)
    picture = getattr(found, "logo", None)
    if picture is None:
        raise NotFound(f"{found} has no picture.")
    response = HttpResponse(bytes(picture.data), content_type="image/png")
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    public = found.visibility == Community.Visibility.PUBLIC
    response["Cache-Control"] = "public, max-age=300" if public else "private, no-store"
    response["ETag"] = f'"{picture.digest}"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Make a community; ``?in=km3net`` nested in another."""
    if person_of(request) is None:
        raise NotAuthenticated("Sign in to make a community.")
    inside = (request.POST.get("in") or request.GET.get("in") or "").strip()[:100]
    above = get_community(request.actor, inside) if inside else None
    if not may_create(request.actor, above):
        raise NotPermitted(
            "Only stewards and administrators make communities that are in no other.",
            hint="Ask one of them, or make one nested in a community that you manage.",
        )
    values = {name: request.POST.get(name, "").strip() for name in ("slug", "title_en", "title_fr", "kind")}
    errors: list[str] = []
    if request.method == "POST":
        try:
            made = actions.create_community(
                actor=request.actor,
                slug=values["slug"],
                parent=above.pk if above else None,
                title={"en": values["title_en"], "fr": values["title_fr"]},
                kind=values["kind"] or "collection",
                visibility="restricted" if above and above.visibility == "restricted" else "public",
            )
        except InvalidDocument as error:
            errors = [said_text(problem.message) for problem in error.problems]
        except NotPermitted:
            raise
        except Dop2iError as error:
            errors = [said(error)]
        else:
            messages.success(request, _("The community is there. Say now what it is and how it works."))
            return HttpResponseRedirect(reverse("web:community-settings", args=[made.slug]))
    context = {
        "values": values,
        "errors": errors,
        "inside": above,
        "inside_title": title_of(above) if above else "",
        "kinds": [(name, kind_words()[name]) for name in KINDS],
    }
    return page(request, "community_new.html", context, status=400 if errors else 200, nav="communities")
