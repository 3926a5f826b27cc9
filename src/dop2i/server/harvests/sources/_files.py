"""The records in the files of a folder: which files hold some, how one is recognised, and its mapping."""

from __future__ import annotations

import gzip
import json
import re
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from dop2i.core.mappings import Mapped
from dop2i.core.mappings.xml import element_of
from dop2i.errors import UnreadableFile
from dop2i.server.harvests.sources.base import Raw, dump

LARGEST_FILE = 512 << 20
LARGEST_MEMBER = 32 << 20
MOST_MEMBERS = 1_000_000
_ARCHIVE = re.compile(r"\.(?:tar|tgz|tar\.(?:gz|bz2|xz))$", re.I)
_LINES = re.compile(r"\.(?:jsonl|ndjson)(?:\.gz)?$", re.I)
_EXFOR = re.compile(r"^ENTRY\s+([A-Z0-9]{5})\b.*?^ENDENTRY\b[^\n]*", re.M | re.S)
_SUBMISSION, _INFO = "submission.yaml", "info.yaml"

CERN = "application/vnd.cern.opendata+json"
DATACITE_JSON = "application/vnd.datacite.datacite+json"
DATACITE_XML = "application/vnd.datacite.datacite+xml"
SPASE = "application/vnd.spase+xml"
VORESOURCE = "application/vnd.ivoa.voresource+xml"
EXOPLANET = "application/vnd.open-exoplanet+xml"
VTSCAT = "application/vnd.vtscat+json"
SUBMISSION = "application/vnd.hepdata.submission+json"
CODEMETA = "application/vnd.codemeta.ld+json"
EXFOR = "text/x-exfor"
INVENIO = "application/vnd.inveniordm.v1+json"
DUBLIN_CORE = "application/vnd.oai-dc+xml"
SCHEMA_ORG = "application/ld+json"


def names_in(root: Path) -> list[str]:
    """The files under a folder by their paths in it, in order. Links out of it and hidden files are left out."""
    found = []
    for path in root.rglob("*"):
        relative = path.relative_to(root)
        if any(part.startswith(".") for part in relative.parts) or not path.is_file():
            continue
        if path.is_symlink() and not path.resolve().is_relative_to(root):
            continue
        found.append(relative.as_posix())
    return sorted(found)


def records_of(root: Path, name: str, *, base: str = "") -> Iterator[Raw]:
    """The records of one file; none for a file that is no metadata, a broken one where it should be."""
    path = root / name
    if path.stat().st_size > LARGEST_FILE:
        yield Raw(name, problem=f"{name} has more than {LARGEST_FILE:,} bytes.")
        return
    try:
        if _ARCHIVE.search(name):
            yield from _of_archive(path, name)
        elif _LINES.search(name):
            yield from _of_lines(path, name)
        elif path.name in (_SUBMISSION, _INFO):
            yield from _of_unit(name, lambda: _folder_files(path.parent, name, base=base), path.read_bytes())
        elif path.suffix.lower() in _SUFFIXES:
            yield from _of_content(name, _limited(path))
    except (OSError, EOFError, tarfile.TarError, gzip.BadGzipFile, UnreadableFile) as error:
        yield Raw(name, problem=f"{name} cannot be read: {error}")


_SUFFIXES = frozenset({".json", ".xml", ".txt", ".x4", ".exfor", ".exf", ".jsonld", ".rdf"})


def _limited(path: Path) -> bytes:
    if path.stat().st_size > LARGEST_MEMBER:
        raise UnreadableFile(f"It has more than {LARGEST_MEMBER:,} bytes.")
    return path.read_bytes()


def _of_lines(path: Path, name: str) -> Iterator[Raw]:
    with gzip.open(path, "rb") if name.lower().endswith(".gz") else path.open("rb") as lines:
        number = 0
        while line := lines.readline(LARGEST_MEMBER):
            number += 1
            if line.strip():
                yield from _of_content(f"{name}#{number}", line.strip(), json_only=True)


def _of_archive(path: Path, name: str) -> Iterator[Raw]:
    """The members one after another; an archive with a submission.yaml is one HEPData submission."""
    with tarfile.open(path) as archive:
        listing = [member for member in archive if member.isfile()][:MOST_MEMBERS]
        names = [member.name.removeprefix("./") for member in listing]
        units = [place for place, inner in enumerate(names) if inner.rpartition("/")[2] == _SUBMISSION]
        if units:
            for place in units:
                member = archive.extractfile(listing[place])
                content = member.read(LARGEST_MEMBER) if member else b""
                beside = [{"key": inner, "size": entry.size} for inner, entry in zip(names, listing, strict=True)]
                yield from _of_unit(_ARCHIVE.sub("", name), lambda beside=beside: beside, content)
            return
        for inner, entry in zip(names, listing, strict=True):
            if Path(inner).suffix.lower() not in _SUFFIXES:
                continue
            if entry.size > LARGEST_MEMBER:
                yield Raw(f"{name}/{inner}", problem=f"It has more than {LARGEST_MEMBER:,} bytes.")
                continue
            member = archive.extractfile(entry)
            yield from _of_content(inner, member.read() if member else b"")


