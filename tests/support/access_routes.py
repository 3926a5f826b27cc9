"""Every address of the server as the access matrix asks it, found in the URL configuration and the registries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>|\{(?:\w+:)?(\w+)\}")
_OF_A_RECORD = frozenset({"record_id", "concept_id", "pid", "entry"})
WEB_METHODS = ("GET", "POST")


@dataclass(frozen=True)
class Route:
    """One thing that can be asked: ``name`` is how the table calls it."""

    name: str
    method: str
    pattern: str
    face: str
    scope: str = "public"
    parameters: tuple[str, ...] = field(default=())

    @property
    def of_a_record(self) -> bool:
        """Whether it is asked of one record, so that its answer depends on the record's state."""
        return bool(_OF_A_RECORD & set(self.parameters)) or self.pattern.startswith("^(?P<pid>")

    def address(self, values: dict[str, str]) -> str:
        """The address with the values put in. Raises ``KeyError`` for a parameter that has none."""
        if self.pattern.startswith("^"):
            return "/" + values["pid"]
        return "/" + _PARAMETER.sub(lambda found: values[found.group(1) or found.group(2)], self.pattern)


def routes() -> Iterator[Route]:
    """Every operation of the API, and every page and protocol with GET and with POST."""
    yield from _operations()
    from django.urls import get_resolver

    yield from _patterns(get_resolver().url_patterns, before="", face="")


def _operations() -> Iterator[Route]:
    from dop2i.faces.api.access import ACCESS
    from dop2i.faces.api.application import api

    for _prefix, router in api._routers:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                name = operation.operation_id
                pattern = "api/" + path.strip("/")
                for method in operation.methods:
                    yield Route(f"api:{name}", method, pattern, "api", ACCESS[name], _names(pattern))


def _patterns(patterns: list[Any], *, before: str, face: str) -> Iterator[Route]:
    for pattern in patterns:
        text = before + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from _patterns(pattern.url_patterns, before=text, face=face or pattern.namespace or "")
        elif face == "api":
            if pattern.name == "openapi":
                yield Route("api:openapi", "GET", text, "api")
        else:
            for method in WEB_METHODS:
                yield Route(f"{face}:{pattern.name} {method}", method, text, face, "public", _names(text))


def _names(pattern: str) -> tuple[str, ...]:
    return tuple(first or second for first, second in _PARAMETER.findall(pattern))
