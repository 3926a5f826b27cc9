"""Chloé reads what others wrote: prose, notebooks, code, configuration. Mallory writes some of it."""

from __future__ import annotations

import base64
import json
import re
from html.parser import HTMLParser
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dop2i.core.formats import BytesSource
from dop2i.core.views import draw, figure_from_json, views_of
from dop2i.core.views._code import page_of
from dop2i.core.views._indented import indented_json, indented_xml
from dop2i.core.views._prose import markdown
from dop2i.core.views._sanitiser import KEPT, harmless
from dop2i.core.views.figures import Document
from dop2i.errors import InvalidValue, UnreadableFile

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><animate onbegin=alert(1)></svg>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href=' javascript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='//evil.example/'>x</a>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>",
    "<form><button formaction=javascript:alert(1)>x</button></form>",
    "<div style='background:url(javascript:alert(1))' onclick=alert(1)>x</div>",
    "<textarea></textarea><script>alert(1)</script>",
    "<template><script>alert(1)</script></template>",
    "<xmp><script>alert(1)</script></xmp><plaintext><script>alert(1)</script>",
    "<object data='javascript:alert(1)'></object><embed src='javascript:alert(1)'>",
    "<base href='https://evil.example/'><link rel=stylesheet href='https://evil.example/x.css'>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "<p class='tex\" onmouseover=alert(1) x=\"'>x</p>",
    "<!--><script>alert(1)</script>-->",
    "<b\x00 onclick=alert(1)>x</b>",
    "<table><caption><svg><foreignObject><script>alert(1)</script></foreignObject></svg></caption></table>",
]


