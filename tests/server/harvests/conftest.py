"""Bruno, who looks after the harvests, and sources of this machine that may be asked."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def bruno(person: Callable[..., Any]) -> Any:
    """Bruno administers the instance."""
    return person("Bruno", is_administrator=True)


@pytest.fixture
def allow(instance: Path) -> Iterator[Callable[..., None]]:
    """Sets the ``[harvest]`` of the configuration: ``allow(folders=("/a",))``."""
    from django.conf import settings
    from django.test import override_settings

    from dop2i.server.configuration import Harvest

    undo = []

    def change(**values: Any) -> None:
        made = override_settings(DOP2I=dataclasses.replace(settings.DOP2I, harvest=Harvest(**values)))
        made.enable()
        undo.append(made)

    yield change
    for made in reversed(undo):
        made.disable()


@pytest.fixture
def reach(allow: Callable[..., None], tmp_path: Path) -> None:
    """Harvests may reach this machine and its folders; answers end at 8 MB."""
    allow(allow_private=True, folders=("/",), answer_bytes=8 << 20)


@pytest.fixture
def harvest(bruno: Any, reach: None) -> Callable[..., Any]:
    """Adds a source once and harvests it here and now: ``harvest("zoo", kind="oai-pmh", address=url)`` is the run."""

    def make(slug: str, *, fails: bool = False, **facts: Any) -> Any:
        from dop2i.errors import Dop2iError
        from dop2i.server.harvests import actions, engine
        from dop2i.server.harvests.models import Harvest, Run

        row = Harvest.objects.filter(slug=slug).first()
        if row is None:
            options = (
                {"pause": "0", **facts.pop("options", {})} if facts["kind"] != "folder" else facts.pop("options", {})
            )
            row = actions.add_harvest(actor=bruno, slug=slug, run=False, options=options, **facts)
        try:
            return engine.run_harvest(row.pk, progress=lambda done, total, message="": None)
        except Dop2iError:
            if not fails:
                raise
            return Run.objects.filter(harvest=row).latest("turn")

    return make


@pytest.fixture
def entries() -> Callable[..., dict[str, Any]]:
    """The entries of the catalogue that are there, by key: ``entries("zoo")`` those of one source."""

    def read(slug: str = "") -> dict[str, Any]:
        from dop2i.server.catalogue.models import Entry

        rows = Entry.objects.filter(withdrawn=False, key__startswith=f"{slug}:" if slug else "")
        return {entry.key: entry.document for entry in rows}

    return read
