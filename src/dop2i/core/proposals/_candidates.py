"""Every value that could enter the document, with its evidence: from files, repository, person, and by guess."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dop2i.core.formats import _metadata as md
from dop2i.core.formats.base import Description, Proposal
from dop2i.core.formats.text import CODE_SUFFIXES
from dop2i.core.proposals.folder import FolderDescription

METADATA_FORMATS = ("cff", "codemeta", "zenodo", "hepdata-submission", "readme", "licence")
"""Formats that speak of the whole folder; the order decides between equals."""
_WHOLE = frozenset({"metadata.title", "metadata.description", "metadata.rights", "metadata.creators",
                    "metadata.contributors", "metadata.version", "metadata.publication_date",
                    "metadata.resource_type"})  # fmt: skip
_DULL_TITLE = re.compile(
    r"^(readme|data|dataset|untitled|overview|introduction|contents?|title|test|files?|docs?)$", re.I
)
_DOCUMENTS = frozenset({"text", "readme", "licence", "cff", "codemeta", "zenodo", "markdown", ""})
_IMAGES = frozenset({"image", "svg"})


@dataclass(slots=True)
class Candidate:
    """A value that may be chosen. ``order`` decides between equal confidences (lower first)."""

    path: str
    value: Any
    file: str
    key: str
    confidence: float
    order: tuple[int, int, str] = (9, 9, "")
    chosen: bool = False


def candidates_of(folder: FolderDescription, *, person: dict[str, Any] | None, today: str) -> list[Candidate]:
    """All candidates, unmerged."""
    found = [*_from_files(folder), *_from_git(folder), *_from_person(person), *_from_content(folder)]
    if today:
        found.append(Candidate("metadata.publication_date", today, "", "today", 0.5))
    return found


def _from_files(folder: FolderDescription) -> Iterator[Candidate]:
    data_files = sum(1 for file in folder.files if file.format not in METADATA_FORMATS)
    for file in folder.files:
        about_all = file.format in METADATA_FORMATS
        depth = file.name.count("/")
        rank = METADATA_FORMATS.index(file.format) if about_all else 8
        order = (depth, rank, file.name)
        for proposal in file.proposals:
            confidence = _weighed(proposal, about_all=about_all, depth=depth, alone=data_files <= 1)
            yield Candidate(
                proposal.path,
                proposal.value,
                proposal.evidence.file or file.name,
                proposal.evidence.key,
                confidence,
                order,
            )
        yield from _from_coverage(file, order)


def _weighed(proposal: Proposal, *, about_all: bool, depth: int, alone: bool) -> float:
    """A file deep in the folder, or one data file of many, says less about the whole."""
    confidence = proposal.confidence
    if proposal.path not in _WHOLE:
        return confidence
    if proposal.path == "metadata.title" and _DULL_TITLE.match(str(proposal.value).strip()):
        return 0.05
    if about_all:
        return float(confidence * 0.7**depth)
    return confidence if alone else confidence * 0.6


def _from_coverage(file: Description, order: tuple[int, int, str]) -> Iterator[Candidate]:
    """Coverage that the reader found but did not propose itself."""
    cover = file.coverage
    proposed = {proposal.path for proposal in file.proposals}
    path = "custom_fields.dop2i:time_range"
    if cover.time_start and cover.time_end and path not in proposed:
        span: dict[str, Any] = {"start": cover.time_start, "end": cover.time_end}
        if cover.gps_start is not None and cover.gps_end is not None:
            span |= {"gps_start": cover.gps_start, "gps_end": cover.gps_end}
        yield Candidate(path, span, file.name, "time coverage", 0.6, order)
    path = "custom_fields.dop2i:sky_region"
    if cover.ra is not None and cover.dec is not None and path not in proposed:
        region = {"ra": cover.ra, "dec": cover.dec, "radius": cover.radius or 0.0}
        yield Candidate(path, region, file.name, "sky coverage", 0.6, order)
    path = "custom_fields.dop2i:theme"
    if file.theme and path not in proposed:
        yield Candidate(path, file.theme, file.name, f"{file.format} format", 0.5, order)


def _from_git(folder: FolderDescription) -> Iterator[Candidate]:
    git = folder.git
    if git is None:
        return
    if git.remote:
        item = md.related(git.remote, "url", "isderivedfrom")
        yield Candidate("metadata.related_identifiers", item, ".git/config", "remote origin", 0.7)
    for tag in git.tags:
        version = tag.removeprefix("v")
        if re.match(r"^\d+(\.\d+)*", version):
            yield Candidate("metadata.version", version, ".git", f"tag {tag}", 0.7)
    for author in git.authors:
        yield Candidate("metadata.creators", md.split_name(author), ".git", "author of commits", 0.3)


def _from_person(person: dict[str, Any] | None) -> Iterator[Candidate]:
    if not person:
        return
    if isinstance(person.get("person_or_org"), dict):  # a profile in the form of a creator, as the server tells it
        yield Candidate("metadata.creators", person, "", "your profile", 0.55)
        return
    given, family = md.plain(person.get("given_name")), md.plain(person.get("family_name"))
    name = md.plain(person.get("name"))
    if not (given or family or name):
        return
    if family or given:
        entry = md.person(given=given, family=family, orcid=md.orcid_of(person.get("orcid")))
    else:
        entry = md.split_name(name)
        orcid = md.orcid_of(person.get("orcid"))
        if orcid:
            entry["person_or_org"]["identifiers"] = [{"scheme": "orcid", "identifier": orcid}]
    places = []
    for place in md.as_list(person.get("affiliations")):
        label = md.plain(place.get("name") if isinstance(place, dict) else place)
        ror = md.plain(place.get("ror") or place.get("id")) if isinstance(place, dict) else ""
        if label or ror:
            places.append({key: value for key, value in (("name", label), ("id", ror.rpartition("/")[2])) if value})
    if places:
        entry["affiliations"] = places
    yield Candidate("metadata.creators", entry, "", "your profile", 0.55)


def _from_content(folder: FolderDescription) -> Iterator[Candidate]:
    """Guesses: the title from the folder's name, the type from what lies in it, experiments that are named."""
    title = _title_of_name(folder)
    if title:
        yield Candidate("metadata.title", title, "", "name of the folder" if folder.name else "name of the file", 0.1)
    kind, why, confidence = _type_of_content(folder)
    if kind:
        yield Candidate("metadata.resource_type", {"id": kind}, "", why, confidence)
    formats = sorted(name for name in folder.formats if name)
    for name in formats:
        yield Candidate("custom_fields.dop2i:formats", name, "", "formats of the files", 1.0)
    yield from _experiments_named(folder)


