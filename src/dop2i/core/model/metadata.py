"""``metadata``: what DataCite asks of a record, in the shape of InvenioRDM's record document.

Source: https://inveniordm.docs.cern.ch/reference/metadata/ and DataCite 4.6. Lists are bounded; a list of the creators
of a large collaboration holds several thousand persons.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from dop2i.core.model.parts import (
    Address,
    AnyDate,
    ByLanguage,
    DateType,
    DescriptionType,
    Facts,
    Language,
    Line,
    Part,
    PlainDate,
    Prose,
    RelationType,
    ResourceType,
    TitleType,
    Word,
    fault,
)
from dop2i.core.model.people import Contributor, Creator, NameIdentifier
from dop2i.core.vocabularies import VOCABULARIES


class Title(Part):
    """Another title: translated, shorter, a subtitle."""

    title: Line
    type: TitleType
    lang: Language | None = None


class Description(Part):
    """Another description: methods, notes, the abstract in another language."""

    description: Prose
    type: DescriptionType
    lang: Language | None = None


class Subject(Part):
    """A keyword in words, or a term of a vocabulary by id."""

    id: Address | None = None
    subject: Line | None = None
    scheme: Word | None = None
    title: ByLanguage | None = None
    props: Facts | None = None
    identifiers: list[Facts] | None = None

    @model_validator(mode="after")
    def _filled(self) -> Self:
        if not (self.id or self.subject):
            raise fault("This subject is empty: write a keyword or remove it.")
        return self


class Date(Part):
    """A date of the object's life other than its publication."""

    date: AnyDate
    type: DateType
    description: Line | None = None


class Right(Part):
    """A licence by id, or in words with a link."""

    id: Word | None = None
    title: ByLanguage | None = None
    description: ByLanguage | None = None
    link: Address | None = None
    props: Facts | None = None
    icon: Word | None = None

    @model_validator(mode="after")
    def _known(self) -> Self:
        if not (self.id or self.title):
            raise fault("This licence is empty: choose one, or give its title and link.")
        if self.id and self.id.lower() not in VOCABULARIES["licenses"] and not self.title:
            raise fault("This licence id is not known here; give its title and link too. The id: " + self.id, at="id")
        if self.link and not self.link.startswith(("https://", "http://")):
            raise fault("The link of a licence must begin with https:// or http://.", at="link")
        return self


class OwnIdentifier(NameIdentifier):
    """An identifier that the object has elsewhere."""


class RelatedIdentifier(NameIdentifier):
    """Another object and how this one is related to it."""

    relation_type: RelationType
    resource_type: ResourceType | None = None


class Reference(Part):
    """A work that is cited, in words; its identifier is kept as written and never refused."""

    reference: Prose
    identifier: Address | None = None
    scheme: Word | None = None


class Funder(Part):
    """Who paid: a ROR id, a name, or both."""

    id: Word | None = None
    name: Line | None = None
    title: ByLanguage | None = None
    country: Word | None = None
    identifiers: list[NameIdentifier] | None = None
    props: Facts | None = None


class Award(Part):
    """The grant, by id, or by number and title."""

    id: Word | None = None
    title: ByLanguage | None = None
    number: Word | None = None
    acronym: Word | None = None
    program: Line | None = None
    description: ByLanguage | None = None
    start_date: Word | None = None
    end_date: Word | None = None
    identifiers: list[NameIdentifier] | None = None
    organizations: list[Facts] | None = None
    subjects: list[Facts] | None = None
    props: Facts | None = None


class Funding(Part):
    """A funder, an award, or both."""

    funder: Funder | None = None
    award: Award | None = None

    @model_validator(mode="after")
    def _filled(self) -> Self:
        if not (self.funder or self.award):
            raise fault("This funding is empty: give the funder or the award.")
        return self


class Geometry(Part):
    """GeoJSON (RFC 7946) in longitude and latitude."""

    type: Literal["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"]
    coordinates: list[Any]

    @model_validator(mode="after")
    def _on_earth(self) -> Self:
        if not all(_is_position(position) for position in positions(self.coordinates)):
            raise fault("These are no coordinates: longitude from -180 to 180, then latitude from -90 to 90.")
        return self


def positions(coordinates: Any) -> list[Any]:
    """The positions of nested GeoJSON coordinates, in order."""
    if isinstance(coordinates, list) and coordinates and isinstance(coordinates[0], list):
        return [position for inner in coordinates for position in positions(inner)]
    return [coordinates]


def _is_position(value: Any) -> bool:
    if not (isinstance(value, list) and 2 <= len(value) <= 3):
        return False
    if not all(isinstance(number, int | float) and not isinstance(number, bool) for number in value):
        return False
    return bool(-180 <= value[0] <= 180 and -90 <= value[1] <= 90)


class PlaceIdentifier(Part):
    """The id of a place in a gazetteer, kept as written."""

    identifier: Address
    scheme: Word | None = None


class Feature(Part):
    """A place on Earth."""

    geometry: Geometry | None = None
    place: Line | None = None
    description: Line | None = None
    identifiers: list[PlaceIdentifier] | None = None
    type: Word | None = None


class Locations(Part):
    """Where on Earth."""

    features: Annotated[list[Feature], Field(max_length=1_000)]
    type: Word | None = None


class Metadata(Part):
    """The whole of ``metadata``. Nothing is mandatory here: drafts grow; publication asks more (``mandatory``)."""

    resource_type: ResourceType | None = None
    title: Line | None = None
    additional_titles: Annotated[list[Title], Field(max_length=100)] | None = None
    creators: Annotated[list[Creator], Field(max_length=20_000)] | None = None
    contributors: Annotated[list[Contributor], Field(max_length=20_000)] | None = None
    description: Prose | None = None
    additional_descriptions: Annotated[list[Description], Field(max_length=100)] | None = None
    publisher: Line | None = None
    publication_date: PlainDate | None = None
    dates: Annotated[list[Date], Field(max_length=1_000)] | None = None
    languages: Annotated[list[Language], Field(max_length=100)] | None = None
    subjects: Annotated[list[Subject], Field(max_length=1_000)] | None = None
    rights: Annotated[list[Right], Field(max_length=50)] | None = None
    identifiers: Annotated[list[OwnIdentifier], Field(max_length=1_000)] | None = None
    related_identifiers: Annotated[list[RelatedIdentifier], Field(max_length=10_000)] | None = None
    references: Annotated[list[Reference], Field(max_length=10_000)] | None = None
    funding: Annotated[list[Funding], Field(max_length=1_000)] | None = None
    sizes: Annotated[list[Line], Field(max_length=1_000)] | None = None
    formats: Annotated[list[Line], Field(max_length=1_000)] | None = None
    version: Word | None = None
    locations: Locations | None = None
    copyright: Line | None = None
