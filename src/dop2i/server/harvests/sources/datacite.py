"""DataCite's REST API: the DOIs of a client, of an affiliation (by ROR or name), of a prefix, or of a query."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from dop2i.core.mappings import Mapped
from dop2i.core.mappings.datacite import from_datacite
from dop2i.errors import InvalidInput, UnreadableFile
from dop2i.server.harvests.sources.base import Option, Order, Page, Raw, Source, dump, part

SIZE = 500
_PARAMETERS = {"client": "client-id", "provider": "provider-id", "prefix": "prefix", "type": "resource-type-id"}


class DataCite(Source):
    """DOIs of DataCite."""

    name = "datacite"
    label: ClassVar = {"en": "DataCite", "fr": "DataCite"}
    about: ClassVar = {
        "en": "DOIs of DataCite: of a repository, of an institution by its ROR, or of any query.",
        "fr": "DOI de DataCite : d’un entrepôt, d’un établissement par son ROR, ou de toute requête.",
    }
    rank = 30
    address = "https://api.datacite.org"
    options = (
        Option(
            "client",
            {"en": "Repository", "fr": "Entrepôt"},
            {"en": "Its account at DataCite: cern.zenodo.", "fr": "Son compte chez DataCite : cern.zenodo."},
        ),
        Option(
            "provider",
            {"en": "Provider", "fr": "Fournisseur"},
            {"en": "Its account at DataCite: inist.", "fr": "Son compte chez DataCite : inist."},
        ),
        Option("prefix", {"en": "Prefix", "fr": "Préfixe"}, {"en": "10.17182", "fr": "10.17182"}),
        Option(
            "ror",
            {"en": "Institution (ROR)", "fr": "Établissement (ROR)"},
            {"en": "DOIs of its people: 02feahw73.", "fr": "DOI de ses membres : 02feahw73."},
        ),
        Option("affiliation", {"en": "Affiliation in words", "fr": "Affiliation en toutes lettres"}),
        Option(
            "query",
            {"en": "Query", "fr": "Requête"},
            {"en": "In DataCite's own syntax.", "fr": "Dans la syntaxe de DataCite."},
        ),
        Option("type", {"en": "Kind", "fr": "Type"}, {"en": "dataset, software …", "fr": "dataset, software …"}),
    )

    def check(self, *, address: str, options: dict[str, str]) -> None:
        """As every source; without any of the options it would be all of DataCite."""
        super().check(address=address, options=options)
        if not any(options.get(option.name) for option in self.options if option.name != "type"):
            raise InvalidInput(
                "This would harvest all of DataCite.",
                hint="Give a repository, a prefix, a ROR, an affiliation or a query.",
            )
        if options.get("ror"):
            from dop2i.core.model.identifiers import parse_identifier

            parse_identifier(options["ror"], "ror")

    def pages(self, order: Order) -> Iterator[Page]:
        """Pages by DataCite's cursor, in the order of changes; after the first pass only what was updated since."""
        cursor = dict(order.cursor) or {"next": "1", "marks": {}, "full": order.full or not order.marks.get("updated")}
        seen: set[str] = set()
        newest = str(cursor["marks"].get("updated") or order.marks.get("updated") or "")
        while True:
            params = {**self._parameters(order, since="" if cursor["full"] else str(order.marks.get("updated", "")))}
            params["page[cursor]"] = cursor["next"]
            answer = order.fetcher.json(f"{order.address.rstrip('/')}/dois", params=params)
            entries = answer.get("data") if isinstance(answer, dict) else None
            if not isinstance(entries, list):
                raise UnreadableFile("The answer holds no list of DOIs.", hint="Is the address that of DataCite's API?")
            records = [_raw(entry) for entry in entries if isinstance(entry, dict)]
            newest = max([newest, *(raw.modified for raw in records)])
            following = _next_cursor(answer)
            if not entries or following in seen:
                following = ""
            seen.add(following)
            cursor = {**cursor, "next": following, "marks": {"updated": newest}}
            total = part(answer, "meta").get("total")
            yield Page(records, cursor, total if isinstance(total, int) else None)
            if not following:
                return

    def _parameters(self, order: Order, *, since: str) -> dict[str, Any]:
        params: dict[str, Any] = {"page[size]": SIZE, "affiliation": "true", "publisher": "true"}
        params |= {theirs: order.option(ours) for ours, theirs in _PARAMETERS.items() if order.option(ours)}
        query = [f"({order.option('query')})"] if order.option("query") else []
        if ror := order.option("ror"):
            query.append(f'creators.affiliation.affiliationIdentifier:"https://ror.org/{ror.rpartition("/")[2]}"')
        if name := order.option("affiliation").replace('"', ""):
            query.append(f'creators.affiliation.name:"{name}"')
        if since:
            query.append(f"updated:[{since} TO *]")
        if query:
            params["query"] = " AND ".join(query)
        return params

    def map(self, raw: Raw, order: Order) -> Mapped:
        """DataCite's own members."""
        facts = raw.json()
        attributes = facts.get("attributes")
        return from_datacite(
            {**attributes, "doi": attributes.get("doi") or facts.get("id")} if isinstance(attributes, dict) else facts
        )


def _raw(entry: dict[str, Any]) -> Raw:
    """One DOI. Counts of views and the like change daily: they are left out, or every DOI would change daily too."""
    attributes = entry.get("attributes") if isinstance(entry.get("attributes"), dict) else {}
    kept = {
        key: value
        for key, value in (attributes or {}).items()
        if not key.endswith(("Count", "OverTime")) and key != "xml"
    }
    content = {"id": entry.get("id"), "type": entry.get("type"), "attributes": kept}
    state = str(kept.get("state") or "findable")
    return Raw(
        str(entry.get("id") or kept.get("doi") or "").lower(),
        dump(content),
        modified=str(kept.get("updated") or ""),
        deleted=state in ("registered", "draft"),
        parsed=content,
    )


def _next_cursor(answer: dict[str, Any]) -> str:
    """The cursor in the link to the next page."""
    from urllib.parse import parse_qs, urlsplit

    link = str(part(answer, "links").get("next") or "")
    found = parse_qs(urlsplit(link).query).get("page[cursor]") if link else None
    return found[0] if found else ""
