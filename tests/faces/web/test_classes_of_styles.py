"""What the style sheets style is there, and what the pages name has a style or a reason."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

FACE = Path(__file__).parents[3] / "src" / "dop2i"
STYLES = FACE / "faces" / "web" / "static" / "css"
COMPOSED = re.compile(r"(depth|evidence|hl|is|series|sky)-\w+")
"""Classes whose end is filled in: ``class="evidence-{{ chip.kind }}"``, ``f"series-{place}"``."""
OTHERS = {"js-plotly-plot", "plot-container", "svg-container"}
"""Those that Plotly gives."""
LIST = "list"
"""A list of any class has no marks: ``ul[class]``."""


def styled() -> dict[str, str]:
    """Every class of the style sheets, and where it stands."""
    found = {}
    for path in sorted(STYLES.glob("*.css")):
        text = re.sub(r'/\*.*?\*/|url\([^)]*\)|"[^"]*"', " ", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        for selectors in re.findall(r"([^{};]+)\{", text):
            found |= dict.fromkeys(re.findall(r"\.(-?[A-Za-z_][\w-]*)", selectors), path.name)
    return found


@pytest.fixture(scope="module")
def words() -> set[str]:
    """Every word of the templates, the scripts and the programs of the product."""
    found: set[str] = set()
    for path in FACE.rglob("*"):
        if path.suffix in {".html", ".js", ".mjs", ".py", ".svg"} and "vendor" not in path.parts:
            found.update(re.findall(r"[A-Za-z_][\w-]*", path.read_text(encoding="utf-8")))
    return found


def test_every_class_of_the_style_sheets_is_on_some_page(words: set[str]) -> None:
    classes = styled()
    assert len(classes) > 300
    unused = {name: file for name, file in classes.items() if name not in words | OTHERS}
    assert not {name: file for name, file in unused.items() if not COMPOSED.fullmatch(name)}, "nothing has these"


def test_every_class_of_a_template_is_styled() -> None:
    classes, missing = styled(), set()
    for path in FACE.rglob("*.html"):
        for written in re.findall(r'class="((?:[^"{]|\{\{.*?\}\}|\{%.*?%\})*)"', path.read_text(encoding="utf-8")):
            plain = re.sub(r"\S*\{\{.*?\}\}\S*", " ", re.sub(r"\{%.*?%\}", " ", written))
            missing |= {f"{path.name}: {name}" for name in plain.split() if name not in {*classes, LIST}}
    assert not missing, sorted(missing)
