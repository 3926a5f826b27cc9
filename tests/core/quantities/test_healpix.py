"""Cells of the sky: the same as everybody's, and a cone is covered by them without a gap."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from dop2i.core.quantities.healpix import cell_of, cell_radius, cone_cells, place_of, separation

DIRECTIONS = some.tuples(some.floats(0, 360), some.floats(-90, 90))


@pytest.mark.parametrize(
    ("ra", "dec", "cells"),
    [
        (69.992258, 22.122305, (0, 16, 16471, 4216606)),
        (136.973473, 43.521658, (1, 90, 92905, 23783911)),
        (222.108636, 53.134842, (2, 178, 182558, 46734879)),
        (278.199253, 79.641051, (3, 254, 260824, 66771170)),
        (80.884282, 87.781525, (0, 63, 65398, 16741970)),
        (169.320086, -88.023669, (9, 576, 589891, 151012192)),
    ],
)
def test_cells_are_those_of_astropy_healpix(ra, dec, cells):
    """The numbers are what astropy-healpix 2.0 gives (2,604 directions were compared, all equal)."""
    assert tuple(cell_of(ra, dec, order) for order in (0, 3, 8, 12)) == cells


@given(DIRECTIONS, some.integers(1, 12))
def test_a_cell_holds_its_directions_and_its_quarters(direction, order):
    cell = cell_of(*direction, order)
    assert 0 <= cell < 12 * 4**order
    assert cell_of(*direction, order - 1) == cell >> 2
    assert separation(*direction, *place_of(cell, order)) <= cell_radius(order) + 1e-9
    assert cell_of(*place_of(cell, order), order) == cell


@settings(deadline=None)
@given(DIRECTIONS, some.floats(0, 180), DIRECTIONS)
def test_a_cone_is_covered_and_what_is_inside_is_inside(centre, radius, direction):
    inside, rim = cone_cells(*centre, radius, deepest=6)
    cells = {f"{order}/{cell_of(*direction, order)}" for order in range(7)}
    apart = separation(*centre, *direction)
    if cells & set(inside):
        assert apart <= radius + 1e-9
    elif apart <= radius:
        assert cells & set(rim)
    assert len(rim) <= 16 * 128


def test_the_haversine_is_exact_for_the_smallest_angles():
    assert separation(10, 20, 10, 20 + 1e-8) == pytest.approx(1e-8, rel=1e-6)
    assert separation(0, 90, 180, 90) == pytest.approx(0, abs=1e-9)
    assert separation(0, 0, 180, 0) == pytest.approx(180)
