"""ENSDF: evaluated nuclear structure and decay data, in records of 80 columns."""

from __future__ import annotations

import re
from typing import ClassVar

from dop2i.core.formats import _metadata as md
from dop2i.core.formats._particles import nuclide
from dop2i.core.formats._text import base_name, iterate_lines, text_encoding, text_head
from dop2i.core.formats.base import Column, Description, FormatReader, Member, Source, Table
from dop2i.core.formats.limits import Budget
from dop2i.errors import UnreadableFile

_NUCLEUS = re.compile(r"^\s{0,2}(\d{1,3})([A-Z][A-Z ])")
_FIRST = re.compile(r"^\s{0,2}\d{1,3}[A-Z][A-Z ]\s{4}\S")
_KINDS = {"L": "level", "G": "gamma", "B": "beta-", "E": "electron capture", "A": "alpha", "D": "delayed particle"}
_DATASETS = 2000


class EnsdfReader(FormatReader):
    """Datasets of ENSDF (https://www.nndc.bnl.gov/ensdf/ensdf-manual.pdf): levels, gammas, decays by nuclide."""

    name = "ensdf"
    label: ClassVar = {"en": "ENSDF nuclear data", "fr": "Données nucléaires ENSDF"}
    media_types = ("text/x-ensdf",)
    suffixes = (".ens", ".ensdf")
    rank = 40

    def recognises(self, name: str, head: bytes) -> float:
        text = text_head(head)
        first = next((line for line in text.split("\n") if line.strip()), "")
        fits = bool(_FIRST.match(first)) and len(first.rstrip("\r")) <= 80
        if base_name(name).endswith(self.suffixes):
            return 0.95 if fits else 0.5 if text else 0.0
        return 0.5 if fits and re.search(r"^\s{0,2}\d{1,3}[A-Z][A-Z ]  [LG] ", text, re.M) else 0.0

    def describe(self, source: Source) -> Description:
        found = md.begin(self, source)
        counts = dict.fromkeys(_KINDS, 0)
        energies: dict[str, list[float]] = {key: [] for key in _KINDS}
        nuclides: dict[str, None] = {}
        titles: list[str] = []
        _read(source, counts=counts, energies=energies, nuclides=nuclides, titles=titles)
        if not titles:
            raise UnreadableFile(f"{source.name} holds no ENSDF dataset.", hint="Is it cut, or of another format?")
        found.tables = [_table(kind, counts[kind], energies[kind]) for kind in _KINDS if counts[kind]]
        found.members = [Member(title, None, "dataset") for title in titles[:_DATASETS]]
        found.theme = "nuclear"
        md.propose(found, "custom_fields.dop2i:theme", "nuclear", key="ENSDF", confidence=0.9)
        for name in list(nuclides)[:200]:
            md.propose(found, "custom_fields.dop2i:nuclides", name, key="NUCID", confidence=0.9)
        for title in titles[:50]:
            reaction = title.split(maxsplit=1)[1] if " " in title else ""
            if "(" in reaction or "DECAY" in reaction:
                md.propose(found, "custom_fields.dop2i:reaction", reaction, key="DSID", confidence=0.8)
        if len(titles) == 1:
            md.propose(found, "metadata.title", f"{titles[0]}: levels and transitions", key="DSID", confidence=0.5)
        found.headers = {"datasets": len(titles), **{_KINDS[key]: count for key, count in counts.items() if count}}
        found.summary = f"ENSDF: {len(titles):,} datasets of {', '.join(list(nuclides)[:5]) or 'no nuclide'}"
        found.text = " ".join([*titles[:500], *nuclides])[:20_000]
        return found


def _read(
    source: Source,
    *,
    counts: dict[str, int],
    energies: dict[str, list[float]],
    nuclides: dict[str, None],
    titles: list[str],
) -> None:
    encoding = text_encoding(source.read_range(0, 8192))
    if not encoding:
        raise UnreadableFile(f"{source.name} is no ENSDF file: it is empty or binary.", hint="Was the copy cut?")
    budget = Budget.of(source)
    begins = True
    for number, line in enumerate(iterate_lines(source, encoding=encoding), start=1):
        if not budget.spend(len(line)):
            return
        if not line.strip():
            begins = True
            continue
        match = _NUCLEUS.match(line)
        if len(line.rstrip()) > 82 or (not match and not line[:5].strip().isdigit()):
            raise UnreadableFile(
                f"{source.name}, line {number}: no ENSDF record of 80 columns (“{line[:30].strip()}”).",
                hint="The file is damaged, or of another format.",
            )
        if begins and match:
            titles.append(f"{match.group(1)}{match.group(2).strip()} {line[9:39].strip()}".strip())
            name = nuclide(int(match.group(1)), match.group(2))
            if name:
                nuclides[name] = None
            begins = False
        kind = line[7:8]
        if line[5:7] == "  " and kind in counts:
            counts[kind] += 1
            try:
                energies[kind].append(float(line[9:19]))
            except ValueError:
                continue


def _table(kind: str, count: int, energies: list[float]) -> Table:
    from dop2i.core.formats._columns import ColumnFacts

    facts = ColumnFacts("energy", "float64", (), "keV", f"energy of the {_KINDS[kind]}")
    facts.add(energies, entries=count, missing=count - len(energies))
    column: Column = facts.column()
    return Table(name=_KINDS[kind], kind="table", rows=count, shape=(count,), columns=[column])
