"""Chloé compares versions, Alice finds her work, Stella her desk; records of every shape keep their page."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest


def text_of(response: Any) -> str:
    assert response.status_code == 200, response.status_code
    return response.content.decode("utf-8")


@pytest.fixture
def versions(alice: Any, published: Any) -> Callable[..., Any]:
    """Two versions of a record of Alice's."""
    from dop2i.server.people.policy import actor_for_person
    from dop2i.server.records import actions, file_actions

    def make(after: dict[str, bytes], **metadata: Any) -> tuple[Any, Any]:
        first = published({"a.txt": b"alpha", "old.txt": b"same", "gone.txt": b"gone"}, metadata={"version": "1.0"})
        actor = actor_for_person(alice)
        draft = actions.new_version(actor=actor, record_id=first.pk)
        for key, content in after.items():
            file_actions.start_files(actor=actor, record_id=draft.pk, entries=[{"key": key}])
            file_actions.receive_content(actor=actor, record_id=draft.pk, key=key, stream=io.BytesIO(content))
            file_actions.commit_file(actor=actor, record_id=draft.pk, key=key)
        document = draft.draft
        document["metadata"] |= {"publication_date": "2026-05-01", "version": "1.1", **metadata}
        actions.update_draft(actor=actor, record_id=draft.pk, document=document)
        return first, actions.publish_draft(actor=actor, record_id=draft.pk)

    return make


def test_chloe_compares_two_versions_from_the_record_page(browser: Any, versions: Any) -> None:
    first, second = versions({"a.txt": b"alpha 2", "new.txt": b"same"}, title="Cosmic muons on two balconies")
    chloe = browser()
    page = text_of(chloe.get(f"/records/{second.pk}"))
    assert f'href="/records/{first.pk}/compare/{second.pk}"' in page
    assert re.search(rf'name="from" value="{first.pk}"[^>]*checked', page)
    sent = chloe.get(f"/records/{second.pk}/compare", {"from": first.pk, "to": second.pk})
    assert sent["Location"] == f"/records/{first.pk}/compare/{second.pk}"
    shown = text_of(chloe.get(sent["Location"]))
    assert "What changed from 1.0 to 1.1" in shown
    assert "<ins>two</ins>" in shown
    assert "<ins>balconies</ins>" in shown
    assert "<del>old.txt</del>" in shown
    for words in ("renamed", "removed", "changed", "3 files differ"):
        assert words in shown


def test_the_same_comparison_speaks_french(browser: Any, versions: Any) -> None:
    first, second = versions({"a.txt": b"alpha"})
    page = text_of(browser(language="fr").get(f"/records/{first.pk}/compare/{second.pk}"))
    assert "Ce qui a changé de 1.0 à 1.1" in page
    assert "supprimé" in page
    assert "1ᵉʳ\u00a0mai 2026" in page


def test_versions_that_are_alike_say_so(browser: Any, published: Any) -> None:
    record = published()
    page = text_of(browser().get(f"/records/{record.pk}/compare/{record.pk}"))
    assert "Nothing differs." in page
    assert "2 files are the same, to the byte." in page


def test_odd_choices_lead_back_to_the_record(browser: Any, published: Any) -> None:
    record = published()
    for asked in ({}, {"from": "x", "to": "1"}, {"from": "9" * 40, "to": "1"}):
        answer = browser().get(f"/records/{record.pk}/compare", asked)
        assert answer["Location"] == f"/records/{record.pk}#versions"
    assert browser().get(f"/records/{record.pk}/compare/99999").status_code == 404


