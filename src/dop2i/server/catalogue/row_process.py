"""What a process of its own does that makes rows of the index: Django is read once it knows the instance."""

from __future__ import annotations


def begin(home: str) -> None:
    """Has this process serve the instance in ``home``."""
    from dop2i.server.instance import configure

    configure(home)


def page(start: int, end: int) -> bytes:
    """One page of rows; see ``rows.make_page``."""
    from dop2i.server.catalogue.rows import make_page

    return make_page(start, end)
