"""Generated events as particles with their mothers: Les Houches and HepMC (ASCII, versions 2 and 3)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

from dop2i.errors import UnreadableFile


@dataclass(slots=True)
class Particle:
    """Momentum and energy in the unit of the event; ``mothers`` are places in the list of particles."""

    code: int
    status: int
    momentum: tuple[float, float, float]
    energy: float
    mass: float
    mothers: list[int] = field(default_factory=list)
    final: bool = False
    incoming: bool = False

    @property
    def transverse(self) -> float:
        """Momentum across the beams."""
        return math.hypot(self.momentum[0], self.momentum[1])

    @property
    def azimuth(self) -> float:
        """Angle around the beams, in radians."""
        return math.atan2(self.momentum[1], self.momentum[0])

    @property
    def pseudorapidity(self) -> float | None:
        """η; None along the beams."""
        across = self.transverse
        if across <= 1e-9 * max(abs(self.momentum[2]), 1e-300):
            return None
        return math.asinh(self.momentum[2] / across)


@dataclass(slots=True)
class Event:
    """The particles of one event, and what its first line says."""

    particles: list[Particle]
    unit: str = "GeV"
    facts: list[list[str]] = field(default_factory=list)


_MOST_PARTICLES = 50_000


def parse_lhe(text: str, *, name: str) -> Event:
    """An ``<event>`` block of https://arxiv.org/abs/hep-ph/0609017. Raises ``UnreadableFile`` naming the line."""
    body = text.partition(">")[2].partition("</event")[0]
    lines = [line for line in body.split("\n") if line.strip() and not line.lstrip().startswith(("#", "<"))]
    number = 0
    try:
        head = _numbers(lines[0])
        count = int(head[0])
        if not 0 <= count <= _MOST_PARTICLES:
            raise ValueError(f"{count} particles")
        particles = []
        for line in lines[1 : count + 1]:
            number += 1
            row = _numbers(line)
            code, status, first, last = (int(value) for value in row[:4])
            px, py, pz, energy, mass = row[6:11]
            made = Particle(code, status, (px, py, pz), energy, mass, _mothers(first, last, count))
            made.final, made.incoming = status == 1, status == -1
            particles.append(made)
    except (ValueError, IndexError, OverflowError) as problem:
        raise _damaged(name, number, lines, problem) from None
    if len(particles) < count:
        raise UnreadableFile(f"{name}: the event announces {count} particles and holds {len(particles)}.")
    facts = [["process", f"{int(head[1])}"], ["weight", _short(head[2])], ["scale", f"{_short(head[3])} GeV"]]
    return Event(particles, "GeV", facts)


def _mothers(first: int, last: int, count: int) -> list[int]:
    """All from the first to the last of the standard's two numbers, or the two where they stand the other way round."""
    if first <= 0:
        return []
    found = [first - 1, last - 1] if 0 < last < first else range(first - 1, min(max(first, last), count))
    return [place for place in found if place < count]


def parse_hepmc(text: str, *, name: str, old: bool, unit: str) -> Event:
    """An event of HepMC3 Asciiv3 or, ``old``, HepMC2 IO_GenEvent. Raises ``UnreadableFile`` naming the line."""
    lines = text.split("\n")
    number = 0
    reader = _Hepmc2() if old else _Hepmc3()
    try:
        for line in lines:
            number += 1
            mark = line[:2]
            if mark == "U ":
                unit = line.split()[1]
            elif mark in ("E ", "P ", "V ", "W ") and len(reader.particles) < _MOST_PARTICLES:
                reader.take(mark[0], line.split())
    except (ValueError, IndexError, OverflowError) as problem:
        raise _damaged(name, number, lines, problem) from None
    return Event(reader.finished(), {"MEV": "MeV", "GEV": "GeV"}.get(unit.upper(), unit or "GeV"), reader.facts)


class _Hepmc3:
    """``P id from code px py pz e m status``; ``V id status [in, …]``: a vertex collects what ended in it."""

    def __init__(self) -> None:
        self.particles: list[Particle] = []
        self.facts: list[list[str]] = []
        self._places: dict[int, int] = {}
        self._origins: list[int] = []
        self._vertices: dict[int, list[int]] = {}

    def take(self, mark: str, row: list[str]) -> None:
        """One line."""
        if mark == "E":
            self.facts.append(["number", row[1]])
        elif mark == "W" and len(row) > 1:
            self.facts.append(["weight", _short(float(row[1]))])
        elif mark == "V":
            listed = re.search(r"\[([^\]]*)\]", " ".join(row))
            self._vertices[int(row[1])] = (
                [int(one) for one in listed.group(1).split(",") if one.strip()] if listed else []
            )
        elif mark == "P":
            self._places[int(row[1])] = len(self.particles)
            self._origins.append(int(row[2]))
            px, py, pz, energy, mass = (float(value) for value in row[4:9])
            self.particles.append(Particle(int(row[3]), int(row[9]), (px, py, pz), energy, mass))

    def finished(self) -> list[Particle]:
        """The particles with their mothers."""
        for made, origin in zip(self.particles, self._origins, strict=True):
            ids = self._vertices.get(origin, []) if origin < 0 else [origin] if origin else []
            made.mothers = [self._places[one] for one in ids if one in self._places]
        _mark_ends(self.particles)
        return self.particles


class _Hepmc2:
    """``V barcode … orphans out …`` is followed by its orphan incoming and its outgoing particles."""

    def __init__(self) -> None:
        self.particles: list[Particle] = []
        self.facts: list[list[str]] = []
        self._ending: dict[int, list[int]] = {}
        self._starting: list[tuple[int, int]] = []
        self._vertex = self._orphans = 0

    def take(self, mark: str, row: list[str]) -> None:
        """One line."""
        if mark == "E":
            self.facts.append(["number", row[1]])
        elif mark == "V":
            self._vertex, self._orphans = int(row[1]), int(row[7])
        elif mark == "P":
            px, py, pz, energy, mass = (float(value) for value in row[3:8])
            place = len(self.particles)
            self.particles.append(Particle(int(row[2]), int(row[8]), (px, py, pz), energy, mass))
            end = int(row[11])
            if end:
                self._ending.setdefault(end, []).append(place)
            if self._orphans:
                self._orphans -= 1
            else:
                self._starting.append((place, self._vertex))

    def finished(self) -> list[Particle]:
        """The particles with their mothers."""
        for place, vertex in self._starting:
            self.particles[place].mothers = [one for one in self._ending.get(vertex, []) if one != place]
        _mark_ends(self.particles)
        return self.particles


def _mark_ends(particles: list[Particle]) -> None:
    """Status 4 is a beam and 1 is final, by convention; where a generator keeps to none, the graph tells."""
    mothers = {place for made in particles for place in made.mothers}
    by_status = any(made.status == 1 for made in particles)
    beams = any(made.status == 4 for made in particles)
    for place, made in enumerate(particles):
        made.final = made.status == 1 if by_status else place not in mothers
        made.incoming = made.status == 4 if beams else not made.mothers and place in mothers


def _numbers(line: str) -> list[float]:
    return [float(part.replace("D", "E").replace("d", "e")) for part in line.split()[:13]]


def _short(value: float) -> str:
    return f"{value:.6g}"


def _damaged(name: str, number: int, lines: list[str], problem: Exception) -> UnreadableFile:
    shown = lines[number - 1][:60].strip() if 0 < number <= len(lines) else "its beginning"
    return UnreadableFile(
        f"{name}: line {number} of the event, “{shown}”, cannot be read ({str(problem)[:80]}).",
        hint="The file is damaged: fetch it again.",
    )
