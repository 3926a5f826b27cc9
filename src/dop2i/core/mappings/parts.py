"""The parts of a record document, made from what other catalogues write. Nothing here raises for odd values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html import unescape
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from dop2i.core.exports._text import plain_text
from dop2i.core.mappings.dates import read_date
from dop2i.core.model.identifiers import is_plain_address, parse_identifier
from dop2i.core.model.normalisation import clean_text
from dop2i.core.vocabularies import VOCABULARIES, language_id
from dop2i.core.vocabularies.subjects import SCHEME, Concept
from dop2i.errors import InvalidInput

LONGEST_LINE = 10_000
LONGEST_PROSE = 1_000_000
MOST_PEOPLE = 20_000
MOST_FILES = 100_000

_SUB = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")
_SUP = str.maketrans("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")
_SCRIPT = re.compile(r"<(sub|sup)>([0-9+=()n-]{1,12})</\1>", re.I)


def items(value: Any) -> list[Any]:
    """A list of what may be one thing, a list, or nothing."""
    if value is None or value == "":
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def text_of(value: Any) -> str:
    """A text of what may be a text, a number, or an object with a text in it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, dict):
        for key in ("#text", "@value", "value", "name", "title", "en", "description", "text", "content"):
            if key in value:
                return text_of(value[key])
    if isinstance(value, list | tuple) and value:
        return text_of(value[0])
    return ""


def line(value: Any, *, limit: int = LONGEST_LINE) -> str:
    """One line of plain text; ``<sub>2</sub>`` becomes ₂, other HTML goes, LaTeX stays as it is."""
    text = value if type(value) is str else text_of(value)
    if not text:
        return ""
    if len(text) > limit * 4:
        text = text[: limit * 4]
    if "<" in text or "&" in text:
        text = _SCRIPT.sub(lambda m: m[2].translate(_SUB if m[1].lower() == "sub" else _SUP), unescape(text))
        text = plain_text(text)
    if not text.isprintable():
        text = clean_text(text)
    return " ".join(text.split())[:limit].rstrip()


def prose(value: Any, *, notes: list[str] | None = None) -> str:
    """A description; its markup stays (pages show it plain), a text of many megabytes is cut, which a note says."""
    text = text_of(value).strip()
    if len(text) > LONGEST_PROSE:
        if notes is not None:
            notes.append(f"The description has {len(text):,} characters; the first {LONGEST_PROSE:,} are kept.")
        text = text[:LONGEST_PROSE]
    return text if text.isprintable() else clean_text(text)


# -- identifiers ------------------------------------------------------------------------------------------------------

_DOI = re.compile(r"(?:https?://(?:dx\.|www\.)?doi\.org/|doi:\s*)?(10\.\d{2,9}(?:\.\d+)*/\S+)", re.I | re.A)


def doi_of(value: Any) -> str:
    """The DOI that a text is, in bare form; empty when it is none."""
    found = _DOI.fullmatch(text_of(value).strip())
    return unquote(found[1]).rstrip(".,;") if found else ""


def first_doi(values: Iterable[Any]) -> str:
    """The first of the values that is a DOI, in bare form; empty when none is."""
    return next((found for value in values if (found := doi_of(value))), "")


@lru_cache(maxsize=50_000)
def _identifier(text: str, scheme: str) -> tuple[str, str] | None:
    try:
        found = parse_identifier(text, scheme or None)
    except InvalidInput:
        return None
    return found.scheme, found.value


def identifier(value: Any, scheme: str = "") -> dict[str, str] | None:
    """``{"identifier", "scheme"}`` in bare form; an unknown kind keeps the scheme of its source, None for nothing."""
    text = " ".join(text_of(value).split())[:2000]
    if not text:
        return None
    doi = doi_of(text)
    if doi and scheme.lower() in ("", "doi", "url"):
        return {"identifier": doi, "scheme": "doi"}
    if scheme.lower() in ("", "url") and (known := _ARK_ADDRESS.fullmatch(text)):
        return {"identifier": "ark:/" + known[1], "scheme": "ark"}
    if scheme.lower() in ("", "url") and is_plain_address(text):
        return {"identifier": text, "scheme": "url"}
    wanted = _SCHEME_NAMES.get(scheme.lower(), scheme.lower())
    found = _identifier(text, wanted) or (_identifier(text, "") if wanted else None)
    if found:
        return {"identifier": found[1], "scheme": found[0]}
    if text.startswith(("http://", "https://")):
        return {"identifier": quote(text, safe=":/?#[]@!$&'()*+,;=~%-._"), "scheme": "url"}
    return {"identifier": text, "scheme": "other"}


