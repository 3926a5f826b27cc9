"""An OCFL 1.1 storage root (https://ocfl.io/1.1/spec/), written with nothing but the file system.

Layout 0003 (hash and id n-tuple), sha256 throughout. A version is prepared beside the root and appears by one
``rename``; whatever a killed process leaves is finished by :meth:`StorageRoot.repair`.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import shutil
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dop2i.core.packages.durable import flush_folder, replace_durably, write_durably
from dop2i.errors import Conflict, InvalidInput, NotFound, UnreadableFile

ALGORITHM = "sha256"
LAYOUT = "0003-hash-and-id-n-tuple-storage-layout"
SPECIFICATION = "https://ocfl.io/1.1/spec/#inventory"
SIDECAR = f"inventory.json.{ALGORITHM}"
TUPLE_SIZE, TUPLES, LONGEST_FOLDER = 3, 3, 100

_ROOT_DECLARATION = ("0=ocfl_1.1", b"ocfl_1.1\n")
_OBJECT_DECLARATION = ("0=ocfl_object_1.1", b"ocfl_object_1.1\n")
_NO_HARD_LINK = (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP, errno.EACCES)
_READABLE = 1000
_PLAIN = re.compile(rb"[A-Za-z0-9_-]")


@dataclass(frozen=True, slots=True)
class Inventory:
    """The inventory of one object, as read; ``folder`` is where the object lies."""

    folder: Path
    document: dict[str, Any]

    @property
    def object_id(self) -> str:
        """The object's identifier."""
        return str(self.document["id"])

    @property
    def head(self) -> int:
        """The number of the last version."""
        return int(self.document["head"][1:])

    def state(self, version: int | None = None) -> dict[str, str]:
        """Logical path → digest in one version (the last by default). Raises ``NotFound`` for another."""
        name = f"v{version or self.head}"
        if name not in self.document["versions"]:
            raise NotFound(f"{self.object_id} has no version {name}; its last one is v{self.head}.")
        blocks: dict[str, list[str]] = self.document["versions"][name]["state"]
        return {path: digest for digest, paths in blocks.items() for path in paths}

    def created(self, version: int) -> str:
        """When a version was made, RFC 3339."""
        return str(self.document["versions"][f"v{version}"]["created"])

    def content_path(self, digest: str) -> Path:
        """Where the bytes of a digest lie. Raises ``NotFound``."""
        return self.folder / self.content_name(digest)

    def content_name(self, digest: str) -> str:
        """The path of the bytes of a digest below the object's folder. Raises ``NotFound``."""
        paths = self.document["manifest"].get(digest)
        if not paths:
            raise NotFound(f"{self.object_id} holds no content with the sha256 {digest}.")
        return str(paths[0])

    def read(self, logical_path: str, version: int | None = None) -> bytes:
        """The bytes of a logical path. Raises ``NotFound``."""
        digest = self.state(version).get(logical_path)
        if digest is None:
            raise NotFound(f"{self.object_id} has no {logical_path} in v{version or self.head}.")
        return self.content_path(digest).read_bytes()

    def fixity(self, algorithm: str) -> dict[str, str]:
        """sha256 → the checksum of another algorithm, for the contents where it was recorded."""
        by_path = {path: value for value, paths in self._fixity_block(algorithm).items() for path in paths}
        manifest: dict[str, list[str]] = self.document["manifest"]
        return {digest: by_path[paths[0]] for digest, paths in manifest.items() if paths[0] in by_path}

    def _fixity_block(self, algorithm: str) -> dict[str, list[str]]:
        block: dict[str, list[str]] = self.document.get("fixity", {}).get(algorithm, {})
        return block


@dataclass(frozen=True, slots=True)
class NewVersion:
    """What a version holds: ``state`` maps logical paths to digests; ``sources`` gives, for each digest that the
    object may not hold yet, its bytes or the file to link. ``md5`` maps digests to what goes in the fixity block."""

    state: Mapping[str, str]
    sources: Mapping[str, Path | str | bytes]
    message: str
    created: str
    user_name: str
    user_address: str = ""
    md5: Mapping[str, str] = field(default_factory=dict)


