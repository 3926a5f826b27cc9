"""HEPData submissions: what a publication's tables are about, and the tables with their errors.

Format: https://hepdata-submission.readthedocs.io. Two readers: ``submission.yaml``, and one table a file.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from dop2i.core.formats import _metadata as md
from dop2i.core.formats._text import base_name, text_encoding, text_head
from dop2i.core.formats._yaml import load_yaml
from dop2i.core.formats.base import Column, Description, FormatReader, Member, Source, Table
from dop2i.errors import UnreadableFile

_TABLES = 2000
_TABLE_KEYS = re.compile(r"^\s{0,2}\"?(independent_variables|dependent_variables)\"?\s*:", re.M)
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?")
_GEV = {"gev": 1.0, "tev": 1000.0, "mev": 0.001}


class HepdataSubmissionReader(FormatReader):
    """``submission.yaml``: a document about the whole, then one a table with its keywords."""

    name = "hepdata-submission"
    label: ClassVar = {"en": "HEPData submission", "fr": "Dépôt HEPData"}
    media_types = ("application/yaml",)
    suffixes = (".yaml", ".yml")
    rank = 30

    def recognises(self, name: str, head: bytes) -> float:
        base = base_name(name)
        if not base.endswith((".yaml", ".yml")):
            return 0.0
        telling = any(word in head for word in (b"data_file:", b"additional_resources:", b"comment:", b"hepdata_doi:"))
        if base in {"submission.yaml", "submission.yml"}:
            return 0.96 if telling and text_encoding(head) else 0.0
        return 0.85 if b"data_file:" in head and b"keywords:" in head else 0.0

    def describe(self, source: Source) -> Description:
        found = md.begin(self, source)
        documents = [one for one in load_yaml(source) if isinstance(one, dict)]
        if not documents:
            raise UnreadableFile(f"{source.name} holds no HEPData document.", hint="Is it empty, or cut?")
        tables = [one for one in documents if "data_file" in one]
        for one in documents:
            if "data_file" not in one:
                _describe_whole(one, found)
        for one in tables[:_TABLES]:
            found.members.append(
                Member(md.plain(one.get("data_file"), limit=300), None, md.plain(one.get("name"), limit=200))
            )
        _keywords(tables, found)
        found.theme = "particle"
        md.propose(found, "custom_fields.dop2i:theme", "particle", key="HEPData", confidence=0.5)
        md.propose(found, "metadata.resource_type", {"id": "dataset"}, key="HEPData submission", confidence=0.9)
        found.summary = f"HEPData submission of {len(tables):,} tables"
        words = [
            md.plain(one.get(key), limit=2000) for one in documents[:200] for key in ("name", "description", "comment")
        ]
        found.text = " ".join(filter(None, words))[:20_000]
        return found


def _describe_whole(document: dict[str, Any], found: Description) -> None:
    comment = md.plain(document.get("comment"))
    md.propose(found, "metadata.description", comment, key="comment", confidence=0.9)
    first = re.split(r"(?<=[a-z)])\.\s", re.sub(r"^[A-Z0-9-]{3,12}\.\s+", "", comment), maxsplit=1)[0].strip()
    if 15 < len(first) < 250:
        md.propose(found, "metadata.title", first.rstrip("."), key="first sentence of comment", confidence=0.35)
    doi = md.plain(document.get("hepdata_doi") or document.get("doi"))
    written = " ".join(
        [doi]
        + [
            md.plain(one.get("location"))
            for one in md.as_list(document.get("additional_resources"))
            if isinstance(one, dict)
        ]
    )
    for scheme, identifier in md.identifiers_in(written):
        relation = "isvariantformof" if "hepdata" in identifier else "issupplementto"
        md.propose(
            found, "metadata.related_identifiers", md.related(identifier, scheme, relation), key="additional_resources"
        )
    for one in md.as_list(document.get("record_ids")):
        number = md.plain(one.get("id")) if isinstance(one, dict) and one.get("type") == "inspire" else ""
        if number.isdigit():
            address = f"https://inspirehep.net/literature/{number}"
            md.propose(
                found, "metadata.related_identifiers", md.related(address, "url", "issupplementto"), key="record_ids"
            )
    found.headers |= {
        key: md.plain(document[key], limit=300) for key in ("hepdata_doi", "dateupdated") if key in document
    }


def _keywords(tables: list[dict[str, Any]], found: Description) -> None:
    """cmenergies, observables, phrases and reactions of all tables, each once."""
    gathered: dict[str, dict[str, None]] = {"cmenergies": {}, "observables": {}, "phrases": {}, "reactions": {}}
    for table in tables[:_TABLES]:
        for one in md.as_list(table.get("keywords")):
            name = md.plain(one.get("name")).lower() if isinstance(one, dict) else ""
            if name in gathered:
                gathered[name] |= dict.fromkeys(
                    text for value in md.as_list(one.get("values")) if (text := md.plain(value, limit=300))
                )
    energies = [float(number) for text in gathered["cmenergies"] for number in _NUMBER.findall(text.replace("-", " "))]
    md.propose(
        found, "custom_fields.dop2i:sqrt_s", md.energy_range(energies), key="keywords.cmenergies", confidence=0.9
    )
    for key, target, most in (("observables", "observables", 100), ("reactions", "reaction", 100)):
        for text in list(gathered[key])[:most]:
            md.propose(found, f"custom_fields.dop2i:{target}", text, key=f"keywords.{key}", confidence=0.9)
    for text in list(gathered["phrases"])[:30]:
        md.propose(found, "metadata.subjects", {"subject": text}, key="keywords.phrases", confidence=0.9)
    found.headers |= {key: list(values)[:100] for key, values in gathered.items() if values}


class HepdataTableReader(FormatReader):
    """A table of HEPData: independent and dependent variables, with qualifiers and labelled errors."""

    name = "hepdata-table"
    label: ClassVar = {"en": "HEPData table", "fr": "Tableau HEPData"}
    media_types = ("application/yaml",)
    suffixes = (".yaml", ".yml", ".json")
    rank = 30

    def recognises(self, name: str, head: bytes) -> float:
        if not base_name(name).endswith((".yaml", ".yml", ".json")) or b"dependent_variables" not in head:
            return 0.0
        text = text_head(head)
        return 0.9 if _TABLE_KEYS.search(text) or '"independent_variables":' in text else 0.0

    def describe(self, source: Source) -> Description:
        found = md.begin(self, source)
        documents = load_yaml(source)
        document = documents[0] if documents else None
        if not isinstance(document, dict):
            raise UnreadableFile(f"{source.name} is no HEPData table: its top level is not a mapping.")
        independent = [one for one in md.as_list(document.get("independent_variables")) if isinstance(one, dict)]
        dependent = [one for one in md.as_list(document.get("dependent_variables")) if isinstance(one, dict)]
        if not dependent:
            raise UnreadableFile(
                f"{source.name} has no dependent_variables, so it is no HEPData table.", hint="Is the file cut?"
            )
        table = Table(name=base_name(source.name).rpartition(".")[0], kind="table")
        table.columns = [_column(one, independent=True) for one in independent]
        table.columns += [_column(one, independent=False) for one in dependent]
        lengths = {len(md.as_list(one.get("values"))) for one in independent + dependent}
        table.rows = max(lengths, default=0)
        table.shape = (table.rows,)
        table.attributes["independent"] = len(independent)
        if len(lengths) > 1:
            found.warnings.append(f"The variables have different numbers of values: {sorted(lengths)}.")
        found.tables = [table]
        _qualifiers(dependent, found)
        found.theme = "particle"
        found.summary = f"HEPData table: {len(independent)} independent and {len(dependent)} dependent variables"
        found.text = " ".join(f"{column.name} {column.unit} {column.meaning}" for column in table.columns)[:20_000]
        return found


def _column(variable: dict[str, Any], *, independent: bool) -> Column:
    from dop2i.core.formats._columns import ColumnFacts

    header = variable.get("header")
    header = header if isinstance(header, dict) else {"name": header}
    name, unit = md.plain(header.get("name"), limit=300), md.plain(header.get("units"), limit=100)
    values = [one for one in md.as_list(variable.get("values")) if isinstance(one, dict)]
    numbers: list[Any] = []
    labels: dict[str, None] = {}
    edges = False
    for one in values:
        for key in ("value", "low", "high"):
            if key in one:
                edges = edges or key != "value"
                numbers.append(_number(one[key]))
        for error in md.as_list(one.get("errors")):
            if isinstance(error, dict):
                labels[md.plain(error.get("label"), limit=100) or "total"] = None
    words = [] if independent else _qualifier_words(variable)
    if labels:
        words.append(f"errors: {', '.join(list(labels)[:20])}")
    if edges:
        words.append("bins")
    textual = any(isinstance(value, str) for value in numbers)
    facts = ColumnFacts(name or "variable", "str" if textual else "float64", (), unit, "; ".join(words)[:500])
    facts.add([str(value) for value in numbers] if textual else numbers, entries=len(values))
    return facts.column()


def _number(value: Any) -> float | str | None:
    if isinstance(value, bool) or value in ("", "-", None):
        return None
    if isinstance(value, int | float):
        return float(value)
    text = md.plain(value, limit=200)
    try:
        return float(text)
    except ValueError:
        return text or None


def _qualifier_words(variable: dict[str, Any]) -> list[str]:
    words = []
    for one in md.as_list(variable.get("qualifiers"))[:20]:
        if isinstance(one, dict):
            text = " ".join(md.plain(one.get(key), limit=200) for key in ("name", "value", "units"))
            words.append(re.sub(r"\s+", " ", text).strip())
    return words


def _qualifiers(dependent: list[dict[str, Any]], found: Description) -> None:
    """√s, reaction and observables that the qualifiers state."""
    energies: list[float] = []
    for variable in dependent[:200]:
        for one in md.as_list(variable.get("qualifiers")):
            if not isinstance(one, dict):
                continue
            name, value = md.plain(one.get("name"), limit=100), md.plain(one.get("value"), limit=300)
            plain = re.sub(r"[\\${}\s_]", "", name).upper()
            factor = _GEV.get(md.plain(one.get("units")).strip().lower())
            if plain.startswith("SQRT(S") or plain in {"SQRTS", "SQRTSNN"}:
                energies += [float(number) * (factor or 1.0) for number in _NUMBER.findall(value)[:2]]
            elif plain in {"RE", "REACTION"}:
                md.propose(found, "custom_fields.dop2i:reaction", value, key="qualifiers", confidence=0.8)
            elif plain in {"OBS", "OBSERVABLE"}:
                md.propose(found, "custom_fields.dop2i:observables", value, key="qualifiers", confidence=0.8)
    span = md.energy_range(sorted(set(energies)))
    md.propose(found, "custom_fields.dop2i:sqrt_s", span, key="qualifiers SQRT(S)", confidence=0.8)
