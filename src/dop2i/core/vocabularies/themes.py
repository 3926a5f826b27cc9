"""The six themes, in the order and with the colour tokens in which every page shows them."""

from __future__ import annotations

from dop2i.core.vocabularies.base import Term, terms

THEMES: dict[str, Term] = terms(
    ("particle", "Particle physics", "Physique des particules", {"order": 1}),
    ("nuclear", "Nuclear physics", "Physique nucléaire", {"order": 2}),
    ("astroparticle", "Astroparticle physics and cosmology", "Astroparticules et cosmologie", {"order": 3}),
    ("accelerator", "Accelerator physics", "Physique des accélérateurs", {"order": 4}),
    ("medical", "Medical physics", "Physique médicale", {"order": 5}),
    ("computing", "Computing", "Calcul et données", {"order": 6}),
)
