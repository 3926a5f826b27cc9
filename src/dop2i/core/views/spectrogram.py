"""Frequency against time, coloured by amplitude: where a chirp is seen."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from dop2i.core.formats.base import Source
from dop2i.core.views import _colours as colours
from dop2i.core.views._evenly_sampled import (
    LONGEST_WHITENED,
    Regular,
    regular_of,
    regular_parts,
    stretch_of,
    stretch_parameters,
    whitened,
)
from dop2i.core.views.base import Parameter, Part, View, number
from dop2i.core.views.figures import Axis, Image
from dop2i.errors import InvalidValue, UnreadableFile

_COLUMNS, _ROWS = 500, 240
_WHOLE = 32_000_000
"""Up to so many samples the stretch is read at once; of longer ones each column's segment alone."""
_SEGMENTS = ("", "0.0625", "0.125", "0.25", "0.5", "1", "2", "4", "8")
_RANGE = (10.0, 2000.0)


class SpectrogramView(View):
    """Amplitude spectral density of short segments, or how far it is above the median noise of each frequency."""

    name = "spectrogram"
    label = {"en": "Spectrogram", "fr": "Spectrogramme"}
    rank = 5

    def parts(self, description: Mapping[str, Any]) -> list[Part]:
        """Series that say their spacing in seconds."""
        return regular_parts(description)

    def parameters(self, description: Mapping[str, Any], part: Part) -> list[Parameter]:
        """Which seconds and frequencies, the length of a segment, what is coloured."""
        what = {
            "": {"en": "relative to the noise", "fr": "rapportée au bruit"},
            "density": {"en": "spectral density", "fr": "densité spectrale"},
        }
        segments = {s: {"en": f"{s} s", "fr": f"{s.replace('.', ',')} s"} for s in _SEGMENTS}
        segments[""] = {"en": "by the length", "fr": "selon la durée"}
        return [
            *stretch_parameters(description, part),
            Parameter("show", {"en": "Amplitude", "fr": "Amplitude"}, "choice", what),
            Parameter("segment", {"en": "Segment", "fr": "Segment"}, "choice", segments),
            Parameter("low", {"en": "From [Hz]", "fr": "De [Hz]"}, "number", suggested=f"{_RANGE[0]:g}"),
            Parameter("high", {"en": "To [Hz]", "fr": "À [Hz]"}, "number"),
        ]

    def draw(self, source: Source, *, part: str, values: Mapping[str, str]) -> Image:
        """At most 500 times by 240 frequencies; the frequencies are logarithmic."""
        import numpy as np

        series = regular_of(source, part)
        first, last = stretch_of(series, values)
        size = _segment(series, first, last, values)
        low, high = _frequencies(series, size, values)
        relative = values.get("show", "") != "density"
        edges = np.geomspace(low, high, _ROWS + 1)
        clean = relative and (last - first) / series.rate <= LONGEST_WHITENED
        whole = None
        if clean:
            # divided by its noise before it is cut into segments, so that what is loud at 10 Hz does not leak up
            whole = whitened(series, first, last, band=(low, high)) * math.sqrt(high - low)
        elif last - first <= _WHOLE:
            whole = series.read(first, last)
        plane, read = _amplitudes(series, whole, first, last, size=size, edges=edges)
        if not np.isfinite(plane).any():
            raise UnreadableFile(f"{part} of {source.name} has no stretch without missing samples here.")
        if relative and not clean:
            noise = np.nanmedian(np.where(np.isfinite(plane).any(axis=1)[:, None], plane, 1.0), axis=1)
            plane = plane / np.where(noise > 0, noise, np.nan)[:, None]
        figure = Image(title=part, full=list(plane.shape[::-1]), stretch="linear" if relative else "logarithmic")
        figure.low, figure.high = colours.limits_of(
            plane, stretch=figure.stretch, cut=99.0, low=0.0 if relative else None, high=None
        )
        if relative:
            figure.high = max(float(np.nanpercentile(plane, 99.9)), 2.0)
        figure.colours = colours.palette("viridis")
        levels = colours.levels_of(plane, stretch=figure.stretch, low=figure.low, high=figure.high)
        figure.png = colours.png_of_levels(levels[::-1], figure.colours)
        figure.height, figure.width = levels.shape
        unit = f"{series.unit}/√Hz" if series.unit else "1/√Hz"
        figure.value = Axis("amplitude over median noise") if relative else Axis("amplitude spectral density", unit)
        figure.x, figure.x_range = series.time_axis(), [first / series.rate, last / series.rate]
        figure.y, figure.y_range = Axis("frequency", "Hz", True), [low, high]
        figure.facts = [["segment", f"{size / series.rate:g} s"], ["resolution", f"{series.rate / size:g} Hz"]]
        figure.rows_read, figure.rows_total = min(read, last - first), last - first
        return figure


def _segment(series: Regular, first: int, last: int, values: Mapping[str, str]) -> int:
    """Samples a segment: a power of two near a hundredth of the stretch, between 1/16 and 8 s."""
    asked = number(values, "segment")
    if asked is not None and not 0 < asked <= 64:
        raise InvalidValue(f"A segment of {asked:g} s is not between 0 and 64 s.", parameter="segment")
    seconds = (last - first) / series.rate
    wanted = asked or min(8.0, max(0.0625, seconds / 100))
    size = 1 << round(math.log2(max(wanted * series.rate, 32)))
    return max(16, min(size, (last - first) // 2))


def _frequencies(series: Regular, size: int, values: Mapping[str, str]) -> tuple[float, float]:
    low, high = number(values, "low"), number(values, "high")
    least = 2 * series.rate / size
    low = max(_RANGE[0] if low is None else low, least)
    high = min(max(_RANGE[1], 4 * least) if high is None else high, series.rate / 2)
    if low >= high:
        raise InvalidValue(
            f"No frequency lies between {low:g} and {high:g} Hz with segments of {size / series.rate:g} s.",
            hint="Take longer segments or other limits.",
            parameter="high",
        )
    return low, high


def _amplitudes(series: Regular, whole: Any, first: int, last: int, *, size: int, edges: Any) -> tuple[Any, int]:
    """``(frequencies by times, samples read)``: root of the mean power in each band; NaN where a sample is missing.

    ``whole`` is the stretch where it is in memory already.
    """
    import numpy as np

    count = max(2, min(_COLUMNS, (last - first - size) // max(1, size // 64) + 1))
    starts = np.linspace(first, max(first, last - size), count).astype(int)
    window = np.hanning(size)
    scale = 2.0 / (series.rate * (window**2).sum())
    frequencies = np.fft.rfftfreq(size, 1 / series.rate)
    centres = np.sqrt(edges[1:] * edges[:-1])
    bounds = np.searchsorted(frequencies, edges)
    wide = bounds[1:] - bounds[:-1] > 1
    plane = np.full((len(centres), count), np.nan)
    for column, start in enumerate(starts):
        part = whole[start - first : start - first + size] if whole is not None else series.read(start, start + size)
        if len(part) < size or not np.isfinite(part).all():
            continue
        power = scale * np.abs(np.fft.rfft((part - part.mean()) * window)) ** 2
        made = np.interp(centres, frequencies, power)
        sums = np.concatenate([[0.0], np.cumsum(power)])
        mean = (sums[bounds[1:]] - sums[bounds[:-1]]) / np.maximum(bounds[1:] - bounds[:-1], 1)
        plane[:, column] = np.sqrt(np.where(wide, mean, made))
    return plane, (last - first if whole is not None else count * size)
