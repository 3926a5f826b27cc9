"""XML read as it streams by: no entities, no network, no document types, bounded depth and size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dop2i.core.formats.base import Source
from dop2i.core.formats.limits import Budget
from dop2i.errors import LimitExceeded, UnreadableFile

_DEPTH = 200
_PIECE = 64 << 10


def local_name(tag: Any) -> str:
    """The tag without its namespace; empty for comments and instructions."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def safe_parser() -> Any:
    """A tree parser that expands nothing, fetches nothing, and refuses huge trees."""
    from lxml import etree

    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, recover=False
    )


def iterate_elements(source: Source) -> Iterator[tuple[str, Any, int]]:
    """``(event, element, depth)`` with events start and end; the caller may clear an element at its end.

    Raises ``UnreadableFile`` naming line and column. Stops quietly where the budget of the source ends.
    """
    from lxml import etree

    parser = etree.XMLPullParser(
        events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    budget = Budget.of(source)
    depth = place = 0
    try:
        while place < source.size:
            piece = source.read_range(place, _PIECE)
            if not piece or (not budget.spend(len(piece)) and place):
                return
            place += len(piece)
            parser.feed(piece)
            for event, element in parser.read_events():
                depth += event == "start"
                if depth > _DEPTH:
                    raise LimitExceeded(f"{source.name} nests XML elements more than {_DEPTH} deep.", hint="Mend it.")
                yield event, element, depth
                depth -= event == "end"
        parser.close()
        for event, element in parser.read_events():
            depth += event == "start"
            yield event, element, depth
            depth -= event == "end"
    except etree.XMLSyntaxError as error:
        raise UnreadableFile(fault(error, source.name), hint="Mend that line, or fetch the file again.") from None


def parse_small(source: Source, *, limit: int) -> Any:
    """The root element of a small XML file. Raises ``LimitExceeded`` above ``limit`` bytes."""
    from lxml import etree

    if source.size > limit:
        raise LimitExceeded(f"{source.name} has {source.size:,} bytes, and {limit:,} are allowed here.")
    try:
        root = etree.fromstring(source.read_range(0, source.size), parser=safe_parser())
    except etree.XMLSyntaxError as error:
        raise UnreadableFile(fault(error, source.name), hint="Mend that line, or fetch the file again.") from None
    except ValueError as error:
        raise UnreadableFile(f"{source.name} is not valid XML: {error}.") from None
    if root is None:
        raise UnreadableFile(f"{source.name} holds no XML element.")
    return root


def fault(error: Any, name: str) -> str:
    """One sentence with line and column."""
    line, column = (getattr(error, "position", None) or (0, 0))[:2]
    reason = (error.msg or "a fault").split(", line ")[0]
    return f"{name} is not valid XML: {reason} at line {line}, column {column}."
