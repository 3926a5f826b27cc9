"""Facilities where the data of the two infinities are taken, with theme, place and, for rings, the circumference.

Circumferences are in metres, as published by the facilities themselves (nominal values). An organisation's ROR id is
given only where it is certain. The list helps people to choose; a record may name any other facility in words.
"""

from __future__ import annotations

from typing import Any

from dop2i.core.vocabularies.base import Term, terms

_CERN = {"organisation": "CERN", "ror": "01ggx4157", "country": "CH"}


def _f(term_id: str, name: str, theme: str, *, french: str = "", **facts: Any) -> tuple[str, str, str, dict[str, Any]]:
    return term_id, name, french or name, {"theme": theme, **facts}


FACILITIES: dict[str, Term] = terms(
    _f("lhc", "Large Hadron Collider (LHC)", "particle", french="Grand collisionneur de hadrons (LHC)",
       circumference=26659, **_CERN),
    _f("lep", "Large Electron-Positron collider (LEP)", "particle", french="Grand collisionneur électron-positon (LEP)",
       circumference=26659, **_CERN),
    _f("sps", "Super Proton Synchrotron (SPS)", "particle", french="Supersynchrotron à protons (SPS)",
       circumference=6911, **_CERN),
    _f("ps", "Proton Synchrotron (PS)", "particle", french="Synchrotron à protons (PS)", circumference=628, **_CERN),
    _f("ad-elena", "Antiproton Decelerator and ELENA", "particle", french="Décélérateur d'antiprotons et ELENA",
       **_CERN),
    _f("isolde", "ISOLDE", "nuclear", **_CERN),
    _f("n-tof-facility", "n_TOF", "nuclear", **_CERN),
    _f("clear", "CERN Linear Electron Accelerator for Research (CLEAR)", "accelerator",
       french="Accélérateur linéaire d'électrons CLEAR", **_CERN),
    _f("awake-facility", "AWAKE", "accelerator", **_CERN),
    _f("fcc", "Future Circular Collider (FCC)", "particle", french="Futur collisionneur circulaire (FCC)", **_CERN),
    _f("tevatron", "Tevatron", "particle", organisation="Fermilab", country="US", circumference=6283),
    _f("fermilab-neutrino", "Fermilab neutrino beams", "particle", french="Faisceaux de neutrinos de Fermilab",
       organisation="Fermilab", country="US"),
    _f("hera", "HERA", "particle", organisation="DESY", country="DE", circumference=6336),
    _f("superkekb", "SuperKEKB", "particle", organisation="KEK", country="JP", circumference=3016),
    _f("j-parc", "J-PARC", "particle", organisation="KEK and JAEA", country="JP"),
    _f("pep-ii", "PEP-II", "particle", organisation="SLAC", country="US", circumference=2200),
    _f("bepc-ii", "BEPC II", "particle", organisation="IHEP", country="CN"),
    _f("rhic", "Relativistic Heavy Ion Collider (RHIC)", "nuclear",
       french="Collisionneur d'ions lourds relativistes (RHIC)",
       organisation="BNL", country="US", circumference=3834),
    _f("eic", "Electron-Ion Collider (EIC)", "nuclear", french="Collisionneur électron-ion (EIC)", organisation="BNL",
       country="US", circumference=3834),
    _f("cebaf", "CEBAF", "nuclear", organisation="Jefferson Lab", country="US"),
    _f("ganil", "GANIL", "nuclear", french="Grand accélérateur national d'ions lourds (GANIL)",
       organisation="CNRS and CEA", country="FR"),
    _f("spiral2", "SPIRAL2", "nuclear", organisation="GANIL", country="FR"),
    _f("alto", "ALTO", "nuclear", organisation="IJCLab", country="FR"),
    _f("gsi", "GSI accelerators", "nuclear", french="Accélérateurs de GSI", organisation="GSI", country="DE"),
    _f("fair", "FAIR", "nuclear", organisation="FAIR", country="DE"),
    _f("ill", "High-Flux Reactor of the Institut Laue-Langevin", "nuclear",
       french="Réacteur à haut flux de l'Institut Laue-Langevin", organisation="ILL", country="FR"),
    _f("riken-ribf", "RI Beam Factory (RIBF)", "nuclear", organisation="RIKEN", country="JP"),
    _f("frib", "Facility for Rare Isotope Beams (FRIB)", "nuclear", organisation="Michigan State University",
       country="US"),
    _f("triumf", "TRIUMF", "nuclear", organisation="TRIUMF", country="CA"),
    _f("jyfl", "JYFL Accelerator Laboratory", "nuclear", french="Laboratoire d'accélérateurs JYFL",
       organisation="University of Jyväskylä", country="FI"),
    _f("lnl", "Legnaro National Laboratories", "nuclear", french="Laboratoires nationaux de Legnaro",
       organisation="INFN", country="IT"),
    _f("double-chooz-site", "Chooz nuclear power plant", "particle", french="Centrale nucléaire de Chooz",
       country="FR"),
    _f("lsm", "Modane Underground Laboratory (LSM)", "astroparticle", french="Laboratoire souterrain de Modane (LSM)",
       organisation="CNRS", country="FR"),
    _f("lngs", "Gran Sasso National Laboratories (LNGS)", "astroparticle",
       french="Laboratoires nationaux du Gran Sasso (LNGS)", organisation="INFN", country="IT"),
    _f("km3net-infrastructure", "KM3NeT", "astroparticle", country="FR, IT"),
    _f("auger-observatory", "Pierre Auger Observatory", "astroparticle", french="Observatoire Pierre-Auger",
       country="AR"),
    _f("ctao", "Cherenkov Telescope Array Observatory (CTAO)", "astroparticle",
       french="Observatoire du réseau de télescopes Tcherenkov (CTAO)", country="ES, CL"),
    _f("hess-site", "H.E.S.S. telescopes", "astroparticle", french="Télescopes H.E.S.S.", country="NA"),
    _f("ligo-observatories", "LIGO Hanford and Livingston Observatories", "astroparticle",
       french="Observatoires LIGO de Hanford et Livingston", country="US"),
    _f("ego", "European Gravitational Observatory (EGO)", "astroparticle",
       french="Observatoire gravitationnel européen (EGO)", country="IT"),
    _f("rubin", "Vera C. Rubin Observatory", "astroparticle", french="Observatoire Vera-C.-Rubin", country="CL"),
    _f("fermi-satellite", "Fermi Gamma-ray Space Telescope", "astroparticle",
       french="Télescope spatial à rayons gamma Fermi", organisation="NASA"),
    _f("planck-satellite", "Planck", "astroparticle", organisation="ESA"),
    _f("euclid-satellite", "Euclid", "astroparticle", organisation="ESA"),
    _f("soleil", "SOLEIL", "accelerator", organisation="Synchrotron SOLEIL", country="FR", circumference=354),
    _f("esrf", "European Synchrotron Radiation Facility (ESRF)", "accelerator",
       french="Installation européenne de rayonnement synchrotron (ESRF)", country="FR", circumference=844),
    _f("european-xfel", "European XFEL", "accelerator", country="DE"),
    _f("ess", "European Spallation Source (ESS)", "accelerator", french="Source européenne de spallation (ESS)",
       country="SE"),
    _f("thomx", "ThomX", "accelerator", organisation="IJCLab", country="FR", circumference=18),
    _f("ilc", "International Linear Collider (ILC)", "accelerator",
       french="Collisionneur linéaire international (ILC)"),
    _f("arronax", "ARRONAX", "medical", french="Cyclotron ARRONAX", country="FR"),
    _f("cyrce", "CYRCé", "medical", french="Cyclotron CYRCé", organisation="IPHC", country="FR"),
    _f("cpo", "Orsay Proton Therapy Centre", "medical", french="Centre de protonthérapie d'Orsay",
       organisation="Institut Curie", country="FR"),
    _f("cal", "Antoine Lacassagne Centre", "medical", french="Centre Antoine-Lacassagne", country="FR"),
    _f("hit", "Heidelberg Ion-Beam Therapy Center (HIT)", "medical",
       french="Centre d'hadronthérapie de Heidelberg (HIT)", country="DE"),
    _f("cnao", "National Centre for Oncological Hadrontherapy (CNAO)", "medical",
       french="Centre national d'hadronthérapie oncologique (CNAO)", country="IT"),
    _f("cc-in2p3", "IN2P3 Computing Centre (CC-IN2P3)", "computing", french="Centre de calcul de l'IN2P3 (CC-IN2P3)",
       organisation="CNRS", country="FR"),
    _f("wlcg", "Worldwide LHC Computing Grid (WLCG)", "computing",
       french="Grille de calcul mondiale pour le LHC (WLCG)"),
)  # fmt: skip
