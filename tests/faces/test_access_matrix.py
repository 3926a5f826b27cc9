"""The access matrix: every route × everybody × a record in every state, and nobody reads a word that is not theirs.

The routes come from the server itself, the expectations from ``tests/support/access_table.py``.
"""

from __future__ import annotations

import copy
from collections import defaultdict

import pytest
from access_routes import Route, routes
from access_table import FORM, HEADERS, JSON, ROUTES, RULES, SAMPLES, expected, rows, rule_of
from access_world import ACTORS, STATES, World, undone

# who administers is asked first: what is not for them is not for anybody (405)
ORDER = sorted(ACTORS, key=lambda actor: actor != "administrator")


def test_every_route_has_a_row() -> None:
    found = list(routes())
    missing = sorted({route.name for route in found if rule_of(route.name) is None and not _is_only_refused(route)})
    assert not missing, f"Who may call these? Write a row in tests/support/access_table.py: {missing}"
    known = {route.name.partition(" ")[0] for route in found} | {route.name for route in found}
    gone = sorted(set(rows()) - known)
    assert not gone, f"These rows of tests/support/access_table.py are of routes that are gone: {gone}"
    assert set(ROUTES) <= set(RULES)


def _is_only_refused(route: Route) -> bool:
    """The other method of a page that has a row for one of them."""
    other = route.name.replace(" GET", " POST") if route.name.endswith(" GET") else route.name.replace(" POST", " GET")
    return rule_of(other) is not None


@pytest.mark.slow(120)
def test_everybody_gets_exactly_where_they_may(world: World) -> None:
    wrong: dict[str, list[str]] = defaultdict(list)
    leaks: set[str] = set()
    for route in routes():
        rule = rule_of(route.name)
        for index, state in enumerate(STATES if route.of_a_record else STATES[:1]):
            for actor in ORDER:
                asked = _Asked(world, route, state)
                status, whole = asked.by(actor)
                if status == 405 and actor == "administrator":
                    break
                if rule is None:
                    wrong[f"{route.name} answers, and has no row in the table"].append(actor)
                    break
                told = _told(status, whole)
                if not _is_right(route, rule, actor, index, told):
                    wrong[f"{route.name} of {state}: {told}, not {_wanted(rule, actor, index)}"].append(actor)
                leaks |= asked.leaks(actor, whole)
    told = [f"{what}: {', '.join(who)}" for what, who in wrong.items()] + sorted(leaks)
    assert not told, "Not as the table says:\n" + "\n".join(told)


class _Asked:
    """One request, which can be made by anybody and leaves no trace."""

    def __init__(self, world: World, route: Route, state: str) -> None:
        self._world, self._route, self._state = world, route, state
        self._values = {**world.values, **world.values_of(route, state)}
        self.address = route.address(self._values)

    def by(self, actor: str) -> tuple[int, str]:
        """The status, and everything that the answer says."""
        client = self._world.client(actor, by_token=self._route.face == "api")
        cookies = copy.deepcopy(client.cookies)
        short = self._route.name.partition(" ")[0]
        kind, body = SAMPLES.get(short, (JSON, "{}") if self._route.face == "api" else (FORM, ""))
        if self._route.method in ("GET", "HEAD", "OPTIONS"):
            body = ""
        headers = HEADERS if "Upload" in self._route.name.title() else {}
        for name, value in self._values.items():
            body = body.replace("{" + name + "}", value)
        with undone():
            answer = client.generic(
                self._route.method, self.address, body.encode("latin-1"), content_type=kind, headers=headers
            )
            content = b"".join(answer.streaming_content) if answer.streaming else answer.content
            if answer.streaming:
                answer.close()
        client.cookies = cookies
        head = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
        return answer.status_code, head + "\n\n" + content.decode("utf-8", "replace")

    def leaks(self, actor: str, whole: str) -> set[str]:
        """What the answer told that was not for the actor; what they wrote themselves is no news to them."""
        found = set()
        for state, word in self._world.forbidden_words(actor):
            if word in whole and word not in self.address:
                found.add(f"{self._route.name} {self.address} told {actor} of {state}: {word}")
        return found


def _told(status: int, whole: str) -> str:
    if status in (301, 302, 303) and "Location: /sign-in?next=" in whole:
        return "sign in"
    return str(status) if status in (401, 403, 404, 409, 410) or status >= 500 else "in"


def _is_right(route: Route, rule: str, actor: str, index: int, told: str) -> bool:
    if told.startswith("5") and len(told) == 3:
        return False
    if actor == "expired token":
        return told == "401"
    if route.scope != "public" and actor in ("anonymous", "wrong scope"):
        return told == ("401" if actor == "anonymous" else "403")
    if actor == "wrong scope":
        allowed = expected(rule, "stranger", index) | {"403", "sign in"}
    else:
        allowed = expected(rule, actor, index)
    # what is in another state than the request needs was reached
    return told in allowed or (told == "409" and "in" in allowed)


def _wanted(rule: str, actor: str, index: int) -> str:
    return " or ".join(sorted(expected(rule, "stranger" if actor == "wrong scope" else actor, index)))
