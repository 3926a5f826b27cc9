"""Records of a physics catalogue from a seeded generator: what ``bench_search.py`` searches.

Words follow Zipf's law over a vocabulary of physics and of made-up words, so that there are common and rare ones;
themes, experiments, laboratories and the like have a few large and many small members, as real catalogues have.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

_COMMON = (
    "data measurement energy analysis search spectrum detector collision beam simulation proton cross section event "
    "distribution result observation mass decay neutrino production calibration sample table background run signal "
    "muon electron jet gamma photon ray cosmic nuclear reaction neutron target boson quark higgs top lepton hadron "
    "particle momentum angular polarisation resonance lattice galaxy pulsar supernova burst gravitational wave strain "
    "black hole dark matter axion flux telescope survey catalogue redshift lensing cavity magnet emittance optics "
    "dosimetry imaging tomography voxel hadrontherapy fragment isotope fission yield capture scattering elastic "
    "likelihood uncertainty systematic luminosity trigger reconstruction vertex track calorimeter scintillator silicon"
)
_FRENCH = (
    "données mesure énergie spectre détecteur faisceau réaction noyau neutron section efficace rayonnement cosmique "
    "neutrinos étalonnage simulation galaxie onde gravitationnelle résonance fission capture cible particule"
)
_SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe qui ro su ta ve wi xo ya zen tor mal ric den sol var"
_EXPERIMENTS = (
    "ATLAS CMS LHCb ALICE KM3NeT Virgo LIGO HESS CTAO AGATA n_TOF INDRA ISOLDE Belle-II BaBar DELPHI OPAL L3 ALEPH "
    "SuperNEMO DUNE JUNO T2K Auger VERITAS Fermi-LAT Euclid LSST Planck EDELWEISS XENON DarkSide NA62 COMPASS"
)
_FACILITIES = "CERN GANIL ESRF SOLEIL LSM Fermilab DESY GSI KEK JINR ARRONAX ILL ALTO"
_LABORATORIES = (
    "APC CPPM IJCLab IP2I LAPP LPC-Caen LPNHE LLR LPSC IPHC LUPM L2IT LP2i GANIL CC-IN2P3 OMEGA SUBATECH LPCA ACC"
)
_NUCLIDES = "56Fe 208Pb 238U 235U 197Au 12C 16O 27Al 63Cu 90Zr 232Th 239Pu 7Li 9Be 40Ar 129Xe 181Ta 93Nb"
LICENCES = ["cc0-1.0", "cc-by-4.0", "cc-by-4.0", "cc-by-sa-4.0", "mit", "gpl-3.0-or-later", "etalab-2.0"]
TYPES = ["dataset", "dataset", "dataset", "dataset", "software", "publication-article", "image-figure", "workflow"]
THEMES = ["particle", "particle", "particle", "nuclear", "nuclear", "astroparticle", "accelerator", "medical"]
FORMATS = ["root", "csv", "hdf5", "fits", "parquet", "yaml", "json", "votable", "zip", "pdf", "numpy", "exfor"]
PARTICLES = ["p", "n", "e-", "mu-", "pi+", "K+", "gamma", "nu(mu)", "D0", "J/psi(1S)", "Z0", "H0", "t", "b"]
OBSERVABLES = ["SIG", "DSIG/DPT", "DA", "N", "ASYM", "M", "FLUX", "STRAIN", "MULT"]
REACTIONS = ["n,gamma", "n,f", "n,el", "p,n", "n,2n", "a,n", "gamma,n", "P P --> TOP TOPBAR X", "P P --> H X"]
ENERGIES = [0.9, 2.76, 5.02, 7.0, 8.0, 13.0, 13.6]
_FAMILY = "Martin Bernard Petit Durand Leroy Moreau Simon Laurent Garcia Rossi Müller Novák Kowalski Tanaka Singh"
_GIVEN = "Alice Bruno Chloé Denis Emma Farid Giulia Hugo Inès Jan Karim Lucie Marc Nora Olga Paul Rosa Sven Tom"
COMMON, FRENCH, SYLLABLES = _COMMON.split(), _FRENCH.split(), _SYLLABLES.split()
EXPERIMENTS, FACILITIES, LABORATORIES = _EXPERIMENTS.split(), _FACILITIES.split(), _LABORATORIES.split()
NUCLIDES, FAMILY, GIVEN = _NUCLIDES.split(), _FAMILY.split(), _GIVEN.split()
FIRST = datetime(2016, 1, 1, tzinfo=UTC)
MADE_UP = 30_000


class Generator:
    """Makes record ``n`` the same whatever was made before: each has its own seed."""

    VERSION = 2

    def __init__(self, seed: int = 1) -> None:
        self.seed = seed
        made_up = random.Random(seed)
        rare = {"".join(made_up.choices(SYLLABLES, k=made_up.randint(2, 4))) for _ in range(MADE_UP)}
        self.words = [*COMMON, *sorted(rare - set(COMMON))]
        weights = [1.0 / (rank + 40) for rank in range(len(self.words))]
        self.steps = list(itertools.accumulate(weights))
        self.french_steps = list(itertools.accumulate(1.0 / (rank + 3) for rank in range(len(FRENCH))))

    def text(self, rng: random.Random, count: int, *, french: bool = False) -> str:
        """So many words."""
        words = rng.choices(self.words, cum_weights=self.steps, k=count)
        if french:
            words[::2] = rng.choices(FRENCH, cum_weights=self.french_steps, k=len(words[::2]))
            words[1::4] = ["de"] * len(words[1::4])
        return " ".join(words)

    def record(self, number: int) -> tuple[str, dict[str, Any], str]:
        """Key, native document and text of one record."""
        rng = random.Random(self.seed * 1_000_003 + number)
        french = rng.random() < 0.2
        published = FIRST - timedelta(days=int(rng.random() ** 2 * 9000)) + timedelta(days=2500)
        title = self.text(rng, rng.randint(5, 12), french=french)
        sizes = int(10 ** rng.uniform(3, 12))
        document = {
            "id": str(number),
            "created": published.isoformat(),
            "pids": {"doi": {"identifier": f"10.5072/bench.{number}", "provider": "datacite"}},
            "parent": {"id": str(10_000_000 + number), "access": {"owned_by": {"user": str(number % 900 + 1)}}},
            "versions": {"index": 1, "is_latest": True},
            "access": {
                "record": "public",
                "files": "public",
                "status": rng.choice(["open", "open", "open", "embargoed"]),
            },
            "files": {"enabled": True, "count": rng.randint(1, 40), "total_bytes": sizes},
            "metadata": {
                "title": title.capitalize(),
                "description": f"<p>{self.text(rng, rng.randint(20, 90), french=french).capitalize()}.</p>",
                "publication_date": published.date().isoformat(),
                "resource_type": {"id": rng.choice(TYPES)},
                "languages": [{"id": "fra" if french else "eng"}],
                "rights": [{"id": rng.choice(LICENCES)}],
                "subjects": [{"subject": self.text(rng, 2)} for _ in range(rng.randint(1, 4))],
                "creators": [_person(rng) for _ in range(rng.randint(1, 4))],
                "publisher": "dop2i",
            },
            "custom_fields": _physics(rng, rng.choice(THEMES)),
        }
        columns = ""
        if rng.random() < 0.5:
            columns = " ".join(f"{self.words[rng.randint(0, 400)]}_{rng.choice('xyzptm')}" for _ in range(8))
        return f"own:{number}", document, columns

    def records(self, count: int, *, start: int = 1) -> Iterator[tuple[str, dict[str, Any], str]]:
        """``count`` records from number ``start`` on."""
        return (self.record(number) for number in range(start, start + count))


def _person(rng: random.Random) -> dict[str, Any]:
    family, given = rng.choice(FAMILY), rng.choice(GIVEN)
    who = {"type": "personal", "name": f"{family}, {given}", "family_name": family, "given_name": given}
    return {"person_or_org": who, "affiliations": [{"name": _skewed(rng, LABORATORIES)}]}


def _skewed(rng: random.Random, values: list[str]) -> str:
    """The first values more often than the last."""
    return values[int(rng.random() ** 2 * len(values))]


def _physics(rng: random.Random, theme: str) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "dop2i:theme": theme,
        "dop2i:experiment": [_skewed(rng, EXPERIMENTS)],
        "dop2i:facility": [_skewed(rng, FACILITIES)],
        "dop2i:formats": sorted({_skewed(rng, FORMATS) for _ in range(2)}),
        "dop2i:observables": [rng.choice(OBSERVABLES)],
    }
    if theme == "particle":
        energy = rng.choice(ENERGIES)
        unit, factor = rng.choice([("TeV", 1.0), ("GeV", 1000.0)])
        fields["dop2i:sqrt_s"] = {"minimum": energy * factor, "maximum": energy * factor, "unit": unit}
        fields["dop2i:particles"] = rng.sample(PARTICLES, 2)
    elif theme == "nuclear":
        low = 10 ** rng.uniform(-3, 7)
        fields["dop2i:energy"] = {"minimum": low, "maximum": low * 10 ** rng.uniform(0, 3), "unit": "eV"}
        fields["dop2i:nuclides"] = rng.sample(NUCLIDES, 2)
        fields["dop2i:reaction"] = [rng.choice(REACTIONS)]
    elif theme == "astroparticle":
        start = datetime(2005, 1, 1, tzinfo=UTC) + timedelta(days=rng.random() * 7300)
        end = start + timedelta(days=rng.random() * 60)
        fields["dop2i:time_range"] = {"start": start.isoformat(), "end": end.isoformat()}
        ra, dec = rng.uniform(0, 360), rng.uniform(-90, 90)
        fields["dop2i:sky_region"] = {
            "ra": round(ra, 4),
            "dec": round(dec, 4),
            "radius": round(rng.random() ** 4 * 5, 3),
        }
    return fields
