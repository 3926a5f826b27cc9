"""DataCite's own examples turned into record documents, so that real metadata of every kind goes through the model."""

from __future__ import annotations

from typing import Any

from dop2i.core.vocabularies import VOCABULARIES, language_id


def _id_of(vocabulary: str, word: str, otherwise: str = "other") -> dict[str, str]:
    terms = VOCABULARIES[vocabulary].values()
    return {"id": next((term.id for term in terms if term.props["datacite"] == word), otherwise)}


def _agent(entry: dict[str, Any]) -> dict[str, Any]:
    personal = entry.get("nameType") == "Personal" or bool(entry.get("familyName"))
    who = {
        "type": "personal" if personal else "organizational",
        "name": entry["name"],
        "family_name": entry.get("familyName"),
        "given_name": entry.get("givenName"),
        "identifiers": [
            {"identifier": one["nameIdentifier"], "scheme": one["nameIdentifierScheme"].lower()}
            for one in entry.get("nameIdentifiers") or []
        ],
    }
    places = [{"name": one["name"] if isinstance(one, dict) else one} for one in entry.get("affiliation") or []]
    role = _id_of("roles", entry["contributorType"]) if "contributorType" in entry else None
    return {"person_or_org": who, "affiliations": places, "role": role}


def _lang(entry: dict[str, Any]) -> dict[str, str] | None:
    code = language_id(entry.get("lang") or "")
    return {"id": code} if code else None


def _web(address: str | None) -> str | None:
    return address if (address or "").startswith("http") else None


def record_of(example: dict[str, Any]) -> dict[str, Any]:
    """The record document of a DataCite JSON document."""
    titles, descriptions = example["titles"], example.get("descriptions") or [{"description": ""}]
    schemes = {"bibcode": "ads", "arXiv": "arxiv"}
    return {
        "metadata": {
            "resource_type": _id_of("resourcetypes", example["types"]["resourceTypeGeneral"]),
            "title": titles[0]["title"],
            "additional_titles": [
                {"title": one["title"], "type": _id_of("titletypes", one.get("titleType") or ""), "lang": _lang(one)}
                for one in titles[1:]
            ],
            "creators": [_agent(one) for one in example["creators"]],
            "contributors": [_agent(one) for one in example.get("contributors") or []],
            "publication_date": str(example["publicationYear"]),
            "publisher": example["publisher"]["name"]
            if isinstance(example["publisher"], dict)
            else example["publisher"],
            "description": descriptions[0]["description"],
            "additional_descriptions": [
                {
                    "description": one["description"],
                    "type": _id_of("descriptiontypes", one["descriptionType"]),
                    "lang": _lang(one),
                }
                for one in descriptions[1:]
            ],
            "subjects": [{"subject": one["subject"]} for one in example.get("subjects") or []],
            "version": example.get("version"),
            "sizes": example.get("sizes"),
            "formats": example.get("formats"),
            "related_identifiers": [
                {
                    "identifier": one["relatedIdentifier"],
                    "scheme": schemes.get(one["relatedIdentifierType"], one["relatedIdentifierType"].lower()),
                    "relation_type": _id_of("relationtypes", one["relationType"]),
                }
                for one in example.get("relatedIdentifiers") or []
            ],
            "rights": [
                {"title": {"en": one.get("rights") or one.get("rightsUri")}, "link": _web(one.get("rightsUri"))}
                for one in example.get("rightsList") or []
            ],
            "funding": [
                {
                    "funder": {"name": one["funderName"]},
                    "award": {"number": one.get("awardNumber"), "title": {"en": one.get("awardTitle")}},
                }
                for one in example.get("fundingReferences") or []
            ],
        }
    }
