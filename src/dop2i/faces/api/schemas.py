"""The shapes of the API's documents, as JSON Schemas for the OpenAPI document and as checks of what comes in."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

TEXT = {"type": "string"}
NUMBER = {"type": "integer", "minimum": 0}
OBJECT: dict[str, Any] = {"type": "object"}
LINKS = {"type": "object", "additionalProperties": {"type": "string"}}


def shape(properties: dict[str, Any], required: tuple[str, ...] = (), description: str = "") -> dict[str, Any]:
    """An object's schema."""
    made: dict[str, Any] = {"type": "object", "properties": properties}
    if required:
        made["required"] = list(required)
    if description:
        made["description"] = description
    return made


def ref(name: str) -> dict[str, str]:
    """A reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def listing(item: str) -> dict[str, Any]:
    """InvenioRDM's page of hits."""
    hits = shape({"hits": {"type": "array", "items": ref(item)}, "total": NUMBER}, ("hits", "total"))
    buckets = {"type": "array", "items": shape({"key": TEXT, "doc_count": NUMBER, "label": TEXT})}
    facet = shape({"buckets": buckets, "label": TEXT})
    aggregations = {"type": "object", "additionalProperties": facet}
    return shape({"hits": hits, "aggregations": aggregations, "sortBy": TEXT, "links": LINKS}, ("hits", "links"))


ENTRY = shape(
    {
        "key": TEXT,
        "file_id": TEXT,
        "size": {"type": ["integer", "null"], "minimum": 0},
        "status": {"enum": ["pending", "completed"]},
        "checksum": {"type": "string", "description": "md5:… once known, else sha256:…"},
        "checksums": {"type": "object", "additionalProperties": TEXT},
        "mimetype": TEXT,
        "created": TEXT,
        "updated": TEXT,
        "metadata": OBJECT,
        "links": LINKS,
    },
    ("key", "status", "links"),
    "One file of a record or draft.",
)

GRAPH = shape(
    {
        "centre": TEXT,
        "nodes": {
            "type": "array",
            "items": shape(
                {
                    "id": TEXT,
                    "title": TEXT,
                    "stage": TEXT,
                    "resource_type": TEXT,
                    "url": TEXT,
                    "known": {"type": "boolean", "description": "Whether the catalogue holds it."},
                    "state": {"type": "string", "description": "alive or broken, for an address that was looked at."},
                },
                ("id", "title", "stage"),
            ),
        },
        "edges": {"type": "array", "items": shape({"source": TEXT, "kind": TEXT, "target": TEXT})},
        "cut": {"type": "boolean", "description": "Whether there is more than is shown."},
    },
    ("centre", "nodes", "edges"),
    "An object and what it hangs together with; kinds are DataCite's relation types.",
)

_COUNTS = shape(dict.fromkeys(("views", "unique_views", "downloads", "unique_downloads", "data_volume"), NUMBER))
STATS = shape(
    {"this_version": _COUNTS, "all_versions": _COUNTS},
    (),
    "How often a published record was used (COUNTER); in the answer for one record. data_volume is in bytes.",
)

RECORD = shape(
    {
        "id": TEXT,
        "schema_version": TEXT,
        "created": {"type": ["string", "null"]},
        "updated": {"type": ["string", "null"]},
        "revision_id": NUMBER,
        "is_published": {"type": "boolean"},
        "is_draft": {"type": "boolean"},
        "status": TEXT,
        "parent": OBJECT,
        "pids": OBJECT,
        "metadata": OBJECT,
        "custom_fields": OBJECT,
        "access": OBJECT,
        "files": OBJECT,
        "versions": OBJECT,
        "stats": STATS,
        "links": LINKS,
        "errors": {"type": "array", "items": ref("FieldError")},
    },
    ("id", "metadata", "links"),
    "A record as InvenioRDM serves it; the facts of physics are in custom_fields under dop2i:.",
)

FIELD_ERROR = shape(
    {"field": TEXT, "messages": {"type": "array", "items": TEXT}, "severity": {"enum": ["error", "warning"]}},
    ("field", "messages"),
)

