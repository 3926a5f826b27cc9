"""``/design``: every component of the pages in every state, in both languages, light and dark. For developers.

What is shown comes from the templates, tags and drawings that the pages use; only the samples are made here
(``design_samples.py``). Served where ``debug = true`` stands in ``dop2i.toml`` or ``dop2i serve --debug`` runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_safe

from dop2i.errors import NotFound
from dop2i.faces.web import design_samples
from dop2i.faces.web.design_samples import Sample
from dop2i.faces.web.rendering import LANGUAGES, page

THEMES = ("light", "dark")
_LANDMARKS = re.compile(r'(<nav\b[^>]*\baria-label=")([^"]*)(")')
_NAMES = re.compile(
    r'(\s(?:id|for|name|form|list|aria-labelledby|aria-describedby|aria-controls|aria-owns)="|href="#|url\(#)([\w:-]+)'
)


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of component: its title and what makes its samples in the language of the moment."""

    id: str
    title: str
    samples: Callable[[], Iterator[Sample]]


def parts() -> list[Part]:
    """All kinds, in the order of the page."""
    return [
        Part("design-controls", _("Buttons and links"), design_samples.controls),
        Part("design-icons", _("Icons"), design_samples.icons_in_use),
        Part("design-states", _("Access and themes"), design_samples.states),
        Part("design-messages", _("Messages"), design_samples.messages),
        Part("design-fields", _("Fields of a deposit"), design_samples.fields),
        Part("design-evidence", _("Evidence"), design_samples.evidence),
        Part("design-results", _("Results"), design_samples.results),
        Part("design-closures", _("What is closed"), design_samples.closures),
        Part("design-jobs", _("Jobs"), design_samples.jobs),
        Part("design-plots", _("Plots"), design_samples.plots),
        Part("design-bars", _("Progress"), design_samples.bars),
        Part("design-pages", _("Pages"), design_samples.moving),
    ]


@require_safe
def design(request: HttpRequest) -> HttpResponse:
    """The page. Raises ``NotFound`` where the installation does not run for developers."""
    if not settings.DOP2I.debug:
        raise NotFound("There is no page here.", hint="Developers: dop2i serve --debug")
    shown = [
        {
            "id": part.id,
            "title": part.title,
            "languages": [{"language": code, "schemes": _schemes(part, code)} for code in LANGUAGES],
        }
        for part in parts()
    ]
    return page(request, "design.html", {"parts": shown})


def _schemes(part: Part, code: str) -> list[dict[str, Any]]:
    """The samples of a part in one language, light and dark."""
    with override(code):
        made = [(sample.state, _drawn(sample)) for sample in part.samples()]
    return [
        {
            "theme": theme,
            "samples": [
                {"state": state, "html": _apart(html, f"{part.id}-{code}-{theme}-{number}")}
                for number, (state, html) in enumerate(made)
            ],
        }
        for theme in THEMES
    ]


def _drawn(sample: Sample) -> str:
    return sample.html or render_to_string(f"dop2i/{sample.template}", sample.context)


def _apart(html: str, prefix: str) -> SafeString:
    """The markup with names of its own, so that a component may stand on one page many times."""
    named = _LANDMARKS.sub(rf"\1\2 {prefix}\3", _NAMES.sub(rf"\1{prefix}-\2", html))
    return mark_safe(named)  # noqa: S308  rendered by our own templates
