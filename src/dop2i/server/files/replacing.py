"""Other bytes for a complete file of a draft, in one step: at no moment is the file missing or half there."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from dop2i.errors import Conflict, NotFound
from dop2i.server.files import contents
from dop2i.server.files.actions import open_bucket
from dop2i.server.files.models import Bucket, Content, FileEntry
from dop2i.server.files.receiving import Readable, receive


def replace_bytes(*, entry: FileEntry, stream: Readable) -> Content:
    """Put what ``stream`` gives in the place of a complete file's bytes; those go where nothing else names them.

    No transaction is open while bytes arrive. Raises ``Conflict`` when the file was changed meanwhile, ``NotFound``
    when it was removed, ``WrongState`` when it was published.
    """
    partial = contents.partial_path(contents.new_name())
    try:
        received = receive(stream, into=partial, largest=settings.DOP2I.limits.file_bytes)
        location = contents.stage(partial)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    try:
        with transaction.atomic():
            bucket = open_bucket(entry.bucket_id)
            current = FileEntry.objects.select_for_update().filter(pk=entry.pk).first()
            if current is None:
                raise NotFound(f"The file {entry.key!r} was removed meanwhile.")
            if current.content_id != entry.content_id:
                raise Conflict(f"The file {entry.key!r} was changed meanwhile.", hint="Look at it again.")
            content = contents.keep(received, space=bucket.space, location=location, key=entry.key)
            grown = received.size - (current.size or 0)
            FileEntry.objects.filter(pk=current.pk).update(
                content=content, size=received.size, announced="", updated=timezone.now()
            )
            Bucket.objects.filter(pk=bucket.pk).update(total_bytes=F("total_bytes") + grown)
            if entry.content_id and entry.content_id != content.pk:
                contents.discard_unused(space=bucket.space, contents=[entry.content_id])
    except BaseException:
        if not Content.objects.filter(location=location).exists():
            contents.remove_staged([location])
        raise
    return content
