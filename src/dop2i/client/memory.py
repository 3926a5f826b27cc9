"""What the client remembers of a folder that it publishes: which record it became, and what was already sent.

One JSON file for a folder and a server, in the user's state folder (``$XDG_STATE_HOME/dop2i``), so that the folder
itself stays as it is. Losing it costs nothing but time: ``--record`` names the record again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any


def state_folder() -> Path:
    """Where the memories are kept."""
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "dop2i" / "folders"


@dataclass
class Memory:
    """What is remembered. ``hashes``: key → size, mtime in ns, sha256; ``uploads``: key → sha256 and tus address.

    ``record`` is the latest published version and ``pid`` its identifier, by which another instance at the same
    address is recognised; ``draft`` the draft in progress; ``proposed`` the document that the files gave at the last
    publication and ``published`` what the server made of it.
    """

    folder: str
    server: str
    record: str = ""
    pid: str = ""
    draft: str = ""
    proposed: dict[str, Any] = field(default_factory=dict)
    published: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    hashes: dict[str, tuple[int, int, str]] = field(default_factory=dict)
    uploads: dict[str, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    @classmethod
    def load(cls, folder: Path, server: str) -> Memory:
        """The memory of that folder and server, an empty one where there is none or where it is damaged."""
        absolute = str(folder.resolve())
        made = cls(folder=absolute, server=server)
        try:
            kept = json.loads(made.path.read_text(encoding="utf-8"))
            known = {f.name: kept[f.name] for f in fields(cls) if f.name in kept}
            return cls(**{**known, "folder": absolute, "server": server})
        except (OSError, ValueError, TypeError):
            return made

    @property
    def path(self) -> Path:
        """The file that it is kept in."""
        return state_folder() / f"{hashlib.sha256(f'{self.folder}|{self.server}'.encode()).hexdigest()[:32]}.json"

    def save(self) -> None:
        """Writes it, whole or not at all. A state folder that cannot be written is no reason to stop publishing."""
        with self._lock, contextlib.suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = self.path.with_suffix(f".{os.getpid()}.new")
            draft.write_text(json.dumps(asdict(self), separators=(",", ":")), encoding="utf-8")
            draft.replace(self.path)

    def forget_record(self) -> None:
        """The record is not there (any more): the next publication begins anew."""
        self.record = self.pid = self.draft = ""
        self.proposed = {}
        self.published = {}
        self.uploads = {}
