"""Files cut short, damaged or lying: a described error in bounded time and memory, never a crash.

Each child process describes all damaged forms of one file under a limit of memory and time, so that a crash of a
C library, a hang or a bomb fails the test instead of ending it. The children are forked from a process that has the
formats' libraries already, which take longer to load than to run.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import random
import resource
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import PIPE

import pytest
from samples import SAMPLES

from dop2i.core.formats import FORMATS, BytesSource, describe_source

CUTS = 10
FLIPS = 12
SECONDS = 60
MEMORY = 4 * 2**30
LIBRARIES = [
    *("astropy.io.fits", "astropy.io.votable", "astropy.wcs", "awkward", "h5py", "lxml.etree", "numpy"),
    *("pyarrow.parquet", "pydicom", "pypdf", "uproot"),
]

REAL = {
    "root": ["formats/root/uproot-Zmumu.root", "formats/root/ntpl001_staff_rntuple_v1-0-1-0.root"],
    "hdf5": ["formats/nexus/chopper.nxs", "formats/openpmd/example-femm-thetaMode.h5"],
    "netcdf": ["formats/netcdf/sci_xrsf-l2-flx1s_g17_d20201016_truncated.nc"],
    "fits": ["formats/fits/test0.fits", "formats/fits/comp.fits", "formats/fits/chandra_time.fits"],
    "votable": ["formats/votable/vizier_b2_votable.xml", "formats/votable/irsa-nph-m31.xml"],
    "dicom": ["formats/dicom/CT_small.dcm", "formats/dicom/rtplan.dcm"],
    "lhe": ["formats/lhe/pylhe-testfile-whizard-3.1.4-eeWW.lhe"],
    "hepmc": ["formats/hepmc/sibyll21.dat"],
    "ensdf": ["formats/nuclear/ensdf/EGAF_03_12C_ng_13C.ens"],
    "tfs": ["formats/accelerator/tfs/file_x.tfs"],
    "sdds": ["formats/accelerator/sdds/test_file.sdds"],
}
MADE = [pytest.param(maker, id=f"{name}-{maker.__name__}") for name in FORMATS for maker in SAMPLES.get(name, [])]
KEPT = [pytest.param(path, id=Path(path).name) for name in REAL if name in FORMATS for path in REAL[name]]


def damaged_forms(data: bytes) -> list[tuple[str, bytes]]:
    """The file cut at ten places and with flipped bytes, the same ones each time."""
    forms = [(f"cut at {len(data) * part // CUTS}", data[: len(data) * part // CUTS]) for part in range(CUTS)]
    chance = random.Random(20240914)
    for number in range(FLIPS):
        flipped = bytearray(data)
        for _ in range(chance.choice([1, 3, 20])):
            place = chance.choice([chance.randrange(len(data)), chance.randrange(min(len(data), 2000))])
            flipped[place] ^= chance.choice([0xFF, 1 << chance.randrange(8)])
        forms.append((f"flip {number}", bytes(flipped)))
    return forms


def describe_all(path: Path) -> list[dict[str, str]]:
    """What each damaged form gives; run in a child process."""
    told = []
    for form, data in damaged_forms(path.read_bytes()):
        description = describe_source(BytesSource(path.name, data))
        json.dumps(description.to_json(), allow_nan=False)
        told.append(
            {"form": form, "format": description.format, "said": description.error or " ".join(description.warnings)}
        )
    return told


def serve() -> None:
    """The parent of the children: each path on its input is described by a child, and how that ended is told."""
    for name in LIBRARIES:
        importlib.import_module(name)
    gc.freeze()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            signal.alarm(SECONDS)
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            try:
                os.write(1, json.dumps(describe_all(Path(line.strip()))).encode() + b"\n")
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(json.dumps({"exit": os.waitstatus_to_exitcode(status)}) + "\n")
        sys.stdout.flush()


@pytest.fixture(scope="module")
def describe_in_child() -> Iterator[Callable[[Path], list[dict[str, str]]]]:
    """What a child says of all damaged forms of a file; it has ended well."""
    with subprocess.Popen([sys.executable, __file__], stdin=PIPE, stdout=PIPE, text=True) as parent:

        def describe(path: Path) -> list[dict[str, str]]:
            parent.stdin.write(f"{path}\n")
            parent.stdin.flush()
            told = json.loads(parent.stdout.readline())
            ended = told if isinstance(told, dict) else json.loads(parent.stdout.readline())
            assert ended == {"exit": 0}, f"{path.name}: {ended}"
            return told

        yield describe


@pytest.mark.parametrize("maker", MADE)
def test_mallory_cuts_and_flips_a_sample_and_gets_a_described_error(describe_in_child, maker, tmp_path):
    assert len(describe_in_child(maker(tmp_path))) == CUTS + FLIPS


@pytest.mark.parametrize("path", KEPT)
def test_mallory_cuts_and_flips_a_real_file_and_gets_a_described_error(describe_in_child, path, shared_data):
    assert len(describe_in_child(shared_data / path)) == CUTS + FLIPS


@pytest.mark.parametrize("name", ["root", "hdf5", "netcdf", "fits", "votable", "parquet", "arrow"])
def test_alice_is_told_that_her_file_is_cut_short_wherever_it_was_cut(name, tmp_path):
    for number, maker in enumerate(SAMPLES[name]):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = maker(folder)
        data = path.read_bytes()
        for part in range(CUTS):
            # One byte before: a FITS file cut between two of its units is whole again.
            description = describe_source(BytesSource(path.name, data[: max(0, len(data) * part // CUTS - 1)]))
            assert description.error or description.warnings, f"{maker.__name__} cut at {part}/{CUTS} passed in silence"


def test_an_empty_file_is_said_to_be_empty():
    description = describe_source(BytesSource("nothing.root", b""))
    assert description.format == ""
    assert "empty" in description.warnings[0]


def test_a_file_that_lies_about_its_format_is_told_so():
    description = describe_source(BytesSource("lie.root", b"\x00\x01\x02 not at all"))
    assert description.format == ""
    assert "does not begin like one" in description.warnings[0]


def test_an_hdf5_file_that_points_elsewhere_is_not_followed(tmp_path):
    import h5py
    import numpy as np

    secret = tmp_path / "secret.h5"
    with h5py.File(secret, "w") as file:
        file["value"] = np.arange(1000)
    raw = tmp_path / "secret.raw"
    raw.write_bytes(b"SECRET!!" * 100)
    path = tmp_path / "mallory.h5"
    with h5py.File(path, "w") as file:
        file["outside"] = h5py.ExternalLink(str(secret), "/value")
        file.create_dataset("raw", shape=(100,), dtype="S8", external=[(str(raw), 0, 800)])
        layout = h5py.VirtualLayout(shape=(1000,), dtype="i8")
        layout[:] = h5py.VirtualSource(str(secret), "value", shape=(1000,))
        file.create_virtual_dataset("virtual", layout)
    description = FORMATS["hdf5"].describe(BytesSource("mallory.h5", path.read_bytes()))
    document = json.dumps(description.to_json())
    assert "SECRET!!" not in document
    assert "points into another file" in document
    assert all(column.maximum is None for table in description.tables for column in table.columns)


def test_a_huge_array_of_which_nothing_is_stored_costs_nothing(tmp_path):
    import h5py

    path = tmp_path / "promise.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("huge", shape=(2**40,), dtype="f8", chunks=(2**20,))
        almost = file.create_dataset("almost", shape=(2**40,), dtype="f8", chunks=(1024,), compression="gzip")
        almost[:10] = 1.0
    description = describe_source(BytesSource("promise.h5", path.read_bytes()))
    assert not description.error
    assert description.tables


def test_a_gzip_bomb_stays_small():
    import gzip

    beginning = b"SIMPLE  =                    T".ljust(80) + b"BITPIX  =                    8".ljust(80)
    bomb = gzip.compress(beginning + b"\x00" * 300_000_000, compresslevel=1)
    description = describe_source(BytesSource("bomb.fits.gz", bomb))
    assert description.format == "fits"
    assert description.error


def test_an_entity_bomb_in_a_votable_is_refused():
    entities = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))
    head = f'<?xml version="1.0"?><!DOCTYPE VOTABLE [<!ENTITY e0 "x">{entities}]>'
    bomb = f'{head}<VOTABLE><INFO name="a">&e9;</INFO></VOTABLE>'
    description = describe_source(BytesSource("bomb.vot", bomb.encode()))
    assert len(json.dumps(description.to_json())) < 5000


if __name__ == "__main__":
    serve()