def test_programs_compare_by_the_api(browser: Any, versions: Any) -> None:
    first, second = versions({"a.txt": b"alpha 2", "new.txt": b"same", "more.txt": b"more"})
    found = browser().get(f"/api/records/{first.pk}/compare/{second.pk}", {"size": 2}).json()
    counts = {"added": 1, "removed": 1, "changed": 1, "renamed": 1, "unchanged": 0}
    assert found["files"]["counts"] == counts
    assert found["files"]["total"] == 4
    assert len(found["files"]["hits"]) == 2
    assert found["from"]["version"] == "1.0"
    assert {"path": "metadata.version", "before": "1.0", "after": "1.1"} in found["fields"]
    renamed = browser().get(f"/api/records/{first.pk}/compare/{second.pk}", {"kind": "renamed"}).json()["files"]["hits"]
    assert [(one["key_before"], one["key"]) for one in renamed] == [("old.txt", "new.txt")]
    assert renamed[0]["checksum_before"] == renamed[0]["checksum_after"]
    assert "next" in found["links"]


def test_no_markup_in_what_differs_runs(browser: Any, versions: Any) -> None:
    first, second = versions({"<img src=x onerror=alert(1)>.txt": b"x"}, title="<script>alert(1)</script> " * 5)
    page = text_of(browser().get(f"/records/{first.pk}/compare/{second.pk}"))
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_a_record_names_thousands_of_people_once_each(browser: Any, published: Any) -> None:
    creators = [
        {"person_or_org": {"type": "personal", "given_name": f"G{n}", "family_name": f"Family{n}"}} for n in range(3000)
    ]
    helper = {"person_or_org": {"type": "personal", "family_name": "Roux"}, "role": {"id": "contactperson"}}
    record = published({"a.csv": b"a\n1\n"}, metadata={"creators": creators, "contributors": [helper]})
    page = text_of(browser(language="fr").get(f"/records/{record.pk}"))
    assert "3\u202f001" in page
    assert "les 3\u202f000" in page
    assert page.count("<bdi>G2998 Family2998</bdi>") == 1


def test_the_kinds_of_dates_are_in_the_language_of_the_page(browser: Any, published: Any) -> None:
    dates = [{"date": "2024-05", "type": {"id": "collected"}, "description": "Été"}]
    record = published({"a.csv": b"a\n1\n"}, metadata={"dates": dates})
    assert "<dt>Collecté</dt><dd>mai 2024" in text_of(browser(language="fr").get(f"/records/{record.pk}"))
    assert "<dt>Collected</dt><dd>May 2024" in text_of(browser().get(f"/records/{record.pk}"))


@pytest.mark.parametrize(
    ("title", "sign"),
    [
        ("Measurement of " + "a very long quantity " * 18, "is-long"),
        ("قياس المقطع العرضي لإنتاج أزواج الكواركات", 'dir="auto"'),
    ],
)
def test_titles_of_every_shape_have_their_room(browser: Any, published: Any, title: str, sign: str) -> None:
    record = published({"a.csv": b"a\n1\n"}, metadata={"title": title})
    assert sign in text_of(browser().get(f"/records/{record.pk}"))
    assert "<bdi>" in text_of(browser().get("/search"))


def test_a_record_without_files_says_so_where_its_picture_would_be(browser: Any, published: Any) -> None:
    record = published({})
    page = text_of(browser().get(f"/records/{record.pk}"))
    assert "This record has no files" in page
    assert "picture.svg" not in page
    assert "No files" in text_of(browser().get("/search"))


def test_miniatures_say_what_they_draw_and_closed_files_have_none(browser: Any, published: Any) -> None:
    opened = published()
    closed = published({"b.csv": b"a,b\n1,2\n"}, access={"record": "public", "files": "restricted"})
    for path in ("/", "/search"):
        page = text_of(browser().get(path))
        assert re.search(
            rf'<img src="/records/{opened.pk}/picture.svg\?fill=1" alt="[^"]*histogram from hits.csv"', page
        )
        assert 'loading="lazy"' in page
        assert f"/records/{closed.pk}/picture.svg" not in page
        assert "Files not open" in page


