"""A community's policy: what it may say, what it means for a nested community, what it makes of a draft.

::

    {"required_fields": ["metadata.description"],    # dotted paths of the record document
     "licences": ["cc-by-4.0"],                      # empty: every licence
     "embargo": {"files": true, "years_after_run": 3, "reason": "publication", "note": "…", "changeable": false},
     "review": "none" | "curators" | "quorum",
     "review_edits": false,                          # whether an edit of the description is reviewed too
     "quorum": [{"title": "physics-coordinator", "count": 2}],
     "submission": "anyone" | "members",
     "members_read": true,
     "members_ask": true}                            # whether people may ask to become members

All of it is optional. A nested community keeps the rules of those above it: required fields add up, a licence must
be allowed by each, and what it does not say itself (embargo, review, submission) is as above. Nothing here asks the
database.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence
from typing import Any

from dop2i.errors import InvalidDocument, InvalidInput, Problem
from dop2i.server.communities.models import Community

REVIEWS = ("none", "curators", "quorum")
SUBMISSIONS = ("anyone", "members")
KEYS = frozenset(
    {
        "required_fields",
        "licences",
        "embargo",
        "review",
        "review_edits",
        "quorum",
        "submission",
        "members_read",
        "members_ask",
    }
)
EMBARGO_KEYS = frozenset({"files", "months", "years_after_run", "reason", "note", "changeable"})
MOST_FIELDS = 100
MOST_YEARS = 100

_PATH = re.compile(r"(metadata|custom_fields)(\.[a-z][a-z0-9_:]*){1,4}")
_TITLE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,98}[a-z0-9])?")
_GPS_EPOCH = datetime.date(1980, 1, 6)
_TAKEN = frozenset({"new", "search", "settings", "members", "requests", "invitations", "collections", "records"})


def checked_slug(text: str) -> str:
    """A community's (or collection's) short name. Raises ``InvalidInput``."""
    slug = text.strip().lower()
    if not _SLUG.fullmatch(slug) or slug.isdecimal() or slug in _TAKEN:
        raise InvalidInput(
            f"{text[:100]!r} cannot be a short name.",
            hint="Use letters a to z, figures and hyphens, with at least one letter: km3net-arca.",
        )
    return slug


def checked_title(title: str) -> str:
    """A named role of a member (``physics-coordinator``), or empty. Raises ``InvalidInput``."""
    name = re.sub(r"[\s_]+", "-", title.strip().lower())
    if name and not _TITLE.fullmatch(name):
        raise InvalidInput(
            f"{title[:60]!r} cannot be a named role.", hint="Use letters a to z, figures and hyphens: run-coordinator."
        )
    return name


def checked_policy(policy: Any) -> dict[str, Any]:
    """The policy as it is kept, without what says nothing. Raises ``InvalidDocument`` with the paths."""
    if not isinstance(policy, dict):
        raise InvalidDocument([Problem("policy", "A policy is an object with named members.")])
    problems = [
        Problem(f"policy.{key}", f"This is not known; known are: {', '.join(sorted(KEYS))}.")
        for key in policy
        if key not in KEYS
    ]
    kept = {key: policy[key] for key in KEYS if policy.get(key) not in (None, [], {}, "")}
    problems += [*_list_problems(kept), *_word_problems(kept), *_embargo_problems(kept), *_quorum_problems(kept)]
    if problems:
        raise InvalidDocument(problems)
    if "quorum" in kept:
        kept["quorum"] = [{"title": checked_title(rule["title"]), "count": rule["count"]} for rule in kept["quorum"]]
    return kept


def _list_problems(policy: dict[str, Any]) -> Iterable[Problem]:
    from dop2i.core.vocabularies import VOCABULARIES

    for key in ("required_fields", "licences"):
        values = policy.get(key, [])
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            yield Problem(f"policy.{key}", "This must be a list of texts.")
            policy.pop(key)
        elif len(values) > MOST_FIELDS:
            yield Problem(f"policy.{key}", f"This list is too long; the most entries allowed are: {MOST_FIELDS}.")
    for place, path in enumerate(policy.get("required_fields", [])):
        if not _PATH.fullmatch(path):
            yield Problem(
                f"policy.required_fields.{place}",
                f"This is no field of a record, such as metadata.description: {path}.",
            )
    for place, name in enumerate(policy.get("licences", [])):
        if name not in VOCABULARIES["licenses"]:
            yield Problem(f"policy.licences.{place}", f"There is no licence of this name: {name}.")


def _word_problems(policy: dict[str, Any]) -> Iterable[Problem]:
    for key, words in (("review", REVIEWS), ("submission", SUBMISSIONS)):
        if policy.get(key, words[0]) not in words:
            yield Problem(f"policy.{key}", f"This is none of the allowed values; they are: {', '.join(words)}.")
    for key in ("members_read", "review_edits", "members_ask"):
        if not isinstance(policy.get(key, True), bool):
            yield Problem(f"policy.{key}", "This must be true or false.")


def _embargo_problems(policy: dict[str, Any]) -> Iterable[Problem]:
    embargo = policy.get("embargo", {})
    if not isinstance(embargo, dict):
        yield Problem("policy.embargo", "This must be an object with named members.")
        return
    for key in embargo:
        if key not in EMBARGO_KEYS:
            yield Problem(f"policy.embargo.{key}", f"This is not known; known are: {', '.join(sorted(EMBARGO_KEYS))}.")
    if not embargo or embargo.get("files") is False:
        return
    terms = [key for key in ("months", "years_after_run") if embargo.get(key) is not None]
    if len(terms) != 1:
        yield Problem("policy.embargo", "An embargo lasts a number of months, or of years after the run: give one.")
    for key in terms:
        most = MOST_YEARS * (12 if key == "months" else 1)
        value = embargo[key]
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            yield Problem(f"policy.embargo.{key}", f"This must be a whole number from 1 to {most}.")
    for key in ("files", "changeable"):
        if not isinstance(embargo.get(key, True), bool):
            yield Problem(f"policy.embargo.{key}", "This must be true or false.")
    for key in ("reason", "note"):
        if not isinstance(embargo.get(key, ""), str) or len(embargo.get(key, "")) > 2000:
            yield Problem(f"policy.embargo.{key}", "This must be text of at most 2,000 characters.")


def _quorum_problems(policy: dict[str, Any]) -> Iterable[Problem]:
    rules = policy.get("quorum", [])
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        yield Problem("policy.quorum", "This must be a list of objects with a title and a count.")
        return
    if policy.get("review") == "quorum" and not rules:
        yield Problem("policy.quorum", "Say which named roles must agree, and how many of each.")
    seen: set[str] = set()
    for place, rule in enumerate(rules):
        title, count = rule.get("title"), rule.get("count", 1)
        rule["count"] = count
        if not isinstance(title, str) or not _TITLE.fullmatch(re.sub(r"[\s_]+", "-", title.strip().lower())):
            yield Problem(f"policy.quorum.{place}.title", "This is no named role, such as physics-coordinator.")
        elif title in seen:
            yield Problem(f"policy.quorum.{place}.title", "This role is named twice.")
        else:
            seen.add(title)
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= 50:
            yield Problem(f"policy.quorum.{place}.count", "This must be a whole number from 1 to 50.")


def policy_of(line: Sequence[Community]) -> dict[str, Any]:
    """The rules that hold in the last community of ``line``, which begins with its outermost ancestor."""
    made: dict[str, Any] = {"required_fields": [], "licences": [], "review": "none", "submission": "anyone"}
    made |= {"review_edits": False, "members_read": True, "quorum": [], "embargo": {}}
    for community in line:
        own = community.policy
        made["required_fields"] = list(dict.fromkeys([*made["required_fields"], *own.get("required_fields", [])]))
        if own.get("licences"):
            before = made["licences"] or own["licences"]
            made["licences"] = [name for name in own["licences"] if name in before] or before
        for key in ("review", "submission", "review_edits", "embargo"):
            if key in own:
                made[key] = own[key]
        if own.get("quorum"):
            made["quorum"] = own["quorum"]
        made["members_read"] = made["members_read"] and own.get("members_read", True) is not False
    return made


def value_at(document: dict[str, Any], path: str) -> Any:
    """What a document holds at a dotted path; None for nothing."""
    value: Any = document
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def field_problems(policy: dict[str, Any], document: dict[str, Any], *, name: str) -> list[Problem]:
    """What the policy of the community ``name`` asks for and the document lacks."""
    problems = [
        Problem(path, f"The community asks for this field: fill it in. The community is: {name}.")
        for path in policy["required_fields"]
        if value_at(document, path) in (None, "", [], {})
    ]
    allowed = policy["licences"]
    if allowed:
        rights = value_at(document, "metadata.rights") or []
        used = [str(right.get("id", "")) for right in rights if isinstance(right, dict)]
        if any(name_ not in allowed for name_ in used):
            problems.append(
                Problem("metadata.rights", f"The community allows only these licences: {', '.join(allowed)}.")
            )
    return problems


def opening_day(policy: dict[str, Any], document: dict[str, Any], *, today: datetime.date) -> datetime.date | None:
    """The day on which the policy's embargo ends for this document; None without an embargo, or when it is past.

    Raises ``InvalidDocument`` when the run's end, from which the years are counted, is not told.
    """
    embargo = policy["embargo"]
    if not embargo or embargo.get("files") is False:
        return None
    if embargo.get("months"):
        start = _day(value_at(document, "metadata.publication_date")) or today
        until = _later(start, months=embargo["months"])
    else:
        end = run_end(document)
        if end is None:
            raise InvalidDocument(
                [
                    Problem(
                        "custom_fields.dop2i:time_range", "Say when the run ended: the files open some years after it."
                    )
                ]
            )
        until = _later(end, months=12 * embargo["years_after_run"])
    return until if until > today else None


def run_end(document: dict[str, Any]) -> datetime.date | None:
    """The last day of the run: the end of ``dop2i:time_range``, else the year that ``dop2i:run_period`` names."""
    fields = document.get("custom_fields") or {}
    times = fields.get("dop2i:time_range")
    if isinstance(times, dict):
        seconds = times.get("gps_end") or times.get("gps_start")
        if isinstance(seconds, int | float) and 0 < seconds < 1e11:
            return _GPS_EPOCH + datetime.timedelta(seconds=seconds)
        for key in ("end", "start"):
            if (found := _day(times.get(key))) is not None:
                return found
    elif isinstance(times, str) and (found := _day(times.rpartition("/")[2])):
        return found
    periods = fields.get("dop2i:run_period")
    texts = periods if isinstance(periods, list) else [periods] if periods else []
    years = [int(year) for text in texts for year in re.findall(r"(?<!\d)((?:19|20)\d\d)(?!\d)", str(text))]
    return datetime.date(max(years), 12, 31) if years else None


def _day(text: Any) -> datetime.date | None:
    """The last day that a date of any length means (``2024``, ``2024-05``, ``2024-05-17T03:00:00Z``)."""
    from dop2i.core.model import last_day

    if not isinstance(text, str):
        return None
    for told in (text[:10], last_day(text)):
        try:
            return datetime.date.fromisoformat(told)
        except ValueError:
            continue
    return None


def _later(day: datetime.date, *, months: int) -> datetime.date:
    """The same day so many months later; the 1st of the next month where that month is shorter."""
    number = day.year * 12 + day.month - 1 + months
    year, month = divmod(number, 12)
    try:
        return datetime.date(min(year, 9999), month + 1, day.day)
    except ValueError:
        return datetime.date(min(year, 9999) + (month == 11), (month + 1) % 12 + 1, 1)


def with_embargo(policy: dict[str, Any], document: dict[str, Any], *, today: datetime.date) -> dict[str, Any]:
    """The document with the policy's embargo, unless it is closed by its author already or the day is past.

    A run whose end is not told leaves the document as it is: publication asks for it.
    """
    try:
        until = opening_day(policy, document, today=today)
    except InvalidDocument:
        return document
    access = document.get("access") or {}
    if until is None or access.get("files") == "restricted" or access.get("record") == "restricted":
        return document
    embargo = {"active": True, "until": until.isoformat(), **_told(policy["embargo"])}
    return {**document, "access": {**access, "record": "public", "files": "restricted", "embargo": embargo}}


def _told(embargo: dict[str, Any]) -> dict[str, str]:
    return {"reason": embargo["reason"]} if embargo.get("reason") else {}


def embargo_problems(policy: dict[str, Any], document: dict[str, Any], *, today: datetime.date) -> list[Problem]:
    """Where the document opens its files before the policy lets it. Nothing when depositors may change the embargo."""
    embargo = policy["embargo"]
    if not embargo or embargo.get("changeable", True):
        return []
    try:
        until = opening_day(policy, document, today=today)
    except InvalidDocument as error:
        return error.problems
    if until is None:
        return []
    access = document.get("access") or {}
    own = access.get("embargo") or {}
    closed = access.get("files") == "restricted" or access.get("record") == "restricted"
    if closed and (not own.get("active") or str(own.get("until") or "") >= until.isoformat()):
        return []
    return [
        Problem("access.embargo.until", f"The community keeps the files closed until this day: {until.isoformat()}.")
    ]
