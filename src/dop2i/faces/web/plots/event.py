"""One event of particles: across the beams, and unrolled over pseudorapidity and azimuth. Squares in percent."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from dop2i.faces.web.figures import number
from dop2i.faces.web.plots.svg import drawing, element, line, percent, text

GROUPS = ("leptons", "photons", "neutrinos", "quarks and gluons", "hadrons", "bosons and others")
"""In the order of the colours of categories: ``c1`` to ``c6``."""
MOST_NAMES = 10
REACH = 0.40
"""How far the hardest particle goes from the centre, in parts of the side."""
WIDEST = 5.0

Particles = Sequence[Mapping[str, Any]]


def colour_of(particle: Mapping[str, Any]) -> str:
    """The class that carries the colour of a particle's group."""
    group = particle.get("group")
    return f"c{GROUPS.index(group) + 1 if group in GROUPS else 6}"


def across(particles: Particles, *, name: str, unit: str, language: str) -> str:
    """Transverse momenta from the collision outwards; a length is the square root of a momentum."""
    most = max((math.hypot(one["x"], one["y"]) for one in particles), default=0.0)
    if most <= 0:
        return ""
    parts = [element("circle", class_="axis", cx="50%", cy="50%", r=percent(REACH)), *_cross()]
    parts.append(text(f"{number(most, language, 3)} {unit}", x="50%", y=percent(0.5 - REACH - 0.015), anchor="middle"))
    labels: list[tuple[float, float, str]] = []
    for one in particles:
        across_ = math.hypot(one["x"], one["y"])
        if across_ <= 0:
            continue
        length = REACH * math.sqrt(across_ / most)
        x, y = 0.5 + length * one["x"] / across_, 0.5 - length * one["y"] / across_
        class_ = f"ln-c ln-event {colour_of(one)}{' is-unseen' if one.get('group') == 'neutrinos' else ''}"
        parts.append(line("50%", "50%", percent(x), percent(y), class_))
        if len(labels) < MOST_NAMES:
            labels.append(
                (
                    0.5 + (length + 0.035) * one["x"] / across_,
                    0.5 - (length + 0.035) * one["y"] / across_,
                    str(one["name"]),
                )
            )
    parts += _names(labels)
    parts.append(text("x", x="97%", y="49%", anchor="end"))
    parts.append(text("y", x="51.5%", y="5%"))
    return drawing(*parts, name=name)


def _cross() -> list[str]:
    return [line("2%", "50%", "98%", "50%", "grid"), line("50%", "2%", "50%", "98%", "grid")]


def _names(labels: list[tuple[float, float, str]]) -> list[str]:
    """Names that do not lie on each other; those of harder particles come first."""
    placed: list[tuple[float, float]] = []
    made = []
    for x, y, words in labels:
        if any(abs(x - a) < 0.075 and abs(y - b) < 0.045 for a, b in placed):
            continue
        placed.append((x, y))
        made.append(
            text(
                words, x=percent(x), y=percent(min(max(y + 0.015, 0.03), 0.985)), class_="tk tk-b halo", anchor="middle"
            )
        )
    return made


def unrolled(particles: Particles, *, name: str, language: str) -> str:
    """Pseudorapidity to the right, azimuth upwards; the area of a disc is a transverse momentum."""
    placed = [(one, *_angles(one)) for one in particles]
    seen = [(one, eta, phi) for one, eta, phi in placed if eta is not None]
    if not seen:
        return ""
    widest = max(1.0, min(WIDEST, math.ceil(max(abs(eta) for _, eta, _ in seen))))
    most = max(math.hypot(one["x"], one["y"]) for one, _, _ in seen)
    parts = [line("8%", "92%", "98%", "92%")]
    for tick in (-widest, -widest / 2, 0.0, widest / 2, widest):
        x = percent(_right(tick, widest))
        parts += [line(x, "4%", x, "92%", "grid"), text(number(tick, language), x=x, y="97%", anchor="middle")]
    for tick, words in ((-math.pi, "−π"), (0.0, "0"), (math.pi, "π")):
        y = percent(_down(tick))
        parts += [line("8%", y, "98%", y, "grid"), text(words, x="6.5%", y=percent(_down(tick) + 0.015), anchor="end")]
    labels: list[tuple[float, float, str]] = []
    for one, eta, phi in sorted(seen, key=lambda item: -math.hypot(item[0]["x"], item[0]["y"])):
        x, y = _right(max(-widest, min(eta, widest)), widest), _down(phi)
        radius = max(2.0, 16 * math.sqrt(math.hypot(one["x"], one["y"]) / most)) if most else 2.0
        parts.append(
            element("circle", class_=f"dot-c disc dot-event {colour_of(one)}", cx=percent(x), cy=percent(y), r=radius)
        )
        if len(labels) < MOST_NAMES and abs(eta) <= widest:
            labels.append((x, y - 0.045 if y > 0.1 else y + 0.06, str(one["name"])))
    parts += _names(labels)
    parts += [
        text("η", x="98%", y="89%", class_="tk tk-b halo", anchor="end"),
        text("φ", x="9.5%", y="7%", class_="tk tk-b halo"),
    ]
    return drawing(*parts, name=name)


def _right(eta: float, widest: float) -> float:
    return 0.53 + 0.43 * eta / widest


def _down(phi: float) -> float:
    return 0.48 - 0.42 * phi / math.pi


def _angles(one: Mapping[str, Any]) -> tuple[float | None, float]:
    across_ = math.hypot(one["x"], one["y"])
    if across_ <= 1e-9 * max(abs(one["z"]), 1e-300):
        return None, 0.0
    return math.asinh(one["z"] / across_), math.atan2(one["y"], one["x"])
