"""From a record document to what a page says of it: pure reading of the document, in the language of the page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape, unescape
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dop2i.core.formulas import lowered, raised
from dop2i.core.marked import as_html, as_text, formulas_as_html, formulas_as_text
from dop2i.core.vocabularies import VOCABULARIES
from dop2i.core.vocabularies.subjects import concept
from dop2i.faces.web import figures
from dop2i.faces.web.rendering import language

THEME_COLOURS = {
    "particle": "c1",
    "nuclear": "c2",
    "medical": "c3",
    "accelerator": "c4",
    "astroparticle": "c5",
    "computing": "c6",
}
ACCESS = {
    "open": ("open", gettext_lazy("Open")),
    "embargoed": ("clock", gettext_lazy("Embargo")),
    "restricted": ("lock", gettext_lazy("Restricted")),
    "metadata-only": ("cross", gettext_lazy("Metadata only")),
}
ACCESS_CLASS = {"open": "open", "embargoed": "embargo", "restricted": "restricted", "metadata-only": "closed"}


@dataclass(frozen=True, slots=True)
class Access:
    """Whether the files may be read: the words, the icon, and since or until when."""

    status: str
    icon: str
    words: str
    class_: str
    until: str = ""


def term_label(vocabulary: str, term_id: str) -> str:
    """The label of a term in the page's language; an unknown id is shown as it is."""
    term = VOCABULARIES[vocabulary].get(term_id)
    return _french_apostrophes(term.label(language())) if term else term_id


def _french_apostrophes(text: str) -> str:
    return text.replace("'", "’") if language() == "fr" else text


def localised(titles: object, otherwise: str = "") -> str:
    """A label that comes as a text or as ``{"en": …, "fr": …}``."""
    if isinstance(titles, dict):
        return _french_apostrophes(str(titles.get(language()) or titles.get("en") or otherwise))
    return str(titles or otherwise)


_BLOCK = re.compile(r"(?i)</?(p|div|li|ul|ol|h[1-6]|br|tr)\b(\s[^<>]*)?/?>")
_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9:]*(\s[^<>]*)?/?>|<!--.*?-->", re.DOTALL)
_RAISED = re.compile(r"(?i)<(sup|sub)>([-+−0-9]{1,12})</\1>")
MOST_FORMULAS_IN = 100_000


def plain_text(html: str) -> str:
    """A description without its markup (descriptions are HTML in InvenioRDM); safe to show escaped.

    What only looks like a tag stays: ``5.5 <p_T < 7``.
    """
    text = _RAISED.sub(lambda found: (raised if found[1].lower() == "sup" else lowered)(found[2]), html)
    text = unescape(_TAG.sub("", _BLOCK.sub("\n", text)))
    return re.sub(r"\n\s*\n+", "\n\n", re.sub(r"[ \t]+", " ", text)).strip()


def paragraphs(html: str) -> list[SafeString]:
    """The paragraphs of a description as HTML: its formulas in MathML (those far down as they are written)."""
    found = [p.strip() for p in re.split(r"\n\s*\n", plain_text(html)) if p.strip()]
    made, read = [], 0
    for text in found:
        read += len(text)
        made.append(mark_safe(formulas_as_html(text) if read <= MOST_FORMULAS_IN else escape(text)))  # noqa: S308
    return made


def summary_of(html: str, limit: int) -> str:
    """The beginning of a description in plain words, its formulas in Unicode."""
    # a formula may be cut in two at the end of what is read, which is beyond what is shown
    return shortened(formulas_as_text(plain_text(html[: 40 * limit])[: 4 * limit]), limit)


def shortened(text: str, limit: int = 220) -> str:
    """The first sentence or words up to ``limit`` characters."""
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    cut = text[:limit]
    stop = max(cut.rfind(". "), cut.rfind("; "))
    return cut[: stop + 1] if stop > limit // 2 else cut.rsplit(" ", 1)[0] + " …"


def title_of(document: dict[str, Any]) -> str:
    """The title in the page's language when the record has it in that language."""
    metadata = document.get("metadata", {})
    title = str(metadata.get("title") or _("Untitled"))
    return _translated(metadata.get("additional_titles"), "title", "translated-title") or title


def description_of(document: dict[str, Any]) -> str:
    """The description in the page's language when there is one."""
    metadata = document.get("metadata", {})
    other = _translated(metadata.get("additional_descriptions"), "description", "")
    return other or str(metadata.get("description") or "")


