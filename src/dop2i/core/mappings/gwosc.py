"""Gravitational Wave Open Science Center, API v2: events (one version each) and observing runs, with strain files.

Source: https://gwosc.org/api/v2/. The raw document is ``{"event": …, "strain_files": […], "parameters": […]}``, or
``{"run": …, "strain_files": […]}``, each as the API answered.
"""

from __future__ import annotations

from typing import Any

from dop2i.core.mappings.base import Mapped
from dop2i.core.mappings.parts import (
    doi_of,
    each,
    file,
    filled,
    http_address,
    items,
    line,
    person,
    pid,
    put_date,
    related,
    some,
    subjects,
    text_of,
    with_unique_keys,
)
from dop2i.errors import UnreadableFile

SITE = "https://gwosc.org"
_DETECTORS = {"H1": "LIGO Hanford", "L1": "LIGO Livingston", "V1": "Virgo", "K1": "KAGRA", "G1": "GEO600"}
_EXPERIMENTS = {"H1": "LIGO", "H2": "LIGO", "L1": "LIGO", "V1": "Virgo", "K1": "KAGRA", "G1": "GEO600"}
_LEAPS = (
    46828800, 78364801, 109900802, 173059203, 252028804, 315187205, 346723206, 393984007, 425520008, 457056009,
    504489610, 551750411, 599184012, 820108813, 914803214, 1025136015, 1119744016, 1167264017,
)  # fmt: skip
"""GPS seconds at which a leap second of UTC ended (IERS bulletin C; the last is of 2017-01-01)."""


def from_gwosc(answer: dict[str, Any]) -> Mapped:
    """An event or a run. Raises ``UnreadableFile`` for neither."""
    event, run = answer.get("event"), answer.get("run")
    if isinstance(event, dict):
        return _event(event, answer)
    if isinstance(run, dict):
        return _run(run, answer)
    raise UnreadableFile("This is neither an event nor a run of GWOSC's API.")


def gps_to_utc(gps: float) -> str:
    """A GPS time as UTC to the second, ``2015-09-14T09:50:45Z``; between leap seconds it is exact."""
    import datetime

    leaps = sum(1 for leap in _LEAPS if gps >= leap)
    moment = datetime.datetime(1980, 1, 6, tzinfo=datetime.UTC) + datetime.timedelta(seconds=int(gps) - leaps)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _event(event: dict[str, Any], answer: dict[str, Any]) -> Mapped:
    notes: list[str] = []
    name = line(event.get("name") or event.get("shortName"), limit=200)
    version = text_of(event.get("version"))
    catalogue = line(event.get("catalog"), limit=200)
    gps = _number(event.get("gps"))
    doi = doi_of(event.get("doi"))
    detectors = [text for value in items(event.get("detectors")) if (text := text_of(value))]
    metadata: dict[str, Any] = filled(
        title=f"{name}: gravitational-wave event" if name else "",
        resource_type={"id": "dataset"},
        description=_event_words(name, catalogue, event, answer),
        creators=some(_collaborations(detectors)),
        publisher="Gravitational Wave Open Science Center",
        version=f"v{version}" if version else "",
        subjects=subjects(["gravitational waves", catalogue, line(event.get("run")), *items(event.get("aliases"))]),
        identifiers=_names(event),
        rights=[{"id": "cc-by-4.0"}],
    )
    if doi:
        # The DOI is that of the release, which many events share: it is no identifier of this one.
        metadata["related_identifiers"] = [entry for entry in [related(doi, "ispartof")] if entry]
    if gps:
        put_date(metadata, gps_to_utc(gps)[:10], notes)
    made = _physics(detectors, event.get("run"))
    if gps:
        made["dop2i:time_range"] = {"start": gps_to_utc(gps), "end": gps_to_utc(gps), "gps_start": gps, "gps_end": gps}
    made["dop2i:objects"] = [name] if name else []
    page = http_address(event.get("event_portal_url")) or f"{SITE}/eventapi/html/{catalogue}/{name}/v{version}/"
    return Mapped(
        metadata=metadata,
        custom_fields=filled(**made),
        files=with_unique_keys(_strain(answer)),
        url=page,
        modified=text_of(event.get("updated")),
        text=" ".join(text for value in items(event.get("aliases")) if (text := text_of(value))),
        notes=notes,
    ).settled()


