"""Uploads into a draft: what the server holds stays, small files travel in bundles, large ones resume by tus."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dop2i.client.bundle import SMALL, TarStream, bundles
from dop2i.client.localfiles import LocalFile, read_files
from dop2i.client.memory import Memory
from dop2i.client.records import listed_entries
from dop2i.client.session import SEND_BLOCK, Session, json_of, quote_key
from dop2i.errors import Conflict, Dop2iError, InvalidInput, NotFound, ServiceUnavailable

AT_ONCE = 3
ANNOUNCED_AT_ONCE = 1000
ROUNDS = 4
"""How often what did not arrive is looked for and sent again."""

TUS = {"Tus-Resumable": "1.0.0"}

Progress = Callable[[int], None]


@dataclass(slots=True)
class Sent:
    """What an upload did: files and bytes that travelled, and files that the server held already."""

    files: int = 0
    bytes: int = 0
    kept: int = 0


def upload_path(
    session: Session, record_id: str, path: Path, *, key: str | None = None, progress: Progress | None = None
) -> Sent:
    """A file (as ``key``, by default its name), or every file of a folder (below ``key``, when it is given)."""
    if path.is_dir():
        from dop2i.core.proposals import walk_folder

        before = f"{key.rstrip('/')}/" if key else ""
        paths = {f"{before}{source.name}": Path(source.local_path or "") for source in walk_folder(path)}
    elif path.is_file():
        paths = {key or path.name: path}
    else:
        raise NotFound(f"There is no {path}.")
    return Upload(session, record_id, progress=progress).send(read_files(paths))


class Upload:
    """Brings files into a draft. Run again after an interruption, it goes on where it stopped.

    ``memory`` keeps the addresses of unfinished tus uploads between two runs. ``progress`` is told bytes, also of
    those files that the server holds already. ``first_version`` says that the server cannot hold anything yet, so
    that nothing has to be announced.
    """

    def __init__(
        self,
        session: Session,
        record_id: str,
        *,
        memory: Memory | None = None,
        progress: Progress | None = None,
        first_version: bool = False,
    ) -> None:
        self.session = session
        self.base = f"api/records/{record_id}/draft"
        self.memory = memory
        self.first_version = first_version
        self.sent = Sent()
        self._tell = progress or (lambda count: None)
        self._lock = threading.Lock()
        self._told: dict[str, int] = {}
        self._confirmed: dict[str, str] = {}

    def send(self, files: Iterable[LocalFile], *, exactly: bool = False) -> Sent:
        """Sends what the draft does not hold; with ``exactly`` takes out of it what is not among ``files``.

        Raises ``Conflict`` when a file changes meanwhile, ``ChecksumMismatch``, ``StorageFull``,
        ``ServiceUnavailable`` when the server stays away.
        """
        wanted = {file.key: file for file in files}
        missing = self._announce(wanted, exactly=exactly)
        self.sent.kept = len(wanted) - len(missing)
        for key in wanted.keys() - missing.keys():
            self._reached(key, wanted[key].size)
        failures = 0
        while missing:
            error = self._round(list(missing.values()))
            before = len(missing)
            missing = {key: file for key, file in missing.items() if self._confirmed.get(key) != file.sha256}
            if missing:
                arrived = self._arrived(missing)
                missing = {key: file for key, file in missing.items() if key not in arrived}
            failures = failures + 1 if len(missing) == before else 0
            if missing and (error or failures) and failures >= ROUNDS:
                raise error or ServiceUnavailable(
                    f"{len(missing)} files did not arrive, {min(missing)} among them.", hint="Run it again."
                )
        self.sent.files = len(wanted) - self.sent.kept
        if self.memory:
            self.memory.uploads = {}
            self.memory.save()
        return self.sent

    def _held(self) -> dict[str, tuple[bool, str, int]]:
        """The draft's entries: key → complete, sha256, size."""
        held = {}
        for entry in listed_entries(self.session, self.base):
            held[entry["key"]] = (entry.get("status") == "completed", _digest_of(entry), int(entry.get("size") or 0))
        return held

    def _arrived(self, wanted: dict[str, LocalFile]) -> set[str]:
        """Which of the files are complete. Raises ``Conflict`` when other bytes came than those that were read."""
        held = self._held()
        arrived = {key for key in wanted if held.get(key, (False,))[0]}
        for key in sorted(arrived):
            if held[key][1:] != (wanted[key].sha256, wanted[key].size):
                if self.memory:
                    self.memory.hashes.pop(key, None)
                    self.memory.save()
                raise Conflict(f"{wanted[key].path} changed while it was being sent.", hint="Run it again.")
        return arrived

    def _announce(self, wanted: dict[str, LocalFile], *, exactly: bool) -> dict[str, LocalFile]:
        """Tells the server what will come; returns what it does not hold."""
        held = self._held()
        right, stale = set(), []
        for key, (complete, digest, size) in held.items():
            file = wanted.get(key)
            if file and complete and (digest, size) == (file.sha256, file.size):
                right.add(key)
            elif (file and (complete or (digest and digest != file.sha256))) or (not file and exactly):
                stale.append(key)
        for key in stale:
            self.session.request("DELETE", f"{self.base}/files/{quote_key(key)}", accept=(404,))
        started = held.keys() - set(stale)
        fresh = [file for key, file in wanted.items() if key not in started and not self.first_version]
        for first in range(0, len(fresh), ANNOUNCED_AT_ONCE):
            batch = fresh[first : first + ANNOUNCED_AT_ONCE]
            entries = [{"key": f.key, "size": f.size, "checksum": f"sha256:{f.sha256}"} for f in batch]
            answer = json_of(self.session.request("POST", f"{self.base}/files", json=entries))
            told = {entry["key"]: entry.get("status") for entry in answer.get("entries") or []}
            right |= {file.key for file in batch if told.get(file.key) == "completed"}
        return {key: file for key, file in wanted.items() if key not in right}

    def _round(self, files: list[LocalFile]) -> Dop2iError | None:
        """Sends everything once; an error that another round may mend is returned, others are raised."""
        small = [file for file in files if file.size < SMALL]
        large = sorted((file for file in files if file.size >= SMALL), key=lambda file: -file.size)
        mendable: Dop2iError | None = None
        with ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="upload") as pool:
            waiting = [pool.submit(self._send_large, file) for file in large]
            waiting += [pool.submit(self._send_bundle, group) for group in bundles(small)]
            try:
                for future in waiting:
                    try:
                        future.result()
                    except ServiceUnavailable as error:
                        mendable = error
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        return mendable

    def _send_bundle(self, files: list[LocalFile]) -> None:
        """Many small files in one request."""
        for file in files:
            self._reached(file.key, 0)
        answer = self.session.request(
            "POST",
            f"{self.base}/files-bundle",
            body=lambda: TarStream(files, progress=self._travelled),
            headers={"Content-Type": "application/x-tar"},
            again=False,
        )
        for file in files:
            file.require_unchanged()
        self._confirmed |= {entry["key"]: _digest_of(entry) for entry in json_of(answer).get("entries") or []}

    def _send_large(self, file: LocalFile) -> None:
        """One file by tus, from where an earlier attempt stopped."""
        address, offset = self._upload_of(file)
        failures = 0
        while offset < file.size:
            try:
                offset = self._send_rest(file, address, offset)
            except (ServiceUnavailable, Conflict) as error:
                file.require_unchanged()
                failures += 1
                if failures > self.session.retries:
                    raise ServiceUnavailable(
                        f"{file.key}: sending stops at byte {offset} again and again ({error}).",
                        hint="Run it again: it resumes.",
                    ) from error
                offset = self._offset(address)
                self._reached(file.key, offset)
        file.require_unchanged()
        self._confirmed[file.key] = file.sha256  # the server compared it at the last byte
        self._remember(file, "")

    def _send_rest(self, file: LocalFile, address: str, offset: int) -> int:
        """All that is left of a file in one request; how far it is then."""
        headers = {**TUS, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
        with closing(_Piece(file, offset, self._travelled)) as piece:
            answer = self.session.request("PATCH", address, body=lambda: piece, headers=headers, again=False)
        return int(answer.headers["Upload-Offset"])

    def _upload_of(self, file: LocalFile) -> tuple[str, int]:
        """The tus upload of a file and how far it is: the one of an earlier run, or a new one."""
        digest, address = (self.memory.uploads.get(file.key) if self.memory else None) or ("", "")
        if address and digest == file.sha256:
            try:
                offset = self._offset(address)
                self._reached(file.key, offset)
                return address, offset
            except (NotFound, InvalidInput):
                self._remember(file, "")
        metadata = {"key": file.key, "filename": file.key.rsplit("/", 1)[-1], "checksum": f"sha256:{file.sha256}"}
        encoded = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in metadata.items())
        answer = self.session.request(
            "POST",
            f"{self.base}/uploads",
            headers={**TUS, "Upload-Length": str(file.size), "Upload-Metadata": encoded},
            again=True,
        )
        location = urlsplit(answer.headers["Location"]).path
        address = location[location.index("/api/") + 1 :]
        self._remember(file, address)
        return address, int(answer.headers.get("Upload-Offset") or 0)

    def _offset(self, address: str) -> int:
        return int(self.session.request("HEAD", address, headers=TUS).headers["Upload-Offset"])

    def _remember(self, file: LocalFile, address: str) -> None:
        if not self.memory:
            return
        with self._lock:
            if address:
                self.memory.uploads[file.key] = (file.sha256, address)
            else:
                self.memory.uploads.pop(file.key, None)
            self.memory.save()

    def _travelled(self, key: str, count: int) -> None:
        with self._lock:
            self.sent.bytes += count
        self._reached(key, self._told.get(key, 0) + count)

    def _reached(self, key: str, position: int) -> None:
        """Tells how far a file is; less than before when it has to be sent again."""
        change = position - self._told.get(key, 0)
        self._told[key] = position
        self._tell(change)


def _digest_of(entry: dict[str, Any]) -> str:
    """The sha256 that the server tells of a file, empty where it tells none."""
    algorithm, _, digest = str(entry.get("checksum") or "").partition(":")
    return str((entry.get("checksums") or {}).get("sha256") or (digest if algorithm == "sha256" else ""))


class _Piece:
    """The rest of a file from an offset, as requests reads it. Ends early only with an error."""

    def __init__(self, file: LocalFile, start: int, tell: Callable[[str, int], None]) -> None:
        file.require_unchanged()
        self._stream = file.path.open("rb", buffering=0)
        self._stream.seek(start)
        self._length = self._left = file.size - start
        self._file = file
        self._tell = tell

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self.read(SEND_BLOCK), b"")

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        wanted = self._left if size is None or size < 0 else min(size, self._left)
        if not wanted:
            return b""
        data = self._stream.read(wanted) or b""
        if not data:
            raise Conflict(f"{self._file.path} became shorter while it was being sent.", hint="Run it again.")
        self._left -= len(data)
        self._tell(self._file.key, len(data))
        return data

    def close(self) -> None:
        """Lets go of the file."""
        self._stream.close()
