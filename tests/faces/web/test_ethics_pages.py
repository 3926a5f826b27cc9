"""Alice sees what was found in her deposit and cleans it; Bruno decides; the API and the pages say the same."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from pydicom.data import get_testdata_file


def text_of(response: Any) -> str:
    return str(response.content.decode("utf-8"))


def work() -> None:
    from django.utils import timezone

    from dop2i.server.jobs.models import Job
    from dop2i.server.jobs.worker import run_worker

    Job.objects.filter(state="waiting").update(run_after=timezone.now())
    run_worker(once=True)


@pytest.fixture
def deposit(alice: Any, document: dict[str, Any]) -> int:
    """A draft of Alice's with a scan that names its patient."""
    from dop2i.server.people.policy import actor_for_person
    from dop2i.server.records import actions, file_actions

    actor = actor_for_person(alice)
    draft = actions.create_draft(actor=actor, document=document)
    files = {"scan.dcm": Path(str(get_testdata_file("CT_small.dcm"))).read_bytes(), "<b>.csv": b"a,m\nx,j@uni-x.de\n"}
    for key, content in files.items():
        file_actions.start_files(actor=actor, record_id=draft.pk, entries=[{"key": key}])
        file_actions.receive_content(actor=actor, record_id=draft.pk, key=key, stream=io.BytesIO(content))
        file_actions.commit_file(actor=actor, record_id=draft.pk, key=key)
    work()
    return int(draft.pk)


@pytest.fixture
def bruno(person: Any) -> Any:
    found = person("Bruno")
    found.is_steward = True
    found.save()
    return found


def test_alice_sees_what_was_found_and_what_to_do(browser: Any, alice: Any, deposit: int) -> None:
    client = browser(alice)
    assert "2 files seem to hold personal data" in text_of(client.get(f"/deposit/{deposit}"))
    page = text_of(client.get(f"/deposit/{deposit}/ethics"))
    assert "Patient&#x27;s Name" in page
    assert "C•" in page
    assert "CompressedSamples" not in page
    assert "<b>.csv" not in page
    assert "&lt;b&gt;.csv" in page
    assert "Let everything that was found pass" not in page
    french = text_of(browser(alice, language="fr").get(f"/deposit/{deposit}/ethics"))
    assert "Remplacer 1 fichier DICOM par sa copie désidentifiée" in french


def test_alice_replaces_the_scan_by_its_copy(browser: Any, alice: Any, deposit: int) -> None:
    client = browser(alice)
    assert client.post(f"/deposit/{deposit}/ethics", {"act": "clean"}).status_code == 302
    assert "being made" in text_of(client.get(f"/deposit/{deposit}/ethics"))
    work()
    page = text_of(client.get(f"/deposit/{deposit}/ethics"))
    assert "(0010,1010) Patient&#x27;s Age" in page
    assert "1 file seems to hold personal data" in text_of(client.get(f"/deposit/{deposit}"))


def test_publishing_from_the_page_is_stopped_in_the_readers_language(browser: Any, alice: Any, deposit: int) -> None:
    from test_depositing_pages import fields_of

    client = browser(alice, language="fr")
    form = fields_of(text_of(client.get(f"/deposit/{deposit}")))
    answer = client.post(f"/deposit/{deposit}", {**form, "act": "publish"})
    assert answer.status_code == 400
    assert "Des données personnelles ont été trouvées" in text_of(answer)
    assert f"/deposit/{deposit}/ethics" in text_of(answer)


def test_bruno_decides_with_a_reason_and_alice_cannot(browser: Any, alice: Any, bruno: Any, deposit: int) -> None:
    address = f"/deposit/{deposit}/ethics"
    refused = browser(alice).post(address, {"act": "override", "reason": "I say so, that is enough."})
    assert refused.status_code in (400, 403)
    asked = browser(alice).post(address, {"act": "ask", "message": "It is a phantom."}, follow=True)
    assert "1 person was told." in text_of(asked)
    client = browser(bruno)
    assert "asks you to look" in text_of(client.get("/notices"))
    empty = client.post(address, {"act": "override", "reason": "no"})
    assert empty.status_code == 400
    assert "Write why" in text_of(empty)
    decided = client.post(address, {"act": "override", "reason": "A phantom <i>only</i>."}, follow=True)
    assert "A phantom &lt;i&gt;only&lt;/i&gt;." in text_of(decided)
    assert "Nothing that was found stops the publication." in text_of(decided)


