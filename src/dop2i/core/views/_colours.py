"""Colour maps, stretches and PNG: how numbers become pixels.

viridis: S. van der Walt and N. Smith (CC0); cividis: J. R. Nuñez et al., PLoS ONE 13 (2018) e0199239; the diverging
map is RdBu of C. Brewer (colorbrewer2.org, Apache-2.0). All are readable without colour vision; none is a rainbow.
"""

from __future__ import annotations

import base64
import io
from typing import Any

from dop2i.errors import InvalidValue

VIRIDIS = (
    *("#440154", "#48196b", "#462f7c", "#404387", "#38568b", "#30678d", "#29788e", "#23888d"),
    *("#1e988a", "#22a784", "#35b778", "#53c567", "#79d151", "#a5da35", "#d2e11b", "#fde724"),
)
CIVIDIS = (
    *("#00204d", "#00336f", "#39486b", "#575c6d", "#707173", "#8a8779", "#a69d75", "#c4b56c", "#e4cf5b", "#ffea46"),
)
DIVERGING = (
    *("#053061", "#2166ac", "#4393c3", "#92c5de", "#d1e5f0", "#f7f7f7"),
    *("#fddbc7", "#f4a582", "#d6604d", "#b2182b", "#67001f"),
)
MAPS: dict[str, tuple[str, ...]] = {
    "viridis": VIRIDIS,
    "cividis": CIVIDIS,
    "greys": ("#000000", "#ffffff"),
    "greys-inverted": ("#ffffff", "#000000"),
    "diverging": DIVERGING,
}
MAP_LABELS: dict[str, dict[str, str]] = {
    "viridis": {"en": "viridis", "fr": "viridis"},
    "cividis": {"en": "cividis", "fr": "cividis"},
    "greys": {"en": "greys", "fr": "niveaux de gris"},
    "greys-inverted": {"en": "greys, inverted", "fr": "niveaux de gris inversés"},
    "diverging": {"en": "diverging, centred on 0", "fr": "divergente, centrée sur 0"},
}
STRETCHES: dict[str, dict[str, str]] = {
    "linear": {"en": "linear", "fr": "linéaire"},
    "logarithmic": {"en": "logarithmic", "fr": "logarithmique"},
    "square root": {"en": "square root", "fr": "racine carrée"},
    "asinh": {"en": "asinh", "fr": "asinh"},
}
LEVELS = 255
MISSING = 255
"""The palette's place of pixels without a value: transparent."""
ASINH_FACTOR = 10.0
"""asinh(10 t) / asinh(10): linear up to a tenth of the range, then logarithmic."""
MOST_VALUES = 16_384
_LARGEST_PNG = 3_000_000


def palette(name: str) -> list[str]:
    """255 colours of a map, least first. Raises ``InvalidValue`` for an unknown one."""
    if name not in MAPS:
        raise InvalidValue(
            f"There is no colour map {name[:40]!r}.", hint=f"There are {', '.join(MAPS)}.", parameter="colours"
        )
    stops = [[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in MAPS[name]]
    made = []
    for level in range(LEVELS):
        at = level / (LEVELS - 1) * (len(stops) - 1)
        low = min(int(at), len(stops) - 2)
        share = at - low
        rgb = [round(a + share * (b - a)) for a, b in zip(stops[low], stops[low + 1], strict=True)]
        made.append("#" + "".join(f"{part:02x}" for part in rgb))
    return made


def limits_of(values: Any, *, stretch: str, cut: float, low: float | None, high: float | None) -> tuple[float, float]:
    """What is drawn in the first and in the last colour. Given limits count; else the middle ``cut`` % of the values.

    Raises ``InvalidValue`` for limits the wrong way round and for a logarithm of nothing positive.
    """
    import numpy as np

    finite = values[np.isfinite(values)]
    if low is not None and high is not None and low >= high:
        raise InvalidValue(
            f"The limits run from {low:g} to {high:g}.", hint="Give the smaller one first.", parameter="high"
        )
    if stretch == "logarithmic":
        finite = finite[finite > 0]
        if not len(finite) or (high is not None and high <= 0):
            raise InvalidValue(
                "No value is above 0, so that there is no logarithm to show.",
                hint="Choose another stretch.",
                parameter="stretch",
            )
    ends = np.percentile(finite, [50 - cut / 2, 50 + cut / 2]) if len(finite) else (0.0, 1.0)
    least, most = (float(end) for end in ends)
    if most <= least and len(finite):
        least, most = float(finite.min()), float(finite.max())
    least = low if low is not None else least
    most = high if high is not None else most
    if stretch == "logarithmic" and least <= 0:
        least = min(float(finite.min()), most / 1e6)
    return least, most


def levels_of(values: Any, *, stretch: str, low: float, high: float) -> Any:
    """Each value's colour, 0 to 254; 255 where there is none. Constant values lie in the middle."""
    import numpy as np

    with np.errstate(all="ignore"):
        if high <= low:
            share = np.where(values < low, 0.0, np.where(values > high, 1.0, 0.5))
        elif stretch == "logarithmic":
            share = np.log(np.maximum(values, low) / low) / np.log(high / low)
        else:
            share = np.clip((values / 2 - low / 2) / (high / 2 - low / 2), 0.0, 1.0)
            if stretch == "square root":
                share = np.sqrt(share)
            elif stretch == "asinh":
                share = np.arcsinh(ASINH_FACTOR * share) / np.arcsinh(ASINH_FACTOR)
        share = np.clip(share, 0.0, 1.0)
        levels = np.round(np.nan_to_num(share) * (LEVELS - 1)).astype(np.uint8)
    levels[np.isnan(values)] = MISSING
    return levels


def png_of_levels(levels: Any, colours: list[str]) -> str:
    """base64 of a PNG with a palette; the first row is at the top."""
    from PIL import Image

    image = Image.fromarray(levels)
    image.putpalette([int(colour[i : i + 2], 16) for colour in [*colours, "#ffffff"] for i in (1, 3, 5)])
    return _written(image, transparency=MISSING)


def png_of_colours(pixels: Any) -> tuple[str, int, int]:
    """``(base64 of a PNG, width, height)`` of pixels (rows, columns, 3), smaller where 3 MB would not hold them."""
    from PIL import Image

    image = Image.fromarray(pixels)
    made = _written(image)
    while len(made) > _LARGEST_PNG * 4 // 3 and min(image.size) > 64:
        image = image.resize((image.width * 3 // 4, image.height * 3 // 4), Image.Resampling.LANCZOS)
        made = _written(image)
    return made, image.width, image.height


def few_values(values: Any) -> list[float | None]:
    """The values row after row, seven figures each, where a table of them is still readable; else nothing."""
    import math

    if values.size > MOST_VALUES:
        return []
    return [float(f"{v:.7g}") if math.isfinite(v) else None for v in values.ravel().tolist()]


def _written(image: Any, **options: Any) -> str:
    stream = io.BytesIO()
    image.save(stream, "PNG", **options)
    return base64.b64encode(stream.getvalue()).decode("ascii")
