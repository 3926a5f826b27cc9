"""The words of the deposit form: its fields, and the problems that the model finds, in the page's language."""

from __future__ import annotations

from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext as _

PROBLEMS = (
    gettext_noop("This is missing: fill it in."),
    gettext_noop("This must be text."),
    gettext_noop("This must be a number."),
    gettext_noop("This must be a whole number."),
    gettext_noop("This must be a finite number."),
    gettext_noop("This is empty: fill it in or remove it."),
    gettext_noop("The type of the object is missing: choose one, such as dataset."),
    gettext_noop("The title is missing: write one that tells what the object is."),
    gettext_noop("The creators are missing: name at least one person or organisation."),
    gettext_noop("The publication date is missing: write it like 2024-05-17."),
    gettext_noop("The licence is missing: choose one, for public files without a licence may not be reused."),
    gettext_noop("This is no day. Write it like 2030-05-17."),
    gettext_noop("An embargo needs its last day: write it like 2030-05-17."),
    gettext_noop("This range is empty: give its minimum, its maximum or both."),
    gettext_noop("The minimum is above the maximum: exchange them."),
    gettext_noop("Submit the draft for review: it is published once it is accepted by:"),
    gettext_noop("The review is under way: the draft is published once it is accepted by:"),
    gettext_noop("Changes were asked for: make them and submit the draft again to:"),
    gettext_noop("The draft was changed after it was accepted: submit it again to:"),
    gettext_noop("The community asks for this field: fill it in. The community is:"),
    gettext_noop("The community allows only these licences:"),
    gettext_noop("The community keeps the files closed until this day:"),
    gettext_noop("Say when the run ended: the files open some years after it."),
    gettext_noop("Some files do not fit in what is left to the community; bytes left:"),
)
"""Messages of :mod:`dop2i.core.model` that a person of the form can meet; others are shown as they are."""


def problem_words(message: str) -> str:
    """A message of the model in the page's language, where it is known; what varies stands after its last colon."""
    said = gettext(message) if message else ""
    place = message.rfind(": ")
    while said == message and place > 0:
        known = gettext(message[: place + 1])
        if known != message[: place + 1]:
            said = f"{known} {message[place + 2 :]}"
        place = message.rfind(": ", 0, place)
    return said


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
    }
