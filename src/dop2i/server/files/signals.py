"""News of files, for the folders below this one.

``looked_at(answers)``: the reading process has looked into contents; ``answers`` are pairs of a content and what the
process said of it (``findings`` of the scan for personal data among it).
``taken_over(contents)``: what is known of the same bytes elsewhere was taken over for these contents.
"""

from __future__ import annotations

from django.dispatch import Signal

looked_at = Signal()
taken_over = Signal()
