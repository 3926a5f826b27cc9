"""Downloads: resumed where they stopped, checked by sha256, never outside the folder that was asked for."""

from __future__ import annotations

import fnmatch
import hashlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dop2i.client.session import Session
from dop2i.errors import ChecksumMismatch, InvalidName, ServiceUnavailable, StorageFull

if TYPE_CHECKING:
    from dop2i.client.records import Record, RemoteFile

PIECE = 1 << 20
AT_ONCE = 6

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A file that is there now: ``fetched`` bytes travelled (0: it was there already)."""

    key: str
    path: Path
    size: int
    fetched: int


def download_record(
    record: Record, to: Path, *, pattern: str = "", progress: Progress | None = None, at_once: int = AT_ONCE
) -> list[Downloaded]:
    """Every file of a record (those whose key or name matches ``pattern``), several at once, in order of key.

    Raises the first error after the others in flight have ended; what is complete stays.
    """
    chosen = choose(record.files.values(), pattern)
    for file in chosen:
        safe_path(to, file.key)
    with ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="download") as pool:
        waiting = [
            pool.submit(download_file, record._session, file, to, progress=progress)  # one package
            for file in chosen
        ]
        try:
            return [future.result() for future in waiting]
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def choose(files: Iterable[RemoteFile], pattern: str) -> list[RemoteFile]:
    """Those whose whole key, or whose last part, matches the shell pattern (all without one)."""
    return [
        file
        for file in files
        if not pattern
        or fnmatch.fnmatchcase(file.key, pattern)
        or fnmatch.fnmatchcase(file.key.rsplit("/", 1)[-1], pattern)
    ]


def safe_path(folder: Path, key: str) -> Path:
    """Where a key lies below ``folder``. Raises ``InvalidName`` for one that would leave it, also by a symlink."""
    parts = key.split("/")
    if not key or "\0" in key or "\\" in key or key.startswith("/") or any(p in {"", ".", ".."} for p in parts):
        raise InvalidName(f"The record holds a file named {key!r}, which cannot be kept safely in {folder}.")
    target = folder.joinpath(*parts)
    if not target.parent.resolve().is_relative_to(folder.resolve()) or target.is_symlink():
        raise InvalidName(f"{target} leads out of {folder} by a symbolic link.", hint="Choose another folder.")
    return target


def download_file(session: Session, file: RemoteFile, folder: Path, *, progress: Progress | None = None) -> Downloaded:
    """One file. An interrupted download goes on from its part; the final name appears only once sha256 is right."""
    target = safe_path(folder, file.key)
    tell = progress or (lambda count: None)
    if target.is_file() and target.stat().st_size == file.size and file.sha256 and _sha256(target) == file.sha256:
        tell(file.size)
        return Downloaded(file.key, target, file.size, 0)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.parent / f".{_part_name(file)}.part"
        fetched = _complete(session, file, part, tell)
        part.replace(target)
    except OSError as error:
        if error.errno in {28, 122}:
            raise StorageFull(f"No room left for {target}.", hint="Make room and run it again: it resumes.") from error
        raise InvalidName(f"{target} cannot be written: {error.strerror or error}.") from error
    return Downloaded(file.key, target, file.size, fetched)


def _part_name(file: RemoteFile) -> str:
    """Bound to the content, so that a part of another version is never gone on with."""
    digest = hashlib.sha256(f"{file.key}\0{file.sha256}\0{file.size}".encode()).hexdigest()[:16]
    return f"{file.key.rsplit('/', 1)[-1][:60]}.{digest}"


def _complete(session: Session, file: RemoteFile, part: Path, tell: Progress) -> int:
    """Brings the part to its full length; a resumed part that turns out wrong is fetched anew, once."""
    had = part.stat().st_size if part.exists() else 0
    if had > file.size:
        part.unlink()
        had = 0
    digest = _fetch_rest(session, file, part, tell)
    if not file.sha256 or digest == file.sha256:
        return file.size - had
    part.unlink()
    if had:
        tell(-file.size)
        if _fetch_rest(session, file, part, tell) == file.sha256:
            return file.size
        part.unlink()
    raise ChecksumMismatch(
        f"{file.key}: the bytes that came have another sha256 than the record tells ({file.sha256[:12]}…).",
        hint="Nothing was kept; tell the people who run the server.",
    )


def _fetch_rest(session: Session, file: RemoteFile, part: Path, tell: Progress) -> str:
    """Appends what is missing, trying again from where a connection broke; returns the sha256 of it all."""
    import requests

    digest = hashlib.sha256()
    with part.open("ab+") as out:
        out.seek(0)
        while piece := out.read(PIECE):
            digest.update(piece)
        tell(out.tell())
        failures = 0
        while (start := out.tell()) < file.size:
            try:
                for piece in _pieces(session, file, start):
                    out.write(piece)
                    digest.update(piece)
                    tell(len(piece))
            except requests.RequestException as error:
                failures += 1
                if failures > session.retries:
                    raise ServiceUnavailable(
                        f"{file.key}: the connection broke at byte {out.tell()}.", hint="Run it again: it resumes."
                    ) from error
            else:
                if out.tell() == start:
                    raise ServiceUnavailable(f"{file.key}: the server sent nothing from byte {start} on.")
    return digest.hexdigest()


def _pieces(session: Session, file: RemoteFile, start: int) -> Iterable[bytes]:
    headers = {"Accept": "*/*", **({"Range": f"bytes={start}-"} if start else {})}
    with session.request("GET", f"{file.path}/content", headers=headers, stream=True) as answer:
        if start and answer.status_code != 206:
            raise ServiceUnavailable(f"{file.key}: the server does not serve ranges.", hint="Delete the part file.")
        left = file.size - start
        for piece in answer.iter_content(PIECE):
            yield piece[:left]
            left -= len(piece)
            if left <= 0:
                return


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
