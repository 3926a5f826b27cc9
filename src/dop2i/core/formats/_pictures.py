"""Pictures decoded for who looks at them, thinned; nothing of the file but its pixels goes on."""

from __future__ import annotations

from typing import Any

from dop2i.core.formats.base import Plane, Source, Window
from dop2i.errors import LimitExceeded, UnreadableFile

_MOST_PIXELS = 150_000_000
_NUMBERS = frozenset({"I", "F", "I;16", "I;16B", "I;16L", "I;16N"})


def read_plane(source: Source, *, formats: tuple[str, ...], index: int, window: Window) -> Plane:
    """A frame of a picture: colours of 8 bits, or numbers where its pixels have more (16-bit and float TIFF)."""
    import warnings

    import numpy as np
    from PIL import Image, ImageOps

    stream: Any
    with warnings.catch_warnings(), source.open() as stream:
        warnings.simplefilter("ignore")
        Image.MAX_IMAGE_PIXELS = None  # the limit is our own, told in a sentence
        try:
            with Image.open(stream, formats=formats) as image:
                columns, rows = image.size
                if columns * rows > _MOST_PIXELS:
                    raise LimitExceeded(
                        f"{source.name} has {columns:,} × {rows:,} pixels, too many to be shown here.",
                        hint="Download it to look at it.",
                    )
                frames = max(1, min(int(getattr(image, "n_frames", 1)), 10_000))
                index = max(0, min(index, frames - 1))
                if index:
                    image.seek(index)
                if image.mode in _NUMBERS:
                    return _numbers(np.array(image, dtype=np.float64), index, frames, window)
                if not window.width:
                    image.draft("RGB", (window.most, window.most))
                upright = ImageOps.exif_transpose(image) or image
                turned = upright.size[0] < upright.size[1] and columns > rows
                columns, rows = (rows, columns) if turned else (columns, rows)
                return _colours(upright, (columns, rows), index, frames, window)
        except LimitExceeded:
            raise
        except (OSError, ValueError, SyntaxError, KeyError, EOFError, TypeError, OverflowError, IndexError) as problem:
            said = (str(problem).splitlines() or [type(problem).__name__])[0][:160]
            raise UnreadableFile(f"{source.name} is a damaged picture: {said.rstrip('. ')}.") from None


def _numbers(pixels: Any, index: int, frames: int, window: Window) -> Plane:
    rows, columns = pixels.shape[:2]
    left, first, width, height, step = window.within(columns, rows)
    part = pixels[first : first + height : step, left : left + width : step]
    return Plane(part, columns, rows, left, first, step, index, frames, greys=True)


def _colours(image: Any, size: tuple[int, int], index: int, frames: int, window: Window) -> Plane:
    """The window on white paper, made smaller by averages. ``size`` is that of the file; a draft may be smaller."""
    import numpy as np
    from PIL import Image

    columns, rows = size
    left, first, width, height, step = window.within(columns, rows)
    share = image.size[0] / columns
    box = (left * share, first * share, (left + width) * share, (first + height) * share)
    shown = image.convert("RGBA") if image.mode in ("RGBA", "LA", "PA", "P", "La") else image.convert("RGB")
    target = (max(1, -(-width // step)), max(1, -(-height // step)))
    shown = shown.resize(target, Image.Resampling.BOX if step == 1 else Image.Resampling.LANCZOS, box=box)
    if shown.mode == "RGBA":
        paper = Image.new("RGBA", shown.size, (255, 255, 255, 255))
        shown = Image.alpha_composite(paper, shown).convert("RGB")
    return Plane(np.asarray(shown), columns, rows, left, first, step, index, frames)