def test_the_facts_of_a_record_name_the_files_that_they_were_read_in(browser: Any, published: Any) -> None:
    from dop2i.faces.web.facts import evidence_of, physics_facts

    document = {"custom_fields": {"dop2i:experiment": ["KM3NeT"], "dop2i:energy": {"minimum": 120000, "unit": "TeV"}}}
    proposals = [
        {"path": "custom_fields.dop2i:experiment", "value": "KM3NeT", "evidence": {"file": "a.root", "key": "E/Evt"}}
    ]
    facts = physics_facts(document, proposals)
    assert evidence_of(facts) == {
        "read": 1,
        "of": 2,
        "chips": [{"file": "a.root", "key": "E/Evt", "of": "Experiment"}],
        "more": 0,
    }
    assert [fact.value for fact in facts][1] == "120\u00a0PeV"


def test_alice_finds_her_work_in_one_page(browser: Any, alice: Any, published: Any) -> None:
    import datetime

    from dop2i.server.people.policy import actor_for_person
    from dop2i.server.people.tokens import make_token
    from dop2i.server.records.actions import create_draft

    actor = actor_for_person(alice)
    until = (datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=30)).isoformat()
    embargo = {"active": True, "until": until, "reason": "publication"}
    published(access={"record": "public", "files": "restricted", "embargo": embargo})
    create_draft(actor=actor, document={"metadata": {"title": "Half written"}})
    make_token(person=alice, days=9, name="night shift", actor=actor)
    page = text_of(browser(alice).get("/work"))
    for words in ("Half written", "night shift", "in 30 days", "draft to finish"):
        assert words in page
    assert 'href="#endings"' in page
    assert "/desk" not in page
    french = text_of(browser(alice, language="fr").get("/work"))
    assert "Ce qui se termine bientôt" in french
    assert "brouillon à terminer" in french


def test_stella_finds_what_waits_and_where_it_is_mended(browser: Any, person: Any, alice: Any, published: Any) -> None:
    stella = person("Stella")
    stella.is_steward = True
    stella.save()
    record = published({"broken.fits": b"SIMPLE  =                    T", "a.csv": b"a\n1\n"})
    alice.is_active = False
    alice.save()
    page = text_of(browser(stella).get("/desk"))
    assert "Files that cannot be read" in page
    assert f"/records/{record.pk}?file=broken.fits#look" in page
    assert "Orphans" in page
    assert f'href="/records/{record.pk}/communities"' in page
    assert "nobody looks after it" in page
    whole = text_of(browser(stella).get("/desk", {"section": "files"}))
    assert "Orphans" not in whole
    assert "Notices orphelines" in text_of(browser(stella, language="fr").get("/desk"))
    assert text_of(browser(stella).get("/desk", {"section": "nonsense", "page": "x"}))


def test_the_desk_is_closed_to_others(browser: Any, alice: Any, mallory: Any) -> None:
    assert browser().get("/desk")["Location"].startswith("/sign-in?next=")
    assert browser(mallory).get("/desk").status_code == 403


def test_the_last_comparison_of_everything_is_for_the_administrator(browser: Any, person: Any, instance: Any) -> None:
    from dop2i.server.records.checked import keep_check, last_check

    ada = person("Ada", is_administrator=True)
    assert "were not compared yet" in text_of(browser(ada).get("/desk"))
    keep_check({"problems": ["The content sha256:12 is missing."], "files": 3}, every_byte=True)
    assert "The content sha256:12 is missing." in text_of(browser(ada).get("/desk"))
    keep_check({"problems": [], "files": 3}, every_byte=True)
    assert "Everything agrees: 3 files" in text_of(browser(ada).get("/desk"))
    (instance / "cache" / "last-check.json").write_text("{")
    assert last_check() is None


def test_the_home_page_places_records_and_has_a_way_for_each_visitor(browser: Any, published: Any) -> None:
    published()
    page = text_of(browser().get("/"))
    for way in ("/search", "/deposit", "/desk", "/api-reader", "/communities"):
        assert f'<a href="{way}">' in page
    assert "length probed [m]" in page
    assert "Particle physics: 1, from" in page
    assert 'class="ln-c ln-few"' in page