def _translated(items: object, key: str, kind: str) -> str:
    wanted = {"fr": {"fr", "fra"}, "en": {"en", "eng"}}[language()]
    for item in items if isinstance(items, list) else []:
        lang = item.get("lang", {})
        code = lang.get("id", "") if isinstance(lang, dict) else str(lang)
        type_id = (item.get("type") or {}).get("id", "") if isinstance(item.get("type"), dict) else ""
        if code in wanted and (not kind or type_id == kind) and type_id != "abbreviated":
            return str(item.get(key) or "")
    return ""


def text_language(document: dict[str, Any], shown: str) -> str | None:
    """The language attribute of a text that is not in the page's language, None when it is or is unknown."""
    languages = document.get("metadata", {}).get("languages") or []
    codes = {"eng": "en", "fra": "fr", "en": "en", "fr": "fr"}
    original = codes.get(str((languages[0] or {}).get("id", "")), "") if languages else ""
    metadata = document.get("metadata", {})
    untranslated = shown in (str(metadata.get("title")), str(metadata.get("description")))
    return original if untranslated and original and original != language() else None


def access_of(document: dict[str, Any]) -> Access:
    """The access of a record's files."""
    access = document.get("access", {})
    embargo = access.get("embargo") or {}
    status = access.get("status") or ("open" if access.get("files", "public") == "public" else "restricted")
    if embargo.get("active"):
        status = "embargoed"
    files = document.get("files", {})
    if files.get("enabled") is False:
        status = "metadata-only"
    icon, words = ACCESS.get(status, ACCESS["restricted"])
    until = figures.edtf_date(embargo.get("until"), language()) if embargo.get("active") else ""
    return Access(status, icon, str(words), ACCESS_CLASS.get(status, "restricted"), until)


def theme_of(document: dict[str, Any]) -> tuple[str, str, str]:
    """(id, label, colour class) of the theme; the label is empty without one."""
    theme = (document.get("custom_fields") or {}).get("dop2i:theme") or ""
    theme = theme.get("id", "") if isinstance(theme, dict) else str(theme)
    return theme, term_label("themes", theme) if theme else "", THEME_COLOURS.get(theme, "c6")


def formats_of(document: dict[str, Any]) -> list[str]:
    """The labels of the formats of the files, as the readers say them."""
    names = (document.get("custom_fields") or {}).get("dop2i:formats") or []
    return [format_label(str(name)) for name in names]


def format_label(name: str) -> str:
    """The short label of a format (its reader's), in the page's language."""
    reader = _format_readers().get(name)
    label = reader.label.get(language()) or reader.label.get("en") if reader else ""
    return label or name


def _format_readers() -> Any:
    from dop2i.core.formats import FORMATS

    return FORMATS


def year_of(document: dict[str, Any]) -> str:
    """The year of publication."""
    return str(document.get("metadata", {}).get("publication_date") or "")[:4]


def type_label(document: dict[str, Any]) -> str:
    """The kind of object."""
    kind = document.get("metadata", {}).get("resource_type") or {}
    return term_label("resourcetypes", str(kind.get("id", ""))) or localised(kind.get("title"))


def creator_names(document: dict[str, Any]) -> list[str]:
    """Creators as "Given Family"."""
    names = []
    for creator in document.get("metadata", {}).get("creators") or []:
        who = creator.get("person_or_org", {})
        given, family = who.get("given_name", ""), who.get("family_name", "")
        names.append(f"{given} {family}".strip() if family else str(who.get("name") or ""))
    return [name for name in names if name]


def dates_of(document: dict[str, Any], *, most: int = 12) -> list[dict[str, str]]:
    """The dates of a record with the words of their kind, and what was said of each."""
    return [
        {
            "label": term_label("datetypes", str((item.get("type") or {}).get("id") or "other")),
            "date": str(item.get("date") or ""),
            "description": str(item.get("description") or ""),
        }
        for item in (document["metadata"].get("dates") or [])[:most]
    ]


def file_totals(document: dict[str, Any]) -> tuple[int, int]:
    """(number of files, bytes)."""
    files = document.get("files") or {}
    return int(files.get("count") or 0), int(files.get("total_bytes") or 0)


def licence_short(document: dict[str, Any]) -> str:
    """The licence's usual short name (``CC BY 4.0``)."""
    for right in document.get("metadata", {}).get("rights") or []:
        if right.get("id"):
            return short_licence(str(right["id"]))
        return localised(right.get("title"))
    return ""


