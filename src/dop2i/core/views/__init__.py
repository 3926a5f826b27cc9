"""Ways to look into a file, one a module; :func:`views_of` tells which ones a described file has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dop2i.core.formats.base import Source
from dop2i.core.views._members import entered
from dop2i.core.views.base import DescribedSource, Parameter, Part, View
from dop2i.core.views.figures import Figure, figure_from_json
from dop2i.errors import Dop2iError, NotFound, UnreadableFile
from dop2i.registry import Registry

__all__ = ["VIEWS", "Figure", "Parameter", "Part", "View", "draw", "entered", "figure_from_json", "views_of"]

VIEWS: Registry[View] = Registry(
    "dop2i.core.views",
    View,  # type: ignore[type-abstract]  # the registry only asks whether a class derives from it
    group="dop2i.views",
)


def views_of(description: Mapping[str, Any]) -> dict[str, list[Part]]:
    """The parts of a described file by view, in the order of the views; only views that have any."""
    if description.get("error"):
        return {}
    found = {name: view.parts(description) for name, view in VIEWS.items()}
    return {name: parts for name, parts in found.items() if parts}


def draw(
    source: Source,
    *,
    view: str,
    part: str,
    values: Mapping[str, str],
    description: Mapping[str, Any] | None = None,
) -> Figure:
    """The figure of a part of a file; ``description`` is what ``View.needed`` took from the stored one.

    Raises ``NotFound`` for an unknown view or part, ``InvalidInput`` for a value that means nothing and
    ``UnreadableFile`` for what the library of the format cannot read.
    """
    try:
        member = VIEWS.one(view)
    except KeyError:
        raise NotFound(f"There is no view {view[:60]!r}.", hint=f"There are {', '.join(VIEWS)}.") from None
    seen = DescribedSource(source, description)
    try:
        return member.draw(seen, part=part, values=values)
    except Dop2iError as problem:
        problem.message = _without_path(problem.message, source)
        raise
    except (MemoryError, RecursionError):
        raise UnreadableFile(f"{source.name} asks for more memory than allowed; it is probably damaged.") from None
    except Exception as problem:
        said = _without_path(" ".join(str(problem).split()), source)[:300] or type(problem).__name__
        raise UnreadableFile(
            f"{part or 'The content'} of {source.name} cannot be shown: {said.rstrip('. ')}."
        ) from problem
    finally:
        seen.close()


def _without_path(said: str, source: Source) -> str:
    """What a library said of a file, by the name that people know: where it lies on the server is nobody's business."""
    return said.replace(source.local_path, source.name) if source.local_path else said
