"""An answer of an OAI-PMH 2.0 server, read as it streams in, and read anyway when it is broken.

A fault in one record does not lose the others: when the stream is no XML, what has arrived is cut at its records, each
is mended and read by itself, and those that stay unreadable say why. Source: https://www.openarchives.org/OAI/2.0/.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from dop2i.core.mappings.xml import decoded, element_of, local_name, mended, parser_settings
from dop2i.errors import UnreadableFile

_WANTED = ("{*}record", "{*}resumptionToken", "{*}responseDate", "{*}error", "{*}granularity", "{*}deletedRecord",
           "{*}earliestDatestamp", "{*}repositoryName", "{*}setSpec", "{*}metadataPrefix")  # fmt: skip
_LISTS = frozenset({"ListRecords", "GetRecord"})
_RECORD = re.compile(r"<((?:[\w.-]+:)?record)(?=[\s>]).*?</\1\s*>", re.S)
_ROOT = re.compile(r"<(?:[\w.-]+:)?OAI-PMH\b[^>]{0,5000}>")
_TOKEN = re.compile(r"<(?:[\w.-]+:)?resumptionToken\b([^>]{0,1000}?)(?:/>|>([^<]{0,20000})<)")
_DATE = re.compile(r"<(?:[\w.-]+:)?responseDate>\s*([^<]{1,40})<")
_IDENTIFIER = re.compile(r"<(?:[\w.-]+:)?identifier>\s*([^<]{1,500}?)\s*<")
_MEMORY = 8 << 20


@dataclass(slots=True)
class OaiRecord:
    """One record: its header, the element inside ``metadata``, and its XML as it came (with its namespaces)."""

    identifier: str
    datestamp: str = ""
    deleted: bool = False
    metadata: Any = None
    raw: bytes = b""
    problem: str = ""


class OaiAnswer:
    """One answer. Iterate :meth:`records` to the end; the other members are known then."""

    def __init__(self) -> None:
        self.token: str | None = None
        self.total: int | None = None
        self.response_date = ""
        self.error = ""
        self.error_text = ""
        self.facts: dict[str, str] = {}
        self.sets: list[str] = []
        self.mended = ""
        self._seen: set[str] = set()

    def records(self, pieces: Iterable[bytes]) -> Iterator[OaiRecord]:
        """The records of the answer. Raises ``UnreadableFile`` when it is no answer of an OAI-PMH server at all."""
        from lxml import etree

        parser = etree.XMLPullParser(events=("end",), tag=_WANTED, **parser_settings())
        stream = iter(pieces)
        with tempfile.SpooledTemporaryFile(max_size=_MEMORY) as copy:
            try:
                for piece in stream:
                    copy.write(piece)
                    parser.feed(piece)
                    yield from self._finished(parser)
                root = parser.close()
                yield from self._finished(parser)
            except etree.XMLSyntaxError as error:
                self.mended = str(error.msg or error)
                for piece in stream:
                    copy.write(piece)
                copy.seek(0)
                yield from self._cut(decoded(copy.read()))
                return
        if local_name(root) != "OAI-PMH":
            raise UnreadableFile(f"The source answers with <{local_name(root)[:60]}>, which is no OAI-PMH.", hint=_HINT)

    def _finished(self, parser: Any) -> Iterator[OaiRecord]:
        for _, element in parser.read_events():
            name = local_name(element)
            if name == "record":
                parent = element.getparent()
                if parent is None or local_name(parent) not in _LISTS:
                    continue
                made = record_of(element)
                self._seen.add(made.identifier)
                yield made
                previous = element.getprevious()
                if previous is not None:
                    parent.remove(previous)
            else:
                self._told(name, element)

    def _told(self, name: str, element: Any) -> None:
        text = (element.text or "").strip()
        place = local_name(element.getparent()) if element.getparent() is not None else ""
        if name == "resumptionToken" and place.startswith("List"):
            self.token = text
            self.total = _number(element.get("completeListSize"))
        elif name == "responseDate":
            self.response_date = text
        elif name == "error" and place == "OAI-PMH":
            self.error, self.error_text = element.get("code", "error"), text
        elif name == "setSpec" and place == "set":
            self.sets.append(text)
        elif place in ("Identify", "metadataFormat"):
            self.facts[name] = f"{self.facts[name]} {text}" if name in self.facts else text

    def _cut(self, text: str) -> Iterator[OaiRecord]:
        """The records of a broken answer, one by one."""
        root = _ROOT.search(text)
        if root is None:
            kind = "a web page" if re.search(r"<html\b|<!doctype html", text[:5000], re.I) else "something else"
            raise UnreadableFile(f"The source answers with {kind} where OAI-PMH's XML was expected.", hint=_HINT)
        before, after = root[0], "</" + root[0][1:].split(None, 1)[0].rstrip(">") + ">"
        for place, found in enumerate(_RECORD.finditer(text)):
            whole = found[0]
            try:
                element = element_of(f"{before}{mended(whole)}{after}".encode(), name="This record", mend=False)[0]
                made = record_of(element)
            except (UnreadableFile, IndexError) as error:
                known = _IDENTIFIER.search(whole)
                identifier = known[1] if known else f"record {place + 1} of a broken answer"
                made = OaiRecord(identifier, raw=whole.encode()[:_MEMORY], problem=str(error))
            if made.identifier not in self._seen:
                yield made
        token = list(_TOKEN.finditer(text))
        self.token = (token[-1][2] or "").strip() if token else None
        date = _DATE.search(text)
        self.response_date = date[1].strip() if date else ""
        if not token and "OAI-PMH" not in text[-200:].rpartition("</")[2]:
            raise UnreadableFile("The answer of the source ends in the middle.", hint="It is asked again later.")


_HINT = "Check the address: it is the one that answers ?verb=Identify."


def record_of(element: Any) -> OaiRecord:
    """The parts of a ``record`` element."""
    from lxml import etree

    identifier = datestamp = ""
    deleted = False
    metadata = None
    for child in element:
        name = local_name(child)
        if name == "header":
            deleted = child.get("status") == "deleted"
            for part in child:
                inner = local_name(part)
                if inner == "identifier":
                    identifier = (part.text or "").strip()
                elif inner == "datestamp":
                    datestamp = (part.text or "").strip()
        elif name == "metadata":
            metadata = next((part for part in child if isinstance(part.tag, str)), None)
    raw = etree.tostring(element, with_tail=False, encoding="utf-8")
    if not identifier:
        return OaiRecord("", datestamp, deleted, metadata, raw, "The record has no identifier.")
    problem = "" if deleted or metadata is not None else "The record has no metadata and is not deleted."
    return OaiRecord(identifier, datestamp, deleted, metadata, raw, problem)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 12 else None
