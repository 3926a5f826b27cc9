"""Nuclides in one spelling: ``Fe-56``, however they were written.

Understood are ``56Fe``, ``Fe-56``, ``fe56``, ``iron-56``, ``fer 56``, ``^{56}Fe``, ``⁵⁶Fe``, EXFOR's ``26-FE-56`` and
``6-C-0`` (natural), ``natC``, ``Am-242m``, an element alone, and the light particles that are nuclei (``alpha`` is
``He-4``). Symbols are IUPAC's of 2016 (https://iupac.qmul.ac.uk/AtWt/).
"""

from __future__ import annotations

import functools
import re

_ALL_SYMBOLS = (
    "n H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr Nb "
    "Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au "
    "Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv "
    "Ts Og"
)
SYMBOLS = _ALL_SYMBOLS.split()
"""By number of protons, from the neutron (0) on."""

_ALL_NAMES = (
    "neutron hydrogen helium lithium beryllium boron carbon nitrogen oxygen fluorine neon sodium magnesium aluminium "
    "silicon phosphorus sulfur chlorine argon potassium calcium scandium titanium vanadium chromium manganese iron "
    "cobalt nickel copper zinc gallium germanium arsenic selenium bromine krypton rubidium strontium yttrium zirconium "
    "niobium molybdenum technetium ruthenium rhodium palladium silver cadmium indium tin antimony tellurium iodine "
    "xenon caesium barium lanthanum cerium praseodymium neodymium promethium samarium europium gadolinium terbium "
    "dysprosium holmium erbium thulium ytterbium lutetium hafnium tantalum tungsten rhenium osmium iridium platinum "
    "gold mercury thallium lead bismuth polonium astatine radon francium radium actinium thorium protactinium uranium "
    "neptunium plutonium americium curium berkelium californium einsteinium fermium mendelevium nobelium lawrencium "
    "rutherfordium dubnium seaborgium bohrium hassium meitnerium darmstadtium roentgenium copernicium nihonium "
    "flerovium moscovium livermorium tennessine oganesson"
)
_ENGLISH = _ALL_NAMES.split()
_OTHER = {
    "hydrogène": "H", "hélium": "He", "béryllium": "Be", "bore": "B", "carbone": "C", "azote": "N", "oxygène": "O",
    "fluor": "F", "néon": "Ne", "magnésium": "Mg", "aluminum": "Al", "silicium": "Si", "phosphore": "P", "soufre": "S",
    "sulphur": "S", "chlore": "Cl", "titane": "Ti", "chrome": "Cr", "manganèse": "Mn", "fer": "Fe", "cuivre": "Cu",
    "germanium": "Ge", "sélénium": "Se", "brome": "Br", "molybdène": "Mo", "technétium": "Tc", "ruthénium": "Ru",
    "argent": "Ag", "étain": "Sn", "antimoine": "Sb", "tellure": "Te", "iode": "I", "xénon": "Xe", "césium": "Cs",
    "cesium": "Cs", "baryum": "Ba", "lanthane": "La", "cérium": "Ce", "praséodyme": "Pr", "néodyme": "Nd",
    "prométhium": "Pm", "tantale": "Ta", "tungstène": "W", "wolfram": "W", "rhénium": "Re", "platine": "Pt", "or": "Au",
    "mercure": "Hg", "plomb": "Pb", "astate": "At", "uranium": "U", "américium": "Am",
}  # fmt: skip
_LIGHT = {
    "alpha": "He-4", "α": "He-4", "deuteron": "H-2", "deuterium": "H-2", "deutérium": "H-2", "deuton": "H-2",
    "triton": "H-3", "tritium": "H-3", "helion": "He-3",
}  # fmt: skip
_NAMES = {name: SYMBOLS[number] for number, name in enumerate(_ENGLISH) if number} | _OTHER
_BY_FOLDED = {symbol.lower(): symbol for symbol in SYMBOLS[1:]}
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹ᵐ", "0123456789m")
_FORMS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?P<z>\d{1,3})-(?P<name>[A-Z]{1,2})-(?P<mass>\d{1,3}|nat)-?(?P<state>[mg]\d?)?",
        r"\^?\{?(?P<mass>\d{1,3}|nat)(?P<state>m\d?)?\}?[ -]?(?P<name>[^\W\d_]{1,13})",
        r"(?P<name>[^\W\d_]{1,13})[ -]?\^?\{?(?P<mass>\d{1,3}|nat)-?(?P<state>[mg]\d?)?\}?",
        r"(?P<name>[^\W\d_]{1,13})(?P<mass>)(?P<state>)",
    )
)
LONGEST = 40


@functools.lru_cache(maxsize=16384)
def nuclide(text: str) -> str:
    """``Fe-56``, ``Am-242m``, ``C-nat`` or, without a mass, ``Fe``; empty when the text is no nuclide."""
    plain = re.sub(r"\s+", " ", text.strip().strip("$").translate(_SUPERSCRIPTS))
    if not plain or len(plain) > LONGEST:
        return ""
    if plain.lower() in _LIGHT:
        return _LIGHT[plain.lower()]
    for form in _FORMS:
        found = form.fullmatch(plain)
        symbol = symbol_of(found["name"]) if found else ""
        if found and symbol:
            return _written(symbol, found["mass"].lower(), (found["state"] or "").lower())
    return ""


def _written(symbol: str, mass: str, state: str) -> str:
    if not mass:
        return symbol
    if mass == "nat" or int(mass) == 0:
        return f"{symbol}-nat"
    if int(mass) < SYMBOLS.index(symbol):
        return ""
    return f"{symbol}-{int(mass)}{'' if state.startswith('g') else state}"


def symbol_of(name: str) -> str:
    """The symbol of an element by its symbol in any case or its name, English or French; empty for none."""
    folded = name.lower()
    return _BY_FOLDED.get(folded) or _NAMES.get(folded, "")


def nuclide_terms(text: str) -> list[str]:
    """Under what a nuclide is found: itself and its element (who asks for ``Fe`` finds every iron)."""
    name = nuclide(text)
    if not name:
        return []
    element = name.partition("-")[0]
    return [name] if element == name else [name, element]
