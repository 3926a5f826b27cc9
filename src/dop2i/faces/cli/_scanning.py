"""What the terminal says of personal data: one line a finding, masked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dop2i.core.ethics import Finding

SHOWN = 12
WORDS = {
    "dicom-identity": "patient's identity (DICOM)",
    "dicom-private": "private DICOM attributes",
    "dicom-pixels": "text burned into the image",
    "position": "position of a picture",
    "email": "electronic address",
    "telephone": "telephone number",
    "small-cells": "small cell of health data",
    "unreadable": "could not be looked at",
    "incomplete": "not looked at to its end",
}


def scan_files(files: Iterable[tuple[str, Path]], *, smallest_cell: int) -> Iterator[tuple[str, list[Finding]]]:
    """Each file (name, path) with what concerns it; those without findings too, so that progress can be shown."""
    from dop2i.core.ethics import open_findings, scan_file

    for name, path in files:
        yield name, open_findings(name, scan_file(path, name=name, smallest_cell=smallest_cell))


def lines(name: str, findings: list[Finding], *, everything: bool = False) -> Iterator[str]:
    """The findings of one file as text."""
    from dop2i.faces.cli._terminal import clean

    yield f"{clean(name)}:"
    shown = findings if everything else findings[:SHOWN]
    for one in shown:
        sign = "stops a publication" if one.blocks else "look yourself"
        times = f" ×{one.count}" if one.count > 1 else ""
        parts = [one.place, one.excerpt or one.note]
        yield f"  {WORDS[one.kind]}{times} ({sign}): {clean('  '.join(part for part in parts if part), limit=100)}"
    if len(findings) > len(shown):
        yield f"  … and {len(findings) - len(shown)} more (--all shows them)"


def document(name: str, findings: list[Finding]) -> dict[str, Any]:
    """The findings of one file as JSON."""
    return {
        "file": name,
        "blocks": any(one.blocks for one in findings),
        "findings": [one.to_json() for one in findings],
    }
