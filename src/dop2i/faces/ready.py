"""What the first visitors would wait for, loaded as soon as a server has started: modules, routes, the open index."""

from __future__ import annotations

import logging

logger = logging.getLogger("dop2i.faces")


def make_ready() -> None:
    """Loads what answers need, in the order in which it is likely to be asked for; never raises."""
    from django.db import connection
    from django.template.loader import get_template
    from django.urls import get_resolver

    from dop2i.faces.protocols.oai.formats import metadata_formats
    from dop2i.server.catalogue.generations import READER

    try:
        _ = get_resolver().url_patterns
        get_template("dop2i/home.html")
        READER.opened()
        metadata_formats()
    except Exception:  # whoever asks for it is told why
        logger.exception("Something cannot be loaded beforehand.")
    finally:
        connection.close()
