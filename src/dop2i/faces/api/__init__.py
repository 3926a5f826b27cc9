"""The REST API at ``/api``: InvenioRDM's surface, and beside it what InvenioRDM lacks."""

from __future__ import annotations

from dop2i.faces.api.application import api, urlpatterns

__all__ = ["api", "urlpatterns"]
