"""Newcomers run the demonstration: what its recipes say is deposited, also where files look like personal data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dop2i.demo.build import deposit, read_recipes

INSTALLED = [recipe for recipe in read_recipes() if "of" in recipe]


def test_the_documentation_counts_the_records_of_the_demonstration() -> None:
    readme = Path(__file__).parents[2].joinpath("README.md").read_text(encoding="utf-8")
    assert f"a demonstration of {len(read_recipes())} records" in readme


@pytest.mark.parametrize("recipe", INSTALLED, ids=[recipe["title"][:40] for recipe in INSTALLED])
def test_alice_publishes_the_records_of_installed_packages(
    recipe: dict[str, Any], alice: Any, person: Callable[..., Any], tmp_path: Path
) -> None:
    from dop2i.server.records.models import Record

    deposit(recipe, actor=alice, steward=person("Bruno", is_administrator=True), packages=tmp_path)
    assert Record.objects.get().state == "published"
