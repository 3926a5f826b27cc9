"""YAML read within limits: no tags that run code, bounded nesting, no multiplying aliases.

libyaml's composer recurses in C, so a deep nesting would end the process: the depth is checked beforehand.
"""

from __future__ import annotations

import re
from typing import Any

from dop2i.core.formats._text import read_text
from dop2i.core.formats.base import Source
from dop2i.errors import LimitExceeded, UnreadableFile

LIMIT = 8 << 20
_DEPTH = 200
_MERGED = 50_000
_NODES = 4_000_000
_INDENT = re.compile(r"^(?:[ ]|-[ \t]|\?[ \t]|:[ \t]){200,}", re.M)


def load_yaml(source: Source, *, limit: int = LIMIT) -> list[Any]:
    """The documents of a YAML file of at most ``limit`` bytes. Raises ``UnreadableFile`` naming line and column."""
    if source.size > limit:
        raise LimitExceeded(
            f"{source.name} has {source.size:,} bytes; YAML is read whole up to {limit:,}.",
            hint="Big tables are better kept as Parquet, HDF5 or CSV.",
        )
    text, _, _ = read_text(source, limit=limit, what="YAML file")
    return parse_yaml(text, name=source.name)


def parse_yaml(text: str, *, name: str) -> list[Any]:
    """The documents of a YAML text; ``name`` is for the message."""
    import yaml

    try:
        _check_depth(text, name=name)
        loaded = list(yaml.load_all(text, Loader=_loader()))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        reason = error.problem or error.context or "a fault"
        raise UnreadableFile(f"{name} is not valid YAML: {reason}{where}.", hint="Mend that line.") from None
    except yaml.YAMLError as error:
        raise UnreadableFile(f"{name} is not valid YAML: {_first_line(error)}.", hint="Mend it.") from None
    except RecursionError:
        raise LimitExceeded(f"{name} is nested too deep to be read.", hint="No data are written so.") from None
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise UnreadableFile(f"{name} is not valid YAML: {_first_line(error)}.", hint="Mend that value.") from None
    _check_size(loaded, name=name)
    return loaded


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def _check_depth(text: str, *, name: str) -> None:
    """Counts the real depth (by parser events, which do not recurse) only when the text could be deep at all."""
    if text.count("[") + text.count("{") < _DEPTH and not _INDENT.search(text):
        return
    import yaml

    depth = 0
    for event in yaml.parse(text, Loader=_base_loader()):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _DEPTH:
            where = f" at line {event.start_mark.line + 1}" if event.start_mark else ""
            raise LimitExceeded(f"{name} is nested more than {_DEPTH} deep{where}.", hint="No data are written so.")


def _check_size(loaded: list[Any], *, name: str) -> None:
    """Refuses what aliases multiply: a value that is small in memory and endless to walk."""
    waiting: list[Any] = [loaded]
    nodes = 0
    while waiting:
        value = waiting.pop()
        items = value.values() if isinstance(value, dict) else value
        nodes += len(value)
        if nodes > _NODES:
            raise LimitExceeded(f"{name} grows without end through its aliases.", hint="It was made to do harm.")
        waiting += [item for item in items if isinstance(item, dict | list)]


def _base_loader() -> Any:
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


_made: list[Any] = []


def _loader() -> Any:
    """The safe loader, which also bounds what merge keys (``<<``) may gather; made once."""
    if _made:
        return _made[0]
    import yaml

    class BoundedLoader(_base_loader()):  # type: ignore[misc]
        """libyaml's safe loader with a limit on merges."""

        def flatten_mapping(self, node: Any) -> None:
            before = len(node.value)
            super().flatten_mapping(node)
            if len(node.value) > before + _MERGED:
                raise yaml.constructor.ConstructorError(None, None, "its merge keys grow without end", node.start_mark)

    _made.append(BoundedLoader)
    return BoundedLoader
