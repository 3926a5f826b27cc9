"""What the page says under "Use this" is run as it stands, against a real server, and reads the same numbers."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import shutil
import subprocess
import sys
import time
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from live_server import Live
from pdfs import pdf

ENERGY = np.random.default_rng(3).exponential(10.0, size=300)


def _files(folder: Path) -> dict[str, bytes]:
    """The same energies in five formats, and a report of two pages."""
    import h5py
    import pyarrow as pa
    import pyarrow.parquet as pq
    import uproot
    from astropy.io import fits

    folder.mkdir()
    with uproot.recreate(folder / "a.root") as root:
        root.mktree("tree/events", {"energy": "f8", "n": "i8"}).extend({"energy": ENERGY, "n": np.arange(300)})
        root["ntuple"] = {"energy": ENERGY, "n": np.arange(300)}
    with h5py.File(folder / "a.h5", "w") as file:
        table = np.zeros(300, dtype=[("energy", "f8"), ("n", "i4")])
        table["energy"] = ENERGY
        file["compound"] = table
        file.create_group("columns")["energy"] = ENERGY
        file["columns/n"] = np.arange(300)
    column = fits.Column("energy", "D", array=ENERGY)
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns([column], name="EVENTS")]).writeto(folder / "a.fits")
    rows = "".join(f"{value!r},{i}\n" for i, value in enumerate(ENERGY.tolist()))
    (folder / "a.csv").write_text("energy,n\n" + rows)
    pq.write_table(pa.table({"energy": ENERGY, "n": np.arange(300)}), folder / "a.parquet")
    (folder / "report.pdf").write_bytes(pdf(["Energies", "Exponential, 10 GeV"]))
    return {f"data/{path.name}": path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def record(live: Live, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The record that holds them, described."""
    files = _files(tmp_path_factory.mktemp("use") / "files")
    made = live.published(files)
    with live.session() as session:
        for key in files:
            for _attempt in range(240):
                described = session.get(f"{live.url}/api/records/{made['id']}/files/{key}/views").json()
                if described.get("described"):
                    break
                time.sleep(0.25)
            assert described["views"], session.get(f"{live.url}/api/records/{made['id']}/files/{key}/description").text
    return made


CASES = {
    "data/a.root": ("tree/events", "uproot", "energy"),
    "data/a.root#": ("ntuple", "uproot", "data['energy']"),
    "data/a.h5": ("compound", "h5py", "data['energy']"),
    "data/a.h5#": ("columns", "h5py", "data['energy']"),
    "data/a.fits": ("EVENTS", "astropy", "table['energy']"),
    "data/a.csv": ("table", "pandas", "data['energy']"),
    "data/a.parquet": ("data", "pyarrow", "data['energy'].to_numpy()"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_python_of_the_page_reads_the_column(live: Live, record: dict[str, Any], case: str) -> None:
    part, library, name = CASES[case]
    key = case.rstrip("#")
    with live.session() as session:
        asked = {"view": "distribution", "part": part, "column": "energy", "as": "ipynb"}
        notebook = session.get(f"{live.url}/records/{record['id']}/look-figure/{key}", params=asked).json()
    text = notebook["cells"][-1]["source"]
    assert library in text
    said = io.StringIO()
    scope: dict[str, Any] = {}
    with contextlib.redirect_stdout(said):
        exec(compile(text, "use-this.py", "exec"), scope)
    assert said.getvalue().strip()
    assert np.asarray(eval(name, scope))[:300] == pytest.approx(ENERGY)


def test_the_python_of_a_document_prints_the_words_of_the_page(live: Live, record: dict[str, Any]) -> None:
    asked = {"view": "pages", "part": "pages", "page": "2", "as": "ipynb"}
    with live.session() as session:
        address = f"{live.url}/records/{record['id']}/look-figure/data/report.pdf"
        text = session.get(address, params=asked).json()["cells"][-1]["source"]
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(text, "use-this.py", "exec"), {})
    assert said.getvalue().split("\n")[:2] == ["2 pages", "Exponential, 10 GeV"]


def test_the_commands_of_the_page_run(live: Live, record: dict[str, Any], tmp_path: Path) -> None:
    with live.session() as session:
        page = session.get(f"{live.url}/records/{record['id']}/look/data/a.csv").text
    codes = [unescape(text) for text in re.findall(r"<pre class=\"code\"[^>]*><code>(.*?)</code></pre>", page, re.S)]
    get = shlex.split(next(text for text in codes if text.startswith("dop2i get")))
    subprocess.run([sys.executable, "-m", "dop2i.faces.cli.main", *get[1:], "--to", str(tmp_path)], check=True)
    assert (tmp_path / "data" / "a.csv").read_text().startswith("energy,n\n")
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    curl = next(text for text in codes if text.startswith("curl"))
    done = subprocess.run(["sh", "-c", curl], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("energy,n\n")


def test_the_api_gives_the_figure_as_numbers_and_as_csv(live: Live, record: dict[str, Any]) -> None:
    base = f"{live.url}/api/records/{record['id']}/files/data/a.root"
    with live.session() as session:
        views = session.get(f"{base}/views").json()
        first = next(view for view in views["views"] if view["view"] == "distribution")
        part = next(part for part in first["parts"] if part["part"] == "tree/events")
        assert {"column", "where", "bins"} <= {parameter["name"] for parameter in first["parameters"]}
        figure = session.get(part["links"]["figure"], params={"column": "energy", "bins": "10"}).json()
        assert sum(figure["counts"]) == len(ENERGY)
        table = session.get(
            f"{base}/views/distribution", params={"part": "tree/events", "bins": "10"}, headers={"Accept": "text/csv"}
        )
        assert table.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert len(table.text.splitlines()) == 11
        wrong = session.get(f"{base}/views/distribution", params={"part": "tree/events", "where": "enrgy > 1"})
        assert wrong.status_code == 400
        assert wrong.headers["Content-Type"] == "application/problem+json"
        assert wrong.json()["errors"][0]["field"] == "where"
        assert session.get(f"{base}/views/nothing").status_code == 404
        assert session.get(f"{base}/views/table", params={"part": "none"}).status_code == 404
        assert session.get(f"{base}.none/views").status_code == 404


def test_a_file_may_be_called_like_an_address_of_the_api(live: Live) -> None:
    keys = {"a": b"x,y\n1,2\n", "a/views": b"1", "a.csv/views/table": b"2"}
    record = live.published({key: content for key, content in keys.items() if key != "a"})
    with live.session() as session:
        for key in ("a/views", "a.csv/views/table"):
            found = session.get(f"{live.url}/api/records/{record['id']}/files/{key}").json()
            assert found["key"] == key
            assert json.dumps(found).count(key)
