"""Pieces of an array too large to be read at once."""

from __future__ import annotations

from collections.abc import Iterator

from dop2i.core.formats.limits import PIECE_BYTES


def blocks(
    shape: tuple[int, ...], itemsize: int, chunks: tuple[int, ...] | None = None, *, target: int = PIECE_BYTES
) -> Iterator[tuple[slice, ...]]:
    """Slices that cover an array once, each of about ``target`` bytes and of whole chunks, in C order.

    ``chunks`` is the shape of a stored chunk, so that none is decompressed twice.
    """
    if not shape or 0 in shape:
        return
    block = [min(chunk, length) for chunk, length in zip(chunks or (1,) * len(shape), shape, strict=True)]
    block = [max(length, 1) for length in block]
    size = itemsize
    for length in block:
        size *= length
    for axis in reversed(range(len(shape))):
        factor = max(1, min(-(-shape[axis] // block[axis]), target // max(size, 1)))
        block[axis] *= factor
        size *= factor
        if block[axis] < shape[axis]:
            break
    yield from _covering(shape, block)


def _covering(shape: tuple[int, ...], block: list[int]) -> Iterator[tuple[slice, ...]]:
    """One after the other, never all at once: a file may declare more of them than memory holds."""
    length, step = shape[0], block[0]
    for start in range(0, length, step):
        first = slice(start, min(start + step, length))
        if len(shape) == 1:
            yield (first,)
        else:
            for rest in _covering(shape[1:], block[1:]):
                yield (first, *rest)


def values_in(piece: tuple[slice, ...]) -> int:
    """How many values a piece covers."""
    count = 1
    for part in piece:
        count *= part.stop - part.start
    return count
