"""What helps to describe: how an answer may go on, and the import of a description from elsewhere."""

from __future__ import annotations

from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query
from pydantic import BaseModel, ConfigDict, Field

from dop2i.faces.api.drafts import IF_MATCH, draft_document
from dop2i.faces.api.reading import expected_revision, json_answer, read_object
from dop2i.faces.api.routes import RecordId, answer, json_body, route, router
from dop2i.faces.api.schemas import OBJECT, TEXT, shape
from dop2i.server.records.completing import asks_far, complete
from dop2i.server.records.importing import fill_from_import, import_identifier

Kind = Annotated[
    Literal["person", "institution", "experiment", "facility", "licence", "subject"],
    Query(description="What is completed.", example="institution"),
]
Words = Annotated[str, Query(max_length=200, description="What was typed.", example="IP2I")]
Far = Annotated[bool, Query(description="Also ask the registries (ORCID, ROR) that the operator allows.")]

COMPLETION = shape(
    {"value": TEXT, "label": TEXT, "note": TEXT, "source": TEXT, "fields": {"type": "object"}},
    ("value", "label", "source"),
    "One way to go on: `fields` fills what stands beside it (given, orcid, affiliation, ror).",
)
COMPLETIONS = shape(
    {"completions": {"type": "array", "items": COMPLETION}, "far": {"type": "boolean"}}, ("completions", "far")
)
IMPORT = shape(
    {
        "identifier": {"type": "string", "maxLength": 500, "example": "10.5281/zenodo.1234"},
        "fill": {"type": "boolean", "default": True},
        "overwrite": {"type": "array", "items": TEXT, "maxItems": 100, "example": ["metadata.title"]},
    },
    ("identifier",),
    "A DOI, an arXiv number, an INSPIRE or HAL address, or the number of a record of this repository.",
)
IMPORTED = shape(
    {
        "source": TEXT, "proposals": {"type": "array", "items": OBJECT}, "notes": {"type": "array", "items": TEXT},
        "taken": {"type": "array", "items": TEXT}, "draft": OBJECT,
    },
    ("source", "proposals", "taken", "draft"),
    "What was proposed, each with where it was read; `taken` are the paths that entered the draft.",
)  # fmt: skip


class ImportBody(BaseModel):
    """What to import, and where it may replace what is there."""

    model_config = ConfigDict(extra="forbid")

    identifier: str = Field(min_length=1, max_length=500)
    fill: bool = True
    overwrite: list[str] = Field(default_factory=list, max_length=100)


@route(router, "GET", "/completions", answers={200: answer("At most ten, the likeliest first", COMPLETIONS)},
       tags=("drafts",))  # fmt: skip
def list_completions(request: HttpRequest, kind: Kind, q: Words = "", far: Far = False) -> HttpResponse:
    """Complete a person, an institution, an experiment, a facility, a licence or a subject.

    `far` in the answer says that a registry could be asked too. Electronic addresses are never told.
    """
    language = "fr" if request.headers.get("Accept-Language", "").lower().startswith("fr") else "en"
    found = complete(request.actor, kind=kind, q=q, language=language, far=far)
    return json_answer({"completions": [one.to_json() for one in found], "far": asks_far(kind) and not far})


@route(
    router,
    "POST",
    "/records/{int:record_id}/draft/import",
    answers={200: answer("What was proposed and taken", IMPORTED)},
    problems=(404, 409, 412, 415, 503),
    body=json_body(IMPORT),
    headers=(IF_MATCH,),
    tags=("drafts",),
)
def import_description(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """Import the description of a DOI, an arXiv number, an INSPIRE or HAL record, or another record.

    What the draft already says stays, save at the paths of `overwrite`; all proposals are kept with the draft and
    shown beside its form.
    """
    revision = expected_revision(request)
    body = read_object(request, ImportBody)
    imported = import_identifier(actor=request.actor, record_id=record_id, identifier=body["identifier"])
    if body.get("fill", True):
        record, taken = fill_from_import(
            actor=request.actor,
            record_id=record_id,
            imported=imported,
            overwrite=tuple(body.get("overwrite") or ()),
            expected_revision=revision,
        )
    else:
        from dop2i.server.records.queries import get_draft

        record, taken = get_draft(request.actor, record_id), []
    document = {
        "source": imported.source,
        "proposals": imported.proposals,
        "notes": imported.notes,
        "taken": taken,
        "draft": draft_document(request, record),
    }
    return json_answer(document, headers={"ETag": f'"{record.draft_revision}"'})
