"""Which licence a text is: SPDX identifiers by phrases that only that licence holds.

Texts are normalised (letters and digits in lower case) and searched for short fingerprints; no licence text is kept
here. The order matters: a licence that quotes another (LGPL quotes GPL) comes first. Names: https://spdx.org/licenses/.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class _Fingerprint:
    """All of ``phrases``, none of ``without``; ``exact`` says that the phrases are of the licence's own text."""

    spdx: str
    phrases: tuple[str, ...]
    without: tuple[str, ...] = ()


_BSD = "redistribution and use in source and binary forms"
_FINGERPRINTS = (
    _Fingerprint("CC0-1.0", ("cc0 1 0 universal",)),
    _Fingerprint("CC0-1.0", ("creative commons legal code", "statement of purpose", "affirmer")),
    _Fingerprint("CC-BY-NC-ND-4.0", ("attribution noncommercial noderivatives 4 0 international",)),
    _Fingerprint("CC-BY-NC-SA-4.0", ("attribution noncommercial sharealike 4 0 international",)),
    _Fingerprint("CC-BY-NC-4.0", ("attribution noncommercial 4 0 international",)),
    _Fingerprint("CC-BY-ND-4.0", ("attribution noderivatives 4 0 international",)),
    _Fingerprint("CC-BY-SA-4.0", ("attribution sharealike 4 0 international",)),
    _Fingerprint("CC-BY-4.0", ("attribution 4 0 international",)),
    _Fingerprint("CC-BY-SA-3.0", ("attribution sharealike 3 0 unported",)),
    _Fingerprint("CC-BY-3.0", ("attribution 3 0 unported",)),
    _Fingerprint("ODbL-1.0", ("open database license", "odbl")),
    _Fingerprint("ODC-By-1.0", ("open data commons attribution license",)),
    _Fingerprint("PDDL-1.0", ("public domain dedication", "odc")),
    _Fingerprint("etalab-2.0", ("licence ouverte", "version 2 0")),
    _Fingerprint("etalab-2.0", ("open licence 2 0",)),
    _Fingerprint("EUPL-1.2", ("european union public licence", "v 1 2")),
    _Fingerprint("EUPL-1.2", ("european union public licence", "eupl 1 2")),
    _Fingerprint("EUPL-1.2", ("licence publique de l union européenne", "v 1 2")),
    _Fingerprint("EUPL-1.1", ("european union public licence", "v 1 1")),
    _Fingerprint("MPL-2.0", ("mozilla public license", "version 2 0")),
    _Fingerprint("EPL-2.0", ("eclipse public license", "v 2 0")),
    _Fingerprint("Apache-2.0", ("apache license", "version 2 0")),
    _Fingerprint("CECILL-B", ("cecill b", "contrat de licence")),
    _Fingerprint("CECILL-B", ("cecill b free software license agreement",)),
    _Fingerprint("CECILL-C", ("cecill c", "contrat de licence")),
    _Fingerprint("CECILL-C", ("cecill c free software license agreement",)),
    _Fingerprint("CECILL-2.1", ("cecill", "version 2 1")),
    _Fingerprint("CECILL-2.0", ("cecill", "version 2 0")),
    _Fingerprint("AGPL-3.0", ("gnu affero general public license", "version 3")),
    _Fingerprint("LGPL-3.0", ("gnu lesser general public license", "version 3 29 june 2007")),
    _Fingerprint("LGPL-2.1", ("gnu lesser general public license", "version 2 1")),
    _Fingerprint("LGPL-2.0", ("gnu library general public license", "version 2")),
    _Fingerprint("GPL-3.0", ("gnu general public license", "version 3")),
    _Fingerprint("GPL-2.0", ("gnu general public license", "version 2")),
    _Fingerprint("Unlicense", ("free and unencumbered software released into the public domain",)),
    _Fingerprint("BSL-1.0", ("boost software license", "version 1 0")),
    _Fingerprint("BSD-4-Clause", (_BSD, "all advertising materials", "neither the name")),
    _Fingerprint("BSD-3-Clause", (_BSD, "neither the name")),
    _Fingerprint("BSD-3-Clause", (_BSD, "may not be used to endorse"), ("neither the name",)),
    _Fingerprint("BSD-2-Clause", (_BSD,), ("neither the name", "may not be used to endorse")),
    _Fingerprint("0BSD", ("permission to use copy modify and or distribute this software for any purpose",),
                 ("provided that the above copyright notice",)),
    _Fingerprint("ISC", ("permission to use copy modify and", "distribute this software for any purpose",
                         "provided that the above copyright notice")),
    _Fingerprint("MIT", ("permission is hereby granted free of charge to any person obtaining a copy",
                         "to deal in the software without restriction")),
    _Fingerprint("MIT-0", ("mit no attribution",)),
    _Fingerprint("Zlib", ("altered source versions must be plainly marked as such",)),
)  # fmt: skip

