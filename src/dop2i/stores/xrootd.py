"""Files of an XRootD service: ``root://host[:port]//path`` (the extra ``xrootd``)."""

from __future__ import annotations

from typing import Any, BinaryIO
from urllib.parse import urlsplit
from uuid import uuid4

from dop2i.errors import Dop2iError, InvalidInput
from dop2i.stores._fsspec import FsspecStore, mended
from dop2i.stores._reading import digest_by_reading


class XrootdStore(FsspecStore):
    """Files of an XRootD service."""

    name = "xrootd"
    schemes = ("root", "xroot", "roots", "xroots")

    def system(self, address: str) -> Any:
        try:
            from fsspec_xrootd import XRootDFileSystem
        except ImportError:
            raise InvalidInput(
                "root:// addresses need the packages xrootd and fsspec-xrootd.",
                hint="Install them with: pip install 'dop2i[xrootd]'",
            ) from None
        host = urlsplit(address).netloc
        if not host:
            raise InvalidInput(f"{address} names no host.", hint="Write root://host//path.")
        # fsspec keeps one system a host
        return XRootDFileSystem(host, timeout=60, listing_expiry_time=0)

    def path(self, address: str) -> str:
        parts = urlsplit(address)
        query = f"?{parts.query}" if parts.query else ""
        return "/" + parts.path.lstrip("/") + query

    def address(self, like: str, path: str) -> str:
        parts = urlsplit(like)
        return f"{parts.scheme}://{parts.netloc}//{path.lstrip('/')}"

    def put(self, address: str, content: BinaryIO) -> int:
        system, path = self.system(address), self.path(address)
        # written beside and moved, so that nobody reads half of it
        waiting = f"{address.rstrip('/')}.putting-{uuid4().hex}"
        with mended(address):
            system.makedirs(path.rsplit("/", 1)[0] or "/", exist_ok=True)
        try:
            size = super().put(waiting, content)
            with mended(address):
                if system.exists(path):
                    system.rm_file(path)
                system.mv(self.path(waiting), path)
        except BaseException:
            with mended(waiting):
                if system.exists(self.path(waiting)):
                    system.rm_file(self.path(waiting))
            raise
        return size

    def checksum(self, address: str, algorithm: str) -> str:
        if algorithm in ("adler32", "md5"):
            try:
                with mended(address):
                    asked = f"{self.path(address).partition('?')[0]}?cks.type={algorithm}"
                    known, value = self.system(address).checksum(asked, algorithm)
                if known == algorithm:
                    return str(value).lower()
            except Dop2iError:
                # a service without that checksum: read the file instead
                self._info(address)
        return digest_by_reading(self, address, algorithm)
