"""Files of this machine: plain paths and ``file:///…``."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from dop2i.core.formats.base import Source
from dop2i.errors import InvalidInput, NotFound, NotPermitted, StorageFull
from dop2i.stores._reading import digest_by_reading
from dop2i.stores.base import Entry, Store


def path_of(address: str) -> Path:
    """The path of a ``file://`` address or of a plain path."""
    if "\0" in address:
        raise InvalidInput("A path cannot contain a NUL character.")
    if not address.lower().startswith("file://"):
        return Path(address)
    parts = urlsplit(address)
    if parts.netloc not in ("", "localhost"):
        raise InvalidInput(f"{address} names another machine ({parts.netloc}).", hint="Write file:///path.")
    return Path(unquote(parts.path))


def _mended(error: OSError, path: Path) -> Exception:
    """The error of the operating system in our words."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return NotFound(f"There is no file {path}.")
    if isinstance(error, PermissionError):
        return NotPermitted(f"{path} may not be read or written by this user.")
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFull(f"No room is left for {path}.", hint="Nothing was written.")
    return InvalidInput(f"{path} cannot be used: {error.strerror or error}.")


class LocalStore(Store):
    """Files of this machine."""

    name = "local"
    schemes = ("file",)
    writable = True

    def size(self, address: str) -> int:
        return self._file(address).stat().st_size

    def get_range(self, address: str, start: int, length: int) -> bytes:
        path = self._file(address)
        try:
            with path.open("rb") as file:
                file.seek(start)
                return file.read(max(length, 0))
        except OSError as error:
            raise _mended(error, path) from error

    def source(self, address: str) -> Source:
        from dop2i.core.formats.sources import LocalSource

        return LocalSource(self._file(address))

    def list(self, address: str) -> Iterator[Entry]:
        root = path_of(address)
        if root.is_file():
            yield Entry(str(root), root.name, root.stat().st_size)
            return
        if not root.is_dir():
            raise NotFound(f"There is no file or folder {root}.")
        # walk() does not follow links to folders, so that a loop cannot trap it
        found = [Path(folder, name) for folder, _, names in os.walk(root) for name in names]
        for path in sorted(found, key=lambda path: path.relative_to(root).as_posix()):
            if path.is_file():
                yield Entry(str(path), path.relative_to(root).as_posix(), path.stat().st_size)

    def put(self, address: str, content: BinaryIO) -> int:
        path = path_of(address)
        waiting: Path | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".putting-", delete=False) as file:
                waiting = Path(file.name)
                shutil.copyfileobj(content, file, 1024 * 1024)
                size = file.tell()
                file.flush()
                os.fsync(file.fileno())
            waiting.replace(path)
        except OSError as error:
            raise _mended(error, path) from error
        finally:
            if waiting is not None:
                waiting.unlink(missing_ok=True)
        return size

    def delete(self, address: str) -> None:
        path = self._file(address)
        try:
            path.unlink()
        except OSError as error:
            raise _mended(error, path) from error

    def checksum(self, address: str, algorithm: str) -> str:
        return digest_by_reading(self, address, algorithm)

    def _file(self, address: str) -> Path:
        path = path_of(address)
        try:
            present = path.is_file()
        except OSError as error:
            raise _mended(error, path) from error
        if not present:
            raise NotFound(f"There is no file {path}.")
        return path
