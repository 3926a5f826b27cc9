"""The landing page of a record: read here, written nowhere."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from dop2i.core.exports import EXPORTS
from dop2i.errors import NotFound, NotPermitted
from dop2i.faces import signposting, uses
from dop2i.faces.addresses import base_url
from dop2i.faces.negotiation import NATIVE, matching_export, wanted_ranges
from dop2i.faces.web import citing, pictures, present
from dop2i.faces.web.access_box import access_box, closed_page, tombstone_page
from dop2i.faces.web.digest import Digest, digest_of
from dop2i.faces.web.facts import evidence_of, physics_facts
from dop2i.faces.web.inside import look_inside
from dop2i.faces.web.licences import licences_of
from dop2i.faces.web.picturing import Picture
from dop2i.faces.web.rendering import language, page
from dop2i.faces.web.search_filters import see_also
from dop2i.faces.web.tree import folder_of, open_tree, tree_markup
from dop2i.server.files.models import FileEntry
from dop2i.server.files.queries import list_entries, totals
from dop2i.server.files.readable import Readable
from dop2i.server.records import queries
from dop2i.server.records.documents import bucket_of
from dop2i.server.records.policy import may, readable_files
from dop2i.server.records.withdrawal import get_tombstone
from dop2i.server.uses.queries import stats_of

FIRST_CREATORS = 12
CITED_CREATORS, EMBEDDED_CREATORS = 40, 100
"""No style of citation names more before it says "and others"; the exports name everybody."""
LONG_TITLE = 130


@dataclass(slots=True)
class Shown:
    """A record as a visitor may see it: the row, its document, its bucket, and which files they may read."""

    record: Any
    document: dict[str, Any]
    bucket_id: int | None
    draft: bool
    readable: Readable

    @property
    def files_open(self) -> bool:
        """Whether any file may be read."""
        return not self.readable.nothing


def shown_record(request: HttpRequest, record_id: int, *, draft: bool = False) -> Shown:
    """The record, or its draft for whoever may edit it. Raises ``NotFound``."""
    get = queries.get_draft if draft else queries.get_record
    record = get(request.actor, record_id)
    readable = readable_files(request.actor, record, draft=draft)
    document = queries.native_document(record, draft=draft, base_url=base_url(request), readable=readable)
    bucket = bucket_of(record, draft=draft)
    return Shown(record, document, bucket.pk if bucket else None, draft, readable)


@require_safe
def record(request: HttpRequest, record_id: int) -> HttpResponseBase:
    """The landing page; another representation when ``Accept`` asks for one; a tombstone after a withdrawal."""
    from dop2i.faces.web import downloads

    draft = request.GET.get("preview") == "1"
    if not draft:
        name = negotiated_export(request.headers.get("Accept", ""))
        if name:
            answer = (
                downloads.crate(request, record_id)
                if name == "crate"
                else downloads.export(request, record_id, name, attachment=False)
            )
            answer["Vary"] = "Accept"
            if name == "native":
                # asked for as application/json: a client that does not know the vendor's type reads it all the same
                answer["Content-Type"] = "application/json"
            return answer
    try:
        shown = shown_record(request, record_id, draft=draft)
    except NotFound:
        return _elsewhere(request, record_id)
    except NotPermitted:
        if draft:
            raise
        return closed_page(request, record_id)
    _name_first_files(shown)
    response = page(request, "record.html", record_context(request, shown), nav="catalogue")
    if not draft:
        response["Link"] = signposting.link_header(shown.document)
        uses.count_view(request, shown.record)
    response["Vary"] = ", ".join(dict.fromkeys(["Accept", *response.get("Vary", "").split(", ")])).rstrip(", ")
    return response


def negotiated_export(accept: str) -> str:
    """The export that ``Accept`` asks for; empty for the page itself, also when nothing fits."""
    for wanted in wanted_ranges(accept):
        if wanted.media_type in ("text/html", "application/xhtml+xml", "*/*", "text/*", "application/*"):
            return ""
        if wanted.media_type in NATIVE:
            return "native"
        if wanted.media_type == "application/zip":
            return "crate"
        if name := matching_export(wanted):
            return name
    return ""


def _name_first_files(shown: Shown) -> None:
    """Above 100 files the document lists none; the typed links still name the first."""
    files = shown.document["files"]
    if shown.files_open and files["count"] and "entries" not in files:
        first = list_entries(shown.bucket_id or 0, limit=signposting.MOST_ITEMS, readable=shown.readable)
        base = shown.document["links"]["self_html"].partition("/records/")[0]
        files["entries"] = {e.key: queries.file_document(e, shown.record, base=base) for e in first}


def _elsewhere(request: HttpRequest, record_id: int) -> HttpResponse:
    """For a number that is no published record: the tombstone, or a concept's newest version, else ``NotFound``."""
    try:
        found = queries.find_record(record_id)
    except NotFound:
        return _to_newest(request, record_id)
    return tombstone_page(request, get_tombstone(request.actor, found.pk))


