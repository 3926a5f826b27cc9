"""LICENSE, COPYING and the like: which licence it is, by its SPDX identifier."""

from __future__ import annotations

import re
from typing import ClassVar

from dop2i.core.formats import _metadata as md
from dop2i.core.formats._licences import licence_of_text, right
from dop2i.core.formats._text import base_name, read_text, text_encoding
from dop2i.core.formats.base import Description, FormatReader, Source

_NAME = re.compile(r"^(un)?(licen[cs]e|licence|copying|copyright|eupl)([._-][\w.+-]*)?$")
_NOT = (".py", ".json", ".yaml", ".yml", ".xml", ".html", ".cff", ".ipynb", ".csv", ".js", ".c", ".h", ".cpp")
_HOLDER = re.compile(r"^\W*copyright\s+(?:\(c\)|©)?\s*([\d ,–-]*)\s*(.{2,120}?)\.?\s*$", re.I | re.M)
_PLACEHOLDER = re.compile(r"[\[<{]|free software foundation|notice|interest|licen|of the|statement|holder", re.I)


class LicenceReader(FormatReader):
    """The text of a licence. Common open licences are recognised by phrases that only they hold."""

    name = "licence"
    label: ClassVar = {"en": "Licence", "fr": "Licence"}
    media_types = ("text/plain",)
    suffixes = ()
    rank = 10

    def recognises(self, name: str, head: bytes) -> float:
        base = base_name(name)
        if not _NAME.match(base) or base.endswith(_NOT):
            return 0.0
        return 0.95 if text_encoding(head) else 0.0

    def describe(self, source: Source) -> Description:
        found = md.begin(self, source)
        text, encoding, _ = read_text(source, limit=200_000, what="licence text")
        spdx, confidence = licence_of_text(text)
        if spdx:
            md.propose(found, "metadata.rights", right(spdx), key=spdx, confidence=confidence)
            found.summary = f"Licence {spdx}"
        else:
            found.summary = "A licence that is not one of the common open ones"
            found.warnings.append(
                f"{source.name} is not the text of a common open licence: choose the licence by hand."
            )
        found.headers = {"spdx": spdx, "encoding": encoding}
        for years, holder in _HOLDER.findall(text[:3000]):
            if not _PLACEHOLDER.search(holder):
                found.headers["copyright"] = f"{years.strip()} {holder.strip()}".strip()
                break
        found.text = text[:500]
        return found
