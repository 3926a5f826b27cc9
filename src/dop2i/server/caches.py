"""The cache of an instance: files in its folder, which the threads and processes of one machine share."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.filebased import FileBasedCache


class InstanceCache(FileBasedCache):
    """Django's file cache in the folder ``cache`` of whichever instance the process serves now."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        # not FileBasedCache's own, which makes the folder: naming the cache writes nothing, keeping something does
        BaseCache.__init__(self, params)

    @property
    def _dir(self) -> str:
        return str(settings.DOP2I.home / "cache")