def _to_newest(request: HttpRequest, number: int) -> HttpResponse:
    newest = queries.latest_of(request.actor, number)
    return HttpResponseRedirect(reverse("web:record", args=[newest.pk]))


@require_safe
def latest(request: HttpRequest, record_id: int) -> HttpResponse:
    """To the newest version that this visitor may see."""
    return _to_newest(request, record_id)


@require_safe
def linkset(request: HttpRequest, record_id: int) -> HttpResponse:
    """FAIR Signposting level 2 (RFC 9264)."""
    shown = shown_record(request, record_id)
    return JsonResponse(
        signposting.linkset(shown.document), content_type="application/linkset+json", json_dumps_params={"indent": 1}
    )


@require_safe
def by_pid(request: HttpRequest, pid: str) -> HttpResponse:
    """``/ark:/…`` and ``/doi/…``: to the record that carries the identifier."""
    number = queries.resolve_pid(request.actor, pid.removeprefix("doi/"))
    return HttpResponseRedirect(reverse("web:record", args=[number]))


def record_context(request: HttpRequest, shown: Shown) -> dict[str, Any]:
    """Everything that the page shows."""
    digest = digest_of(shown.bucket_id, shown.readable, final=not shown.draft and shown.record.is_published)
    picture = pictures.chosen(digest)
    facts = physics_facts(shown.document, digest.proposals)
    return {
        **_head(shown),
        "facts": facts,
        "picture": picture,
        "picture_words": pictures.picture_words(picture),
        "licences": licences_of(shown.document),
        "citations": citing.citations(_with_few_people(shown.document, CITED_CREATORS)),
        "exports": export_menu(shown.record.pk),
        "trust": _trust(shown, digest),
        "paragraphs": present.paragraphs(present.description_of(shown.document)),
        "relations": _relations(shown.document),
        "also": None if shown.draft else see_also(f"own:{shown.record.pk}"),
        "dates": present.dates_of(shown.document),
        "funding": _funding(shown.document),
        "everybody": _everybody(shown.document["metadata"]),
        "sources": evidence_of(facts),
        "subjects": present.subjects_of(shown.document),
        "versions": _versions(request, shown),
        "use": None if shown.draft else stats_of(record_id=shown.record.pk, concept_id=shown.record.concept_id),
        "may_edit": may(request.actor, "edit", shown.record),
        **access_box(request, shown.record, shown.readable),
        "json_ld": _json_ld(shown.document),
        "citation_tags": citing.highwire_tags(shown.document),
        "head_links": signposting.links(shown.document) if not shown.draft else [],
        "base": base_url(request),
        **_files(request, shown, picture),
    }


def _head(shown: Shown) -> dict[str, Any]:
    """Title, type, dates, people: what the record and its tombstone share."""
    document = shown.document
    theme, theme_label, colour = present.theme_of(document)
    title = present.title_of(document)
    description = present.description_of(document)
    return {
        "record": shown.record,
        "document": document,
        "metadata": document["metadata"],
        "draft": shown.draft,
        "files_open": shown.files_open,
        "title": title,
        "title_lang": present.text_language(document, title),
        "description_lang": present.text_language(document, description),
        "lead": present.summary_of(description, 320),
        "type": present.type_label(document),
        "theme": theme,
        "theme_label": theme_label,
        "theme_colour": colour,
        "title_class": "is-long" if len(title) > LONG_TITLE else "",
        "creators": _creators((document["metadata"].get("creators") or [])[:FIRST_CREATORS]),
        "creator_count": len(document["metadata"].get("creators") or []),
        "contributor_count": len(document["metadata"].get("contributors") or []),
        "access": present.access_of(document),
        "totals": present.file_totals(document),
        "formats": present.formats_of(document),
        "pid": citing.identifier_of(document),
    }


