"""The fields of a query: what stands before the colon, what may stand behind it, and where it is looked for."""

from __future__ import annotations

import functools
from dataclasses import dataclass

WORDS, IDENTIFIER, FACET, TERM, SPAN, YEAR, DATE, TIME, GPS, CONE, CELL, ALIKE = [
    "words",
    "identifier",
    "facet",
    "term",
    "span",
    "year",
    "date",
    "time",
    "gps",
    "cone",
    "cell",
    "alike",
]
"""Kinds of fields: how their values are read."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field by its ``name``. ``index`` names the fields of the index, ``dimension`` and ``unit`` are a range's."""

    name: str
    kind: str
    example: str
    index: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    dimension: str = ""
    unit: str = ""


FIELDS = (
    Field("title", WORDS, "title:calorimeter", ("title",), ("metadata.title", "titre")),
    Field(
        "creator", WORDS, "creator:Curie", ("people",),
        ("creators", "author", "authors", "auteur", "contributor", "metadata.creators.person_or_org.name"),
    ),
    Field("keyword", WORDS, "keyword:calibration", ("keywords",), ("keywords", "subject", "mot", "metadata.subjects")),
    Field(
        "detector", WORDS, "detector:TPC", ("setup",),
        ("instrument", "beam", "target", "run", "détecteur", "faisceau"),
    ),
    Field("column", WORDS, "column:muon_pt", ("columns",), ("columns", "colonne")),
    Field("text", WORDS, "text:luminosity", ("text",), ("description", "metadata.description")),
    Field("doi", IDENTIFIER, "doi:10.17182/hepdata.77765", ("ids",), ("pids.doi.identifier",)),
    Field("ark", IDENTIFIER, "ark:/12345/d1", ("ids",), ("pids.ark.identifier",)),
    Field("orcid", IDENTIFIER, "orcid:0000-0002-1825-0097", ("ids",)),
    Field("ror", IDENTIFIER, "ror:02feahw73", ("ids",)),
    Field("arxiv", IDENTIFIER, "arxiv:1207.7214", ("ids",)),
    Field("swh", IDENTIFIER, "swh:1:dir:…", ("ids",)),
    Field("id", IDENTIFIER, "id:12", ("ids",), ("identifier", "identifiant", "inspire", "parent.id")),
    Field("theme", FACET, "theme:particle", ("theme",), ("thématique", "custom_fields.dop2i:theme")),
    Field("type", FACET, "type:dataset", ("type",), ("resource_type", "metadata.resource_type.id")),
    Field("experiment", FACET, "experiment:ATLAS", ("experiment",), ("expérience", "collaboration")),
    Field("facility", FACET, "facility:GANIL", ("facility",), ("installation",)),
    Field("laboratory", FACET, "laboratory:CPPM", ("laboratory",), ("lab", "laboratoire", "affiliation", "institute")),
    Field("community", FACET, "community:km3net", ("community",), ("communauté", "parent.communities.ids")),
    Field("format", FACET, "format:root", ("format",)),
    Field("licence", FACET, "licence:cc-by-4.0", ("licence",), ("license", "metadata.rights.id")),
    Field("access", FACET, "access:open", ("access",), ("accès", "access.status")),
    Field("source", FACET, "source:own", ("source",)),
    Field("dphep", FACET, "dphep:3", ("dphep",), ("dphep_level",)),
    Field("year", YEAR, "year:2011..2013", ("year_number",), ("année",)),
    Field("date", DATE, "date:2019-03..2019-06", ("published",), ("published", "metadata.publication_date")),
    Field("sqrt_s", SPAN, "sqrt_s:7..8 TeV", ("sqrt_s",), ("√s", "cms_energy", "ecm"), "energy", "GeV"),
    Field("energy", SPAN, "energy:1..100 keV", ("energy",), ("énergie", "e"), "energy", "eV"),
    Field("wavelength", SPAN, "wavelength:400..700 nm", ("wavelength",), ("longueur_d_onde",), "length", "m"),
    Field("frequency", SPAN, "frequency:20..2000 Hz", ("frequency",), ("fréquence",), "frequency", "Hz"),
    Field("distance", SPAN, "distance:<100 Mpc", ("distance",), (), "length", "m"),
    Field("length", SPAN, "length:1..10 fm", ("length",), ("length_probed", "longueur"), "length", "m"),
    Field("size", SPAN, "size:>1 GB", ("size",), ("taille", "files.total_bytes"), "size", "B"),
    Field("time", TIME, "time:2015-09-14..2015-09-15", ("time",), ("temps", "when")),
    Field("gps", GPS, "gps:1126259462", ("time",)),
    Field("cone", CONE, "cone:83.63,22.01,0.5deg", ("sky",), ("sky", "cône", "ciel")),
    Field("cell", CELL, "cell:3/123", ("sky_bin",), ("healpix",)),
    Field("nuclide", TERM, "nuclide:56Fe", ("nuclide",), ("nuclides", "isotope", "element", "noyau")),
    Field("reaction", TERM, 'reaction:"n,gamma"', ("reaction",), ("réaction", "process")),
    Field("particle", TERM, "particle:K+", ("particle",), ("particles", "particule")),
    Field("observable", TERM, "observable:SIG", ("observable",), ("observables", "quantity")),
    Field("like", ALIKE, "like:12", (), ("comme", "similar")),
    Field("columns_of", ALIKE, "columns_of:12", (), ("same_columns",)),
)  # fmt: skip
"""All of them, in the order in which a page tells of them."""


@functools.cache
def by_name() -> dict[str, Field]:
    """Each field under its name and its aliases, in lower case."""
    return {name.lower(): field for field in FIELDS for name in (field.name, *field.aliases)}


def field_of(written: str) -> Field | None:
    """The field that a person means; None for none."""
    return by_name().get(written.lower())


def close_names(written: str) -> list[str]:
    """The fields whose name is almost what was written."""
    import difflib

    found = difflib.get_close_matches(written.lower(), by_name(), n=3, cutoff=0.7)
    return list(dict.fromkeys(by_name()[name].name for name in found))
