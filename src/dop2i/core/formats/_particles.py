"""Names of the particles and nuclei that beams are made of (PDG Monte Carlo numbers), and their collision energy."""

from __future__ import annotations

import math

_NAMES = {
    2212: "p", -2212: "pbar", 2112: "n", 11: "e-", -11: "e+", 13: "mu-", -13: "mu+", 22: "gamma", 12: "nu_e",
    14: "nu_mu", -14: "anti-nu_mu", 211: "pi+", -211: "pi-", 321: "K+", -321: "K-", 1000010020: "d",
    1000020040: "He-4", 1000822080: "Pb-208", 1000791970: "Au-197", 1000541290: "Xe-129", 1000080160: "O-16",
}  # fmt: skip
_MASSES = {2212: 0.938272, 2112: 0.939565, 11: 0.000511, 13: 0.105658, 211: 0.13957, 321: 0.493677}
_SYMBOLS = [
    "n",
    "H",
    "He",
    "Li",
    "Be",
    "B",
    "C",
    "N",
    "O",
    "F",
    "Ne",
    "Na",
    "Mg",
    "Al",
    "Si",
    "P",
    "S",
    "Cl",
    "Ar",
    "K",
    "Ca",
    "Sc",
    "Ti",
    "V",
    "Cr",
    "Mn",
    "Fe",
    "Co",
    "Ni",
    "Cu",
    "Zn",
    "Ga",
    "Ge",
    "As",
    "Se",
    "Br",
    "Kr",
    "Rb",
    "Sr",
    "Y",
    "Zr",
    "Nb",
    "Mo",
    "Tc",
    "Ru",
    "Rh",
    "Pd",
    "Ag",
    "Cd",
    "In",
    "Sn",
    "Sb",
    "Te",
    "I",
    "Xe",
    "Cs",
    "Ba",
    "La",
    "Ce",
    "Pr",
    "Nd",
    "Pm",
    "Sm",
    "Eu",
    "Gd",
    "Tb",
    "Dy",
    "Ho",
    "Er",
    "Tm",
    "Yb",
    "Lu",
    "Hf",
    "Ta",
    "W",
    "Re",
    "Os",
    "Ir",
    "Pt",
    "Au",
    "Hg",
    "Tl",
    "Pb",
    "Bi",
    "Po",
    "At",
    "Rn",
    "Fr",
    "Ra",
    "Ac",
    "Th",
    "Pa",
    "U",
    "Np",
    "Pu",
    "Am",
    "Cm",
    "Bk",
    "Cf",
    "Es",
    "Fm",
    "Md",
    "No",
    "Lr",
    "Rf",
    "Db",
    "Sg",
    "Bh",
    "Hs",
    "Mt",
    "Ds",
    "Rg",
    "Cn",
    "Nh",
    "Fl",
    "Mc",
    "Lv",
    "Ts",
    "Og",
]


def nuclide(mass_number: int, symbol: str) -> str:
    """``(101, "MO")`` → ``Mo-101``; empty for what is no element."""
    name = symbol.strip().capitalize()
    return f"{name}-{mass_number}" if name in _SYMBOLS[1:] and 0 < mass_number < 320 else ""


def beam_name(code: int) -> str:
    """The usual name of a beam particle by its PDG number (``PDG 9999`` for one without)."""
    if code in _NAMES:
        return _NAMES[code]
    if 1_000_000_000 < abs(code) < 1_200_000_000:
        charge, mass = abs(code) // 10_000 % 1000, abs(code) // 10 % 1000
        if 0 < charge < len(_SYMBOLS):
            return f"{_SYMBOLS[charge]}-{mass}"
    return f"PDG {code}"


def collision_energy(codes: list[int], energies: list[float]) -> float:
    """√s in GeV of two beams head-on (LHE's energies are per beam particle, for nuclei per nucleus); 0 if unknown."""
    if len(codes) != 2 or not all(math.isfinite(energy) and 0 <= energy < 1e12 for energy in energies):
        return 0.0
    momenta, total = [], sum(energies)
    for code, energy in zip(codes, energies, strict=True):
        mass = _MASSES.get(abs(code), 0.0)
        if energy < mass:
            energy = mass
        momenta.append(math.sqrt(max(0.0, energy * energy - mass * mass)))
    square = total * total - (momenta[0] - momenta[1]) ** 2
    return float(f"{math.sqrt(square):.6g}") if square > 0 else 0.0
