"""From what a person types (a number, an ARK, a DOI, an address) to a record of a server."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote, urlsplit

from dop2i import errors
from dop2i.client.session import Session

_NUMBER = re.compile(r"\d{1,18}")
_RECORD_PATH = re.compile(r"/(?:api/)?records?/(\d{1,18})(?=/|$)")
_ARK = re.compile(r"(?:^|/)(ark:/?\d[\w.]*/\S+)$", re.IGNORECASE)
_DOI = re.compile(r"(10\.\d{4,9}/\S+)$")


def record_number(session: Session, text: str) -> str:
    """The number of the record that ``text`` names on this server. A PID costs one request.

    Raises ``InvalidInput`` where it is no identifier at all, ``NotFound`` where the server does not know it.
    """
    text = text.strip()
    if _NUMBER.fullmatch(text):
        return text
    if text.startswith(("http://", "https://")):
        inside = _RECORD_PATH.search(urlsplit(text).path)
        if inside:
            return inside[1]
    pid = _pid_in(text)
    if pid is None:
        raise errors.InvalidInput(
            f"{text!r} is not the identifier of a record.",
            hint="Give its number, its ARK (ark:/…), its DOI (10.…) or its address.",
        )
    try:
        answer = session.request("GET", f"api/pids/{quote(pid, safe=':/')}", follow=False)
    except errors.NotFound:
        raise errors.NotFound(f"{session.url} does not know {text}.", hint="Is it the PID of a record there?") from None
    inside = _RECORD_PATH.search(urlsplit(answer.headers.get("Location", "")).path)
    if not inside:
        raise errors.ServiceUnavailable(f"{session.url} did not say which record {text} is.")
    return inside[1]


def _pid_in(text: str) -> str | None:
    """The ARK or DOI that a text holds, in its bare form."""
    text = unquote(text)
    found = _ARK.search(text) or _DOI.search(text)
    return found[1] if found else None


def split_address(text: str, server: str | None) -> tuple[str, str]:
    """The server and the identifier: the address of a record names both, so that ``--from`` is not needed.

    An address of doi.org or of another resolver is followed to the landing page to learn the server.
    """
    if server or not text.startswith(("http://", "https://")):
        if not server:
            raise errors.InvalidInput(
                "Which server? Give --from URL (or DOP2I_URL), or the whole address of the record."
            )
        return server, text
    parts = urlsplit(text)
    if _RECORD_PATH.search(parts.path) or _ARK.search(unquote(parts.path)) or "/doi/" in parts.path:
        before = re.split(r"/(?:api/)?records?/\d|/ark:|/doi/", unquote(parts.path))[0]
        if parts.hostname not in {"doi.org", "n2t.net", "arks.org"}:
            return f"{parts.scheme}://{parts.netloc}{before}", text
    return _landing(text)


def _landing(text: str) -> tuple[str, str]:
    """Follows a resolver, without any token, to the page of the record."""
    import requests

    try:
        answer = requests.get(text, stream=True, timeout=30, headers={"Accept": "text/html"})
        answer.close()
    except requests.RequestException as error:
        raise errors.ServiceUnavailable(
            f"{text} cannot be followed: {error}.", hint="Give --from URL and the number of the record."
        ) from error
    parts = urlsplit(answer.url)
    inside = _RECORD_PATH.search(parts.path)
    if answer.status_code >= 400 or not inside:
        raise errors.NotFound(f"{text} does not lead to a record.", hint="Give --from URL and the record's number.")
    return f"{parts.scheme}://{parts.netloc}{parts.path[: inside.start()]}", answer.url
