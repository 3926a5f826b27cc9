"""Licences for data, text and software: ids are lower-case SPDX identifiers, as InvenioRDM has them.

Facts of a licence (``props``): ``spdx`` (as SPDX spells it), ``url``, ``scheme`` (``spdx``), ``osi`` (approved by the
Open Source Initiative), ``cc`` (Creative Commons), ``kind`` (``data`` or ``software``), ``open`` (fits the Open
Definition or OSI's), and ``summary``: what a reader may do, in plain words in both languages. The summaries are our own
and not legal advice. Names and addresses: https://spdx.org/licenses/.
"""

from __future__ import annotations

from typing import Any

from dop2i.core.vocabularies.base import Term, terms

_SUMMARIES: dict[str, tuple[str, str]] = {
    "waiver": (
        "You may copy, change and share this for any purpose, commercial or not, without asking. Citing the source is "
        "not a legal duty, but it is good scientific practice.",
        "Vous pouvez copier, modifier et partager ce contenu pour tout usage, commercial ou non, sans autorisation. "
        "Citer la source n'est pas une obligation légale, mais c'est une bonne pratique scientifique.",
    ),
    "attribution": (
        "You may copy, change and share this for any purpose, commercial or not, provided that you credit the authors, "
        "name the licence and say what you changed.",
        "Vous pouvez copier, modifier et partager ce contenu pour tout usage, commercial ou non, à condition de citer "
        "les auteurs, d'indiquer la licence et de signaler vos modifications.",
    ),
    "share-alike": (
        "You may copy, change and share this for any purpose, provided that you credit the authors and share what you "
        "make from it under the same licence.",
        "Vous pouvez copier, modifier et partager ce contenu pour tout usage, à condition de citer les auteurs et de "
        "diffuser vos adaptations sous la même licence.",
    ),
    "no-derivatives": (
        "You may copy and share this unchanged for any purpose, provided that you credit the authors. Sharing a "
        "changed version needs their permission.",
        "Vous pouvez copier et partager ce contenu sans le modifier, pour tout usage, à condition de citer les "
        "auteurs. Diffuser une version modifiée demande leur autorisation.",
    ),
    "non-commercial": (
        "You may copy, change and share this for non-commercial purposes, provided that you credit the authors. "
        "Commercial use needs their permission.",
        "Vous pouvez copier, modifier et partager ce contenu à des fins non commerciales, à condition de citer les "
        "auteurs. Un usage commercial demande leur autorisation.",
    ),
    "non-commercial-share-alike": (
        "You may copy, change and share this for non-commercial purposes, provided that you credit the authors and "
        "keep the same licence.",
        "Vous pouvez copier, modifier et partager ce contenu à des fins non commerciales, à condition de citer les "
        "auteurs et de conserver la même licence.",
    ),
    "non-commercial-no-derivatives": (
        "You may copy and share this unchanged for non-commercial purposes, provided that you credit the authors. "
        "Anything else needs their permission.",
        "Vous pouvez copier et partager ce contenu sans le modifier et à des fins non commerciales, à condition de "
        "citer les auteurs. Tout autre usage demande leur autorisation.",
    ),
    "database-share-alike": (
        "You may copy, use and change this database for any purpose, provided that you credit it and share a changed "
        "database under the same licence.",
        "Vous pouvez copier, utiliser et modifier cette base de données pour tout usage, à condition de la citer et de "
        "diffuser une base modifiée sous la même licence.",
    ),
    "permissive": (
        "You may use, change and share this software for any purpose, also in closed products, provided that you keep "
        "the copyright notice and the licence text.",
        "Vous pouvez utiliser, modifier et partager ce logiciel pour tout usage, y compris dans un produit fermé, à "
        "condition de conserver la mention des droits d'auteur et le texte de la licence.",
    ),
    "weak-copyleft": (
        "You may use and share this software for any purpose and combine it with other code; changes to this software "
        "itself must be shared under the same licence.",
        "Vous pouvez utiliser et partager ce logiciel pour tout usage et le combiner avec d'autres codes ; les "
        "modifications de ce logiciel lui-même doivent être diffusées sous la même licence.",
    ),
    "copyleft": (
        "You may use, change and share this software for any purpose; whoever receives it, changed or as part of "
        "another program, must receive the source code under the same licence.",
        "Vous pouvez utiliser, modifier et partager ce logiciel pour tout usage ; toute personne qui le reçoit, "
        "modifié ou intégré à un autre programme, doit recevoir le code source sous la même licence.",
    ),
    "network-copyleft": (
        "You may use, change and share this software for any purpose; people who receive it or use it over a network "
        "must be offered the source code under the same licence.",
        "Vous pouvez utiliser, modifier et partager ce logiciel pour tout usage ; les personnes qui le reçoivent ou "
        "l'utilisent à travers un réseau doivent pouvoir obtenir le code source sous la même licence.",
    ),
}

