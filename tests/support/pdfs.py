"""PDF documents written by hand, byte by byte, so that a test knows what every page says."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

A4 = (595, 842)


def pdf(pages: Sequence[str], *, size: tuple[float, float] = A4, packed: bool = True, also: str = "") -> bytes:
    """A document of pages of text in Helvetica, a line of the text a line; ``also`` goes into its catalogue."""
    streams = [_lines(page, size[1]) for page in pages]
    kids = " ".join(f"{4 + 2 * i} 0 R" for i in range(len(pages)))
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {also} >>".encode(),
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for i, stream in enumerate(streams):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {size[0]} {size[1]}] /Contents {5 + 2 * i} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        content = zlib.compress(stream) if packed else stream
        how = b"/Filter /FlateDecode " if packed else b""
        objects.append(b"<< %s/Length %d >>\nstream\n%s\nendstream" % (how, len(content), content))
    return from_objects(objects)


def from_objects(objects: Sequence[bytes]) -> bytes:
    """A file of numbered objects, the first of which is the catalogue, with its table of places."""
    made, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    tail = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(made))
    return made + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + tail


def _lines(text: str, top: float) -> bytes:
    made = [b"BT /F1 18 Tf 60 %d Td 24 TL" % (top - 80)]
    for line in text.split("\n"):
        said = line.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
        made.append(b"(%s) Tj T*" % said)
    return b"\n".join([*made, b"ET"])