class StorageRoot:
    """The storage root at ``path``; ``staging`` is a folder of the same file system, outside of the root."""

    def __init__(self, path: Path, *, staging: Path) -> None:
        self.path = path
        self.staging = staging

    def initialise(self) -> None:
        """Declare the root and its layout. Idempotent."""
        self.staging.mkdir(parents=True, exist_ok=True)
        extension = self.path / "extensions" / LAYOUT
        extension.mkdir(parents=True, exist_ok=True)
        layout = {
            "extension": LAYOUT,
            "description": "Objects lie under three folders of three digits of the sha256 of their identifier.",
        }
        configuration = {
            "extensionName": LAYOUT,
            "digestAlgorithm": ALGORITHM,
            "tupleSize": TUPLE_SIZE,
            "numberOfTuples": TUPLES,
        }
        wanted = [
            (extension / "config.json", _json(configuration)),
            (self.path / "ocfl_layout.json", _json(layout)),
            (self.path / _ROOT_DECLARATION[0], _ROOT_DECLARATION[1]),
        ]
        for path, data in wanted:
            if not path.exists():
                replace_durably(path, data, staging=self.staging)

    def object_folder(self, object_id: str) -> Path:
        """Where an object lies or will lie (layout 0003)."""
        digest = hashlib.sha256(object_id.encode()).hexdigest()
        name = "".join(chr(byte) if _PLAIN.match(bytes([byte])) else f"%{byte:02x}" for byte in object_id.encode())
        if len(name) > LONGEST_FOLDER:
            name = f"{name[:LONGEST_FOLDER]}-{digest}"
        tuples = [digest[i * TUPLE_SIZE : (i + 1) * TUPLE_SIZE] for i in range(TUPLES)]
        return self.path.joinpath(*tuples, name)

    def read(self, object_id: str) -> Inventory | None:
        """The inventory of an object, None where there is none. Raises ``UnreadableFile`` when it is damaged."""
        return read_inventory(self.object_folder(object_id))

    def objects(self) -> Iterator[Inventory]:
        """Every object of the root, in the order of the folders. Raises ``UnreadableFile`` for a damaged one."""
        for folder in self.object_folders():
            inventory = read_inventory(folder)
            if inventory is not None:
                yield inventory

    def object_folders(self) -> Iterator[Path]:
        """Every folder at the depth of objects, sorted."""
        for first in sorted(self.path.iterdir()):
            if first.is_dir() and first.name != "extensions":
                yield from sorted(first.glob("/".join(["*"] * TUPLES)))

    def write_version(self, object_id: str, new: NewVersion) -> Inventory:
        """Add a version to an object, or make the object; returns its inventory when all is on the disk.

        Contents that the object holds already are not written again; new ones are hard-linked from where they are,
        or copied across file systems. The caller lets one writer at a time at an object. Raises ``NotFound`` when a
        digest of the state is neither held nor given.
        """
        folder = self.object_folder(object_id)
        known = self.repair(object_id)
        document = _next_document(object_id, known, new)
        version = document["head"]
        draft = self.staging / uuid.uuid4().hex
        try:
            if known is None:
                _fill_version(draft / version, document, new.sources)
                write_durably(draft / _OBJECT_DECLARATION[0], _OBJECT_DECLARATION[1])
                for name in ("inventory.json", SIDECAR):
                    # One file under two names: the top one is only ever replaced, never written into.
                    _link_or_copy(draft / version / name, draft / name)
                flush_folder(draft)
                self._move_in(draft, folder)
            else:
                _fill_version(draft / version, document, new.sources)
                (draft / version).rename(folder / version)
                flush_folder(folder)
                self._replace_root_inventory(folder, version)
        finally:
            if draft.exists():
                shutil.rmtree(draft)
        return Inventory(folder=folder, document=document)

    def repair(self, object_id: str) -> Inventory | None:
        """Finish a version that a killed process left half-way; returns the inventory, None for no object.

        A version folder arrives whole by one rename, so that finishing is only to copy its inventory to the top.
        """
        folder = self.object_folder(object_id)
        if not folder.is_dir():
            self._prune(folder.parent)
            return None
        versions = sorted(int(path.name[1:]) for path in folder.glob("v[0-9]*") if path.name[1:].isdecimal())
        if not versions:
            raise UnreadableFile(f"The OCFL object {object_id} at {folder} holds no version.")
        newest = f"v{versions[-1]}"
        top, below = folder / "inventory.json", folder / newest / "inventory.json"
        whole = top.exists() and (folder / SIDECAR).exists()
        if (
            not whole
            or _sha256(top.read_bytes()) != _sidecar_value(folder / SIDECAR)
            or ((folder / SIDECAR).read_bytes() != (folder / newest / SIDECAR).read_bytes())
        ):
            if _sha256(below.read_bytes()) != _sidecar_value(folder / newest / SIDECAR):
                raise UnreadableFile(f"The inventory of {object_id} at {below} does not match its checksum.")
            self._replace_root_inventory(folder, newest)
        return read_inventory(folder)

    def _move_in(self, draft: Path, folder: Path) -> None:
        for attempt in range(10):
            try:
                _make_parents(folder, self.path)
                draft.rename(folder)
                break
            except FileNotFoundError:
                # Another writer tidied the still empty folders above ours away between the steps.
                if attempt == 9:
                    raise
        flush_folder(folder.parent)

    def _replace_root_inventory(self, folder: Path, version: str) -> None:
        for name in ("inventory.json", SIDECAR):
            replace_durably(folder / name, (folder / version / name).read_bytes(), staging=self.staging)

    def _prune(self, folder: Path) -> None:
        """Remove the empty folders that a killed process left: OCFL allows none below the root."""
        while folder != self.path and folder.is_relative_to(self.path):
            try:
                folder.rmdir()
            except FileNotFoundError:
                pass
            except OSError:
                return
            folder = folder.parent


