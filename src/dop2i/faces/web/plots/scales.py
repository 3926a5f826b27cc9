"""Ticks at round numbers, on linear and logarithmic axes."""

from __future__ import annotations

import math

TINIEST = 1e-290
"""Spans below this have no ticks: arithmetic on them loses its digits."""


def round_ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """About ``wanted`` round values within [low, high]."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return []
    raw = (high - low) / max(wanted, 1)
    if raw < TINIEST or not math.isfinite(raw):
        return []
    power = 10 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    if last - first > 50:
        return []
    return [round(i * step, 12 - math.floor(math.log10(step))) if i else 0.0 for i in range(first, last + 1)]


def power_ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Powers of ten within [low, high], at most about ``wanted`` of them."""
    if low <= 0 or high <= low:
        return []
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    stride = max(1, math.ceil((last - first + 1) / max(wanted, 1)))
    return [10.0**e for e in range(first, last + 1, stride)]
