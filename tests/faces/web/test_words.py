"""The French is complete and current, the numbers are in the reader's marks, the pictures have the page's colours."""

from __future__ import annotations

import ast
import gettext
import re
from pathlib import Path

import pytest

from dop2i.core.latex import plain
from dop2i.faces.web import figures
from dop2i.faces.web.plots.standalone import COLOURS

WEB = Path(figures.__file__).parent
PO = WEB / "locale" / "fr" / "LC_MESSAGES" / "django.po"


def entries() -> dict[tuple[str, str], list[str]]:
    """(context, msgid) → French texts, read from the .po file."""
    found: dict[tuple[str, str], list[str]] = {}
    for block in PO.read_text(encoding="utf-8").split("\n\n"):
        parts: dict[str, str] = {}
        key = ""
        for line in block.splitlines():
            start = re.match(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?) (".*")$', line)
            if start:
                key = start.group(1)
                parts[key] = ast.literal_eval(start.group(2))
            elif line.startswith('"') and key:
                parts[key] += ast.literal_eval(line)
        if parts.get("msgid"):
            texts = [text for name, text in parts.items() if name.startswith("msgstr")]
            found[(parts.get("msgctxt", ""), parts["msgid"])] = texts
    return found


def test_every_text_has_its_french() -> None:
    found = entries()
    assert len(found) > 400
    assert [key for key, texts in found.items() if not all(texts)] == []
    assert "#, fuzzy" not in PO.read_text(encoding="utf-8")


def test_the_compiled_french_is_that_of_the_text_file() -> None:
    with PO.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for (context, msgid), texts in entries().items():
        if len(texts) == 1:
            said = compiled.pgettext(context, msgid) if context else compiled.gettext(msgid)
            assert said == texts[0]


def test_every_text_of_the_templates_is_in_the_file() -> None:
    known = {msgid for _context, msgid in entries()}
    for template in WEB.glob("templates/**/*.html"):
        for msgid in re.findall(r'{% translate "([^"]+)"', template.read_text(encoding="utf-8")):
            assert msgid.replace("%", "%%") in known or msgid in known, (
                f"{template.name}: run makemessages for {msgid!r}"
            )


def test_french_typography_holds() -> None:
    for (_context, msgid), texts in entries().items():
        for text in texts:
            assert not re.search(r"[^\u202f\s][;!?]|[ ][;!?:»]|« |'", text.replace("?q=", "")), f"{msgid!r}: {text!r}"


def test_placeholders_are_the_same_in_french() -> None:
    for (_context, msgid), texts in entries().items():
        for text in texts:
            assert set(re.findall(r"%\((\w+)\)s", text)) <= set(re.findall(r"%\((\w+)\)s", msgid)) | {"n", "shown"}


@pytest.mark.parametrize(
    ("value", "english", "french"),
    [
        (28086, "28,086", "28\u202f086"),
        (3.25, "3.25", "3,25"),
        (-1.5e-9, "−1.5\u00a0×\u00a010⁻⁹", "−1,5\u00a0×\u00a010⁻⁹"),
        (0, "0", "0"),
        (None, "–", "–"),
        (float("nan"), "–", "–"),
        ("text", "text", "text"),
    ],
)
def test_numbers_are_in_the_marks_of_the_language(value: object, english: str, french: str) -> None:
    assert figures.number(value, "en") == english
    assert figures.number(value, "fr") == french


def test_sizes_and_dates_are_in_words() -> None:
    assert figures.size(3_100_000, "en") == "3.1\u00a0MB"
    assert figures.size(3_100_000, "fr") == "3,1\u00a0Mo"
    assert figures.size(0, "fr") == "0\u00a0o"
    assert figures.size(999_999, "en") == "1\u00a0MB"
    assert figures.edtf_date("2027-03-01", "fr") == "1ᵉʳ\u00a0mars 2027"
    assert figures.edtf_date("2027-03-01", "en") == "1\u00a0March 2027"
    assert figures.edtf_date("2025-09/2025-10", "en") == "September 2025 – October 2025"
    assert figures.edtf_date("2020", "fr") == "2020"
    assert figures.edtf_date("around 1990", "fr") == "around 1990"


def test_latex_of_names_is_read_as_letters() -> None:
    assert plain(r"$\phi_{2}$ of $\mathrm{t\bar{t}}$") == "φ₂ of tt̄"
    assert plain("#sqrt{s} [GeV]") == "√s [GeV]"
    assert plain("p_T") == "p_T"


def test_pictures_have_the_colours_of_the_page() -> None:
    tokens = (WEB / "static" / "css" / "tokens.css").read_text(encoding="utf-8")
    for name, (light, dark) in COLOURS.items():
        assert re.search(rf"--{name}:\s*light-dark\({light}, {dark}\)", tokens), name
