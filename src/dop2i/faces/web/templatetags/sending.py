"""What the scripts that send files are told by the page."""

from __future__ import annotations

import json

from django import template

from dop2i.core.proposals.walk import LITTER_ENDS, LITTER_FILES, LITTER_FOLDERS, LITTER_STARTS

register = template.Library()


@register.simple_tag
def litter() -> str:
    """Names that a folder's deposit leaves out, as JSON: ``{% litter %}`` in an attribute."""
    rules = {
        "folders": sorted(LITTER_FOLDERS),
        "files": sorted(LITTER_FILES),
        "starts": LITTER_STARTS,
        "ends": LITTER_ENDS,
    }
    return json.dumps(rules)