_OR_LATER = re.compile(r"(?:version 2 1|version 2|version 3) or (?:at your option )?(?:any )?later")
_TAG = re.compile(r"SPDX-License-Identifier:\s*([A-Za-z0-9.+-]+)")
_HEAD = 4000

_CANONICAL = {print_.spdx.lower(): print_.spdx for print_ in _FINGERPRINTS}
_ALIASES = {
    "apache": "Apache-2.0", "apache 2": "Apache-2.0", "apache 2 0": "Apache-2.0", "apache license 2 0": "Apache-2.0",
    "mit license": "MIT", "the mit license": "MIT", "expat": "MIT",
    "bsd": "BSD-3-Clause", "new bsd": "BSD-3-Clause", "bsd 3": "BSD-3-Clause", "bsd 3 clause license": "BSD-3-Clause",
    "bsd 2": "BSD-2-Clause", "simplified bsd": "BSD-2-Clause",
    "cc0": "CC0-1.0", "public domain": "CC0-1.0", "cc by": "CC-BY-4.0", "cc by sa": "CC-BY-SA-4.0",
    "eupl": "EUPL-1.2", "mpl": "MPL-2.0", "cecill": "CECILL-2.1", "odbl": "ODbL-1.0",
    "creative commons attribution 4 0": "CC-BY-4.0", "creative commons zero": "CC0-1.0",
    "gplv3": "GPL-3.0-only", "gplv2": "GPL-2.0-only", "gpl 3": "GPL-3.0-only", "gpl 2": "GPL-2.0-only",
    "lgplv3": "LGPL-3.0-only", "agplv3": "AGPL-3.0-only", "lgpl 2 1": "LGPL-2.1-only",
}  # fmt: skip
_CC_URL = re.compile(r"creativecommons\.org/(licenses|publicdomain)/([a-z-]+)/(\d\.\d)", re.I)
_SPDX_URL = re.compile(r"(?:spdx\.org/licenses|opensource\.org/licenses?)/([A-Za-z0-9.+-]+?)(?:\.html|\.json)?/?$")
_SPDX_FORM = re.compile(r"^[A-Za-z0-9][A-Za-z0-9.+-]{1,40}$")
_OPEN_NEEDS_SUFFIX = frozenset({"GPL-2.0", "GPL-3.0", "LGPL-2.0", "LGPL-2.1", "LGPL-3.0", "AGPL-3.0"})


def normalised(text: str) -> str:
    """Words of letters and digits in lower case, one space apart."""
    return re.sub(r"[\W_]+", " ", text.lower()).strip()


def licence_of_text(text: str) -> tuple[str, float]:
    """``(SPDX identifier, confidence)`` of a licence text or notice; ``("", 0)`` when it is none that we know."""
    tag = _TAG.search(text)
    if tag:
        return licence_of_name(tag.group(1)) or tag.group(1), 1.0
    words = normalised(text[:60_000])
    for print_ in _FINGERPRINTS:
        if all(phrase in words for phrase in print_.phrases) and not any(p in words for p in print_.without):
            beginning = words[:_HEAD]
            sure = 1.0 if all(phrase in beginning for phrase in print_.phrases) else 0.9
            return _with_suffix(print_.spdx, words), sure
    url = licence_of_name(text.strip()) if len(text) < 400 else ""
    return (url, 0.9) if url else ("", 0.0)


def _with_suffix(spdx: str, words: str) -> str:
    """GNU licences need ``-only`` or ``-or-later``: "or later" counts only in a notice, not in the full text."""
    if spdx not in _OPEN_NEEDS_SUFFIX:
        return spdx
    is_notice = len(words) < _HEAD
    return f"{spdx}-or-later" if is_notice and _OR_LATER.search(words) else f"{spdx}-only"


def licence_of_name(value: Any) -> str:
    """The SPDX identifier that a name, an SPDX id or an address stands for; empty when it is none."""
    if isinstance(value, dict):
        value = value.get("id") or value.get("@id") or value.get("url") or value.get("name") or ""
    if not isinstance(value, str) or not value.strip():
        return ""
    text = value.strip()
    address = _CC_URL.search(text)
    if address:
        kind, code, version = address.groups()
        if kind.lower() == "publicdomain":
            return "CC0-1.0" if code.lower() == "zero" else ""
        return f"CC-{code.upper()}-{version}"
    address = _SPDX_URL.search(text)
    if address:
        text = address.group(1)
    lowered = text.lower()
    if lowered in _CANONICAL:
        spdx = _CANONICAL[lowered]
        return f"{spdx}-only" if spdx in _OPEN_NEEDS_SUFFIX else spdx
    alias = _ALIASES.get(normalised(text))
    if alias:
        return alias
    as_id = re.sub(r"\s+", "-", lowered)
    if as_id in _CANONICAL:
        return licence_of_name(as_id)
    known = _SPDX_FORM.match(text) and ("-" in text) and any(char.isdigit() for char in text)
    return text if known else ""


def right(spdx: str) -> dict[str, Any]:
    """The licence in the record's form (identifiers in lower case, as the vocabulary has them)."""
    return {"id": spdx.lower()}
