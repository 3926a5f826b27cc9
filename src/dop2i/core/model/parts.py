"""What all parts of the record document are made of: bounded texts, terms of a vocabulary, names in languages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from dop2i.core.model.dates import is_date
from dop2i.core.vocabularies import VOCABULARIES, language_id

FAULT = "dop2i"
"""The pydantic error type of our own faults; their message is passed on as it is."""


def fault(message: str, *, at: str = "") -> PydanticCustomError:
    """An error with a message of ours; ``at`` names the member at fault of the part that is being checked."""
    return PydanticCustomError(FAULT, "{message}", {"message": message, "at": at})


class Part(BaseModel):
    """A part of the document: strict types, and unknown fields are faults (of severity warning)."""

    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=False, arbitrary_types_allowed=False)


def _not_blank(text: str) -> str:
    if not text.strip():
        raise fault("This is empty: fill it in or remove it.")
    return text


Line = Annotated[str, Field(max_length=10_000), AfterValidator(_not_blank)]
Word = Annotated[str, Field(max_length=500), AfterValidator(_not_blank)]
Prose = Annotated[str, Field(max_length=1_000_000)]
Address = Annotated[str, Field(max_length=2_048), AfterValidator(_not_blank)]


def _date(text: str) -> str:
    if not is_date(text, level=1):
        raise fault("This is no date or interval. Write it like 2024, 2024-05, 2024-05-17 or 2024-05/2024-06.")
    return text


def _plain_date(text: str) -> str:
    if not is_date(text, level=0):
        raise fault("This is no date. Write it like 2024, 2024-05, 2024-05-17 or an interval 2024-05/2024-06.")
    return text


AnyDate = Annotated[str, AfterValidator(_date)]
"""EDTF level 1."""
PlainDate = Annotated[str, AfterValidator(_plain_date)]
"""EDTF level 0 date or interval, as DataCite and InvenioRDM ask of the publication date."""


def _by_language(value: Any) -> Any:
    return {"en": value} if isinstance(value, str) else value


ByLanguage = Annotated[dict[str, Prose], BeforeValidator(_by_language), Field(max_length=100)]
"""A text by two-letter language; a bare text counts as English."""

Facts = dict[str, Any]
"""Members that a server adds to a term when it serves a record; they are accepted and not kept."""


def term_of(vocabulary: str) -> Callable[[str], str]:
    """A validator: the id must be a term of this vocabulary."""

    def check(term_id: str) -> str:
        if term_id not in VOCABULARIES[vocabulary]:
            raise fault(f"This id is not in the vocabulary; see /api/vocabularies/{vocabulary} for those that are.")
        return term_id

    return check


def _language(code: str) -> str:
    if language_id(code) != code:
        raise fault("This is no language. Give its three-letter code of ISO 639-3, such as eng or fra.")
    return code


class Choice(Part):
    """A reference to a term. What InvenioRDM adds when serving (``title``, ``props``) may come back and is dropped."""

    id: Word
    title: ByLanguage | None = None
    props: Facts | None = None


class ResourceType(Choice):
    """``metadata.resource_type``."""

    id: Annotated[Word, AfterValidator(term_of("resourcetypes"))]


class Role(Choice):
    """The role of a creator or contributor."""

    id: Annotated[Word, AfterValidator(term_of("roles"))]


class Language(Choice):
    """A language by its ISO 639-3 code."""

    id: Annotated[Word, AfterValidator(_language)]


class TitleType(Choice):
    """The type of an additional title."""

    id: Annotated[Word, AfterValidator(term_of("titletypes"))]


class DescriptionType(Choice):
    """The type of an additional description."""

    id: Annotated[Word, AfterValidator(term_of("descriptiontypes"))]


class DateType(Choice):
    """The type of a date."""

    id: Annotated[Word, AfterValidator(term_of("datetypes"))]


class RelationType(Choice):
    """How the record is related to something."""

    id: Annotated[Word, AfterValidator(term_of("relationtypes"))]
