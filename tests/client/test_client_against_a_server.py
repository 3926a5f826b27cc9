"""Alice deposits with the Python client, Chloé reads by range, Mallory gets nothing; all against a served instance."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import h5py
import numpy as np
import pytest
import uproot
from astropy.io import fits
from live_server import Live

import dop2i
from dop2i.client.download import download_record
from dop2i.client.records import Record
from dop2i.errors import (
    ChecksumMismatch,
    InvalidDocument,
    InvalidName,
    NotAuthenticated,
    NotFound,
    RevisionConflict,
)

DOCUMENT = {
    "metadata": {
        "title": "Cosmic muons in the cellar",
        "resource_type": {"id": "dataset"},
        "creators": [{"person_or_org": {"type": "personal", "family_name": "Martin", "given_name": "Alice"}}],
        "publication_date": "2026-11-22",
        "rights": [{"id": "cc-by-4.0"}],
    },
    "custom_fields": {"dop2i:theme": "astroparticle"},
}


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small files, large files, empty ones, hard names."""
    folder = tmp_path_factory.mktemp("data") / "run"
    (folder / "raw" / "deep").mkdir(parents=True)
    values = np.random.default_rng(1).normal(size=600_000)
    with uproot.recreate(folder / "x.root") as file:
        file.mktree("events", {"energy": "float64"}).extend({"energy": values})
    with h5py.File(folder / "strain.hdf5", "w") as file:
        file.create_dataset("strain/Strain", data=values, chunks=(10_000,))
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(values.reshape(600, 1000))]).writeto(folder / "map.fits")
    (folder / "empty.txt").touch()
    (folder / "raw" / "deep" / "été 100%#?[1].csv").write_text("a,b\n1,2\n", encoding="utf-8")
    for number in range(40):
        (folder / "raw" / f"{number:03}.csv").write_text(f"t,n\n{number},1\n")
    return folder


@pytest.fixture(scope="session")
def published(live: Live, data: Path) -> Record:
    """Alice's record, published once for the session."""
    draft = dop2i.Client(live.url, live.alice).create(DOCUMENT)
    draft.upload(data)
    return draft.publish()


@pytest.fixture
def chloe(live: Live) -> dop2i.Client:
    """Somebody without a token."""
    return dop2i.Client(live.url, "")


def test_every_file_arrived_with_its_sha256(published: Record, chloe: dop2i.Client, data: Path) -> None:
    record = chloe.record(published.id)
    paths = {str(path.relative_to(data)): path for path in data.rglob("*") if path.is_file()}
    assert set(record.files) == set(paths)
    assert len(record.files) == len(paths)
    for key, file in record.files.items():
        assert file.sha256 == hashlib.sha256(paths[key].read_bytes()).hexdigest()
        assert file.size == paths[key].stat().st_size
    assert record.pid
    assert record.metadata["title"] == DOCUMENT["metadata"]["title"]  # type: ignore[index]


def test_uproot_h5py_and_astropy_read_by_range(published: Record, chloe: dop2i.Client) -> None:
    files = chloe.record(published.id).files
    with uproot.open(files["x.root"].open()) as file:
        energy = file["events"]["energy"].array(library="np", entry_stop=100)
    with h5py.File(files["strain.hdf5"].open()) as file:
        strain = file["strain/Strain"][:100]
    with fits.open(files["map.fits"].open()) as units:
        row = units[1].data[0, :100]
    assert np.array_equal(energy, strain)
    assert np.array_equal(energy, row)


