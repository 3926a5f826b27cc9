"""A work by its identifier: DOI (DataCite, Crossref …), arXiv, INSPIRE, HAL."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from dop2i.core.mappings import Mapped
from dop2i.core.model import parse_identifier
from dop2i.errors import InvalidInput, NotFound, UnreadableFile
from dop2i.server.identifiers.lookup import ask

_DATACITE = "application/vnd.datacite.datacite+json"
_CSL = "application/vnd.citationstyles.csl+json"
_HAL = re.compile(r"(?:^|^hal:|hal[\w.-]*/)([a-z]+[_-]\d{6,9})(?:v\d+)?(?:$|[/?#])")
_INSPIRE = re.compile(r"(?:^inspire:|inspirehep\.net/(?:api/)?(?:literature|record)/)(\d{1,9})\b")
_KNOWN = "Give a DOI, an arXiv number, an INSPIRE or a HAL address."


@dataclass(frozen=True, slots=True)
class Work:
    """``registry`` is who answered, ``identifier`` in bare form, ``mapped`` what it says."""

    registry: str
    scheme: str
    identifier: str
    mapped: Mapped


def work_of(text: str) -> Work:
    """What a registry says of an identifier in any usual spelling.

    Raises ``InvalidInput`` for one that is of no such kind, and as :func:`~dop2i.server.identifiers.lookup.ask`.
    """
    written = text.strip()
    if hal := _HAL.search(written):
        return _of_hal(hal[1])
    if inspire := _INSPIRE.search(written):
        return _of_inspire(inspire[1])
    try:
        found = parse_identifier(written)
    except InvalidInput as error:
        raise InvalidInput(f"{written[:100]!r} is no identifier that can be looked up.", hint=_KNOWN) from error
    match found.scheme:
        case "doi":
            return _of_doi(found.value, scheme="doi", identifier=found.value)
        case "arxiv":
            # every arXiv number has a DOI of DataCite
            bare = re.sub(r"v\d+$", "", found.value)
            return _of_doi(f"10.48550/arXiv.{bare}", scheme="arxiv", identifier=bare)
        case _:
            raise InvalidInput(f"{written[:100]!r} is of a kind that is not looked up: {found.scheme}.", hint=_KNOWN)


def _of_doi(doi: str, *, scheme: str, identifier: str) -> Work:
    """DataCite's own JSON where it is theirs, else the citation that every registrar of DOIs gives."""
    from dop2i.core.mappings.csl import from_csl
    from dop2i.core.mappings.datacite import from_datacite

    answer, media_type = ask("doi", f"/{quote(doi, safe='/')}", accept=f"{_DATACITE}, {_CSL};q=0.8")
    if not isinstance(answer, dict):
        raise UnreadableFile(f"The registrar of {doi} answers with no description.")
    is_datacite = media_type == _DATACITE or ("titles" in answer and "creators" in answer)
    return Work("doi", scheme, identifier, from_datacite(answer) if is_datacite else from_csl(answer))


def _of_inspire(number: str) -> Work:
    from dop2i.core.mappings.inspire import from_inspire

    answer, _ = ask("inspire", f"/literature/{number}")
    if not isinstance(answer, dict) or not isinstance(answer.get("metadata"), dict):
        raise UnreadableFile("INSPIRE answers with no record.")
    return Work("inspire", "inspire", number, from_inspire(answer))


def _of_hal(identifier: str) -> Work:
    from dop2i.core.mappings.hal import FIELDS, from_hal

    params = {"q": f'halId_s:"{identifier}"', "fl": ",".join(FIELDS), "wt": "json", "rows": 1}
    answer, _ = ask("hal", "/search/", params=params)
    documents = (answer.get("response") or {}).get("docs") if isinstance(answer, dict) else None
    if not documents:
        raise NotFound(f"HAL knows nothing of {identifier}.", hint="Compare it with its source.")
    return Work("hal", "hal", identifier, from_hal(documents[0]))
