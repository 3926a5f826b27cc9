"""What every operation does with a request and an answer: bodies, conditions, pages, links."""

from __future__ import annotations

import json
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from pydantic import BaseModel, ValidationError

from dop2i.errors import InvalidDocument, InvalidInput, Problem, RevisionConflict
from dop2i.faces.addresses import base_url
from dop2i.faces.bodies import body_length, is_chunked, read_json

DOCUMENT_LIMIT = 4 * 1024 * 1024
LISTING_LIMIT = 16 * 1024 * 1024

Body = TypeVar("Body", bound=BaseModel)


class UnsupportedMediaType(InvalidInput):
    """A body of another media type than the operation reads."""


def media_type_of(request: HttpRequest) -> str:
    """The media type of the body, without parameters."""
    return request.META.get("CONTENT_TYPE", "").split(";")[0].strip().lower()


def require_media_type(request: HttpRequest, *wanted: str, empty: bool = False) -> None:
    """Raises ``UnsupportedMediaType`` unless the body is of one of the types (``empty``: or none is named)."""
    sent = media_type_of(request)
    if sent in wanted or (empty and not sent):
        return
    raise UnsupportedMediaType(f"The body is {sent or 'of no media type'}.", hint=f"Send {' or '.join(wanted)}.")


def has_body(request: HttpRequest) -> bool:
    """Whether the request brings a body at all."""
    return is_chunked(request) or bool(body_length(request))


def read_object(request: HttpRequest, model: type[Body], *, optional: bool = False) -> dict[str, Any]:
    """A JSON object that ``model`` accepts, as it came. Raises ``InvalidDocument`` with the fields."""
    if optional and not has_body(request):
        return {}
    require_media_type(request, "application/json")
    value = read_json(request, limit=DOCUMENT_LIMIT)
    if optional and value is None:
        return {}
    _check(value, model, "")
    return value  # type: ignore[no-any-return]


def read_objects(request: HttpRequest, model: type[Body]) -> list[dict[str, Any]]:
    """A JSON array of objects that ``model`` accepts."""
    require_media_type(request, "application/json")
    value = read_json(request, limit=LISTING_LIMIT)
    if not isinstance(value, list) or not value:
        raise InvalidInput("The body is a JSON array of objects.", hint='[{"key": "events.root"}]')
    for position, item in enumerate(value):
        _check(item, model, f"{position}.")
    return value


def _check(value: Any, model: type[Body], before: str) -> None:
    try:
        model.model_validate(value)
    except ValidationError as error:
        problems = [
            Problem(before + ".".join(str(part) for part in fault["loc"]), fault["msg"]) for fault in error.errors()
        ]
        raise InvalidDocument(problems) from None


def expected_revision(request: HttpRequest) -> int | None:
    """The revision that ``If-Match`` names; None without it, or with ``*``. Raises ``InvalidInput``."""
    text = request.META.get("HTTP_IF_MATCH", "").strip()
    if not text or text == "*":
        return None
    plain = text.removeprefix("W/").strip('"')
    if not plain.isascii() or not plain.isdigit() or len(plain) > 9:
        raise RevisionConflict(f"If-Match is {text[:60]}, which is no revision of this draft.")
    return int(plain)


def json_answer(document: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    """A JSON answer."""
    content = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    made = HttpResponse(content, status=status, content_type="application/json")
    for name, value in (headers or {}).items():
        made[name] = value
    return made


def no_content(headers: dict[str, str] | None = None) -> HttpResponse:
    """204."""
    made = HttpResponse(status=204)
    del made["Content-Type"]
    for name, value in (headers or {}).items():
        made[name] = value
    return made


def page_links(request: HttpRequest, *, page: int, size: int, total: int) -> dict[str, str]:
    """``self``, ``next`` and ``prev`` of a page of hits, with the rest of the query kept."""
    address = base_url(request) + request.path
    kept = [(name, value) for name, values in request.GET.lists() for value in values]
    kept = [(name, value) for name, value in kept if name not in ("page", "size", "access_token")]

    def link(number: int) -> str:
        return f"{address}?{urlencode([*kept, ('page', number), ('size', size)])}"

    links = {"self": link(page)}
    if page * size < total:
        links["next"] = link(page + 1)
    if page > 1:
        links["prev"] = link(page - 1)
    return links
