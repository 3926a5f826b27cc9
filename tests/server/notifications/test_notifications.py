"""Chloé, Alice and Bruno are told what concerns them: on a page, by mail, or once a day."""

from __future__ import annotations

import dataclasses
import logging
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.mail import send_mail
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import override
from looking_up import history_of
from mail_server import mail_server

from dop2i.errors import InvalidInput, NotFound, NotPermitted, WrongState
from dop2i.server.configuration import Mail as MailConfiguration
from dop2i.server.configuration import read_configuration
from dop2i.server.jobs.models import Job
from dop2i.server.jobs.worker import run_worker
from dop2i.server.notifications import jobs
from dop2i.server.notifications.actions import mark_read, notify, notify_all
from dop2i.server.notifications.mail import enqueue_mail, read_mail, retry_mail
from dop2i.server.notifications.models import Mail, Notice
from dop2i.server.notifications.queries import mails_for, notices_of, unread_count
from dop2i.server.people.actions import update_person
from dop2i.server.people.policy import ANONYMOUS

ACCEPTED = "Mark as read: %(title)s"  # a message that has its French already


@pytest.fixture
def sending(instance: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Points the instance at a mail server: ``sending(box)``."""

    def point(box: Any, **more: Any) -> None:
        for name, value in {
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": box.port,
            "EMAIL_USE_TLS": False,
            "DEFAULT_FROM_EMAIL": "Données <data@example.org>",
            **more,
        }.items():
            monkeypatch.setattr(settings, name, value)

    monkeypatch.setattr(
        settings,
        "EMAIL_BACKEND",
        "dop2i.server.notifications.backend.QueuedMail",  # Django's test runner puts its own there
    )
    return point


def work_now() -> None:
    Job.objects.filter(state="waiting").update(run_after=timezone.now())
    run_worker(once=True)


def test_chloe_reads_what_she_was_told_in_her_own_language(person: Any) -> None:
    chloe = person("Chloe", language="fr")
    notify(person=chloe.person, kind="review", title=ACCEPTED, values={"title": "Muons"}, link="/records/12")
    with override("fr"):
        said = notices_of(chloe).notices[0]
        assert said.title == "Marquer comme lu\u00a0: Muons"
    with override("en"):
        assert notices_of(chloe).notices[0].title == "Mark as read: Muons"
    assert Mail.objects.get().subject == "[dop2i] Marquer comme lu\u00a0: Muons"
    assert "Bonjour Chloe," in Mail.objects.get().body


def test_reading_is_counted_for_oneself_only_and_costs_a_visitor_nothing(alice: Any, mallory: Any) -> None:
    for number in range(3):
        notify(person=alice.person, kind="review", title="Three", values={"n": number})
    assert (unread_count(alice), unread_count(mallory)) == (3, 0)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert unread_count(ANONYMOUS) == 0
    assert len(queries) == 0
    first = Notice.objects.order_by("id").values_list("pk", flat=True)[0]
    assert mark_read(actor=mallory, notice_ids=[first]) == 0
    assert mark_read(actor=alice, notice_ids=[first]) == 1
    assert [said.notice.read_at is None for said in notices_of(alice).notices] == [True, True, False]
    assert notices_of(alice, unread=True).total == 2
    assert mark_read(actor=alice) == 2
    assert unread_count(alice) == 0


def test_nobody_is_told_twice_and_robots_never(person: Any) -> None:
    alice, robot, gone = person("Alice"), person("Robot"), person("Gone")
    robot.person.is_robot, gone.person.is_active = True, False
    told = notify_all(people=[alice.person, alice.person, robot.person, gone.person], kind="access", title="Once")
    assert [notice.person_id for notice in told] == [alice.person_id]


@pytest.mark.parametrize(
    "link", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x", "/a\nb"]
)
def test_a_link_that_leaves_the_site_is_refused(alice: Any, link: str) -> None:
    with pytest.raises(InvalidInput, match="not a path"):
        notify(person=alice.person, kind="x", title="Look", link=link)


def test_a_notice_whose_cause_is_rolled_back_was_never_told(alice: Any) -> None:
    def fail() -> None:
        with transaction.atomic():
            notify(person=alice.person, kind="x", title="It happened")
            raise ValueError

    with pytest.raises(ValueError):
        fail()
    assert not Notice.objects.exists()
    assert not Mail.objects.exists()
    assert not Job.objects.exists()


def test_mails_are_sent_over_smtp_with_a_password_and_once(alice: Any, sending: Any) -> None:
    with mail_server(with_password=True) as box:
        sending(box, EMAIL_HOST_USER="dop2i", EMAIL_HOST_PASSWORD="let me in")
        notify(
            person=alice.person,
            kind="access",
            title=ACCEPTED,
            values={"title": "A title\r\nBcc: mallory@example.org"},
            link="/records/12",
        )
        work_now()
        jobs.send_mail(lambda *_: None, mail=Mail.objects.get().pk)
    assert box.users == ["dop2i"]
    [mail] = box.mails
    assert mail["To"] == "alice@example.org"
    assert mail["Bcc"] is None
    assert mail["Subject"] == "[dop2i] Mark as read: A title Bcc: mallory@example.org"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "/records/12" in mail.get_content()
    assert Mail.objects.get().state == "sent"


def test_a_mail_waits_while_its_server_is_away_and_leaves_when_it_is_back(alice: Any, sending: Any) -> None:
    with mail_server() as box:
        sending(box)
        box.answer = "451 come back later"
        notify(person=alice.person, kind="x", title="Hello")
        work_now()
        mail = Mail.objects.get()
        assert mail.state == "waiting"
        assert "451 come back later" in mail.error
        box.answer = "250 OK"
        work_now()
        mail.refresh_from_db()
        assert (mail.state, mail.error, mail.attempts) == ("sent", "", 2)


def test_a_mail_whose_job_gave_up_is_taken_up_again(alice: Any, sending: Any) -> None:
    with mail_server() as box:
        sending(box)
        notify(person=alice.person, kind="x", title="Hello")
        Job.objects.all().delete()
        jobs.retry_waiting_mails()
        work_now()
    assert len(box.mails) == 1


def test_a_refused_mail_is_shown_to_the_administrator_who_sends_it_again(
    alice: Any, mallory: Any, person: Any, sending: Any
) -> None:
    bruno = person("Bruno", is_administrator=True)
    with mail_server() as box:
        sending(box)
        box.answer = "550 no such mailbox"
        notify(person=alice.person, kind="x", title="Hello")
        work_now()
        mail = Mail.objects.get()
        assert mail.state == "failed"
        assert "550 no such mailbox" in mail.error
        assert mails_for(bruno, state="failed").counts["failed"] == 1
        for actor in (alice, mallory):
            with pytest.raises(NotPermitted):
                mails_for(actor)
            with pytest.raises(NotPermitted):
                retry_mail(actor=actor, mail_id=mail.pk)
        box.answer = "250 OK"
        retry_mail(actor=bruno, mail_id=mail.pk)
        work_now()
        with pytest.raises(WrongState, match="was sent"):
            retry_mail(actor=bruno, mail_id=mail.pk)
        with pytest.raises(NotFound):
            retry_mail(actor=bruno, mail_id=10**9)
    assert len(box.mails) == 1


def test_without_a_mail_server_nothing_is_lost(alice: Any, person: Any, sending: Any) -> None:
    bruno = person("Bruno", is_administrator=True)
    send_mail("A new password", "https://data.example.org/reset/SECRET-KEY", None, ["alice@example.org"])
    notify(person=alice.person, kind="x", title="Hello")
    assert set(Mail.objects.values_list("state", flat=True)) == {"kept"}
    assert not Job.objects.filter(name="send-mail").exists()
    reset = Mail.objects.order_by("id")[0]
    with pytest.raises(WrongState, match="No mail server"):
        retry_mail(actor=bruno, mail_id=reset.pk)
    assert "SECRET-KEY" in read_mail(actor=bruno, mail_id=reset.pk).body
    assert [event.action for event in history_of(f"mail:{reset.pk}")] == ["read mail"]
    with mail_server() as box:
        sending(box)
        for mail in Mail.objects.all():
            retry_mail(actor=bruno, mail_id=mail.pk)
        work_now()
    assert sorted(mail["Subject"] for mail in box.mails) == ["A new password", "[dop2i] Hello"]


def test_djangos_own_mails_go_the_same_way_and_their_keys_are_not_kept(
    alice: Any, sending: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with mail_server() as box:
        sending(box)
        send_mail(
            "A new password",
            "https://data.example.org/reset/SECRET-KEY",
            None,
            ["alice@example.org"],
            html_message="<p>SECRET-KEY</p>",
        )
        assert not box.mails
        work_now()
    [mail] = box.mails
    assert "SECRET-KEY" in mail.get_body(("plain",)).get_content()
    assert "SECRET-KEY" in mail.get_body(("html",)).get_content()
    kept = Mail.objects.get()
    assert (kept.state, kept.body, kept.html) == ("sent", "", "")
    ours = " ".join(record.getMessage() for record in caplog.records if not record.name.startswith("mail."))
    assert "SECRET-KEY" not in str(list(Job.objects.values())) + ours


@pytest.mark.parametrize(
    ("recipient", "subject"),
    [
        ("alice@example.org\nBcc: mallory@example.org", "Hello"),
        ("alice@example.org", "Hello\r\nBcc: mallory@example.org"),
        ("alice", "Hello"),
        ("alice@example.org\x00", "Hello"),
    ],
)
def test_a_forged_header_is_refused(instance: Any, recipient: str, subject: str) -> None:
    with pytest.raises(InvalidInput):
        enqueue_mail(recipients=[recipient], subject=subject, body="…", kind="x")
    assert not Mail.objects.exists()


def test_one_digest_a_day_of_what_was_not_read(alice: Any, mallory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "DOP2I", dataclasses.replace(settings.DOP2I, mail=MailConfiguration(digest_hour=0)))
    update_person(actor=alice, person_id=alice.person_id, notices="digest")
    update_person(actor=mallory, person_id=mallory.person_id, notices="page")
    alice.person.refresh_from_db()
    mallory.person.refresh_from_db()
    for number in range(3):
        notify_all(people=[alice.person, mallory.person], kind="x", title=ACCEPTED, values={"title": f"no {number}"})
    read = Notice.objects.filter(person=alice.person).order_by("id")[0]
    mark_read(actor=alice, notice_ids=[read.pk])
    assert not Mail.objects.exists()
    jobs.send_digests()
    jobs.send_digests()
    [digest] = Mail.objects.all()
    assert digest.recipients == ["alice@example.org"]
    assert "no 0" not in digest.body
    assert "no 1" in digest.body
    assert "no 2" in digest.body
    notify(person=alice.person, kind="x", title="later")
    jobs.send_digests()
    assert Mail.objects.count() == 1
    Mail.objects.update(created=timezone.now() - timedelta(days=1))
    jobs.send_digests()
    assert "later" in Mail.objects.order_by("-id")[0].body


def test_a_way_of_being_told_that_does_not_exist_is_refused(alice: Any) -> None:
    with pytest.raises(InvalidInput, match="no way"):
        update_person(actor=alice, person_id=alice.person_id, notices="pigeon")


def test_old_mails_and_notices_are_forgotten_but_not_what_waits(alice: Any) -> None:
    long_ago = timezone.now() - timedelta(days=400)
    for state in Mail.State.values:
        mail = enqueue_mail(recipients=["a@example.org"], subject=state, body="", kind="x")
        Mail.objects.filter(pk=mail.pk).update(state=state, sent_at=long_ago, created=long_ago)
    notify(person=alice.person, kind="x", title="read")
    mark_read(actor=alice)
    Notice.objects.update(read_at=long_ago)
    notify(person=alice.person, kind="x", title="unread")
    jobs.forget_old()
    assert {"kept", "failed", "waiting"} <= set(Mail.objects.values_list("subject", flat=True))
    assert "sent" not in set(Mail.objects.values_list("subject", flat=True))
    assert [notice.title for notice in Notice.objects.all()] == ["unread"]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('host = "smtp.example.org"', "sender"),
        ('host = "smtp.example.org"\nsender = "a@b.org"\ntls = "ssl3"', "tls"),
        ('host = "smtp.example.org"\nsender = "a@b.org"\ntls = "none"\nuser = "x"', "in clear"),
        ('host = "smtp.example.org"\nsender = "a@b.org\\nBcc: x@y.org"', "sender"),
        ('hots = "smtp.example.org"', "unknown key"),
        ('password_file = "/nowhere/at/all"', "not there"),
        ("digest_hour = 24", "hour"),
    ],
)
def test_a_mail_setting_that_cannot_work_is_told(tmp_path: Any, lines: str, said: str) -> None:
    (tmp_path / "dop2i.toml").write_text(f"[mail]\n{lines}\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match=said):
        read_configuration(tmp_path)


def test_the_password_of_the_mail_server_comes_from_a_file_and_is_not_shown(tmp_path: Any) -> None:
    (tmp_path / "secret").write_text("let me in\n", encoding="utf-8")
    (tmp_path / "dop2i.toml").write_text(
        f'[mail]\nhost = "h"\nsender = "a@b.org"\nport = 465\npassword_file = "{tmp_path}/secret"\n', encoding="utf-8"
    )
    mail = read_configuration(tmp_path).mail
    assert (mail.secret, mail.tls) == ("let me in", "tls")
    assert "let me in" not in repr(MailConfiguration(password="let me in"))
