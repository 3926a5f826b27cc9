"""DOIs are registered after the commit, tried again when DataCite is away, and never half of anything."""

from __future__ import annotations

import dataclasses
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from dop2i.errors import InvalidInput, NotPermitted, ServiceUnavailable
from dop2i.server.identifiers import actions
from dop2i.server.identifiers.jobs import retry_pending_pids
from dop2i.server.identifiers.models import Pid
from dop2i.server.identifiers.providers import PROVIDERS
from dop2i.server.identifiers.providers import datacite as client
from dop2i.server.jobs.models import Job
from dop2i.server.jobs.worker import run_worker

PAGE = "https://data.example.org/records/12"


def ask_again() -> None:
    """The pause before the next attempt is over."""
    Job.objects.filter(state="waiting").update(run_after=timezone.now() - timedelta(seconds=1))
    run_worker(once=True)


def test_alices_record_gets_a_findable_doi(datacite, payload):
    pid = actions.reserve(target="record:12")
    assert (pid.value, pid.scheme, pid.state) == ("10.99999/dop2i.12", "doi", "reserved")
    assert datacite.requests == [], "a reservation tells nobody"
    actions.register(pid=pid, url=PAGE, payload=payload)
    assert Pid.objects.get().state == "pending"
    run_worker(once=True)
    found = Pid.objects.get()
    assert (found.state, found.error) == ("registered", "")
    assert datacite.dois["10.99999/dop2i.12"]["state"] == "findable"
    assert datacite.dois["10.99999/dop2i.12"]["url"] == PAGE
    assert PROVIDERS["datacite"].state_of(pid.value) == "findable"
    assert PROVIDERS["datacite"].state_of("10.99999/dop2i.13") == ""


def test_an_edit_brings_the_doi_up_to_date(datacite, payload):
    pid = actions.register(pid=actions.reserve(target="record:12"), url=PAGE, payload=payload)
    run_worker(once=True)
    actions.register(pid=Pid.objects.get(pk=pid.pk), url=PAGE, payload=payload | {"titles": [{"title": "Polonium"}]})
    run_worker(once=True)
    assert datacite.dois[pid.value]["titles"] == [{"title": "Polonium"}]
    assert [method for method, _, _ in datacite.requests] == ["POST", "PUT"]


def test_a_doi_that_was_taken_by_an_earlier_attempt_is_updated_instead(datacite, payload):
    datacite.dois["10.99999/dop2i.12"] = {"doi": "10.99999/dop2i.12", "state": "draft"}
    actions.register(pid=actions.reserve(target="record:12"), url=PAGE, payload=payload)
    run_worker(once=True)
    assert Pid.objects.get().state == "registered"
    assert datacite.dois["10.99999/dop2i.12"]["state"] == "findable"


def test_a_withdrawn_record_keeps_its_doi_out_of_sight(datacite, payload):
    pid = actions.register(pid=actions.reserve(target="record:12"), url=PAGE, payload=payload)
    run_worker(once=True)
    actions.register(pid=Pid.objects.get(pk=pid.pk), url=PAGE, payload=payload | {"event": "hide"})
    run_worker(once=True)
    assert datacite.dois[pid.value]["state"] == "registered"
    assert datacite.dois[pid.value]["url"] == PAGE
    assert Pid.objects.get().state == "registered"
    actions.register(pid=Pid.objects.get(pk=pid.pk), url=PAGE, payload=payload | {"event": "publish"})
    run_worker(once=True)
    assert datacite.dois[pid.value]["state"] == "findable"


def test_a_closed_record_never_becomes_findable(datacite, payload):
    pid = actions.register(pid=actions.reserve(target="record:12"), url=PAGE, payload=payload | {"event": "hide"})
    run_worker(once=True)
    assert datacite.dois[pid.value]["state"] == "registered"
    assert Pid.objects.get().state == "registered"


def test_a_doi_that_datacite_lost_is_made_again(datacite, payload):
    pid = actions.register(pid=actions.reserve(target="record:12"), url=PAGE, payload=payload)
    run_worker(once=True)
    datacite.dois.clear()
    actions.register(pid=Pid.objects.get(pk=pid.pk), url=PAGE, payload=payload)
    run_worker(once=True)
    assert datacite.dois[pid.value]["state"] == "findable"


@pytest.mark.parametrize("mode", ["failing", "limiting", "hanging-up", "talking-html", "redirecting"])
def test_an_outage_leaves_the_pid_pending_and_shown_until_datacite_is_back(datacite, payload, mode):
    datacite.mode = mode
    pid = actions.register(pid=actions.reserve(target="record:12"), url=PAGE, payload=payload)
    run_worker(once=True)
    waiting = list(Pid.objects.exclude(state="registered"))
    assert [(p.value, p.state) for p in waiting] == [(pid.value, "pending")]
    assert "tried again" in waiting[0].error
    job = Job.objects.get(name="register-pid")
    assert job.state == "waiting"
    if mode == "limiting":
        assert (job.run_after - timezone.now()).total_seconds() > 100, "as long as DataCite asked for"
    datacite.mode = "working"
    ask_again()
    assert Pid.objects.get().state == "registered"


