"""Nothing that is asked, and however oddly, tells a word of a closed record to who may not read it.

A crawler follows every link that answers give, and hypothesis asks with made-up identifiers, filters, sort keys and
export names; the whole traffic, heads and bodies, is searched for the marker words of ``access_world.py``.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode, urljoin, urlsplit

import pytest
from access_routes import routes
from access_world import REVIEWED, STATES, World, undone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

MOST_PAGES = 120
_LINK = re.compile(
    r"""(?:href|src|action)=["']([^"'#]+)|<(?:loc|identifier)>([^<]+)<|"(https?://localhost[^"]*|/[^"]*)\""""
)


def whole(answer: Any) -> str:
    """Everything that an answer says, its head too."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    answer.close()
    head = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
    return f"{head}\n\n{content.decode('utf-8', 'replace')}"


class Traffic:
    """Somebody's questions; the first word that was not for them ends the test."""

    def __init__(self, world: World, actor: str) -> None:
        self._world, self.actor = world, actor
        self._forbidden = world.forbidden_words(actor)
        self.asked = 0
        # the words are looked for in earnest: those of the public record are met
        self.met = False

    def get(self, address: str, **headers: str) -> str:
        """What the answer says."""
        client = self._world.client(self.actor, by_token=address.startswith("/api"))
        with undone():
            answer = client.get(address, headers=headers)
            said = whole(answer)
        self.asked += 1
        self.met |= any(word in said for word in self._world.marks["public"].told)
        assert answer.status_code < 500, f"{self.actor}: {address} answered {answer.status_code}\n{said[:2000]}"
        for state, word in self._forbidden:
            assert word not in said or word in address, f"{self.actor} was told of {state} by {address}: {word}"
        return said


def links_in(said: str, address: str) -> Iterator[str]:
    """The addresses of this server that an answer names."""
    for groups in _LINK.findall(said):
        found = html.unescape(next(text for text in groups if text))
        parts = urlsplit(urljoin(f"http://localhost{address}", found))
        if parts.netloc in ("localhost", "testserver") and parts.path.startswith("/"):
            yield parts.path + (f"?{parts.query}" if parts.query else "")


@pytest.mark.slow(15)
@pytest.mark.parametrize("actor", ["anonymous", "stranger"])
def test_a_crawler_that_follows_every_link_finds_no_closed_word(world: World, actor: str) -> None:
    traffic = Traffic(world, actor)
    waiting = ["/", "/search", "/api/records", "/sitemap.xml", "/robots.txt", "/api/openapi.json"]
    waiting += ["/oai2d?verb=ListRecords&metadataPrefix=oai_dc", "/oai2d?verb=ListIdentifiers&metadataPrefix=oai_dc"]
    # a search among thousands of combinations of facets is not a new page
    seen, shapes = set(waiting), {}
    while waiting and traffic.asked < MOST_PAGES:
        address = waiting.pop(0)
        for link in links_in(traffic.get(address), address):
            shape = re.sub(r"\d+", "0", link.partition("=")[0])
            shapes[shape] = shapes.get(shape, 0) + 1
            if link not in seen and shapes[shape] < 8 and not link.startswith("/assets/"):
                seen.add(link)
                waiting.append(link)
    assert traffic.asked > 40, "the crawler found no way in"
    assert traffic.met


