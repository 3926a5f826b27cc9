"""What the first visitors would wait for, loaded as soon as a server has started: modules, routes, the open index."""

from __future__ import annotations

import logging

from dop2i.errors import Dop2iError

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
        metadata_formats()
        READER.opened()
    except Dop2iError as error:  # after an upgrade the worker makes the index anew first
        logger.info("Not loaded beforehand: %s", error)
    except Exception:  # whoever asks for it is told why
        logger.exception("Something cannot be loaded beforehand.")
    finally:
        connection.close()
