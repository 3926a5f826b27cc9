"""dop2i: the open-data platform for the physics of the two infinities.

The public face: :func:`describe` a file or a folder wherever it lies, :func:`export` a record document in a public
format, and :class:`Client` to speak with a server. Each is imported when it is first used, so that ``import dop2i``
costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dop2i.client import Client
    from dop2i.client.local import describe, export

__version__ = "0.1.0"
__all__ = ["Client", "__version__", "describe", "export"]

_HOMES = {"Client": "dop2i.client", "describe": "dop2i.client.local", "export": "dop2i.client.local"}


def __getattr__(name: str) -> Any:
    """Imports a public name at its first use."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'dop2i' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    return sorted(__all__)
