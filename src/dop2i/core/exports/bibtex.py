"""BibTeX: accents, Greek and signs as LaTeX commands, so that old styles print and sort them; other writings in UTF-8.

A brace of the text is written by its name, for BibTeX counts ``\\{`` as a brace too.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from dop2i.core.exports._facts import Agent, Facts
from dop2i.core.exports._text import one_line, shortened
from dop2i.core.exports.base import ExportWriter
from dop2i.core.marked import formulas_apart

_ESCAPES = {
    "\\": r"\textbackslash{}", "{": r"\textbraceleft{}", "}": r"\textbraceright{}",
    "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"\textquotedbl{}",
    "ß": r"{\ss}", "æ": r"{\ae}", "Æ": r"{\AE}", "œ": r"{\oe}", "Œ": r"{\OE}", "ø": r"{\o}", "Ø": r"{\O}",
    "å": r"{\aa}", "Å": r"{\AA}", "ł": r"{\l}", "Ł": r"{\L}", "ı": r"{\i}", "ð": r"{\dh}", "Ð": r"{\DH}",
    "þ": r"{\th}", "Þ": r"{\TH}", "đ": r"{\dj}", "Đ": r"{\DJ}",
    "–": "--", "—": "---", "‘": "`", "’": "'", "“": "``", "”": "''", "…": r"\ldots{}", "«": r"\guillemotleft{}",
    "»": r"\guillemotright{}", "\u00a0": "~", "\u202f": "~", "°": r"$^\circ$", "±": r"$\pm$", "×": r"$\times$",
    "→": r"$\to$", "←": r"$\leftarrow$", "√": r"$\surd$", "≤": r"$\leq$", "≥": r"$\geq$", "∞": r"$\infty$",
    "≈": r"$\approx$", "∼": r"$\sim$", "·": r"$\cdot$", "−": r"$-$", "∗": r"$*$", "†": r"$\dagger$", "ħ": r"$\hbar$",
    "µ": r"$\mu$", "₀": r"$_0$", "²": r"$^2$", "³": r"$^3$", "¹": r"$^1$",
}  # fmt: skip
_GREEK = (
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi",
    "o", "pi", "rho", "varsigma", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
)  # fmt: skip
_ACCENTS = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0308": '"', "\u0304": "=", "\u0307": ".",
    "\u030c": "v ", "\u0306": "u ", "\u030b": "H ", "\u0327": "c ", "\u0328": "k ", "\u0323": "d ", "\u030a": "r ",
}  # fmt: skip
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MAXIMUM_AUTHORS = 3_000


class BibTeX(ExportWriter):
    """One entry; datasets and software take the types ``dataset`` and ``software`` that biblatex knows."""

    name = "bibtex"
    label = {"en": "BibTeX", "fr": "BibTeX"}
    media_type = "application/x-bibtex"
    suffix = ".bib"
    profile = "https://www.ctan.org/pkg/bibtex"
    rank = 10

    def write(self, record: dict[str, Any]) -> bytes:
        """The entry. The key is made of the first author, the year and the record's number."""
        facts = Facts(record)
        lines = [f"  {name} = {value}," for name, value in _fields(facts)]
        body = "\n".join([f"@{facts.kind.props['bibtex']}{{{_key(facts)},", *lines, "}"])
        return (body + "\n").encode()


def latex(text: str) -> str:
    """A text as LaTeX. A letter that no command is known for (Cyrillic, Chinese) stays as it is: UTF-8.

    Formulas that a title holds (``$\\sqrt{s}$``) stay formulas, when nothing else is in them.
    """
    pieces = formulas_apart(unicodedata.normalize("NFC", one_line(text)))
    return "".join(
        # BibTeX counts \\{ as a brace that opens
        f"${words}$" if formula and not re.search(r"\\[{}]", words) else "".join(map(_latex_of, words))
        for words, formula in pieces
    )


def _latex_of(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isascii():
        return character
    lower = character.lower()
    if "α" <= lower <= "ω" and len(lower) == 1:
        name = _GREEK[ord(lower) - ord("α")]
        return f"$\\{name.capitalize() if character != lower else name}$" if name != "o" else "o"
    decomposed = unicodedata.normalize("NFD", character)
    if len(decomposed) == 2 and decomposed[1] in _ACCENTS and decomposed[0].isascii():
        base = {"i": r"\i ", "j": r"\j "}.get(decomposed[0], decomposed[0])
        return f"{{\\{_ACCENTS[decomposed[1]]}{base.strip()}}}"
    return character


def _fields(facts: Facts) -> list[tuple[str, str]]:
    journal = facts.custom.get("journal:journal")
    journal = journal if isinstance(journal, dict) else {}
    doi = next((known.value for known in facts.pids if known.scheme == "doi"), "")
    month = facts.published[5:7]
    found = [
        ("author", _people(facts.creators)),
        ("title", f"{{{latex(facts.title)}}}"),
        ("publisher", latex(facts.publisher)),
        ("journal", latex(str(journal.get("title") or ""))),
        ("volume", latex(str(journal.get("volume") or ""))),
        ("number", latex(str(journal.get("issue") or ""))),
        ("pages", latex(str(journal.get("pages") or ""))),
        ("year", str(facts.year) if facts.year else "n.d."),
        ("version", latex(facts.version)),
        ("doi", _verbatim(doi)),
        ("url", _verbatim(facts.best_url)),
        ("keywords", latex(", ".join(word.replace(",", " ") for word in facts.keywords))),
        ("abstract", latex(shortened(facts.description, 5_000))),
        ("note", latex(facts.kind.label("en"))),
    ]
    made = [(name, f"{{{value}}}") for name, value in found if value]
    if month.isdigit() and 1 <= int(month) <= 12:
        made.insert(3, ("month", _MONTHS[int(month) - 1]))
    return made


def _people(agents: list[Agent]) -> str:
    names = [_name(agent) for agent in agents[:MAXIMUM_AUTHORS]]
    return " and ".join([*names, "others"] if len(agents) > MAXIMUM_AUTHORS else names)


def _name(agent: Agent) -> str:
    """``Family, Given``; an organisation in braces, so that BibTeX does not look for a family name in it."""
    if agent.is_person and agent.family:
        parts = [_part(agent.family), _part(agent.given)] if agent.given else [_part(agent.family)]
        return ", ".join(parts)
    return f"{{{latex(agent.name)}}}"


def _part(text: str) -> str:
    """A part of a name; one that BibTeX could take apart (a comma, the word "and") is kept together by braces."""
    written = latex(text)
    return f"{{{written}}}" if re.search(r",|\band\b", written, re.I) else written


def _verbatim(address: str) -> str:
    """An address as it is, without what would end the field; spaces and braces are percent-encoded."""
    encoded = address.replace("{", "%7B").replace("}", "%7D").replace("\\", "%5C").replace(" ", "%20")
    return "".join(one if one.isascii() else "".join(f"%{byte:02X}" for byte in one.encode()) for one in encoded)


def _key(facts: Facts) -> str:
    first = facts.creators[0] if facts.creators else None
    name = (first.family or first.name.split(",")[0]) if first else facts.publisher
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    letters = re.sub(r"[^A-Za-z]", "", ascii_name)[:30].lower() or "dop2i"
    number = re.sub(r"[^A-Za-z0-9]", "", facts.id)
    return f"{letters}_{facts.year or 'nd'}" + (f"_{number}" if number else "")
