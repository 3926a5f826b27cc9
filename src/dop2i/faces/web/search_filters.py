"""The filters beside the results: facets, ranges with their histograms, the sky, the years of data taking."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import get_script_prefix, reverse
from django.utils.translation import gettext as _

from dop2i.faces.web import figures, present
from dop2i.faces.web.plots.bars import hbar
from dop2i.faces.web.plots.ranges import Bar, range_bars
from dop2i.faces.web.plots.sky_cells import sky_cells
from dop2i.faces.web.rendering import language
from dop2i.server.catalogue.addresses import Address
from dop2i.server.catalogue.facets import Bin, Pictures
from dop2i.server.catalogue.similar import has_columns

SHOWN = 8
FACETS = (
    *("theme", "type", "experiment", "facility", "laboratory", "community", "format", "licence", "access", "year"),
    *("source", "dphep"),
)
RANGES = ("sqrt_s", "energy", "size", "time", "cone")
OTHERS = (
    "wavelength",
    "frequency",
    "distance",
    "length",
    "date",
    "cell",
    "nuclide",
    "reaction",
    "particle",
    "observable",
)
OPEN = ("theme", "type", "experiment", "format")
MAP_ORDER = 2
_PARTING = re.compile(r"[\s()]")
_EXAMPLES = {
    "sqrt_s": "7..8 TeV",
    "energy": "1..100 keV",
    "size": ">1 GB",
    "time": "2015-09-14..2015-09-15",
    "cone": "83.63,22.01,0.5deg",
}


def labels() -> dict[str, str]:
    """What each filter is called."""
    return {
        "theme": _("Theme"),
        "type": _("Kind of object"),
        "experiment": _("Experiment"),
        "facility": _("Facility"),
        "laboratory": _("Laboratory"),
        "community": _("Community"),
        "format": _("Format"),
        "licence": _("Licence"),
        "access": _("Access"),
        "year": _("Year published"),
        "source": _("Source"),
        "dphep": _("Preservation level (DPHEP)"),
        "sqrt_s": _("Collision energy √s"),
        "energy": _("Energy"),
        "size": _("Size of the files"),
        "time": _("Time of the data"),
        "cone": _("Region of the sky"),
        "cell": _("Cell of the sky"),
        "wavelength": _("Wavelength"),
        "frequency": _("Frequency"),
        "distance": _("Distance"),
        "length": _("Length probed"),
        "date": _("Date published"),
        "nuclide": _("Nuclide"),
        "reaction": _("Reaction"),
        "particle": _("Particle"),
        "observable": _("Observable"),
    }


def value_label(facet: str, value: str) -> str:
    """A filter's value in words."""
    if facet == "theme":
        return present.term_label("themes", value)
    if facet == "type":
        return present.term_label("resourcetypes", value)
    if facet == "format":
        return present.format_label(value)
    if facet == "licence":
        return present.short_licence(value)
    if facet == "access":
        known = present.ACCESS.get(value)
        return str(known[1]) if known else value
    if facet == "source" and value == "own":
        return _("This repository")
    return value


def facets(counted: Mapping[str, list[tuple[str, int]]], asked: Address, total: int) -> list[dict[str, Any]]:
    """The facets that can narrow something, those that are filtered, and none that would say nothing."""
    shown = []
    for name in FACETS:
        values, chosen = counted.get(name, []), asked.filters.get(name, [])
        telling = len(values) > 1 or (values and values[0][1] < total) or name in ("theme", "type", "year", "licence")
        if chosen or (values and telling):
            shown.append(_facet(name, values, chosen))
    return shown


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
    return {"name": name, "label": labels()[name], "values": first, "rest": rest, "open": name in OPEN or bool(chosen)}


def chips(asked: Address) -> list[dict[str, str]]:
    """One chip a filter, with the address without it."""
    names = labels()
    return [
        {"key": names[name], "label": value_label(name, value), "href": href(asked.without_filter(name, value))}
        for name, values in asked.filters.items()
        for value in values
    ]


def href(asked: Address) -> str:
    """The address of a search's page."""
    written = asked.written()
    page = _search_page(get_script_prefix())
    return f"{page}?{written}" if written else page


def by_example(field: str, key: str) -> str:
    """The address of the search for what is ``like`` an entry, or has the ``columns_of`` it."""
    name = key.removeprefix("own:")
    return href(Address(q=f'{field}:"{name}"' if _PARTING.search(name) else f"{field}:{name}"))


