"""How far data are open, as OpenAIRE and COAR say it among the rights of a record."""

from __future__ import annotations

import re
from typing import Any

from dop2i.core.mappings.parts import text_of

_ACCESS = {
    "openaccess": "open", "restrictedaccess": "restricted", "embargoedaccess": "embargoed",
    "closedaccess": "metadata-only", "c_abf2": "open", "c_16ec": "restricted", "c_f1cf": "embargoed",
    "c_14cb": "metadata-only",
}  # fmt: skip
_ACCESS_TERM = re.compile(r"(?:info:eu-repo/semantics/|https?://purl\.org/coar/access_right/)(\w+)/?", re.A)


def access_right(value: Any) -> str | None:
    """The access that a term of OpenAIRE or of COAR says, empty for one that is not known; None for what is no such
    term, such as a licence."""
    found = _ACCESS_TERM.fullmatch(text_of(value).strip())
    return _ACCESS.get(found[1].lower(), "") if found else None
