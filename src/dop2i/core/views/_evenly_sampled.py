"""Series sampled at a fixed rate (strain of an interferometer above all): finding them, reading them, their noise.

P. D. Welch, IEEE Trans. Audio Electroacoust. 15 (1967) 70 for the spectrum; the median over segments and its bias as
in B. Allen et al., Phys. Rev. D 85 (2012) 122006, appendix B, so that a short signal does not count as noise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dop2i.core.formats._times import gps_to_iso
from dop2i.core.formats.base import FormatReader, Source
from dop2i.core.views._samples import numbers, reader_of, table_of
from dop2i.core.views.base import Parameter, Part, description_of, number
from dop2i.core.views.figures import Axis
from dop2i.errors import InvalidValue, NotFound, UnreadableFile

LEAST_SAMPLES = 512
MOST_SEGMENTS = 256
LONGEST_WHITENED = 256.0
"""Seconds that are whitened at once."""
_GPS_RANGE = (3e8, 4e9)


@dataclass(slots=True)
class Regular:
    """One evenly sampled series: ``rate`` in Hz, ``begin`` in seconds (GPS where ``gps``), how many samples."""

    source: Source
    reader: FormatReader
    table: str
    column: str
    rate: float
    total: int
    begin: float = 0.0
    gps: bool = False
    label: str = ""
    unit: str = ""

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.total / self.rate

    def read(self, start: int, stop: int) -> Any:
        """Samples as 64-bit numbers."""
        found = self.reader.arrays(self.source, table=self.table, columns=[self.column], start=start, stop=stop)
        return numbers(found[self.column].array, what=self.column)

    def time_axis(self) -> Axis:
        """Seconds since the beginning, which is said in both times."""
        if not self.gps:
            return Axis("time", "s")
        moment = (gps_to_iso(self.begin) or "").replace("T", " ").removesuffix("Z").removesuffix("+00:00")
        return Axis(f"time since GPS {self.begin:.10g}" + (f" ({moment} UTC)" if moment else ""), "s")


def regular_parts(description: Mapping[str, Any]) -> list[Part]:
    """Series that say their spacing in seconds and are long enough for a spectrum."""
    found = []
    for table in description.get("tables") or []:
        spacing = _spacing(table)
        if spacing and (table.get("rows") or 0) >= LEAST_SAMPLES:
            seconds = spacing * table["rows"]
            size = f"{seconds:,.6g} s, {1 / spacing:,.6g} Hz"
            found.append(Part(str(table["name"]), str(table["name"]), "series", size))
    return found[:500]


def _spacing(table: Mapping[str, Any]) -> float | None:
    """Seconds between samples; None where the series does not say so, or holds no measured numbers."""
    attributes = table.get("attributes") or {}
    columns = table.get("columns") or []
    spacing = attributes.get("Xspacing")
    seconds = str(attributes.get("Xunits") or "s").strip().lower() in ("s", "second", "seconds")
    floating = len(columns) == 1 and str(columns[0].get("dtype", "")).startswith("float")
    if not isinstance(spacing, int | float) or not 0 < spacing < math.inf:
        return None
    return float(spacing) if seconds and floating and not table.get("shape") else None


def regular_of(source: Source, part: str) -> Regular:
    """The series of a part. Raises ``NotFound``."""
    table = table_of(description_of(source), part)
    spacing = _spacing(table)
    if spacing is None:
        raise NotFound(f"{part!r} of {source.name} is no series sampled at a fixed rate.")
    column, attributes = table["columns"][0], table.get("attributes") or {}
    begin = attributes.get("Xstart")
    begin = float(begin) if isinstance(begin, int | float) else 0.0
    unit = str(column.get("unit") or "").strip()
    label = str(attributes.get("Ylabel") or column["name"]).strip().lower()
    return Regular(
        source=source,
        reader=reader_of(source),
        table=part,
        column=str(column["name"]),
        rate=1 / spacing,
        total=int(table.get("rows") or 0),
        begin=begin,
        gps=_GPS_RANGE[0] < begin < _GPS_RANGE[1],
        label=label,
        unit=unit,
    )


def stretch_parameters(description: Mapping[str, Any], part: Part) -> list[Parameter]:
    """Which seconds are shown."""
    seconds, _, rate = part.size.partition(" s, ")
    french = f"{seconds} s, {rate}".replace(",", "\u202f").replace("s\u202f ", "s, ").replace(".", ",")
    hint = {"en": part.size, "fr": french}
    return [
        Parameter("start", {"en": "From second", "fr": "De la seconde"}, "number", suggested="0", hint=hint),
        Parameter("length", {"en": "Seconds shown", "fr": "Secondes tracées"}, "number"),
    ]


def stretch_of(series: Regular, values: Mapping[str, str], *, most: float = math.inf) -> tuple[int, int]:
    """First and last sample of what the values ask for; GPS times are understood. Raises ``InvalidValue``."""
    start = number(values, "start") or 0.0
    if series.gps and start >= series.begin:
        start -= series.begin
    length = number(values, "length")
    length = min(series.duration if length is None else length, most)
    if start < 0 or start >= series.duration:
        raise InvalidValue(
            f"Second {start:g} is not in the series, which is {series.duration:g} s long.",
            hint="Count from its beginning.",
            parameter="start",
        )
    if length <= 0:
        raise InvalidValue(f"{length:g} s is no length.", hint="Write for example 0.5.", parameter="length")
    first = int(start * series.rate)
    return first, min(series.total, first + max(2, round(length * series.rate)))


@dataclass(slots=True)
class Spectrum:
    """Amplitude spectral density in the series' unit by root hertz; ``frequencies`` in Hz."""

    frequencies: Any
    density: Any
    read: int
    segments: int