def see_also(key: str) -> dict[str, str]:
    """Where a reader may go on from the page of an entry."""
    columns = by_example("columns_of", key) if has_columns(key) else ""
    graph = reverse("web:graph", args=[key.removeprefix("own:")])
    return {"like": by_example("like", key), "columns": columns, "graph": graph}


@functools.cache
def _search_page(prefix: str) -> str:
    return reverse("web:search")


def ranges(pictures: Pictures | None, asked: Address) -> list[dict[str, Any]]:
    """The filters by quantity: a field to write in, and a picture to point at where there is something to show."""
    pictures = pictures or Pictures()
    drawn = {name: _histogram(name, bins, asked) for name, bins in pictures.histograms.items()}
    drawn["time"] = _times(pictures.times, asked)
    drawn["cone"] = _sky(pictures.sky, asked)
    names = labels()
    return [
        {
            "name": name,
            "label": names[name],
            "value": ", ".join(asked.filters.get(name, [])) if len(asked.filters.get(name, [])) == 1 else "",
            "kept": asked.filters.get(name, []) if len(asked.filters.get(name, [])) > 1 else [],
            "example": _EXAMPLES[name],
            "picture": drawn.get(name, ""),
            "open": name in asked.filters or (name == "cone" and "cell" in asked.filters),
        }
        for name in RANGES
        if drawn.get(name) or name in asked.filters
    ]


def kept(asked: Address) -> list[tuple[str, str]]:
    """Filters that the form has no field for: they go with it, hidden."""
    return [(name, value) for name in OTHERS for value in asked.filters.get(name, [])]


def _histogram(name: str, bins: Sequence[Bin], asked: Address) -> str:
    bars = [
        Bar(
            count=one.count,
            words=_bar_words(_edges_in_words(name, one), one.count),
            href=href(asked.with_filter(name, one.value, alone=True)),
            chosen=one.value in asked.filters.get(name, []),
        )
        for one in bins
    ]
    wide = len(bins)
    every = max(1, -(-wide // 3))
    ticks = [(place / wide, _short(name, bins[place].low)) for place in range(0, wide, every)]
    return range_bars(bars, ticks=ticks)


def _edges_in_words(name: str, one: Bin) -> str:
    return f"{_short(name, one.low)} – {_short(name, one.high)}"


def _short(name: str, value: float) -> str:
    from dop2i.core.quantities.units import in_words

    if name == "size":
        return figures.size(value, language())
    number, _blank, unit = in_words(value, "energy").partition(" ")
    return f"{figures.number(float(number), language(), 3)}\u00a0{unit}"


def _bar_words(where: str, count: int) -> str:
    return (
        f"{where}: {figures.integer(count, language())}"
        if language() == "en"
        else (f"{where}\u00a0: {figures.integer(count, language())}")
    )


def _times(years: Mapping[int, int], asked: Address) -> str:
    known = {year: count for year, count in years.items() if 1800 < year < 2200}
    if not known:
        return ""
    first, last = max(min(known), max(known) - 79), max(known)
    chosen = asked.filters.get("time", [])
    bars = [
        Bar(known.get(year, 0), _bar_words(str(year), known.get(year, 0)),
            href(asked.with_filter("time", str(year), alone=True)), str(year) in chosen)
        for year in range(first, last + 1)
    ]  # fmt: skip
    wide = len(bars)
    ticks = [(0.0, str(first))] if wide < 3 else [(0.0, str(first)), (1.0, str(last))]
    return range_bars(bars, ticks=ticks)


def _sky(cells: Mapping[int, int], asked: Address) -> str:
    from dop2i.server.catalogue.schema import SKY_BIN_ORDER

    shift = 2 * (SKY_BIN_ORDER - MAP_ORDER)
    counts: dict[int, int] = {}
    for cell, count in cells.items():
        counts[cell >> shift] = counts.get(cell >> shift, 0) + count
    without = asked.without_filter("cone")
    chosen = {
        int(value.partition("/")[2]) for value in asked.filters.get("cell", []) if value.startswith(f"{MAP_ORDER}/")
        and value.partition("/")[2].isdecimal()
    }  # fmt: skip
    # one address for all cells, in which the number is put
    before, _place, after = href(without.with_filter("cell", "_CELL_", alone=True)).partition("_CELL_")
    return sky_cells(
        counts,
        order=MAP_ORDER,
        href=lambda cell: f"{before}{MAP_ORDER}%2F{cell}{after}",
        words=lambda cell, count: _bar_words(f"HEALPix {MAP_ORDER}/{cell}", count),
        chosen=chosen,
    )
