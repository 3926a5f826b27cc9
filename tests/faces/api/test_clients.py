"""Programs that we did not write use the API as it is: InvenioRDM's client, and the field's readers by HTTP range."""

from __future__ import annotations

import hashlib
import io

import numpy as np
import pytest

pytestmark = pytest.mark.outside


def test_inveniordm_py_creates_fills_and_publishes(live) -> None:
    package = pytest.importorskip("inveniordm_py", reason="pip install inveniordm-py")
    from inveniordm_py.files.metadata import FilesListMetadata, OutgoingStream
    from inveniordm_py.records.metadata import DraftMetadata
    from test_records import MINIMAL

    content = b"energy,counts\n1,2\n" * 1000
    client = package.InvenioAPI(f"{live.url}/api", live.token("alice@example.org"))
    draft = client.records.create(data=DraftMetadata(metadata=MINIMAL, files={"enabled": True}))
    assert draft.data["is_draft"]
    draft.files.create(data=FilesListMetadata([{"key": "spectrum.csv"}]))
    file = draft.files("spectrum.csv")
    stream = OutgoingStream()
    # OutgoingStream(data=…), as its README has it, sends a web form with the lines of the file (version 0.1.1)
    stream._data = io.BytesIO(content)
    file.set_contents(stream)
    file.commit()
    record = draft.publish()
    number = record.data["id"]
    assert client.records(number).get().data["metadata"]["title"] == MINIMAL["title"]
    assert client.records(number).files("spectrum.csv").download().content == content
    assert client.records(number).versions.latest().data["id"] == number
    version = client.records(number).new_version()
    assert version.data["parent"]["id"] == record.data["parent"]["id"]
    client.records(version.data["id"]).draft.delete()
    edit = client.records(number).edit()
    data = dict(edit.data._data)
    data["metadata"]["title"] = "A better title"
    edit.update(data=DraftMetadata(**data)).publish()
    assert client.records(number).get().data["metadata"]["title"] == "A better title"
    assert len(client.records.search(size=5)) <= 5
    client.session.close()


@pytest.fixture(scope="module")
def events() -> np.ndarray:
    return np.random.default_rng(7).normal(91.2, 2.5, 400_000)


def address_of(live, record: dict, key: str) -> str:
    return f"{live.url}/api/records/{record['id']}/files/{key}/content"


def test_uproot_reads_a_branch_by_range(live, tmp_path, events) -> None:
    import uproot

    with uproot.recreate(tmp_path / "z.root") as made:
        made["events"] = {"mass": events, "noise": np.random.default_rng(1).random(len(events))}
    record = live.published({"z.root": (tmp_path / "z.root").read_bytes()})
    with uproot.open(address_of(live, record, "z.root")) as file:
        read = file["events"]["mass"].array(library="np")
    np.testing.assert_array_equal(read, events)


def test_h5py_reads_a_slice_by_range(live, tmp_path, events) -> None:
    import h5py

    from dop2i.stores import open_source

    with h5py.File(tmp_path / "s.hdf5", "w") as made:
        made["strain/Strain"] = events
    record = live.published({"s.hdf5": (tmp_path / "s.hdf5").read_bytes()})
    with open_source(address_of(live, record, "s.hdf5")).open() as opened, h5py.File(opened, "r") as file:
        np.testing.assert_array_equal(file["strain/Strain"][1000:1010], events[1000:1010])


def test_astropy_reads_a_header_by_range(live, tmp_path, events) -> None:
    from astropy.io import fits

    from dop2i.stores import open_source

    image = fits.ImageHDU(events.reshape(1000, 400), name="SKY")
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(tmp_path / "m.fits")
    record = live.published({"m.fits": (tmp_path / "m.fits").read_bytes()})
    with open_source(address_of(live, record, "m.fits")).open() as opened, fits.open(opened) as hdus:
        assert hdus["SKY"].header["NAXIS1"] == 400
        np.testing.assert_array_equal(hdus["SKY"].section[500:502], events.reshape(1000, 400)[500:502])


def test_a_file_that_a_client_downloads_has_the_checksum_that_it_was_told(live) -> None:
    content = bytes(range(256)) * 5000
    record = live.published({"x.bin": content})
    with live.session() as session:
        entry = session.get(record["links"]["files"]).json()["entries"][0]
        answer = session.get(entry["links"]["content"])
    assert hashlib.sha256(answer.content).hexdigest() == entry["checksums"]["sha256"]


def test_the_signposting_package_finds_the_way(live) -> None:
    signposting = pytest.importorskip("signposting", reason="pip install signposting")

    record = live.published({"x.bin": b"x", "y.csv": b"a\n1\n"})
    page = record["links"]["self_html"]
    found = signposting.find_signposting_http(page)
    assert str(found.citeAs.target).endswith(record["pids"]["ark"]["identifier"])
    assert {str(author.target) for author in found.authors} == {"https://orcid.org/0000-0002-1825-0097"}
    assert str(found.license.target).startswith("https://creativecommons.org/licenses/by/4.0")
    assert "https://schema.org/Dataset" in {str(kind.target) for kind in found.types}
    assert len(found.items) == 2
    assert len(found.describedBy) >= 5
    linkset = signposting.find_signposting_linkset(str(next(iter(found.linksets)).target)).for_context(page)
    assert linkset.citeAs.target == found.citeAs.target
    assert len(linkset.items) == 2