def _run(run: dict[str, Any], answer: dict[str, Any]) -> Mapped:
    notes: list[str] = []
    name = line(run.get("name"), limit=200)
    start, end = _number(run.get("gps_start")), _number(run.get("gps_end"))
    detectors = [text for value in items(run.get("detectors")) if (text := text_of(value))]
    metadata: dict[str, Any] = filled(
        title=f"{name}: strain data of the observing run" if name else "",
        resource_type={"id": "dataset"},
        description=line(run.get("description"))
        or (f"Calibrated strain of {', '.join(detectors) or 'the detectors'} during the observing run {name}."),
        creators=some(_collaborations(detectors)),
        publisher="Gravitational Wave Open Science Center",
        subjects=subjects(["gravitational waves", "observing run", name]),
        rights=[{"id": "cc-by-4.0"}],
    )
    doi = doi_of(run.get("doi"))
    made = _physics(detectors, name)
    if start and end:
        put_date(metadata, f"{gps_to_utc(start)[:10]}/{gps_to_utc(end)[:10]}", notes)
        span = {"start": gps_to_utc(start), "end": gps_to_utc(end), "gps_start": start, "gps_end": end}
        made["dop2i:time_range"] = span
    return Mapped(
        metadata=metadata,
        custom_fields=filled(**made),
        pids=pid("doi", doi),
        files=with_unique_keys(_strain(answer)),
        url=http_address(run.get("run_url")) or f"{SITE}/data/{name}",
        notes=notes,
    ).settled()


def _physics(detectors: list[str], run: Any) -> dict[str, Any]:
    return {
        "dop2i:theme": "astroparticle",
        "dop2i:experiment": list(dict.fromkeys(_EXPERIMENTS.get(name, name) for name in detectors)),
        "dop2i:detector": [f"{name} ({_DETECTORS[name]})" if name in _DETECTORS else name for name in detectors],
        "dop2i:run_period": [text for text in [line(run, limit=200)] if text],
    }


def _collaborations(detectors: list[str]) -> list[dict[str, Any] | None]:
    names = list(dict.fromkeys(_EXPERIMENTS.get(name, "") for name in detectors if name in _EXPERIMENTS)) or ["LIGO"]
    full = {"LIGO": "LIGO Scientific Collaboration"}
    return [person(full.get(name, f"{name} Collaboration"), kind="organizational") for name in names]


def _names(event: dict[str, Any]) -> list[dict[str, str]]:
    grace = line(event.get("grace_id"), limit=60)
    return [{"identifier": f"https://gracedb.ligo.org/superevents/{grace}/", "scheme": "url"}] if grace else []


def _event_words(name: str, catalogue: str, event: dict[str, Any], answer: dict[str, Any]) -> str:
    """What is known of the event in words: its release, detectors and best parameters with their intervals."""
    words = [f"Gravitational-wave event {name}, as released in {catalogue or 'the open data'}."]
    for entry in each(items(answer.get("parameters"))):
        best = entry.get("best")
        if best is None or entry.get("name") is None:
            continue
        low, high = entry.get("lower_error"), entry.get("upper_error")
        spread = f" (+{high} {low})" if low is not None and high is not None else ""
        words.append(f"{line(entry['name'])}: {best}{spread} {line(entry.get('unit'))}".strip() + ".")
    return " ".join(words[:60])


def _strain(answer: dict[str, Any]) -> list[dict[str, Any] | None]:
    """The strain files: of an event one address each, of a run one for each format of the same strain."""
    found = []
    for entry in each(items(answer.get("strain_files"))):
        told = [text_of(entry.get(name)) for name in ("download_url", "url", "hdf5_url", "gwf_url")]
        found += [file(url, size=entry.get("size")) for url in dict.fromkeys(told) if http_address(url)]
    return found


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if 0 < number < 1e11 else None
