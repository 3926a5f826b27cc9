"""The API put together: its routers, its failures as problems, its OpenAPI document."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, JsonResponse
from django.urls import URLPattern, path, re_path
from ninja import NinjaAPI
from ninja.errors import HttpError
from ninja.errors import ValidationError as NinjaValidationError

from dop2i.errors import ChecksumMismatch, Dop2iError, InvalidDocument, Problem, RevisionConflict
from dop2i.faces.api import (  # noqa: F401 they declare operations
    about,
    access_rules,
    access_shares,
    audit,
    communities,
    comparing,
    completions,
    drafts,
    ethics,
    files,
    graph,
    harvests,
    members,
    membership_requests,
    notices,
    records,
    requests,
    search,
    tokens,
    tus,
    views,
)
from dop2i.faces.api.reading import UnsupportedMediaType
from dop2i.faces.api.routes import router
from dop2i.faces.api.schemas import COMPONENTS
from dop2i.faces.negotiation import NotAcceptable
from dop2i.faces.problems import error_response, problem_response

logger = logging.getLogger("dop2i.api")

DESCRIPTION = """\
The REST API of InvenioRDM (records, drafts, files, versions), with resumable uploads by tus, folders, descriptions of
files and jobs beside it. Send a personal token as `Authorization: Bearer …`. Failures are
`application/problem+json` (RFC 9457); `errors` names the fields.
"""

api = NinjaAPI(
    title="dop2i",
    version="1.0.0",
    description=DESCRIPTION,
    docs_url=None,
    openapi_url=None,
    urls_namespace="api",
)
# importing the modules above has declared their operations
api.add_router("", router)


def _failed(request: HttpRequest, error: Exception) -> HttpResponse:
    """One of our errors as an answer, with the statuses that only HTTP knows."""
    status = None
    if isinstance(error, UnsupportedMediaType):
        status = 415
    elif isinstance(error, NotAcceptable):
        status = 406
    elif isinstance(error, RevisionConflict) and not isinstance(error, tus.WrongVersion):
        status = 412 if "HTTP_IF_MATCH" in request.META else 409
    elif isinstance(error, tus.WrongVersion):
        status = 412
    elif isinstance(error, ChecksumMismatch) and "HTTP_TUS_RESUMABLE" in request.META:
        status = 460
    made = error_response(error, status=status)
    if isinstance(error, tus.WrongVersion):
        made["Tus-Version"] = tus.VERSION
    return made


def _invalid(request: HttpRequest, error: NinjaValidationError) -> HttpResponse:
    """A path or query that is not as declared; no record has a number that is none."""
    if any(fault["loc"][0] == "path" for fault in error.errors):
        return problem_response(404, "There is nothing at this address.", kind="not-found")
    problems = [
        Problem(".".join(str(part) for part in fault["loc"] if part not in ("query", "path")), fault["msg"])
        for fault in error.errors
    ]
    return error_response(InvalidDocument(problems, "The request is not as the API describes it."))


def _unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.exception("%s %s failed", request.method, request.path)
    return problem_response(500, "Something went wrong in the server; the operator's log tells what.")


api.add_exception_handler(Dop2iError, _failed)
api.add_exception_handler(NinjaValidationError, _invalid)
api.add_exception_handler(HttpError, lambda request, error: problem_response(error.status_code, str(error)))
api.add_exception_handler(Http404, lambda request, error: problem_response(404, "There is nothing at this address."))
api.add_exception_handler(Exception, _unexpected)


@lru_cache(maxsize=1)
def openapi_document() -> dict[str, Any]:
    """The OpenAPI 3.1 document: ninja's, with the components and the answers that the routes declare."""
    document: dict[str, Any] = dict(api.get_openapi_schema(path_prefix="api/"))
    components = dict(document.get("components") or {})
    components["schemas"] = {**components.get("schemas", {}), **COMPONENTS}
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    paths: dict[str, Any] = {}
    for address, operations in document["paths"].items():
        paths[address] = {method: _tidied(operation) for method, operation in operations.items()}
    return {**document, "paths": paths, "components": components, "servers": []}


def _tidied(operation: dict[str, Any]) -> dict[str, Any]:
    """Ninja writes a 200 and a security of its own; the route's declaration is the whole truth."""
    made = {name: value for name, value in operation.items() if name not in ("security", "responses")}
    responses = {str(code): value for code, value in operation["responses"].items()}
    made["responses"] = {code: value for code, value in responses.items() if value != {"description": "OK"}}
    if operation.get("x-scope") != "public":
        made["security"] = [{"token": []}]
    return made


def _openapi(request: HttpRequest) -> HttpResponseBase:
    if request.method not in ("GET", "HEAD"):
        return problem_response(405, "The document can only be read.")
    made = JsonResponse(openapi_document())
    made["Cache-Control"] = "public, max-age=300"
    return made


def _absent(request: HttpRequest, rest: str = "") -> HttpResponse:
    return problem_response(404, "The API has nothing at this address.", kind="not-found")


View = Callable[..., HttpResponseBase]


def with_any_key(view: View, plain: View, ending: str) -> View:
    """``files/data/content`` is the content of ``data``, and where there is none the file ``data/content``."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **named: Any) -> HttpResponseBase:
        made = view(request, *args, **named)
        if made.status_code in (404, 405) and request.method in ("GET", "DELETE"):
            key = named["key"] + ending.replace("<str:view>", str(named.get("view", "")))
            kept = {name: value for name, value in named.items() if name != "view"}
            other = plain(request, *args, **{**kept, "key": key})
            return other if other.status_code < 400 else made
        return made

    return answer


def guarded(view: View) -> View:
    """Every address of the API: HEAD as GET, and a refused method as a problem."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **named: Any) -> HttpResponseBase:
        try:
            made = view(request, *args, **named)
            if request.method == "HEAD" and isinstance(made, HttpResponseNotAllowed) and "GET" in made["Allow"]:
                request.method = "GET"
                request.wants_head = True
                made = view(request, *args, **named)
                request.method = "HEAD"
        except Dop2iError as error:
            return _failed(request, error)
        if isinstance(made, HttpResponseNotAllowed):
            allowed = made["Allow"]
            made = problem_response(405, f"{request.method} is not for this address; {allowed} are.")
            made["Allow"] = allowed
        return made

    answer.csrf_exempt = True  # type: ignore[attr-defined]  # access.py asks for it where a session acts
    return answer


def _openness(pattern: URLPattern) -> int:
    """Addresses that end in any file's name come last, else nothing below a file would ever be found."""
    text = str(pattern.pattern)
    return 2 if text.endswith("files/<path:key>") else 1 if text.endswith("<path:key>/views/<str:view>") else 0


def _patterns() -> list[URLPattern]:
    made = [path("openapi.json", guarded(_openapi), name="openapi")]
    found = sorted((pattern for pattern in api.urls[0] if pattern.name != "api-root"), key=_openness)
    answers = {str(pattern.pattern): pattern.callback for pattern in found}
    for pattern in found:
        view, (before, of_a_file, ending) = pattern.callback, str(pattern.pattern).partition("<path:key>")
        if of_a_file and ending:
            view = with_any_key(view, answers[before + of_a_file], ending)
        made.append(URLPattern(pattern.pattern, guarded(view), pattern.default_args, pattern.name))
    return [*made, re_path(r"^(?P<rest>.*)$", guarded(_absent))]


urlpatterns = _patterns()