def _folder_files(folder: Path, name: str, *, base: str) -> list[dict[str, Any]]:
    """The files beside a submission or publication, with their addresses when the folder's is known."""
    place = name.rpartition("/")[0]
    found = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.name.startswith("."):
            continue
        inner = path.relative_to(folder).as_posix()
        entry: dict[str, Any] = {"key": inner, "size": path.stat().st_size}
        if base:
            entry["url"] = f"{base.rstrip('/')}/{quote(f'{place}/{inner}' if place else inner)}"
        if path.suffix in (".yaml", ".md") and path.stat().st_size < (1 << 20):
            entry["text"] = path.read_bytes().decode("utf-8", "replace")
        found.append(entry)
    return found


def _of_unit(name: str, files: Callable[[], list[dict[str, Any]]], content: bytes) -> Iterator[Raw]:
    """A folder that is one record: a HEPData submission, or a publication of VTSCat."""
    import yaml

    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        documents = [part for part in yaml.load_all(content, Loader=loader) if part]
    except (yaml.YAMLError, RecursionError) as error:
        yield Raw(name, content, "application/yaml", problem=f"{name} is not valid YAML: {error}")
        return
    folder = name.removesuffix(f"/{_SUBMISSION}")
    if name.endswith(_INFO):
        info = documents[0] if documents and isinstance(documents[0], dict) else {}
        if not info.get("reference_id"):
            return
        listed = files()
        texts = {entry["key"]: entry.pop("text") for entry in listed if "text" in entry}
        sources = [_first(yaml, loader, text) for key, text in texts.items() if re.match(r"VER-\d+\.yaml", key)]
        raw = {
            "info": info,
            "readme": texts.get("README.md", ""),
            "files": listed,
            "sources": [s for s in sources if s],
        }
        yield Raw(str(info["reference_id"]), dump(raw), VTSCAT, parsed=None)
        return
    listed = [{key: value for key, value in entry.items() if key != "text"} for entry in files()]
    short = folder.rpartition("/")[2]
    yield Raw(short, dump({"name": short, "documents": documents, "files": listed}), SUBMISSION)


def _first(yaml: Any, loader: Any, text: str) -> Any:
    try:
        return next(iter(yaml.load_all(text, Loader=loader)), None)
    except (yaml.YAMLError, RecursionError):
        return None


def _of_content(name: str, content: bytes, *, json_only: bool = False) -> Iterator[Raw]:
    """The records of one content, recognised by its first bytes and members."""
    content = content.removeprefix(b"\xef\xbb\xbf")
    start = content.lstrip()[:1]
    if start in (b"{", b"["):
        yield from _of_json(name, content)
    elif start == b"<" and not json_only:
        yield from _of_xml(name, content)
    elif content.startswith((b"ENTRY", b"TRANS", b"MASTER")) and not json_only:
        text = content.decode("utf-8", "replace")
        for found in _EXFOR.finditer(text):
            yield Raw(found[1], found[0].encode(), EXFOR)
    elif json_only:
        yield Raw(name, content, "application/json", problem=f"{name} is not JSON.")


def _of_json(name: str, content: bytes) -> Iterator[Raw]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        yield Raw(name, content, "application/json", problem=f"{name} is not valid JSON: {error}.")
        return
    if isinstance(found, list):
        for place, entry in enumerate(found):
            if isinstance(entry, dict) and (kind := _json_kind(entry)):
                yield Raw(_json_identifier(entry, kind, f"{name}#{place + 1}"), dump(entry), kind, parsed=entry)
    elif isinstance(found, dict) and (kind := _json_kind(found)):
        yield Raw(_json_identifier(found, kind, name), content, kind, parsed=found)


def _json_kind(found: dict[str, Any]) -> str:
    """Which format a JSON object is of; empty for none that is read here."""
    facts = found["metadata"] if isinstance(found.get("metadata"), dict) else found
    context = json.dumps(found.get("@context", ""))
    if "recid" in facts and ("experiment" in facts or "collections" in facts):
        return CERN
    if isinstance(found.get("attributes"), dict) and "titles" in found["attributes"]:
        return DATACITE_JSON
    if "titles" in found and ("types" in found or "creators" in found or "schemaVersion" in found):
        return DATACITE_JSON
    if "codemeta" in context.lower():
        return CODEMETA
    if isinstance(found.get("metadata"), dict) and ("resource_type" in facts or "upload_type" in facts):
        return INVENIO
    if "schema.org" in context and found.get("@type"):
        return SCHEMA_ORG
    return ""


