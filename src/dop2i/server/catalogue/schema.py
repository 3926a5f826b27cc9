"""The fields of the search index, and how text becomes terms.

Raise ``VERSION`` whenever a field, an analyzer or the mapping (``documents``) changes: the worker then builds the
index anew. Words are kept as they are, folded; that ``leptons`` finds ``lepton`` is the query's doing (``expansion``),
which costs the index nothing and serves English and French alike.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tantivy

VERSION = 6
LONGEST_TERM = 100

TEXT_FIELDS = ("title", "people", "setup", "keywords", "text")
"""Folded words with their positions. ``text`` holds all the others hold, and the rest: it alone decides what fits."""

FACETS = (
    "theme", "type", "experiment", "facility", "laboratory", "community", "format", "licence", "access", "year",
    "source", "dphep",
)  # fmt: skip
"""Counted for every search; the values are raw."""

NO_VALUE = ""
"""What an entry without a value has of a facet: a column in which every entry has one is counted twice as fast."""

TERM_FIELDS = ("nuclide", "reaction", "particle", "observable", "sky_cell")
FEW_VALUED = ("sqrt_s",)
"""Ranges that only so many machines make: each pair of ends is a term too (``<name>_ends``, see ``spans``)."""

RAW_FIELDS = (
    *("key", "audience", "shown", "hidden", "ids"), *TERM_FIELDS, *FACETS, *(f"{name}_ends" for name in FEW_VALUED),
)  # fmt: skip
"""``audience`` holds who may find an entry; ``shown`` the same of the latest versions alone, which searches show.

``hidden`` marks the few that not everybody is shown: ``closed`` are not public, ``not shown`` those and older versions.
To leave these out costs a search half of what it costs to ask for all the others.
"""

SPANS = {
    "sqrt_s": "energy",
    "energy": "energy",
    "wavelength": "length",
    "frequency": "frequency",
    "distance": "length",
    "length": "length",
    "time": "time",
}
"""Ranges: two numbers a record, ``<name>_low`` and ``<name>_high``, in the base unit of the dimension (seconds)."""

BINS = {"sqrt_s": 5, "energy": 1, "size": 1}
"""Histograms on a logarithmic scale, with so many bins a decade; ``time`` has a bin a year."""

USE = ("viewed", "downloaded")
NUMBERS = (
    *("year_number", "year_last", "published", "created", "updated", "size", *USE),
    *("sky_bin", "time_bin", *(f"{n}_bin" for n in BINS)),
)
SKY_BIN_ORDER = 3
SKY_ORDER = 8
SKY_CLASSES = (0.05, 0.5, 2.0, 10.0, 45.0, 180.0)
"""Regions are kept apart by their size: a class holds those of at most so many degrees of radius."""
_BIN_ZERO = 100


@functools.cache
def analyzers() -> dict[str, tantivy.TextAnalyzer]:
    """Accents and case fold before stemming, so that ``énergies`` and ``energies`` meet."""
    from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

    def folded() -> TextAnalyzerBuilder:
        builder = TextAnalyzerBuilder(Tokenizer.simple())
        return builder.filter(Filter.remove_long(LONGEST_TERM)).filter(Filter.lowercase()).filter(Filter.ascii_fold())

    return {
        "dop2i_folded": folded().build(),
        "dop2i_columns": TextAnalyzerBuilder(Tokenizer.whitespace())
        .filter(Filter.remove_long(LONGEST_TERM))
        .filter(Filter.lowercase())
        .build(),
        "dop2i_en": folded().filter(Filter.stemmer("english")).build(),
        "dop2i_fr": folded().filter(Filter.stemmer("french")).build(),
    }


def words_of(text: str) -> list[str]:
    """The terms of a text, as every text field has them."""
    words: list[str] = analyzers()["dop2i_folded"].analyze(text)
    return words


@functools.cache
def schema() -> tantivy.Schema:
    """The schema of the index."""
    from tantivy import SchemaBuilder

    builder = SchemaBuilder()
    for field in TEXT_FIELDS:
        builder.add_text_field(field, tokenizer_name="dop2i_folded", index_option="position")
    builder.add_text_field("columns", tokenizer_name="dop2i_columns", index_option="basic")
    for field in RAW_FIELDS:
        fast = field in FACETS
        builder.add_text_field(field, stored=field == "key", fast=fast, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("sky_place", fast=True, tokenizer_name="raw", index_option="basic")
    for field in NUMBERS:
        builder.add_unsigned_field(field, indexed=False, fast=True)
    for field in SPANS:
        builder.add_float_field(f"{field}_low", fast=True)
        builder.add_float_field(f"{field}_high", fast=True)
    return builder.build()


def register_analyzers(index: tantivy.Index) -> None:
    """tantivy keeps the names of analyzers in the index, but not the analyzers: each opening needs them again."""
    for name, analyzer in analyzers().items():
        index.register_tokenizer(name, analyzer)


def bin_of(name: str, value: float) -> int:
    """The bin of a positive value in base units."""
    per_decade = BINS[name]
    place = math.floor(math.log10(value) * per_decade + 1e-9) + _BIN_ZERO * per_decade
    return min(max(place, 0), 2 * _BIN_ZERO * per_decade)


def bin_edges(name: str, place: int) -> tuple[float, float]:
    """From where up to where (not included) a bin reaches, in base units."""
    per_decade = BINS[name]
    low, high = ((place + step) / per_decade - _BIN_ZERO for step in (0, 1))
    return float(f"{10.0**low:.12g}"), float(f"{10.0**high:.12g}")