Row = tuple[str, str, str, dict[str, Any]]


def _cc(code: str, version: str, english: str, french: str, terms_of_use: str) -> Row:
    place = "Unported" if version == "3.0" else "International"
    spdx = f"CC-{code.upper()}-{version}"
    return (
        spdx.lower(),
        f"Creative Commons {english} {version} {place}",
        f"Creative Commons {french} {version} {'non transposé' if version == '3.0' else 'International'}",
        {
            "spdx": spdx,
            "url": f"https://creativecommons.org/licenses/{code}/{version}/",
            "cc": True,
            "osi": False,
            "kind": "data",
            "open": terms_of_use in {"attribution", "share-alike"},
            "terms": terms_of_use,
        },
    )


def _data(spdx: str, english: str, french: str, url: str, terms_of_use: str) -> Row:
    props = {"spdx": spdx, "url": url, "cc": spdx.startswith("CC"), "osi": False, "kind": "data", "open": True}
    return spdx.lower(), english, french, {**props, "terms": terms_of_use}


def _code(spdx: str, english: str, terms_of_use: str, *, url: str = "", osi: bool = True) -> Row:
    """A software licence; its name is a proper name and the same in both languages."""
    address = url or f"https://spdx.org/licenses/{spdx}.html"
    props = {"spdx": spdx, "url": address, "cc": False, "osi": osi, "kind": "software", "open": True}
    return spdx.lower(), english, english, {**props, "terms": terms_of_use}