def test_a_look_into_a_file_does_not_fetch_all_of_it(
    published: Record, chloe: dop2i.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = chloe.record(published.id).files["strain.hdf5"]
    fetched = []
    plain = file._fetch

    def counted(start: int, length: int) -> bytes:
        fetched.append(length)
        return plain(start, length)

    monkeypatch.setattr(file, "_fetch", counted)
    with h5py.File(file.open()) as opened:
        assert opened["strain/Strain"][300_000:300_010].shape == (10,)
    assert sum(fetched) < file.size / 4


def test_chloe_downloads_and_nothing_travels_twice(published: Record, chloe: dop2i.Client, tmp_path: Path) -> None:
    record = chloe.record(published.id)
    first = download_record(record, tmp_path, pattern="*.csv")
    assert len(first) == 41
    assert all(file.path.stat().st_size == file.size for file in first)
    assert not list(tmp_path.rglob("*.part"))
    assert sum(file.fetched for file in download_record(record, tmp_path, pattern="*.csv")) == 0


def test_an_interrupted_download_goes_on(
    published: Record, chloe: dop2i.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: Path
) -> None:
    import dop2i.client.download as download

    file = chloe.record(published.id).files["x.root"]
    plain = download._pieces

    def cut(session: object, asked: object, start: int) -> object:
        for number, piece in enumerate(plain(session, asked, start)):  # type: ignore[arg-type]
            if number == 2:
                raise KeyboardInterrupt
            yield piece

    monkeypatch.setattr(download, "_pieces", cut)
    with pytest.raises(KeyboardInterrupt):
        file.download(tmp_path)
    assert not (tmp_path / "x.root").exists()
    monkeypatch.setattr(download, "_pieces", plain)
    done = download.download_file(chloe.session, file, tmp_path)
    assert 0 < done.fetched < file.size
    assert done.path.read_bytes() == (data / "x.root").read_bytes()


def test_a_damaged_part_is_fetched_anew(published: Record, chloe: dop2i.Client, tmp_path: Path, data: Path) -> None:
    import dop2i.client.download as download

    file = chloe.record(published.id).files["x.root"]
    (tmp_path / f".{download._part_name(file)}.part").write_bytes(b"?" * 1_000_000)
    assert file.download(tmp_path).read_bytes() == (data / "x.root").read_bytes()


def test_bytes_that_do_not_match_are_refused_and_not_kept(
    published: Record, chloe: dop2i.Client, tmp_path: Path
) -> None:
    file = chloe.record(published.id).files["raw/000.csv"]
    file.entry["checksums"] = {"sha256": "0" * 64}
    with pytest.raises(ChecksumMismatch):
        file.download(tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and ".state" not in path.parts]
    with pytest.raises(ChecksumMismatch):
        file.read()


def test_a_record_by_concept_pid_and_address(published: Record, chloe: dop2i.Client, live: Live) -> None:
    concept = published.document["parent"]["id"]
    for identifier in (
        int(published.id),
        concept,
        published.pid,
        f"{live.url}/records/{published.id}",
        f"{live.url}/{published.pid}",
    ):
        assert chloe.record(identifier).id == published.id
    with pytest.raises(NotFound):
        chloe.record(999_999)
    with pytest.raises(NotFound):
        chloe.record("ark:/99999/dzzzz")


def test_an_absent_file_is_a_key_error(published: Record) -> None:
    with pytest.raises(KeyError):
        published.files["absent.root"]


def test_exports(published: Record, chloe: dop2i.Client) -> None:
    assert b"Cosmic muons in the cellar" in chloe.record(published.id).export("bibtex")


def test_the_token_tells_whose_it_is(live: Live) -> None:
    assert dop2i.Client(live.url, live.alice).person()["profile"]["person_or_org"]["name"] == "Martin, Alice"


def test_without_a_token_nothing_is_created(chloe: dop2i.Client) -> None:
    with pytest.raises(NotAuthenticated):
        chloe.create(DOCUMENT)


def test_an_incomplete_draft_is_refused_with_the_fields_that_are_missing(live: Live) -> None:
    draft = dop2i.Client(live.url, live.alice).create({"metadata": {"title": "Half a record"}})
    with pytest.raises(InvalidDocument) as caught:
        draft.publish()
    assert any(problem.path.startswith("metadata.creators") for problem in caught.value.problems)
    draft.delete()
    with pytest.raises(NotFound):
        dop2i.Client(live.url, live.alice).draft(draft.id)


def test_two_people_edit_one_draft_and_the_second_is_told(live: Live) -> None:
    client = dop2i.Client(live.url, live.alice)
    draft = client.create(DOCUMENT)
    other = client.draft(draft.id)
    draft.update({**DOCUMENT, "custom_fields": {}})
    with pytest.raises(RevisionConflict):
        other.update(DOCUMENT)


def test_bruno_does_not_see_alices_draft(live: Live) -> None:
    draft = dop2i.Client(live.url, live.alice).create(DOCUMENT)
    with pytest.raises(NotFound):
        dop2i.Client(live.url, live.bruno).draft(draft.id)


def test_a_new_version_sends_only_what_changed(live: Live, published: Record, data: Path, tmp_path: Path) -> None:
    from dop2i.client.localfiles import read_files
    from dop2i.client.upload import Upload

    draft = published.new_version()
    draft.update({**DOCUMENT, "metadata": {**DOCUMENT["metadata"], "version": "2"}})  # type: ignore[dict-item]
    new = tmp_path / "new.csv"
    new.write_text("t,n\n1,2\n")
    paths = {str(path.relative_to(data)): path for path in data.rglob("*") if path.is_file()}
    upload = Upload(dop2i.Client(live.url, live.alice).session, draft.id)
    sent = upload.send(read_files({**paths, "new.csv": new}), exactly=True)
    assert (sent.files, sent.bytes) == (1, new.stat().st_size)
    record = draft.publish()
    assert [version.id for version in record.versions()] == [record.id, published.id]
    assert dop2i.Client(live.url, "").record(record.document["parent"]["id"]).id == record.id


def test_an_interrupted_upload_goes_on_where_it_stopped(
    live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dop2i.client import upload as module
    from dop2i.client.localfiles import read_files
    from dop2i.client.memory import Memory

    folder = tmp_path / "big"
    folder.mkdir()
    (folder / "big.bin").write_bytes(np.random.default_rng(2).bytes(12_000_000))
    client = dop2i.Client(live.url, live.alice, retries=0)
    draft = client.create(DOCUMENT)
    plain = module._Piece.read

    def cut(piece: module._Piece, size: int = -1) -> bytes:
        if piece._left < 5_000_000:
            raise KeyboardInterrupt
        return plain(piece, size)

    monkeypatch.setattr(module._Piece, "read", cut)
    memory = Memory.load(folder, client.url)
    with pytest.raises(KeyboardInterrupt):
        module.Upload(client.session, draft.id, memory=memory).send(read_files({"big.bin": folder / "big.bin"}))
    monkeypatch.setattr(module._Piece, "read", plain)
    memory = Memory.load(folder, client.url)
    again = module.Upload(dop2i.Client(live.url, live.alice).session, draft.id, memory=memory)
    _, address = memory.uploads["big.bin"]
    for _ in range(100):  # the server notices in its own time that the line is dead
        if again._offset(address):
            break
        time.sleep(0.1)
    sent = again.send(read_files({"big.bin": folder / "big.bin"}))
    assert 0 < sent.bytes < 9_000_000
    assert draft.publish().files["big.bin"].size == 12_000_000


def test_a_name_that_mallory_made_up_is_refused_by_both_sides(live: Live, tmp_path: Path) -> None:
    draft = dop2i.Client(live.url, live.alice).create(DOCUMENT)
    path = tmp_path / "x.csv"
    path.write_text("1\n")
    with pytest.raises(InvalidName):
        draft.upload(path, key="../x.csv")
