"""Experiments and collaborations that concern IN2P3 and IRFU, with theme and the facility where they run.

``facility`` names ids of the facilities' vocabulary. Experiments are proper names, the same in both languages. The
list helps people to choose; a record may name any other experiment in words.
"""

from __future__ import annotations

from dop2i.core.vocabularies.base import Term, terms

_ROWS = """
particle | ATLAS | lhc
particle | CMS | lhc
particle | LHCb | lhc
nuclear | ALICE | lhc
particle | TOTEM | lhc
particle | FASER | lhc
particle | ALEPH | lep
particle | DELPHI | lep
particle | L3 | lep
particle | OPAL | lep
particle | NA62 | sps
particle | NA61/SHINE | sps
nuclear | COMPASS | sps
nuclear | AMBER | sps
particle | SHiP | sps
particle | GBAR | ad-elena
particle | CDF | tevatron
particle | D0 | tevatron
particle | H1 | hera
particle | ZEUS | hera
particle | Belle II | superkekb
particle | BaBar | pep-ii
particle | BESIII | bepc-ii
particle | T2K | j-parc
particle | Hyper-Kamiokande | j-parc
particle | COMET | j-parc
particle | DUNE | fermilab-neutrino
particle | NOvA | fermilab-neutrino
particle | MicroBooNE | fermilab-neutrino
particle | MiniBooNE | fermilab-neutrino
particle | JUNO |
particle | Double Chooz | double-chooz-site
particle | STEREO | ill
particle | SoLid |
particle | OPERA | lngs
particle | SuperNEMO | lsm
particle | CUPID | lngs
particle | CUPID-Mo | lsm
particle | n2EDM |
nuclear | STAR | rhic
nuclear | PHENIX | rhic
nuclear | sPHENIX | rhic
nuclear | ePIC | eic
nuclear | CLAS | cebaf
nuclear | CLAS12 | cebaf
nuclear | HADES | gsi
nuclear | R3B | gsi
nuclear | CBM | fair
nuclear | PANDA | fair
nuclear | n_TOF | n-tof-facility
nuclear | AGATA | ganil
nuclear | INDRA | ganil
nuclear | FAZIA | ganil
nuclear | VAMOS | ganil
nuclear | EXOGAM | ganil
nuclear | S3 | spiral2
nuclear | NFS | spiral2
nuclear | DESIR | spiral2
nuclear | nu-Ball | alto
nuclear | SAMURAI | riken-ribf
nuclear | MINOS | riken-ribf
astroparticle | KM3NeT | km3net-infrastructure
astroparticle | ANTARES |
astroparticle | IceCube |
astroparticle | Super-Kamiokande |
astroparticle | H.E.S.S. | hess-site
astroparticle | CTA | ctao
astroparticle | MAGIC |
astroparticle | VERITAS |
astroparticle | HAWC |
astroparticle | LHAASO |
astroparticle | Fermi-LAT | fermi-satellite
astroparticle | SVOM |
astroparticle | INTEGRAL |
astroparticle | Pierre Auger | auger-observatory
astroparticle | GRAND |
astroparticle | JEM-EUSO |
astroparticle | AMS-02 |
astroparticle | LIGO | ligo-observatories
astroparticle | Virgo | ego
astroparticle | KAGRA |
astroparticle | LISA |
astroparticle | Einstein Telescope |
astroparticle | Planck | planck-satellite
astroparticle | LiteBIRD |
astroparticle | QUBIC |
astroparticle | Simons Observatory |
astroparticle | CMB-S4 |
astroparticle | LSST DESC | rubin
astroparticle | ZTF |
astroparticle | DESI |
astroparticle | SDSS |
astroparticle | Euclid | euclid-satellite
astroparticle | XENONnT | lngs
astroparticle | DarkSide | lngs
astroparticle | EDELWEISS | lsm
astroparticle | DAMIC-M | lsm
accelerator | AWAKE | awake-facility
accelerator | MYRRHA |
accelerator | PERLE |
medical | ClaRyS |
medical | XEMIS2 |
medical | FOOT |
computing | Geant4 |
computing | ROOT |
""".strip()


def _id(name: str) -> str:
    kept = "".join(char if char.isalnum() else "-" for char in name.lower().replace(".", ""))
    return "-".join(part for part in kept.split("-") if part)


def _experiments() -> dict[str, Term]:
    rows: list[tuple[str, str, str, dict[str, str]]] = []
    for line in _ROWS.splitlines():
        theme, name, facility = (part.strip() for part in line.split("|"))
        facts = {"theme": theme, "facility": facility} if facility else {"theme": theme}
        rows.append((_id(name), name, name, facts))
    return terms(*rows)


EXPERIMENTS: dict[str, Term] = _experiments()
