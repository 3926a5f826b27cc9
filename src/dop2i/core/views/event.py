"""One generated event: its particles as a tree from the beams on, and what a drawing needs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from dop2i.core.formats.base import Source
from dop2i.core.views import _event_files as files
from dop2i.core.views._events import Event, Particle, parse_hepmc, parse_lhe
from dop2i.core.views._particle_names import group_of, particle_name
from dop2i.core.views.base import Parameter, Part, View, integer
from dop2i.core.views.figures import Node, Outline
from dop2i.errors import NotFound

LINES = 600
"""So many particles are shown; an event of heavy ions has tens of thousands."""
DRAWN = 400
_DEEPEST = 40
_MOST_EVENTS = 2_000_000_000
_FORMATS = ("lhe", "hepmc")


class EventView(View):
    """Les Houches and HepMC events, one at a time, found by number; also in gzip."""

    name = "event"
    label: ClassVar = {"en": "Events", "fr": "Événements"}
    rank = 10

    def parts(self, description: Mapping[str, Any]) -> list[Part]:
        """One part: the events."""
        if description.get("format") not in _FORMATS:
            return []
        rows = next((table.get("rows") for table in description.get("tables") or []), None)
        return [Part("events", kind="events", size=f"{rows:,}" if isinstance(rows, int) else "")]

    def parameters(self, description: Mapping[str, Any], part: Part) -> list[Parameter]:
        """The number of the event, and what of it is listed."""
        rows = next((table.get("rows") for table in description.get("tables") or []), None)
        last = f"{rows - 1:,}" if isinstance(rows, int) and rows else ""
        hint = {"en": f"From 0 to {last}", "fr": f"De 0 à {last}".replace(",", "\u202f")} if last else {}
        lists = {
            "tree": {"en": "all, as a tree", "fr": "toutes, en arbre"},
            "final": {"en": "those that leave", "fr": "celles qui sortent"},
        }
        return [
            Parameter("event", {"en": "Event", "fr": "Événement"}, kind="integer", suggested="0", hint=hint),
            Parameter("list", {"en": "Particles", "fr": "Particules"}, "choice", lists, "tree"),
        ]

    def draw(self, source: Source, *, part: str, values: Mapping[str, str]) -> Outline:
        """Event number ``event`` (from 0); ``list`` is ``tree`` or ``final``."""
        if part not in ("", "events"):
            raise NotFound(f"{source.name} has no part {part[:60]!r}.")
        number = integer(values, "event", default=0, least=0, most=_MOST_EVENTS)
        event = _event(source, number)
        final = [made for made in event.particles if made.final]
        if values.get("list") == "final":
            shown = sorted(final, key=lambda made: -made.transverse)[:LINES]
            nodes, listed = [_node(made, event.unit) for made in shown], len(shown)
        else:
            nodes, listed = _tree(event)
        made = Outline(title=str(number), nodes=nodes, start=number, unit=event.unit)
        if listed < len(final if values.get("list") == "final" else event.particles):
            made.notes.append("particles left out")
        made.drawing = [_drawn(one) for one in sorted(final, key=lambda one: -one.transverse)[:DRAWN]]
        made.facts = [*event.facts, ["particles", str(len(event.particles))], ["final", str(len(final))]]
        return made


def _event(source: Source, number: int) -> Event:
    head = files.beginning(source, ends=b"\nE ")
    if "HepMC::Version" in head[:200]:
        text = files.event_text(source, number, mark=b"\nE", ends=(b"\nHepMC::",))
        return parse_hepmc(text, name=source.name, old="IO_GenEvent" in head, unit="GeV")
    text = files.event_text(source, number, mark=b"<event", ends=(b"</event>", b"</LesHouchesEvents"))
    return parse_lhe(text, name=source.name)


def _tree(event: Event) -> tuple[list[Node], int]:
    """Each particle below its first mother; copies that generators make of one particle are one line, the last."""
    children: dict[int, list[int]] = {}
    roots = []
    for place, made in enumerate(event.particles):
        first = next((mother for mother in made.mothers if mother != place), None)
        if first is None:
            roots.append(place)
        else:
            children.setdefault(first, []).append(place)
    seen: set[int] = set()

    def grown(place: int, depth: int) -> Node:
        seen.add(place)
        while _is_copied(place):
            place = children[place][0]
            seen.add(place)
        node = _node(event.particles[place], event.unit)
        for child in children.get(place, []):
            if child not in seen and len(seen) < LINES and depth < _DEEPEST:
                node.children.append(grown(child, depth + 1))
        return node

    def _is_copied(place: int) -> bool:
        below = children.get(place, [])
        alike = len(below) == 1 and event.particles[below[0]].code == event.particles[place].code
        return alike and below[0] not in seen and len(event.particles[below[0]].mothers) == 1

    nodes = [grown(place, 0) for place in roots if place not in seen and len(seen) < LINES]
    # what hangs on a mother that comes after it in a circle has no root: it is still told
    for place in range(len(event.particles)):
        if place not in seen and len(seen) < LINES and not _has_root(event.particles, place):
            nodes.append(grown(place, 0))
    return nodes, len(seen)


def _has_root(particles: list[Particle], place: int) -> bool:
    passed: set[int] = set()
    while place not in passed:
        passed.add(place)
        mothers = [mother for mother in particles[place].mothers if mother != place]
        if not mothers:
            return True
        place = mothers[0]
    return False


def _node(made: Particle, unit: str) -> Node:
    words = [f"pT {_short(made.transverse)} {unit}"]
    if made.pseudorapidity is not None:
        words.append(f"η {made.pseudorapidity:.2f}".replace("-", "−"))
        words.append(f"φ {made.azimuth:.2f}".replace("-", "−"))
    words = (
        [f"E {_short(made.energy)} {unit}", *words] if made.transverse > 1e-6 else [f"E {_short(made.energy)} {unit}"]
    )
    words.append(f"status {made.status}")
    return Node(particle_name(made.code), " · ".join(words), group_of(made.code))


def _drawn(made: Particle) -> dict[str, Any]:
    x, y, z = made.momentum
    return {
        "name": particle_name(made.code),
        "group": group_of(made.code),
        "energy": _finite(made.energy),
        "x": _finite(x),
        "y": _finite(y),
        "z": _finite(z),
    }


def _finite(value: float) -> float:
    return float(f"{value:.6g}") if math.isfinite(value) else 0.0


def _short(value: float) -> str:
    return f"{value:.4g}"