_SCHEME_NAMES = {
    "bibcode": "ads", "swhid": "swh", "hdl": "handle", "arxiv": "arxiv", "pubmed": "pmid", "inspirehep": "inspire",
    "local": "other", "internal": "other", "ivoid": "other",
}  # fmt: skip

_ARK_ADDRESS = re.compile(r"https?://[^/\s]+/ark:/?([0-9bcdfghjkmnpqrstvwxz]{5,16}/[\w=*+@$~.,:;/%-]+)", re.A)
"""An ARK is the same whichever host resolves it (https://datatracker.ietf.org/doc/draft-kunze-ark/, section 2.1)."""


def pid(scheme: str, value: str) -> dict[str, dict[str, str]]:
    """``pids`` with one identifier that somebody else registered; empty without a value."""
    return {scheme: {"identifier": value, "provider": "external"}} if value else {}


_RELATIONS = {term_id: term_id for term_id in VOCABULARIES["relationtypes"]}
"""DataCite's names in small letters are InvenioRDM's ids."""


def related(value: Any, relation: str, *, scheme: str = "", kind: str = "") -> dict[str, Any] | None:
    """A related identifier; an unknown relation becomes ``references``."""
    found = identifier(value, scheme)
    if found is None:
        return None
    made: dict[str, Any] = {**found, "relation_type": {"id": _RELATIONS.get(relation.lower(), "references")}}
    if kind and (known := resource_type(kind)) != "other":
        made["resource_type"] = {"id": known}
    return made


# -- people -----------------------------------------------------------------------------------------------------------

_ORGANISATION = re.compile(
    r"collaborat|consorti|universit|institut|laborator|\bteam\b|\bgroup\b|\bproject\b|\bcentre\b|\bcenter\b|agency|"
    r"\bcern\b|\bnasa\b|\besa\b|\bcnrs\b|observator|foundation|society|department|network|survey|archive|"
    r"\bsystem\b|service|facility|working|academy|ministry|council|library",
    re.I,
)
_ORCID = re.compile(r"(\d{4})-?(\d{4})-?(\d{4})-?(\d{3}[\dXx])", re.A)


def person(
    name: Any = "",
    *,
    given: Any = "",
    family: Any = "",
    kind: str = "",
    ids: Iterable[tuple[Any, str]] = (),
    affiliations: Iterable[Any] = (),
    role: str = "",
) -> dict[str, Any] | None:
    """A creator or contributor; None without a name.

    ``kind`` is personal or organizational where the source says so; else a comma or two to five capitalised words make
    a person, words such as *collaboration* an organisation. ``ids`` are (identifier, scheme).
    """
    whole = line(name, limit=500)
    first, last = line(given, limit=200) if given else "", line(family, limit=300) if family else ""
    if not (whole or last or first):
        return None
    if not kind:
        kind = "organizational" if not (first or last) and not _looks_personal(whole) else "personal"
    who: dict[str, Any] = dict(_named(kind, whole, first, last))
    known = [found for value, scheme in ids if (found := name_identifier(value, scheme))]
    if known:
        who["identifiers"] = known
    made: dict[str, Any] = {"person_or_org": who}
    places = [place for value in affiliations if (place := affiliation(value))]
    if places:
        made["affiliations"] = places
    if role:
        made["role"] = {"id": role}
    return made


@lru_cache(maxsize=20_000)
def _named(kind: str, whole: str, first: str, last: str) -> tuple[tuple[str, str], ...]:
    """How somebody is called; the same people come again and again."""
    if kind != "personal":
        return (("type", kind), ("name", whole or " ".join(part for part in (first, last) if part)))
    if not (first or last):
        last, first = _split_name(whole)
    name = ", ".join(part for part in (last, first) if part) or whole
    parts = (("family_name", last or whole), ("given_name", first))
    return (("type", kind), ("name", name), *(part for part in parts if part[1]))


def is_organisation(name: str) -> bool:
    """Whether a word in a name, or a country in brackets behind it, tells that it is nobody's own."""
    return bool(_ORGANISATION.search(name)) or name.endswith(")")


@lru_cache(maxsize=20_000)
def _looks_personal(name: str) -> bool:
    if is_organisation(name):
        return False
    if "," in name:
        return name.count(",") == 1 and len(name) < 120
    words = name.split()
    return 2 <= len(words) <= 5 and all(word[0].isupper() or word in _PARTICLES for word in words)


