"""A record as an RO-Crate 1.2: the graph of ``ro-crate-metadata.json`` and the page that shows it.

Source: https://www.researchobject.org/ro-crate/specification/1.2/. A *detached* crate describes files on the web and
stands alone; an *attached* one lies beside the files in a folder or zip, which it names by relative path.
"""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import quote

from dop2i.core.exports._facts import COAR_ACCESS, Agent, Facts, FileFact, Licence, Place
from dop2i.core.exports._physics import physics_words, quantities, theme_label, time_edges
from dop2i.core.exports._text import filled, iri
from dop2i.core.exports.schemaorg import defined_terms
from dop2i.core.model.dates import first_day, is_date

CONTEXT = "https://w3id.org/ro/crate/1.2/context"
PROFILE = "https://w3id.org/ro/crate/1.2"
METADATA_NAME = "ro-crate-metadata.json"
PREVIEW_NAME = "ro-crate-preview.html"
_COLLISIONS = frozenset({METADATA_NAME, PREVIEW_NAME, "ro-crate-preview_files"})

Entity = dict[str, Any]


class Crate:
    """Builds the graph; entities are kept once by ``@id``, the descriptor and the root first."""

    def __init__(self, facts: Facts, *, attached: bool) -> None:
        self.facts = facts
        self.attached = attached
        self.folder = "data/" if attached and collides(facts) else ""
        self.entities: dict[str, Entity] = {}
        self.unidentified: dict[str, str] = {}

    def document(self) -> dict[str, Any]:
        """The whole of ``ro-crate-metadata.json``."""
        facts = self.facts
        root_id = "./" if self.attached else facts.best_url
        self.entities[METADATA_NAME] = {
            "@id": METADATA_NAME,
            "@type": "CreativeWork",
            "conformsTo": {"@id": PROFILE},
            "about": {"@id": root_id},
        }
        self.entities[root_id] = {}
        parts = [self._file(file) for file in facts.files]
        root = filled(
            **{"@id": root_id, "@type": "Dataset"},
            name=facts.title,
            alternateName=[title.text for title in facts.titles],
            description=facts.description or facts.title,
            datePublished=_published(facts),
            dateModified=str(facts.document.get("updated") or ""),
            license=[self._licence(licence) for licence in facts.licences] or self._access(),
            identifier=self._identifiers(),
            url=facts.landing_page,
            version=facts.version,
            author=[self._agent(agent) for agent in facts.creators],
            contributor=[self._agent(agent) for agent in facts.contributors],
            publisher=self._publisher(),
            inLanguage=facts.languages,
            keywords=", ".join(dict.fromkeys([*facts.keywords, *(word.text for word in physics_words(facts))])),
            about=self._about(),
            conditionsOfAccess=COAR_ACCESS[facts.access],
            variableMeasured=self._measured(),
            temporalCoverage="/".join(edge or ".." for edge in time_edges(facts)) if any(time_edges(facts)) else "",
            funder=self._funders(),
            funding=self._grants(),
            mentions=self._related(),
            hasPart=parts,
        )
        root["cite-as"] = facts.best_url if self.attached else {"@id": facts.best_url}
        self.entities[root_id] = _single(root)
        return {"@context": CONTEXT, "@graph": list(self.entities.values())}

    def path_of(self, key: str) -> str:
        """Where a file of the record lies in the attached crate."""
        return self.folder + key

    def _add(self, entity: Entity) -> dict[str, str]:
        self.entities.setdefault(entity["@id"], _single(entity))
        return {"@id": entity["@id"]}

    def _file(self, file: FileFact) -> dict[str, str]:
        file_id = quote(self.path_of(file.key)) if self.attached else file.url or f"#file-{quote(file.key)}"
        if self.attached and ":" in file_id.split("/")[0]:
            file_id = f"./{file_id}"
        return self._add(
            filled(
                **{"@id": file_id, "@type": "File"},
                name=file.key.rsplit("/", 1)[-1] or file.key,
                description=f"{file.key} ({file.media_type}, {file.size} bytes)",
                contentSize=str(file.size),
                encodingFormat=file.media_type,
                sha256=file.checksums.get("sha256", ""),
                contentUrl=file.url if self.attached else "",
                sdDatePublished="" if self.attached else str(self.facts.document.get("updated") or "")[:10],
            )
        )

    def _identifiers(self) -> list[Any]:
        found: list[Any] = []
        for known in self.facts.pids:
            entity_id = f"#identifier-{quote(known.scheme)}"
            kind = {"@id": entity_id, "@type": "PropertyValue"}
            value = filled(**kind, propertyID=known.scheme.upper(), value=known.value, url=known.url)
            found.append(self._add({**value, "name": f"{known.scheme.upper()} {known.value}"}))
        return found

    def _licence(self, licence: Licence) -> dict[str, str]:
        licence_id = licence.url or f"#licence-{quote(licence.title[:80])}"
        words = licence.description or f"The licence under which the files may be used: {licence.title}."
        return self._add({"@id": licence_id, "@type": "CreativeWork", "name": licence.title, "description": words})

    def _access(self) -> dict[str, str]:
        words = "No licence was given: ask the authors before any reuse."
        entity = {"@id": "#no-licence", "@type": "CreativeWork", "name": "No licence", "description": words}
        return self._add(entity)

    def _agent(self, agent: Agent) -> dict[str, str]:
        if not agent.is_person:
            return self._organisation(agent.name, agent.url)
        agent_id = agent.orcid or agent.url
        if not agent_id:
            agent_id = self.unidentified.setdefault(agent.full_name, f"#agent-{len(self.unidentified) + 1}")
        places = [self._place(place) for place in agent.places]
        kind = {"@id": agent_id, "@type": "Person"}
        names = {"name": agent.full_name, "givenName": agent.given, "familyName": agent.family}
        return self._add(filled(**kind, **names, affiliation=places))

    def _place(self, place: Place) -> dict[str, str]:
        return self._organisation(place.name, place.url)

    def _publisher(self) -> dict[str, str]:
        return self._organisation(self.facts.publisher, self.facts.publisher_ror or self.facts.site)

    def _organisation(self, name: str, address: str) -> dict[str, str]:
        """An organisation; its address is also where it can be reached, as far as a record knows."""
        contact = None
        if address:
            contact_id = f"#contact-{quote(address, safe='')}"
            kind = {"@id": contact_id, "@type": "ContactPoint", "contactType": "information"}
            contact = self._add({**kind, "name": f"Contact of {name}", "url": address})
        kind = {"@id": address or f"#organisation-{quote(name[:200])}", "@type": "Organization"}
        return self._add(filled(**kind, name=name, url=address, contactPoint=contact))

    def _about(self) -> list[dict[str, str]]:
        label = theme_label(self.facts)
        found = [self._add({"@id": "#theme", "@type": "DefinedTerm", "name": label})] if label else []
        terms = [term for term in defined_terms(self.facts) if term.get("@id")]
        return found + [self._add(term) for term in terms]

    def _measured(self) -> list[dict[str, str]]:
        return [
            self._add(
                filled(
                    **{"@id": f"#{quantity.field}", "@type": "PropertyValue"},
                    name=quantity.label,
                    unitText=quantity.unit,
                    minValue=quantity.minimum,
                    maxValue=quantity.maximum,
                )
            )
            for quantity in quantities(self.facts)
        ]

    def _funders(self) -> list[dict[str, str]]:
        found = [self._organisation(grant.funder, grant.funder_url) for grant in self.facts.funding if grant.funder]
        return [entry for place, entry in enumerate(found) if entry not in found[:place]]

    def _grants(self) -> list[dict[str, str]]:
        found = []
        for number, grant in enumerate(self.facts.funding, start=1):
            if grant.number or grant.title:
                kind = {"@id": grant.url or f"#grant-{number}", "@type": "Grant"}
                funder = self._organisation(grant.funder, grant.funder_url) if grant.funder else None
                name = grant.title or grant.number
                found.append(self._add(filled(**kind, name=name, identifier=grant.number, funder=funder)))
        return [entry for place, entry in enumerate(found) if entry not in found[:place]]

    def _related(self) -> list[dict[str, str]]:
        found = []
        for related in self.facts.related:
            if related.known.url and related.known.url not in self.entities:
                words = {"@id": related.known.url, "@type": "CreativeWork", "name": related.known.value}
                found.append(self._add({**words, "description": f"{related.datacite} (DataCite relation type)"}))
        return found


