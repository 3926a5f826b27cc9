"""How an operation is declared: its scope from the table, its answers and failures in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from ninja import Path, Query, Router

from dop2i.faces.api.access import ACCESS, PUBLIC, Bearer, Open

MOST = 10**18 - 1
"""The largest number that a path or a query may hold: it fits every database."""

RecordId = Annotated[int, Path(ge=1, le=MOST, description="The number of a record (or of a concept).", example=12)]
Key = Annotated[
    str, Path(min_length=1, max_length=1000, description="The file's path in the record.", example="events.root")
]
PageNumber = Annotated[int, Query(ge=1, le=10_000, description="From 1.")]

PROBLEMS = {
    400: "The request cannot be understood, or the document is not valid; `errors` names the fields.",
    401: "No token, or one that is not known or has expired.",
    403: "The token does not carry the scope, or the record is not yours.",
    404: "There is no such thing, or it is not yours to see.",
    406: "No representation is of a media type that `Accept` names.",
    409: "It is in a state that does not allow this, or somebody else changed it.",
    410: "It was withdrawn: `tombstone` says when and why.",
    412: "`If-Match` does not name the present revision, or the protocol version is another.",
    413: "More was sent than is taken at once.",
    414: "The address is longer than 8,190 bytes.",
    415: "The body is of another media type than asked for.",
    416: "The range lies outside of the file.",
    422: "The file is damaged, or cannot be shown in this way.",
    429: "Too many requests; `Retry-After` says when to go on.",
    460: "The bytes do not have the checksum that was announced (tus).",
    503: "A part of the server does not answer; try again later.",
    507: "No room is left; nothing was lost.",
}

router = Router()
"""One for all modules: an address whose methods lie in two of them is still one address."""

Function = TypeVar("Function", bound=Callable[..., Any])


def problem_answer(status: int) -> dict[str, Any]:
    """A failure in the OpenAPI document."""
    content: dict[str, Any] = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    if status in (400, 414):
        # what is not even HTTP is refused before the API sees it
        content["text/html"] = {"schema": {"type": "string"}}
    return {"description": PROBLEMS[status], "content": content}


def leads_to(operation: str, **parameters: str) -> dict[str, Any]:
    """An OpenAPI link: what an answer holds is a parameter of another operation."""
    return {operation: {"operationId": operation, "parameters": parameters}}


def answer(
    description: str,
    schema: str | dict[str, Any] | None = None,
    media_type: str = "application/json",
    *,
    links: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A success: ``schema`` is a component's name or a schema; None for an answer without a body."""
    made: dict[str, Any] = {"description": description}
    if schema is not None:
        reference = {"$ref": f"#/components/schemas/{schema}"} if isinstance(schema, str) else schema
        made["content"] = {media_type: {"schema": reference}}
    if links:
        made["links"] = links
    return made


def json_body(schema: str | dict[str, Any], *, required: bool = True) -> dict[str, Any]:
    """A JSON request body."""
    reference = {"$ref": f"#/components/schemas/{schema}"} if isinstance(schema, str) else schema
    return {"required": required, "content": {"application/json": {"schema": reference}}}


def bytes_body(media_type: str, *, required: bool = True) -> dict[str, Any]:
    """A body of plain bytes."""
    return {"required": required, "content": {media_type: {"schema": {"type": "string", "format": "binary"}}}}


def header(name: str, description: str, *, schema: dict[str, Any] | None = None, required: bool = False) -> Any:
    """A request header in the OpenAPI document."""
    made = {"name": name, "in": "header", "description": description, "required": required}
    return {**made, "schema": schema or {"type": "string"}}


def route(
    to: Router,
    method: str,
    path: str,
    *,
    answers: dict[int, Any],
    problems: tuple[int, ...] = (),
    body: dict[str, Any] | None = None,
    headers: tuple[Any, ...] = (),
    tags: tuple[str, ...] = ("records",),
) -> Callable[[Function], Function]:
    """Declares an operation. Its name must stand in ``ACCESS``: what has no scope is not served."""

    def declare(function: Function) -> Function:
        name = function.__name__
        scope = ACCESS[name]
        known = {400, 401, 414, 429, *problems} | ({403} if scope != PUBLIC else set()) | ({413} if body else set())
        if body and "application/json" in body["content"]:
            known |= {415}
        # a literal that names every answer: ninja adds its own 200 otherwise
        responses = {str(status): value for status, value in answers.items()}
        responses |= {str(status): problem_answer(status) for status in sorted(known)}
        extra: dict[str, Any] = {"responses": responses, "x-scope": scope}
        if body is not None:
            extra["requestBody"] = body
        if headers:
            extra["parameters"] = list(headers)
        register = to.api_operation(
            [method],
            path,
            auth=Open(scope) if scope == PUBLIC else Bearer(scope),
            operation_id=name,
            summary=(function.__doc__ or name).strip().splitlines()[0],
            description="\n".join((function.__doc__ or "").strip().splitlines()[1:]).strip() or None,
            tags=list(tags),
            openapi_extra=extra,
        )
        return register(function)

    return declare
