"""``describe`` beside the plain library: the same names, types, units, entries and ranges, read directly.

Files of a million rows in ROOT, HDF5 and FITS are made in a temporary folder. describe, the library's listing, and the
same listing with the histograms that a description also holds are run in turn; medians of the times are printed, and
the ratio of describe to each. Aim: at most 1.3 of the plain listing.

Run: python benchmarks/bench_describe.py
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
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
ROUNDS = 11


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


Facts = Callable[[np.ndarray[Any, Any]], tuple[Any, ...]]


def plain(values: np.ndarray[Any, Any]) -> tuple[Any, ...]:
    """What a listing tells of a column."""
    return str(values.dtype), values.shape, values.min(), values.max()


def with_histogram(values: np.ndarray[Any, Any]) -> tuple[Any, ...]:
    """The same with its shape."""
    return *plain(values), np.histogram(values, bins=32)[0]


def list_root(path: Path, facts: Facts) -> list[Any]:
    """Every branch of every tree, by uproot."""
    with uproot.open(path) as file:
        return [
            (tree, name, facts(branch.array(library="np")))
            for tree, kind in file.classnames().items()
            if kind == "TTree"
            for name, branch in file[tree].items()
        ]


def list_hdf5(path: Path, facts: Facts) -> list[Any]:
    """Every dataset, by h5py."""
    found: list[Any] = []

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found.append((name, dict(item.attrs), facts(item[...])))

    with h5py.File(path) as file:
        file.visititems(visit)
    return found


def list_fits(path: Path, facts: Facts) -> list[Any]:
    """Every column of every table, by astropy."""
    with fits.open(path) as units:
        return [
            (unit.name, column.name, column.unit, facts(unit.data[column.name]))
            for unit in units
            if isinstance(unit, fits.BinTableHDU)
            for column in unit.columns
        ]


def seconds(action: Callable[[], Any]) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def main() -> None:
    """Prints one JSON object a format."""
    listings = {"root": list_root, "hdf5": list_hdf5, "fits": list_fits}
    with tempfile.TemporaryDirectory() as folder:
        for name, path in make(Path(folder)).items():
            found = describe(path)
            assert not getattr(found, "error", ""), found
            actions: dict[str, Callable[[], Any]] = {
                "describe": partial(describe, path),
                "library": partial(listings[name], path, plain),
                "library with histograms": partial(listings[name], path, with_histogram),
            }
            actions["library"]()
            taken: dict[str, list[float]] = {label: [] for label in actions}
            for _ in range(ROUNDS):
                for label, action in actions.items():
                    taken[label].append(seconds(action))
            figures = {label: statistics.median(times) for label, times in taken.items()}
            result: dict[str, Any] = {"format": name, "MB": round(path.stat().st_size / 1e6, 1)}
            result |= {f"{label}, s": round(value, 3) for label, value in figures.items()}
            result["ratio"] = round(figures["describe"] / figures["library"], 2)
            result["ratio with histograms"] = round(figures["describe"] / figures["library with histograms"], 2)
            print(json.dumps({**result, "aim": 1.3}))


if __name__ == "__main__":
    main()