def test_a_server_that_is_not_there_is_an_outage(datacite, payload, settings):
    settings.DOP2I = dataclasses.replace(settings.DOP2I, datacite=datacite.settings(url="http://127.0.0.1:9"))
    actions.register(pid=actions.reserve(target="record:12"), url=PAGE, payload=payload)
    run_worker(once=True)
    assert Pid.objects.get().state == "pending"


@pytest.mark.parametrize("mode", ["slow", "dripping"])
def test_a_slow_answer_is_not_waited_for_for_ever(datacite, payload, mode, monkeypatch):
    monkeypatch.setattr(client, "READ_SECONDS", 0.3)
    monkeypatch.setattr(client, "TOTAL_SECONDS", 0.5)
    datacite.mode, datacite.pause = mode, 2.0
    started = time.monotonic()
    with pytest.raises(ServiceUnavailable):
        PROVIDERS["datacite"].register(value="10.99999/dop2i.12", url=PAGE, payload=payload, known=False)
    assert time.monotonic() - started < 1.5


def test_what_datacite_refuses_is_final_and_says_why(datacite, payload):
    del payload["creators"]
    pid = actions.register(pid=actions.reserve(target="record:12"), url=PAGE, payload=payload)
    run_worker(once=True)
    refused = Pid.objects.get()
    assert refused.state == "failed"
    assert "creators" in refused.error
    assert Job.objects.get(name="register-pid").state == "failed"
    retry_pending_pids()
    assert not Job.objects.filter(state="waiting").exists(), "it would be refused again"
    Pid.objects.update(payload=payload | {"creators": [{"name": "Curie, Marie"}]})
    actions.retry(pid_id=pid.pk)
    run_worker(once=True)
    assert Pid.objects.get().state == "registered"


def test_a_wrong_password_waits_for_the_operator_and_is_tried_again_every_hour(datacite, payload, settings):
    right = settings.DOP2I
    settings.DOP2I = dataclasses.replace(right, datacite=datacite.settings(password="wrong"))
    actions.register(pid=actions.reserve(target="record:12"), url=PAGE, payload=payload)
    run_worker(once=True)
    pid = Pid.objects.get()
    assert pid.state == "pending"
    assert "dop2i.toml" in pid.error
    settings.DOP2I = right
    retry_pending_pids()
    run_worker(once=True)
    assert Pid.objects.get().state == "registered"


def test_a_foreign_prefix_is_not_permitted(datacite, payload):
    with pytest.raises(NotPermitted):
        PROVIDERS["datacite"].register(value="10.1234/x", url=PAGE, payload=payload, known=False)


def test_a_title_that_changes_while_datacite_answers_is_sent_too(datacite, payload, monkeypatch):
    pid = actions.register(pid=actions.reserve(target="record:12"), url=PAGE, payload=payload)
    provider = PROVIDERS["datacite"]
    send, sent = type(provider).register, []

    def send_and_edit(self, **arguments):
        send(self, **arguments)
        if not sent:
            Pid.objects.update(payload=payload | {"titles": [{"title": "Newer"}]})
        sent.append(arguments)

    monkeypatch.setattr(type(provider), "register", send_and_edit)
    run_worker(once=True)
    assert len(sent) == 2
    assert datacite.dois[pid.value]["titles"] == [{"title": "Newer"}]
    assert Pid.objects.get().state == "registered"


def test_the_password_may_be_in_a_file_and_never_goes_to_another_address(datacite, payload, settings, tmp_path):
    secret = tmp_path / "password"
    secret.write_text(f"{datacite.password}\n", encoding="utf-8")
    table = datacite.settings(password="") | {"password_file": str(secret)}
    settings.DOP2I = dataclasses.replace(settings.DOP2I, datacite=table)
    PROVIDERS["datacite"].register(value="10.99999/dop2i.1", url=PAGE, payload=payload, known=False)
    settings.DOP2I = dataclasses.replace(settings.DOP2I, datacite=table | {"password_file": "/nowhere/at/all"})
    with pytest.raises(NotPermitted, match="password_file"):
        PROVIDERS["datacite"].register(value="10.99999/dop2i.1", url=PAGE, payload=payload, known=False)


def test_a_payload_cannot_choose_another_doi_or_state(datacite, payload):
    sly = payload | {"doi": "10.99999/other", "event": "hide", "state": "draft", "url": "https://mallory.example"}
    PROVIDERS["datacite"].register(value="10.99999/dop2i.1", url=PAGE, payload=sly, known=False)
    assert list(datacite.dois) == ["10.99999/dop2i.1"]
    assert datacite.dois["10.99999/dop2i.1"]["url"] == PAGE


def test_only_records_and_concepts_have_pids(instance):
    for target in ("person:3", "record:", "record:x", "12", ""):
        with pytest.raises(InvalidInput):
            actions.reserve(target=target)


def test_a_prefix_that_makes_no_doi_is_told_before_anything_is_published(datacite, settings):
    settings.DOP2I = dataclasses.replace(settings.DOP2I, datacite=datacite.settings(prefix="doi.org/12"))
    with pytest.raises(InvalidInput, match=r"dop2i\.toml"):
        actions.reserve(target="record:12")
