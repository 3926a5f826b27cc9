"""Conventions built upon HDF5: GWOSC strain, NeXus, openPMD, KM3NeT, Les Houches events, pandas.

Each adds what its attributes really say: a better label, coverage, and proposals with their evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from dop2i.core.formats._findings import GUESSED, Findings, tidy
from dop2i.core.formats._hdf5 import Contents
from dop2i.core.formats._times import clean_iso, gps_to_iso
from dop2i.core.formats.base import Description

_DETECTORS = {
    "H1": ("LIGO", "LIGO Hanford Observatory"),
    "H2": ("LIGO", "LIGO Hanford Observatory"),
    "L1": ("LIGO", "LIGO Livingston Observatory"),
    "V1": ("Virgo", "Virgo"),
    "K1": ("KAGRA", "KAGRA"),
    "G1": ("GEO600", "GEO600"),
}
_SI = ("m", "kg", "s", "A", "K", "mol", "cd")


def recognise_convention(contents: Contents, description: Description, findings: Findings) -> None:
    """Asks each convention in turn; the first that recognises its own speaks."""
    for recognise in (_gwosc, _nexus, _openpmd, _km3net, _lhe, _pandas):
        if recognise(contents, description, findings):
            return


def _gwosc(contents: Contents, description: Description, findings: Findings) -> bool:
    """Strain files of the Gravitational Wave Open Science Center (gwosc.org, HDF5 layout)."""
    start, duration = contents.value("meta/GPSstart"), contents.value("meta/Duration")
    strain = next((path for path in contents.datasets if path in ("strain/Strain", "strain/HwInjectionStrain")), None)
    if strain is None or not isinstance(start, int | float):
        return False
    description.label = "GWOSC strain (HDF5)"
    detector = tidy(contents.value("meta/Detector"))
    length = duration if isinstance(duration, int | float) else 0
    coverage = description.coverage
    coverage.gps_start, coverage.gps_end = float(start), float(start) + float(length)
    findings.theme("astroparticle", key="strain/Strain")
    findings.subject("gravitational waves", key="strain/Strain")
    findings.observed(gps_to_iso(start), gps_to_iso(float(start) + float(length)), key="meta/GPSstart")
    experiment, facility = _DETECTORS.get(detector, ("", ""))
    findings.physics("experiment", experiment, key="meta/Detector")
    findings.physics("facility", facility, key="meta/Detector")
    findings.physics("detector", detector, key="meta/Detector")
    findings.abstract(contents.value("meta/Description"), key="meta/Description")
    address = tidy(contents.value("meta/DescriptionURL"))
    if address.startswith("http"):
        findings.related(address, scheme="url", relation="isdocumentedby", key="meta/DescriptionURL")
    when = gps_to_iso(start)
    if detector and when:
        place = f"{facility} ({detector})" if facility else detector
        findings.title(f"{place} strain, {length:g} s from {when}", key="meta/GPSstart", confidence=0.6)
    spacing = contents.attributes.get(strain, {}).get("Xspacing")
    for table in description.tables:
        if table.name == strain:
            table.kind = "series"
            table.meaning = f"Calibrated strain of {detector}" if detector else "Calibrated strain"
            if isinstance(spacing, int | float) and spacing > 0:
                table.attributes["sampling rate [Hz]"] = 1 / spacing
    return True


def _nexus(contents: Contents, description: Description, findings: Findings) -> bool:
    """NeXus (NIAC, base classes 2024.02): entries, instrument, source, sample, users, definition."""
    classes = {path: tidy(found.get("NX_class")) for path, found in contents.attributes.items()}
    entries = [path for path, name in classes.items() if name == "NXentry"]
    if not entries:
        return False
    description.label = "NeXus (HDF5)"
    description.media_type = "application/x-hdf5"
    for entry in entries[:20]:
        findings.title(contents.value(f"{entry}/title"), key=f"{entry}/title")
        findings.abstract(contents.value(f"{entry}/experiment_description"), key=f"{entry}/experiment_description")
        start, end = (clean_iso(contents.value(f"{entry}/{name}")) for name in ("start_time", "end_time"))
        findings.observed(start, end, key=f"{entry}/start_time")
        run = tidy(contents.value(f"{entry}/run_number") or contents.value(f"{entry}/entry_identifier"))
        findings.physics("runs", run, key=f"{entry}/run_number")
        findings.subject(contents.value(f"{entry}/definition"), key=f"{entry}/definition")
    for path, name in classes.items():
        if name == "NXinstrument":
            findings.physics("instrument", tidy(contents.value(f"{path}/name")), key=f"{path}/name")
        elif name == "NXsource":
            findings.physics("facility", tidy(contents.value(f"{path}/name")), key=f"{path}/name")
            findings.subject(contents.value(f"{path}/type"), key=f"{path}/type")
        elif name == "NXbeam":
            findings.physics("beam", tidy(contents.value(f"{path}/incident_beam_type")), key=path)
        elif name == "NXsample":
            findings.physics("target", tidy(contents.value(f"{path}/name")), key=f"{path}/name")
            findings.subject(contents.value(f"{path}/chemical_formula"), key=f"{path}/chemical_formula")
        elif name == "NXuser":
            values = {word: contents.value(f"{path}/{word}") for word in ("name", "affiliation", "ORCID")}
            findings.creator(
                values["name"], key=f"{path}/name", affiliation=values["affiliation"], orcid=values["ORCID"]
            )
        elif name == "NXcite":
            doi = tidy(contents.value(f"{path}/doi"))
            findings.related(doi, scheme="doi", relation="issupplementto", key=f"{path}/doi")
    findings.made(clean_iso(contents.attribute("/", "file_time")), key="/@file_time")
    return True


def _openpmd(contents: Contents, description: Description, findings: Findings) -> bool:
    """The open standard for particle-mesh data (openPMD 1.1.0, ED-PIC extension)."""
    root = contents.attributes.get("/", {})
    version = tidy(root.get("openPMD"))
    if not version:
        return False
    description.label = f"openPMD {version} (HDF5)"
    findings.subject("openPMD", key="/@openPMD")
    if root.get("openPMDextension"):
        findings.subject("particle-in-cell simulation", key="/@openPMDextension")
    findings.theme("accelerator", key="/@openPMD", confidence=GUESSED)
    findings.title(root.get("comment"), key="/@comment", confidence=GUESSED)
    for name, affiliation in _authors(tidy(root.get("author"))):
        findings.creator(name, affiliation=affiliation, key="/@author")
    software = " ".join(part for part in (tidy(root.get("software")), tidy(root.get("softwareVersion"))) if part)
    findings.subject(software, key="/@software", confidence=GUESSED)
    findings.made(clean_iso(re.sub(r"(\d) ([+-]\d{4})$", r"\1\2", tidy(root.get("date")))), key="/@date")
    for table in description.tables:
        scale, unit = _openpmd_unit(contents, table.name)
        for column in table.columns:
            column.unit = column.unit or unit
        if scale not in (None, 1.0):
            table.attributes["unitSI"] = scale
    return True


def _authors(text: str) -> Iterator[tuple[str, str]]:
    """``Name <mail>`` by comma or semicolon; the mail is not kept."""
    for part in re.split(r"[;,]", text):
        name = re.sub(r"<[^>]*>|\([^)]*\)|\S+@\S+", "", part).strip()
        if name:
            yield name, ""


def _openpmd_unit(contents: Contents, path: str) -> tuple[Any, str]:
    """``unitSI`` of a component and the SI unit of its record from ``unitDimension`` (seven powers)."""
    own = contents.attributes.get(path, {})
    powers = own.get("unitDimension") or contents.attributes.get(path.rpartition("/")[0], {}).get("unitDimension")
    unit = ""
    if isinstance(powers, list) and len(powers) == len(_SI):
        parts = [f"{base}^{power:g}" if power != 1 else base for base, power in zip(_SI, powers, strict=True) if power]
        unit = " ".join(parts)
    scale = own.get("unitSI")
    return scale, unit if scale in (None, 1.0) else ""


def _km3net(contents: Contents, description: Description, findings: Findings) -> bool:
    """Files of km3pipe: the root group says so in its title or version attributes."""
    root = contents.attributes.get("/", {})
    if "km3pipe" not in root and tidy(root.get("TITLE")) != "KM3NeT":
        return False
    key = "/@km3pipe" if "km3pipe" in root else "/@TITLE"
    description.label = "KM3NeT (HDF5)"
    findings.theme("astroparticle", key=key)
    findings.physics("experiment", "KM3NeT", key=key)
    findings.subject("neutrino astronomy", key=key, confidence=GUESSED)
    for table in description.tables:
        for column in table.columns:
            known = column.minimum is not None and column.minimum == column.maximum and isinstance(column.minimum, int)
            if column.name == "det_id" and known and int(column.minimum or 0) > 0:
                where = f"{table.name}/det_id"
                findings.physics("detector", f"KM3NeT detector {column.minimum}", key=where)
            elif column.name == "run_id" and known and int(column.minimum or 0) > 1:
                findings.physics("runs", str(column.minimum), key=f"{table.name}/run_id")
    return True


def _lhe(contents: Contents, description: Description, findings: Findings) -> bool:
    """Les Houches events as HDF5 tables (arXiv:1905.05120)."""
    groups = {path.partition("/")[0] for path in contents.datasets}
    if not {"event", "particle", "procInfo"} <= groups and not {"events", "particles", "procInfo"} <= groups:
        return False
    description.label = "Les Houches events (HDF5)"
    key = "procInfo"
    findings.theme("particle", key=key)
    findings.subject("simulation", key=key)
    findings.subject("Monte Carlo events", key=key)
    return True


def _pandas(contents: Contents, description: Description, findings: Findings) -> bool:
    """Tables written by pandas through PyTables."""
    stores = [path for path, found in contents.attributes.items() if "pandas_type" in found]
    if stores:
        description.label = "pandas store (HDF5)"
    return bool(stores)
