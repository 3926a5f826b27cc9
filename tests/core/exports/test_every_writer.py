"""Every writer that the registry finds, on every record that people may deposit."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from lxml import etree
from strategies import documents, records

from dop2i.core.exports import EXPORTS, STYLES, citation
from dop2i.core.model import normalise_record, validate_record

DOCS = Path(__file__).parents[3] / "docs" / "exports"
phases = (Phase.explicit, Phase.reuse, Phase.generate)
many = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck), phases=phases)


@pytest.mark.parametrize("name", list(EXPORTS))
def test_a_writer_says_what_it_is_in_both_languages_and_has_a_page(name: str) -> None:
    writer = EXPORTS[name]
    assert writer.label["en"]
    assert writer.label["fr"]
    assert re.fullmatch(r"[a-z]+/[\w.+-]+(;profile=\"[^\"]+\")?", writer.media_type)
    assert re.fullmatch(r"[.-][a-z.-]+", writer.suffix)
    page = (DOCS / f"{name}.md").read_text()
    assert writer.media_type.split(";")[0] in page


def test_no_two_writers_claim_one_media_type_or_suffix() -> None:
    assert len({writer.media_type for writer in EXPORTS.values()}) == len(EXPORTS)
    assert len({writer.suffix for writer in EXPORTS.values()}) == len(EXPORTS)


@given(documents)
@many
def test_what_alice_deposits_is_valid_and_stays_so_when_it_is_kept(document: dict[str, Any]) -> None:
    assert validate_record(document, for_publication=True) == []
    kept = normalise_record(document)
    assert validate_record(kept, for_publication=True) == []
    assert normalise_record(kept) == kept


@given(records())
@many
def test_every_writer_writes_every_record_twice_the_same(record: dict[str, Any]) -> None:
    before = json.dumps(record)
    for writer in EXPORTS.values():
        first = writer.write(record)
        assert first.decode("utf-8")
        assert writer.write(json.loads(before)) == first, writer.name
    assert json.dumps(record) == before


@given(records())
@many
def test_json_and_xml_can_be_read_back(record: dict[str, Any]) -> None:
    for writer in EXPORTS.values():
        if "json" in writer.media_type:
            json.loads(writer.write(record))
        elif "xml" in writer.media_type:
            etree.fromstring(writer.write(record))


@given(records())
@many
def test_every_style_cites_every_record_in_one_line_with_its_address(record: dict[str, Any]) -> None:
    for style in STYLES:
        for language in ("en", "fr"):
            line = citation(record, style, language)
            assert "\n" not in line
            assert "data.example.org" in line or "doi" in line or "n2t.net" in line


UNDATED = {
    "id": "7",
    "created": "2031-05-01T00:00:00Z",
    "metadata": {"title": r"Jets at $\sqrt{s}=13$ TeV", "description": r"<p>With $p_T<3$ GeV</p>"},
}


def test_what_has_no_date_of_publication_is_not_cited_with_the_year_it_was_harvested_in() -> None:
    for style in STYLES:
        assert "n.d." in citation(UNDATED, style, "en")
        assert "s. d." in citation(UNDATED, style, "fr")
    assert "issued" not in json.loads(EXPORTS["csl"].write(UNDATED))
    assert "year = {n.d.}" in EXPORTS["bibtex"].write(UNDATED).decode()
    for name in ("csl", "bibtex", "ris", "cff"):
        assert "2031" not in EXPORTS[name].write(UNDATED).decode(), name


def test_reference_managers_that_know_no_latex_are_given_unicode() -> None:
    item = json.loads(EXPORTS["csl"].write(UNDATED))
    assert item["title"] == "Jets at √s = 13 TeV"
    assert item["abstract"] == "With p_T < 3 GeV"
    assert "T1  - Jets at √s = 13 TeV" in EXPORTS["ris"].write(UNDATED).decode()
    assert "Jets at √s = 13 TeV" in citation(UNDATED)
    assert r"Jets at $\sqrt{s}=13$ TeV" in EXPORTS["bibtex"].write(UNDATED).decode()


@pytest.mark.parametrize("name", list(EXPORTS))
@pytest.mark.parametrize("record", [{}, {"id": "1"}, {"metadata": {}}, {"metadata": None, "files": None, "pids": None}])
def test_an_empty_draft_is_written_too(name: str, record: dict[str, Any]) -> None:
    assert EXPORTS[name].write(record)


@pytest.mark.parametrize("name", list(EXPORTS))
def test_malformed_text_that_mallory_put_into_the_database_harms_no_writer(name: str) -> None:
    record = {
        "id": "7",
        "metadata": {
            "title": "a\x00b\x0b\ud800c\ufffe",
            "description": "<p>\x1b[31m</p><script>alert(1)</script>\udfff",
            "creators": [{"person_or_org": {"name": "x\x08y", "type": "personal"}}, "no object", {"person_or_org": 3}],
            "subjects": "no list",
            "rights": [{"link": "javascript:alert(1)", "title": {"en": "\x01"}}],
            "publication_date": "soon",
        },
        "custom_fields": {"dop2i:sqrt_s": {"minimum": float("inf"), "maximum": 1.0}, "dop2i:experiment": 3},
    }
    text = EXPORTS[name].write(record).decode()
    assert name == "native" or "\x1b" not in text
    assert name == "native" or "javascript:" not in text


@pytest.mark.parametrize("name", [name for name in EXPORTS if name != "native"])
def test_mallory_learns_no_file_name_of_a_closed_record_from_an_export(name: str, full_record: dict[str, Any]) -> None:
    closed = {**full_record, "access": {"record": "public", "files": "restricted", "embargo": {"active": False}}}
    assert b"events.root" not in EXPORTS[name].write(closed)
