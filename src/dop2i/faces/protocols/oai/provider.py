"""One answer of the provider: the request checked, the verb done, the XML put together.

The answer is written as text, a record at a time: each record's metadata is already XML, and parsing it again only to
serialise it would cost more than all the rest.
"""

from __future__ import annotations

import datetime
import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit
from xml.sax.saxutils import escape, quoteattr

from django.conf import settings
from django.utils import timezone

from dop2i.core.vocabularies import VOCABULARIES
from dop2i.faces.protocols.oai.arguments import (
    OaiError,
    Selection,
    checked_arguments,
    selection_of,
    selection_of_token,
    token_of,
)
from dop2i.faces.protocols.oai.formats import MetadataFormat, metadata_formats
from dop2i.server.catalogue import listing
from dop2i.server.catalogue.listing import Listed
from dop2i.server.catalogue.prepared import metadata_of
from dop2i.server.catalogue.sets import OPENAIRE

RECORDS_IN_PAGE = 200
IDENTIFIERS_IN_PAGE = 1_000

_OAI = "http://www.openarchives.org/OAI/2.0/"
_START = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    f'<OAI-PMH xmlns="{_OAI}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    f'xsi:schemaLocation="{_OAI} {_OAI}OAI-PMH.xsd">\n'
)
_DOMAIN = re.compile(r"[a-zA-Z][a-zA-Z0-9-]*(\.[a-zA-Z][a-zA-Z0-9-]*)+")
_PLAIN = re.compile("[a-zA-Z0-9:./_-]*")
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Provider:
    """The provider as it is known at one address: ``base`` is the server's, ``endpoint`` its own."""

    base: str
    endpoint: str

    def answer(self, pairs: list[tuple[str, str]]) -> bytes:
        """The whole answer to a request of these arguments. Errors of the protocol are answers too."""
        now = timezone.now().replace(microsecond=0)
        try:
            verb, arguments = checked_arguments(pairs)
            content = list(_VERBS[verb](self, arguments))
            request = {"verb": verb, **arguments}
        except OaiError as error:
            content = [f"<error code={quoteattr(error.code)}>{_text(error.message)}</error>\n".encode()]
            request = {} if error.code in ("badVerb", "badArgument") else dict(pairs)
            verb = ""
        said = "".join(f" {name}={quoteattr(_legal(value))}" for name, value in request.items())
        head = f"<responseDate>{_stamp(now)}</responseDate>\n<request{said}>{_text(self.endpoint)}</request>\n"
        start, end = (f"<{verb}>\n", f"</{verb}>\n") if verb else ("", "")
        return b"".join([(_START + head + start).encode(), *content, (end + "</OAI-PMH>\n").encode()])

    def identify(self, _arguments: dict[str, str]) -> Iterator[bytes]:
        """Who we are (section 4.2)."""
        first = listing.earliest_change() or timezone.now()
        values = {
            "repositoryName": settings.DOP2I.title,
            "baseURL": self.endpoint,
            "protocolVersion": "2.0",
            "adminEmail": settings.DOP2I.contact or f"postmaster@{self._namespace}",
            "earliestDatestamp": _stamp(first),
            "deletedRecord": "persistent",
            "granularity": "YYYY-MM-DDThh:mm:ssZ",
        }
        yield "".join(f"<{name}>{_text(value)}</{name}>\n" for name, value in values.items()).encode()
        example = listing.any_entry()
        if _DOMAIN.fullmatch(self._namespace) and example is not None:
            space = f"{_OAI}oai-identifier"
            yield (
                f'<description><oai-identifier xmlns="{space}" xsi:schemaLocation="{space} {space}.xsd">'
                f"<scheme>oai</scheme><repositoryIdentifier>{_text(self._namespace)}</repositoryIdentifier>"
                f"<delimiter>:</delimiter><sampleIdentifier>{_text(self._identifier(example))}</sampleIdentifier>"
                "</oai-identifier></description>\n"
            ).encode()

    def list_metadata_formats(self, arguments: dict[str, str]) -> Iterator[bytes]:
        """The formats, which every record has (section 4.4)."""
        if "identifier" in arguments:
            self._entry(arguments["identifier"])
        for known in metadata_formats().values():
            yield (
                f"<metadataFormat><metadataPrefix>{known.prefix}</metadataPrefix><schema>{_text(known.schema)}</schema>"
                f"<metadataNamespace>{_text(known.namespace)}</metadataNamespace></metadataFormat>\n"
            ).encode()

    def list_sets(self, arguments: dict[str, str]) -> Iterator[bytes]:
        """The sets that hold something (section 4.6), in one answer."""
        if "resumptionToken" in arguments:
            raise OaiError("badResumptionToken", "The sets come in one answer: there is no such token.")
        for spec in listing.sets_in_use():
            yield f"<set><setSpec>{spec}</setSpec><setName>{_text(set_name(spec))}</setName></set>\n".encode()

    def get_record(self, arguments: dict[str, str]) -> Iterator[bytes]:
        """One record (section 4.1)."""
        known = _format(arguments["metadataPrefix"])
        yield from self._records([self._entry(arguments["identifier"])], known)

    def list_records(self, arguments: dict[str, str]) -> Iterator[bytes]:
        """Records (section 4.5)."""
        selection = self._selection(arguments)
        known = _format(selection.prefix)
        yield from self._page(selection, RECORDS_IN_PAGE, lambda entries: self._records(entries, known))

    def list_identifiers(self, arguments: dict[str, str]) -> Iterator[bytes]:
        """Headers (section 4.3)."""
        selection = self._selection(arguments)
        yield from self._page(selection, IDENTIFIERS_IN_PAGE, self._headers)

    def _selection(self, arguments: dict[str, str]) -> Selection:
        token = arguments.get("resumptionToken")
        if token is not None:
            selection = selection_of_token(token)
            if selection.prefix not in metadata_formats():
                raise OaiError("badResumptionToken", "This resumption token asks for a format that is not given here.")
            return selection
        selection = selection_of(arguments)
        _format(selection.prefix)
        total = listing.count_entries(spec=selection.spec, since=selection.since, before=selection.before)
        return replace(selection, total=total)

    def _page(
        self, selection: Selection, size: int, write: Callable[[list[Listed]], Iterator[bytes]]
    ) -> Iterator[bytes]:
        entries = listing.list_entries(
            spec=selection.spec,
            since=selection.since,
            before=selection.before,
            after=selection.after,
            limit=size + 1,
        )
        if not entries and selection.after is None:
            raise OaiError("noRecordsMatch", "Nothing here matches these dates and this set.")
        shown = entries[:size]
        yield from write(shown)
        more = len(entries) > size
        if more or selection.after is not None:
            place = replace(
                selection,
                after=(shown[-1].updated, shown[-1].pk) if shown else selection.after,
                cursor=selection.cursor + len(shown),
            )
            total = max(selection.total, place.cursor)
            token = token_of(place) if more else ""
            said = f'completeListSize="{total}" cursor="{selection.cursor}"'
            yield f"<resumptionToken {said}>{token}</resumptionToken>\n".encode()

    @property
    def _namespace(self) -> str:
        return _host(self.base)

    def _identifier(self, entry: Listed) -> str:
        """``oai:data.example.org:12`` of our own, ``oai:data.example.org:cern:5`` of what was harvested."""
        return f"oai:{self._namespace}:{entry.key.removeprefix('own:')}"

    def _entry(self, identifier: str) -> Listed:
        start = f"oai:{self._namespace}:"
        name = identifier.removeprefix(start) if identifier.startswith(start) else ""
        found = listing.find_entry(name if ":" in name else f"own:{name}") if name else None
        if found is None or self._identifier(found) != identifier:
            raise OaiError("idDoesNotExist", f"There is no record {identifier[:200]!r} here.")
        return found

    def _header(self, entry: Listed) -> str:
        status = ' status="deleted"' if entry.deleted else ""
        sets = f"<setSpec>{'</setSpec><setSpec>'.join(entry.sets)}</setSpec>" if entry.sets else ""
        return (
            f"<header{status}><identifier>{_text(self._identifier(entry))}</identifier>"
            f"<datestamp>{_stamp(entry.updated)}</datestamp>{sets}</header>\n"
        )

    def _headers(self, entries: list[Listed]) -> Iterator[bytes]:
        return (self._header(entry).encode() for entry in entries)

    def _records(self, entries: list[Listed], known: MetadataFormat) -> Iterator[bytes]:
        written = metadata_of(entries, known.writer, base=self.base)
        for entry in entries:
            if entry.deleted:
                yield f"<record>{self._header(entry)}</record>\n".encode()
            # what was taken back between two looks at the catalogue is listed again, as deleted
            elif (xml := written.get(entry.pk)) is not None:
                yield f"<record>{self._header(entry)}<metadata>".encode()
                yield known.start
                yield xml
                yield known.end
                yield b"</metadata></record>\n"


