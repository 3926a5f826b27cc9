"""The files of a record as a tree: each folder down to the open one, a page of it at a time.

The cost is that of what is shown: :func:`dop2i.server.files.queries.list_folder` steps over the inside of sub-folders.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from dop2i.server.files.queries import list_folder

PAGE = 60


@dataclass(slots=True)
class Node:
    """A folder or a file in the tree. ``path`` is the key, or the folder's path with its slash."""

    name: str
    path: str
    is_folder: bool
    size: int | None = None
    opened: bool = False
    selected: bool = False
    children: list[Node] = field(default_factory=list)
    more: str = ""


def open_tree(bucket_id: int, *, folder: str, selected: str, after: str = "") -> tuple[list[Node], str]:
    """The root with the folders down to ``folder`` opened; ``after`` pages the innermost one.

    Returns the root's nodes and where the root's next page begins (a folder's is in its node's ``more``).
    """
    steps = [part for part in folder.split("/") if part][:40]
    paths = ["/".join(steps[: i + 1]) + "/" for i in range(len(steps))]
    nodes, more = _page_of(bucket_id, "", after="" if paths else after)
    level = nodes
    for path in paths:
        node = next((n for n in level if n.path == path), None)
        if node is None:
            node = Node(path.rstrip("/").rpartition("/")[2], path, is_folder=True)
            level.insert(0, node)
        node.opened = True
        node.children, node.more = _page_of(bucket_id, path, after=after if path == paths[-1] else "")
        level = node.children
    for node in _every(nodes):
        node.selected = node.path == selected
    return nodes, more


def _page_of(bucket_id: int, prefix: str, *, after: str) -> tuple[list[Node], str]:
    found = list_folder(bucket_id, prefix=prefix, after=after, limit=PAGE)
    folders = [Node(name, f"{prefix}{name}/", is_folder=True) for name in found.folders]
    files = [Node(e.key[len(prefix) :], e.key, is_folder=False, size=e.size) for e in found.files if e.is_complete]
    return [*folders, *files], found.after


def _every(nodes: list[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from _every(node.children)


def folder_of(key: str) -> str:
    """The folder of a file, with its slash; empty at the root."""
    head, slash, _name = key.rpartition("/")
    return head + slash
