"""Why something is closed, and why a record was withdrawn.

The reasons of closures are our own: they are those that funders' and institutes' open-data rules accept ("as open as
possible, as closed as necessary"), in words that may be shown to everybody. The reasons of removals are InvenioRDM's
(``removalreasons``), with the few that its vocabulary lacks.
"""

from __future__ import annotations

from dop2i.core.vocabularies.base import Term, terms

CLOSURES: dict[str, Term] = terms(
    ("publication", "Until a publication", "Jusqu'à une publication"),
    ("first-use", "First use by those who took the data", "Première exploitation par ceux qui ont pris les données"),
    ("patent", "Patent application", "Dépôt de brevet"),
    ("contract", "Contract with a partner", "Contrat avec un partenaire"),
    ("personal-data", "Personal data", "Données personnelles"),
    ("safety", "Safety or security", "Sûreté ou sécurité"),
    ("third-party", "Rights of others", "Droits de tiers"),
    ("quality", "Quality still being checked", "Qualité en cours de vérification"),
    ("legal", "Legal obligation", "Obligation légale"),
    ("other", "Another reason", "Autre raison"),
)

REMOVALS: dict[str, Term] = terms(
    ("retracted", "Retracted by its authors", "Rétracté par ses auteurs"),
    ("error", "Published by mistake", "Publié par erreur"),
    ("duplicate", "Duplicate of another record", "Double d'une autre notice"),
    ("test-record", "A test", "Un essai"),
    ("spam", "Spam", "Indésirable"),
    ("copyright", "Rights of others", "Droits de tiers"),
    ("personal-data", "Personal data", "Données personnelles"),
    ("misconduct", "Misconduct", "Manquement à l'intégrité"),
    ("legal", "By law or by order of a court", "Par la loi ou sur décision de justice"),
    ("safety", "Safety or security", "Sûreté ou sécurité"),
    ("other", "Another reason", "Autre raison"),
)
