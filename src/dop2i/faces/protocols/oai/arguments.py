"""What an OAI-PMH request asks, checked: verbs, their arguments, dates and resumption tokens (sections 3 and 4)."""

from __future__ import annotations

import base64
import binascii
import datetime
import json
import re
from dataclasses import dataclass
from typing import Any

VERBS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "Identify": (frozenset(), frozenset()),
    "ListMetadataFormats": (frozenset(), frozenset({"identifier"})),
    "ListSets": (frozenset(), frozenset({"resumptionToken"})),
    "GetRecord": (frozenset({"identifier", "metadataPrefix"}), frozenset()),
    "ListIdentifiers": (frozenset({"metadataPrefix"}), frozenset({"from", "until", "set", "resumptionToken"})),
    "ListRecords": (frozenset({"metadataPrefix"}), frozenset({"from", "until", "set", "resumptionToken"})),
}
"""Verb → what it needs, and what it may have beside."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SECOND = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", re.ASCII)
_SPEC = re.compile(r"[A-Za-z0-9\-_.!~*'()]+(:[A-Za-z0-9\-_.!~*'()]+)*", re.ASCII)
_LONGEST = 2_000


class OaiError(Exception):
    """An error of the protocol: its code and a sentence (section 3.6)."""

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(f"{code}: {message}")


@dataclass(frozen=True, slots=True)
class Selection:
    """What a listing lists, and where it stands.

    ``since`` and ``before`` bound the change times; ``after`` is the time and number of the entry that came last,
    ``cursor`` how many came before, ``total`` how many there are in all.
    """

    prefix: str
    spec: str = ""
    since: datetime.datetime | None = None
    before: datetime.datetime | None = None
    after: tuple[datetime.datetime, int] | None = None
    cursor: int = 0
    total: int = 0


def checked_arguments(pairs: list[tuple[str, str]]) -> tuple[str, dict[str, str]]:
    """The verb and its arguments. Raises ``OaiError`` (badVerb, badArgument)."""
    verbs = [value for name, value in pairs if name == "verb"]
    if len(verbs) != 1 or verbs[0] not in VERBS:
        said = f"{verbs[0][:80]!r} is no verb" if len(verbs) == 1 else "One verb is needed"
        raise OaiError("badVerb", f"{said}. Verbs are {', '.join(VERBS)}.")
    verb = verbs[0]
    needed, allowed = VERBS[verb]
    arguments: dict[str, str] = {}
    for name, value in pairs:
        if name == "verb":
            continue
        if name not in needed | allowed:
            raise OaiError("badArgument", f"{verb} has no argument {name[:80]!r}.")
        if name in arguments:
            raise OaiError("badArgument", f"The argument {name} is repeated.")
        if len(value) > _LONGEST or "\0" in value:
            raise OaiError("badArgument", f"The argument {name} has a value that nothing can have.")
        arguments[name] = value
    if "resumptionToken" in arguments:
        if len(arguments) > 1:
            raise OaiError("badArgument", "resumptionToken goes without any other argument.")
        return verb, arguments
    for name in sorted(needed):
        if not arguments.get(name):
            raise OaiError("badArgument", f"{verb} needs the argument {name}.")
    return verb, arguments


def selection_of(arguments: dict[str, str]) -> Selection:
    """What a list request without a token asks for. Raises ``OaiError``."""
    since, until = arguments.get("from"), arguments.get("until")
    if since is not None and until is not None and len(since) != len(until):
        raise OaiError("badArgument", "from and until must be written with the same granularity.")
    first = _moment(since, "from") if since is not None else None
    before = None
    if until is not None:
        step = datetime.timedelta(days=1) if len(until) == 10 else datetime.timedelta(seconds=1)
        try:
            before = _moment(until, "until") + step
        except OverflowError:
            before = None
    if first is not None and before is not None and first >= before:
        raise OaiError("badArgument", "from is later than until.")
    spec = arguments.get("set", "")
    if "set" in arguments and not _SPEC.fullmatch(spec):
        raise OaiError("badArgument", f"{spec[:80]!r} cannot be the name of a set.")
    return Selection(prefix=arguments["metadataPrefix"], spec=spec, since=first, before=before)


def _moment(text: str, name: str) -> datetime.datetime:
    if not _DAY.fullmatch(text) and not _SECOND.fullmatch(text):
        raise OaiError("badArgument", f"{name} is {text[:40]!r}: write YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ.")
    try:
        return datetime.datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=datetime.UTC)
    except ValueError:
        raise OaiError("badArgument", f"{name} is {text!r}: there is no such day.") from None


def token_of(selection: Selection) -> str:
    """A resumption token: all that a listing needs to go on, so that it outlives restarts and is kept nowhere."""
    after = selection.after
    state: list[Any] = [
        selection.prefix,
        selection.spec,
        _stamp(selection.since),
        _stamp(selection.before),
        _stamp(after[0]) if after else None,
        after[1] if after else 0,
        selection.cursor,
        selection.total,
    ]
    return base64.urlsafe_b64encode(json.dumps(state, separators=(",", ":")).encode()).decode().rstrip("=")


def selection_of_token(token: str) -> Selection:
    """The listing that a resumption token goes on with. Raises ``OaiError`` (badResumptionToken)."""
    try:
        text = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        prefix, spec, since, before, at, number, cursor, total = json.loads(text)
        if not (isinstance(prefix, str) and isinstance(spec, str)) or (spec and not _SPEC.fullmatch(spec)):
            raise ValueError(token)
        numbers = [number, cursor, total]
        if any(type(value) is not int or not 0 <= value < 2**62 for value in numbers):
            raise ValueError(token)
        place = _read_stamp(at)
        return Selection(
            prefix=prefix,
            spec=spec,
            since=_read_stamp(since),
            before=_read_stamp(before),
            after=(place, number) if place else None,
            cursor=cursor,
            total=total,
        )
    except (ValueError, TypeError, OverflowError, OSError, binascii.Error, RecursionError):
        raise OaiError(
            "badResumptionToken", "This resumption token was not given here. Begin the listing again."
        ) from None


def _stamp(moment: datetime.datetime | None) -> int | None:
    """Microseconds since 1970, exactly."""
    return None if moment is None else (moment - _EPOCH) // datetime.timedelta(microseconds=1)


def _read_stamp(value: Any) -> datetime.datetime | None:
    if value is None:
        return None
    if type(value) is not int:
        raise ValueError(value)
    return _EPOCH + datetime.timedelta(microseconds=value)


_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
