"""Les Houches event files: beams, energies, processes with their cross-section, events (also gzipped)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from dop2i.core.formats import _metadata as md
from dop2i.core.formats._packed_lines import event_lines
from dop2i.core.formats._particles import beam_name, collision_energy
from dop2i.core.formats._text import base_name
from dop2i.core.formats.base import Column, Description, FormatReader, Source, Table
from dop2i.core.formats.limits import Budget
from dop2i.errors import UnreadableFile

_INIT = re.compile(r"<init\s*>|<init\s+[^>]*>")
_HEADER = 16 << 20
_LINE = 1 << 20
_GENERATORS = ("MadGraph5_aMC@NLO", "MadGraph", "POWHEG", "Pythia", "Sherpa", "Whizard", "Herwig", "aMC@NLO", "SANC")


class LheReader(FormatReader):
    """LHE 1.0 to 3.0 (https://arxiv.org/abs/hep-ph/0609017); events are counted as the file streams by."""

    name = "lhe"
    label: ClassVar = {"en": "Les Houches events (LHE)", "fr": "Événements Les Houches (LHE)"}
    media_types = ("application/x-lhe",)
    suffixes = (".lhe", ".lhe.gz")
    rank = 40

    def recognises(self, name: str, head: bytes) -> float:
        if b"<LesHouchesEvents" in head[:2000]:
            return 0.98
        base = base_name(name)
        if base.endswith(".lhe.gz"):
            return 0.97 if head.startswith(b"\x1f\x8b") else 0.5
        return 0.5 if base.endswith(".lhe") else 0.0

    def describe(self, source: Source) -> Description:
        found = md.begin(self, source)
        lines = event_lines(source, longest=_LINE, kind="LHE")
        init, header = _read_init(lines, source)
        _describe_init(init, found)
        _describe_header(header, found)
        events, whole = _count_events(lines, Budget.of(source))
        columns = [Column("event", "object", (-1,), entries=events)]
        found.tables = [Table(name="events", rows=events if whole else None, columns=columns, sampled=not whole)]
        if not whole:
            found.tables[0].rows_read = events
            found.warnings.append("The end of the file was not reached: the events are more than those counted.")
        found.theme = "particle"
        md.propose(found, "custom_fields.dop2i:theme", "particle", key="LesHouchesEvents", confidence=0.7)
        md.propose(found, "metadata.subjects", {"subject": "simulated events"}, key="LesHouchesEvents", confidence=0.6)
        found.summary = (
            f"{events:,} {'event' if events == 1 else 'events'} {found.headers.get('collision', '')}".strip()
        )
        return found


def _read_init(lines: Iterator[str], source: Source) -> tuple[list[str], str]:
    """The lines of ``<init>`` and the text before it."""
    header: list[str] = []
    size = 0
    init: list[str] | None = None
    for number, line in enumerate(lines):
        if number == 0 and "<LesHouchesEvents" not in line and "<?xml" not in line:
            break
        if init is not None:
            if "</init>" in line:
                return [row for row in init if row.strip() and not row.lstrip().startswith(("<", "#"))], "".join(header)
            init.append(line)
        elif _INIT.search(line):
            init = []
        elif size < _HEADER:
            header.append(line)
            size += len(line)
        if init is not None and len(init) > 100_000:
            break
    raise UnreadableFile(
        f"{source.name} has no complete <init> block, so it is not (or no longer) an LHE file.",
        hint="The file is cut or of another format.",
    )


def _describe_init(init: list[str], found: Description) -> None:
    try:
        first = init[0].replace("D", "E").split()
        beams = [int(first[0]), int(first[1])]
        energies = [float(first[2]), float(first[3])]
    except (IndexError, ValueError):
        raise UnreadableFile(
            f"{found.name}: the first line of <init> does not hold two beams and their energies.",
            hint="See https://arxiv.org/abs/hep-ph/0109068 for what it should hold.",
        ) from None
    names = [beam_name(code) for code in beams]
    found.headers["beams"] = names
    found.headers["beam energies (GeV)"] = energies
    processes = []
    for row in init[1:200]:
        try:
            value, error, _, process = (float(part.replace("D", "E")) for part in row.split()[:4])
        except ValueError:
            continue
        processes.append({"process": int(process), "cross-section (pb)": value, "error (pb)": error})
    if processes:
        found.headers["processes"] = processes
    for name in dict.fromkeys(names):
        md.propose(found, "custom_fields.dop2i:beam", name, key="init")
    energy = collision_energy(beams, energies)
    if energy:
        span = md.energy_range([energy])
        md.propose(found, "custom_fields.dop2i:sqrt_s", span, key="init")
        found.headers["collision"] = (
            f"of {names[0]} {names[1]} at √s = {span and span['minimum']:g} {span and span['unit']}"
        )


def _describe_header(header: str, found: Description) -> None:
    version = re.search(r'<LesHouchesEvents[^>]*version\s*=\s*"([^"]{1,20})"', header)
    found.headers["version"] = version.group(1) if version else ""
    generator = next((name for name in _GENERATORS if name.lower() in header.lower()), "")
    if generator:
        found.headers["generator"] = generator
        md.propose(found, "metadata.subjects", {"subject": generator}, key="header", confidence=0.6)
    process = re.search(r"^\s*generate\s+(.{3,200}?)\s*(?:#.*)?$", header, re.M)
    if process:
        found.headers["process"] = process.group(1)
        md.propose(found, "custom_fields.dop2i:reaction", process.group(1), key="MG5ProcCard generate", confidence=0.7)
    found.text = re.sub(r"[#*=<>\s]+", " ", header[:20_000])[:5000]


def _count_events(lines: Iterator[str], budget: Budget) -> tuple[int, bool]:
    count = size = 0
    for line in lines:
        size += len(line)
        if line.lstrip().startswith("<event"):
            count += 1
            if not budget.spend(size):
                return count, False
            size = 0
        elif line.lstrip().startswith("</LesHouchesEvents"):
            return count, True
    return count, False
