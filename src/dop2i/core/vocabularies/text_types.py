"""Types of titles, descriptions and dates: InvenioRDM's ids with DataCite 4.6's words."""

from __future__ import annotations

from dop2i.core.vocabularies.base import Term, terms

TITLE_TYPES: dict[str, Term] = terms(
    ("alternative-title", "Alternative title", "Autre titre", {"datacite": "AlternativeTitle"}),
    ("subtitle", "Subtitle", "Sous-titre", {"datacite": "Subtitle"}),
    ("translated-title", "Translated title", "Titre traduit", {"datacite": "TranslatedTitle"}),
    ("other", "Other", "Autre", {"datacite": "Other"}),
)

DESCRIPTION_TYPES: dict[str, Term] = terms(
    ("abstract", "Abstract", "Résumé", {"datacite": "Abstract"}),
    ("methods", "Methods", "Méthodes", {"datacite": "Methods"}),
    ("series-information", "Series information", "Informations de série", {"datacite": "SeriesInformation"}),
    ("table-of-contents", "Table of contents", "Table des matières", {"datacite": "TableOfContents"}),
    ("technical-info", "Technical info", "Informations techniques", {"datacite": "TechnicalInfo"}),
    ("notes", "Notes", "Notes", {"datacite": "Other"}),
    ("other", "Other", "Autre", {"datacite": "Other"}),
)

DATE_TYPES: dict[str, Term] = terms(
    ("accepted", "Accepted", "Accepté", {"datacite": "Accepted"}),
    ("available", "Available", "Disponible", {"datacite": "Available"}),
    ("collected", "Collected", "Collecté", {"datacite": "Collected"}),
    ("copyrighted", "Copyrighted", "Droits d'auteur", {"datacite": "Copyrighted"}),
    ("coverage", "Coverage", "Période couverte", {"datacite": "Coverage"}),
    ("created", "Created", "Créé", {"datacite": "Created"}),
    ("issued", "Issued", "Publié", {"datacite": "Issued"}),
    ("submitted", "Submitted", "Soumis", {"datacite": "Submitted"}),
    ("updated", "Updated", "Mis à jour", {"datacite": "Updated"}),
    ("valid", "Valid", "Valide", {"datacite": "Valid"}),
    ("withdrawn", "Withdrawn", "Retiré", {"datacite": "Withdrawn"}),
    ("other", "Other", "Autre", {"datacite": "Other"}),
)
