"""Which experiment made a ROOT file, as far as the names of its trees and branches tell."""

from __future__ import annotations

import re

from dop2i.core.formats._findings import GUESSED, Findings
from dop2i.core.formats._times import unix_to_iso
from dop2i.core.formats.base import Column, Description, Table

_EARLIEST_PLAUSIBLE = 315532800  # 1980: an event time before that is a default value
_GEANT4 = re.compile(r"geant4-([0-9-]+(?:patch-[0-9]+)?)")


def recognise_experiment(classes: dict[str, str], description: Description, findings: Findings) -> None:
    """Sets theme, experiment, run and time where the structure is one experiment's own; else leaves them open.

    ``classes`` are the ROOT classes by path. A simulation framework is no experiment: Geant4, Delphes and EDM4hep
    become keywords.
    """
    trees = {table.name: {column.name for column in table.columns} for table in description.tables}
    for recognise in (_cms_nanoaod, _km3net, _alice_ao2d, _atlas_xaod, _lhcb_ntuple, _edm4hep, _delphes, _geant4):
        if recognise(classes, trees, description, findings):
            return
    _tree_title(description, findings)


Trees = dict[str, set[str]]


def _cms_nanoaod(classes: dict[str, str], trees: Trees, description: Description, findings: Findings) -> bool:
    events = trees.get("Events", set())
    documented = {"Runs", "LuminosityBlocks"} & set(classes) or any(name.startswith("HLT_") for name in events)
    if not {"run", "luminosityBlock", "event"} <= events or not documented:
        return False
    description.label = "CMS NanoAOD (ROOT)"
    key = "Events/luminosityBlock"
    findings.theme("particle", key=key)
    findings.physics("experiment", "CMS", key=key, confidence=0.7)
    findings.physics("facility", "LHC", key=key, confidence=0.7)
    findings.subject("NanoAOD", key=key)
    simulated = "genWeight" in events or any(name.startswith("GenPart") for name in events)
    if simulated:
        findings.subject("simulation", key="Events/genWeight" if "genWeight" in events else "Events/nGenPart")
    _runs(description, findings, tree="Events", branch="run", simulated=simulated)
    return True


def _km3net(classes: dict[str, str], trees: Trees, description: Description, findings: Findings) -> bool:
    online = sorted(path for path in classes if path.startswith("KM3NET_"))
    events = trees.get("E", set())
    offline = any("Evt/trks" in name or "trks.rec_stages" in name for name in events)
    signed = classes.get("Header") == "Head" or "META/JMeta" in classes
    if not online and not (offline and (signed or "Evt/det_id" in events)):
        return False
    key = online[0] if online else "E/Evt"
    description.label = "KM3NeT online data (ROOT)" if online else "KM3NeT offline events (ROOT)"
    findings.theme("astroparticle", key=key)
    findings.physics("experiment", "KM3NeT", key=key)
    findings.subject("neutrino astronomy", key=key, confidence=GUESSED)
    detector = _column(description, "E", "Evt/det_id") or _ending(description, "detector_id")
    if detector and detector.minimum == detector.maximum and isinstance(detector.minimum, int) and detector.minimum > 0:
        findings.physics("detector", f"KM3NeT detector {detector.minimum}", key=f"E/{detector.name}")
    named = _ending(description, "detid")
    if named and named.minimum == named.maximum and isinstance(named.minimum, str):
        findings.physics("detector", named.minimum, key="detid")
    _runs(description, findings, tree="E", branch="Evt/run_id", simulated=False)
    seconds = _column(description, "E", "Evt/t/t.fSec")
    if seconds and isinstance(seconds.minimum, int) and seconds.minimum > _EARLIEST_PLAUSIBLE:
        start, end = unix_to_iso(seconds.minimum), unix_to_iso(float(seconds.maximum or seconds.minimum))
        findings.observed(start, end, key="E/Evt/t/t.fSec")
    for path, text in description.headers.items():
        found = re.search(r"GIT=(\S+)", str(text)) if path.startswith("META/") else None
        if found:
            findings.subject(f"Jpp {found.group(1)}", key=path, confidence=GUESSED)
            break
    return True


