"""PDF: pages, what its information dictionary says, the words of its first page, and its pages as pictures."""

from __future__ import annotations

import io
import logging
import re
import warnings
from typing import Any, ClassVar

from dop2i.core.formats import _metadata as md
from dop2i.core.formats._text import base_name
from dop2i.core.formats.base import Description, FormatReader, Plane, Source, Window
from dop2i.errors import LimitExceeded, UnreadableFile

_LIMIT = 200 << 20
_FIRST_PAGE = 200_000
_KEPT = {"/Title": "title", "/Subject": "subject", "/Keywords": "keywords", "/Creator": "creator program",
         "/Producer": "producer", "/CreationDate": "created"}  # fmt: skip
_NOT_A_TITLE = re.compile(
    r"(\.(docx?|tex|dvi|pptx?|odt|pdf|ps|indd)$)|^(untitled|microsoft|powerpoint|slide|document)", re.I
)


class PdfReader(FormatReader):
    """PDF documents: read by pypdf, drawn by PDFium; nothing in them is executed."""

    name = "pdf"
    label: ClassVar = {"en": "PDF document", "fr": "Document PDF"}
    media_types = ("application/pdf",)
    suffixes = (".pdf",)
    rank = 50

    def recognises(self, name: str, head: bytes) -> float:
        if head.startswith(b"%PDF-"):
            return 1.0
        named = base_name(name).endswith(".pdf")
        if b"%PDF-" in head[:1024]:
            return 0.9 if named else 0.25  # an archive may hold a PDF there, and a text may speak of one
        return 0.3 if named else 0.0

    def describe(self, source: Source) -> Description:
        found = md.begin(self, source)
        if source.size > _LIMIT:
            raise LimitExceeded(f"{source.name} has {source.size:,} bytes; a PDF is read up to {_LIMIT:,}.")
        head = source.read_range(0, 1024)
        if b"%PDF-" not in head:
            raise UnreadableFile(
                f"{source.name} is no PDF document: it does not begin with %PDF.", hint="Check its suffix."
            )
        with source.open() as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pages, info, text = _read(stream, source.name)
        version = head.partition(b"%PDF-")[2][:3].decode("ascii", "replace")
        found.headers = {"version": version, "pages": pages}
        for key, name in _KEPT.items():
            value = md.plain(info.get(key), limit=500)
            if value:
                found.headers[name] = value
        title = found.headers.get("title", "")
        if len(title) > 8 and not _NOT_A_TITLE.search(title):
            md.propose(found, "metadata.title", title, key="Title", confidence=0.5)
        for scheme, identifier in md.identifiers_in(text)[:1]:
            item = md.related(identifier, scheme, "references")
            md.propose(found, "metadata.related_identifiers", item, key="first page", confidence=0.4)
        found.text = re.sub(r"\s+", " ", text)[:5000]
        found.summary = f"PDF document, {pages:,} {'page' if pages == 1 else 'pages'}"
        return found

    def plane(self, source: Source, *, table: str, index: int, window: Window) -> Plane:
        """A page, counted from 0, on white paper as wide as ``window.most``; a page has no pixels to cut out."""
        from dop2i.core.formats._pdf_pages import read_page

        page = read_page(source, number=index + 1, width=window.most, text=False)
        rows, columns = page.pixels.shape[:2]
        return Plane(page.pixels, columns, rows, index=page.number - 1, planes=page.pages, greys=page.pixels.ndim == 2)


def _read(stream: io.BufferedIOBase, name: str) -> tuple[int, dict[Any, Any], str]:
    """``(pages, information, text of the first page)``."""
    import pypdf

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = pypdf.PdfReader(stream, strict=False)  # type: ignore[arg-type]
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnreadableFile(f"{name} is protected by a password.", hint="Deposit it without protection.")
        pages = len(reader.pages)
        info = dict(reader.metadata or {})
    except UnreadableFile:
        raise
    except RecursionError:
        raise UnreadableFile(f"{name} is a damaged PDF: its objects refer to each other in a circle.") from None
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise UnreadableFile(f"{name} is cut or damaged: {reason}.", hint="Fetch the file again.") from None
    try:
        contents = reader.pages[0].get_contents() if pages else None
        small = contents is not None and len(contents.get_data()) < _FIRST_PAGE
        text = reader.pages[0].extract_text() if small else ""
    except Exception:
        text = ""
    return pages, info, text[:20_000]