_PARTICLES = frozenset(
    ("de", "da", "di", "du", "des", "del", "della", "der", "den", "van", "von", "und", "la", "le", "el", "al", "bin",
     "ibn", "y", "e", "dos", "ter", "ten", "zu", "zur")
)  # fmt: skip


def _split_name(name: str) -> tuple[str, str]:
    """(family, given) of ``Doe, Jane`` and ``Jane van Doe``; a name of one word, or without cases, is all family."""
    if "," in name:
        last, _, first = name.partition(",")
        return last.strip(), first.strip()
    words = name.split()
    if len(words) < 2:
        return name, ""
    cut = len(words) - 1
    while cut > 1 and words[cut - 1].lower() in _PARTICLES:
        cut -= 1
    return " ".join(words[cut:]), " ".join(words[:cut])


def name_identifier(value: Any, scheme: str) -> dict[str, str] | None:
    """An identifier of somebody with a right check digit; a wrong ORCID is worse than none."""
    text = text_of(value).strip()
    if not text:
        return None
    wanted = scheme.lower()
    if wanted == "orcid" or "orcid.org" in text.lower():
        digits = _ORCID.search(text)
        found = _identifier("-".join(digits.groups()), "orcid") if digits else None
    else:
        found = _identifier(text, _SCHEME_NAMES.get(wanted, wanted)) if wanted else _identifier(text, "")
    return {"identifier": found[1], "scheme": found[0]} if found else None


def affiliation(value: Any) -> dict[str, Any] | None:
    """``{"name", "id"?, "identifiers"?}``: the ROR where the source gives a right one, else what else it gives."""
    if isinstance(value, dict):
        name = line(value.get("name") or value.get("affiliation"), limit=2000)
        known = text_of(value.get("affiliationIdentifier") or value.get("ror") or value.get("id")).strip()
        scheme = text_of(value.get("affiliationIdentifierScheme")).lower()
        is_ror = "ror.org" in known.lower() or scheme == "ror" or bool(value.get("ror"))
        found = name_identifier(known, "ror" if is_ror else scheme) if is_ror or scheme else None
        kept = {"id": found["identifier"]} if found and is_ror else {"identifiers": [found] if found else []}
        return filled(**kept, name=name) or None
    name = line(value, limit=2000)
    return {"name": name} if name else None


def some(people: Iterable[dict[str, Any] | None]) -> list[dict[str, Any]]:
    """Those that are there, at most 20,000."""
    found = [who for who in people if who]
    return found[:MOST_PEOPLE]


def role(value: Any) -> str:
    """The id of a contributor's role by DataCite's or a like name; ``other`` when unknown."""
    name = re.sub(r"[^a-z]", "", text_of(value).lower())
    return name if name in VOCABULARIES["roles"] else "other"


# -- terms ------------------------------------------------------------------------------------------------------------

_GENERAL = {
    "publication": "publication", "text": "publication", "article": "publication-article", "book": "publication-book",
    "journalarticle": "publication-article", "conferencepaper": "publication-conferencepaper",
    "conferenceobject": "publication-conferencepaper", "preprint": "publication-preprint",
    "report": "publication-report", "technicalreport": "publication-report", "datapaper": "publication-datapaper",
    "thesis": "publication-dissertation", "doctoralthesis": "publication-dissertation",
    "masterthesis": "publication-dissertation",
    "dissertation": "publication-dissertation", "bookchapter": "publication-section", "bookpart": "publication-section",
    "outputmanagementplan": "publication-datamanagementplan", "image": "image", "stillimage": "image",
    "audiovisual": "video", "movingimage": "video", "video": "video", "sound": "audio", "model": "model",
    "computationalnotebook": "software-computationalnotebook", "interactiveresource": "other", "event": "event",
    "physicalobject": "physicalobject", "workflow": "workflow", "service": "other", "collection": "dataset",
    "dataset": "dataset", "software": "software", "sourcecode": "software", "lecture": "lesson", "lesson": "lesson",
    "poster": "poster", "presentation": "presentation", "conferenceposter": "poster", "database": "dataset",
    "datacatalog": "dataset", "softwaresourcecode": "software", "softwareapplication": "software",
    "patent": "publication-patent",
    "art": "publication-article", "comm": "publication-conferencepaper", "couv": "publication-section",
    "these": "publication-dissertation", "ouv": "publication-book", "undefined": "publication-preprint", "img": "image",
    "hdr": "publication-dissertation", "lec": "lesson", "son": "audio", "other": "other",
}  # fmt: skip


