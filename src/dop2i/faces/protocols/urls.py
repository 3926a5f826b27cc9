"""The addresses of the protocols."""

from __future__ import annotations

from django.urls import path

from dop2i.faces.protocols.dcat import dcat_catalogue
from dop2i.faces.protocols.oai.views import oai_pmh
from dop2i.faces.protocols.sitemap import sitemap_file, sitemap_index

app_name = "protocols"

urlpatterns = [
    path("oai2d", oai_pmh, name="oai"),
    path("catalogue.<str:suffix>", dcat_catalogue, name="dcat"),
    path("sitemap.xml", sitemap_index, name="sitemap"),
    path("sitemap-<int:number>.xml", sitemap_file, name="sitemap-file"),
]
