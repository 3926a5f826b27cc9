"""Strain against time: as it was published, or whitened, where a signal rises above the noise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dop2i.core.formats.base import Source
from dop2i.core.views._evenly_sampled import (
    LONGEST_WHITENED,
    regular_of,
    regular_parts,
    stretch_of,
    stretch_parameters,
    whitened,
)
from dop2i.core.views._samples import envelope
from dop2i.core.views.base import Parameter, Part, View, number
from dop2i.core.views.curve import series_of
from dop2i.core.views.figures import Axis, Curves
from dop2i.errors import InvalidValue, UnreadableFile

_BAND = (35.0, 350.0)


class StrainView(View):
    """A series of fixed rate with its time axis; long ones by the least and greatest of a thousand stretches."""

    name = "strain"
    label = {"en": "Time series", "fr": "Série temporelle"}
    rank = 4

    def parts(self, description: Mapping[str, Any]) -> list[Part]:
        """Series that say their spacing in seconds."""
        return regular_parts(description)

    def parameters(self, description: Mapping[str, Any], part: Part) -> list[Parameter]:
        """Which seconds, and whether the noise is divided out within a band of frequencies."""
        how = {
            "": {"en": "as in the file", "fr": "tel quel"},
            "whitened": {"en": "whitened", "fr": "blanchi"},
        }
        band = {"en": "when whitened", "fr": "si blanchi"}
        return [
            *stretch_parameters(description, part),
            Parameter("filter", {"en": "Signal", "fr": "Signal"}, "choice", how),
            Parameter("low", {"en": "From [Hz]", "fr": "De [Hz]"}, "number", suggested=f"{_BAND[0]:g}", hint=band),
            Parameter("high", {"en": "To [Hz]", "fr": "À [Hz]"}, "number", suggested=f"{_BAND[1]:g}", hint=band),
        ]

    def draw(self, source: Source, *, part: str, values: Mapping[str, str]) -> Curves:
        """The stretch that is asked for, all by default (256 s at most when whitened)."""
        series = regular_of(source, part)
        how = values.get("filter", "")
        if how not in ("", "whitened"):
            raise InvalidValue(f"There is no filter {how[:40]!r}.", hint="There is whitened.", parameter="filter")
        first, last = stretch_of(series, values, most=LONGEST_WHITENED if how else float("inf"))
        figure = Curves(title=f"{part}", x=series.time_axis(), y=Axis(series.label, series.unit))
        if how:
            low, high = _band(values, series.rate)
            made = whitened(series, first, last, band=(low, high))
            found = envelope(lambda start, stop: made[start:stop], start=0, stop=len(made))
            found.places = [place + first for place in found.places]
            figure.y = Axis(f"whitened {series.label}, {low:g} to {high:g} Hz", "σ")
        else:
            found = envelope(series.read, start=first, stop=last)
        if all(value != value for value in found.means):
            raise UnreadableFile(f"{part} of {source.name} has no sample between these times: all are missing.")
        figure.series = [series_of(found, [place / series.rate for place in found.places])]
        figure.rows_read, figure.rows_total = found.read, last - first
        return figure


def _band(values: Mapping[str, str], rate: float) -> tuple[float, float]:
    low, high = number(values, "low"), number(values, "high")
    low = _BAND[0] if low is None else low
    high = min(_BAND[1] if high is None else high, rate / 2)
    if not 0 <= low < high:
        raise InvalidValue(
            f"The band runs from {low:g} to {high:g} Hz.",
            hint=f"Give the smaller first, up to {rate / 2:g} Hz.",
            parameter="high",
        )
    return low, high
