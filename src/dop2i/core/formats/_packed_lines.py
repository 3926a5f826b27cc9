"""Lines of event files, which people keep packed as often as not."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from typing import Any

from dop2i.core.formats.base import Source
from dop2i.errors import LimitExceeded, UnreadableFile


def event_lines(source: Source, *, longest: int, kind: str) -> Iterator[str]:
    """The lines of a text file of events, gzip or plain. Raises ``LimitExceeded`` for a line of ``longest`` bytes."""
    with source.open() as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        stream: Any = gzip.GzipFile(fileobj=raw) if packed else raw
        try:
            while line := stream.readline(longest):
                if len(line) >= longest:
                    raise LimitExceeded(
                        f"{source.name} has a line of more than {longest:,} bytes.", hint=f"Is it {kind}?"
                    )
                yield line.decode("utf-8", "replace")
        except (EOFError, OSError, zlib.error) as error:
            raise UnreadableFile(f"{source.name} is cut or damaged: {error}.", hint="Fetch the file again.") from None