@lru_cache(maxsize=5_000)
def resource_type(value: str) -> str:
    """The id of our resource type for DataCite's general types, COAR, OpenAIRE, DCMI, schema.org and HAL names."""
    text = value.strip()
    if text.lower() in VOCABULARIES["resourcetypes"]:
        return text.lower()
    last = re.split(r"[/#:]", text.rstrip("/"))[-1]
    for name in (text, last):
        key = re.sub(r"[^a-z]", "", name.lower())
        term_id = _GENERAL.get(key, key)
        if term_id in VOCABULARIES["resourcetypes"]:
            return term_id
    coar = {
        "c_ddb1": "dataset", "c_5ce6": "software", "c_6501": "publication-article", "c_816b": "publication-preprint",
        "c_93fc": "publication-report", "c_db06": "publication-dissertation", "c_c513": "image", "c_12ce": "video",
    }  # fmt: skip
    return coar.get(last, "other")


_LICENCE_URL = re.compile(
    r"https?://(?:www\.)?creativecommons\.org/(?:licenses/([a-z-]+)/(\d\.\d)|publicdomain/(zero|mark)/1\.0)", re.I
)
_LICENCE_NAMES = {
    "cc0": "cc0-1.0", "cc zero": "cc0-1.0", "cczero": "cc0-1.0", "cc-zero": "cc0-1.0", "public domain": "cc0-1.0",
    "cc-by": "cc-by-4.0", "cc by": "cc-by-4.0", "apache license 2.0": "apache-2.0", "apache 2.0": "apache-2.0",
    "mit license": "mit", "the mit license": "mit", "bsd 3-clause": "bsd-3-clause", "gpl-3.0": "gpl-3.0-only",
    "gpl-2.0": "gpl-2.0-only", "gplv3": "gpl-3.0-only", "gplv2": "gpl-2.0-only", "lgpl-3.0": "lgpl-3.0-only",
    "gpl-3.0+": "gpl-3.0-or-later", "gpl-2.0+": "gpl-2.0-or-later", "agpl-3.0": "agpl-3.0-only",
    "etalab 2.0": "etalab-2.0", "licence ouverte": "etalab-2.0",
    "http://hal.archives-ouvertes.fr/licences/etalab/": "etalab-2.0",
}  # fmt: skip


@lru_cache(maxsize=10_000)
def licence_id(text: str) -> str:
    """Our id (lower-case SPDX) of a licence by SPDX id, address or usual name; empty when it is not recognised."""
    known = VOCABULARIES["licenses"]
    key = " ".join(text.lower().split()).strip(" .")
    found = _LICENCE_URL.search(text)
    if found:
        key = "cc0-1.0" if found[3] == "zero" else f"cc-{found[1]}-{found[2]}".lower() if found[1] else key
    if key in known:
        return key
    spdx = re.search(r"spdx\.org/licenses/([a-z0-9.+-]+?)(?:\.html|\.json)?(?:$|[#?/])", key)
    if spdx and spdx[1] in known:
        return spdx[1]
    alias = _LICENCE_NAMES.get(key, _LICENCE_NAMES.get(spdx[1] if spdx else "", ""))
    if alias in known:
        return alias
    words = key.replace("creative commons", "cc").replace("attribution", "by").replace("non commercial", "nc")
    words = re.sub(r"share\s?alike", "sa", words).replace("noncommercial", "nc").replace("international", "")
    words = words.replace("zero", "0").replace("universal", "").replace("v1.0", "1.0").replace("licence", "")
    squeezed = re.sub(r"[^a-z0-9.]+", "-", words.replace("license", "")).strip("-")
    for guess in (squeezed, squeezed.replace("cc-0", "cc0"), re.sub(r"-?only$", "", squeezed)):
        if guess in known:
            return guess
    return ""


def right(*candidates: Any, title: Any = "", link: Any = "") -> dict[str, Any] | None:
    """One licence: by id where one of the texts names a known one, else in words with its link."""
    texts = [line(text, limit=2000) for text in (*candidates, link, title)]
    for text in texts:
        if text and (known := licence_id(text)):
            return {"id": known}
    words = line(title, limit=2000) or next((text for text in texts if text), "")
    if not words:
        return None
    made: dict[str, Any] = {"title": {"en": words}}
    address = next((text for text in texts if text.startswith(("http://", "https://"))), "")
    if address:
        made["link"] = address[:2000]
    return made


