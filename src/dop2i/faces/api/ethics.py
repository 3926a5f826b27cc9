"""Personal data found in a draft: what was found, clean copies, a question to a steward, a decision with its reason."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from pydantic import BaseModel, ConfigDict, Field

from dop2i.faces.addresses import base_url
from dop2i.faces.api.reading import json_answer, read_object
from dop2i.faces.api.routes import RecordId, answer, json_body, route, router
from dop2i.faces.api.schemas import LINKS, NUMBER, TEXT, shape
from dop2i.server.ethics import actions
from dop2i.server.ethics.queries import EthicsState, FileFindings, ethics_of, override_document

YES_OR_NO = {"type": "boolean"}
FINDING = shape(
    {"kind": TEXT, "place": TEXT, "excerpt": TEXT, "blocks": YES_OR_NO, "count": NUMBER, "note": TEXT},
    ("kind", "place", "excerpt", "blocks"),
    "One finding; its excerpt is masked.",
)
DECISION = shape({"key": TEXT, "kind": TEXT, "reason": TEXT, "by": TEXT, "created": TEXT}, ("kind", "reason"))
FILE = shape(
    {
        "key": TEXT,
        "in_metadata": YES_OR_NO,
        "blocks": YES_OR_NO,
        "can_be_cleaned": YES_OR_NO,
        "findings": {"type": "array", "items": FINDING},
        "overrides": {"type": "array", "items": DECISION},
    },
    ("key", "blocks", "findings"),
)
COPY = shape(
    {
        "key": TEXT,
        "created": TEXT,
        "changes": {"type": "array", "items": shape({"place": TEXT, "action": TEXT, "count": NUMBER})},
    },
    ("key", "changes"),
)
ETHICS = shape(
    {
        "state": {"enum": ["clear", "looking", "blocked"]},
        "unseen": NUMBER,
        "files": {"type": "array", "items": FILE},
        "copies": {"type": "array", "items": COPY},
        "links": LINKS,
    },
    ("state", "files"),
)
KEYS = {"type": ["array", "null"], "items": {"type": "string", "minLength": 1, "maxLength": 1000}, "maxItems": 1000}
Key = Annotated[str, Field(min_length=1, max_length=1000)]


class Chosen(BaseModel):
    """The body of ``clean_draft_files``."""

    model_config = ConfigDict(extra="forbid", strict=True)
    keys: list[Key] | None = Field(default=None, max_length=1000)


class Decision(Chosen):
    """The body of ``override_draft_ethics``."""

    reason: str = Field(min_length=1, max_length=4000)


class Question(BaseModel):
    """The body of ``ask_about_draft_ethics``."""

    model_config = ConfigDict(extra="forbid", strict=True)
    message: str = Field(default="", max_length=4000)


def _file(one: FileFindings) -> dict[str, Any]:
    return {
        "key": one.key,
        "in_metadata": one.in_metadata,
        "blocks": bool(one.blocking),
        "can_be_cleaned": one.can_be_cleaned,
        "findings": [finding.to_json() for finding in one.findings],
        "overrides": [override_document(decision) for decision in one.overrides.values()],
    }


def _document(request: HttpRequest, found: EthicsState) -> dict[str, Any]:
    here = f"{base_url(request)}/api/records/{found.record.pk}/draft"
    return {
        "state": found.state,
        "unseen": found.unseen,
        "files": [_file(one) for one in found.files],
        "copies": [
            {"key": copy.key, "created": copy.created.isoformat(), "changes": copy.changes} for copy in found.copies
        ],
        "links": {"self": f"{here}/ethics", "draft": here},
    }


@route(
    router,
    "GET",
    "/records/{int:record_id}/draft/ethics",
    answers={200: answer("What was found", ETHICS)},
    problems=(404,),
    tags=("ethics",),
)
def get_draft_ethics(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """The personal data found in the files and the description of a draft, each with its place and a masked excerpt.

    A text of the description has its path for a `key`, and `in_metadata`.
    `blocked`: something stops the publication. `looking`: files wait to be looked at, which publishing does first.
    """
    return json_answer(_document(request, ethics_of(request.actor, record_id)))


@route(
    router,
    "POST",
    "/records/{int:record_id}/draft/ethics/deidentify",
    answers={202: answer("Copies are being made", shape({"job": TEXT, "links": LINKS}, ("job",)))},
    problems=(404, 409, 415),
    body=json_body(shape({"keys": KEYS}), required=False),
    tags=("ethics",),
)
def clean_draft_files(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """Replaces DICOM files of the draft (those in `keys`, or all with an identity) by de-identified copies."""
    asked = read_object(request, Chosen, optional=True)
    job = actions.clean_files(actor=request.actor, record_id=record_id, keys=asked.get("keys"))
    return json_answer({"job": str(job.pk), "links": {"job": f"{base_url(request)}/api/jobs/{job.pk}"}}, status=202)


@route(
    router,
    "POST",
    "/records/{int:record_id}/draft/ethics/override",
    answers={200: answer("How the draft stands now", ETHICS)},
    problems=(404, 409, 415),
    body=json_body(shape({"reason": {**TEXT, "minLength": 1, "maxLength": 4000}, "keys": KEYS}, ("reason",))),
    tags=("ethics",),
)
def override_draft_ethics(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """Lets what was found pass, for a written reason that is kept: for curators and stewards, not for the owner."""
    asked = read_object(request, Decision)
    actions.override_findings(actor=request.actor, record_id=record_id, reason=asked["reason"], keys=asked.get("keys"))
    return json_answer(_document(request, ethics_of(request.actor, record_id)))


@route(
    router,
    "POST",
    "/records/{int:record_id}/draft/ethics/ask",
    answers={200: answer("How many people were told", shape({"told": NUMBER}, ("told",)))},
    problems=(404, 409, 415),
    body=json_body(shape({"message": {**TEXT, "maxLength": 4000}}), required=False),
    tags=("ethics",),
)
def ask_about_draft_ethics(request: HttpRequest, record_id: RecordId) -> HttpResponse:
    """Asks the curators and stewards to look at what was found."""
    asked = read_object(request, Question, optional=True)
    told = actions.ask_a_steward(actor=request.actor, record_id=record_id, message=asked.get("message", ""))
    return json_answer({"told": told})