def test_mallory_and_visitors_learn_nothing(browser: Any, mallory: Any, deposit: int) -> None:
    assert browser().get(f"/deposit/{deposit}/ethics").status_code == 302
    assert browser(mallory).get(f"/deposit/{deposit}/ethics").status_code == 404
    for act in ("clean", "ask", "override"):
        answer = browser(mallory).post(f"/deposit/{deposit}/ethics", {"act": act, "reason": "Let me pass, please."})
        assert answer.status_code == 404
    assert browser().get(f"/api/records/{deposit}/draft/ethics").status_code == 401


def test_the_form_declares_health_data(browser: Any, alice: Any, deposit: int) -> None:
    from test_depositing_pages import fields_of

    from dop2i.server.records.queries import find_record

    client = browser(alice)
    form = fields_of(text_of(client.get(f"/deposit/{deposit}")))
    client.post(f"/deposit/{deposit}", {**form, "health": "yes", "act": "save"})
    assert find_record(deposit).draft["custom_fields"]["dop2i:sensitivity"] == ["health"]
    form = fields_of(text_of(client.get(f"/deposit/{deposit}")))
    assert form["health"] == "yes"
    del form["health"]
    client.post(f"/deposit/{deposit}", {**form, "act": "save"})
    assert "dop2i:sensitivity" not in find_record(deposit).draft["custom_fields"]


def test_the_api_finds_cleans_asks_and_decides(browser: Any, alice: Any, bruno: Any, deposit: int) -> None:
    from dop2i.server.people.actions import make_token

    def call(who: Any, method: str, path: str, body: Any = None, scopes: tuple[str, ...] = ("read", "deposit")) -> Any:
        headers = {"Authorization": f"Bearer {make_token(person=who, scopes=scopes)[1]}"}
        address = f"/api/records/{deposit}/draft{path}"
        if method == "GET":
            return browser().get(address, headers=headers)
        return browser().post(address, json.dumps(body or {}), content_type="application/json", headers=headers)

    found = call(alice, "GET", "/ethics").json()
    assert found["state"] == "blocked"
    assert {one["key"]: one["can_be_cleaned"] for one in found["files"]} == {"scan.dcm": True, "<b>.csv": False}
    stopped = call(alice, "POST", "/actions/publish")
    assert stopped.status_code == 400
    assert {fault["field"] for fault in stopped.json()["errors"]} == {"files.ethics"}
    started = call(alice, "POST", "/ethics/deidentify", {"keys": ["scan.dcm"]})
    assert started.status_code == 202
    work()
    found = call(alice, "GET", "/ethics").json()
    assert [one["key"] for one in found["files"] if one["blocks"]] == ["<b>.csv"]
    assert found["copies"][0]["key"] == "scan.dcm"
    assert call(alice, "POST", "/ethics/deidentify", {"keys": ["none.dcm"]}).status_code == 400
    assert call(alice, "POST", "/ethics/ask", {"message": "Look"}).json() == {"told": 1}
    assert call(alice, "POST", "/ethics/override", {"reason": "Because I say so."}).status_code == 403
    reason = {"reason": "These are invented people."}
    assert call(bruno, "POST", "/ethics/override", reason, ("read", "curate")).json()["state"] == "clear"
    assert call(alice, "POST", "/actions/publish").status_code == 202


def test_a_telephone_in_the_description_is_told_beside_the_files(browser: Any, alice: Any, deposit: int) -> None:
    from test_depositing_pages import fields_of

    client = browser(alice, language="fr")
    form = fields_of(text_of(client.get(f"/deposit/{deposit}")))
    words = {"description": "Patients may be called back: phone +33 6 12 34 56 78"}
    answer = client.post(f"/deposit/{deposit}", {**form, **words, "act": "publish"})
    assert answer.status_code == 400
    assert "dans le titre ou la description" in text_of(answer)
    page = text_of(client.get(f"/deposit/{deposit}/ethics"))
    assert "La description" in page
    assert "12 34" not in page
    assert "Numéros de téléphone" in page
