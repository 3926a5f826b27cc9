"""One small, whole file for each reader of text and of other general formats, made when asked for.

``SAMPLES[name](tmp_path)`` writes the file and returns its path; ``name`` is that of the reader.
"""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

Sample = Callable[[Path], Path]


def _text(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


CSV = (
    "# calibration of August\n"
    "time,energy [keV],rate (Hz),good,note\n"
    + "\n".join(
        f"2024-03-0{day}T12:00:00,{day * 1.5},{day},{'true' if day % 2 else 'false'},run {day}" for day in range(1, 9)
    )
    + "\n"
)  # fmt: skip

ECSV = """# %ECSV 1.0
# ---
# datatype:
# - {name: e_ref, unit: TeV, datatype: float64, description: reference energy}
# - {name: dnde, unit: cm-2 s-1 TeV-1, datatype: float64}
# - {name: source, datatype: string}
# meta: !!omap
# - {telescope: veritas}
# - {title: Spectrum of the Crab nebula}
# - {reference_id: 2014ApJ...788...78A}
# schema: astropy-2.0
e_ref dnde source
1.12 8.6e-13 Crab
1.78 4.7e-13 "Crab nebula"
2.82 2.3e-13 Crab
"""

CODEMETA = {
    "@context": "https://w3id.org/codemeta/3.1",
    "@type": "SoftwareSourceCode",
    "name": "Track fitter of the muon chambers",
    "description": "Fits straight tracks to the hits of four muon chambers.",
    "version": "2.1.0",
    "license": "https://spdx.org/licenses/Apache-2.0",
    "codeRepository": "https://example.org/alice/fitter",
    "dateCreated": "2024-05-01",
    "keywords": ["tracking", "muons"],
    "author": [
        {
            "@type": "Person",
            "@id": "https://orcid.org/0000-0002-1825-0097",
            "givenName": "Alice",
            "familyName": "Durand",
            "affiliation": {"@type": "Organization", "name": "LPNHE"},
        },
        {"@type": "Organization", "name": "The muon collaboration"},
    ],
    "referencePublication": "https://doi.org/10.1000/muon.2024",
    "funder": {"@type": "Organization", "name": "ANR"},
    "funding": "ANR-24-CE31-0001",
}

CFF = """cff-version: 1.2.0
message: Please cite this data set.
type: dataset
title: Drift times of the muon chambers
abstract: Ten thousand drift times measured with cosmic rays.
version: 1.0.2
date-released: 2024-06-30
license: CC-BY-4.0
keywords: [muons, drift chambers]
authors:
  - family-names: Durand
    given-names: Alice
    orcid: https://orcid.org/0000-0002-1825-0097
    affiliation: LPNHE
  - name: The muon collaboration
references:
  - type: article
    title: The muon chambers
    doi: 10.1000/chambers
    authors: [{family-names: Moreau, given-names: Bruno}]
"""

ZENODO = {
    "title": "Drift times",
    "upload_type": "dataset",
    "description": "Ten thousand drift times.",
    "creators": [{"name": "Durand, Alice", "affiliation": "LPNHE", "orcid": "0000-0002-1825-0097"}],
    "license": "CC-BY-4.0",
    "keywords": ["muons"],
    "related_identifiers": [{"identifier": "10.1000/chambers", "relation": "isSupplementTo"}],
}

README = """# Drift times of the muon chambers

[![badge](https://example.org/badge.svg)](https://example.org)

This data set holds the drift times that were measured with cosmic rays in the *four* chambers
of the experiment, and it is published with the paper [The muon chambers](https://doi.org/10.1000/chambers).

The files are tables of text, one for each chamber and for each of the runs.

## Licence

The data are released under CC-BY-4.0 for everybody.
"""

MIT = """MIT License

Copyright (c) 2024 Alice Durand

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software.
"""

VOEVENT = """<?xml version="1.0" encoding="UTF-8"?>
<voe:VOEvent xmlns:voe="http://www.ivoa.net/xml/VOEvent/v2.0" ivorn="ivo://example.org/events#N1" role="observation"
  version="2.0">
  <Who><Author><shortName>ANTARES</shortName><contactName>ANTARES Collaboration</contactName></Author>
    <Date>2022-03-04T05:06:07</Date></Who>
  <What><Param name="Energy" value="120" unit="TeV"/><Param name="Instrument" value="line 5"/>
    <Description>A neutrino candidate</Description></What>
  <WhereWhen><ObsDataLocation><ObservationLocation><AstroCoords coord_system_id="UTC-ICRS-TOPO">
    <Time><TimeInstant><ISOTime>2022-03-04T05:00:00</ISOTime></TimeInstant></Time>
    <Position2D unit="deg"><Value2><C1>83.6</C1><C2>22.0</C2></Value2><Error2Radius>0.5</Error2Radius></Position2D>
  </AstroCoords></ObservationLocation></ObsDataLocation></WhereWhen>
</voe:VOEvent>
"""

LHE = """<LesHouchesEvents version="3.0">
<header>
<MG5ProcCard>
generate p p > t t~
</MG5ProcCard>
</header>
<init>
2212 2212 6.5e+03 6.5e+03 0 0 247000 247000 -4 1
5.0e+02 1.0e+00 5.0e+02 1
</init>
<event>
 2 1 1.0 91.2 0.0075 0.118
 21 -1 0 0 501 502 0 0 100 100 0 0 9
 21 -1 0 0 502 501 0 0 -100 100 0 0 9
</event>
<event>
 2 1 1.0 91.2 0.0075 0.118
 21 -1 0 0 501 502 0 0 110 110 0 0 9
 21 -1 0 0 502 501 0 0 -110 110 0 0 9
</event>
</LesHouchesEvents>
"""

HEPMC = """HepMC::Version 3.02.05
HepMC::Asciiv3-START_EVENT_LISTING
T Pythia\\|8.3\\|
E 0 1 3
U GEV MM
P 1 0 2212 0.0 0.0 6500.0 6500.0 0.938 4
P 2 0 2212 0.0 0.0 -6500.0 6500.0 0.938 4
V -1 0 [1,2]
P 3 -1 23 0.0 0.0 0.0 13000.0 91.2 1
HepMC::Asciiv3-END_EVENT_LISTING
"""

SUBMISSION = """---
comment: |
  CERN-LHC. Measurement of the cross-section of top quark pairs in proton collisions by the ATLAS detector.
record_ids: [{type: inspire, id: 1234567}]
additional_resources:
- {location: "http://arxiv.org/abs/2401.01234", description: arXiv}
---
name: Table 1
location: Data from figure 2
description: Cross-section against mass
keywords:
- {name: reactions, values: [P P --> TOP TOPBAR X]}
- {name: observables, values: [SIG]}
- {name: cmenergies, values: [7000.0, 8000.0]}
- {name: phrases, values: [top, cross section]}
data_file: table1.yaml
"""

TABLE = """independent_variables:
- header: {name: M(TOP), units: GeV}
  values:
  - {low: 165, high: 170}
  - {low: 170, high: 175}
dependent_variables:
- header: {name: SIG, units: PB}
  qualifiers:
  - {name: SQRT(S), units: TeV, value: 13}
  - {name: RE, value: P P --> TOP TOPBAR X}
  values:
  - value: 831.7
    errors: [{symerror: 5.2, label: stat}, {asymerror: {plus: 3, minus: -4}, label: sys}]
  - value: 790.1
    errors: [{symerror: 4.9, label: stat}]
"""

TFS = """@ NAME %05s "TWISS"
@ TITLE %14s "Optics of ring"
@ PARTICLE %06s "PROTON"
@ ENERGY %le 450
@ NPART %d 100
* NAME S BETX
$ %s %le %le
 "BPM.1" 28.288 101.5
 "BPM.2" 48.858 99.25
"""

ENSDF = """101MO    100MO(N,G) E=THERMAL
101MO  H TYP=FUL$AUT=B. MOREAU$CUT=01-Jan-2020$
101MO  L 0.0         1/2+
101MO  L 13.5        3/2+
101MO  G 13.5      1 100
"""

EXFOR = """ENTRY            23245   20150520   20160302   20151123       2244
SUBENT        23245001   20150520   20160302   20151123       2244
BIB                  3          4
TITLE      Energy spectra of delayed neutrons from separated
           fission products.
AUTHOR     (A.Durand,B.Moreau)
INSTITUTE  (2SWDSWR)
ENDBIB               4
NOCOMMON             0          0
ENDSUBENT           10
SUBENT        23245002   20150520   20160302   20151123       2244
BIB                  1          1
REACTION   (35-BR-89(0,B-)36-KR-89,,PN/DE)
ENDBIB               1
DATA                 2          2
E          DATA
KEV        1/KEV
 1.0        2.0
 2.0        3.0
ENDDATA              4
ENDSUBENT           10
ENDENTRY             2
"""

SDDS = """SDDS1
&description text="Beam positions of the ring", &end
&parameter name=stamp, type=double, units=s, &end
&column name=x, type=float, units=mm, description="horizontal position", &end
&data mode=ascii, &end
1.0
"""

NOTEBOOK = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {"kernelspec": {"name": "python3", "language": "python"}},
    "cells": [
        {"cell_type": "markdown", "metadata": {}, "source": ["# Fit of the drift times\n", "With chamber 2."]},
        {"cell_type": "code", "metadata": {}, "source": "import numpy as np\nfrom uproot import open\n",
         "execution_count": 1, "outputs": []},
    ],
}  # fmt: skip


