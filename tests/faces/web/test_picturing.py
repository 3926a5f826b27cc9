"""Which picture tells most of what a file holds, and that no file can break the drawing."""

from __future__ import annotations

import base64
import gzip
import io
import json
import math
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pdfs import pdf
from PIL import Image

from dop2i.faces.web import drawing
from dop2i.faces.web.picturing import best_picture, telling
from dop2i.faces.web.plots.hits import Module, hits_picture
from dop2i.faces.web.plots.standalone import standalone

PEAK = [1, 4, 20, 60, 90, 60, 20, 4, 1, 0]
FLAT = [10] * 10


def column(name: str, counts: list[int] | None = None, **facts: Any) -> dict[str, Any]:
    return {"name": name, "dtype": "float64", "entries": 100, "minimum": 0.0, "maximum": 9.0,
            "histogram": PEAK if counts is None else counts, **facts}  # fmt: skip


def described(*columns: dict[str, Any], rows: int = 100, kind: str = "table", **facts: Any) -> dict[str, Any]:
    return {"format": "csv", "tables": [{"name": "t", "kind": kind, "rows": rows, "columns": list(columns)}], **facts}


def chosen(description: dict[str, Any]) -> Any:
    return best_picture(description, key="f", sha256="0" * 64)


@pytest.mark.parametrize(
    "bookkeeping",
    [
        "event_id",
        "run_number",
        "flag",
        "Evt/frame_index",
        "hits.dom_id",
        "quality",
        "trigger_mask",
        "pdgid",
        "E_reco_bin",
    ],
)
def test_physics_is_drawn_before_bookkeeping(bookkeeping: str) -> None:
    for name in ("energy", "something"):
        assert chosen(described(column(bookkeeping), column(name))).columns == (name,)
        assert telling({}, [column(bookkeeping), column(name)])["name"] == name


def test_bookkeeping_is_drawn_when_there_is_nothing_else() -> None:
    assert chosen(described(column("run_number"))).columns == ("run_number",)


def test_a_spectrum_against_energy_is_told_from_any_column_that_says_so() -> None:
    found = chosen(described(column("Energy", unit="GeV"), column("E^2 F(E)", unit="GeV cm-2 s-1 sr-1"), rows=41))
    assert (found.kind, found.columns) == ("spectrum", ("Energy", "E^2 F(E)"))
    with_error = chosen(described(column("e_ref"), column("dnde"), column("dnde_err"), rows=12))
    assert with_error.columns == ("e_ref", "dnde", "dnde_err")


def test_strain_is_known_by_its_name_and_brings_its_rate() -> None:
    table = {"name": "strain/Strain", "kind": "series", "rows": 131072, "columns": [column("Strain")],
             "attributes": {"sampling rate [Hz]": 4096.0}}  # fmt: skip
    found = chosen({"format": "hdf5", "tables": [table]})
    assert (found.kind, found.extra) == ("strain", {"rate": 4096.0})


def test_the_light_of_an_event_is_drawn_before_all_else() -> None:
    hits = [column(name) for name in ("dom_id", "t", "tot", "pos_x", "pos_y", "pos_z")]
    found = chosen(described(*hits, rows=28086))
    assert (found.kind, found.columns) == ("hits", ("pos_x", "pos_y", "pos_z", "t", "tot", "dom_id"))
    tracks = [column(name) for name in ("pos_x", "pos_y", "pos_z", "t", "E")]
    assert chosen(described(*tracks, rows=500)).kind == "histogram"


def test_nuclei_are_drawn_by_charge_and_particles_by_width() -> None:
    mass = column("Mass")
    nuclei = described(mass, column("Width", minimum=-1.0), column("Charge", minimum=-300, maximum=330), rows=5880)
    assert chosen(nuclei).columns == ("Mass", "Charge")
    particles = described(mass, column("Width"), column("Charge", minimum=-6, maximum=6), rows=669)
    assert chosen(particles).columns == ("Mass", "Width")


def test_what_needs_the_file_has_a_spare_that_needs_none() -> None:
    description = described(column("Energy", unit="GeV"), column("flux dN/dE"), rows=41)
    assert chosen(description).from_file
    spare = best_picture(description, key="f", sha256="0" * 64, described=True)
    assert spare is not None
    assert spare.kind == "histogram"