_VERBS: dict[str, Callable[[Provider, dict[str, str]], Iterator[bytes]]] = {
    "Identify": Provider.identify,
    "ListMetadataFormats": Provider.list_metadata_formats,
    "ListSets": Provider.list_sets,
    "GetRecord": Provider.get_record,
    "ListIdentifiers": Provider.list_identifiers,
    "ListRecords": Provider.list_records,
}


def set_name(spec: str) -> str:
    """What a set is called, in English."""
    family, _, name = spec.partition("-")
    if spec == OPENAIRE:
        return "Data sets for OpenAIRE"
    if family == "theme":
        term = VOCABULARIES["themes"].get(name)
        return f"Theme: {term.label('en') if term else name}"
    if family == "source":
        return "Deposited here" if name == "own" else f"Harvested from: {name}"
    return f"Community: {name}"


def _format(prefix: str) -> MetadataFormat:
    known = metadata_formats().get(prefix)
    if known is None:
        listed = ", ".join(metadata_formats())
        raise OaiError("cannotDisseminateFormat", f"There is no format {prefix[:80]!r} here; there are {listed}.")
    return known


@functools.lru_cache(maxsize=64)
def _host(address: str) -> str:
    return urlsplit(address).hostname or "localhost"


def _stamp(moment: datetime.datetime) -> str:
    utc = moment if moment.tzinfo is datetime.UTC else moment.astimezone(datetime.UTC)
    return f"{utc.isoformat()[:19]}Z"


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", text)


def _text(text: str) -> str:
    # identifiers, of which each page has hundreds
    return text if _PLAIN.fullmatch(text) else escape(_legal(text))