def _numpy(folder: Path) -> Path:
    import numpy as np

    path = folder / "hits.npy"
    np.save(path, np.arange(24, dtype=np.float32).reshape(6, 4))
    return path


def make_dicom(folder: Path, *, preamble: bool = True) -> Path:
    """A CT slice of a patient whose name must never be seen outside the file."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

    dataset = Dataset()
    dataset.SOPClassUID = CTImageStorage
    dataset.SOPInstanceUID = generate_uid(entropy_srcs=["dop2i"])
    dataset.Modality = "CT"
    dataset.Manufacturer = "Scanner works"
    dataset.PatientName = "Dupont^Josephine"
    dataset.PatientID = "PAT-4711"
    dataset.PatientBirthDate = "19580412"
    dataset.PatientAddress = "12 rue Verte"
    dataset.ReferringPhysicianName = "Docteur^Lebrun"
    dataset.InstitutionName = "Clinique du Parc"
    dataset.StudyDescription = "Dupont thorax"
    dataset.ImageComments = "Madame Dupont, 12 rue Verte"
    dataset.Rows, dataset.Columns, dataset.BitsAllocated, dataset.BitsStored = 4, 4, 16, 12
    dataset.HighBit, dataset.PixelRepresentation, dataset.SamplesPerPixel = 11, 0, 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.PixelSpacing = [0.5, 0.5]
    dataset.PixelData = bytes(32)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    path = folder / "slice.dcm"
    if preamble:
        dataset.save_as(path, enforce_file_format=True)
    else:
        with path.open("wb") as file:
            from pydicom.filebase import DicomFileLike
            from pydicom.filewriter import write_dataset

            out = DicomFileLike(file)
            out.is_little_endian, out.is_implicit_VR = True, False
            write_dataset(out, dataset)
    return path


def _pdf(folder: Path) -> Path:
    from pypdf import PdfWriter

    writer = PdfWriter()
    writer.add_blank_page(width=200, height=200)
    writer.add_blank_page(width=200, height=200)
    writer.add_metadata({"/Title": "Report on the muon chambers", "/Producer": "dop2i tests"})
    path = folder / "report.pdf"
    with path.open("wb") as file:
        writer.write(file)
    return path


def make_image(folder: Path) -> Path:
    """A JPEG photograph that says where it was taken."""
    from PIL import Image

    image = Image.new("RGB", (64, 48), (200, 30, 30))
    exif = Image.Exif()
    exif[271] = "Camera works"
    exif[315] = "Alice Durand"
    exif.get_ifd(34853)[2] = (48.0, 51.0, 29.6)
    exif[34853] = {1: "N", 2: (48.0, 51.0, 29.6)}
    path = folder / "chamber.jpg"
    image.save(path, exif=exif)
    return path


def _zip(folder: Path) -> Path:
    path = folder / "runs.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("run1/hits.csv", CSV)
        archive.writestr("run2/hits.csv", CSV)
    return path


def _tar(folder: Path) -> Path:
    path = folder / "runs.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name in ("run1/hits.csv", "run2/hits.csv"):
            member = tarfile.TarInfo(name)
            member.size = len(CSV)
            archive.addfile(member, io.BytesIO(CSV.encode()))
    return path


def _gzip(folder: Path) -> Path:
    path = folder / "hits.csv.gz"
    path.write_bytes(gzip.compress(CSV.encode(), mtime=0))
    return path


SAMPLES: dict[str, Sample] = {
    "csv": lambda folder: _text(folder, "hits.csv", CSV),
    "ecsv": lambda folder: _text(folder, "spectrum.ecsv", ECSV),
    "numpy": _numpy,
    "dicom": make_dicom,
    "lhe": lambda folder: _text(folder, "events.lhe", LHE),
    "hepmc": lambda folder: _text(folder, "events.hepmc", HEPMC),
    "json": lambda folder: _text(
        folder, "flux.json", json.dumps({"E [GeV]": [1.0, 2.0, 4.0], "flux": [3.0, 2.0, 1.0]})
    ),
    "yaml": lambda folder: _text(folder, "settings.yaml", "run: 42\nhigh_voltage: 1500\nchambers: [1, 2, 3]\n"),
    "xml": lambda folder: _text(
        folder, "geometry.xml", "<?xml version='1.0'?>\n<geo><box id='1'/><box id='2'/></geo>\n"
    ),
    "voevent": lambda folder: _text(folder, "event.xml", VOEVENT),
    "text": lambda folder: _text(folder, "log.txt", "The run began.\nThe run ended.\n"),
    "pdf": _pdf,
    "image": make_image,
    "notebook": lambda folder: _text(folder, "fit.ipynb", json.dumps(NOTEBOOK)),
    "zip": _zip,
    "tar": _tar,
    "gzip": _gzip,
    "cff": lambda folder: _text(folder, "CITATION.cff", CFF),
    "codemeta": lambda folder: _text(folder, "codemeta.json", json.dumps(CODEMETA, indent=2)),
    "zenodo": lambda folder: _text(folder, ".zenodo.json", json.dumps(ZENODO, indent=2)),
    "readme": lambda folder: _text(folder, "README.md", README),
    "licence": lambda folder: _text(folder, "LICENSE", MIT),
    "hepdata-submission": lambda folder: _text(folder, "submission.yaml", SUBMISSION),
    "hepdata-table": lambda folder: _text(folder, "table1.yaml", TABLE),
    "tfs": lambda folder: _text(folder, "twiss.tfs", TFS),
    "sdds": lambda folder: _text(folder, "positions.sdds", SDDS),
    "ensdf": lambda folder: _text(folder, "molybdenum.ens", ENSDF),
    "exfor": lambda folder: _text(folder, "entry.x4", EXFOR),
}
