"""``describe`` beside the plain library: the same names, types, units, entries, ranges and histograms, read directly.

Files of a million rows in ROOT, HDF5 and FITS are made in a temporary folder. Each pair is run alternately; medians of
the times and their ratio are printed. Aim: a ratio of at most 1.3.

Run: python benchmarks/bench_describe.py
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import uproot
from astropy.io import fits
from astropy.table import Table

from dop2i.client.local import describe

ROWS = 1_000_000
COLUMNS = 8
ROUNDS = 5


def make(folder: Path) -> dict[str, Path]:
    """The three files, with the same columns."""
    generator = np.random.default_rng(42)
    columns = {f"c{number}": generator.normal(size=ROWS) for number in range(COLUMNS - 2)}
    columns["run"] = generator.integers(0, 1000, ROWS)
    columns["hits"] = generator.integers(0, 100, ROWS).astype(np.int32)
    paths = {"root": folder / "x.root", "hdf5": folder / "x.hdf5", "fits": folder / "x.fits"}
    with uproot.recreate(paths["root"]) as file:
        file.mktree("events", {name: values.dtype for name, values in columns.items()}).extend(columns)
    with h5py.File(paths["hdf5"], "w") as file:
        for name, values in columns.items():
            file.create_dataset(f"events/{name}", data=values).attrs["unit"] = "mm"
    Table(columns).write(paths["fits"])
    return paths


def facts(values: np.ndarray[Any, Any]) -> tuple[Any, ...]:
    """What a listing tells of a column."""
    return str(values.dtype), values.shape, values.min(), values.max(), np.histogram(values, bins=32)[0]


def list_root(path: Path) -> list[Any]:
    """Every branch of every tree, by uproot."""
    with uproot.open(path) as file:
        return [
            (tree, name, facts(branch.array(library="np")))
            for tree, kind in file.classnames().items()
            if kind == "TTree"
            for name, branch in file[tree].items()
        ]


def list_hdf5(path: Path) -> list[Any]:
    """Every dataset, by h5py."""
    found: list[Any] = []

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found.append((name, dict(item.attrs), facts(item[...])))

    with h5py.File(path) as file:
        file.visititems(visit)
    return found


def list_fits(path: Path) -> list[Any]:
    """Every column of every table, by astropy."""
    with fits.open(path) as units:
        return [
            (unit.name, column.name, column.unit, facts(unit.data[column.name]))
            for unit in units
            if isinstance(unit, fits.BinTableHDU)
            for column in unit.columns
        ]


def seconds(function: Callable[[Path], Any], path: Path) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    function(path)
    return time.perf_counter() - start


def main() -> None:
    """Prints one JSON object a format."""
    direct = {"root": list_root, "hdf5": list_hdf5, "fits": list_fits}
    with tempfile.TemporaryDirectory() as folder:
        for name, path in make(Path(folder)).items():
            found = describe(path)
            assert not getattr(found, "error", ""), found
            direct[name](path)
            ours, theirs = [], []
            for _ in range(ROUNDS):
                ours.append(seconds(describe, path))
                theirs.append(seconds(direct[name], path))
            mine, plain = statistics.median(ours), statistics.median(theirs)
            result = {"format": name, "MB": round(path.stat().st_size / 1e6, 1), "describe, s": round(mine, 3)}
            print(json.dumps({**result, "library, s": round(plain, 3), "ratio": round(mine / plain, 2), "aim": 1.3}))


if __name__ == "__main__":
    main()
