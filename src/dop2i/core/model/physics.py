"""``custom_fields``: the physics of a record under ``dop2i:``, and the fields of InvenioRDM that its clients send."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from dop2i.core.model.parts import AnyDate, Line, Part, Prose, Word, fault, term_of

Number = Annotated[float, Field(allow_inf_nan=False)]


def _texts(value: Any) -> Any:
    """Numbers among texts are welcome (run 4711), and a single text stands for a list of one."""
    if isinstance(value, str | int) and not isinstance(value, bool):
        value = [value]
    if isinstance(value, list):
        return [str(item) if isinstance(item, int) and not isinstance(item, bool) else item for item in value]
    return value


Words = Annotated[list[Line], BeforeValidator(_texts), Field(max_length=10_000)]


class Range(Part):
    """A quantity from ``minimum`` to ``maximum`` in ``unit`` (equal for a single value)."""

    minimum: Number | None = None
    maximum: Number | None = None
    unit: Annotated[str, Field(max_length=50)] | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.minimum is None and self.maximum is None:
            raise fault("This range is empty: give its minimum, its maximum or both.")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise fault("The minimum is above the maximum: exchange them.")
        return self


class SkyRegion(Part):
    """A cone on the sky, in degrees of ICRS."""

    ra: Annotated[Number, Field(ge=-360, le=360)]
    dec: Annotated[Number, Field(ge=-90, le=90)]
    radius: Annotated[Number, Field(ge=0, le=180)] | None = None


class TimeRange(Part):
    """When the data were taken: UTC dates, or seconds of GPS time."""

    start: AnyDate | None = None
    end: AnyDate | None = None
    gps_start: Number | None = None
    gps_end: Number | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.gps_start is not None and self.gps_end is not None and self.gps_start > self.gps_end:
            raise fault("The beginning is after the end: exchange them.")
        return self


class Journal(Part):
    """InvenioRDM's ``journal:journal``."""

    title: Line | None = None
    volume: Word | None = None
    issue: Word | None = None
    pages: Word | None = None
    issn: Word | None = None


class Imprint(Part):
    """InvenioRDM's ``imprint:imprint``."""

    title: Line | None = None
    isbn: Word | None = None
    pages: Word | None = None
    place: Word | None = None
    edition: Word | None = None


class Meeting(Part):
    """InvenioRDM's ``meeting:meeting``."""

    title: Line | None = None
    acronym: Word | None = None
    dates: Word | None = None
    place: Line | None = None
    url: Word | None = None
    session: Word | None = None
    session_part: Word | None = None
    identifiers: list[dict[str, Any]] | None = None


class CustomFields(Part):
    """All custom fields. A Python name ``sqrt_s`` is the key ``dop2i:sqrt_s`` of the document."""

    model_config = ConfigDict(alias_generator=lambda name: f"dop2i:{name}")

    theme: Annotated[Word, AfterValidator(term_of("themes"))] | None = None
    experiment: Words | None = None
    facility: Words | None = None
    detector: Words | None = None
    beam: Words | None = None
    target: Words | None = None
    reaction: Words | None = None
    nuclides: Words | None = None
    observables: Words | None = None
    particles: Words | None = None
    objects: Words | None = None
    sqrt_s: Range | None = None
    energy: Range | None = None
    wavelength: Range | None = None
    frequency: Range | None = None
    distance: Range | None = None
    field_of_view: Range | None = None
    voxel_size: Range | None = None
    circumference: Range | None = None
    run_period: Words | None = None
    runs: Words | None = None
    sky_region: SkyRegion | None = None
    time_range: TimeRange | None = None
    instrument: Words | None = None
    modality: Words | None = None
    units: Words | None = None
    formats: Words | None = None
    length_probed: Range | None = None
    sensitivity: Words | None = None
    dphep_level: Annotated[int, Field(ge=1, le=4)] | None = None

    journal: Journal | None = Field(default=None, alias="journal:journal")
    imprint: Imprint | None = Field(default=None, alias="imprint:imprint")
    meeting: Meeting | None = Field(default=None, alias="meeting:meeting")
    university: Line | None = Field(default=None, alias="thesis:university")
    thesis: dict[str, Any] | None = Field(default=None, alias="thesis:thesis")
    repository: Prose | None = Field(default=None, alias="code:codeRepository")
    programming_language: list[dict[str, Any]] | None = Field(default=None, alias="code:programmingLanguage")
    development_status: dict[str, Any] | None = Field(default=None, alias="code:developmentStatus")


LIST_KEYS: frozenset[str] = frozenset(
    f"dop2i:{name}" for name, info in CustomFields.model_fields.items() if _texts.__name__ in repr(info.annotation)
)
"""The keys whose value is a list of texts; a single text in one of them becomes a list of one."""
