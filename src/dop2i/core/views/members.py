"""What an archive holds, as a tree: small ones whole, large ones a folder at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import urlencode

from dop2i.core.formats.base import Source
from dop2i.core.formats.zip import safe_path
from dop2i.core.views import _members
from dop2i.core.views.base import Parameter, Part, View, integer
from dop2i.core.views.figures import Node, Outline
from dop2i.errors import NotFound

A_PAGE = 500
WHOLE = 300
"""An archive of at most so many members is shown with all its folders open."""
_ARCHIVES = ("zip", "tar", "gzip")
_MEMBERS_KEY = "members"


class MembersView(View):
    """The members of a ZIP or tar archive, or the one file within a packed one; each can be entered."""

    name = "members"
    label: ClassVar = {"en": "Contents", "fr": "Contenu"}
    rank = 30

    def parts(self, description: Mapping[str, Any]) -> list[Part]:
        """One part, when the file is an archive."""
        if description.get("format") not in _ARCHIVES:
            return []
        if description["format"] == "gzip" and description.get("media_type") == "application/zstd":
            return []
        files = (description.get("headers") or {}).get("files")
        return [Part(_MEMBERS_KEY, kind="archive", size=f"{files:,}" if isinstance(files, int) else "")]

    def parameters(self, description: Mapping[str, Any], part: Part) -> list[Parameter]:
        """Words in the path, the folder, and from which line on."""
        words = Parameter(
            "find",
            {"en": "Name holds", "fr": "Le nom contient"},
            hint={"en": "A part of a path, for example .root", "fr": "Une partie du chemin, par exemple .root"},
        )
        if description.get("format") == "gzip":
            return []
        hidden = [
            Parameter("within", {"en": "Folder", "fr": "Dossier"}, kind="hidden"),
            Parameter("start", {"en": "From line", "fr": "À partir de la ligne"}, kind="hidden"),
        ]
        return [words, *hidden]

    def draw(self, source: Source, *, part: str, values: Mapping[str, str]) -> Outline:
        """The lines of one folder (``within``), or the members whose path holds ``find``."""
        if part not in ("", _MEMBERS_KEY):
            raise NotFound(f"{source.name} has no part {part[:60]!r}.")
        start = integer(values, "start", default=0, least=0, most=_members.MOST_MEMBERS)
        wanted = values.get("find", "").strip().casefold()
        if wanted:
            return _found(source, wanted, start)
        folder = values.get("within", "").strip("/")
        root = _tree(source)
        place = root
        for name in filter(None, folder.split("/")):
            if name not in place.folders:
                raise NotFound(f"{source.name} has no folder {folder[:200]!r} within.")
            place = place.folders[name]
        whole = root.files <= WHOLE and not folder
        lines = place.lines()
        nodes = [_node(one, whole) for one in lines[start : start + A_PAGE]]
        made = Outline(title=safe_path(folder), nodes=nodes, start=start, total=len(lines))
        made.facts = [["files", str(place.files)], ["bytes", str(place.size)]]
        return made


@dataclass(slots=True)
class _Folder:
    """What lies below a folder, counted."""

    name: str
    path: str
    files: int = 0
    size: int = 0
    folders: dict[str, _Folder] = field(default_factory=dict)
    entries: list[_members.Entry] = field(default_factory=list)

    def lines(self) -> list[_Folder | _members.Entry]:
        """Folders by name, then files by name."""
        return [*sorted(self.folders.values(), key=lambda one: one.name), *sorted(self.entries, key=lambda e: e.path)]


def _tree(source: Source) -> _Folder:
    root = _Folder("", "")
    for entry in _members.entries(source):
        place = root
        names = _names(entry.path)
        within = names if entry.kind == "folder" else names[:-1]
        passed = [root]
        for name in within[:60]:
            place = place.folders.setdefault(name, _Folder(name, f"{place.path}{name}/"))
            passed.append(place)
        if entry.kind != "folder":
            place.entries.append(entry)
            for one in passed:
                one.files += 1
                one.size += entry.size or 0
    return root


def _names(path: str) -> list[str]:
    return [name for name in path.split("/") if name not in ("", ".")] or [path or "?"]


def _node(line: _Folder | _members.Entry, whole: bool) -> Node:
    if isinstance(line, _Folder):
        children = [_node(one, whole) for one in line.lines()] if whole else []
        link = "" if whole else "?" + urlencode({"within": line.path.rstrip("/")})
        return Node(safe_path(line.name), str(line.files), "folder", link, line.size, children)
    return _file(line, safe_path(_names(line.path)[-1]))


def _file(entry: _members.Entry, shown: str) -> Node:
    link = "?" + urlencode({"member": entry.path}) if entry.kind == "file" else ""
    return Node(shown, "", entry.kind, link, entry.size)


def _found(source: Source, wanted: str, start: int) -> Outline:
    nodes: list[Node] = []
    total = 0
    for entry in _members.entries(source):
        if entry.kind != "folder" and wanted in entry.path.casefold():
            if start <= total < start + A_PAGE:
                nodes.append(_file(entry, safe_path(entry.path)))
            total += 1
    return Outline(title=safe_path(wanted), nodes=nodes, start=start, total=total)
