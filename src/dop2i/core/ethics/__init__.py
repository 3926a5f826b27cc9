"""Personal data in files, found before they are published: patients, positions, addresses, small cells.

Pure: :func:`scan_file` looks at one file; nothing found leaves it unmasked. :func:`open_findings` is what concerns a
file of a given name.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from dop2i.core.ethics.archives import claims_archive, scan_archive
from dop2i.core.ethics.contacts import concerns, is_text, scan_text
from dop2i.core.ethics.dicom import HEAD, claims_dicom, is_dicom, scan_dicom
from dop2i.core.ethics.findings import EMAIL, KINDS, TELEPHONE, UNREADABLE, Finding, first_of
from dop2i.core.ethics.positions import claims_picture, scan_picture
from dop2i.core.ethics.small_cells import scan_table

__all__ = ["KINDS", "SCANNER", "Finding", "is_health_data", "open_findings", "scan_file", "scan_stream"]

SCANNER = 1
"""The version of the rules: what an older one looked at is looked at again."""

TEXT_BYTES = 128 << 20
SMALLEST_CELL = 5
HEALTH = "health"


def scan_file(path: Path, *, name: str = "", smallest_cell: int = 0) -> list[Finding]:
    """What is found in a file on this machine. ``smallest_cell`` is for tables declared as health data, else 0.

    A file that cannot be read is a finding of its own kind. Raises ``OSError`` for one that cannot be opened.
    """
    with path.open("rb") as file:
        return scan_stream(name or path.name, file, smallest_cell=smallest_cell)


def scan_stream(name: str, file: BinaryIO, *, smallest_cell: int = 0, inside: bool = False) -> list[Finding]:
    """As :func:`scan_file`, of a seekable stream; ``inside`` an archive no further archive is opened."""
    head = file.read(HEAD)
    file.seek(0)
    try:
        return first_of(_scan(name, file, head=head, smallest_cell=smallest_cell, inside=inside))
    except (RecursionError, MemoryError) as error:
        claims = claims_dicom(name, head)
        return [Finding(UNREADABLE, note=f"it asks for too much ({type(error).__name__})", blocks=claims)]


def _scan(name: str, file: BinaryIO, *, head: bytes, smallest_cell: int, inside: bool) -> list[Finding]:
    if is_dicom(name, head):
        return scan_dicom(file, claims=claims_dicom(name, head))
    if claims_picture(head):
        return scan_picture(file, head)
    if claims_archive(head) and not inside:

        def member(inner: str, data: BinaryIO) -> list[Finding]:
            found = scan_stream(inner, data, smallest_cell=smallest_cell, inside=True)
            return open_findings(inner, found)

        return scan_archive(name, file, head=head, scan=member)
    found: list[Finding] = []
    if is_text(head):
        found = scan_text(file, head=head, limit=TEXT_BYTES)
    if smallest_cell and (found or is_text(head) or head.startswith(b"PAR1")):
        file.seek(0)
        found += scan_table(file, head=head, smallest=smallest_cell, limit=TEXT_BYTES)
    return found


def open_findings(name: str, findings: Iterable[Finding]) -> list[Finding]:
    """The findings that concern a file of this name: authors' own addresses in a README do not."""
    if concerns(name):
        return list(findings)
    return [one for one in findings if one.kind not in (EMAIL, TELEPHONE)]


def is_health_data(document: dict[str, object]) -> bool:
    """Whether a record declares health data: ``dop2i:sensitivity`` of its custom fields names ``health``."""
    fields = document.get("custom_fields")
    said = fields.get("dop2i:sensitivity") if isinstance(fields, dict) else None
    return HEALTH in said if isinstance(said, list) else said == HEALTH
