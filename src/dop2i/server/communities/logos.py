"""A logo as it is served: decoded from what a person sent, made small, encoded anew. Vector pictures are refused."""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass

from dop2i.errors import InvalidInput

LARGEST_BYTES = 5_000_000
MOST_PIXELS = 40_000_000
SIDE = 480
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
_HINT = "Send a PNG, JPEG, WebP or GIF of at most 5 MB."


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG of at most 480 × 480 pixels, without any metadata, and its SHA-256."""

    data: bytes
    digest: str
    width: int
    height: int


def encoded(data: bytes) -> Picture:
    """The first frame of a picture as our own PNG. Raises ``InvalidInput`` for what is none, or too large."""
    from PIL import Image, ImageOps

    if len(data) > LARGEST_BYTES:
        raise InvalidInput(f"The picture takes {len(data):,} bytes.", hint=_HINT)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
                if opened.width * opened.height > MOST_PIXELS:
                    raise InvalidInput(f"The picture has {opened.width} × {opened.height} pixels.", hint=_HINT)
                opened.seek(0)
                turned = ImageOps.exif_transpose(opened) or opened
                picture = turned.convert("RGBA")
    except InvalidInput:
        raise
    except Exception as error:  # the decoders of damaged pictures raise whatever they like
        raise InvalidInput("This is no picture that can be read.", hint=_HINT) from error
    picture.thumbnail((SIDE, SIDE))
    clean = Image.new("RGBA", picture.size)
    clean.paste(picture)
    out = io.BytesIO()
    clean.save(out, format="PNG", optimize=True)
    made = out.getvalue()
    return Picture(made, hashlib.sha256(made).hexdigest(), clean.width, clean.height)