def read_inventory(folder: Path) -> Inventory | None:
    """The inventory in an object's folder, None when there is no folder; its checksum is verified."""
    if not folder.is_dir():
        return None
    try:
        data = (folder / "inventory.json").read_bytes()
        expected = _sidecar_value(folder / SIDECAR)
    except FileNotFoundError as error:
        raise UnreadableFile(f"The OCFL object at {folder} lacks {Path(error.filename).name}.") from error
    if _sha256(data) != expected:
        raise UnreadableFile(f"The inventory at {folder} does not match its checksum in {SIDECAR}.")
    return Inventory(folder=folder, document=json.loads(data))


def check_object(folder: Path, *, contents: bool = False) -> list[str]:
    """What is wrong with an object, one sentence each; with ``contents`` every byte is read and hashed."""
    try:
        inventory = read_inventory(folder)
    except (UnreadableFile, ValueError) as error:
        return [str(error)]
    if inventory is None:
        return [f"There is no OCFL object at {folder}."]
    problems = []
    known = set()
    for digest, paths in inventory.document["manifest"].items():
        for path in paths:
            known.add(path)
            file = folder / path
            if not file.is_file():
                problems.append(f"{inventory.object_id}: {path} is missing.")
            elif contents and file_sha256(file) != digest:
                problems.append(f"{inventory.object_id}: {path} does not have the sha256 that the inventory tells.")
    for number in range(1, inventory.head + 1):
        content = folder / f"v{number}" / "content"
        for file in content.rglob("*") if content.is_dir() else ():
            if file.is_file() and file.relative_to(folder).as_posix() not in known:
                problems.append(f"{inventory.object_id}: {file.relative_to(folder)} is in no inventory.")
    expected = {f"v{number}" for number in range(1, inventory.head + 1)}
    expected |= {"inventory.json", SIDECAR, _OBJECT_DECLARATION[0]}
    problems += [
        f"{inventory.object_id}: {path.name} does not belong there."
        for path in folder.iterdir()
        if path.name not in expected
    ]
    return problems


