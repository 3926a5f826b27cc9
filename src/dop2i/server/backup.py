"""A backup of a whole instance in one file while it serves, and its restoration.

The archive is a plain tar (contents are mostly compressed already)::

    dop2i-backup.json      what it is; always first
    database/…             a snapshot of the database
    dop2i.toml secret_key  the settings
    uploads/…              what waits for publication
    ocfl/…                 what is published, up to the version that the snapshot knows
    manifest-sha256.txt    the checksum of every file above, in their order; always last

Why it is consistent although nothing is stopped: an OCFL object only ever grows by whole versions, so that the object
*as the snapshot knows it* is its first versions with the inventory of the last of these. Staged uploads can vanish
(published or deleted), so they are hard-linked aside before the snapshot is taken, and again after it; if something
that the snapshot names is still missing, the snapshot is taken once more. The search index is left out: it is built
anew from the database.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from dop2i.errors import Conflict, InvalidInput, NotFound, StorageFull
from dop2i.server import database_copies
from dop2i.server.database_copies import Snapshot

FORMAT = "dop2i-backup"
FORMAT_VERSION = 1
DESCRIPTION, MANIFEST = "dop2i-backup.json", "manifest-sha256.txt"
SETTINGS = ("dop2i.toml", "secret_key")
PIECE = 1 << 20
SNAPSHOT_ATTEMPTS = 5
ASIDE = ".backup-"

Progress = Callable[[int, int, str], Any]


@dataclass(slots=True)
class BackupReport:
    """What was archived or restored: number of files, their bytes, and sentences on what was not as it should be."""

    path: Path
    files: int = 0
    bytes: int = 0
    problems: list[str] = field(default_factory=list)


def backup(file: Path | str, *, progress: Progress | None = None) -> BackupReport:
    """Archives the configured instance in ``file`` while it serves. ``progress(done_bytes, total_bytes, message)``.

    The file appears under its name when it is whole; it holds the instance's secrets and is readable by its owner
    alone. Raises ``Conflict`` when the file exists, ``StorageFull``; what was begun is removed.
    """
    from django.conf import settings

    target = Path(file).absolute()
    if target.exists():
        raise Conflict(f"{target} exists already.", hint="Choose another name, or move it away.")
    if not target.parent.is_dir():
        raise NotFound(f"There is no folder {target.parent} for the backup.", hint="Make it first.")
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with _full_disk_told(target), _folder_aside(settings.DOP2I.home) as aside, draft.open("xb") as handle:
            draft.chmod(0o600)
            report = _Archive(handle, path=target, progress=progress).fill(settings.DOP2I, aside)
            handle.flush()
            os.fsync(handle.fileno())
        draft.rename(target)
    finally:
        draft.unlink(missing_ok=True)
    return report


def restore(
    file: Path | str, home: Path | str, *, database_url: str = "", progress: Progress | None = None
) -> BackupReport:
    """Makes the instance at ``home`` (an empty folder, or none yet) from a backup; every checksum is verified.

    A backup from PostgreSQL needs ``database_url``, an empty database to fill. Raises ``InvalidInput`` for a file
    that is no whole backup (cut, changed, or with a member that would leave the folder), ``Conflict`` when the
    folder or the database is not empty. When it raises, the folder is left empty.
    """
    source, target = Path(file).absolute(), Path(home).absolute()
    if not source.is_file():
        raise NotFound(f"There is no backup at {source}.")
    target.mkdir(parents=True, exist_ok=True)
    if any(target.iterdir()):
        raise Conflict(f"{target} is not empty.", hint="Restore into a new folder.")
    work = target / ".restoring"
    try:
        with _full_disk_told(target):
            report, engine = _extract(source, work, progress=progress)
            database_copies.put_back(work / "database", home=work, engine=engine, database_url=database_url)
            shutil.rmtree(work / "database")
            os.sync()
            for child in sorted(work.iterdir()):
                child.rename(target / child.name)
    except BaseException:
        for child in target.iterdir():
            shutil.rmtree(child) if child.is_dir() else child.unlink()
        raise
    work.rmdir()
    report.path = target
    return report


@contextlib.contextmanager
def _folder_aside(home: Path) -> Iterator[Path]:
    """A folder on the instance's own file system, so that files can be linked into it; removed afterwards.

    Those of backups that were killed go too: nobody holds their lock any more.
    """
    for path in [*home.glob(f"{ASIDE}*"), home / f"{ASIDE}{os.getpid()}-{os.urandom(4).hex()}"]:
        path.mkdir(mode=0o700, exist_ok=True)
        lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            continue  # another backup is under way
        try:
            if path.name.startswith(f"{ASIDE}{os.getpid()}-"):
                yield path / "kept"
        finally:
            shutil.rmtree(path, ignore_errors=True)
            os.close(lock)


@contextlib.contextmanager
def _full_disk_told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise StorageFull(f"There is no room left at {path}.", hint="Nothing was kept; free some room.") from error
        raise


class _Archive:
    """Writes the tar and, beside it, the manifest."""

    def __init__(self, handle: IO[bytes], *, path: Path, progress: Progress | None) -> None:
        self.tar = tarfile.open(  # noqa: SIM115  closed by fill
            fileobj=handle, mode="w", format=tarfile.PAX_FORMAT, copybufsize=PIECE
        )
        self.manifest = tempfile.TemporaryFile()  # noqa: SIM115  closed by fill
        self.report = BackupReport(path=path)
        self.progress = progress
        self.total = 0
        self.now = int(time.time())

    def fill(self, configuration: Any, aside: Path) -> BackupReport:
        """Everything, in the order of the module's docstring."""
        from dop2i.core.packages.ocfl import StorageRoot

        with self.manifest, self.tar:
            snapshot = self._snapshot(configuration.uploads, aside)
            self.total = snapshot.content_bytes
            self._add_bytes(DESCRIPTION, _description(snapshot.engine))
            for path in _files_below(aside / "database"):
                self._add_file(f"database/{path.relative_to(aside / 'database').as_posix()}", path)
            for name in SETTINGS:
                if (configuration.home / name).is_file():
                    self._add_file(name, configuration.home / name)
            for path in _files_below(aside / "uploads"):
                self._add_file(f"uploads/{path.relative_to(aside / 'uploads').as_posix()}", path)
            root = StorageRoot(configuration.ocfl_root, staging=configuration.staging)
            self._add_root_declarations(root.path)
            for concept, head in snapshot.heads:
                self._add_object(root.object_folder(f"dop2i:{concept}"), head=head, root=root.path)
            size = self.manifest.tell()
            self.manifest.seek(0)
            self.tar.addfile(self._info(MANIFEST, size), self.manifest)
        return self.report

    def _snapshot(self, uploads: Path, aside: Path) -> Snapshot:
        """The database as it is at one moment, with every staged file that it names hard-linked aside."""
        for attempt in range(SNAPSHOT_ATTEMPTS):
            shutil.rmtree(aside, ignore_errors=True)
            (aside / "database").mkdir(parents=True)
            _link_all(uploads, aside / "uploads")
            snapshot = database_copies.take(aside / "database")
            _link_all(uploads, aside / "uploads")
            kept = aside / "uploads" / "content"
            missing = [name for name in snapshot.staged if not (kept / name[:2] / name).exists()]
            if not missing:
                break
            # Published or deleted while the snapshot was being taken; seen five times, it was lost long ago.
            if attempt == SNAPSHOT_ATTEMPTS - 1:
                self.report.problems += [f"The staged upload {name} is missing on the server." for name in missing]
        return snapshot

    def _add_root_declarations(self, root: Path) -> None:
        for path in sorted(root.iterdir()):
            if path.is_file():
                self._add_file(f"ocfl/{path.name}", path)
        for path in _files_below(root / "extensions"):
            self._add_file(f"ocfl/{path.relative_to(root).as_posix()}", path)

    def _add_object(self, folder: Path, *, head: int, root: Path) -> None:
        """One OCFL object as it was when ``head`` was its last version."""
        name = f"ocfl/{folder.relative_to(root).as_posix()}"
        last = folder / f"v{head}"
        if not (last / "inventory.json").is_file():
            self.report.problems.append(f"{folder} has no version v{head}, which the database knows.")
            return
        for path in sorted(folder.glob("0=ocfl_object_*")):
            self._add_file(f"{name}/{path.name}", path)
        for path in sorted(last.glob("inventory.json*")):
            self._add_file(f"{name}/{path.name}", path)
        for number in range(1, head + 1):
            for path in _files_below(folder / f"v{number}"):
                self._add_file(f"{name}/{path.relative_to(folder).as_posix()}", path)

    def _info(self, name: str, size: int) -> tarfile.TarInfo:
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = size, 0o600, self.now
        return info

    def _add_file(self, name: str, path: Path) -> None:
        with path.open("rb") as source:
            self._add(name, source, os.fstat(source.fileno()).st_size)

    def _add_bytes(self, name: str, content: bytes) -> None:
        self._add(name, io.BytesIO(content), len(content))

    def _add(self, name: str, source: IO[bytes], size: int) -> None:
        reader = _Hashing(source)
        self.tar.addfile(self._info(name, size), reader)
        self.tar.members = []  # the module remembers every member, which a million files would make felt
        self.manifest.write(_manifest_line(reader.digest.hexdigest(), name))
        self.report.files += 1
        self.report.bytes += size
        if self.progress is not None:
            self.progress(self.report.bytes, max(self.total, self.report.bytes), name)