def _title_of_name(folder: FolderDescription) -> str:
    name = folder.name or (
        re.sub(r"\.[\w.]{1,12}$", "", folder.files[0].name.rsplit("/", 1)[-1]) if folder.files else ""
    )
    words = re.sub(r"[_\s]+", " ", name).strip(" .-")
    return words if any(char.isalpha() for char in words) else ""


def _type_of_content(folder: FolderDescription) -> tuple[str, str, float]:
    """The resource type that the files speak for, why, and how sure that is."""
    counts: Counter[str] = Counter()
    for file in folder.files:
        base = file.name.rsplit("/", 1)[-1].lower()
        suffix = base[base.rfind(".") :] if "." in base else ""
        if file.format in METADATA_FORMATS:
            continue
        if suffix in CODE_SUFFIXES:
            counts["code"] += 1
        elif file.format == "notebook":
            counts["notebook"] += 1
        elif file.format in _IMAGES:
            counts["image"] += 1
        elif file.format == "pdf":
            counts["pdf"] += 1
        elif file.format not in _DOCUMENTS or not file.format:
            counts["data"] += 1
    total = sum(counts.values())
    if not total:
        return ("", "", 0.0)
    if counts["code"] + counts["notebook"] > total / 2:
        kind = "software-computationalnotebook" if counts["notebook"] > counts["code"] else "software"
        return (kind, f"{counts['code'] + counts['notebook']} of {total} files are code", 0.55)
    if counts["image"] == total:
        return ("image", "every file is an image", 0.5)
    if counts["pdf"] == total:
        return ("publication", "every file is a PDF document", 0.4)
    return ("dataset", f"{counts['data']} of {total} files are data", 0.65)


def _experiments_named(folder: FolderDescription) -> Iterator[Candidate]:
    """Experiments of the vocabulary named in a README, a title or a subject; a bare file name counts less."""
    pattern = _experiment_pattern()
    for file in folder.files:
        if file.format not in METADATA_FORMATS or file.format == "licence" or file.name.count("/") > 1:
            continue
        text = f"{file.text[:4000]} " + " ".join(
            str(proposal.value) for proposal in file.proposals if proposal.path == "metadata.subjects"
        )
        depth = file.name.count("/")
        for name, count in Counter(pattern.findall(text)).most_common(3):
            confidence = (0.6 if count > 1 else 0.5) * 0.8**depth
            order = (depth, 7, file.name)
            yield Candidate(
                "custom_fields.dop2i:experiment", name, file.name, f"“{name}” in its text", confidence, order
            )


_made: list[re.Pattern[str]] = []
_AMBIGUOUS = frozenset(
    {"ROOT", "STAR", "COMET", "STEREO", "FOOT", "H1", "L3", "D0", "COMPASS", "AMBER", "JADE", "HERMES"}
)


def _experiment_pattern() -> re.Pattern[str]:
    if not _made:
        from dop2i.core.vocabularies import VOCABULARIES

        names = [term.title["en"] for term in VOCABULARIES["experiments"].values()]
        kept = sorted(
            (re.escape(name) for name in names if name not in _AMBIGUOUS and len(name) > 2), key=len, reverse=True
        )
        _made.append(re.compile(rf"(?<![\w-])(?:{'|'.join(kept)})(?![\w])"))
    return _made[0]
