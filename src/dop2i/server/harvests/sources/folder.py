"""A local folder of metadata files: DataCite, CERN Open Data, SPASE, VOResource, EXFOR, codemeta and others.

Each file is recognised by its content. One file may hold many records (JSON Lines), and a tar archive many files.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from django.conf import settings

from dop2i.core.mappings import Mapped
from dop2i.errors import InvalidInput, NotPermitted
from dop2i.server.harvests.sources import _files
from dop2i.server.harvests.sources.base import Option, Order, Page, Raw, Source

PART = 500


class Folder(Source):
    """Files of this machine."""

    name = "folder"
    label: ClassVar = {"en": "Local folder", "fr": "Dossier local"}
    about: ClassVar = {
        "en": "Metadata files in a folder of this machine: DataCite, CERN Open Data, SPASE, VOResource, EXFOR, "
        "codemeta, HEPData submissions, VTSCat and Open Exoplanet Catalogue, also in tar and gzip.",
        "fr": "Fichiers de métadonnées dans un dossier de cette machine : DataCite, CERN Open Data, SPASE, VOResource, "
        "EXFOR, codemeta, soumissions HEPData, VTSCat et Open Exoplanet Catalogue, aussi en tar et gzip.",
    }
    rank = 90
    example = "/srv/records"
    options = (
        Option(
            "base",
            {"en": "Address of the files", "fr": "Adresse des fichiers"},
            {
                "en": "Where the folder is on the web: links are made from it.",
                "fr": "Où le dossier se trouve sur le web : les liens en sont formés.",
            },
        ),
    )

    def check(self, *, address: str, options: dict[str, str]) -> None:
        """The folder must lie in one that the configuration names."""
        allowed_folder(address)

    def pages(self, order: Order) -> Iterator[Page]:
        """The records of all files, in the order of their names; a stopped pass goes on behind its last file."""
        root = allowed_folder(order.address)
        if not root.is_dir():
            raise InvalidInput(f"There is no folder {root}.", hint="It must be readable for the server.")
        cursor = dict(order.cursor) or {"after": "", "full": True}
        waiting: list[Raw] = []
        for name in _files.names_in(root):
            if name <= cursor["after"]:
                continue
            for raw in _files.records_of(root, name, base=order.option("base")):
                waiting.append(raw)
                if len(waiting) >= PART:
                    yield Page(waiting, cursor)
                    waiting = []
            cursor = {**cursor, "after": name}
            if len(waiting) >= PART // 2:
                yield Page(waiting, cursor)
                waiting = []
        yield Page(waiting, cursor)

    def map(self, raw: Raw, order: Order) -> Mapped:
        """By the kind that the file was recognised as."""
        return _files.map_file(raw)


def allowed_folder(address: str) -> Path:
    """The folder, resolved. Raises ``NotPermitted`` unless it lies in an allowed one."""
    wanted = Path(address)
    if not wanted.is_absolute():
        raise InvalidInput(f"{address!r} is no folder.", hint="Give its whole path, beginning with a slash.")
    resolved = wanted.resolve()
    allowed = [settings.DOP2I.home / "harvest", *map(Path, settings.DOP2I.harvest.folders)]
    if not any(resolved.is_relative_to(folder.resolve()) for folder in allowed):
        raise NotPermitted(
            f"{address} may not be harvested.",
            hint=f'Allow it in dop2i.toml: [harvest] folders = ["{address}"], or put the files in {allowed[0]}.',
        )
    return resolved
