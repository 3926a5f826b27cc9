"""The validator of feeds that the W3C runs reads the feeds of searches, by page and by API, and finds no fault."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

_READ = """
import io, json, sys
import feedvalidator
from feedvalidator import compatibility
from feedvalidator.formatter.text_plain import Formatter
address, kind = sys.argv[1:]
said = feedvalidator.validateStream(sys.stdin.buffer, firstOccurrenceOnly=0, contentType=kind, base=address)
events = compatibility.AA(said["loggedEvents"])
print(json.dumps({"kind": said["feedType"], "events": list(Formatter(events))}))
"""
ATOM = 3
"""``feedvalidator.base.TYPE_ATOM``."""


@pytest.fixture(scope="module")
def faults_of() -> Any:
    """What the validator says of an answer, as its public service would (level AA)."""
    there = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", "import feedvalidator.validators"], capture_output=True, check=False
    )
    if there.returncode:
        pytest.skip(
            "feedvalidator is not installed: give the src of github.com/w3c/feedvalidator, and html5lib, in PYTHONPATH."
        )

    def read(answer: Any, address: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", _READ, address, answer["Content-Type"]],
            input=answer.content, capture_output=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()[-3000:]
        said = json.loads(done.stdout)
        assert said["kind"] == ATOM
        return list(said["events"])

    return read


def test_the_feed_of_a_search_is_valid_atom(browser: Any, published: Any, faults_of: Any) -> None:
    published()
    published(
        metadata={
            "title": "Muons < β & “γ” ]]> at $\\sqrt{s}$ = 13 TeV",
            "description": "<p>A <b>channel</b> & more.</p>",
        }
    )
    chloe = browser()
    for path, asked in (
        ("/search/feed/atom", {"q": "muons"}),
        ("/search/feed/atom", {"q": "nothing of the kind & <more>"}),
        ("/search/feed/atom", {}),
        ("/api/search/feeds/atom", {"q": "muons"}),
    ):
        answer = chloe.get(path, asked)
        assert answer.status_code == 200
        assert faults_of(answer, answer.wsgi_request.build_absolute_uri()) == [], path


def test_the_validator_tells_a_bad_feed(faults_of: Any) -> None:
    from django.http import HttpResponse

    bad = HttpResponse(
        b'<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title></feed>', content_type="application/atom+xml"
    )
    assert any("id" in line for line in faults_of(bad, "http://localhost/feed"))