PROBLEM = shape(
    {
        "type": TEXT,
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": TEXT,
        "message": TEXT,
        "errors": {"type": "array", "items": ref("FieldError")},
    },
    ("type", "title", "status", "detail"),
    "RFC 9457. `message` repeats `detail` for InvenioRDM's clients.",
)

ANNOUNCED = shape(
    {
        "key": {"type": "string", "minLength": 1, "maxLength": 1000},
        "size": {"type": "integer", "minimum": 0, "maximum": 10**18 - 1},
        "checksum": {"type": "string", "description": "sha256:… lets bytes that are held already stay at home."},
        "metadata": {"type": ["object", "null"]},
    },
    ("key",),
)

PART = {"type": ["object", "null"]}
DRAFT = shape(
    {"metadata": PART, "custom_fields": PART, "access": PART, "files": PART},
    (),
    "What a person writes of a record; other members are ignored.",
)

JOB = shape(
    {
        "id": TEXT,
        "name": TEXT,
        "state": TEXT,
        "about": TEXT,
        "done": {"type": "integer"},
        "total": {"type": "integer"},
        "message": TEXT,
        "attempts": {"type": "integer"},
        "error": TEXT,
        "created": {"type": ["string", "null"]},
        "links": LINKS,
    },
    ("id", "name", "state"),
)

FOLDER = shape(
    {
        "prefix": TEXT,
        "folders": {"type": "array", "items": TEXT},
        "files": {"type": "array", "items": ref("File")},
        "links": LINKS,
    },
    ("prefix", "folders", "files", "links"),
)

TERM = shape({"id": TEXT, "title": OBJECT, "props": OBJECT, "links": LINKS}, ("id", "title"))

JOURNAL_LINE = shape(
    {
        "id": TEXT,
        "at": TEXT,
        "person": {"type": ["object", "null"]},
        "token": {"type": ["object", "null"]},
        "address": {"type": "string", "description": "From where; told to themselves and to administrators only."},
        "action": TEXT,
        "target": {"type": "string", "description": "`record:12`, `person:3` …"},
        "details": OBJECT,
    },
    ("id", "at", "action", "target"),
    "One thing that somebody did.",
)

TOKEN = shape(
    {
        "id": TEXT,
        "name": TEXT,
        "scopes": {"type": "array", "items": TEXT},
        "records": {"type": "array", "items": TEXT, "description": "Concepts; empty for all."},
        "created": TEXT,
        "expires": {"type": ["string", "null"]},
        "last_used": {"type": ["string", "null"]},
        "token": {"type": "string", "description": "The secret, in the answer that made it and never again."},
        "links": LINKS,
    },
    ("id", "scopes"),
)

NEW_TOKEN = shape(
    {
        "name": {"type": "string", "maxLength": 120},
        "scopes": {"type": "array", "items": TEXT, "minItems": 1, "maxItems": 20},
        "days": {"type": "integer", "minimum": 1, "maximum": 36_500, "default": 365},
        "records": {"type": "array", "items": NUMBER, "maxItems": 1000},
        "person": {"type": ["integer", "null"], "minimum": 1, "description": "A robot that you look after."},
    }
)

COMPARISON = shape(
    {
        "from": shape({"id": TEXT, "index": NUMBER, "version": TEXT, "links": LINKS}, ("id", "links")),
        "to": shape({"id": TEXT, "index": NUMBER, "version": TEXT, "links": LINKS}, ("id", "links")),
        "fields": {
            "type": "array",
            "items": shape({"path": TEXT, "before": {}, "after": {}}, ("path",), "null where there is no value."),
        },
        "files": shape(
            {
                "counts": shape(dict.fromkeys(("added", "removed", "changed", "renamed", "unchanged"), NUMBER)),
                "hits": {
                    "type": "array",
                    "items": shape(
                        {
                            "kind": {"enum": ["added", "removed", "changed", "renamed"]},
                            "key": TEXT,
                            "key_before": TEXT,
                            "size_before": {"type": ["integer", "null"]},
                            "size_after": {"type": ["integer", "null"]},
                            "checksum_before": TEXT,
                            "checksum_after": TEXT,
                        },
                        ("kind", "key"),
                    ),
                },
                "total": NUMBER,
                "partial": {"type": "boolean", "description": "Whether files closed to you were left out."},
            },
            ("counts", "hits", "total"),
        ),
        "links": LINKS,
    },
    ("from", "to", "fields", "files", "links"),
    "What changed from one version to another.",
)

