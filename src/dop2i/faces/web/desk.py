"""The desk of who looks after records: what waits, what failed, what ends, each with the way to where it is mended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dop2i.errors import NotAuthenticated
from dop2i.faces.web import figures, present
from dop2i.faces.web.access_box import reason_words
from dop2i.faces.web.closures import scope_words
from dop2i.faces.web.communities import page_number, title_of
from dop2i.faces.web.rendering import language, page, person_of
from dop2i.faces.web.reviews import review_row
from dop2i.server.access.models import AccessRequest
from dop2i.server.desk.policy import Reach, reach_of
from dop2i.server.desk.queries import MOST_COUNTED, SECTIONS, Section, section_of
from dop2i.server.records.checked import last_check
from dop2i.server.records.requests import who_asks

FEW, MANY = 6, 50
WHY_LENGTH = 240


@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """Every section in brief; ``?section=`` one of them whole, page by page."""
    if person_of(request) is None:
        raise NotAuthenticated("Sign in to see your desk.")
    reach = reach_of(request.actor)
    chosen = request.GET.get("section", "")
    number = page_number(request)
    if chosen in SECTIONS:
        found = {chosen: section_of(reach, chosen, page=number, size=MANY)}
    else:
        chosen = ""
        found = {name: section_of(reach, name, size=FEW) for name in SECTIONS}
    shown = [_section(request, name, section) for name, section in found.items() if section.total or chosen]
    context = {
        "sections": shown,
        "whole": chosen,
        "everything": reach.everything,
        "calm": [
            words for name, words in _titles().items() if not chosen and not found[name].total and _asked(reach, name)
        ],
        "check": last_check() if request.actor.is_administrator and not chosen else None,
        "administrator": request.actor.is_administrator,
        "previous_page": number - 1 if chosen and number > 1 else None,
        "next_page": number + 1 if chosen and number * MANY < found[chosen].total else None,
    }
    return page(request, "desk.html", context, nav="desk")


def _asked(reach: Reach, name: str) -> bool:
    """Whether a section is looked at at all for this reach."""
    return reach.everything or name not in ("jobs", "harvests")


def _titles() -> dict[str, str]:
    return {
        "reviews": _("Reviews"),
        "requests": _("Requests for access"),
        "orphans": _("Orphans"),
        "files": _("Files that cannot be read"),
        "closures": _("Closures that end"),
        "identifiers": _("Identifiers not registered"),
        "jobs": _("Failed jobs"),
        "harvests": _("Sources that fail"),
    }


def _told() -> dict[str, str]:
    """What a section is about, in a sentence."""
    return {
        "reviews": _("What was submitted and waits for an answer, the longest wait first."),
        "requests": _("Who asks to be let into what is closed."),
        "orphans": _("Records whose owner’s account is closed, or that a robot deposited in no community."),
        "files": _("Their bytes are kept; their reader could not open them."),
        "closures": _("Embargoes and other closures that end within two months, or are to be looked at again."),
        "identifiers": _("The service refused them, or does not answer; what waits is tried again every hour."),
        "jobs": _("They were tried as often as they may be."),
        "harvests": _("Their last harvest ended with an error; what was gathered before stays."),
    }


def _section(request: HttpRequest, name: str, found: Section[Any]) -> dict[str, Any]:
    rows = [row for one in found.rows if (row := _ROWS[name](request, one)) is not None]
    more = found.total > len(found.rows)
    count = figures.integer(found.total, language()) + ("+" if found.total >= MOST_COUNTED else "")
    return {
        "name": name,
        "title": _titles()[name],
        "told": _told()[name],
        "rows": rows,
        "count": count,
        "more": more,
        "elsewhere": _elsewhere(request, name),
    }


def _elsewhere(request: HttpRequest, name: str) -> tuple[str, str]:
    """A page of its own that a section has, and its words."""
    if name == "reviews":
        return reverse("web:requests"), _("All reviews")
    if name == "closures" and request.actor.is_steward:
        return reverse("web:closures-to-review"), _("All closures to review")
    if name == "jobs" and request.actor.is_administrator:
        return reverse("web:jobs") + "?state=failed", _("All jobs")
    if name == "harvests":
        return reverse("web:harvests"), _("All sources")
    return "", ""


def _row(
    title: str,
    href: str,
    facts: list[str],
    action: tuple[str, str],
    *,
    why: str = "",
    mark: tuple[str, str, str] | None = None,
) -> dict[str, Any]:
    """A line: what it is about, facts about it, why it is here, and where it is mended (address, words)."""
    shown = why if len(why) <= WHY_LENGTH else why[:WHY_LENGTH].rsplit(" ", 1)[0] + " …"
    return {"title": title, "href": href, "facts": [fact for fact in facts if fact], "action": action, "why": shown,
            "mark": mark}  # fmt: skip


def _record_title(record: Any) -> str:
    return present.title_of(record.document or record.draft or {})


def _record_page(record: Any) -> str:
    return reverse("web:record" if record.document is not None else "web:draft", args=[record.pk])


def _day(value: Any) -> str:
    return figures.edtf_date(value, language())


def _review(request: HttpRequest, one: Any) -> dict[str, Any]:
    row = review_row(one)
    href = reverse("web:review", args=[one.pk])
    facts = [row["community"], row["by"], _("since %(day)s") % {"day": _day(one.updated)}]
    return _row(row["title"], href, facts, (href, _("Review")), mark=(row["state"], row["icon"], row["class"]))


def _request(request: HttpRequest, one: tuple[AccessRequest, Any]) -> dict[str, Any]:
    asked, record = one
    href = reverse("web:record-access", args=[record.pk]) + f"#request-{asked.pk}"
    facts = [who_asks(asked), _("since %(day)s") % {"day": _day(asked.created)}]
    return _row(_record_title(record), _record_page(record), facts, (href, _("Answer")), why=asked.purpose)


def _orphan(request: HttpRequest, one: Any) -> dict[str, Any]:
    href = reverse("web:record-communities", args=[one.record.pk])
    within = ", ".join(title_of(community) for community in one.communities)
    mark = None if within else (_("nobody looks after it"), "warning", "restricted")
    facts = [_("deposited by %(name)s") % {"name": one.owner}, within]
    return _row(
        _record_title(one.record), _record_page(one.record), facts, (href, _("Give it to a community")), mark=mark
    )


def _file(request: HttpRequest, one: Any) -> dict[str, Any]:
    from urllib.parse import quote

    title = _record_title(one.record)
    base = reverse("web:draft" if one.draft else "web:record", args=[one.record.pk])
    href = base if one.draft else f"{base}?file={quote(one.key)}#look"
    facts = [_("in “%(title)s”") % {"title": title}, _day(one.at)]
    mark = (_("draft"), "pencil", "closed") if one.draft else None
    return _row(one.key, href, facts, (href, _("Look at the file")), why=one.why, mark=mark)


def _closure(request: HttpRequest, one: Any) -> dict[str, Any]:
    line, record = one.closure, one.record
    href = reverse("web:record-access", args=[record.pk])
    ends = _("opens on %(day)s") % {"day": _day(line.until)} if line.until else ""
    again = _("to be looked at again on %(day)s") % {"day": _day(line.review)} if line.review else ""
    facts = [scope_words().get(line.scope, ""), reason_words(line.reason), ends, again]
    return _row(_record_title(record), _record_page(record), facts, (href, _("Its access")))


def _identifier(request: HttpRequest, one: Any) -> dict[str, Any]:
    pid, record = one.pid, one.record
    failed = pid.state == "failed"
    mark = (_("refused"), "cross", "restricted") if failed else (_("tried again"), "clock", "embargo")
    tries = _("%(n)s tries") % {"n": figures.integer(pid.attempts, language())} if pid.attempts > 1 else ""
    facts = [_("of “%(title)s”") % {"title": _record_title(record)}, tries, _day(pid.updated)]
    page_of = _record_page(record)
    words = _("Correct the record") if failed else _("See the record")
    return _row(pid.value, page_of, facts, (page_of, words), why=pid.error, mark=mark)


def _job(request: HttpRequest, job: Any) -> dict[str, Any]:
    kind, _colon, number = job.about.partition(":")
    about = reverse("web:record", args=[int(number)]) if kind == "record" and number.isdecimal() else ""
    jobs = reverse("web:jobs") + "?state=failed"
    action = (jobs, _("Try again")) if request.actor.is_administrator else (about, _("See the record"))
    facts = [job.about.replace(":", " "), _day(job.finished) if job.finished else ""]
    return _row(f"{job.name} {job.pk}", about, facts, action if action[0] else ("", ""), why=job.error or job.message)


def _harvest(request: HttpRequest, harvest: Any) -> dict[str, Any]:
    href = reverse("web:harvest", args=[harvest.slug])
    last = _("worked last on %(day)s") % {"day": _day(harvest.last_success)} if harvest.last_success else ""
    return _row(harvest.title, href, [last], (href, _("See the source")), why=harvest.last_error)


_ROWS: dict[str, Callable[[HttpRequest, Any], dict[str, Any] | None]] = {
    "reviews": _review,
    "requests": _request,
    "orphans": _orphan,
    "files": _file,
    "closures": _closure,
    "identifiers": _identifier,
    "jobs": _job,
    "harvests": _harvest,
}
