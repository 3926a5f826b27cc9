"""Objects of an S3 service: ``s3://bucket/key`` (the extra ``s3``).

The endpoint, region and keys come from the places where every AWS client looks (``AWS_ENDPOINT_URL``,
``AWS_ACCESS_KEY_ID``, ``~/.aws/…``); without any key the reading is anonymous.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from dop2i.errors import InvalidInput
from dop2i.stores._fsspec import FsspecStore, mended


class S3Store(FsspecStore):
    """Objects of an S3 service."""

    name = "s3"
    schemes = ("s3",)

    @cached_property
    def _system(self) -> Any:
        try:
            import botocore.session
            import s3fs
        except ImportError:
            raise InvalidInput(
                "s3:// addresses need the package s3fs.", hint="Install it with: pip install 'dop2i[s3]'"
            ) from None
        anonymous = botocore.session.Session().get_credentials() is None
        return s3fs.S3FileSystem(
            anon=anonymous,
            use_listings_cache=False,
            config_kwargs={"connect_timeout": 10, "read_timeout": 60, "retries": {"max_attempts": 3}},
        )

    def system(self, address: str) -> Any:
        return self._system

    def path(self, address: str) -> str:
        parts = urlsplit(address)
        if not parts.netloc:
            raise InvalidInput(f"{address} names no bucket.", hint="Write s3://bucket/key.")
        # not parts.path: '?' and '#' may be part of a key
        return address.split("://", 1)[1]

    def address(self, like: str, path: str) -> str:
        return f"s3://{path}"

    def url(self, address: str, *, seconds: int = 3600) -> str | None:
        with mended(address):
            signed: str = self._system.sign(self.path(address), expiration=seconds)
        return signed
