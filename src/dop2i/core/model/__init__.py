"""The record document: what it may hold, whether it is right, and how it is kept.

``validate_record`` tells the faults of a document with their dotted paths, ``normalise_record`` makes the form that is
kept, ``dereference`` adds the labels of terms as InvenioRDM serves them, and ``parse_identifier`` checks identifiers.
"""

from __future__ import annotations

from dop2i.core.model.dates import first_day, is_date, last_day, parse_date, year_of
from dop2i.core.model.identifiers import Identifier, identifier_url, parse_identifier
from dop2i.core.model.labels import dereference
from dop2i.core.model.lengths import Length, length_probed, lengths_of
from dop2i.core.model.normalisation import SCHEMA_VERSION, clean_text, normalise_record
from dop2i.core.model.validation import validate_record

__all__ = [
    "SCHEMA_VERSION",
    "Identifier",
    "Length",
    "clean_text",
    "dereference",
    "first_day",
    "identifier_url",
    "is_date",
    "last_day",
    "length_probed",
    "lengths_of",
    "normalise_record",
    "parse_date",
    "parse_identifier",
    "validate_record",
    "year_of",
]
