"""The samples of ``/design``: what each component is given, in each of its states."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from django.utils.translation import gettext as _

from dop2i.faces.web import icons, present
from dop2i.faces.web.access_box import reason_words
from dop2i.faces.web.assets import asset_url
from dop2i.faces.web.deposit_rows import Row
from dop2i.faces.web.evidence import Chip, Other
from dop2i.faces.web.jobs import job_rows
from dop2i.faces.web.plots.bars import progress_bar, strip
from dop2i.faces.web.plots.cells import cell_map
from dop2i.faces.web.plots.lengths import Landmark, LengthRow, length_axis
from dop2i.faces.web.plots.points import measured_thumbnail, series_thumbnail
from dop2i.faces.web.plots.sky import sky_map
from dop2i.faces.web.plots.steps import full_histogram, histogram_thumbnail
from dop2i.faces.web.rendering import language

_AT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
_BELL = [math.exp(-(((i - 20) / 7) ** 2)) * 900 + 20 for i in range(40)]
_SHADES = ("status", "open", "embargoed", "restricted", "metadata-only")


@dataclass(frozen=True, slots=True)
class Sample:
    """One component in one state: a template with its context, or markup that a drawing made."""

    state: str
    template: str = ""
    context: dict[str, Any] = field(default_factory=dict)
    html: str = ""


def _document(status: str = "open", **parts: Any) -> dict[str, Any]:
    """A record as the catalogue keeps it."""
    return {
        "id": "17",
        "metadata": {
            "title": "Muon decay times in a scintillator",
            "additional_titles": [
                {
                    "title": "Temps de vie du muon dans un scintillateur",
                    "lang": {"id": "fra"},
                    "type": {"id": "translated-title"},
                }
            ],
            "description": "Times of stopped muons and of the electrons of their decay, with charges.",
            "resource_type": {"id": "dataset"},
            "publication_date": "2026-03-01",
            "creators": [{"person_or_org": {"type": "personal", "family_name": "Martin", "given_name": "Alice"}}],
            "rights": [{"id": "cc-by-4.0"}],
        },
        "custom_fields": {"dop2i:theme": "particle"},
        "access": {"status": status, "files": "public" if status == "open" else "restricted"},
        "files": {"enabled": status != "metadata-only", "count": 12, "total_bytes": 3_140_000},
        **parts,
    }


def controls() -> Iterator[Sample]:
    """Buttons and links."""
    yield Sample(_("at rest and not to be used"), "design_controls.html")


def icons_in_use() -> Iterator[Sample]:
    """Every icon with its name."""
    yield Sample(_("all of them"), "design_icons.html", {"names": list(icons.SHAPES)})


def states() -> Iterator[Sample]:
    """How open a record is, and of which theme."""
    shown = [present.access_of(_document(status)) for status in _SHADES[1:]]
    themes = [
        (colour, label)
        for _id, label, colour in (
            present.theme_of({"custom_fields": {"dop2i:theme": theme}})
            for theme in ("particle", "nuclear", "medical", "accelerator", "astroparticle")
        )
    ]
    yield Sample(_("all of them"), "design_states.html", {"states": shown, "themes": themes})


class _Message(str):
    """What Django's messages are to a template: text with tags."""

    __slots__ = ("tags",)

    def __new__(cls, text: str, tags: str) -> _Message:
        """The text, and how it is meant."""
        made = super().__new__(cls, text)
        made.tags = tags
        return made


def messages() -> Iterator[Sample]:
    """What a page says of what was just done."""
    said = {
        "success": _("The password is set. Sign in with it."),
        "warning": _("There is a newer version of this record."),
        "error": _("This file could not be read."),
    }
    for tags, words in said.items():
        yield Sample(tags, "messages.html", {"messages": [_Message(words, tags)]})


def fields() -> Iterator[Sample]:
    """A field of a deposit in each of its states."""
    from_file = Chip("event/hits.root", "Events › E", "")
    from_register = Chip("", "ORCID", "person")
    label = _("Experiment")
    states = {
        "empty": Row("experiment", label, "text", "empty", needed=True),
        "typed": Row("experiment", label, "text", "typed", ["KM3NeT"], value="KM3NeT"),
        "proposed": Row("experiment", label, "text", "proposed", ["KM3NeT"], value="KM3NeT", chips=[from_file]),
        "accepted": Row("experiment", label, "text", "accepted", ["KM3NeT"], value="KM3NeT", chips=[from_file]),
        "changed": Row("experiment", label, "text", "changed", ["ANTARES"], value="ANTARES", chips=[from_file]),
        "refused": Row("experiment", label, "text", "refused", ["KM3NeT"], chips=[from_file]),
        "conflict": Row(
            "experiment", label, "text", "conflict", ["KM3NeT"], value="KM3NeT", chips=[from_file],
            others=[Other("ANTARES", "ANTARES", from_register)],
        ),
        "wrong": Row(
            "experiment", label, "text", "typed", ["?"], value="?", errors=[_("This value cannot be read.")]
        ),
    }  # fmt: skip
    for state, row in states.items():
        yield Sample(state, "deposit_row.html", {"row": row, "choices": {}})