_ROWS: tuple[Row, ...] = (
    _data("CC0-1.0", "Creative Commons Zero 1.0 Universal", "Creative Commons Zéro 1.0 Universel",
          "https://creativecommons.org/publicdomain/zero/1.0/", "waiver"),
    _cc("by", "4.0", "Attribution", "Attribution", "attribution"),
    _cc("by-sa", "4.0", "Attribution-ShareAlike", "Attribution - Partage dans les mêmes conditions", "share-alike"),
    _cc("by-nc", "4.0", "Attribution-NonCommercial", "Attribution - Pas d'utilisation commerciale", "non-commercial"),
    _cc("by-nd", "4.0", "Attribution-NoDerivatives", "Attribution - Pas de modification", "no-derivatives"),
    _cc("by-nc-sa", "4.0", "Attribution-NonCommercial-ShareAlike",
        "Attribution - Pas d'utilisation commerciale - Partage dans les mêmes conditions",
        "non-commercial-share-alike"),
    _cc("by-nc-nd", "4.0", "Attribution-NonCommercial-NoDerivatives",
        "Attribution - Pas d'utilisation commerciale - Pas de modification", "non-commercial-no-derivatives"),
    _cc("by", "3.0", "Attribution", "Attribution", "attribution"),
    _cc("by-sa", "3.0", "Attribution-ShareAlike", "Attribution - Partage dans les mêmes conditions", "share-alike"),
    _cc("by-nc", "3.0", "Attribution-NonCommercial", "Attribution - Pas d'utilisation commerciale", "non-commercial"),
    _data("etalab-2.0", "Etalab Open License 2.0", "Licence Ouverte 2.0 (Etalab)",
          "https://spdx.org/licenses/etalab-2.0.html", "attribution"),
    _data("PDDL-1.0", "Open Data Commons Public Domain Dedication and License 1.0",
          "Open Data Commons - Versement au domaine public (PDDL) 1.0",
          "https://opendatacommons.org/licenses/pddl/1-0/", "waiver"),
    _data("ODC-By-1.0", "Open Data Commons Attribution License 1.0", "Open Data Commons Attribution (ODC-By) 1.0",
          "https://opendatacommons.org/licenses/by/1-0/", "attribution"),
    _data("ODbL-1.0", "Open Data Commons Open Database License 1.0",
          "Open Data Commons - Licence ouverte de base de données (ODbL) 1.0",
          "https://opendatacommons.org/licenses/odbl/1-0/", "database-share-alike"),
    _code("MIT", "MIT License", "permissive", url="https://opensource.org/license/mit"),
    _code("MIT-0", "MIT No Attribution", "waiver"),
    _code("BSD-2-Clause", 'BSD 2-Clause "Simplified" License', "permissive"),
    _code("BSD-3-Clause", 'BSD 3-Clause "New" or "Revised" License', "permissive"),
    _code("BSD-4-Clause", 'BSD 4-Clause "Original" or "Old" License', "permissive", osi=False),
    _code("0BSD", "BSD Zero Clause License", "waiver"),
    _code("ISC", "ISC License", "permissive"),
    _code("Zlib", "zlib License", "permissive"),
    _code("Apache-2.0", "Apache License 2.0", "permissive", url="https://www.apache.org/licenses/LICENSE-2.0"),
    _code("BSL-1.0", "Boost Software License 1.0", "permissive"),
    _code("Unlicense", "The Unlicense", "waiver"),
    _code("PSF-2.0", "Python Software Foundation License 2.0", "permissive", osi=False),
    _code("NCSA", "University of Illinois/NCSA Open Source License", "permissive"),
    _code("MPL-2.0", "Mozilla Public License 2.0", "weak-copyleft"),
    _code("EPL-2.0", "Eclipse Public License 2.0", "weak-copyleft"),
    _code("LGPL-2.0-only", "GNU Library General Public License v2 only", "weak-copyleft"),
    _code("LGPL-2.0-or-later", "GNU Library General Public License v2 or later", "weak-copyleft"),
    _code("LGPL-2.1-only", "GNU Lesser General Public License v2.1 only", "weak-copyleft"),
    _code("LGPL-2.1-or-later", "GNU Lesser General Public License v2.1 or later", "weak-copyleft"),
    _code("LGPL-3.0-only", "GNU Lesser General Public License v3.0 only", "weak-copyleft"),
    _code("LGPL-3.0-or-later", "GNU Lesser General Public License v3.0 or later", "weak-copyleft"),
    _code("GPL-2.0-only", "GNU General Public License v2.0 only", "copyleft"),
    _code("GPL-2.0-or-later", "GNU General Public License v2.0 or later", "copyleft"),
    _code("GPL-3.0-only", "GNU General Public License v3.0 only", "copyleft"),
    _code("GPL-3.0-or-later", "GNU General Public License v3.0 or later", "copyleft"),
    _code("AGPL-3.0-only", "GNU Affero General Public License v3.0 only", "network-copyleft"),
    _code("AGPL-3.0-or-later", "GNU Affero General Public License v3.0 or later", "network-copyleft"),
    _code("EUPL-1.1", "European Union Public License 1.1", "copyleft"),
    _code("EUPL-1.2", "European Union Public License 1.2", "copyleft"),
    _code("CECILL-2.0", "CeCILL Free Software License Agreement v2.0", "copyleft", osi=False),
    _code("CECILL-2.1", "CeCILL Free Software License Agreement v2.1", "copyleft"),
    _code("CECILL-B", "CeCILL-B Free Software License Agreement", "permissive", osi=False),
    _code("CECILL-C", "CeCILL-C Free Software License Agreement", "weak-copyleft", osi=False),
    _code("CERN-OHL-P-2.0", "CERN Open Hardware Licence Version 2 - Permissive", "permissive"),
    _code("CERN-OHL-W-2.0", "CERN Open Hardware Licence Version 2 - Weakly Reciprocal", "weak-copyleft"),
    _code("CERN-OHL-S-2.0", "CERN Open Hardware Licence Version 2 - Strongly Reciprocal", "copyleft"),
)  # fmt: skip


def _with_summaries() -> dict[str, Term]:
    made: list[Row] = []
    for term_id, english, french, props in _ROWS:
        summary_en, summary_fr = _SUMMARIES[props["terms"]]
        facts = {**props, "scheme": "spdx", "summary": {"en": summary_en, "fr": summary_fr}}
        made.append((term_id, english, french, facts))
    return terms(*made)


LICENCES: dict[str, Term] = _with_summaries()
