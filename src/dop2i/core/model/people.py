"""Persons and organisations of a record: creators and contributors with their identifiers and affiliations."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from dop2i.core.model.identifiers import parse_identifier
from dop2i.core.model.parts import Address, Line, Part, Role, Word, fault
from dop2i.errors import InvalidInput


class NameIdentifier(Part):
    """An ORCID, ISNI, ROR … of a person or organisation; check digits are verified."""

    identifier: Address
    scheme: Word | None = None

    @model_validator(mode="after")
    def _valid(self) -> Self:
        try:
            parse_identifier(self.identifier, self.scheme)
        except InvalidInput as error:
            raise fault(str(error), at="identifier") from None
        return self


class PersonOrOrg(Part):
    """Who: a person by family and given name, or an organisation by name."""

    type: Literal["personal", "organizational"] | None = None
    name: Line | None = None
    given_name: Line | None = None
    family_name: Line | None = None
    identifiers: Annotated[list[NameIdentifier], Field(max_length=50)] | None = None

    @model_validator(mode="after")
    def _named(self) -> Self:
        if not (self.name or self.family_name):
            member = "family_name" if self.type == "personal" or self.given_name else "name"
            raise fault("This has no name: give a family name, or the name of an organisation.", at=member)
        return self


class Affiliation(Part):
    """Where somebody works: a ROR id, a name, or both."""

    id: Word | None = None
    name: Line | None = None
    identifiers: Annotated[list[NameIdentifier], Field(max_length=20)] | None = None

    @model_validator(mode="after")
    def _named(self) -> Self:
        if not (self.id or self.name):
            raise fault("This affiliation is empty: give its name or its ROR.")
        if self.id and "ror.org" in self.id:
            try:
                parse_identifier(self.id, "ror")
            except InvalidInput as error:
                raise fault(str(error), at="id") from None
        return self


class Creator(Part):
    """Who made the object."""

    person_or_org: PersonOrOrg
    role: Role | None = None
    affiliations: Annotated[list[Affiliation], Field(max_length=200)] | None = None


class Contributor(Creator):
    """Who else took part, and how."""