def file_sha256(path: Path) -> str:
    """The sha256 of a file, read once."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _next_document(object_id: str, known: Inventory | None, new: NewVersion) -> dict[str, Any]:
    """The inventory with one more version."""
    head = f"v{known.head + 1 if known else 1}"
    manifest: dict[str, list[str]] = dict(known.document["manifest"]) if known else {}
    state: dict[str, list[str]] = {}
    _refuse_impossible_paths(new.state)
    for path in sorted(new.state):
        digest = new.state[path]
        state.setdefault(digest, []).append(path)
        if digest not in manifest:
            if digest not in new.sources:
                raise NotFound(f"Nothing was given for {path} (sha256 {digest}) of {object_id}.")
            manifest[digest] = [f"{head}/content/{path}"]
    user = {"name": new.user_name or "dop2i"}
    if new.user_address:
        user["address"] = new.user_address
    version = {"created": new.created, "message": new.message, "user": user, "state": state}
    document: dict[str, Any] = {
        "id": object_id,
        "type": SPECIFICATION,
        "digestAlgorithm": ALGORITHM,
        "head": head,
        "manifest": manifest,
        "versions": {**(known.document["versions"] if known else {}), head: version},
    }
    md5: dict[str, list[str]] = {}
    recorded = known.fixity("md5") if known else {}
    for digest, paths in manifest.items():
        value = new.md5.get(digest) or recorded.get(digest)
        if value:
            md5.setdefault(value, []).extend(paths)
    if md5:
        document["fixity"] = {"md5": md5}
    return document


def _refuse_impossible_paths(state: Mapping[str, str]) -> None:
    for path in state:
        parts = path.split("/")
        if any(part in ("", ".", "..") for part in parts):
            raise InvalidInput(f"{path!r} cannot be a path of an OCFL object.")
        for depth in range(1, len(parts)):
            if "/".join(parts[:depth]) in state:
                raise Conflict(f"{'/'.join(parts[:depth])!r} would be a file and a folder.")


def _fill_version(folder: Path, document: dict[str, Any], sources: Mapping[str, Path | str | bytes]) -> None:
    """The version's folder: its new contents and its copy of the inventory, all flushed."""
    prefix, top = f"{document['head']}/", str(folder)
    folders = {top}
    folder.mkdir(parents=True)
    for digest, paths in document["manifest"].items():
        if not paths[0].startswith(prefix):
            continue
        target = f"{top}/{paths[0][len(prefix) :]}"
        above = target.rpartition("/")[0]
        if above not in folders:
            Path(above).mkdir(parents=True, exist_ok=True)
            while above not in folders:
                folders.add(above)
                above = above.rpartition("/")[0]
        source = sources[digest]
        if isinstance(source, bytes):
            write_durably(Path(target), source)
        else:
            _link_or_copy(source, target)
    _write_inventory(folder, document)
    for made in sorted(folders, key=len, reverse=True):
        flush_folder(Path(made))


def _link_or_copy(source: Path | str, target: Path | str) -> None:
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in _NO_HARD_LINK:
            raise
        with Path(source).open("rb") as reader, Path(target).open("xb") as writer:
            shutil.copyfileobj(reader, writer, 1 << 20)
            writer.flush()
            os.fsync(writer.fileno())


def _write_inventory(folder: Path, document: dict[str, Any]) -> None:
    data = _json(document)
    write_durably(folder / "inventory.json", data)
    write_durably(folder / SIDECAR, f"{_sha256(data)} inventory.json\n".encode())


def _make_parents(folder: Path, root: Path) -> None:
    missing = []
    parent = folder.parent
    while parent != root and not parent.exists():
        missing.append(parent)
        parent = parent.parent
    for path in reversed(missing):
        with contextlib.suppress(FileExistsError):
            path.mkdir()
        flush_folder(path.parent)


def _sidecar_value(path: Path) -> str:
    return path.read_text(encoding="ascii").split(maxsplit=1)[0]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _json(document: dict[str, Any]) -> bytes:
    # Indented for people as long as that is quick: Python's fast encoder does not indent.
    indent = 1 if len(document.get("manifest", ())) < _READABLE else None
    return json.dumps(document, ensure_ascii=False, indent=indent).encode() + b"\n"
