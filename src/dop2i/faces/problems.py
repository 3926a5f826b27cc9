"""Errors as ``application/problem+json`` (RFC 9457): the one place that knows which status an error has."""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse

from dop2i import errors

STATUS: tuple[tuple[type[Exception], int], ...] = (
    (errors.NotAuthenticated, 401),
    (errors.NotPermitted, 403),
    (errors.Gone, 410),
    (errors.NotFound, 404),
    (errors.Conflict, 409),
    (errors.LimitExceeded, 413),
    (errors.UnreadableFile, 422),
    (errors.ChecksumMismatch, 400),
    (errors.InvalidInput, 400),
    (errors.TooManyRequests, 429),
    (errors.StorageFull, 507),
    (errors.ServiceUnavailable, 503),
)
"""Most particular first."""

RETRY_SECONDS = "30"


def status_of(error: Exception) -> int:
    """The HTTP status of an error of ours; 500 for any other."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def kind_of(error: Exception | type[Exception]) -> str:
    """``wrong-state`` of ``WrongState``: the end of a problem's ``type``."""
    name = (error if isinstance(error, type) else type(error)).__name__
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def problem_body(
    status: int, detail: str, *, kind: str = "", problems: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """``type title status detail errors``, and ``message``, which InvenioRDM's clients read."""
    title = "Checksum Mismatch" if status == 460 else HTTPStatus(status).phrase
    type_ = f"/api/problems/{kind}" if kind else "about:blank"
    body: dict[str, Any] = {"type": type_, "title": title, "status": status, "detail": detail}
    body["message"] = detail
    body["errors"] = problems or []
    return body


def field_errors(problems: list[errors.Problem]) -> list[dict[str, Any]]:
    """InvenioRDM's ``errors``: one item a field with every message about it, in order."""
    by_field: dict[str, dict[str, Any]] = {}
    for problem in problems:
        item = by_field.setdefault(problem.path, {"field": problem.path, "messages": [], "severity": problem.severity})
        item["messages"].append(problem.message)
    return list(by_field.values())


def problem_response(
    status: int, detail: str, *, kind: str = "", problems: list[dict[str, Any]] | None = None
) -> HttpResponse:
    """A problem as an answer."""
    content = json.dumps(problem_body(status, detail, kind=kind, problems=problems), ensure_ascii=False)
    answer = HttpResponse(content, status=status, content_type="application/problem+json")
    if status == 401:
        answer["WWW-Authenticate"] = 'Bearer realm="dop2i"'
    if status in (429, 503):
        answer["Retry-After"] = RETRY_SECONDS
    answer["Cache-Control"] = "no-store"
    # Django would write a warning into the log for everything that a caller gets wrong
    answer._has_been_logged = status < 500
    return answer


def error_response(error: Exception, *, status: int | None = None) -> HttpResponse:
    """One of our errors as an answer."""
    problems = field_errors(error.problems) if isinstance(error, errors.InvalidDocument) else None
    if isinstance(error, errors.InvalidValue) and error.parameter:
        problems = field_errors([errors.Problem(error.parameter, error.message)])
    answer = problem_response(status or status_of(error), str(error), kind=kind_of(error), problems=problems)
    if isinstance(error, errors.TooManyRequests):
        answer["Retry-After"] = str(error.seconds)
    return answer
