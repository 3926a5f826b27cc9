"""Harvests for stewards: the sources, adding one, watching, pausing, and what failed and why."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from dop2i.core.vocabularies import VOCABULARIES
from dop2i.errors import Dop2iError, InvalidInput, NotFound
from dop2i.faces.web import present
from dop2i.faces.web.plots.bars import progress_bar
from dop2i.faces.web.rendering import language, page
from dop2i.faces.web.said import said
from dop2i.server.harvests import actions, queries
from dop2i.server.harvests.documents import address_of, api_address_of
from dop2i.server.harvests.policy import require_harvest
from dop2i.server.harvests.sources import SOURCES, Source
from dop2i.server.jobs.queries import jobs_for

CLASSES = {"new": "closed", "waiting": "closed", "running": "embargo", "done": "open", "failed": "restricted"}
ICONS = {"new": "clock", "waiting": "clock", "running": "pending", "done": "check", "failed": "warning"}


def state_of(harvest: Any) -> dict[str, str]:
    """The state of a harvest: words, icon, colour."""
    words = {
        "new": _("not run so far"),
        "waiting": _("waiting"),
        "running": _("running"),
        "done": _("up to date"),
        "failed": _("failed"),
    }
    if harvest.paused:
        return {"words": _("paused"), "icon": "clock", "class": "closed"}
    state = str(harvest.state)
    return {"words": words[state], "icon": ICONS[state], "class": CLASSES[state]}


@require_safe
def harvests(request: HttpRequest) -> HttpResponse:
    """All harvests, and the kinds of sources that can be added."""
    require_harvest(request.actor)
    kinds = [_kind(source) for source in SOURCES.values()]
    labels = {kind["name"]: kind["label"] for kind in kinds}
    rows = [
        {"line": line, "state": state_of(line.harvest), "kind": labels.get(line.harvest.kind, line.harvest.kind)}
        for line in queries.list_harvests()
    ]
    total = sum(row["line"].live for row in rows)
    return page(request, "harvests.html", {"rows": rows, "kinds": kinds, "total": total}, nav="harvests")


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The form for a new source of one kind; it may be tried before it is added."""
    require_harvest(request.actor)
    source = _source(request.GET.get("kind", ""))
    given = request.POST if request.method == "POST" else request.GET
    context: dict[str, Any] = {"kind": _kind(source), "fields": _fields(source, given), "given": given, "new": True}
    if request.method == "POST":
        try:
            if "try" in given:
                context["tried"] = _tried(source, given)
            else:
                harvest = actions.add_harvest(
                    actor=request.actor,
                    kind=source.name,
                    slug=given.get("slug", ""),
                    title=given.get("title", ""),
                    address=given.get("address", ""),
                    options=_options(source, given),
                    every_hours=_hours(given.get("every_hours", "")),
                )
                messages.success(request, _("The source is added. Its first run begins in a moment."))
                return HttpResponseRedirect(reverse("web:harvest", args=[harvest.slug]))
        except Dop2iError as error:
            context["problem"] = said(error)
    status = 400 if "problem" in context else 200
    return page(request, "harvest_form.html", context, status=status, nav="harvests")


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, slug: str) -> HttpResponse:
    """The form with what is known of a harvest."""
    require_harvest(request.actor)
    harvest = queries.get_harvest(slug).harvest
    source = _source(harvest.kind)
    known = {"title": harvest.title, "slug": harvest.slug, "address": harvest.address,
             "every_hours": str(harvest.every_hours), **harvest.options}  # fmt: skip
    given = request.POST if request.method == "POST" else known
    context: dict[str, Any] = {"kind": _kind(source), "fields": _fields(source, given), "given": given, "slug": slug}
    if request.method == "POST":
        try:
            if "try" in given:
                context["tried"] = _tried(source, given)
            else:
                actions.change_harvest(
                    actor=request.actor,
                    slug=slug,
                    title=given.get("title", ""),
                    address=given.get("address", ""),
                    options=_options(source, given),
                    every_hours=_hours(given.get("every_hours", "")),
                )
                messages.success(request, _("The source is changed."))
                return HttpResponseRedirect(reverse("web:harvest", args=[slug]))
        except Dop2iError as error:
            context["problem"] = said(error)
    status = 400 if "problem" in context else 200
    return page(request, "harvest_form.html", context, status=status, nav="harvests")


@require_http_methods(["GET", "HEAD", "POST"])
def harvest(request: HttpRequest, slug: str) -> HttpResponse:
    """One harvest: its state, its runs, what failed, what is gone; and what can be done with it."""
    require_harvest(request.actor)
    if request.method == "POST":
        return _act(request, slug)
    line = queries.get_harvest(slug)
    run = line.last_run
    bar = ""
    if run is not None and str(line.harvest.state) == "running" and run.total:
        bar = progress_bar(run.seen, max(run.total, run.seen), name=_("progress of this harvest"))
    jobs = [
        job for job in jobs_for(about=f"harvest:{line.harvest.pk}", size=1).jobs if job.state in ("waiting", "running")
    ]
    context = {
        "line": line,
        "harvest": line.harvest,
        "kind": _kind(_source(line.harvest.kind)),
        "options": _told(_source(line.harvest.kind), line.harvest.options),
        "state": state_of(line.harvest),
        "runs": queries.runs_of(line.harvest),
        "run": run,
        "bar": bar,
        "job": jobs[0] if jobs else None,
        "problems": [
            {"item": item, "raw": api_address_of(item.key, part="raw") if item.raw_type else ""}
            for item in queries.problems_of(line.harvest)
        ],
        "gone": [
            {"item": item, "address": address_of(item.entry) if item.entry else ""}
            for item in queries.gone_from(line.harvest)
        ],
        "search": f"{reverse('web:search')}?source={slug}",
    }
    return page(request, "harvest.html", context, nav="harvests")


