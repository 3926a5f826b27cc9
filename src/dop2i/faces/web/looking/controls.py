"""The parameters of a view as a form that works without script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest

from dop2i.core.views import Parameter
from dop2i.faces.web.present import localised

LONGEST_SELECT = 400
"""A longer list is offered as suggestions of a text field."""
MOST_SUGGESTED = 1000


def asked_values(request: HttpRequest, parameters: Sequence[Parameter]) -> dict[str, str]:
    """The values of the address that the view knows; a value given several times (``columns``) is one a line."""
    found: dict[str, str] = {}
    for parameter in parameters:
        given = [text for text in request.GET.getlist(parameter.name) if text.strip()]
        if given:
            found[parameter.name] = "\n".join(given) if parameter.kind == "columns" else given[-1].strip()
    return found


def controls(parameters: Sequence[Parameter], values: Mapping[str, str], *, wrong: Mapping[str, str]) -> list[Any]:
    """What the template shows: one field a parameter; ``wrong`` is a message by the name of its parameter."""
    return [
        _field(parameter, values, wrong.get(parameter.name, ""))
        for parameter in sorted(parameters, key=lambda p: p.kind == "switch")
        if parameter.kind != "hidden"
    ]


def _field(parameter: Parameter, values: Mapping[str, str], wrong: str) -> dict[str, Any]:
    value = values.get(parameter.name, parameter.suggested)
    kind = parameter.kind
    if kind == "column" and len(parameter.choices) > LONGEST_SELECT:
        kind = "suggested"
    offered = kind in ("suggested", "formula") and 0 < len(parameter.choices) <= MOST_SUGGESTED
    several = set(value.split("\n") if "\n" in value else value.split(",")) if kind == "columns" else {value}
    choices = [
        {"value": name, "label": localised(label, name), "chosen": name in several or name == value}
        for name, label in parameter.choices.items()
    ]
    return {
        "name": parameter.name,
        "label": localised(parameter.label, parameter.name),
        "kind": kind,
        "value": value,
        "choices": choices,
        "offered": offered,
        "chosen": sum(choice["chosen"] for choice in choices),
        "hint": localised(parameter.hint),
        "wrong": wrong,
        "placeholder": parameter.suggested if value != parameter.suggested else "",
    }
