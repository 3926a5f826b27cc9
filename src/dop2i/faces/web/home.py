"""The home page: every record on one scale of length, what is held, and the newest."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dop2i.core.vocabularies import VOCABULARIES
from dop2i.errors import ServiceUnavailable
from dop2i.faces.addresses import base_url
from dop2i.faces.web import figures, present
from dop2i.faces.web.plots.bars import hbar, strip, volume_by_year
from dop2i.faces.web.plots.lengths import Landmark, LengthRow, length_axis
from dop2i.faces.web.rendering import LANGUAGES, instance_title, language, page
from dop2i.faces.web.rows import result_rows
from dop2i.server.catalogue import queries as catalogue
from dop2i.server.catalogue.holdings import Holdings, holdings

ROWS = ("particle", "nuclear", "medical", "accelerator", "astroparticle")
THEMES = (*ROWS, "computing")
NEWEST = 6


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The first page."""
    held = holdings()
    try:
        newest = catalogue.search(request.actor, sort="newest", size=NEWEST, facets=False)
    except ServiceUnavailable:  # the index is being built anew, as after an upgrade
        newest = catalogue.Results()
    # what was counted in part is told in whole by the index
    records = held.records if held.whole else max(held.records, newest.total)
    context = {
        "held": held,
        "title": _title(records),
        "records": records,
        "axis": _axis(held),
        "length_rows": _length_table(held),
        "themes": _themes(held),
        "formats": _formats(held),
        "access_strip": _access_strip(held),
        "access": _access(held),
        "volume": _volume(held),
        "newest": result_rows(newest.keys, newest.hits),
        "unplaced": _unplaced(held),
        "json_ld": _data_catalogue(request),
    }
    return page(request, "home.html", context)


def _data_catalogue(request: HttpRequest) -> str:
    """The installation as a schema.org DataCatalog, safe inside a script element."""
    base = base_url(request)
    made = {
        "@context": "https://schema.org/",
        "@type": "DataCatalog",
        "@id": f"{base}/",
        "name": instance_title(),
        "url": f"{base}/",
        "description": _(
            "A repository and a catalogue: data of the physics of the two infinities, open, described from their own "
            "content, citable."
        ),
        "publisher": {"@type": "Organization", "name": instance_title(), "url": f"{base}/"},
        "inLanguage": list(LANGUAGES),
        "potentialAction": {
            "@type": "SearchAction",
            "target": {"@type": "EntryPoint", "urlTemplate": f"{base}{reverse('web:search')}?q={{search_term_string}}"},
            "query-input": "required name=search_term_string",
        },
    }
    return json.dumps(made, ensure_ascii=False).replace("<", "\\u003c")


def _title(records: int) -> str:
    if not records:
        return _("Open data, from the quark to the horizon of the universe")
    if records == 1:
        return _("One record, from the quark to the horizon of the universe")
    count = figures.integer(records, language())
    return _("%(count)s records, from the quark to the horizon of the universe") % {"count": count}


def _landmarks() -> list[Landmark]:
    return [
        Landmark(2e-19, _("top quark"), wide=False),
        Landmark(1e-15, _("proton")),
        Landmark(1e-10, _("atom")),
        Landmark(1e-5, _("cell")),
        Landmark(1.7, _("a person"), wide=False),
        Landmark(2.7e4, _("LHC ring")),
        Landmark(1.27e7, _("Earth")),
        Landmark(1.5e11, _("Earth–Sun")),
        Landmark(4e16, _("nearest star")),
        Landmark(1e21, _("Galaxy")),
        Landmark(4.4e26, _("horizon"), wide=False),
    ]


def _theme_name(theme: str) -> str:
    return VOCABULARIES["themes"][theme].label(language())


def _axis(held: Holdings) -> str:
    rows = []
    for theme in ROWS:
        count = held.by_theme.get(theme, [0, 0])[0]
        if count:
            words = figures.integer(count, language())
            rows.append(LengthRow(present.THEME_COLOURS[theme], _theme_name(theme), words, held.places(theme)))
    if not any(row.lengths for row in rows):
        return ""
    placed = "; ".join(_("%(theme)s: %(count)s, from %(low)s to %(high)s") % line for line in _length_table(held))
    name = _("Records on a logarithmic scale of length. %(placed)s") % {"placed": placed}
    return length_axis(rows, landmarks=_landmarks(), axis_label=_("length probed [m]"), name=name)


def _length_table(held: Holdings) -> list[dict[str, Any]]:
    rows = []
    for theme in ROWS:
        if edges := held.extremes.get(theme):
            rows.append(
                {
                    "id": theme,
                    "theme": _theme_name(theme),
                    "count": held.placed(theme),
                    "low": figures.length(edges[0], language()),
                    "high": figures.length(edges[1], language()),
                }
            )
    return rows


def _unplaced(held: Holdings) -> int:
    """How many records have no length, or no row on the axis."""
    return max(0, held.records - sum(held.placed(theme) for theme in ROWS))


def _themes(held: Holdings) -> list[dict[str, Any]]:
    return [
        {
            "id": theme,
            "label": _theme_name(theme),
            "colour": present.THEME_COLOURS[theme],
            "count": held.by_theme.get(theme, [0, 0])[0],
            "size": held.by_theme.get(theme, [0, 0])[1],
        }
        for theme in THEMES
    ]


def _formats(held: Holdings) -> list[dict[str, Any]]:
    top = sorted(held.formats.items(), key=lambda item: (-item[1], item[0]))[:9]
    most = top[0][1] if top else 1
    return [
        {"id": name, "label": present.format_label(name), "count": count, "bar": hbar(count / most)}
        for name, count in top
    ]


ACCESS_ORDER = ("open", "embargoed", "restricted", "metadata-only")
FILLS = {"open": "fill-good", "embargoed": "fill-warn", "restricted": "fill-bad", "metadata-only": "fill-ink-3"}


def _access(held: Holdings) -> list[dict[str, Any]]:
    made = []
    for status in ACCESS_ORDER:
        icon, words = present.ACCESS[status]
        count = held.access.get(status, 0)
        made.append({"icon": icon, "words": str(words), "class": present.ACCESS_CLASS[status], "count": count})
    return made


def _access_strip(held: Holdings) -> str:
    words = ", ".join(f"{line['count']} {line['words']}" for line in _access(held))
    name = _("Access, in records: %(words)s") % {"words": words}
    return strip([(FILLS[s], held.access.get(s, 0)) for s in ACCESS_ORDER], name=name)


def _volume(held: Holdings) -> str:
    years = {int(year): (float(a), float(b)) for year, (a, b) in held.years.items() if a or b}
    if not years:
        return ""
    here = language()
    words = "; ".join(f"{year}: {figures.size(sum(years[year]), here)}" for year in sorted(years))
    return volume_by_year(years, name=_("Volume published each year. %(words)s") % {"words": words}, language=here)
