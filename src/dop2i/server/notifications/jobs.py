"""What sends mails, makes digests, and forgets what is old."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from dop2i.errors import Dop2iError, InvalidInput
from dop2i.server.jobs import Progress, every, job
from dop2i.server.jobs.models import Job
from dop2i.server.notifications.mail import can_send, post_digest
from dop2i.server.notifications.models import Mail, Notice
from dop2i.server.notifications.sending import send
from dop2i.server.people.models import Person

GIVE_UP_AFTER = timedelta(days=7)
KEEP_SENT = timedelta(days=30)
KEEP_READ = timedelta(days=180)
DIGEST_REACHES_BACK = timedelta(days=7)
PIECE = 500


@job(name="send-mail", attempts=8, lease_seconds=120, priority=5)
def send_mail(progress: Progress, *, mail: int) -> None:
    """Gives one mail to the mail server. Sent at least once: its Message-ID tells a second copy from another mail."""
    row = Mail.objects.filter(pk=mail, state=Mail.State.WAITING).first()
    if row is None:
        return
    if not can_send():
        Mail.objects.filter(pk=mail, state=Mail.State.WAITING).update(state=Mail.State.KEPT)
        return
    progress(0, 1, f"mail {mail}")
    Mail.objects.filter(pk=mail).update(attempts=F("attempts") + 1)
    try:
        send(row)
    except Dop2iError as error:
        over = isinstance(error, InvalidInput) or timezone.now() - row.created > GIVE_UP_AFTER
        state = {"state": Mail.State.FAILED} if over else {}
        Mail.objects.filter(pk=mail).update(error=str(error).replace("\0", "")[:2000], **state)
        raise
    wiped = {"body": "", "html": ""} if row.confidential else {}
    Mail.objects.filter(pk=mail).update(state=Mail.State.SENT, error="", sent_at=timezone.now(), **wiped)
    progress(1, 1, f"mail {mail}")


@every(600, name="retry mails")
def retry_waiting_mails() -> None:
    """Puts every mail that waits without a job (its attempts are used up) in the queue again, for a week in all."""
    if not can_send():
        return
    at_work = Job.objects.filter(name=send_mail.name, state__in=(Job.State.WAITING, Job.State.RUNNING))
    taken = set(at_work.values_list("unique_key", flat=True))
    for mail in Mail.objects.filter(state=Mail.State.WAITING).order_by("id").only("pk")[:1000]:
        key = f"send-mail:{mail.pk}"
        if key not in taken:
            send_mail.enqueue(mail=mail.pk, unique=key, about=f"mail:{mail.pk}", delay=600.0)


@every(900, name="send digests")
def send_digests() -> None:
    """One mail a day, from the configured hour (UTC) on, to everybody who asked for a digest and has news unread."""
    now = timezone.now()
    due = now.replace(hour=settings.DOP2I.mail.digest_hour, minute=0, second=0, microsecond=0)
    if now < due:
        return
    waiting = Notice.objects.filter(
        mailed=False,
        read_at__isnull=True,
        created__gt=now - DIGEST_REACHES_BACK,
        person__notices=Person.Notices.DIGEST,
        person__is_active=True,
    )
    for number in waiting.order_by("person").values_list("person", flat=True).distinct():
        send_digest(person_id=number, since=due)


@transaction.atomic
def send_digest(*, person_id: int, since: datetime) -> Mail | None:
    """The digest of one person, unless they had one after ``since``; two workers at once make one of it."""
    person = Person.objects.select_for_update().get(pk=person_id)
    if Mail.objects.filter(person=person, kind="digest", created__gte=since).exists():
        return None
    rows = Notice.objects.filter(person=person, mailed=False, read_at__isnull=True)
    notices = list(rows.filter(created__gt=since - DIGEST_REACHES_BACK).order_by("id")[:PIECE])
    Notice.objects.filter(pk__in=[notice.pk for notice in notices]).update(mailed=True)
    return post_digest(person, notices)


@every(3600, name="forget old mail")
def forget_old() -> None:
    """Deletes mails sent a month ago and notices read half a year ago; what was not sent or not read stays."""
    now = timezone.now()
    Mail.objects.filter(state=Mail.State.SENT, sent_at__lt=now - KEEP_SENT).delete()
    Notice.objects.filter(read_at__lt=now - KEEP_READ).delete()