class Seen(HTMLParser):
    """The elements and attributes that a lenient parser finds."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def assert_harmless(html: str) -> None:
    seen = Seen(html)
    assert seen.elements <= KEPT
    for name, value in seen.attributes:
        assert name in {"href", "rel", "class", "colspan", "rowspan", "scope", "start"}
        if name == "href":
            scheme = re.match(r"\s*([a-z0-9+.-]*)\s*:", value, re.I)
            assert scheme is None or scheme.group(1).lower() in {"http", "https", "mailto"}
            assert not value.startswith(("//", "\\"))


@pytest.mark.parametrize("attack", ATTACKS)
def test_mallory_writes_html_and_nothing_of_it_can_run(attack: str) -> None:
    for html in (harmless(attack), markdown(attack), markdown(f"- a\n\n  {attack}\n\n| {attack} |\n|---|\n| x |")):
        assert_harmless(html)


@given(st.text(alphabet="<>/=\"'&;:!-#aAbp hrefonclickscriptstylesvgmathtabletd\n\t`$[]()*_\\x00{}", max_size=200))
def test_whatever_is_written_only_plain_elements_come_out(text: str) -> None:
    assert_harmless(harmless(text))
    assert_harmless(markdown(text))


def test_what_is_made_harmless_stays_as_it_is_when_made_harmless_again() -> None:
    for attack in ATTACKS:
        once = harmless(attack)
        assert harmless(once) == once


def test_chloe_reads_prose_with_tables_and_links_and_pictures_told_in_words() -> None:
    html = markdown("# Title\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n[data](run1/a.csv) ![a plot](x.png) ~~old~~")
    assert "<h2>Title</h2>" in html
    assert '<table class="table">' in html
    assert '<a href="run1/a.csv" rel="nofollow noopener">data</a>' in html
    assert "[a plot]" in html
    assert "<img" not in html


def test_formulas_keep_their_tex_and_prices_are_no_formulas() -> None:
    html = markdown(
        "$a_b * c_d$ costs $5 and $10.\n\n$$\n\\chi^2 = \\sum_i x_i\n$$\n\n\\begin{align}\na &= b\n\\end{align}\n"
    )
    assert '<code class="tex">a_b * c_d</code>' in html
    assert "costs $5 and $10." in html
    assert html.count('class="tex tex-display"') == 2
    assert "\\sum_i x_i" in html
    assert '<code class="tex">x &lt; y</code>' in markdown("$x < y$")


def notebook(*cells: dict[str, object], **more: object) -> BytesSource:
    document = {"nbformat": 4, "metadata": {"language_info": {"name": "python"}}, "cells": list(cells), **more}
    return BytesSource("fit.ipynb", json.dumps(document).encode())


def code(source: str, *outputs: dict[str, object]) -> dict[str, object]:
    return {"cell_type": "code", "execution_count": 1, "source": source, "outputs": list(outputs)}


def shown(**data: object) -> dict[str, object]:
    kinds = {name.replace("_", "/", 1).replace("_", "+"): value for name, value in data.items()}
    return {"output_type": "display_data", "data": kinds, "metadata": {}}


def png() -> bytes:
    from PIL import Image

    stream = BytesIO()
    Image.new("RGB", (4, 3), "red").save(stream, "PNG")
    return stream.getvalue()


def read(source: BytesSource, **values: str) -> Document:
    made = draw(source, view="document", part="text", values=values)
    assert isinstance(made, Document)
    assert figure_from_json(json.loads(json.dumps(made.to_json()))) == made
    return made


def test_chloe_reads_a_notebook_with_its_outputs() -> None:
    made = read(
        notebook(
            {"cell_type": "markdown", "source": ["# Fit\n", "with $\\tau$"]},
            code("import numpy", shown(image_png=base64.b64encode(png()).decode(), text_plain="<Figure>")),
            code("t", shown(text_html="<table><tr><td>1</td></tr></table>", text_plain="x")),
            code("print(1)", {"output_type": "stream", "text": ["\x1b[31mred\x1b[0m\n"]}),
            code("1/0", {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["\x1b[0;31mTB"]}),
            {"cell_type": "raw", "source": "raw <b>"},
        )
    )
    assert "<h2>Fit</h2>" in made.html
    assert 'class="hl-kn"' in made.html
    assert made.html.count('src="data:image/png;base64,') == 1
    assert "<td>1</td>" in made.html
    assert ">red" in made.html
    assert ">TB" in made.html
    assert "raw &lt;b&gt;" in made.html


def test_mallorys_notebook_shows_its_words_and_runs_nothing() -> None:
    lie = base64.b64encode(b"<svg onload=alert(1)>").decode()
    made = read(
        notebook(
            {"cell_type": "markdown", "source": "<script>alert(1)</script><img src=x onerror=alert(1)>words"},
            code("x", shown(text_html="<script>alert(1)</script><b onclick=alert(1)>bold</b>")),
            code("x", shown(image_png=lie), shown(**{"image_svg_xml": "<svg onload=alert(1)/>"})),
            code("x", shown(application_javascript="alert(1)")),
            code("</code></pre><script>alert(1)</script>"),
        )
    )
    without_pictures = re.sub(r"<section class=\"nb-cell[^>]*>|</?section>|<pre class=\"[^\"]*\">", "", made.html)
    assert "<script" not in made.html
    assert "onerror=" not in without_pictures.replace("&lt;", "")
    assert "<svg" not in made.html
    assert "data:image" not in made.html
    assert "<b>bold</b>" in made.html
    assert made.notes == ["outputs left out"]


def test_an_old_notebook_of_format_3_is_read_too() -> None:
    cells = [
        {"cell_type": "heading", "level": 2, "source": "Old"},
        {
            "cell_type": "code",
            "prompt_number": 7,
            "input": "print 1",
            "outputs": [{"output_type": "stream", "text": "1"}],
        },
    ]
    source = BytesSource("old.ipynb", json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]}).encode())
    made = read(source)
    assert "<h3>Old</h3>" in made.html
    assert "[7]" in made.html


def test_a_long_notebook_is_turned_by_pages() -> None:
    source = notebook(*[code(f"step_{number}") for number in range(100)])
    assert read(source).pages == 3
    assert "step_99" in read(source, page="2").html
    assert "step_99" not in read(source).html
    with pytest.raises(InvalidValue):
        read(source, page="two")


@pytest.mark.parametrize("line", ["a" * 30, "a" * 300_001, "é" * 100, "x"])
def test_pages_of_a_text_hold_each_letter_once(line: str) -> None:
    text = "\n".join(f"{number} {line}" for number in range(1 + 700_000 // (len(line) + 5)))
    source = BytesSource("log.txt", text.encode())
    first = page_of(source, 0)
    pages = [page_of(source, number) for number in range(first.pages)]
    letters = sum(len(one) for page in pages for one in page.lines)
    assert letters == len(text.replace("\n", ""))
    assert all(sum(map(len, page.lines)) < 320_000 for page in pages)
    assert pages[-1].first is not None
    assert pages[-1].first + len(pages[-1].lines) - 1 >= text.count("\n")


def test_ten_megabytes_of_json_on_one_line_cost_a_page() -> None:
    source = BytesSource("one.json", json.dumps(list(range(1_600_000))).encode())
    assert source.size > 10_000_000
    made = read(source, page="50")
    assert made.pages > 90
    assert len(made.to_json()["html"]) < 4_000_000


def test_json_and_xml_without_line_breaks_are_indented_and_keep_each_token() -> None:
    text = '{"a":1.10,"b":[1,2,3],"c":{"d":[],"e":{}},"f":"x,y:{z}\\"","n":[{"k":null}]}'
    made = indented_json(text)
    assert json.loads(made) == json.loads(text)
    assert "1.10" in made
    assert '"b": [1, 2, 3]' in made
    assert made.count("\n") == 13
    assert indented_xml("<r><a>1</a><b x='2'/></r>") == "<r>\n  <a>1</a>\n  <b x='2'/>\n</r>"


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
        max_leaves=20,
    )
)
def test_any_json_is_the_same_after_it_was_indented(value: object) -> None:
    assert json.loads(indented_json(json.dumps(value))) == value


def test_text_in_another_encoding_is_read_and_binary_content_refused() -> None:
    assert "été" in read(BytesSource("notes.txt", "Mesuré en été à Orsay.\n".encode("latin-1") * 10)).html
    assert "été" in read(BytesSource("notes.txt", "été à Orsay".encode("utf-16"))).html
    with pytest.raises(UnreadableFile, match="binary"):
        read(BytesSource("notes.txt", bytes(range(256)) * 40))


def test_markup_of_svg_and_html_is_shown_as_code() -> None:
    for name in ("draw.svg", "page.html"):
        html = read(BytesSource(name, b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")).html
        assert "<svg" not in html
        assert "onload" in html
        assert html.startswith('<ol class="code-lines">')


def test_images_and_tables_have_no_text_to_read() -> None:
    for format_name in ("image", "root", "hdf5", "fits", "parquet", "zip", "pdf"):
        assert "document" not in views_of(
            {"format": format_name, "name": "x", "media_type": "application/octet-stream"}
        )