@pytest.mark.slow(15)
def test_every_address_of_a_closed_record_keeps_quiet(world: World) -> None:
    """Numbers, names and identifiers known beforehand, with every export, every representation and every query."""
    from dop2i.core.exports import EXPORTS

    types = ["*/*", "text/html", "application/json", "application/ld+json", "text/turtle", "application/x-bibtex"]
    for actor in ("anonymous", "revoked"):
        traffic = Traffic(world, actor)
        for state in (*STATES[1:], REVIEWED):
            record, marks = world.records[state], world.marks[state]
            base = f"/records/{record.pk}"
            key = quote(f"{marks.file}.csv")
            addresses = [f"{base}/export/{name}" for name in EXPORTS]
            addresses += [f"{base}?draft=1", f"{base}?file={key}", f"{base}?folder=", f"{base}/picture.svg?draft=1"]
            addresses += [f"{base}/files/{key}?draft=1", f"{base}/files/{key}?view=1", f"{base}/archive.zip?draft=1"]
            addresses += [f"/api/records/{record.concept_id}", f"/api/records/{record.concept_id}/versions"]
            addresses += [f"/api/records/{record.pk}?expand=1", f"/api/records/{record.pk}/files?size=1000"]
            addresses += [f"/api/graph/{record.pk}", f"/graph/{record.pk}", f"/deposit/{record.pk}"]
            for address in addresses:
                traffic.get(address)
            for media_type in types:
                traffic.get(f"/api/records/{record.pk}", Accept=media_type)
                traffic.get(base, Accept=media_type)
            for prefix in ("oai_dc", "oai_datacite"):
                for number in (record.pk, record.concept_id):
                    query = urlencode({"verb": "GetRecord", "metadataPrefix": prefix, "identifier": f"oai:x:{number}"})
                    traffic.get(f"/oai2d?{query}")


def test_searching_for_the_very_words_finds_and_suggests_nothing(world: World) -> None:
    """Not even how many there are."""
    for actor in ("anonymous", "stranger", "wrong scope"):
        traffic = Traffic(world, actor)
        for state in ("restricted", "draft", REVIEWED):
            marks = world.marks[state]
            for word in (marks.title, marks.about, marks.file, marks.column, marks.text, marks.draft):
                for asked in (word, word[:8] + "*"):
                    said = traffic.get(f"/api/records?{urlencode({'q': asked})}")
                    assert '"total":0' in said.replace(" ", ""), f"{actor} found {state} by {asked}"
                traffic.get(f"/search?{urlencode({'q': word})}")
                suggested = traffic.get(f"/search/suggest?{urlencode({'q': word[:6]})}")
                assert word not in suggested.replace(quote(word[:6]), "")


SORTS = ["", "newest", "oldest", "bestmatch", "updated-desc", "title", "-title", "size", "owner", "__proto__", "id'--"]
NAMES = st.sampled_from(["q", "sort", "page", "size", "theme", "type", "format", "year", "licence", "facet", "expand"])
ODD = st.one_of(
    st.text(max_size=12), st.sampled_from(["*", "..", "%00", "{}", "[]", "restricted", "true", "-1", "1e9"])
)


@pytest.mark.slow(15)
def test_no_odd_question_reaches_a_closed_word(world: World) -> None:
    """Identifiers, filters, sort keys and export names as hypothesis makes them up, wherever something is read."""
    asked = [route for route in routes() if route.method == "GET"]
    traffic = {actor: Traffic(world, actor) for actor in ("anonymous", "stranger")}
    numbers = [record.pk for record in world.records.values()] + [r.concept_id for r in world.records.values()]
    words = st.sampled_from([word for marks in world.marks.values() for word in (*marks.told, *marks.held)])

    @settings(
        max_examples=100,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        route = data.draw(st.sampled_from(asked))
        state = data.draw(st.sampled_from((*STATES, REVIEWED)))
        values = {**world.values, **world.values_of(route, state)}
        for name in route.parameters:
            if data.draw(st.booleans()):
                number = data.draw(st.sampled_from(numbers))
                odd = data.draw(ODD).strip("/") or "x"
                values[name] = str(number) if name.endswith("_id") else quote(odd, safe="")
        query = data.draw(st.dictionaries(NAMES, st.one_of(ODD, words, st.sampled_from(SORTS)), max_size=4))
        address = route.address(values)
        address += f"?{urlencode(query, errors='replace')}" if query else ""
        traffic[data.draw(st.sampled_from(sorted(traffic)))].get(address)

    ask()
