"""Titles with LaTeX and HTML in them are shown as they were meant, and nothing in them can act."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as some

from dop2i.core.marked import as_html, as_text, formulas_apart, formulas_as_html, formulas_as_text

ALLOWED = {"math", "mrow", "mi", "mn", "mo", "mtext", "msqrt", "mroot", "mfrac", "mover", "msub", "msup", "msubsup"} | {
    "munder",
    "munderover",
}


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        (r"Search for $B_s^0 \to \mu^+\mu^-$ at $\sqrt{s}=13$ TeV", "Search for B_s⁰ → μ⁺μ⁻ at √s = 13 TeV"),
        (r"collisions at $\sqrt{s_{NN}} = 130\ GeV$", "collisions at √(s_NN) = 130 GeV"),
        (r"the $\bar B^0 \to D^{*\,+} \, \ell^- \, \bar \nu_\ell$ decay", "the B̄⁰ → D*⁺ ℓ⁻ ν̄_ℓ decay"),
        (r"($\rm{t}\bar{\rm{t}}$) production at $\sqrt{s} = $ 8 TeV", "(tt̄) production at √s = 8 TeV"),
        (r"$\sqrt{s}=5.02~\mathrm{TeV}$", "√s = 5.02 TeV"),
        (r"$5.5 <p_\mathrm{T} < 7$~GeV/$c$", "5.5 < p_T < 7 GeV/c"),
        (r"\(e^+e^-\), \[x\], $$y$$ and $^{56}$Fe(n,$\gamma$)", "e⁺e⁻, x, y and ⁵⁶Fe(n,γ)"),
        (r"$\frac{d\sigma}{dp_T}$, $\mathbb{R}$, $\sqrt[3]{2}$, $a \not= b$", "dσ/(dp_T), ℝ, ³√2, a ≠ b"),
        (
            r"$f''\sin x$ in $5 cm$, $\slashed{E}_{\rm T}$ and $\vec p$, $13{,}000~\AA$, $\overset{(-)}{\nu}_e$",
            "f″sin x in 5cm, E\u0338_T and p\u20d7, 13,000 Å, ν^(−)_e",
        ),
        (
            r"$\mathcal{L}$, $\mathbf{pp}$, $\mathfrak{g}$, $\mathrm{d}x/\mathrm{d}t$, $\kern1em x$, $\text{a and b}$",
            r"ℒ, 𝐩𝐩, 𝔤, dx/dt, $\kern1em x$, a and b",
        ),
        ("<i>K</i><sup>+</sup> → π<sup>+</sup>νν̄ &amp; H<sub>2</sub>O, the 5<sup>th</sup>", "K⁺ → π⁺νν̄ & H₂O, the 5th"),
        (r"$p + p$$\to$ $\Upsilon$(1S), $$A^f_N$$ and $\delta$$A^f_N$", "p+p→ Υ(1S), A_N^f and δA_N^f"),
        (r"with 5 &lt; $p_T &lt; 7$ and \(R&amp;D\)", r"with 5 < p_T < 7 and \(R&D\)"),
        ("<p>Wrapped <span class='x'>in tags</span></p>", "Wrapped in tags"),
    ],
)
def test_formulas_and_tags_become_unicode(title: str, plain: str) -> None:
    assert re.sub("[\u2009\u00a0]", " ", as_text(title)) == plain


@pytest.mark.parametrize(
    "title",
    [
        "between $5 and $6 a piece",
        "costs $5 and 3 dollars$",
        "costs $$ or more than $5 a piece",
        "p < 0.05 & n > 3",
        "an <i>unclosed tag",
        "</b> the wrong way round <b>",
        r"$\unknown{x}$ and $\href{javascript:alert(1)}{x}$ and ${x$",
        r"$\def\a{\a\a}\a$ and $\newcommand{\b}{\b\b}\b$ and $\DeclareMathOperator{\c}{\c}\c$",
        r"$\style{color:red}{x}$, $\class{a}{x}$, $\color{red}x$, $\textcolor{red}{x}$, $\colorbox{red}{x_1}$",
        r"$\verb|<script>|$, $\unicode{x3c}$, $\begin{matrix}a\end{matrix}$, $\text{R & D}$, $x%y_1$, $\not$, $x^\not$",
        r"$\hspace{99em}x$, $\raise9em x$, $\rule{9em}{9em}$, $\phantom{x}$, $\frac{a}$, $a_b_c$, $x^$, $}{$",
        "<script>alert(1)</script>",
        "one $ alone, a path C:\\data",
    ],
)
def test_what_is_no_formula_and_no_tag_stays_as_it_was_written(title: str) -> None:
    assert as_text(title) == title
    assert "<math" not in as_html(title)
    assert not re.search(r"<(?!/?(?:i|b|sub|sup)>)", as_html(title))


def test_a_formula_is_mathml_that_browsers_know() -> None:
    html = as_html(r"At $\sqrt{s}=13$ <b>TeV</b> with $p_T<3$")
    assert html == (
        "At <math><mrow><msqrt><mi>s</mi></msqrt><mo>=</mo><mn>13</mn></mrow></math> <b>TeV</b> with "
        "<math><mrow><msub><mi>p</mi><mi>T</mi></msub><mo>&lt;</mo><mn>3</mn></mrow></math>"
    )
    assert as_html(
        r"$p_\mathrm{T}\approx5\,\mathrm{TeV}$, $\text{<b>}$, $\bar\Lambda$, $\left(\frac{a}{b}\right)$"
    ) == (
        '<math><mrow><msub><mi>p</mi><mi mathvariant="normal">T</mi></msub><mo>≈</mo><mn>5</mn><mtext>\u2009</mtext>'
        "<mi>TeV</mi></mrow></math>, <math><mtext>&lt;b&gt;</mtext></math>, "
        '<math><mover><mi mathvariant="normal">Λ</mi><mo stretchy="false">¯</mo></mover></math>, '
        "<math><mrow><mo>(</mo><mfrac><mi>a</mi><mi>b</mi></mfrac><mo>)</mo></mrow></math>"
    )
    assert formulas_as_html("<b>$x$</b>") == "&lt;b&gt;<math><mi>x</mi></math>&lt;/b&gt;"
    assert formulas_as_text("<b>$x^2$</b>") == "<b>x²</b>"


def test_formulas_are_set_apart_for_who_writes_latex() -> None:
    assert formulas_apart(r"a $x$ for $5 \(y\)") == [("a ", False), ("x", True), (" for $5 ", False), ("y", True)]


_SCRAPS = some.sampled_from(
    [
        *"$\\{}^_<>&'\"abc12 ~[]\u202e",
        *(r"\sqrt", r"\frac", r"\bar", r"\left(", r"\text{a}", r"\alpha", r"\to", r"\mathrm", r"\(", r"\)", r"\rm"),
        *(r"\href", r"\def", r"\not", r"\overset", r"\limits", r"\sum", r"\color", r"\right)", r"\mathbf", r"\unknown"),
        *("<i>", "</i>", "<sup>", "</sup>", "&lt;", "<script>", "$$"),
    ]
)


@given(some.lists(_SCRAPS, max_size=40).map("".join))
def test_whatever_is_written_the_html_is_well_formed_and_holds_only_what_is_allowed(title: str) -> None:
    html = as_html(title)
    for element in ET.fromstring(f"<title>{html}</title>").iter():
        assert element.tag in {"title", "i", "b", "sub", "sup"} | ALLOWED
        assert set(element.attrib) <= {"mathvariant", "stretchy"}
    as_text(title)


@given(some.lists(_SCRAPS, max_size=40).map("".join))
def test_a_formula_that_is_set_apart_has_its_braces_in_balance(title: str) -> None:
    depth = 0
    for source in (words for words, formula in formulas_apart(title) if formula):
        for sign in re.sub(r"\\.", "", source):
            depth += (sign == "{") - (sign == "}")
            assert depth >= 0
        assert depth == 0


def test_a_hundred_thousand_dollars_are_read_at_once() -> None:
    for scrap in ("$", "$a", "\\(", "\\[", "<i ", "{", "^", r"\sqrt", "$$x", r"$\bar", r"$\left(", r"$^{_{"):
        whole = scrap * 30_000
        assert as_html(whole)
        assert formulas_as_text(whole)
