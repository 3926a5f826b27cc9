"""What every mapping returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Mapped:
    """One record of another catalogue in the shape of ours.

    ``files`` are ``{"key", "url", "size"?, "checksum"?, "mimetype"?}``, all of them; ``count`` and ``total_bytes`` tell
    more when the source says how many there are without listing them. ``url`` is the page of the original, ``text``
    further words to be found by, ``access`` one of open, restricted, embargoed, metadata-only.
    """

    metadata: dict[str, Any]
    custom_fields: dict[str, Any] = field(default_factory=dict)
    pids: dict[str, dict[str, str]] = field(default_factory=dict)
    files: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0
    total_bytes: int = 0
    url: str = ""
    modified: str = ""
    text: str = ""
    access: str = "open"
    notes: list[str] = field(default_factory=list)

    def settled(self) -> Mapped:
        """The same with what a record always has: a title, a type, totals of files; notes say what was made up."""
        metadata = self.metadata
        if not metadata.get("title"):
            first = (metadata.get("identifiers") or [{}])[0].get("identifier") or self.url
            metadata["title"] = f"[{first}]" if first else "[…]"
            self.notes.append("The source gives no title; the identifier stands in its place.")
        if not metadata.get("publication_date"):
            self.notes.append("The source gives no date of publication.")
        metadata.setdefault("resource_type", {"id": "other"})
        self.count = max(self.count, len(self.files))
        known = sum(file["size"] for file in self.files if isinstance(file.get("size"), int) and file["size"] > 0)
        self.total_bytes = max(self.total_bytes, known)
        self.metadata = {key: value for key, value in metadata.items() if value not in (None, "", [], {})}
        self.custom_fields = {
            key: value for key, value in self.custom_fields.items() if value not in (None, "", [], {})
        }
        return self
