"""Notices in the reader's own words: a message is kept in English with its values, and put into words when read."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext, override

from dop2i.server.people.models import Person

logger = logging.getLogger("dop2i.notifications")

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
LONGEST_LINE = 300


def has_controls(text: str) -> bool:
    """Whether a text holds a line end or another control character."""
    return _CONTROL.search(text) is not None


def one_line(text: object, *, limit: int = LONGEST_LINE) -> str:
    """Text without line ends or other controls, cut at ``limit``: nobody's title becomes a header of a mail."""
    line = " ".join(part for part in _CONTROL.sub(" ", str(text)).split(" ") if part)
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def in_words(message: str, values: Mapping[str, Any]) -> str:
    """A message in the language now active. One whose places do not fit its values is given as it stands."""
    said = gettext(message) if message else ""
    if not values:
        return said
    try:
        return said % values
    except (KeyError, TypeError, ValueError):
        logger.warning("The message %r does not go with the values %s.", message, sorted(values))
        return said


def language_of(person: Person) -> str:
    """The language that a person reads: their own choice, else the instance's."""
    return person.language if person.language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def speaking_to(person: Person) -> override:
    """Inside this context, ``gettext`` speaks the person's language."""
    return override(language_of(person))
