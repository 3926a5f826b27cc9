"""Search: the box, the filters, the results; the whole state is in the address."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dop2i.errors import NotFound
from dop2i.faces import feeds
from dop2i.faces.addresses import base_url
from dop2i.faces.result_lists import KINDS, result_list
from dop2i.faces.web import figures, search_filters
from dop2i.faces.web.rendering import language, page
from dop2i.faces.web.rows import result_rows
from dop2i.faces.web.search_filters import by_example, href
from dop2i.server.catalogue import queries as catalogue
from dop2i.server.catalogue.addresses import Address
from dop2i.server.catalogue.parsing import Note
from dop2i.server.catalogue.suggesting import Suggestion, corrected, suggest

SIZE = 20
LAST_PAGE = catalogue.WINDOW // SIZE
FEW = 3
UNUSUAL_SORTS = ("oldest", "updated-desc", "updated-asc")
EXAMPLES = ("sqrt_s:13 TeV", "nuclide:56Fe", "creator:Curie", "cone:83.63,22.01,1deg")


def _sorts(chosen: str, *, q: str) -> list[tuple[str, str]]:
    """The usual orders, and the one that is chosen. The order that nobody has to choose has no name in the address:
    who looks for words among everything, newest first, gets the best match first."""
    usual = "bestmatch" if q.strip() else "newest"
    words = {
        "bestmatch": _("Best match"),
        "newest": _("Newest first"),
        "oldest": _("Oldest first"),
        "updated-desc": _("Changed last"),
        "updated-asc": _("Changed first"),
        "publication-desc": _("Date of publication"),
        "publication-asc": _("Earliest published"),
        "size-desc": _("Largest first"),
        "size-asc": _("Smallest first"),
        "mostviewed": _("Most viewed"),
        "mostdownloaded": _("Most downloaded"),
    }
    shown = [name for name in words if name not in UNUSUAL_SORTS or name == chosen]
    return [("" if name == usual else name, words[name]) for name in shown]


def asked_of(request: HttpRequest) -> Address:
    """The search that the address of a request asks."""
    return Address.of((name, value) for name, values in request.GET.lists() for value in values[:500])


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """The results of ``q``, narrowed by the filters, in an order, one page of them; nothing asked is an error."""
    asked = asked_of(request)
    results, beyond = _found(request, asked)
    narrowed = bool(asked.filters)
    few = results.total < FEW and bool(asked.q) and not asked.q.startswith(("like:", "columns_of:"))
    better = corrected(request.actor, q=asked.q) if few else ""
    query = asked.without_page()
    context: dict[str, Any] = {
        "q": asked.q,
        "sort": asked.sort if results.sort != ("bestmatch" if asked.q else "newest") else "",
        "sorts": _sorts(results.sort, q=asked.q),
        "total": results.total,
        "understood": results.understood if results.understood and results.understood != asked.q else "",
        "notes": [*_asides(request, asked, beyond), *(_note(note) for note in results.notes)],
        "better": {"q": better, "href": href(asked.replaced(q=better))} if better else None,
        "cards": [_liked(row) for row in result_rows(results.keys, results.hits)],
        "facets": search_filters.facets(results.facets, asked, results.total),
        "ranges": search_filters.ranges(results.pictures, asked),
        "kept": search_filters.kept(asked),
        "chips": search_filters.chips(asked),
        "narrowed": narrowed,
        "pages": _pages(asked, results),
        "address": query.written(),
        "without_filters": href(asked.replaced(filters={})),
        "api": f"/api/records?{_api_query(asked)}",
        "canonical": reverse("web:search"),
        "examples": [{"q": q, "href": href(Address(q=q))} for q in EXAMPLES],
    }
    return page(request, "search.html", context, nav="catalogue")


def _found(request: HttpRequest, asked: Address) -> tuple[catalogue.Results, bool]:
    """The page that is asked, or the last that there is; whether it was beyond."""
    number = min(asked.page, LAST_PAGE)

    def at(wanted: int) -> catalogue.Results:
        return catalogue.search(
            request.actor, q=asked.q, filters=asked.filters, sort=asked.sort, page=wanted, size=SIZE, pictures=True
        )

    results = at(number)
    last = max(1, -(-min(results.total, catalogue.WINDOW) // SIZE))
    return (at(last), True) if number > last else (results, asked.page > number)


def _asides(request: HttpRequest, asked: Address, beyond: bool) -> list[str]:
    """What of the address itself could not be followed."""
    said = [_("That page does not exist: this is the last one.")] if beyond else []
    order = request.GET.get("sort", "")
    if order and not asked.sort:
        said.append(_("There is no order “%(name)s”; the usual one was taken.") % {"name": order[:40]})
    return said


def _note(note: Note) -> str:
    """What was ignored or supposed, in the page's language."""
    sentences = {
        "cut": _("Only the beginning of the query was read."),
        "nesting": _("Parentheses inside parentheses were read down to eight only."),
        "parentheses": _("Parentheses do not match; the query was read without the odd ones."),
        "unknown-field": _("There is no field “%(subject)s”; it was looked for as words."),
        "meant-field": _("There is no field “%(subject)s”; it was looked for as words. Close to it: %(hint)s."),
        "no-value": _("The field “%(subject)s” has no value; it was left out. Example: %(hint)s"),
        "unreadable": _("“%(subject)s” cannot be read; it was left out. Example: %(hint)s"),
        "unit": _("“%(subject)s” is no unit that fits there; the condition was left out. Example: %(hint)s"),
        "assumed": _("“%(subject)s” has no unit; %(hint)s was supposed."),
        "no-record": _("There is no record “%(subject)s” to compare with."),
        "no-columns": _("No columns are known of the files of record “%(subject)s”."),
    }
    return sentences[note.code] % {"subject": note.subject, "hint": note.hint}


