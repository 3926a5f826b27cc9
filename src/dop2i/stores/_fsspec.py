"""What the stores that fsspec knows (S3, XRootD) have in common."""

from __future__ import annotations

import errno
import shutil
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from dop2i.errors import Dop2iError, NotFound, NotPermitted, ServiceUnavailable, StorageFull
from dop2i.stores._reading import digest_by_reading
from dop2i.stores.base import Entry, Store


@contextmanager
def mended(address: str) -> Iterator[None]:
    """Turns what fsspec and the clients below it raise into our errors."""
    try:
        yield
    except Dop2iError:
        raise
    except FileNotFoundError:
        raise NotFound(f"There is nothing at {address}.") from None
    except PermissionError as error:
        raise NotPermitted(f"{address} is not yours to use: {error}.") from error
    except Exception as error:
        text = str(error).strip() or type(error).__name__
        lower = text.lower()
        if "no such file" in lower or "404" in lower or "not found" in lower:
            raise NotFound(f"There is nothing at {address}.") from error
        if "permission denied" in lower or "not authorized" in lower:
            raise NotPermitted(f"{address} is not yours to use: {text}.") from error
        if getattr(error, "errno", None) == errno.ENOSPC or "no space" in lower:
            raise StorageFull(f"No room is left for {address}.") from error
        raise ServiceUnavailable(f"{address} did not answer: {text}.", hint="Try again later.") from error


class FsspecStore(Store):
    """A store over an fsspec file system; a member says which system and which path an address means."""

    writable = True

    @abstractmethod
    def system(self, address: str) -> Any:
        """The fsspec file system that holds ``address``."""

    @abstractmethod
    def path(self, address: str) -> str:
        """The path of ``address`` as that system writes it."""

    @abstractmethod
    def address(self, like: str, path: str) -> str:
        """The address of ``path``, in the manner of the address ``like``."""

    def _info(self, address: str) -> dict[str, Any]:
        with mended(address):
            info: dict[str, Any] = self.system(address).info(self.path(address))
        if info["type"] != "file":
            raise NotFound(f"{address} is a folder, not a file.")
        return info

    def size(self, address: str) -> int:
        return int(self._info(address)["size"])

    def get_range(self, address: str, start: int, length: int) -> bytes:
        if length <= 0:
            return b""
        try:
            with mended(address):
                data: bytes = self.system(address).cat_file(self.path(address), start=start, end=start + length)
        except ServiceUnavailable:
            # S3 refuses a range that begins at the end; asked only then, so that a good range costs one request
            if start >= self.size(address):
                return b""
            raise
        return data

    def list(self, address: str) -> Iterator[Entry]:
        root = self.path(address).rstrip("/")
        with mended(address):
            found = self.system(address).find(root, detail=True)
        if not found:
            raise NotFound(f"There is nothing at or below {address}.")
        for path in sorted(found):
            below = path[len(root) :].lstrip("/") or path.rsplit("/", 1)[-1]
            yield Entry(self.address(address, path), below, int(found[path]["size"]))

    def put(self, address: str, content: BinaryIO) -> int:
        system, path = self.system(address), self.path(address)
        with mended(address):
            file = system.open(path, "wb")
            try:
                shutil.copyfileobj(content, file, 8 * 1024 * 1024)
                size = file.tell()
            except BaseException:
                file.discard()
                # else its finaliser would write again what was just given up
                file.closed = True
                raise
            file.close()
            system.invalidate_cache()
        return int(size)

    def delete(self, address: str) -> None:
        self._info(address)
        system = self.system(address)
        with mended(address):
            system.rm_file(self.path(address))
            system.invalidate_cache()

    def checksum(self, address: str, algorithm: str) -> str:
        return digest_by_reading(self, address, algorithm)