def _alice_ao2d(classes: dict[str, str], trees: Trees, description: Description, findings: Findings) -> bool:
    frames = sorted(path for path in classes if re.match(r"(DF|TF)_\d+/O2(collision|bc|track)", path))
    if not frames:
        return False
    description.label = "ALICE AO2D (ROOT)"
    findings.theme("particle", key=frames[0])
    findings.physics("experiment", "ALICE", key=frames[0])
    findings.physics("facility", "LHC", key=frames[0], confidence=0.7)
    return True


def _atlas_xaod(classes: dict[str, str], trees: Trees, description: Description, findings: Findings) -> bool:
    branches = trees.get("CollectionTree", set())
    if not any(name.startswith("EventInfo") for name in branches) or "MetaData" not in classes:
        return False
    description.label = "ATLAS xAOD (ROOT)"
    findings.theme("particle", key="CollectionTree")
    findings.physics("experiment", "ATLAS", key="CollectionTree", confidence=0.7)
    findings.physics("facility", "LHC", key="CollectionTree", confidence=0.7)
    return True


def _lhcb_ntuple(classes: dict[str, str], trees: Trees, description: Description, findings: Findings) -> bool:
    if not any(path.endswith("GetIntegratedLuminosity/LumiTuple") for path in classes):
        return False
    description.label = "LHCb DecayTree (ROOT)"
    findings.theme("particle", key="GetIntegratedLuminosity/LumiTuple")
    findings.physics("experiment", "LHCb", key="GetIntegratedLuminosity/LumiTuple", confidence=0.7)
    findings.physics("facility", "LHC", key="GetIntegratedLuminosity/LumiTuple", confidence=0.7)
    tree = next((path for path in trees if path.endswith("DecayTree")), "")
    _runs(description, findings, tree=tree, branch="runNumber", simulated=False)
    return True


def _edm4hep(classes: dict[str, str], trees: Trees, description: Description, findings: Findings) -> bool:
    events = trees.get("events", set())
    if "podio_metadata" not in classes and not any("edm4hep" in name or "PARAMETERS" in name for name in events):
        momenta = any(re.search(r"\.momentum\.x$", name) for name in events)
        if not (momenta and any(re.search(r"#\d|_objIdx|\.collectionID$", name) for name in events)):
            return False
    description.label = "EDM4hep events (ROOT)"
    findings.theme("particle", key="events", confidence=0.6)
    findings.subject("EDM4hep", key="events")
    return True


def _delphes(classes: dict[str, str], trees: Trees, description: Description, findings: Findings) -> bool:
    if "Delphes" not in trees:
        return False
    description.label = "Delphes fast simulation (ROOT)"
    findings.theme("particle", key="Delphes")
    findings.subject("simulation", key="Delphes")
    findings.subject("Delphes", key="Delphes")
    return True


def _geant4(classes: dict[str, str], trees: Trees, description: Description, findings: Findings) -> bool:
    for path, text in description.headers.items():
        found = _GEANT4.search(str(text))
        if found:
            findings.subject("simulation", key=path)
            findings.subject(f"Geant4 {found.group(1)}", key=path)
            return True
    return False


def _column(description: Description, tree: str, name: str) -> Column | None:
    table: Table | None = next((item for item in description.tables if item.name == tree), None)
    return next((column for column in table.columns if column.name == name), None) if table else None


def _ending(description: Description, name: str) -> Column | None:
    columns = (column for table in description.tables for column in table.columns)
    return next((column for column in columns if column.name.rpartition("/")[2].rpartition(".")[2] == name), None)


def _runs(description: Description, findings: Findings, *, tree: str, branch: str, simulated: bool) -> None:
    """The range of run numbers; that of a simulation is no run of a machine."""
    column = _column(description, tree, branch)
    if simulated or column is None or not isinstance(column.minimum, int) or column.minimum <= 1:
        return
    first, last = column.minimum, column.maximum
    findings.physics("runs", str(first) if first == last else f"{first}-{last}", key=f"{tree}/{branch}")


def _tree_title(description: Description, findings: Findings) -> None:
    """The title of the only tree, where it is in words."""
    if len(description.tables) == 1 and len(description.tables[0].meaning.split()) >= 3:
        findings.title(description.tables[0].meaning, key=description.tables[0].name, confidence=GUESSED)