VIEWS = shape(
    {
        "key": TEXT,
        "described": {"type": "boolean", "description": "Whether the readers have looked at the file."},
        "views": {
            "type": "array",
            "items": shape(
                {
                    "view": TEXT,
                    "label": OBJECT,
                    "parts": {
                        "type": "array",
                        "items": shape({"part": TEXT, "label": TEXT, "kind": TEXT, "size": TEXT, "links": LINKS}),
                    },
                    "parameters": {
                        "type": "array",
                        "items": shape(
                            {
                                "name": TEXT,
                                "kind": TEXT,
                                "label": OBJECT,
                                "suggested": TEXT,
                                "choices": {"type": "array", "items": TEXT},
                            },
                            ("name", "kind"),
                        ),
                    },
                },
                ("view", "parts", "parameters"),
            ),
        },
        "links": LINKS,
    },
    ("key", "described", "views"),
    "The ways to look into a file.",
)

FIGURE = shape(
    {
        "kind": {"enum": ["table", "distribution", "curves", "image", "sky", "outline", "document"]},
        "title": TEXT,
        "rows_read": NUMBER,
        "rows_total": NUMBER,
        "notes": {"type": "array", "items": TEXT},
    },
    ("kind",),
    "Numbers to draw; more members by kind, as docs/user/looking.md lists them. Empty members are left out.",
)

COMPONENTS: dict[str, Any] = {
    "Record": RECORD,
    "Records": listing("Record"),
    "Draft": DRAFT,
    "File": ENTRY,
    "Files": shape(
        {"enabled": {"type": "boolean"}, "entries": {"type": "array", "items": ref("File")}, "links": LINKS}
    ),
    "AnnouncedFile": ANNOUNCED,
    "AnnouncedFiles": {"type": "array", "items": ref("AnnouncedFile"), "minItems": 1, "maxItems": 10_000},
    "Description": shape({"format": TEXT, "media_type": TEXT, "error": TEXT}, (), "What a reader found in a file."),
    "Folder": FOLDER,
    "Views": VIEWS,
    "Figure": FIGURE,
    "Term": TERM,
    "Terms": listing("Term"),
    "Job": JOB,
    "Jobs": listing("Job"),
    "User": shape({"id": TEXT, "email": TEXT, "profile": OBJECT, "scopes": {"type": "array", "items": TEXT}}, ("id",)),
    "Pid": shape({"pid": TEXT, "id": TEXT, "links": LINKS}, ("pid", "id")),
    "Health": shape({"status": {"enum": ["ok", "degraded"]}, "version": TEXT, "queue": OBJECT}, ("status",)),
    "JournalLine": JOURNAL_LINE,
    "Journal": shape({"hits": shape({"hits": {"type": "array", "items": ref("JournalLine")}}), "links": LINKS}),
    "Token": TOKEN,
    "Tokens": listing("Token"),
    "NewToken": NEW_TOKEN,
    "Graph": GRAPH,
    "Comparison": COMPARISON,
    "BrokenLinks": shape({"hits": shape({"hits": {"type": "array", "items": OBJECT}, "total": NUMBER}, ("hits",))}),
    "FieldError": FIELD_ERROR,
    "Problem": PROBLEM,
}


class DraftBody(BaseModel):
    """What is checked of a draft before the record's own schema looks at it: its parts are objects."""

    model_config = ConfigDict(extra="allow", strict=True)

    metadata: dict[str, Any] | None = None
    custom_fields: dict[str, Any] | None = None
    access: dict[str, Any] | None = None
    files: dict[str, Any] | None = None


class AnnouncedBody(BaseModel):
    """One announced file."""

    model_config = ConfigDict(extra="allow", strict=True)

    key: str = Field(min_length=1, max_length=1000)
    size: int | None = Field(default=None, ge=0, le=10**18 - 1)
    checksum: str | None = None
    metadata: dict[str, Any] | None = None
