"""Search: the box, five facets, the results; the whole state is in the address."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dop2i.errors import InvalidQuery
from dop2i.faces.web import figures, present
from dop2i.faces.web.plots.bars import hbar
from dop2i.faces.web.rendering import language, page
from dop2i.server.catalogue import queries as catalogue

SIZE = 20
SHOWN = 8
FACETS = ("theme", "type", "format", "year", "licence")


def _sorts() -> list[tuple[str, str]]:
    return [
        ("bestmatch", _("Best match")),
        ("newest", _("Newest first")),
        ("publication-desc", _("Date of publication")),
        ("size-desc", _("Largest first")),
    ]


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """The results of ``q``, narrowed by the facets, in an order, one page of them."""
    q = request.GET.get("q", "").strip()[:1000]
    filters = {name: request.GET.getlist(name)[:50] for name in FACETS}
    filters = {name: values for name, values in filters.items() if any(values)}
    sort = request.GET.get("sort", "")
    number = request.GET.get("page", "1")
    context: dict[str, Any] = {"q": q, "sort": sort, "sorts": _sorts()}
    try:
        results = catalogue.search(request.actor, q=q, filters=filters, sort=sort, page=_page_number(number), size=SIZE)
    except InvalidQuery as error:
        context |= {"problem": str(error), "facets": [], "cards": [], "total": 0, "chips": _chips(q, filters, sort)}
        return page(request, "search.html", context, status=400, nav="catalogue")
    context |= {
        "sort": results.sort,
        "total": results.total,
        "understood": results.understood if results.understood and results.understood != q else "",
        "cards": [present.card(document) for document in results.hits],
        "facets": [_facet(name, results.facets.get(name, []), filters.get(name, [])) for name in FACETS],
        "chips": _chips(q, filters, sort),
        "narrowed": bool(filters),
        "pages": _pages(q, filters, sort, results),
        "api": "/api/records?" + urlencode({"q": q, "size": SIZE}) if not filters else "",
        "without_filters": _address(q, {}, sort),
        "canonical": reverse("web:search"),
    }
    return page(request, "search.html", context, nav="catalogue")


def _page_number(text: str) -> int:
    return int(text) if text.isdecimal() and 0 < len(text) < 6 and int(text) else 1


def _address(q: str, filters: dict[str, list[str]], sort: str, number: int = 1) -> str:
    pairs = [("q", q)] if q else []
    pairs += [(name, value) for name, values in filters.items() for value in values]
    pairs += [("sort", sort)] if sort else []
    pairs += [("page", str(number))] if number > 1 else []
    return f"{reverse('web:search')}?{urlencode(pairs)}" if pairs else reverse("web:search")


def value_label(facet: str, value: str) -> str:
    """A facet's value in words."""
    if facet == "theme":
        return present.term_label("themes", value)
    if facet == "type":
        return present.term_label("resourcetypes", value)
    if facet == "format":
        return present.format_label(value)
    if facet == "licence":
        return present.short_licence(value)
    return value


def _facet_labels() -> dict[str, str]:
    return {
        "theme": _("Theme"),
        "type": _("Kind of object"),
        "format": _("Format"),
        "year": _("Year published"),
        "licence": _("Licence"),
    }


def _facet(name: str, counts: list[tuple[str, int]], chosen: list[str]) -> dict[str, Any]:
    most = max((count for _value, count in counts), default=0) or 1
    values = [
        {
            "value": value,
            "label": value_label(name, value),
            "count": count,
            "bar": hbar(count / most, class_="bar-2" if value in chosen else "bar"),
            "chosen": value in chosen,
            "colour": present.THEME_COLOURS.get(value, "") if name == "theme" else "",
        }
        for value, count in counts
    ]
    first = [v for i, v in enumerate(values) if i < SHOWN or v["chosen"]]
    rest = [v for v in values if v not in first]
    return {"name": name, "label": _facet_labels()[name], "values": first, "rest": rest, "open": True}


def _chips(q: str, filters: dict[str, list[str]], sort: str) -> list[dict[str, str]]:
    """One chip a filter, with the address without it."""
    chips = []
    for name, values in filters.items():
        for value in values:
            others = {n: [v for v in vs if (n, v) != (name, value)] for n, vs in filters.items()}
            key, label = _facet_labels()[name], value_label(name, value)
            chips.append({"key": key, "label": label, "href": _address(q, others, sort)})
    return chips


def _pages(q: str, filters: dict[str, list[str]], sort: str, results: Any) -> dict[str, Any]:
    """The numbered pages around the current one; None stands for a gap."""
    last = max(1, -(-min(results.total, catalogue.WINDOW) // SIZE))
    here = results.page
    wanted = sorted({1, last, *(n for n in range(here - 2, here + 3) if 1 <= n <= last)})
    numbers: list[dict[str, Any] | None] = []
    before = 0
    for n in wanted:
        if n - before > 1:
            numbers.append(None)
        numbers.append({"number": n, "words": figures.integer(n, language()), "current": n == here,
                        "href": _address(q, filters, sort, n)})  # fmt: skip
        before = n
    return {
        "numbers": numbers if last > 1 else [],
        "previous": _address(q, filters, sort, here - 1) if here > 1 else "",
        "next": _address(q, filters, sort, here + 1) if here < last else "",
    }
