"""A sample file for every format, written by the format's own library.

``SAMPLES`` maps a reader's name to functions that write one file each into a folder and return its path. A module
``samples_*.py`` beside this one adds its own ``SAMPLES``; a new reader needs no change here.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

Maker = Callable[[Path], Path]


def root_tree(folder: Path) -> Path:
    """A TTree with scalars, a vector and text, a histogram and a nested folder."""
    import awkward as ak
    import uproot

    path = folder / "events.root"
    random = np.random.default_rng(1)
    with uproot.recreate(path) as file:
        file["calibration/pedestal"] = np.histogram(random.normal(size=1000), bins=20, range=(-3, 3))
        file["tree/events"] = {
            "run": np.full(200, 316239, dtype=np.int32),
            "energy": random.exponential(10.0, size=200),
            "hits": ak.Array([[1.5] * (number % 4) for number in range(200)]),
        }
    return path


def hdf5_groups(folder: Path) -> Path:
    """Columns of one length, an image, a compound table and small values."""
    import h5py

    path = folder / "detector.h5"
    with h5py.File(path, "w") as file:
        file.attrs["title"] = "Detector calibration 2024"
        events = file.create_group("events")
        energy = events.create_dataset("energy", data=np.linspace(0, 100, 500), chunks=(100,), compression="gzip")
        energy.attrs["units"] = "GeV"
        events.create_dataset("channel", data=np.arange(500, dtype=np.int16))
        file.create_dataset("image", data=np.arange(600, dtype=np.float32).reshape(20, 30))
        file.create_dataset("hits", data=np.zeros(10, dtype=[("x", "f4"), ("label", "S4")]))
        file.create_dataset("temperature", data=293.15)
    return path


def gwosc_strain(folder: Path) -> Path:
    """Strain in the layout of the Gravitational Wave Open Science Center."""
    import h5py

    path = folder / "H-H1_SAMPLE-1126259446-4.hdf5"
    with h5py.File(path, "w") as file:
        values = {"Description": "Strain data", "Detector": "H1", "Duration": 4, "GPSstart": 1126259446}
        for name, value in values.items():
            file[f"meta/{name}"] = value
        strain = file.create_dataset("strain/Strain", data=np.sin(np.arange(1024)) * 1e-21)
        strain.attrs["Xspacing"] = 1 / 256
    return path


def netcdf_classic(folder: Path) -> Path:
    """A classic file with record variables of several types, one packed."""
    return _netcdf(folder / "bpm.nc", "NETCDF3_CLASSIC")


def netcdf_four(folder: Path) -> Path:
    """The same as NetCDF-4."""
    return _netcdf(folder / "bpm4.nc", "NETCDF4")


def _netcdf(path: Path, kind: str) -> Path:
    import netCDF4

    with netCDF4.Dataset(path, "w", format=kind) as file:
        file.title = "Beam position monitors"
        file.time_coverage_start = "2020-10-16T00:00:00Z"
        file.time_coverage_end = "2020-10-17T00:00:00Z"
        file.createDimension("time", None)
        file.createDimension("bpm", 3)
        time = file.createVariable("time", "f8", ("time",))
        time.units = "seconds since 2020-10-16"
        time[:] = np.arange(50)
        loss = file.createVariable("loss", "i2", ("time", "bpm"), fill_value=-999)
        loss.scale_factor = 0.5
        loss.long_name = "beam loss"
        loss[:] = np.ma.masked_array(np.arange(150.0).reshape(50, 3), mask=[[0, 0, 1]] * 50)
    return path


def fits_image(folder: Path) -> Path:
    """An image on the sky, with a date and an instrument, and a binary table."""
    from astropy.io import fits

    path = folder / "sky.fits"
    image = fits.PrimaryHDU(np.arange(600, dtype=np.float32).reshape(20, 30))
    cards = {
        **{"TELESCOP": "HESS", "INSTRUME": "CT5", "OBJECT": "Crab Nebula", "DATE-OBS": "2019-01-02T03:04:05"},
        **{"EXPOSURE": 1800.0, "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 83.633, "CRVAL2": 22.0145},
        **{"CRPIX1": 15.5, "CRPIX2": 10.5, "CDELT1": -0.1, "CDELT2": 0.1, "CUNIT1": "deg", "CUNIT2": "deg"},
    }
    image.header.update(cards)
    columns = [
        fits.Column("energy", "E", unit="TeV", array=np.linspace(0.1, 10, 40)),
        fits.Column("id", "J", array=np.arange(40)),
        fits.Column("name", "5A", array=["event"] * 40),
        fits.Column(
            "pixels", "PI()", array=np.array([np.arange(n % 5, dtype=np.int16) for n in range(40)], dtype=object)
        ),
    ]
    fits.HDUList([image, fits.BinTableHDU.from_columns(columns, name="EVENTS")]).writeto(path)
    return path


def fits_packed(folder: Path) -> Path:
    """The same file under gzip."""
    import gzip

    plain = fits_image(folder)
    path = folder / "sky.fits.gz"
    path.write_bytes(gzip.compress(plain.read_bytes()))
    plain.unlink()
    return path


def fits_tiles(folder: Path) -> Path:
    """A tile-compressed image (``.fz``)."""
    from astropy.io import fits

    path = folder / "tiles.fits.fz"
    pixels = np.arange(6400, dtype=np.int16).reshape(80, 80)
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(pixels, compression_type="RICE_1")]).writeto(path)
    return path


def votable_data(folder: Path) -> Path:
    """Positions in degrees with UCDs, as TABLEDATA."""
    return _votable(folder / "catalogue.vot", "tabledata")


def votable_binary(folder: Path) -> Path:
    """The same as BINARY2."""
    return _votable(folder / "catalogue-binary.vot", "binary2")


def _votable(path: Path, serialisation: str) -> Path:
    from astropy.table import MaskedColumn, Table

    table = Table({"ra": np.linspace(10, 12, 30), "dec": np.linspace(-1, 1, 30), "name": [f"s{n}" for n in range(30)]})
    table["ra"].unit = table["dec"].unit = "deg"
    table["flux"] = MaskedColumn(np.arange(30), mask=[number % 10 == 0 for number in range(30)])
    table.write(path, format="votable", tabledata_format=serialisation)
    return path


def parquet_table(folder: Path) -> Path:
    """Numbers with nulls, text, lists and structs in three row groups."""
    import pyarrow.parquet as pq

    path = folder / "events.parquet"
    pq.write_table(_arrow_table(), path, row_group_size=100)
    return path


def arrow_file(folder: Path) -> Path:
    """An IPC file, which is also Feather version 2."""
    import pyarrow.feather as feather

    path = folder / "events.feather"
    feather.write_feather(_arrow_table(), path)
    return path


def arrow_stream(folder: Path) -> Path:
    """An IPC stream."""
    import pyarrow as pa

    path, table = folder / "events.arrows", _arrow_table()
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table, max_chunksize=100)
    return path


def _arrow_table():
    import pyarrow as pa

    return pa.table(
        {
            "energy": np.linspace(0, 1, 300),
            "count": pa.array([1, None, 3] * 100),
            "label": ["muon", "pion", "kaon"] * 100,
            "hits": pa.array([[1.0, 2.0], None, []] * 100),
            "vertex": pa.array([{"x": 1, "y": 2}] * 300),
            "when": np.arange(300).astype("datetime64[s]"),
        }
    )


SAMPLES: dict[str, list[Maker]] = {
    "root": [root_tree],
    "hdf5": [hdf5_groups, gwosc_strain],
    "netcdf": [netcdf_classic, netcdf_four],
    "fits": [fits_image, fits_packed, fits_tiles],
    "votable": [votable_data, votable_binary],
    "parquet": [parquet_table],
    "arrow": [arrow_file, arrow_stream],
}


def _gather() -> None:
    """Adds the samples of the modules beside this one; they may give one function or a list of them."""
    for module_info in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if module_info.name.startswith("samples_"):
            for name, makers in importlib.import_module(module_info.name).SAMPLES.items():
                SAMPLES.setdefault(name, []).extend(makers if isinstance(makers, list) else [makers])


_gather()
