"""Who is in a community: the list, roles, invitations, robots; and answering an invitation."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dop2i.errors import Dop2iError, NotAuthenticated, NotFound, NotPermitted
from dop2i.faces.web.communities import page_number, role_names, role_words, shared, title_of
from dop2i.faces.web.joining import asking_rows
from dop2i.faces.web.rendering import page, person_of
from dop2i.faces.web.said import said
from dop2i.server.communities import invitations, listing, membership
from dop2i.server.communities.models import Member
from dop2i.server.communities.policy import require
from dop2i.server.communities.queries import get_community
from dop2i.server.people.models import Group, Person

SIZE = 50


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


@require_safe
def members(request: HttpRequest, slug: str) -> HttpResponse:
    """Who is in the community, for its members; managers change it here."""
    found = get_community(request.actor, slug)
    if person_of(request) is None:
        raise NotAuthenticated("Sign in to see the members.")
    return _page(request, found)


def _page(request: HttpRequest, found: Any, *, link: str = "", secret: str = "", status: int = 200) -> HttpResponse:
    q, role = request.GET.get("q", "").strip()[:100], request.GET.get("role", "")
    rows = listing.members_page(request.actor, found, q=q, role=role, page=page_number(request), size=SIZE)
    context = shared(request, found)
    own = request.actor.person_id
    context |= {
        "rows": [_row(member, own=own) for member in rows.rows],
        "total": rows.total,
        "q": q,
        "role_asked": role,
        "roles": list(role_words().items()),
        "role_names": list(role_names().items()),
        "previous_page": rows.page - 1 if rows.page > 1 else None,
        "next_page": rows.page + 1 if rows.more else None,
        "link": link,
        "secret": secret,
        "days": invitations.DAYS,
    }
    if context["may_manage"]:
        context |= asking_rows(request, found)
        asked = listing.invitations_page(request.actor, found, size=SIZE)
        context["invitations"] = [
            {"row": row, "role": role_names().get(row.role, row.role), "ended": row.state == "expired"}
            for row in asked.rows
            if row.state in ("submitted", "expired")
        ]
    return page(request, "community_members.html", context, status=status, nav="communities")


def _row(member: Member, *, own: int | None) -> dict[str, Any]:
    return {
        "member": member,
        "name": str(member.person or member.group),
        "kind": _("group") if member.group_id else _("robot") if member.person and member.person.is_robot else "",
        "orcid": member.person.orcid if member.person else "",
        "role": role_names().get(member.role, member.role),
        "mine": member.person_id is not None and member.person_id == own,
        "ended": member.until is not None and member.until <= timezone.now(),
    }


@require_POST
def change(request: HttpRequest, slug: str) -> HttpResponse:
    """Change or remove one member; ``act`` is ``role``, ``visible``, ``hidden`` or ``remove``."""
    found = get_community(request.actor, slug)
    number, act = _number(request.POST.get("member", "")), request.POST.get("act", "")
    facts: dict[str, Any] = {"actor": request.actor, "community": found.pk, "member_id": number}
    leaving = Member.objects.filter(pk=number, person_id=request.actor.person_id or 0).exists()
    try:
        if act == "remove":
            membership.remove_member(**facts)
            messages.success(request, _("You left the community.") if leaving else _("Removed."))
        elif act in ("visible", "hidden"):
            membership.change_member(**facts, visible=act == "visible")
            messages.success(request, _("Saved."))
        else:
            title = request.POST.get("title", "")
            membership.change_member(**facts, role=request.POST.get("role", ""), title=title)
            messages.success(request, _("Saved."))
    except NotPermitted:
        raise
    except Dop2iError as error:
        messages.error(request, said(error))
    if act == "remove" and leaving:
        return HttpResponseRedirect(reverse("web:communities"))
    return HttpResponseRedirect(reverse("web:community-members", args=[found.slug]))


@require_POST
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """Invite a person, add a group, or make a robot (``kind``); a link or token is shown once."""
    found = get_community(request.actor, slug)
    require(request.actor, "manage", found)
    kind, who = request.POST.get("kind", "invite"), request.POST.get("who", "").strip()
    facts: dict[str, Any] = {"actor": request.actor, "community": found.pk, "role": request.POST.get("role", "reader")}
    title = request.POST.get("title", "")
    try:
        if kind == "robot":
            _robot, secret = membership.add_robot(**facts, name=who)
            return _page(request, found, secret=secret)
        if kind == "group":
            membership.add_member(**facts, group=_group(who), title=title)
            messages.success(request, _("The group is in the community now."))
        elif kind == "person":
            membership.add_member(**facts, person=_person(who), title=title)
            messages.success(request, _("They are in the community now, and are told so."))
        else:
            address = {"email": who} if "@" in who else {"orcid": who}
            message = request.POST.get("message", "")
            _made, secret = invitations.invite(**facts, **address, title=title, message=message)
            link = request.build_absolute_uri(reverse("web:invitation", args=[secret]))
            return _page(request, found, link=link)
    except NotPermitted:
        raise
    except Dop2iError as error:
        messages.error(request, said(error))
    return HttpResponseRedirect(reverse("web:community-members", args=[found.slug]))


def _group(name: str) -> Group:
    found = Group.objects.filter(name=name).first()
    if found is None:
        raise NotFound(f"There is no group {name[:100]!r}.", hint="Groups come from sign-in providers.")
    return found


def _person(address: str) -> Person:
    found = Person.objects.filter(email=address.lower(), is_active=True).first()
    if found is None:
        raise NotFound(f"Nobody here has the address {address[:100]}.", hint="Invite them instead.")
    return found


@require_POST
def cancel(request: HttpRequest, slug: str, invitation_id: int) -> HttpResponse:
    """Take back an invitation."""
    found = get_community(request.actor, slug)
    invitations.cancel_invitation(actor=request.actor, community=found.pk, invitation_id=invitation_id)
    messages.success(request, _("The invitation is taken back."))
    return HttpResponseRedirect(reverse("web:community-members", args=[found.slug]))


@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Accept or decline an invitation by its link."""
    if person_of(request) is None:
        raise NotAuthenticated("Sign in to answer this invitation.")
    found = invitations.by_secret(secret)
    if request.method == "POST":
        accept = request.POST.get("act") == "accept"
        invitations.answer_invitation(actor=request.actor, accept=accept, secret=secret)
        return _answered(request, found.community.slug, accept)
    context = {
        "invitation": found,
        "title": title_of(found.community),
        "role": role_words().get(found.role, found.role),
        "open": found.state == "submitted",
    }
    response = page(request, "invitation.html", context, nav="communities")
    response["Referrer-Policy"] = "no-referrer"
    return response


@require_POST
def answer(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Accept or decline an invitation that is surely one's own, from the page of one's work."""
    if person_of(request) is None:
        raise NotAuthenticated("Sign in to answer this invitation.")
    found = invitations.invitations_for(request.actor.person).filter(pk=invitation_id).first()
    if found is None:
        raise NotFound("There is no such invitation.")
    accept = request.POST.get("act") == "accept"
    invitations.answer_invitation(actor=request.actor, accept=accept, invitation_id=invitation_id)
    return _answered(request, found.community.slug, accept)


def _answered(request: HttpRequest, slug: str, accept: bool) -> HttpResponse:
    if accept:
        messages.success(request, _("You are a member now."))
        return HttpResponseRedirect(reverse("web:community", args=[slug]))
    messages.success(request, _("You declined the invitation."))
    return HttpResponseRedirect(reverse("web:work"))
