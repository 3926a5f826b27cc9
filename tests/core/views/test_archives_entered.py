"""Chloé looks into archives without unpacking them, and Mallory packs some that should not be unpacked."""

from __future__ import annotations

import gzip
import io
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pytest

from dop2i.core.formats import BytesSource, describe_source
from dop2i.core.views import _members, draw, entered, views_of
from dop2i.core.views.figures import Node, Outline
from dop2i.errors import LimitExceeded, NotFound, UnreadableFile

FILES = {
    "run 1/events 50%.csv": b"x,y\n1,2\n3,4\n",
    "run 1/deep/a.txt": b"deep",
    "\u0642\u0631\u0627\u0621\u0629.txt": b"right to left",
    "../../etc/passwd": b"slip",
    "/absolute.txt": b"abs",
}


def zipped(files: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> BytesSource:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return BytesSource("data.zip", stream.getvalue())


def tarred(files: dict[str, bytes], *, mode: str = "w:gz") -> BytesSource:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo("run 1/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return BytesSource({"w:gz": "data.tar.gz", "w:xz": "data.txz"}.get(mode, "data.tar"), stream.getvalue())


def listed(source: BytesSource, **values: str) -> Outline:
    made = draw(source, view="members", part="members", values=values)
    assert isinstance(made, Outline)
    return made


def every(nodes: list[Node]) -> list[Node]:
    return [one for node in nodes for one in (node, *every(node.children))]


@pytest.mark.parametrize("source", [zipped(FILES), tarred(FILES), tarred(FILES, mode="w:xz"), tarred(FILES, mode="w")])
def test_chloe_enters_every_member_by_its_line_whatever_its_name(source: BytesSource) -> None:
    from urllib.parse import parse_qs

    nodes = every(listed(source).nodes)
    links = {parse_qs(node.link[1:])["member"][0] for node in nodes if node.link}
    assert links == set(FILES)
    for name, content in FILES.items():
        with entered(source, name) as inner:
            assert inner.read_range(0, 100) == content
            assert inner.name == name.rpartition("/")[2]
    folder = next(node for node in nodes if node.name == "run 1")
    assert (folder.kind, folder.size) == ("folder", 16)


def test_nothing_is_written_where_a_name_leads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with entered(zipped(FILES), "../../etc/passwd") as inner:
        assert inner.size
        assert list(tmp_path.iterdir()) == []


def test_a_link_is_named_and_never_followed() -> None:
    source = tarred(FILES)
    link = next(node for node in every(listed(source).nodes) if node.name == "link")
    assert (link.kind, link.link) == ("link", "")
    with pytest.raises(NotFound), entered(source, "run 1/link"):
        pass


def test_an_archive_in_an_archive_is_entered_three_deep_and_no_deeper() -> None:
    source = zipped({"innermost.txt": b"found"})
    for depth in range(3):
        source = zipped({f"level{depth}.zip": source.data})
    with entered(source, "level2.zip!/level1.zip!/level0.zip") as inner:
        assert describe_source(inner).members[0].path == "innermost.txt"
    with pytest.raises(LimitExceeded), entered(source, "level2.zip!/level1.zip!/level0.zip!/innermost.txt"):
        pass


def test_a_member_is_looked_into_as_a_file_of_its_own() -> None:
    with entered(zipped(FILES), "run 1/events 50%.csv") as inner:
        assert "table" in views_of(describe_source(inner).to_json())


def test_many_members_are_shown_a_folder_and_a_page_at_a_time() -> None:
    source = zipped({f"run{i // 1000:02}/event {i:05}.txt": b"" for i in range(20_000)}, method=zipfile.ZIP_STORED)
    top = listed(source)
    assert [node.value for node in top.nodes] == ["1000"] * 20
    assert not top.nodes[0].children
    page = listed(source, within="run03", start="500")
    assert (len(page.nodes), page.start, page.total) == (500, 500, 1000)
    found = listed(source, find="EVENT 0999")
    assert [node.name for node in found.nodes] == [f"run09/event 0999{n}.txt" for n in range(10)]
    with pytest.raises(NotFound):
        listed(source, within="run99")


def test_a_bomb_is_listed_and_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_members, "LARGEST_MEMBER", 1 << 20)
    for source in (zipped({"zeros": bytes(5 << 20)}), tarred({"zeros": bytes(5 << 20)})):
        assert listed(source).nodes
        with pytest.raises(LimitExceeded, match="zeros"), entered(source, "zeros"):
            pass
    packed = BytesSource("zeros.gz", gzip.compress(bytes(5 << 20)))
    with pytest.raises(LimitExceeded), entered(packed, "zeros"):
        pass
    monkeypatch.setattr(_members, "_UNPACKED", 1 << 20)
    with pytest.raises(LimitExceeded):
        listed(tarred({"zeros": bytes(5 << 20)}))


def test_a_size_that_lies_does_not_help(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_members, "LARGEST_MEMBER", 1 << 20)
    source = zipped({"zeros": bytes(5 << 20)})
    lying = source.data.replace((5 << 20).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    with pytest.raises((LimitExceeded, UnreadableFile)), entered(BytesSource("data.zip", lying), "zeros"):
        pass


@pytest.mark.parametrize("source", [zipped(FILES), tarred(FILES), tarred(FILES, mode="w")])
def test_a_cut_archive_says_so(source: BytesSource) -> None:
    for share in (0.3, 0.6, 0.9):
        cut = BytesSource(source.name, source.data[: int(len(source.data) * share)])
        try:
            for entry in _members.entries(cut):
                with entered(cut, entry.path):
                    pass
        except (UnreadableFile, NotFound):
            continue


def test_a_packed_file_is_an_archive_of_one() -> None:
    source = BytesSource("notes.txt.gz", gzip.compress(b"words"))
    assert [node.name for node in listed(source).nodes] == ["notes.txt"]
    with entered(source, "notes.txt") as inner:
        assert inner.read_range(0, 10) == b"words"
    with pytest.raises(NotFound), entered(source, "other.txt"):
        pass


def test_a_folder_of_an_archive_is_no_file() -> None:
    with pytest.raises(NotFound), entered(zipped({"folder/": b"", "folder/a": b"1"}), "folder/"):
        pass
