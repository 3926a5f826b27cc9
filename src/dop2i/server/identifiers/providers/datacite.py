"""DOIs through DataCite's REST API.

Source: DataCite REST API guide (support.datacite.org/docs/api) and its OpenAPI description: JSON:API documents at
``/dois``, basic authentication with the repository account, ``event: publish`` makes a DOI findable.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from dop2i.errors import Dop2iError, InvalidInput, NotFound, NotPermitted, ServiceUnavailable
from dop2i.server.identifiers.providers.base import IdentifierProvider

DEFAULT_URL = "https://api.datacite.org"
CONNECT_SECONDS = 5.0
READ_SECONDS = 20.0
TOTAL_SECONDS = 45.0
LONGEST_ANSWER = 4 * 1024 * 1024
LONGEST_WAIT = 3600.0
OURS = ("id", "type", "doi", "prefix", "suffix", "state", "event", "url")


@dataclass(frozen=True, slots=True)
class Account:
    """The repository account of ``[datacite]`` in dop2i.toml."""

    url: str
    user: str
    password: str
    prefix: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, JSON body (an empty dict when there is none) and the ``Retry-After`` in seconds."""

    status: int
    body: dict[str, Any]
    retry_after: float | None


class DataCiteProvider(IdentifierProvider):
    """Registers DOIs as findable. Idempotent: a DOI that is taken already is brought up to date instead."""

    name = "datacite"
    label = {"en": "DOI (DataCite)", "fr": "DOI (DataCite)"}
    scheme = "doi"
    rank = 10

    def configured(self) -> bool:
        """When the account's user and prefix are set."""
        account = _account()
        return bool(account.user and account.prefix)

    def value_for(self, number: int) -> str:
        """``<prefix>/dop2i.<number>``. Raises ``InvalidInput`` when the configured prefix makes no DOI."""
        from dop2i.core.model.identifiers import parse_identifier

        prefix = _account().prefix
        try:
            return parse_identifier(f"{prefix}/dop2i.{number}", scheme="doi").value
        except InvalidInput as error:
            raise InvalidInput(
                f"The prefix {prefix!r} of [datacite] in dop2i.toml makes no DOI: {error}", hint="Write it as 10.12345."
            ) from error

    def register(self, *, value: str, url: str, payload: dict[str, Any], known: bool) -> None:
        """Creates or updates the DOI and makes it findable; with the event ``hide`` it resolves and is not findable."""
        attributes = {key: content for key, content in payload.items() if key not in OURS}
        attributes |= {"doi": value, "url": url}
        hidden = payload.get("event") == "hide"
        one = f"/dois/{quote(value, safe='/')}"
        # a DOI that DataCite does not know yet cannot be hidden: it is registered without becoming findable
        made = ("POST", "/dois", {**attributes, "event": "register" if hidden else "publish"})
        hide = "hide" if known else "register"
        changed = ("PUT", one, {**attributes, "event": hide if hidden else "publish"})
        first, second = (changed, made) if known else (made, changed)
        answer = _ask(*first[:2], _document(first[2]))
        if (known and answer.status == 404) or (not known and _is_taken(answer)):
            answer = _ask(*second[:2], _document(second[2]))
        _raise_for(answer, value)
        state, wanted = _attributes(answer).get("state"), "registered" if hidden else "findable"
        if state and state != wanted:
            raise ServiceUnavailable(
                f"DataCite accepted {value} but left it in the state {state!r} instead of {wanted!r}.",
                hint="It will be tried again.",
            )

    def state_of(self, value: str) -> str:
        """``draft``, ``registered`` or ``findable``; empty when DataCite does not know the DOI."""
        answer = _ask("GET", f"/dois/{quote(value, safe='/')}", None)
        if answer.status == 404:
            return ""
        _raise_for(answer, value)
        return str(_attributes(answer).get("state") or "")


def _document(attributes: dict[str, Any]) -> dict[str, Any]:
    return {"data": {"type": "dois", "attributes": attributes}}


