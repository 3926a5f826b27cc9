"""JSON and JSON lines: structure, hidden tables, and the documents that physics writes in JSON."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from dop2i.core.formats import _metadata as md
from dop2i.core.formats._json import LIMIT, load_json, parse_json
from dop2i.core.formats._structure import describe_structure, propose_stated
from dop2i.core.formats._text import base_name, iterate_lines, read_text, text_encoding, text_head
from dop2i.core.formats.base import Description, FormatReader, Source
from dop2i.core.formats.limits import Budget
from dop2i.errors import UnreadableFile

_LINES = 20_000


class JsonReader(FormatReader):
    """Any JSON up to 32 MiB; of a longer one only the beginning. JSON lines are read as they stream by."""

    name = "json"
    label: ClassVar = {"en": "JSON", "fr": "JSON"}
    media_types = ("application/json", "application/x-ndjson", "application/ld+json", "application/geo+json")
    suffixes = (".json", ".jsonl", ".ndjson", ".jsonld", ".geojson")
    rank = 60

    def recognises(self, name: str, head: bytes) -> float:
        base = base_name(name)
        named = base.endswith(self.suffixes)
        if not named and (b"{" not in head[:200] and b"[" not in head[:200]):
            return 0.0
        if not text_encoding(head):
            return 0.0
        looks = text_head(head).lstrip()[:1] in ("{", "[")
        if named:
            return 0.8 if looks else 0.6
        return 0.4 if looks and ("." not in base[1:] or b'":' in head or b'" :' in head) else 0.0

    def describe(self, source: Source) -> Description:
        found = md.begin(self, source)
        base = base_name(source.name)
        if base.endswith((".jsonl", ".ndjson")):
            _describe_lines(source, found)
            return found
        if base.endswith(".jsonld"):
            found.media_type = "application/ld+json"
        if source.size == 0:
            raise UnreadableFile(f"{source.name} is empty: not even an empty object is in it.", hint="Was it cut?")
        if source.size > LIMIT:
            text, _, _ = read_text(source, limit=64 << 10, what="JSON file")
            found.summary = "JSON, too long to be read whole"
            found.text = text[:5000]
            found.warnings.append(f"Only the beginning was read: JSON is read whole up to {LIMIT:,} bytes.")
            return found
        try:
            value = load_json(source)
        except UnreadableFile:
            if not _has_lines(source):
                raise
            _describe_lines(source, found)
            return found
        describe_structure(value, found=found, kind="JSON")
        propose_stated(value, found)
        _recognise(value, found)
        return found


def _has_lines(source: Source) -> bool:
    """Whether each of the first two lines is a value of its own."""
    first = source.read_range(0, 1 << 20).split(b"\n")[:2]
    if len(first) < 2 or not first[1].strip():
        return False
    try:
        return all(isinstance(json.loads(line), dict | list) for line in first)
    except (ValueError, RecursionError):
        return False


def _describe_lines(source: Source, found: Description) -> None:
    found.media_type = "application/x-ndjson"
    encoding = text_encoding(source.read_range(0, 8192)) or "utf-8"
    rows: list[Any] = []
    count = 0
    budget = Budget.of(source)
    for line in iterate_lines(source, encoding=encoding):
        if not line.strip():
            continue
        count += 1
        if len(rows) < _LINES and budget.spend(len(line)):
            rows.append(parse_json(line, name=f"{source.name}, line {count},"))
        elif budget.out_of_time:
            break
    describe_structure(rows, found=found, kind="JSON lines:")
    for table in found.tables:
        table.rows, table.shape = count, (count,)
        if count > len(rows):
            table.sampled, table.rows_read = True, len(rows)
    found.summary = f"JSON lines: {count:,} records"


def _recognise(value: Any, found: Description) -> None:
    if not isinstance(value, dict):
        return
    if isinstance(value.get("channels"), list) and isinstance(value.get("measurements"), list):
        _workspace(value, found)
    elif isinstance(value.get("patches"), list) and isinstance(value.get("metadata"), dict):
        signals = len(value["patches"])
        found.summary = f"pyhf patch set: {signals:,} signal hypotheses"
        _likelihood(found)
    elif isinstance(value.get("dmp"), dict):
        _plan(value["dmp"], found)
    elif md.plain(value.get("$schema")).startswith(("http://json-schema.org", "https://json-schema.org")):
        found.summary = f"JSON schema: {md.plain(value.get('title'), limit=200) or 'untitled'}"
    elif "@graph" in value and "ro/crate" in str(value.get("@context"))[:500]:
        found.summary = f"RO-Crate metadata of {len(value['@graph']):,} entities"
    elif value.get("type") == "FeatureCollection" and isinstance(value.get("features"), list):
        found.summary = f"GeoJSON with {len(value['features']):,} features"


def _likelihood(found: Description) -> None:
    found.theme = "particle"
    md.propose(found, "custom_fields.dop2i:theme", "particle", key="channels", confidence=0.6)
    for word in ("statistical model", "likelihood", "pyhf"):
        md.propose(found, "metadata.subjects", {"subject": word}, key="channels", confidence=0.7)


def _workspace(value: dict[str, Any], found: Description) -> None:
    """A HistFactory workspace as pyhf writes it: channels, samples, bins, parameter of interest."""
    channels = [item for item in value["channels"] if isinstance(item, dict)]
    samples = [s for channel in channels for s in md.as_list(channel.get("samples")) if isinstance(s, dict)]
    names = sorted({md.plain(sample.get("name"), limit=200) for sample in samples})
    bins = 0
    for channel in channels:
        first = next((s for s in md.as_list(channel.get("samples")) if isinstance(s, dict)), {})
        bins += len(md.as_list(first.get("data")))
    interest = [
        md.plain(item["config"].get("poi"), limit=200)
        for item in value["measurements"]
        if isinstance(item, dict) and isinstance(item.get("config"), dict)
    ]
    found.summary = f"pyhf workspace: {len(channels):,} channels, {len(names):,} samples, {bins:,} bins"
    found.headers |= {
        "channels": [md.plain(channel.get("name"), limit=200) for channel in channels[:200]],
        "samples": names[:200],
        "parameters of interest": sorted(set(filter(None, interest))),
    }
    _likelihood(found)


def _plan(plan: dict[str, Any], found: Description) -> None:
    """A machine-actionable data management plan of the RDA's common standard."""
    title = md.plain(plan.get("title"), limit=300)
    datasets = len(md.as_list(plan.get("dataset")))
    found.summary = f"Data management plan “{title}” of {datasets:,} datasets"
    md.propose(found, "metadata.title", title, key="dmp.title", confidence=0.7)
    md.propose(found, "metadata.description", md.plain(plan.get("description")), key="dmp.description", confidence=0.7)
    kind = {"id": "publication-datamanagementplan"}
    md.propose(found, "metadata.resource_type", kind, key="dmp", confidence=0.5)
    contact = plan.get("contact")
    if isinstance(contact, dict) and md.plain(contact.get("name")):
        who = md.split_name(md.plain(contact["name"], limit=300))
        md.propose(found, "metadata.contributors", {**who, "role": {"id": "contactperson"}}, key="dmp.contact")
    language = md.plain(plan.get("language"))
    md.propose(found, "metadata.languages", {"id": language} if len(language) == 3 else None, key="dmp.language")
