"""Which representation an ``Accept`` header means."""

from __future__ import annotations

import pytest

from dop2i.core.exports import EXPORTS
from dop2i.faces.negotiation import NotAcceptable, wanted_export


@pytest.mark.parametrize(
    ("accept", "name"),
    [
        ("", ""),
        ("*/*", ""),
        ("application/json", ""),
        ("application/vnd.inveniordm.v1+json", ""),
        ("text/html, application/json;q=0.9", ""),
        ("application/ld+json", "schemaorg"),
        ('application/ld+json; profile="https://w3id.org/codemeta/3.1"', "codemeta"),
        ('application/ld+json;profile="https://w3id.org/ro/crate"', "rocrate"),
        ("application/json;q=0.1, text/turtle", "dcat-ap-ttl"),
        ("application/x-bibtex;q=nonsense, application/vnd.citationstyles.csl+json", "csl"),
        ("text/x-bibtex", "bibtex"),
    ],
)
def test_chloe_is_given_what_she_accepts(accept: str, name: str) -> None:
    assert wanted_export(accept) == name


@pytest.mark.parametrize("accept", ["image/png", "application/json;q=0", ",;,", 'application/ld+json;profile="x:y"'])
def test_what_cannot_be_had_is_said(accept: str) -> None:
    with pytest.raises(NotAcceptable, match="text/turtle"):
        wanted_export(accept)


@pytest.mark.parametrize("name", [name for name in EXPORTS if name != "native"])
def test_every_export_can_be_asked_for_by_its_own_type(name: str) -> None:
    assert wanted_export(EXPORTS[name].media_type) == name
