"""The REST API, read from its own OpenAPI document: every address, what it takes, what it answers."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import resolve
from django.views.decorators.http import require_safe

from dop2i.faces.addresses import base_url
from dop2i.faces.web.rendering import page

METHODS = ("get", "post", "put", "patch", "delete", "head", "options")


@require_safe
def api_reader(request: HttpRequest) -> HttpResponse:
    """One page, no request to elsewhere."""
    document = openapi_document(request)
    groups = operation_groups(document)
    context = {
        "info": document.get("info") or {},
        "groups": groups,
        "count": sum(len(group["operations"]) for group in groups),
        "base": base_url(request),
    }
    return page(request, "api_reader.html", context)


def openapi_document(request: HttpRequest) -> dict[str, Any]:
    """The document that ``/api/openapi.json`` serves, taken by its address so that faces do not import each other."""
    view, args, kwargs = resolve("/api/openapi.json")
    found: dict[str, Any] = json.loads(view(request, *args, **kwargs).content)
    return found


def operation_groups(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Operations by their first tag, in the order of the document."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, item in (document.get("paths") or {}).items():
        for method in METHODS:
            operation = item.get(method)
            if operation is not None:
                tag = str((operation.get("tags") or ["API"])[0])
                groups.setdefault(tag, []).append(_operation(path, method, operation, item, document))
    return [{"name": name, "operations": operations} for name, operations in groups.items()]


def _operation(
    path: str, method: str, operation: dict[str, Any], item: dict[str, Any], document: dict[str, Any]
) -> dict[str, Any]:
    parameters = [
        _resolved(p, document) for p in [*(item.get("parameters") or []), *(operation.get("parameters") or [])]
    ]
    body = _resolved(operation.get("requestBody") or {}, document)
    return {
        "method": method.upper(),
        "path": path,
        "summary": str(operation.get("summary") or ""),
        "description": str(operation.get("description") or ""),
        "parameters": [
            {
                "name": str(p.get("name") or ""),
                "where": str(p.get("in") or ""),
                "required": bool(p.get("required")),
                "type": schema_words(p.get("schema") or {}),
                "description": str(p.get("description") or ""),
            }
            for p in parameters
        ],
        "body": [
            {"media": media, "schema": schema_words((content or {}).get("schema") or {})}
            for media, content in (body.get("content") or {}).items()
        ],
        "answers": [
            {"status": str(status), "description": str(_resolved(answer, document).get("description") or "")}
            for status, answer in (operation.get("responses") or {}).items()
        ],
        "secured": bool(operation.get("security")),
    }


def _resolved(value: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    reference = value.get("$ref")
    if not reference:
        return value
    found: Any = document
    for step in str(reference).removeprefix("#/").split("/"):
        found = found.get(step, {}) if isinstance(found, dict) else {}
    return found if isinstance(found, dict) else {}


def schema_words(schema: dict[str, Any]) -> str:
    """A schema in a few words: its name, or its type."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if schema.get("type") == "array":
        return f"[{schema_words(schema.get('items') or {})}]"
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        return " | ".join(dict.fromkeys(w for o in options if (w := schema_words(o)) != "null"))
    if schema.get("enum"):
        return " | ".join(str(v) for v in schema["enum"][:8])
    return str(schema.get("type") or "any")