def _creators(people: list[dict[str, Any]]) -> list[dict[str, str]]:
    made = []
    for person in people:
        who = person.get("person_or_org") or {}
        ids = {i.get("scheme"): i.get("identifier") for i in who.get("identifiers") or []}
        role = person.get("role") or {}
        made.append(
            {
                "name": _name_of(who),
                "orcid": str(ids.get("orcid") or ""),
                "places": ", ".join(str(a.get("name") or a.get("id") or "") for a in person.get("affiliations") or []),
                "role": present.term_label("roles", str(role.get("id"))) if role.get("id") else "",
            }
        )
    return made


def _name_of(who: dict[str, Any]) -> str:
    given, family = who.get("given_name", ""), who.get("family_name", "")
    return f"{given} {family}".strip() if family else str(who.get("name") or "")


def _everybody(metadata: dict[str, Any]) -> SafeString:
    """Each creator and contributor as an item of a list, when they are more than the head of the page names.

    Thousands of them are written here, at once: a template would take longer than all the rest of the page.
    """
    creators, contributors = metadata.get("creators") or [], metadata.get("contributors") or []
    if len(creators) <= FIRST_CREATORS and not contributors:
        return SafeString("")
    rows = ((one["name"], _after(one)) for one in _creators([*creators, *contributors]))
    return format_html_join("", '<li><bdi>{}</bdi><span class="muted">{}</span></li>', rows)


def _after(person: dict[str, str]) -> str:
    said = ", ".join(part for part in (person["role"], person["places"]) if part)
    return f", {said}" if said else ""


def _with_few_people(document: dict[str, Any], most: int) -> dict[str, Any]:
    """The document with its first creators and the last one: what citations name, and enough for a page's own data."""
    creators = document["metadata"].get("creators") or []
    if len(creators) <= most + 1:
        return document
    return {**document, "metadata": {**document["metadata"], "creators": [*creators[:most], creators[-1]]}}


def _funding(document: dict[str, Any]) -> list[dict[str, str]]:
    made = []
    for item in (document["metadata"].get("funding") or [])[:8]:
        funder, award = item.get("funder") or {}, item.get("award") or {}
        title = present.localised(award.get("title")) or str(award.get("number") or award.get("id") or "")
        made.append({"funder": str(funder.get("name") or funder.get("id") or ""), "award": title})
    return made


def _trust(shown: Shown, digest: Digest) -> list[dict[str, Any]]:
    """What speaks for the record and what does not yet: each line is computed, none is typed."""
    lines: list[dict[str, Any]] = []
    count, _total = present.file_totals(shown.document)
    if count and not shown.draft:
        lines.append({"good": True, "kind": "checksums", "count": count})
    if digest.read:
        every = digest.read == digest.looked_at == count
        kind = "every" if every else "read"
        lines.append({"good": True, "kind": kind, "count": digest.read, "of": digest.looked_at})
    lines += [{"good": False, "kind": "unreadable", **item} for item in digest.unreadable[:2]]
    lines[:0] = _reviewed(shown)
    if not shown.draft:
        lines.append(_pid_line(shown))
    return lines


def _reviewed(shown: Shown) -> list[dict[str, Any]]:
    """The communities whose reviewers accepted this version; those that everybody may know."""
    if shown.draft or not (shown.document["parent"].get("communities") or {}).get("entries"):
        return []
    from dop2i.faces.web.communities import title_of
    from dop2i.server.communities.models import Community
    from dop2i.server.reviews.models import Review

    accepted = Review.objects.filter(record_id=shown.record.pk, state=Review.State.ACCEPTED, decided__isnull=False)
    public = accepted.filter(community__visibility=Community.Visibility.PUBLIC).select_related("community")
    return [
        {"good": True, "kind": "reviewed", "community": title_of(one.community), "day": one.decided.date()}
        for one in public.order_by("-decided")[:2]
    ]