class _Hashing(io.RawIOBase):
    """Passes bytes on and hashes them."""

    def __init__(self, source: IO[bytes]) -> None:
        super().__init__()
        self.source = source
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes."""
        piece = self.source.read(size)
        self.digest.update(piece)
        return piece


def _description(engine: str) -> bytes:
    from importlib.metadata import version

    content = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "made_by": f"dop2i {version('dop2i')}",
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "database": engine,
    }
    return json.dumps(content, indent=1).encode() + b"\n"


def _manifest_line(digest: str, name: str) -> bytes:
    escaped = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return f"{digest}  {escaped}\n".encode("utf-8", "surrogateescape")


def _files_below(folder: Path) -> Iterator[Path]:
    """Every regular file, sorted, without following links."""
    if not folder.is_dir():
        return
    with os.scandir(folder) as listing:
        children = sorted(listing, key=lambda child: child.name)
    for child in children:
        if child.is_dir(follow_symlinks=False):
            yield from _files_below(Path(child.path))
        elif child.is_file(follow_symlinks=False):
            yield Path(child.path)


def _link_all(source: Path, target: Path) -> None:
    """Hard-links every file that is not linked yet (copies it where links are not possible)."""
    for path in _files_below(source):
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(path, copy)
        except (FileExistsError, FileNotFoundError):
            continue  # linked in the first round, or gone meanwhile
        except OSError:
            with contextlib.suppress(FileNotFoundError):
                shutil.copyfile(path, copy)


def _extract(source: Path, work: Path, *, progress: Progress | None) -> tuple[BackupReport, str]:
    """Unpacks into ``work``, refusing whatever a backup never holds; also tells the database engine it came from."""
    report = BackupReport(path=work)
    total = source.stat().st_size
    engine = ""
    try:
        with (
            source.open("rb") as handle,
            tarfile.open(fileobj=handle, mode="r|", bufsize=PIECE) as tar,
            tempfile.TemporaryFile() as seen,
        ):
            while (info := tar.next()) is not None:
                tar.members = []  # the module remembers every member, which a million files would make felt
                content = _content_of(tar, info)
                if not engine:
                    content = io.BytesIO(content.read(PIECE))
                    engine = _checked_engine(info, content.getvalue(), source)
                if info.name == MANIFEST:
                    _compare(content, seen, source)
                    return report, engine
                seen.write(_manifest_line(_write_member(info, content, work), info.name))
                report.files += 1
                report.bytes += info.size
                if progress is not None:
                    progress(handle.tell(), total, info.name)
    except (tarfile.TarError, EOFError, UnicodeError) as error:
        raise InvalidInput(f"{source} is not a whole backup: {error}.") from error
    raise InvalidInput(f"{source} is cut short: the list of checksums at its end is missing.")


def _content_of(tar: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    """The bytes of a member. Raises ``InvalidInput`` for anything that this module does not write."""
    parts = info.name.split("/")
    plain = info.isreg() and not info.issparse() and "\\" not in info.name and "\0" not in info.name
    if not plain or any(part in ("", ".", "..") for part in parts):
        raise InvalidInput(
            f"The backup holds {info.name!r}, which does not belong in one.", hint="It was not restored."
        )
    folder = parts[0] in ("database", "uploads", "ocfl") and len(parts) > 1
    if not folder and info.name not in (DESCRIPTION, MANIFEST, *SETTINGS):
        raise InvalidInput(
            f"The backup holds {info.name!r}, which does not belong in one.", hint="It was not restored."
        )
    content = tar.extractfile(info)
    if content is None:
        raise InvalidInput(f"{info.name!r} of the backup has no content.")
    return content


def _checked_engine(info: tarfile.TarInfo, content: bytes, source: Path) -> str:
    """The engine that the description names. Raises ``InvalidInput`` when this is no backup that we can read."""
    try:
        description = json.loads(content) if info.name == DESCRIPTION else {}
    except ValueError:
        description = {}
    if not isinstance(description, dict) or description.get("format") != FORMAT:
        raise InvalidInput(f"{source} is not a dop2i backup.")
    if description.get("version") != FORMAT_VERSION:
        raise InvalidInput(
            f"{source} has version {description.get('version')} of the backup format; this release reads "
            f"{FORMAT_VERSION}.",
            hint=f"It was made by {description.get('made_by')}.",
        )
    engine = str(description.get("database"))
    if engine not in database_copies.ENGINES:
        raise InvalidInput(f"{source} holds a database of kind {engine!r}, which this release does not know.")
    return engine


def _write_member(info: tarfile.TarInfo, content: IO[bytes], work: Path) -> str:
    """Writes one member; its sha256. A second member of the same name is refused."""
    target = work / info.name
    digest = hashlib.sha256()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as writer:
            while piece := content.read(PIECE):
                digest.update(piece)
                writer.write(piece)
            length = writer.tell()
    except (FileExistsError, NotADirectoryError) as error:
        raise InvalidInput(f"The backup holds {info.name!r} twice.", hint="It was not restored.") from error
    if length != info.size:
        raise InvalidInput(f"{info.name!r} of the backup is cut short.")
    if info.name == "secret_key" or info.name.startswith(("database/", "dop2i.toml")):
        target.chmod(0o600)
    return digest.hexdigest()


def _compare(manifest: IO[bytes], seen: IO[bytes], source: Path) -> None:
    """Raises ``InvalidInput`` unless the checksums at the end are those of what was unpacked, file by file."""
    seen.seek(0)
    for found in seen:
        if manifest.readline() != found:
            name = found.split(b"  ", 1)[1].decode("utf-8", "replace").strip()
            raise InvalidInput(f"{name} of {source} does not match its checksum.", hint="The backup is damaged.")
    if manifest.read(1):
        raise InvalidInput(f"{source} lists files that it does not hold.", hint="The backup is damaged.")
