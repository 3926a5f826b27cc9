"""A DataCite to talk to."""

from __future__ import annotations

import dataclasses
import importlib.util
import sys
from pathlib import Path

import pytest


def _support(name):
    path = Path(__file__).parents[2] / "support" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"tests_support_{name}", path)
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def datacite(instance, settings):
    """A local server that follows DataCite's API, and an instance that has its account."""
    with _support("datacite_server").DataCiteServer() as server:
        settings.DOP2I = dataclasses.replace(settings.DOP2I, datacite=server.settings())
        yield server


@pytest.fixture
def payload():
    """What the export writes for a record, as DataCite wants it."""
    return {
        "creators": [{"name": "Curie, Marie", "nameType": "Personal"}],
        "titles": [{"title": "Radium in pitchblende"}],
        "publisher": {"name": "dop2i"},
        "publicationYear": "1898",
        "types": {"resourceTypeGeneral": "Dataset"},
        "schemaVersion": "http://datacite.org/schema/kernel-4",
    }