def noise_of(series: Regular, first: int, last: int, *, seconds: float) -> Spectrum:
    """Median of the spectra of segments of ``seconds`` with Hann windows that overlap by half.

    At most 256 of them are taken, evenly over the stretch; those with a missing sample are left out. Raises
    ``UnreadableFile`` where none is left.
    """
    import numpy as np

    size = max(64, min(round(seconds * series.rate), last - first))
    starts = range(first, last - size + 1, max(1, size // 2))
    every = max(1, -(-len(starts) // MOST_SEGMENTS))
    window = np.hanning(size)
    scale = 2.0 / (series.rate * (window**2).sum())
    found, read = [], 0
    for start in starts[::every]:
        values = series.read(start, start + size)
        read += len(values)
        if len(values) == size and np.isfinite(values).all():
            found.append(scale * np.abs(np.fft.rfft((values - values.mean()) * window)) ** 2)
    if not found:
        raise UnreadableFile(f"{series.table} of {series.source.name} has no stretch without missing samples.")
    middle = np.median(found, axis=0) / _median_bias(len(found))
    return Spectrum(np.fft.rfftfreq(size, 1 / series.rate), np.sqrt(middle), read, len(found))


def _median_bias(count: int) -> float:
    """The median of so many exponential variables in units of their mean."""
    odd = count if count % 2 else count - 1
    return sum((1.0 if k % 2 else -1.0) / k for k in range(1, odd + 1))


def whitened(series: Regular, first: int, last: int, *, band: tuple[float, float]) -> Any:
    """The stretch divided by its noise's amplitude, within a band (Hz); in units of the noise's deviation.

    Read with margins that are cut off again. Raises as :func:`noise_of`.
    """
    import numpy as np

    margin = round(4 * series.rate)
    begin, end = max(0, first - margin), min(series.total, last + margin)
    around = round(64 * series.rate)
    noise = noise_of(series, max(0, begin - around), min(series.total, end + around), seconds=4.0)
    values = series.read(begin, end)
    missing = ~np.isfinite(values)
    values = np.where(missing, 0.0, values - np.mean(values[~missing]))
    taper = min(len(values) // 4, margin // 2)
    ramp = np.sin(np.linspace(0, np.pi / 2, max(taper, 1))) ** 2
    values[: len(ramp)] *= ramp
    values[-len(ramp) :] *= ramp[::-1]
    frequencies = np.fft.rfftfreq(len(values), 1 / series.rate)
    density = np.interp(frequencies, noise.frequencies, noise.density)
    low, high = band
    inside = (frequencies >= low) & (frequencies <= high) & (density > 0)
    spectrum = np.where(inside, np.fft.rfft(values) / np.where(density > 0, density, 1.0), 0.0)
    made = np.fft.irfft(spectrum, n=len(values)) / math.sqrt(max(high - low, 1.0))
    made[missing] = np.nan
    return made[first - begin : last - begin]
