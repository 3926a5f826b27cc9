"""The controlled words of dop2i, each with a stable id and labels in English and French.

``VOCABULARIES[name][id]`` is a :class:`Term`. The names are those of InvenioRDM's ``/api/vocabularies/<name>``
(``resourcetypes``, ``licenses``, ``languages`` …) and, beside them, those of the field (``themes``, ``facilities``,
``experiments``).
"""

from __future__ import annotations

from dop2i.core.vocabularies.base import Term, Vocabulary
from dop2i.core.vocabularies.closures import CLOSURES, REMOVALS
from dop2i.core.vocabularies.experiments import EXPERIMENTS
from dop2i.core.vocabularies.facilities import FACILITIES
from dop2i.core.vocabularies.languages import LANGUAGES, language_id, language_tag
from dop2i.core.vocabularies.licences import LICENCES
from dop2i.core.vocabularies.relation_types import RELATION_TYPES
from dop2i.core.vocabularies.resource_types import RESOURCE_TYPES
from dop2i.core.vocabularies.roles import ROLES
from dop2i.core.vocabularies.text_types import DATE_TYPES, DESCRIPTION_TYPES, TITLE_TYPES
from dop2i.core.vocabularies.themes import THEMES

VOCABULARIES: dict[str, Vocabulary] = {
    "resourcetypes": RESOURCE_TYPES,
    "licenses": LICENCES,
    "roles": ROLES,
    "themes": THEMES,
    "relationtypes": RELATION_TYPES,
    "languages": LANGUAGES,
    "titletypes": TITLE_TYPES,
    "descriptiontypes": DESCRIPTION_TYPES,
    "datetypes": DATE_TYPES,
    "facilities": FACILITIES,
    "experiments": EXPERIMENTS,
    "closurereasons": CLOSURES,
    "removalreasons": REMOVALS,
}

__all__ = ["VOCABULARIES", "Term", "Vocabulary", "language_id", "language_tag"]