def _act(request: HttpRequest, slug: str) -> HttpResponse:
    wanted = request.POST.get("action", "")
    actor = request.actor
    if wanted in ("run", "full", "accept"):
        actions.run_now(actor=actor, slug=slug, full=wanted == "full", accept_losses=wanted == "accept")
        messages.success(request, _("The harvest begins in a moment."))
    elif wanted == "pause":
        actions.pause(actor=actor, slug=slug)
        messages.success(request, _("The harvest is paused; it keeps its place."))
    elif wanted == "resume":
        actions.resume(actor=actor, slug=slug)
        messages.success(request, _("The harvest goes on where it stopped."))
    elif wanted == "remove":
        if request.POST.get("confirm") != slug:
            raise InvalidInput(_("Write the short name of the source to confirm that it is removed."))
        actions.remove_harvest(actor=actor, slug=slug)
        messages.success(request, _("The source is removed, with the records that only it had."))
        return HttpResponseRedirect(reverse("web:harvests"))
    else:
        raise InvalidInput(f"There is no action {wanted!r}.")
    return HttpResponseRedirect(reverse("web:harvest", args=[slug]))


@require_http_methods(["POST"])
def settle(request: HttpRequest) -> HttpResponse:
    """Split a record from its entry, or join it to another."""
    require_harvest(request.actor)
    key = request.POST.get("key", "")
    if request.POST.get("action") == "split":
        item = actions.split(actor=request.actor, key=key)
        messages.success(request, _("The record has an entry of its own again."))
    else:
        item = actions.join(actor=request.actor, key=key, entry=_entry_key(request.POST.get("entry", "")))
        messages.success(request, _("Both are one entry now."))
    return HttpResponseRedirect(address_of(item.entry))


def _entry_key(text: str) -> str:
    """A key, or the address of an entry's page as people copy it."""
    from urllib.parse import unquote, urlsplit

    path = unquote(urlsplit(text.strip()).path) if "/" in text else text.strip()
    for start, made in (("/catalogue/", "{}:{}"), ("/records/", "own:{}")):
        if path.startswith(start):
            rest = path.removeprefix(start)
            source, _slash, name = rest.partition("/")
            return made.format(source, name) if start == "/catalogue/" else made.format(source)
    return text.strip()


def _source(kind: str) -> Source:
    if kind not in SOURCES:
        raise NotFound(f"There is no kind of source called {kind!r}.")
    return SOURCES[kind]


def _kind(source: Source) -> dict[str, str]:
    here = language()
    return {
        "name": source.name,
        "label": source.label[here],
        "about": source.about[here],
        "address": source.address,
        "example": source.address or source.example,
    }


def _told(source: Source, options: dict[str, str]) -> list[tuple[str, str]]:
    """The options of a harvest in words, as the form names them."""
    fields = _fields(source, options)
    words = {field["name"]: field["label"] for field in fields}
    values = {(field["name"], value): label for field in fields for value, label in field["choices"]}
    return [(words.get(name, name), values.get((name, value), value)) for name, value in options.items()]


def _fields(source: Source, given: Any) -> list[dict[str, Any]]:
    """The options of a source as a form shows them, and those that every source has."""
    here = language()
    made = [
        {
            "name": option.name,
            "label": option.label[here],
            "help": option.help.get(here, ""),
            "choices": [(value, words[here]) for value, words in option.choices],
            "value": given.get(option.name, "") or option.default,
            "required": option.required,
        }
        for option in source.options
    ]
    themes = [(name, present.term_label("themes", name)) for name in VOCABULARIES["themes"]]
    theme = {"name": "theme", "label": _("Theme of records that state none"), "help": "", "choices": themes,
             "value": given.get("theme", "") or source.theme, "required": False}  # fmt: skip
    pause = {"name": "pause", "label": _("Seconds between two requests"), "choices": [],
             "help": _("Half a second where nothing is given, none for hosts that the configuration names."),
             "value": given.get("pause", ""), "required": False}  # fmt: skip
    return [*made, theme, *([pause] if source.name != "folder" else [])]


def _options(source: Source, given: Any) -> dict[str, str]:
    """What the form says, without what a source does anyway: as the command line would have it."""
    defaults = {option.name: option.default for option in source.options}
    names = [*(option.name for option in source.options), "theme", "pause"]
    found = {name: given.get(name, "").strip() for name in names}
    return {name: value for name, value in found.items() if value and value != defaults.get(name)}


def _hours(text: str) -> int:
    if not text.strip():
        return 24
    if not text.strip().isdecimal() or len(text) > 6:
        raise InvalidInput(_("“%(text)s” is no number of hours.") % {"text": text})
    return int(text)


def _tried(source: Source, given: Any) -> dict[str, Any]:
    from dop2i.server.harvests.trying import try_source

    return try_source(kind=source.name, address=given.get("address", ""), options=_options(source, given))
