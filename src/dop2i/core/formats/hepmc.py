"""HepMC ASCII event records (versions 2 and 3), read as a stream: generator, units, events, beams."""

from __future__ import annotations

from typing import ClassVar

from dop2i.core.formats import _metadata as md
from dop2i.core.formats._packed_lines import event_lines
from dop2i.core.formats._particles import beam_name, collision_energy
from dop2i.core.formats._text import base_name
from dop2i.core.formats.base import Description, FormatReader, Source, Table
from dop2i.core.formats.limits import Budget
from dop2i.errors import UnreadableFile

_LINE = 1 << 20


class HepmcReader(FormatReader):
    """HepMC2 IO_GenEvent and HepMC3 Asciiv3 (https://gitlab.cern.ch/hepmc/HepMC3), also gzipped."""

    name = "hepmc"
    label: ClassVar = {"en": "HepMC events", "fr": "Événements HepMC"}
    media_types = ("application/x-hepmc",)
    suffixes = (".hepmc", ".hepmc2", ".hepmc3", ".hepmc.gz")
    rank = 40

    def recognises(self, name: str, head: bytes) -> float:
        if head.lstrip()[:14] == b"HepMC::Version":
            return 1.0
        base = base_name(name)
        if base.endswith((".hepmc.gz", ".hepmc3.gz", ".hepmc2.gz")) and head.startswith(b"\x1f\x8b"):
            return 0.97
        return 0.5 if base.endswith(self.suffixes) else 0.0

    def describe(self, source: Source) -> Description:
        from dop2i.core.formats._columns import ColumnFacts

        found = md.begin(self, source)
        state = _Events()
        particles, vertices = ColumnFacts("particles", "int64"), ColumnFacts("vertices", "int64")
        whole = _read(source, state, Budget.of(source))
        particles.add(state.particles)
        vertices.add(state.vertices)
        if not state.version:
            raise UnreadableFile(
                f"{source.name} does not begin with HepMC::Version, so it is no HepMC file.",
                hint="Check the suffix of the file.",
            )
        rows = len(state.particles)
        table = Table(name="events", rows=rows if whole else None, columns=[particles.column(), vertices.column()])
        table.sampled, table.rows_read = not whole, None if whole else rows
        found.tables = [table]
        if not state.ended and whole:
            found.warnings.append("The line that ends the list of events is missing: the file is cut.")
        found.headers = {"version": state.version, "generators": state.tools[:20], "units": state.units}
        _describe_beams(state, found)
        for tool in state.tools[:5]:
            md.propose(found, "metadata.subjects", {"subject": tool}, key="T", confidence=0.6)
        found.theme = "particle"
        md.propose(found, "custom_fields.dop2i:theme", "particle", key="HepMC::Version", confidence=0.7)
        md.propose(found, "metadata.subjects", {"subject": "simulated events"}, key="HepMC::Version", confidence=0.6)
        found.summary = f"{rows:,} generated {'event' if rows == 1 else 'events'}"
        found.text = " ".join([*state.tools, *found.headers.get("beams", [])])
        return found


class _Events:
    """What is known while the lines stream by."""

    def __init__(self) -> None:
        self.version = self.units = ""
        self.tools: list[str] = []
        self.particles: list[int] = []
        self.vertices: list[int] = []
        self.beams: list[tuple[int, float]] = []
        self.ended = False
        self.listed = 0
        """What a line of a particle adds to the count: HepMC3 has already told the number."""


def _read(source: Source, state: _Events, budget: Budget) -> bool:
    """Whether the whole file was read."""
    size = 0
    for number, line in enumerate(event_lines(source, longest=_LINE, kind="HepMC"), start=1):
        size += len(line)
        mark = line[:2]
        try:
            if mark == "E ":
                _event(line.split(), state)
                if not budget.spend(size):
                    return False
                size = 0
            elif mark == "P " and state.particles:
                state.particles[-1] += state.listed
                if len(state.particles) == 1:
                    _particle(line.split(), state)
            elif mark == "U ":
                state.units = line[2:].strip()[:20]
            elif mark == "T ":
                tool = line[2:].strip().replace("\\|", " ").strip()[:100]
                if tool not in state.tools and len(state.tools) < 100:
                    state.tools.append(tool)
            elif line.startswith("HepMC::Version"):
                state.version = line[15:].strip()[:20]
                state.listed = int(state.version.startswith("2"))
            elif "IO_GenEvent-START" in line:
                # HepMC3's library writes the older form under its own version
                state.listed = 1
            elif "END_EVENT_LISTING" in line:
                state.ended = True
        except (ValueError, IndexError):
            raise UnreadableFile(
                f"{source.name}, line {number}: “{line[:40].strip()}” is no HepMC line.",
                hint="The file is damaged: fetch it again.",
            ) from None
        if number == 20 and not state.version:
            return True
    return True


def _event(parts: list[str], state: _Events) -> None:
    """HepMC3: ``E number vertices particles``; HepMC2 counts vertices in its ninth field and lists particles later."""
    if state.listed:
        state.vertices.append(int(parts[8]))
        state.particles.append(0)
    else:
        state.vertices.append(int(parts[2]))
        state.particles.append(int(parts[3]))


def _particle(parts: list[str], state: _Events) -> None:
    if state.listed:
        code, energy, status = int(parts[2]), float(parts[6]), int(parts[8])
    else:
        code, energy, status = int(parts[3]), float(parts[7]), int(parts[9])
    if status == 4 and len(state.beams) < 2:
        state.beams.append((code, energy))


def _describe_beams(state: _Events, found: Description) -> None:
    if len(state.beams) != 2:
        return
    codes = [code for code, _ in state.beams]
    factor = 1e-3 if state.units.upper().startswith("MEV") else 1.0
    energies = [energy * factor for _, energy in state.beams]
    found.headers["beams"] = [beam_name(code) for code in codes]
    for name in dict.fromkeys(found.headers["beams"]):
        md.propose(found, "custom_fields.dop2i:beam", name, key="P (status 4)")
    energy = collision_energy(codes, energies)
    if energy:
        md.propose(found, "custom_fields.dop2i:sqrt_s", md.energy_range([energy]), key="P (status 4)")
