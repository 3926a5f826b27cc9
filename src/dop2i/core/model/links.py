"""The links of a stored document, which know no host of their own."""

from __future__ import annotations

from typing import Any


def absolute(document: dict[str, Any], *, base: str) -> dict[str, Any]:
    """A stored document with the links of this server: those kept without a host get one."""
    links = {
        name: base + link if link.startswith("/") else link for name, link in (document.get("links") or {}).items()
    }
    return {**document, "links": links}