def _json_identifier(found: dict[str, Any], kind: str, name: str) -> str:
    facts = found["metadata"] if isinstance(found.get("metadata"), dict) else found
    if kind == CERN:
        return str(facts["recid"])
    if kind == INVENIO and found.get("id"):
        return str(found["id"])
    return name


def _of_xml(name: str, content: bytes) -> Iterator[Raw]:
    try:
        root = element_of(content, name=name)
    except UnreadableFile as error:
        yield Raw(name, content, "application/xml", problem=str(error))
        return
    tag = root.tag.rpartition("}")[2] if isinstance(root.tag, str) else ""
    if tag == "Spase":
        identifier = next(
            (str(node.text).strip() for node in root.iter() if _is(node, "ResourceID") and node.text), name
        )
        yield Raw(identifier, content, SPASE, parsed=root)
    elif tag == "system":
        yield Raw(name, content, EXOPLANET, parsed=root)
    elif tag == "resource" and "datacite.org" in root.tag:
        yield Raw(name, content, DATACITE_XML, parsed=root)
    elif tag == "Resource" or (tag == "resource" and any(_is(node, "curation") for node in root)):
        identifier = next((str(node.text).strip() for node in root if _is(node, "identifier") and node.text), name)
        yield Raw(identifier, content, VORESOURCE, parsed=root)
    elif tag == "dc":
        yield Raw(name, content, DUBLIN_CORE, parsed=root)


def _is(node: Any, name: str) -> bool:
    return isinstance(node.tag, str) and node.tag.rpartition("}")[2] == name


def map_file(raw: Raw) -> Mapped:
    """A record by the mapping of its kind. Raises ``UnreadableFile``."""
    read = _MAPPINGS.get(raw.media_type)
    if read is None:
        raise UnreadableFile(f"{raw.media_type} is not read here.")
    return read(raw)


def _cern(raw: Raw) -> Mapped:
    from dop2i.core.mappings.cern_opendata import from_cern_opendata

    return from_cern_opendata(raw.json())


def _datacite_json(raw: Raw) -> Mapped:
    from dop2i.core.mappings.datacite import from_datacite

    facts = raw.json()
    return from_datacite(facts["attributes"] if isinstance(facts.get("attributes"), dict) else facts)


def _datacite_xml(raw: Raw) -> Mapped:
    from dop2i.core.mappings.datacite_xml import from_datacite_xml

    return from_datacite_xml(raw.xml())


def _spase(raw: Raw) -> Mapped:
    from dop2i.core.mappings.spase import from_spase

    return from_spase(raw.xml())


def _voresource(raw: Raw) -> Mapped:
    from dop2i.core.mappings.voresource import from_voresource

    return from_voresource(raw.xml())


def _exoplanet(raw: Raw) -> Mapped:
    from dop2i.core.mappings.exoplanet import from_exoplanet

    folder, _, name = raw.identifier.rpartition("/")
    return from_exoplanet(raw.xml(), name=name, folder=folder.rpartition("/")[2] or "systems")


def _vtscat(raw: Raw) -> Mapped:
    from dop2i.core.mappings.vtscat import from_vtscat

    found = raw.json()
    return from_vtscat(found["info"], readme=found["readme"], files=found["files"], sources=found["sources"])


def _submission(raw: Raw) -> Mapped:
    from dop2i.core.mappings.hepdata import from_submission

    found = raw.json()
    return from_submission(found["documents"], name=found["name"], files=found["files"])


def _codemeta(raw: Raw) -> Mapped:
    from dop2i.core.mappings.codemeta import from_codemeta

    return from_codemeta(raw.json())


def _exfor(raw: Raw) -> Mapped:
    from dop2i.core.mappings.exfor import from_exfor

    return from_exfor(raw.content.decode("utf-8", "replace"))


def _invenio(raw: Raw) -> Mapped:
    from dop2i.core.mappings.invenio import from_invenio

    return from_invenio(raw.json())


def _dublin_core(raw: Raw) -> Mapped:
    from dop2i.core.mappings.oai_dc import from_oai_dc

    return from_oai_dc(raw.xml())


def _schema_org(raw: Raw) -> Mapped:
    from dop2i.core.mappings.schemaorg import from_schema_org

    return from_schema_org(raw.json())


_MAPPINGS: dict[str, Callable[[Raw], Mapped]] = {
    CERN: _cern,
    DATACITE_JSON: _datacite_json,
    DATACITE_XML: _datacite_xml,
    SPASE: _spase,
    VORESOURCE: _voresource,
    EXOPLANET: _exoplanet,
    VTSCAT: _vtscat,
    SUBMISSION: _submission,
    CODEMETA: _codemeta,
    EXFOR: _exfor,
    INVENIO: _invenio,
    DUBLIN_CORE: _dublin_core,
    SCHEMA_ORG: _schema_org,
}