def language(value: Any) -> list[dict[str, str]]:
    """``[{"id": "eng"}]`` for a code or an English name."""
    text = line(value, limit=40).lower()
    code = language_id({"english": "eng", "french": "fra", "français": "fra"}.get(text, text.split("-")[0]))
    return [{"id": code}] if code else []


def subjects(values: Iterable[Any]) -> list[dict[str, str]]:
    """Keywords, each once, at most 1,000; a :class:`Concept` of the vocabulary keeps its id and scheme."""
    found: dict[str, dict[str, str]] = {}
    for value in values:
        if isinstance(value, Concept):
            found[value.english] = {"id": value.id, "subject": value.english, "scheme": SCHEME}
        elif word := line(value, limit=1000):
            found.setdefault(word, {"subject": word})
    return list(found.values())[:1000]


def put_date(metadata: dict[str, Any], value: Any, notes: list[str]) -> None:
    """The publication date; what cannot be said in level 0 is kept among ``dates`` as it was written."""
    written = line(value, limit=200)
    if not written:
        return
    found = read_date(written)
    if found.plain:
        metadata["publication_date"] = found.plain
    if not found.exact:
        notes.append(f"The date reads {written!r} at the source.")
        if found.full:
            metadata.setdefault("dates", []).append(
                {"date": found.full, "type": {"id": "issued"}, "description": written}
            )


def date(value: Any, kind: str, description: str = "") -> dict[str, Any] | None:
    """One of ``dates``; None when it cannot be read."""
    written = line(value, limit=200)
    found = read_date(written) if written else None
    if found is None or not found.full:
        return None
    words = description or ("" if found.exact else written)
    kind = kind.lower() if kind.lower() in VOCABULARIES["datetypes"] else "other"
    made: dict[str, Any] = {"date": found.full, "type": {"id": kind}}
    return {**made, "description": words} if words else made


# -- files and addresses ----------------------------------------------------------------------------------------------

_PLAIN_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(?:/[A-Za-z0-9._~/?=&+-]*)?")
"""As nearly all are: nothing in them to be doubted or quoted."""


def http_address(value: Any) -> str:
    """An absolute http(s) address, or empty."""
    text = text_of(value).strip()
    if _PLAIN_ADDRESS.fullmatch(text):
        return text[:2000]
    if not text.lower().startswith(("http://", "https://")):
        return ""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return ""
    return quote(text, safe=":/?#[]@!$&'()*+,;=~%-._")[:2000] if parts.hostname else ""


def file(url: Any, *, key: str = "", size: Any = None, checksum: Any = "", mimetype: str = "") -> dict[str, Any] | None:
    """One file at its origin. ``checksum`` as ``algorithm:value``; ``size`` in bytes."""
    address = text_of(url).strip()[:4000]
    name = key or unquote(urlsplit(address).path.rpartition("/")[2] if "://" in address else address)
    name = clean_text(name).strip("/ ")[:1000] or "file"
    made: dict[str, Any] = {"key": name}
    if address:
        made["url"] = address
    if (number := whole_number(size)) is not None:
        made["size"] = number
    if text_of(checksum):
        made["checksum"] = text_of(checksum)
    if mimetype:
        made["mimetype"] = mimetype
    return made


def whole_number(value: Any) -> int | None:
    """A count or size of zero or more; None for anything else."""
    try:
        number = int(float(value)) if not isinstance(value, bool) else None
    except (TypeError, ValueError, OverflowError):
        return None
    return number if number is not None and 0 <= number < 2**62 else None


def with_unique_keys(files: Iterable[dict[str, Any] | None]) -> list[dict[str, Any]]:
    """The files, each under a name of its own: of two of one name, the second becomes ``name (2)``."""
    found: list[dict[str, Any]] = []
    seen: dict[str, int] = {}
    for entry in files:
        if entry is None:
            continue
        count = seen[entry["key"]] = seen.get(entry["key"], 0) + 1
        found.append({**entry, "key": f"{entry['key']} ({count})"} if count > 1 else entry)
        if len(found) >= MOST_FILES:
            break
    return found


def filled(**members: Any) -> dict[str, Any]:
    """The members that hold something."""
    return {key: value for key, value in members.items() if value not in (None, "", [], {})}


def each(values: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """Those values that are objects."""
    return (value for value in values if isinstance(value, dict))
