"""The files of a record as a tree: each folder down to the open one, a page of it at a time.

The cost is that of what is shown: :func:`dop2i.server.files.queries.list_names` steps over the inside of sub-folders.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from urllib.parse import quote

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from dop2i.faces.web import figures
from dop2i.faces.web.icons import icon
from dop2i.faces.web.rendering import language
from dop2i.server.files.queries import list_names
from dop2i.server.files.readable import EVERYTHING, Readable

PAGE = 40


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


def open_tree(
    bucket_id: int, *, folder: str, selected: str, after: str = "", readable: Readable = EVERYTHING
) -> tuple[list[Node], str]:
    """The root with the folders down to ``folder`` opened; ``after`` pages the innermost one.

    Only what is readable is there. Returns the root's nodes and
    where the root's next page begins (a folder's is in its node's ``more``).
    """
    steps = [part for part in folder.split("/") if part][:40]
    paths = ["/".join(steps[: i + 1]) + "/" for i in range(len(steps))]
    nodes, more = _page_of(bucket_id, "", after="" if paths else after, readable=readable)
    level = nodes
    for path in paths:
        node = next((n for n in level if n.path == path), None)
        if node is None:
            if not has_readable(bucket_id, path, readable):
                break
            node = Node(path.rstrip("/").rpartition("/")[2], path, is_folder=True)
            level.insert(0, node)
        node.opened = True
        inner = after if path == paths[-1] else ""
        node.children, node.more = _page_of(bucket_id, path, after=inner, readable=readable)
        level = node.children
    for node in _every(nodes):
        node.selected = node.path == selected
    return nodes, more


def has_readable(bucket_id: int, folder: str, readable: Readable) -> bool:
    """Whether there is a readable file below a folder that the page of its parent does not reach."""
    found = list_names(bucket_id, prefix=folder, limit=1, readable=readable)
    return bool(found.folders or found.files)


def _page_of(bucket_id: int, prefix: str, *, after: str, readable: Readable) -> tuple[list[Node], str]:
    found = list_names(bucket_id, prefix=prefix, after=after, limit=PAGE, readable=readable)
    folders = [Node(name, f"{prefix}{name}/", is_folder=True) for name in found.folders]
    files = [Node(key[len(prefix) :], key, is_folder=False, size=size) for key, size in found.files]
    return [*folders, *files], found.after


def _every(nodes: list[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from _every(node.children)


def tree_markup(nodes: list[Node], *, more: str, draft: bool = False, looking: str = "") -> SafeString:
    """The tree as lists of links. Written here: templates take most of a page's time for its hundred rows.

    A file leads to itself within the record's page; with ``looking`` to the page that looks into it, whose address
    begins so.
    """
    tail = "&amp;preview=1#look" if draft else "#look"
    if looking:
        tail = "&amp;draft=1" if draft else ""
    return mark_safe(  # noqa: S308 each name is escaped below
        _list(nodes, more=more, parent="", tail=tail, looking=looking)
    )


def _list(nodes: list[Node], *, more: str, parent: str, tail: str, looking: str) -> str:
    here = language()
    rows = []
    for node in nodes:
        path, name = quote(node.path, safe=""), escape(node.name)
        if node.is_folder:
            href = f"?folder={quote(parent, safe='') if node.opened else path}{tail}"
            expanded = "true" if node.opened else "false"
            inner = ""
            if node.opened:
                inner = _list(node.children, more=node.more, parent=node.path, tail=tail, looking=looking)
            rows.append(f'<a href="{href}" aria-expanded="{expanded}">{_row("folder", name)}</a>{inner}')
        else:
            current = ' aria-current="true"' if node.selected else ""
            size = escape(figures.size(node.size, here))
            href = f"?file={path}{tail}"
            if looking:
                href = escape(looking + quote(node.path)) + ("?draft=1" if tail else "")
            rows.append(f'<a href="{href}"{current}>{_row("file", name, size)}</a>')
    if more:
        href = f"?folder={quote(parent, safe='')}&amp;after={quote(more, safe='')}{tail}"
        rows.append(f'<a href="{href}">{_row("plus", escape(_("More files")))}</a>')
    items = "".join(f"<li>{row}</li>" for row in rows)
    return f'<ul class="{"list" if parent else "tree list"}">{items}</ul>'


def _row(shape: str, name: str, size: str = "") -> str:
    return f'{icon(shape)}<span class="name">{name}</span><span class="num">{size}</span>'


def folder_of(key: str) -> str:
    """The folder of a file, with its slash; empty at the root."""
    head, slash, _name = key.rpartition("/")
    return head + slash
