"""What is around the records: the caller, vocabularies, identifiers, jobs, health, problems."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from ninja import Path, Query

import dop2i
from dop2i import errors
from dop2i.core.vocabularies import VOCABULARIES, Term
from dop2i.errors import InvalidInput, NotFound, ServiceUnavailable
from dop2i.faces.addresses import base_url
from dop2i.faces.api.reading import json_answer, page_links
from dop2i.faces.api.routes import MOST, PageNumber, answer, route, router
from dop2i.faces.problems import kind_of, status_of
from dop2i.server.jobs import queries as jobs
from dop2i.server.records import queries as records

Size = Annotated[int, Query(ge=1, le=1000, description="Hits a page.")]


@route(router, "GET", "/user", answers={200: answer("You", "User")}, tags=("about",))
def get_user(request: HttpRequest) -> HttpResponse:
    """Whose token or session it is, and the profile as a creator of records."""
    person, scopes = request.actor.person, sorted(request.actor.scopes)
    document = {"id": str(person.pk), "email": person.email, "profile": person.profile, "scopes": scopes}
    return json_answer(document)


def _term(request: HttpRequest, name: str, term: Term) -> dict[str, Any]:
    link = f"{base_url(request)}/api/vocabularies/{name}/{term.id}"
    return {"id": term.id, "title": term.title, "props": term.props, "links": {"self": link}}


def _vocabulary(name: str) -> Any:
    if name not in VOCABULARIES:
        raise NotFound(f"There is no vocabulary {name[:60]!r}.", hint=f"There are {', '.join(VOCABULARIES)}.")
    return VOCABULARIES[name]


@route(
    router,
    "GET",
    "/vocabularies/{str:name}",
    answers={200: answer("The terms", "Terms")},
    problems=(404,),
    tags=("vocabularies",),
)
def get_vocabulary(
    request: HttpRequest,
    name: str,
    q: Annotated[str, Query(max_length=200, description="Words of the id or of a label.")] = "",
    page: PageNumber = 1,
    size: Size = 100,
) -> HttpResponse:
    """The terms of a vocabulary (resourcetypes, licenses, themes …), with labels in English and French."""
    wanted = q.casefold().split()
    found = [
        term
        for term in _vocabulary(name).values()
        if all(word in f"{term.id} {' '.join(term.title.values())}".casefold() for word in wanted)
    ]
    shown = found[(page - 1) * size : page * size]
    document = {
        "hits": {"hits": [_term(request, name, term) for term in shown], "total": len(found)},
        "links": page_links(request, page=page, size=size, total=len(found)),
    }
    return json_answer(document, headers={"Cache-Control": "public, max-age=3600"})


@route(
    router,
    "GET",
    "/vocabularies/{str:name}/{str:term_id}",
    answers={200: answer("The term", "Term")},
    problems=(404,),
    tags=("vocabularies",),
)
def get_term(request: HttpRequest, name: str, term_id: str) -> HttpResponse:
    """One term of a vocabulary."""
    term = _vocabulary(name).get(term_id)
    if term is None:
        raise NotFound(f"The vocabulary {name} has no term {term_id[:60]!r}.")
    return json_answer(_term(request, name, term))


@route(
    router,
    "GET",
    "/pids/{path:pid}",
    answers={302: answer("`Location` is the record"), 200: answer("Never sent: clients follow", "Record")},
    problems=(404,),
)
def resolve_pid(request: HttpRequest, pid: str) -> HttpResponse:
    """Redirects from a persistent identifier, in any usual spelling, to its record."""
    if not pid.isprintable():
        raise InvalidInput("An identifier has no control characters.")
    number = records.resolve_pid(request.actor, pid.replace("https:/doi.org", "https://doi.org"))
    return HttpResponseRedirect(f"{base_url(request)}/api/records/{number}")


def _job(request: HttpRequest, job: Any) -> dict[str, Any]:
    return {
        "id": str(job.pk),
        "name": job.name,
        "state": job.state,
        "about": job.about,
        "done": job.progress_done,
        "total": job.progress_total,
        "message": job.message,
        "attempts": job.attempts,
        "error": job.error.strip().splitlines()[-1] if job.error.strip() else "",
        "created": job.created.isoformat() if job.created else None,
        "links": {"self": f"{base_url(request)}/api/jobs/{job.pk}"},
    }


@route(router, "GET", "/jobs", answers={200: answer("Jobs, newest first", "Jobs")}, problems=(404,), tags=("jobs",))
def list_jobs(
    request: HttpRequest,
    state: Annotated[str, Query(pattern="^(waiting|running|done|failed|cancelled)?$")] = "",
    about: Annotated[str, Query(pattern=r"^([a-z]+:\d{1,18})?$", description="`record:12`")] = "",
    page: PageNumber = 1,
    size: Annotated[int, Query(ge=1, le=200, description="Jobs a page.")] = 50,
) -> HttpResponse:
    """What runs in the background: yours, and everybody's for an administrator.

    With `about` the jobs of one of your records, whoever began them.
    """
    actor = request.actor
    person: int | None = None if actor.is_administrator else actor.person_id
    if about and person is not None:
        _require_own(request, about)
        person = None
    found = jobs.jobs_for(state=state, about=about, person=person, page=page, size=size)
    document = {
        "hits": {"hits": [_job(request, job) for job in found.jobs], "total": found.total},
        "links": page_links(request, page=page, size=size, total=found.total),
    }
    return json_answer(document)


def _require_own(request: HttpRequest, about: str) -> None:
    from dop2i.server.records.policy import owns

    kind, _, number = about.partition(":")
    if kind != "record" or not owns(request.actor, records.find_record(number)):
        raise NotFound(f"You have nothing called {about}.")


@route(router, "GET", "/jobs/{int:job_id}", answers={200: answer("The job", "Job")}, problems=(404,), tags=("jobs",))
def get_job(request: HttpRequest, job_id: Annotated[int, Path(ge=1, le=MOST)]) -> HttpResponse:
    """One job of yours."""
    job, actor = jobs.get_job(job_id), request.actor
    if not actor.is_administrator and job.person != actor.person_id:
        try:
            _require_own(request, job.about)
        except NotFound:
            raise NotFound(f"There is no job {job_id}.") from None
    return json_answer(_job(request, job))


@route(router, "GET", "/health", answers={200: answer("It works", "Health")}, problems=(503,), tags=("about",))
def health(request: HttpRequest) -> HttpResponse:
    """Whether the server, its database and its worker live; for monitors."""
    from django.db import DatabaseError

    try:
        queue = jobs.queue_state()
    except DatabaseError as error:
        raise ServiceUnavailable(f"The database does not answer: {error}.") from error
    document = {
        "status": "ok" if queue.workers else "degraded",
        "version": getattr(dop2i, "__version__", ""),
        "queue": {"counts": queue.counts, "workers": len(queue.workers)},
    }
    return json_answer(document, headers={"Cache-Control": "no-store"})


@route(
    router,
    "GET",
    "/problems/{str:name}",
    answers={200: answer("What the problem means", "Problem")},
    problems=(404,),
    tags=("about",),
)
def explain_problem(request: HttpRequest, name: str) -> HttpResponse:
    """What a problem's `type` means."""
    kinds = {kind_of(kind): kind for kind in vars(errors).values() if isinstance(kind, type)}
    kind = kinds.get(name)
    if kind is None or not issubclass(kind, errors.Dop2iError):
        raise NotFound(f"There is no kind of problem called {name[:60]!r}.")
    detail = " ".join((kind.__doc__ or "").split())
    status = status_of(kind.__new__(kind))
    return json_answer({"type": f"/api/problems/{name}", "title": name, "status": status, "detail": detail})
