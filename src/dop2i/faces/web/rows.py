"""Records in lists: the card of each, its address, and its miniature with the words of what that draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from dop2i.faces.feeds import page_of
from dop2i.faces.web import present
from dop2i.faces.web.digest import digest_of
from dop2i.faces.web.pictures import chosen, picture_words
from dop2i.server.records.closures import rule_of
from dop2i.server.records.models import Record


def result_rows(keys: Sequence[str], documents: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a list shows of entries of the catalogue, own and harvested."""
    words = miniatures(number_of(key) for key in keys)
    return [_row(key, document, words) for key, document in zip(keys, documents, strict=True)]


def _row(key: str, document: dict[str, Any], words: dict[int, str]) -> dict[str, Any]:
    number = number_of(key)
    source = "" if key.startswith("own:") else key.partition(":")[0]
    return {
        "key": key,
        "card": present.card(document),
        "href": page_of(key, document),
        "picture": reverse("web:picture", args=[number]) if number in words else "",
        "words": words.get(number, ""),
        "source": source,
        "origin": _("from %(source)s") % {"source": source} if source else "",
    }


def number_of(key: str) -> int:
    """The record's number of an own entry (``own:12``), else 0."""
    number = key.removeprefix("own:")
    return int(number) if key.startswith("own:") and number.isdecimal() else 0


def miniatures(numbers: Any) -> dict[int, str]:
    """What the miniature of each record draws, in words; records without files that everybody may see have none.

    One query, and two for each record that was not drawn lately.
    """
    rows = Record.objects.filter(pk__in=[number for number in numbers if number], bucket__count__gt=0)
    found = {}
    for number, bucket, locked, access in rows.values_list("pk", "bucket_id", "bucket__locked", "document__access"):
        readable = rule_of({"access": access}).readable
        if not readable.nothing:
            found[number] = picture_words(chosen(digest_of(bucket, readable, final=locked)))
    return found
