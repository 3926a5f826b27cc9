"""Facts of columns: the same whatever the chunks, true to NumPy, and small."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays

from dop2i.core.formats._blocks import blocks
from dop2i.core.formats._columns import BINS, ColumnFacts

floats = arrays(np.float64, some.integers(0, 200), elements=some.floats(width=64))


@settings(deadline=None, max_examples=60)
@given(floats, some.integers(1, 50))
def test_chunks_do_not_matter_and_numpy_agrees(values, size):
    facts = ColumnFacts("x", "float64")
    for start in range(0, len(values), size):
        facts.add(values[start : start + size])
    column = facts.column()
    finite = values[np.isfinite(values)]
    assert column.entries == len(values)
    assert (column.missing or 0) == int(np.isnan(values).sum())
    assert column.minimum == (finite.min() if finite.size else None)
    assert column.maximum == (finite.max() if finite.size else None)
    if column.mean is not None and np.abs(finite).max() < 1e100:
        scale = float(np.abs(finite).max()) or 1.0
        assert math.isclose(column.mean, finite.mean(), rel_tol=1e-9, abs_tol=1e-9 * scale)
    if column.histogram:
        assert len(column.histogram) == BINS
        assert sum(column.histogram) == finite.size
    json.dumps([column.minimum, column.maximum, column.mean, column.histogram], allow_nan=False)


@settings(deadline=None, max_examples=60)
@given(some.lists(some.one_of(some.none(), some.text(max_size=300), some.integers(), some.floats(), some.binary())))
def test_any_mixture_of_values_is_counted(values):
    facts = ColumnFacts("x")
    facts.add(values)
    column = facts.column()
    assert column.entries == len(values)
    assert (column.missing or 0) >= sum(value is None for value in values)
    assert len(str(column.minimum)) <= 400


def test_masked_big_endian_boolean_and_dates():
    masked = ColumnFacts("m")
    masked.add(np.ma.masked_array(np.array([1, 2, 3], dtype=">i4"), mask=[True, False, False]))
    assert (masked.column().missing, masked.column().minimum, masked.column().entries) == (1, 2, 3)
    flags = ColumnFacts("b", "bool")
    flags.add(np.array([True, False, True]))
    assert flags.column().mean == pytest.approx(2 / 3)
    dates = ColumnFacts("d")
    dates.add(np.array(["2020-01-02", "NaT", "2020-01-01"], dtype="datetime64[D]"))
    assert (dates.column().minimum, dates.column().maximum, dates.column().missing) == ("2020-01-01", "2020-01-02", 1)


def test_lists_count_their_rows_not_their_values():
    facts = ColumnFacts("hits", "float32", (-1,))
    facts.add(np.arange(10.0), entries=3)
    assert facts.column().entries == 3
    assert facts.column().maximum == 9.0


def test_a_huge_column_needs_little_memory_whatever_its_range():
    facts = ColumnFacts("x")
    for exponent in range(-300, 300, 7):
        facts.add(np.full(100, 10.0**exponent))
    column = facts.column()
    assert column.maximum == 10.0**295
    assert sum(column.histogram) == column.entries


@settings(deadline=None, max_examples=60)
@given(
    some.lists(some.integers(1, 14), min_size=1, max_size=4),
    some.lists(some.integers(1, 20), min_size=4, max_size=4),
    some.integers(1, 2000),
)
def test_blocks_cover_an_array_exactly_once(shape, chunk, target):
    counted = np.zeros(shape, dtype=int)
    for piece in blocks(tuple(shape), 8, tuple(chunk[: len(shape)]), target=target):
        counted[piece] += 1
    assert (counted == 1).all()


def test_blocks_of_a_file_that_declares_more_than_memory_holds_come_one_by_one():
    pieces = blocks((10**12, 10**6), 8, target=1)
    assert [next(pieces) for _ in range(2)] == [(slice(0, 1), slice(0, 1)), (slice(0, 1), slice(1, 2))]


@settings(deadline=None, max_examples=60)
@given(some.sampled_from(["i1", "u1", "i2", "i4", "u4", "i8", "u8", ">i4"]), some.data())
def test_the_mean_of_whole_numbers_never_overflows(dtype, data):
    limits = np.iinfo(np.dtype(dtype).newbyteorder("="))
    numbers = data.draw(some.lists(some.integers(int(limits.min), int(limits.max)), min_size=1, max_size=50))
    facts = ColumnFacts("n")
    facts.add(np.array(numbers, dtype=dtype))
    exact = sum(numbers) / len(numbers)
    assert math.isclose(facts.column().mean, exact, rel_tol=1e-9, abs_tol=1e-9 * max(map(abs, numbers)) + 1e-300)


def test_a_column_of_many_chunks_is_counted_in_the_same_bins_as_one_of_few():
    values = np.random.default_rng(7).normal(size=200_000)
    few, many = ColumnFacts("few"), ColumnFacts("many")
    few.add(values)
    for start in range(0, len(values), 2000):
        many.add(values[start : start + 2000])
    exact = np.histogram(values, BINS)[0]
    for facts in (few, many):
        column = facts.column()
        assert abs(sum(column.histogram) - len(values)) <= BINS
        assert np.abs(np.array(column.histogram) - exact).max() < 0.05 * len(values)
