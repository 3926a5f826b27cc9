"""The addresses of the pages. Every view answers errors with pages of the look (errors.py)."""

from __future__ import annotations

from django.urls import URLPattern, path, re_path

from dop2i.faces.web import (
    api_reader,
    assets,
    deposit,
    downloads,
    home,
    jobs,
    pages,
    pictures,
    records,
    search,
    sign_in,
    uploads,
    work,
)
from dop2i.faces.web.errors import View, with_error_pages

app_name = "web"


def _page(route: str, view: View, name: str) -> URLPattern:
    return path(route, with_error_pages(view), name=name)


urlpatterns = [
    _page("", home.home, "home"),
    path("assets/<str:version>/<path:path>", assets.asset, name="asset"),
    path("favicon.ico", pages.favicon, name="favicon"),
    path("robots.txt", pages.robots, name="robots"),
    _page("search", search.search, "search"),
    _page("records/<int:record_id>", records.record, "record"),
    _page("records/<int:record_id>/latest", records.latest, "latest"),
    _page("records/<int:record_id>/linkset.json", records.linkset, "linkset"),
    _page("records/<int:record_id>/picture.svg", pictures.record_picture, "picture"),
    _page("records/<int:record_id>/files/<path:key>", downloads.file, "file"),
    _page("records/<int:record_id>/export/<str:name>", downloads.export, "export"),
    _page("records/<int:record_id>/archive.zip", downloads.archive, "archive"),
    _page("records/<int:record_id>/crate.zip", downloads.crate, "crate"),
    _page("records/<int:record_id>/edit", deposit.edit, "edit"),
    _page("records/<int:record_id>/new-version", deposit.new_version, "new-version"),
    _page("deposit", deposit.start, "deposit"),
    _page("deposit/<int:record_id>", deposit.draft, "draft"),
    _page("deposit/<int:record_id>/files", uploads.files, "draft-files"),
    _page("deposit/<int:record_id>/delete", deposit.delete, "draft-delete"),
    _page("work", work.work, "work"),
    _page("work/tokens", work.tokens, "tokens"),
    _page("work/tokens/<int:token_id>/revoke", work.revoke, "token-revoke"),
    _page("profile", sign_in.profile, "profile"),
    _page("sign-in", sign_in.sign_in, "sign-in"),
    _page("sign-out", sign_in.sign_out, "sign-out"),
    _page("language", pages.change_language, "language"),
    _page("jobs", jobs.jobs, "jobs"),
    _page("jobs/<int:job_id>/retry", jobs.retry, "job-retry"),
    _page("api-reader", api_reader.api_reader, "api-reader"),
    _page("about", pages.about, "about"),
    _page("about/citing", pages.how_to_cite, "how-to-cite"),
    _page("about/depositing", pages.how_to_deposit, "how-to-deposit"),
    _page("about/accessibility", pages.accessibility, "accessibility"),
    _page("about/personal-data", pages.personal_data, "personal-data"),
    re_path(r"^(?P<pid>(?:ark:|doi/).+)$", with_error_pages(records.by_pid), name="pid"),
]
