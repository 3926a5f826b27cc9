"""Files and folders dropped on a page from outside the browser, as a person does with the mouse."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def drop(page: Any, *paths: Path) -> None:
    """Drops what is at these paths in the middle of the page (Chromium's own drag and drop, real files)."""
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": 200, "y": 400, "data": data})
    session.detach()
