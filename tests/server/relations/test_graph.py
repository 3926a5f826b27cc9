"""Objects hang together: plan, data, software and paper, ours and those of others, whoever names whom."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.utils import timezone

from dop2i.errors import NotFound
from dop2i.server.catalogue import actions
from dop2i.server.people.policy import ANONYMOUS
from dop2i.server.relations import queries
from dop2i.server.relations.checking import FAILURES, check_addresses
from dop2i.server.relations.following import follow
from dop2i.server.relations.models import Address, Edge


def put(key: str, *, kind: str, relations: list[tuple[str, str]] = (), doi: str = "", **more: Any) -> None:
    """An entry of the catalogue."""
    access = more.get("access", "public")
    document = {
        "id": key.partition(":")[2],
        "parent": {"id": more.get("concept") or f"c{key}", "access": {"owned_by": {"user": str(more.get("owner", 3))}}},
        "versions": {"index": more.get("version", 1), "is_latest": True},
        "access": {"record": access, "files": access},
        "pids": {"doi": {"identifier": doi, "provider": "datacite"}} if doi else {},
        "metadata": {
            "title": more.get("title", key),
            "resource_type": {"id": kind},
            "related_identifiers": [
                {"identifier": target, "relation_type": {"id": relation}} for relation, target in relations
            ],
        },
        "links": {"self_html": f"https://data.example.org/records/{key.partition(':')[2]}"},
    }
    if more.get("concept_doi"):
        document["parent"]["pids"] = {"doi": {"identifier": more["concept_doi"], "provider": "datacite"}}
    actions.put_entry(key=key, document=document)


@pytest.fixture
def life(instance: Any) -> None:
    """A plan, a data set in two versions, its software, a harvested paper, and a closed calibration."""
    put("own:1", kind="publication-datamanagementplan", doi="10.1234/plan", title="Plan")
    said = [
        ("isderivedfrom", "https://doi.org/10.1234/RAW"),
        ("isdocumentedby", "https://doi.org/10.1234/PLAN"),
        ("iscompiledby", "https://data.example.org/records/4"),
    ]
    both = {"kind": "dataset", "concept": "c2", "concept_doi": "10.1234/all"}
    put("own:3", doi="10.1234/data2", version=2, title="Data 2", relations=said, **both)
    put("own:2", doi="10.1234/data", title="Data 1", **both)
    put("own:4", kind="software", title="Reconstruction")
    put(
        "zenodo:9",
        kind="publication-article",
        doi="10.5678/paper",
        relations=[("cites", "doi:10.1234/all")],
        title="Paper",
    )
    put(
        "own:5",
        kind="dataset",
        access="restricted",
        title="Closed calibration",
        relations=[("issourceof", "10.1234/data2")],
    )
    follow()


def edges(graph: queries.Graph) -> set[tuple[str, str, str]]:
    """The edges as a set."""
    return set(graph.edges)


def test_the_neighbourhood_is_found_in_both_directions_and_across_sources(life: None) -> None:
    graph = queries.neighbourhood(ANONYMOUS, "own:3", depth=1)
    assert edges(graph) == {
        ("own:3", "isderivedfrom", "doi:10.1234/raw"),
        ("own:3", "isdocumentedby", "own:1"),
        ("own:3", "iscompiledby", "own:4"),
        ("zenodo:9", "cites", "own:3"),
        ("own:3", "isnewversionof", "own:2"),
    }
    assert graph.nodes["own:1"].stage == "plan"
    assert graph.nodes["own:4"].stage == "software"
    assert not graph.nodes["doi:10.1234/raw"].known


def test_a_closed_record_is_no_node_for_a_stranger_and_one_for_its_owner(life: None, person: Any) -> None:
    assert "own:5" not in queries.neighbourhood(ANONYMOUS, "own:3").nodes
    assert "Closed calibration" not in str(queries.neighbourhood(ANONYMOUS, "own:3", depth=4).as_json())
    with pytest.raises(NotFound):
        queries.neighbourhood(ANONYMOUS, "own:5")
    alice = person("Alice")
    put(
        "own:5", kind="dataset", access="restricted", owner=alice.person_id, relations=[("issourceof", "10.1234/data2")]
    )
    follow()
    assert ("own:5", "issourceof", "own:3") in edges(queries.neighbourhood(alice, "own:3", depth=1))


def test_what_is_withdrawn_leaves_the_graph(life: None) -> None:
    actions.remove_entry(key="own:4")
    follow()
    graph = queries.neighbourhood(ANONYMOUS, "own:3", depth=1)
    assert "own:4" not in graph.nodes
    assert ("own:3", "iscompiledby", "url:data.example.org/records/4") in edges(graph)


def test_the_graph_is_given_as_prov_o(life: None) -> None:
    made = queries.neighbourhood(ANONYMOUS, "own:3", depth=1).as_provenance()
    data = next(node for node in made["@graph"] if node["@id"].endswith("/records/3"))
    assert data["prov:wasDerivedFrom"] == [{"@id": "https://doi.org/10.1234/RAW"}]
    assert data["prov:wasRevisionOf"] == [{"@id": "https://data.example.org/records/2"}]
    assert data["prov:wasGeneratedBy"] == [{"@id": "https://data.example.org/records/4"}]


def test_a_hub_with_thousands_of_neighbours_is_cut_and_says_so(instance: Any) -> None:
    put("own:1", kind="software", doi="10.1234/hub")
    Edge.objects.bulk_create(
        [Edge(key=f"own:{n}", kind="cites", target="doi:10.1234/hub", identifier="10.1234/hub") for n in range(2, 3000)]
    )
    follow()
    for number in range(2, 300):
        put(f"own:{number}", kind="dataset", relations=[("requires", "10.1234/hub")])
    follow()
    graph = queries.neighbourhood(ANONYMOUS, "own:1", depth=3)
    assert graph.cut
    assert len(graph.nodes) <= queries.MOST_NODES


class Web:
    """What addresses answer: a fault of the fetcher, or nothing."""

    def __init__(self, faults: dict[str, Exception]) -> None:
        self.faults = faults

    def stream(self, url: str) -> Any:
        from contextlib import nullcontext

        if url in self.faults:
            raise self.faults[url]
        return nullcontext()


def test_a_link_is_broken_after_it_failed_on_several_days_and_its_owner_is_told(life: None, person: Any) -> None:
    from dop2i.server.fetching import Refused, SourceAway

    raw = Address.objects.get(target="doi:10.1234/raw").url
    web: Any = Web({raw: Refused("answers 404", status=404)})
    now = timezone.now()
    for day in range(FAILURES):
        assert queries.broken_links(person(f"Steward{day}", is_administrator=True)) == []
        check_addresses(web, now=now + datetime.timedelta(days=day, minutes=1))
    found = queries.broken_links(person("Bruno", is_administrator=True))
    assert [(link.url, [key for key, _ in link.records]) for link in found] == [(raw, ["own:3"])]
    assert queries.broken_links(person("Chloe")) == []
    check_addresses(Web({}), now=now + datetime.timedelta(days=90))  # type: ignore[arg-type]
    assert Address.objects.get(target="doi:10.1234/raw").state == "alive"

    everything: Any = Web({a.url: SourceAway("no answer") for a in Address.objects.all()})
    for day in range(200, 260, 10):
        assert check_addresses(everything, now=now + datetime.timedelta(days=day)) == 0
    assert set(Address.objects.values_list("state", flat=True)) == {"alive"}


def test_in_prov_o_what_was_executed_is_an_activity(instance: Any) -> None:
    put("own:1", kind="dataset", doi="10.1234/raw")
    put("own:2", kind="software", doi="10.1234/soft", relations=[("requires", "10.1234/library")])
    uses = [("requires", "10.1234/soft"), ("requires", "10.1234/raw")]
    put("own:3", kind="workflow", doi="10.1234/execution", relations=uses)
    made_of = [("iscompiledby", "10.1234/execution"), ("isderivedfrom", "10.1234/raw")]
    put("own:4", kind="image-plot", doi="10.1234/table", relations=made_of)
    follow()
    made = queries.neighbourhood(ANONYMOUS, "own:4", depth=3).as_provenance()["@graph"]
    nodes = {node["@id"].rpartition("/")[2]: node for node in made}
    assert nodes["3"]["@type"] == "prov:Activity"
    assert {node["@type"] for name, node in nodes.items() if name != "3"} == {"prov:Entity"}
    assert [one["@id"][-1] for one in nodes["4"]["prov:wasGeneratedBy"]] == ["3"]
    assert sorted(one["@id"][-1] for one in nodes["3"]["prov:used"]) == ["1", "2"]
    assert "prov:used" not in nodes["2"]
    assert nodes["2"]["dct:requires"]
