"""The amplitude spectral density of a series: what an interferometer hears when nothing passes."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from dop2i.core.formats.base import Source
from dop2i.core.views._evenly_sampled import noise_of, regular_of, regular_parts, stretch_of, stretch_parameters
from dop2i.core.views.base import Parameter, Part, View, number
from dop2i.core.views.figures import Axis, Curves, Series
from dop2i.errors import InvalidValue, UnreadableFile

_BINS = 1000
_SEGMENT = 4.0
_LEAST_SEGMENTS = 8


class NoiseView(View):
    """Median of the spectra of overlapping segments, both axes logarithmic; narrow lines keep their height."""

    name = "noise"
    label = {"en": "Spectral density", "fr": "Densité spectrale"}
    rank = 6

    def parts(self, description: Mapping[str, Any]) -> list[Part]:
        """Series that say their spacing in seconds."""
        return regular_parts(description)

    def parameters(self, description: Mapping[str, Any], part: Part) -> list[Parameter]:
        """Which seconds, and how long a segment is (its inverse is the resolution in Hz)."""
        label = {"en": "Segment [s]", "fr": "Segment [s]"}
        low = {"en": "From [Hz]", "fr": "De [Hz]"}
        return [
            *stretch_parameters(description, part),
            Parameter("segment", label, "number", suggested=f"{_SEGMENT:g}"),
            Parameter("low", low, "number", suggested="10"),
        ]

    def draw(self, source: Source, *, part: str, values: Mapping[str, str]) -> Curves:
        """The density between ``low`` and half the sampling rate."""
        import numpy as np

        series = regular_of(source, part)
        first, last = stretch_of(series, values)
        segment = number(values, "segment")
        if segment is not None and not 0 < segment <= 256:
            raise InvalidValue(f"A segment of {segment:g} s is not between 0 and 256 s.", parameter="segment")
        seconds = (last - first) / series.rate
        found = noise_of(series, first, last, seconds=segment or min(_SEGMENT, 2 * seconds / (_LEAST_SEGMENTS + 1)))
        low = number(values, "low")
        low = 10.0 if low is None and series.rate > 100 else max(low or 0.0, 0.0)
        there = (found.frequencies > max(low, 0.0)) & (found.density > 0)
        frequencies, density = found.frequencies[there], found.density[there]
        if len(frequencies) < 2:
            raise UnreadableFile(f"{part} of {source.name} has no power above {low:g} Hz between these times.")
        unit = f"{series.unit}/√Hz" if series.unit else "1/√Hz"
        label = f"amplitude spectral density of {series.label}"
        figure = Curves(title=part, x=Axis("frequency", "Hz", True), y=Axis(label, unit, True))
        if len(frequencies) <= 2 * _BINS:
            figure.series = [Series(x=frequencies.tolist(), y=density.tolist())]
        else:
            edges = np.geomspace(frequencies[0], frequencies[-1], _BINS + 1)
            figure.series = [_binned(frequencies, density, np.searchsorted(frequencies, edges))]
        figure.rows_read, figure.rows_total = min(found.read, last - first), last - first
        return figure


def _binned(frequencies: Any, density: Any, places: Any) -> Series:
    """Logarithmic bins with the median, the least and the greatest in each; bins without a value are left out."""
    import numpy as np

    one = Series()
    for start, stop in itertools.pairwise(places):
        if stop > start:
            part = density[start:stop]
            one.x.append(float(np.sqrt(frequencies[start] * frequencies[stop - 1])))
            one.y.append(float(np.median(part)))
            one.low.append(float(part.min()))
            one.high.append(float(part.max()))
    return one