def _account() -> Account:
    from django.conf import settings

    table: dict[str, Any] = settings.DOP2I.datacite
    password = str(table.get("password") or "")
    if not password and table.get("password_file"):
        try:
            password = Path(table["password_file"]).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise NotPermitted(
                f"The password file of [datacite] cannot be read: {error}.", hint="Mend password_file in dop2i.toml."
            ) from error
    return Account(
        url=str(table.get("url") or DEFAULT_URL).rstrip("/"),
        user=str(table.get("user") or ""),
        password=password,
        prefix=str(table.get("prefix") or ""),
    )


def _ask(method: str, path: str, document: dict[str, Any] | None) -> Answer:
    """One exchange, bounded in time and length. Raises ``ServiceUnavailable`` when nothing usable came back."""
    import requests

    account = _account()
    started = time.monotonic()
    try:
        with requests.request(
            method,
            account.url + path,
            data=None if document is None else json.dumps(document).encode(),
            headers={"Content-Type": "application/vnd.api+json", "Accept": "application/vnd.api+json"},
            auth=(account.user, account.password),
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            allow_redirects=False,  # the credentials go to the configured address and nowhere else
            stream=True,
        ) as response:
            text = b""
            while piece := response.raw.read1(65536, decode_content=True):
                text += piece
                if len(text) > LONGEST_ANSWER or time.monotonic() - started > TOTAL_SECONDS:
                    raise ServiceUnavailable(f"The answer of {account.url} was too long or too slow.")
            status = response.status_code
            retry_after = response.headers.get("Retry-After", "")
    except (requests.RequestException, OSError) as error:
        raise ServiceUnavailable(
            f"DataCite at {account.url} did not answer ({type(error).__name__}).", hint="It will be tried again."
        ) from error
    except Exception as error:
        # urllib3's own errors pass through raw.read1 untranslated
        if isinstance(error, Dop2iError):
            raise
        raise ServiceUnavailable(
            f"The answer of DataCite at {account.url} broke off ({type(error).__name__}).",
            hint="It will be tried again.",
        ) from error
    try:
        body = json.loads(text) if text else {}
    except ValueError:
        body = {}
    seconds = min(float(retry_after), LONGEST_WAIT) if retry_after.isdecimal() else None
    return Answer(status=status, body=body if isinstance(body, dict) else {}, retry_after=seconds)


def _attributes(answer: Answer) -> dict[str, Any]:
    data = answer.body.get("data")
    attributes = data.get("attributes") if isinstance(data, dict) else None
    return attributes if isinstance(attributes, dict) else {}


def _reasons(answer: Answer) -> str:
    errors = answer.body.get("errors")
    texts = []
    for error in errors if isinstance(errors, list) else []:
        if isinstance(error, dict):
            parts = [str(error.get(key)) for key in ("source", "title", "detail") if error.get(key)]
            texts.append(": ".join(parts))
    return "; ".join(texts)[:1000]


def _is_taken(answer: Answer) -> bool:
    return answer.status == 422 and "already been taken" in _reasons(answer)


def _raise_for(answer: Answer, value: str) -> None:
    """Turns a status into the error that says what comes next; see ``IdentifierProvider``."""
    if 200 <= answer.status < 300:
        return
    reasons = _reasons(answer) or "no reason given"
    if answer.status in (401, 403):
        raise NotPermitted(
            f"DataCite refused the account for {value} ({answer.status}: {reasons}).",
            hint="Check user, password and prefix of [datacite] in dop2i.toml; it is tried again every hour.",
        )
    if answer.status == 404:
        raise NotFound(f"DataCite does not know {value} (404: {reasons}).")
    if answer.status in (408, 429) or answer.status >= 500 or 300 <= answer.status < 400:
        unavailable = ServiceUnavailable(
            f"DataCite could not take {value} now ({answer.status}: {reasons}).", hint="It will be tried again."
        )
        unavailable.retry_after = answer.retry_after  # type: ignore[attr-defined]
        raise unavailable
    raise InvalidInput(
        f"DataCite refused {value} ({answer.status}: {reasons}).", hint="Mend the record, then publish it again."
    )