def _liked(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "like": by_example("like", row["key"])}


def _api_query(asked: Address) -> str:
    return urlencode([*asked.without_page().pairs(), ("size", str(SIZE))])


def _pages(asked: Address, results: catalogue.Results) -> dict[str, Any]:
    """The numbered pages around the current one; None stands for a gap."""
    last = max(1, -(-min(results.total, catalogue.WINDOW) // SIZE))
    here = results.page

    def to(number: int) -> str:
        return href(asked.replaced(page=number))

    wanted = sorted({1, last, *(n for n in range(here - 2, here + 3) if 1 <= n <= last)})
    numbers: list[dict[str, Any] | None] = []
    before = 0
    for n in wanted:
        if n - before > 1:
            numbers.append(None)
        numbers.append({"number": n, "words": figures.integer(n, language()), "current": n == here, "href": to(n)})
        before = n
    return {
        "numbers": numbers if last > 1 else [],
        "previous": to(here - 1) if here > 1 else "",
        "next": to(here + 1) if here < last else "",
    }


@require_safe
def suggestions(request: HttpRequest) -> HttpResponse:
    """How the words in the box may go on, as JSON for the page's script."""
    found = suggest(request.actor, q=request.GET.get("q", "")[:500])
    listed = [{"kind": one.kind, "label": _label(one), "q": one.q, "count": one.count} for one in found]
    answer = JsonResponse({"suggestions": listed})
    answer["Cache-Control"] = "private, max-age=30"
    return answer


def _label(one: Suggestion) -> str:
    return f"{_('Did you mean:')} {one.label}" if one.kind == "correction" else one.label


@require_safe
def feed(request: HttpRequest, kind: str) -> HttpResponse:
    """A search as a feed, Atom or JSON."""
    if kind not in feeds.MEDIA_TYPES:
        raise NotFound(f"There is no feed called {kind[:20]!r}.")
    base = base_url(request)
    content = feeds.feed(request.actor, asked_of(request), kind=kind, base=base, here=base + request.get_full_path())
    answer = HttpResponse(content, content_type=feeds.MEDIA_TYPES[kind])
    answer["Cache-Control"] = "private, max-age=300"
    return answer


@require_safe
def result_file(request: HttpRequest, kind: str) -> HttpResponseBase:
    """The results of a search as a file."""
    if kind not in KINDS:
        raise NotFound(f"There is no list of results called {kind[:20]!r}.", hint=f"There are {', '.join(KINDS)}.")
    return result_list(request, asked_of(request), kind=kind)