def evidence() -> Iterator[Sample]:
    """Where a value was read: a file, a plan, a register, a weak sign."""
    kinds = [
        Chip("events.root", "Events › run", ""),
        Chip("", "plan", "plan"),
        Chip("", "ORCID", "person"),
        Chip("data/run7/hits.csv", "", "none", 12),
    ]
    for chip in kinds:
        yield Sample(chip.kind or "file", "deposit_chip.html", {"chip": chip})


def results() -> Iterator[Sample]:
    """A row of the results: open with its picture, and closed in each way."""
    for status in _SHADES[1:]:
        card = present.card(_document(status))
        result = {"href": "#design-results", "card": card, "like": "#design-results", "source": ""}
        if status == "open":
            result |= {"picture": asset_url("img/mark.svg"), "words": _("A histogram")}
        yield Sample(status, "design_result.html", {"result": result, "card": card})


def closures() -> Iterator[Sample]:
    """What a record says of its closed files."""
    for scope in ("part", "files", "record"):
        line = {"scope": scope, "until": date(2027, 3, 1), "reason": reason_words("publication"), "note": ""}
        yield Sample(scope, "access_lines.html", {"closures": [line]})


def jobs() -> Iterator[Sample]:
    """Jobs in each state."""
    from dop2i.server.jobs.models import Job

    made = [
        Job(pk=number, name="describe_files", about="record:17", state=state, attempts=number, created=_AT,
            progress_done=3, progress_total=12, error="The reader ran out of memory." if state == "failed" else "")
        for number, state in enumerate(("waiting", "running", "done", "failed", "cancelled"), start=1)
    ]  # fmt: skip
    context = {"rows": job_rows(made), "label": "label-jobs", "with_retry": True}
    yield Sample(_("all of them"), "design_jobs.html", context)


def plots() -> Iterator[Sample]:
    """Drawings of the server."""
    edges = [float(i) for i in range(41)]
    words = {"name": _("A histogram"), "x_label": "E [GeV]", "y_label": "N", "language": language()}
    yield Sample("histogram", html=_plate(full_histogram(_BELL, edges=edges, **words)))
    errors = [math.sqrt(count) for count in _BELL]
    yield Sample("histogram, errors", html=_plate(full_histogram(_BELL, edges=edges, errors=errors, **words)))
    yield Sample("histogram, log", html=_plate(full_histogram(_BELL, edges=edges, logarithmic=True, **words)))
    yield Sample("thumbnail", html=_plate(histogram_thumbnail(_BELL)))
    wave = [math.sin(i / 9) * math.exp(-i / 160) for i in range(300)]
    yield Sample("series", html=_plate(series_thumbnail([wave])))
    yield Sample("measured", html=_plate(measured_thumbnail([1, 2, 3, 4], [4, 3, 2.5, 1.8])))
    grid = [math.exp(-((x - 12) ** 2 + (y - 8) ** 2) / 30) for y in range(16) for x in range(24)]
    yield Sample("map", html=_plate(cell_map(grid, shape=(16, 24), name=_("A map"))))
    yield Sample("sky", html=_plate(sky_map([(83.6, 22.0), (266.4, -29.0)], name=_("A map of the sky"))))
    rows = [LengthRow("c1", _("Particle"), "12", [(1e-18, 1e-16, 12)]), LengthRow("c2", _("Nuclear"), "4", [])]
    marks = [Landmark(1e-15, _("proton"))]
    axis = length_axis(rows, landmarks=marks, axis_label=_("length [m]"), name=_("Lengths"))
    yield Sample("lengths", html=f'<figure class="plot-lengths">{axis}</figure>')


def _plate(svg: str) -> str:
    return f'<figure><div class="plate">{svg}</div></figure>'


def bars() -> Iterator[Sample]:
    """Progress and shares."""
    for done in (0, 38, 100):
        yield Sample(f"{done} %", html=progress_bar(done, 100, name=_("progress of job %(n)s") % {"n": done}))
    yield Sample("strip", html=strip([("bar-1", 7), ("bar-2", 3)], name=_("Shares")))


def moving() -> Iterator[Sample]:
    """From page to page."""
    yield Sample("1", "pages_nav.html", {"next_page": 2})
    yield Sample("2", "pages_nav.html", {"previous_page": 1, "next_page": 3})
    yield Sample("3", "pages_nav.html", {"previous_page": 2})