def _single(entity: Entity) -> Entity:
    """The entity with each list of one written as that one, as the specification recommends."""
    return {key: item[0] if isinstance(item, list) and len(item) == 1 else item for key, item in entity.items()}


def collides(facts: Facts) -> bool:
    """Whether the record holds a file of a name that the crate needs; then all its files go into ``data/``."""
    return any(file.key.split("/")[0] in _COLLISIONS for file in facts.files)


def _published(facts: Facts) -> str:
    if is_date(facts.published, level=0) and "/" not in facts.published:
        return facts.published
    return first_day(facts.published) or str(facts.document.get("created") or "")[:10] or "0001-01-01"


def preview_html(facts: Facts, crate: dict[str, Any]) -> str:
    """``ro-crate-preview.html``: a page without script or outside resource that says what the crate is."""
    graph: list[Entity] = crate["@graph"]
    files = [entity for entity in graph if entity.get("@type") == "File"]
    rows = "\n".join(
        f'<tr><td><a href="{escape(entity["@id"], quote=True)}">{escape(str(entity["name"]))}</a></td>'
        f"<td>{escape(entity.get('contentSize', ''))}</td><td>{escape(entity.get('encodingFormat', ''))}</td></tr>"
        for entity in files[:10_000]
    )
    creators = escape("; ".join(agent.full_name for agent in facts.creators))
    licences = ", ".join(
        f'<a href="{escape(licence.url)}">{escape(licence.title)}</a>' if licence.url else escape(licence.title)
        for licence in facts.licences
    )
    address = iri(facts.best_url)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{escape(facts.title)}</title>
<style>body{{font-family:sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}}td,th{{padding:.2rem .8rem .2rem 0;
text-align:left}}p{{white-space:pre-line}}</style>
</head>
<body>
<h1>{escape(facts.title)}</h1>
<p>{creators}</p>
<p>{escape(facts.published)} · {escape(facts.publisher)} · {licences}</p>
<p><a href="{escape(address, quote=True)}">{escape(facts.best_url)}</a></p>
<p>{escape(facts.description)}</p>
<h2>Files ({len(files)})</h2>
<table>
<tr><th>Name</th><th>Bytes</th><th>Type</th></tr>
{rows}
</table>
<p>Described by <a href="{METADATA_NAME}">{METADATA_NAME}</a> (RO-Crate 1.2).</p>
</body>
</html>
"""