def _pid_line(shown: Shown) -> dict[str, Any]:
    from dop2i.server.identifiers.models import Pid

    pid = Pid.objects.filter(target=f"record:{shown.record.pk}").order_by("pk").first()
    state = str(pid.state) if pid else ""
    return {"good": state == "registered", "kind": "pid", "state": state, "value": pid.value if pid else ""}


def _relations(document: dict[str, Any]) -> list[dict[str, str]]:
    from dop2i.core.model.identifiers import parse_identifier
    from dop2i.errors import InvalidInput

    made = []
    for related in (document["metadata"].get("related_identifiers") or [])[:100]:
        value, scheme = str(related.get("identifier") or ""), str(related.get("scheme") or "")
        try:
            url = parse_identifier(value, scheme=scheme or None).url
        except InvalidInput:
            url = value if value.startswith(("http://", "https://")) else ""
        relation = str((related.get("relation_type") or {}).get("id") or "")
        kind = str((related.get("resource_type") or {}).get("id") or "")
        made.append(
            {
                "relation": present.term_label("relationtypes", relation),
                "kind": present.term_label("resourcetypes", kind) if kind else "",
                "value": value,
                "scheme": scheme.upper(),
                "url": url or "",
            }
        )
    return made


def _versions(request: HttpRequest, shown: Shown) -> list[dict[str, Any]]:
    """Every published version, newest first (at most 50)."""
    if shown.draft:
        return []
    made = []
    for version in list(queries.versions_of(request.actor, shown.record.pk))[:50]:
        metadata = (version.document or {}).get("metadata", {})
        held = totals(version.bucket, readable_files(request.actor, version))
        made.append(
            {
                "id": version.pk,
                "index": version.index,
                "version": str(metadata.get("version") or ""),
                "date": str(metadata.get("publication_date") or ""),
                "current": version.pk == shown.record.pk,
                "count": held.count,
                "size": held.total_bytes,
            }
        )
    made.sort(key=lambda v: -v["index"])
    for newer, older in pairwise(made):
        newer["before"] = older["id"]
    return made


def export_menu(record_id: int) -> list[dict[str, str]]:
    """Every export with its label and address."""
    return [
        {
            "name": name,
            "label": writer.label.get(language()) or writer.label.get("en", name),
            "type": writer.media_type,
            "href": reverse("web:export", args=[record_id, name]),
        }
        for name, writer in EXPORTS.items()
    ]


def _json_ld(document: dict[str, Any]) -> str:
    """schema.org for the page's data block; ``<`` is written so that no text can end the block."""
    written = EXPORTS["schemaorg"].write(_with_few_people(document, EMBEDDED_CREATORS)).decode("utf-8")
    compact = json.dumps(json.loads(written), ensure_ascii=False, separators=(",", ":"))
    return compact.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _files(request: HttpRequest, shown: Shown, picture: Picture | None) -> dict[str, Any]:
    """The tree with the asked folder open, and the inside of the asked (else the first described) file."""
    if not shown.bucket_id or not shown.files_open:
        return {"tree": "", "inside": None, "file_entry": None}
    entries = FileEntry.objects.filter(shown.readable.q(), bucket_id=shown.bucket_id, status="completed")
    wanted = request.GET.get("file", "")
    entry = _chosen_entry(entries, wanted or (picture.key if picture else ""))
    folder = request.GET.get("folder") or folder_of(entry.key if entry else "")
    after = request.GET.get("after", "")
    selected = entry.key if entry else ""
    tree, more = open_tree(shown.bucket_id, folder=folder, selected=selected, after=after, readable=shown.readable)
    markup = tree_markup(tree, more=more, draft=shown.draft) if tree else ""
    context = {"tree": markup, "folder": folder, "file_entry": entry, "inside": None}
    if entry is not None:
        found = getattr(entry.content, "description", None)
        if found is not None:
            context["inside"] = look_inside(
                {**found.document, "error": found.error or found.document.get("error", "")},
                key=entry.key,
                table=request.GET.get("table", ""),
                column=request.GET.get("column", ""),
                start=_number(request.GET.get("from", "")),
                histogram=_number(request.GET.get("histogram", "")),
            )
    return context


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 7 else 0


def _chosen_entry(entries: Any, wanted: str) -> FileEntry | None:
    """The file of that name, else the first."""
    found = entries.select_related("content__description")
    return found.filter(key=wanted).first() if wanted else found.order_by("key").first()
