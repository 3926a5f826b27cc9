"""The addresses of the protocols."""

from __future__ import annotations

from django.urls import path

from dop2i.faces.protocols.oai.views import oai_pmh

app_name = "protocols"

urlpatterns = [
    path("oai2d", oai_pmh, name="oai"),
]