def ordered(path: Path, kind: str, columns: list[str], **facts: Any) -> str:
    order = {"path": str(path), "name": path.name, "format": "json", "kind": kind, "table": "table",
             "columns": columns, "extra": {}, **facts}  # fmt: skip
    return drawing.drawn(order)


def test_the_light_of_an_event_is_drawn_from_compressed_json(tmp_path: Path) -> None:
    chance = random.Random(3)
    hits = [
        {"dom_id": n % 40, "pos_x": 90.0 * (n % 8), "pos_y": 5.0, "pos_z": 36.0 * (n % 5), "t": n * 1.5, "tot": 20}
        for n in range(400)
    ]
    chance.shuffle(hits)
    path = tmp_path / "hits.json.gz"
    path.write_bytes(gzip.compress(json.dumps({"hits": hits}).encode()))
    names = ["pos_x", "pos_y", "pos_z", "t", "tot", "dom_id"]
    drawn = ordered(path, "hits", names, format="gzip", table="hits")
    assert drawn.count("<circle") == 40
    assert "viewBox" not in drawn


def test_columns_as_pandas_writes_them_make_a_spectrum(tmp_path: Path) -> None:
    path = tmp_path / "limits.json"
    energy = {str(n): 10.0**n for n in range(2, 8)}
    path.write_text(json.dumps({"Energy [GeV]": energy, "log10(E^2 F(E) [GeV])": {k: -8 - int(k) for k in energy}}))
    assert "<circle" in ordered(path, "spectrum", ["Energy", "log10(E^2 F(E) [GeV])"])


def test_strain_is_whitened_around_its_loudest_moment() -> None:
    rate, chance = 1024, random.Random(1)
    values = [chance.gauss(0, 1e-21) + 1e-19 * math.sin(2 * math.pi * 10 * n / rate) for n in range(8 * rate)]
    for n in range(60):
        values[5000 + n] += 2e-20 * math.sin(2 * math.pi * 150 * n / rate)
    heard = drawing._whitened(values, rate)
    loudest = max(range(rate, 7 * rate), key=lambda place: abs(heard[place]))
    assert 4980 < loudest < 5080
    assert drawing._strain([list(values)], rate).startswith("<svg")
    assert drawing._strain([list(values)], 0.0).startswith("<svg")


@given(
    st.lists(
        st.builds(Module, st.floats(-1e4, 1e4), st.floats(-1e4, 1e4), st.floats(0, 1e6), st.floats(-1e6, 1e6)),
        max_size=60,
    )
)
def test_any_modules_make_a_picture_or_none(modules: list[Module]) -> None:
    from xml.etree import ElementTree

    drawn = hits_picture(modules)
    if drawn:
        assert "nan" not in ElementTree.tostring(ElementTree.fromstring(standalone(drawn)), encoding="unicode").lower()


def embedded(drawn: str) -> Any:
    """The picture within a drawing."""
    href = drawn.partition("base64,")[2].partition('"')[0]
    return Image.open(io.BytesIO(base64.b64decode(href)))


def test_a_document_is_the_picture_where_there_is_nothing_better(tmp_path: Path) -> None:
    report = {"format": "pdf", "headers": {"pages": 3}}
    assert chosen(report).kind == "page"
    assert chosen({"format": "pdf", "headers": {}}) is None
    assert chosen(report).score < chosen(described(column("run_upper", FLAT))).score
    for size in ((595, 842), (960, 540)):
        path = tmp_path / "report.pdf"
        path.write_bytes(pdf(["Title"], size=size))
        assert embedded(ordered(path, "page", [], format="pdf", table="")).size == pytest.approx((1280, 720), abs=1)


def test_images_are_drawn_as_they_are_looked_into(tmp_path: Path) -> None:
    import numpy as np
    from astropy.io import fits

    path = tmp_path / "sky.fits"
    pixels = np.zeros((20, 30))
    pixels[0, 0], pixels[5:15, 5:15], pixels[19, 29] = 50.0, 20.0, np.nan
    fits.PrimaryHDU(pixels).writeto(path)
    picture = embedded(ordered(path, "raster", [], format="fits", table="PRIMARY"))
    assert picture.size == (30, 20)
    shown = np.asarray(picture.convert("RGBA"))
    assert tuple(shown[19, 0]) == (0xFD, 0xE7, 0x24, 255)
    assert tuple(shown[10, 20]) == (0x44, 0x01, 0x54, 255)
    assert shown[0, 29, 3] == 0
