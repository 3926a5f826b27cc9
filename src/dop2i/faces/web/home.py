"""The home page: every record on one scale of length, what is held, and the newest."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dop2i.core.vocabularies import VOCABULARIES
from dop2i.faces.addresses import base_url
from dop2i.faces.web import figures, present
from dop2i.faces.web.plots.bars import hbar, strip, volume_by_year
from dop2i.faces.web.plots.lengths import Landmark, LengthRow, length_axis
from dop2i.faces.web.rendering import LANGUAGES, instance_title, language, page
from dop2i.server.catalogue import queries as catalogue
from dop2i.server.catalogue.models import Entry

READ = 5000
"""Entries that the page's figures are counted from at most (the newest); above, the page says so."""
ROWS = ("particle", "nuclear", "medical", "accelerator", "astroparticle")
THEMES = (*ROWS, "computing")


@dataclass(slots=True)
class Holdings:
    """Figures over the public catalogue."""

    records: int = 0
    counted: int = 0
    files: int = 0
    size: int = 0
    by_theme: dict[str, list[int]] = field(default_factory=dict)
    lengths: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    formats: Counter[str] = field(default_factory=Counter)
    access: Counter[str] = field(default_factory=Counter)
    years: dict[int, list[float]] = field(default_factory=dict)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The first page."""
    held = holdings()
    newest = catalogue.search(request.actor, sort="newest", size=6, facets=False)
    context = {
        "held": held,
        "title": _title(held),
        "axis": _axis(held),
        "length_rows": _length_table(held),
        "themes": _themes(held),
        "formats": _formats(held),
        "access_strip": _access_strip(held),
        "access": _access(held),
        "volume": _volume(held),
        "newest": [present.card(document) for document in newest.hits],
        "today": timezone.now().date(),
        "read": READ,
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
        "inLanguage": list(LANGUAGES),
        "potentialAction": {
            "@type": "SearchAction",
            "target": {"@type": "EntryPoint", "urlTemplate": f"{base}{reverse('web:search')}?q={{search_term_string}}"},
            "query-input": "required name=search_term_string",
        },
    }
    return json.dumps(made, ensure_ascii=False).replace("<", "\\u003c")


def holdings() -> Holdings:
    """The figures, counted again when the catalogue changed."""
    mark = f"home:{catalogue.last_change()}:{settings.DOP2I.home}".replace(" ", "_")[:240]
    known = cache.get(mark)
    if known is not None:
        return known
    public = Entry.objects.filter(public=True, withdrawn=False, latest=True)
    held = Holdings(records=public.count())
    for document in public.order_by("-seq").values_list("document", flat=True)[:READ].iterator(chunk_size=200):
        _add(held, document)
    cache.set(mark, held, 3600)
    return held


def _add(held: Holdings, document: dict[str, Any]) -> None:
    count, total = present.file_totals(document)
    held.counted += 1
    held.files += count
    held.size += total
    fields = document.get("custom_fields") or {}
    theme = str(fields.get("dop2i:theme") or "")
    if theme in THEMES:
        entry = held.by_theme.setdefault(theme, [0, 0])
        entry[0] += 1
        entry[1] += total
    probed = fields.get("dop2i:length_probed")
    if isinstance(probed, dict):
        low = probed.get("minimum") or probed.get("maximum")
        high = probed.get("maximum") or low
        if isinstance(low, int | float) and isinstance(high, int | float) and low > 0 and high > 0:
            held.lengths.setdefault(theme, []).append((float(low), float(high)))
    held.formats.update(dict.fromkeys(str(f) for f in fields.get("dop2i:formats") or []).keys())
    status = _status(document)
    held.access[status] += 1
    year = present.year_of(document)
    if year.isdecimal():
        held.years.setdefault(int(year), [0.0, 0.0])[0 if status == "open" else 1] += total


def _status(document: dict[str, Any]) -> str:
    access = document.get("access") or {}
    if (document.get("files") or {}).get("enabled") is False:
        return "metadata-only"
    if (access.get("embargo") or {}).get("active"):
        return "embargoed"
    return "open" if access.get("files", "public") == "public" else "restricted"


def _title(held: Holdings) -> str:
    if not held.records:
        return _("Open data, from the quark to the horizon of the universe")
    count = figures.integer(held.records, language())
    if held.records == 1:
        return _("One record, from the quark to the horizon of the universe")
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
            lengths = held.lengths.get(theme, [])
            rows.append(LengthRow(present.THEME_COLOURS[theme], _theme_name(theme), words, lengths))
    if not any(row.lengths for row in rows):
        return ""
    placed = "; ".join(_("%(theme)s: %(count)s, from %(low)s to %(high)s") % line for line in _length_table(held))
    name = _("Records on a logarithmic scale of length. %(placed)s") % {"placed": placed}
    return length_axis(rows, landmarks=_landmarks(), axis_label=_("length probed [m]"), name=name)


def _length_table(held: Holdings) -> list[dict[str, Any]]:
    rows = []
    for theme in ROWS:
        lengths = held.lengths.get(theme)
        if lengths:
            low, high = min(a for a, _b in lengths), max(b for _a, b in lengths)
            rows.append(
                {
                    "theme": _theme_name(theme),
                    "count": len(lengths),
                    "low": figures.length(low, language()),
                    "high": figures.length(high, language()),
                }
            )
    return rows


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
    top = held.formats.most_common(9)
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
    years = {year: (a, b) for year, (a, b) in held.years.items() if a or b}
    if not years:
        return ""
    here = language()
    words = "; ".join(f"{year}: {figures.size(sum(years[year]), here)}" for year in sorted(years))
    return volume_by_year(years, name=_("Volume published each year. %(words)s") % {"words": words}, language=here)
