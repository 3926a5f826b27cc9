"""Why a file was refused, in the reader's language. The server says it in English, with the name in the sentence."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

_REASONS = (
    (r"holds a control character \((U\+\w+)\)", gettext_noop("Its name holds a control character (%(what)s).")),
    (r"holds a line separator|holds a paragraph separator", gettext_noop("Its name holds a line break.")),
    (r"turns the direction of text around", gettext_noop("Its name holds a character that reverses the text.")),
    (r"is not UTF-8|half a character", gettext_noop("Its name is not UTF-8.")),
    (r"holds a backslash", gettext_noop("Its name holds a backslash.")),
    (r"A part of the file name .* takes (\d+) byte", gettext_noop("A part of its name takes %(what)s bytes, not 255.")),
    (r"The file name .* takes (\d+) bytes", gettext_noop("Its path takes %(what)s bytes; 1,000 can be kept.")),
    (r"leaves its folder|is absolute|has an empty part", gettext_noop("Its path leaves the folder or is not whole.")),
    (
        r"^The names .* and ('.*'|\".*\") differ only",
        gettext_noop("Its name differs from %(what)s by case or accents only."),
    ),
    (r"is announced twice", gettext_noop("Two files have this name.")),
    (r"is the folder of|cannot be the folder of", gettext_noop("A folder has the same name as a file.")),
    (r"There is already a file", gettext_noop("A file of this name is here already.")),
    (
        r"A record holds at most ([\d,]+) files",
        gettext_noop("A record holds at most %(what)s files: put them in archives."),
    ),
    (r"larger than the ([\d,]+) bytes", gettext_noop("It is larger than the %(what)s bytes that are taken here.")),
)  # fmt: skip


def refusal_words(error: Exception) -> str:
    """The reason in the page's language where it is known, else as the server says it."""
    message = str(error)
    for pattern, words in _REASONS:
        found = re.search(pattern, message, re.DOTALL)
        if found:
            what = next((part for part in found.groups() if part), "") if found.groups() else ""
            return _(words) % {"what": what} if what else _(words)
    return message