def short_licence(licence_id: str) -> str:
    """``cc-by-4.0`` as ``CC BY 4.0``; others as SPDX writes them."""
    words = licence_id.upper()
    if words.startswith("CC0"):
        return "CC0"
    if words.startswith("CC-BY"):
        body, _dash, number = words.rpartition("-")
        return f"CC {body[3:]} {number}"
    term = VOCABULARIES["licenses"].get(licence_id)
    spdx = term.props.get("spdx") if term else ""
    return str(spdx or licence_id)


@dataclass(frozen=True, slots=True)
class Card:
    """One record in a list: its title as it is written, as HTML, and in plain words."""

    id: str
    title: str
    heading: SafeString
    plain: str
    lang: str | None
    summary: str
    creators: str
    type: str
    year: str
    theme: str
    theme_label: str
    theme_colour: str
    formats: str
    size: int
    count: int
    access: Access
    licence: str
    facts: str
    revision: str


def card(document: dict[str, Any]) -> Card:
    """What a list says of a record."""
    theme, theme_label, colour = theme_of(document)
    number, total = file_totals(document)
    title = title_of(document)
    names = creator_names(document)
    shown = ", ".join(names[:3]) + (" " + _("and others") if len(names) > 3 else "")
    return Card(
        id=str(document.get("id", "")),
        title=title,
        heading=mark_safe(as_html(title)),  # noqa: S308
        plain=as_text(title),
        lang=text_language(document, title),
        summary=summary_of(description_of(document), 220),
        creators=shown,
        type=type_label(document),
        year=year_of(document),
        theme=theme,
        theme_label=theme_label,
        theme_colour=colour,
        formats=", ".join(formats_of(document)[:4]),
        size=total,
        count=number,
        access=access_of(document),
        licence=licence_short(document),
        facts=short_facts(document),
        revision=str(document.get("revision_id", "")),
    )


def short_facts(document: dict[str, Any]) -> str:
    """The one physics fact that tells most, for a list: energy, else nuclides, else experiment."""
    fields = document.get("custom_fields") or {}
    energy = fields.get("dop2i:sqrt_s")
    if isinstance(energy, dict):
        return f"√s {quantity(energy)}"
    nuclides = fields.get("dop2i:nuclides")
    if nuclides:
        return ", ".join(str(n) for n in nuclides[:4])
    return shortened(", ".join(str(e) for e in _as_list(fields.get("dop2i:experiment"))[:3]), 60)


def _as_list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


def quantity(value: dict[str, Any]) -> str:
    """``{"minimum", "maximum", "unit"}`` as "7 to 8 TeV"; electronvolts in the prefix that suits them."""
    low, high, unit = _prefixed(value.get("minimum"), value.get("maximum"), str(value.get("unit") or ""))
    here = language()
    gap = "\u00a0" if unit and unit not in "°" else ""
    if low is None or high is None or low == high:
        return f"{figures.number(low if low is not None else high, here)}{gap}{unit}"
    low_text, high_text = figures.number(low, here), figures.number(high, here)
    return _("%(low)s to %(high)s") % {"low": low_text, "high": high_text} + f"{gap}{unit}"


_PREFIXES = ("m", "", "k", "M", "G", "T", "P", "E")


def _prefixed(low: Any, high: Any, unit: str) -> tuple[Any, Any, str]:
    """120,000 TeV as 120 PeV: only when both ends stay between 0.1 and 10,000."""
    ends = [end for end in (low, high) if isinstance(end, int | float) and not isinstance(end, bool)]
    if unit[-2:] != "eV" or unit[:-2] not in _PREFIXES or not ends or 0.01 <= max(map(abs, ends)) < 10_000:
        return low, high, unit
    place, scale = _PREFIXES.index(unit[:-2]), 1.0
    while max(map(abs, ends)) * scale >= 1000 and place < len(_PREFIXES) - 1:
        place, scale = place + 1, scale / 1000
    while 0 < max(map(abs, ends)) * scale < 1 and place > 0:
        place, scale = place - 1, scale * 1000
    if any(0 < abs(end) * scale < 0.1 for end in ends):
        return low, high, unit
    made = [end if end is None else float(f"{end * scale:.12g}") for end in (low, high)]
    return made[0], made[1], _PREFIXES[place] + "eV"


def subjects_of(document: dict[str, Any]) -> list[str]:
    """The keywords; a heading of the bundled vocabulary is called as the reader's language has it."""
    entries = (document.get("metadata") or {}).get("subjects") or []
    known = ((concept(entry.get("id")), entry) for entry in entries)
    words = (one.label(language()) if one else entry.get("subject") or entry.get("id") for one, entry in known)
    return [str(word) for word in words if word]
