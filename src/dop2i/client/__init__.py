"""The Python client of a dop2i server, which notebooks and the command line use.

``Client(url, token)`` reads, searches, deposits and publishes through the REST API. It knows nothing of Django:
what it needs from this distribution is ``core`` and ``stores``.
"""

from __future__ import annotations

from dop2i.client.records import Client, Draft, Record, RemoteFile

__all__ = ["Client", "Draft", "Record", "RemoteFile"]
