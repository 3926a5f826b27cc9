"""Every address of the server: the API under ``/api``, the protocols and the pages beside it."""

from __future__ import annotations

from django.urls import include, path

from dop2i.faces.api import urlpatterns as api

urlpatterns = [
    path("api/", include((api, "api"))),
    path("", include("dop2i.faces.protocols.urls")),
    path("", include("dop2i.faces.web.urls")),
]

handler400 = "dop2i.faces.web.errors.bad_request"
handler403 = "dop2i.faces.web.errors.permission_denied"
handler404 = "dop2i.faces.web.errors.page_not_found"
handler500 = "dop2i.faces.web.errors.server_error"
