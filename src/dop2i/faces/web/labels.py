"""The words of the deposit form, in the page's language."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _


def field_labels() -> dict[str, str]:
    """The label of each field of the form."""
    return {
        "title": _("Title"),
        "resource_type": _("Kind of object"),
        "description": _("Description"),
        "creators": _("Creators"),
        "publication_date": _("Date of publication"),
        "version": _("Version"),
        "licence": _("Licence"),
        "keywords": _("Keywords"),
        "access": _("Access"),
        "embargo_until": _("Opens on"),
        "embargo_reason": _("Reason"),
        "theme": _("Theme"),
        "experiment": _("Experiment"),
        "facility": _("Facility"),
        "detector": _("Detector"),
        "instrument": _("Instrument"),
        "sqrt_s": _("Collision energy √s"),
        "energy": _("Energy"),
        "beam": _("Beam"),
        "target": _("Target"),
        "reaction": _("Reaction"),
        "particles": _("Particles"),
        "nuclides": _("Nuclides"),
        "observables": _("Observables"),
        "run_period": _("Run period"),
        "related": _("Related objects"),
        "files": _("Files"),
        "health": _("Health"),
    }


def evidence_words(key: str) -> str:
    """The source of a value that no file states: what the assembler calls it, in the language of the page."""
    known = {
        "today": _("today’s date"),
        "your profile": _("your profile"),
        "name of the folder": _("the name of the folder"),
        "name of the file": _("the name of the file"),
        "formats of the files": _("the formats of the files"),
        "every file is an image": _("the files: all are images"),
        "every file is a PDF document": _("the files: all are PDF documents"),
    }
    if key in known:
        return known[key]
    of_data = re.fullmatch(r"(\d+) of (\d+) files are data", key)
    if of_data:
        return _("the files: %(n)s of %(all)s are data") % {"n": of_data[1], "all": of_data[2]}
    of_code = re.fullmatch(r"(\d+) of (\d+) files are code", key)
    if of_code:
        return _("the files: %(n)s of %(all)s are code") % {"n": of_code[1], "all": of_code[2]}
    of_theme = re.fullmatch(r"theme of (.+)", key)
    return _("the theme of %(name)s") % {"name": of_theme[1]} if of_theme else key
