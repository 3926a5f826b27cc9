"""Every operation of the API, called as everybody: nothing that needs a scope is done without it."""

from __future__ import annotations

import pytest
import requests

from dop2i.faces.api.access import ACCESS, PUBLIC

FILLED = {
    "key": "a.txt",
    "name": "resourcetypes",
    "term_id": "dataset",
    "pid": "10.1/none",
    "action": "accept",
    "entry": "1",
}
"""What stands for a parameter of a path; any other is the number 1, or the word ``none``."""


def operations(live) -> list[tuple[str, str, str]]:
    document = requests.get(f"{live.url}/api/openapi.json", timeout=10).json()
    found = []
    for address, methods in document["paths"].items():
        for method, operation in methods.items():
            found.append((operation["operationId"], method.upper(), live.url + filled(address, operation)))
    return found


def filled(address: str, operation: dict) -> str:
    """The address with a value for each of its parameters, so that it leads to its operation."""
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path":
            name = parameter["name"]
            usual = "1" if parameter["schema"]["type"] == "integer" else "none"
            address = address.replace(f"{{{name}}}", FILLED.get(name, usual))
    assert "{" not in address, address
    return address


def status(live, method: str, address: str, session: requests.Session) -> int:
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "1", "Upload-Offset": "0", "Content-Type": "application/json"}
    return session.request(method, address, headers=headers, data=b"", allow_redirects=False).status_code


def test_the_table_names_every_operation_and_no_other(live) -> None:
    assert {name for name, _, _ in operations(live)} == set(ACCESS)


def test_an_operation_without_a_scope_is_not_served() -> None:
    from ninja import Router

    from dop2i.faces.api.routes import answer, route

    with pytest.raises(KeyError, match="forgotten"):

        @route(Router(), "GET", "/forgotten", answers={200: answer("x")})
        def forgotten(request):
            """An operation that nobody gave a scope."""


@pytest.mark.parametrize("who", ["visitor", "reader", "depositor without read"])
def test_who_may_call_what(live, who: str) -> None:
    live.published({"a.txt": b"matrix"})
    scopes = {"visitor": (), "reader": ("read",), "depositor without read": ("deposit",)}[who]
    email = "" if who == "visitor" else "matrix@example.org"
    with live.session(email, scopes=scopes or ("read",)) as session:
        for name, method, address in operations(live):
            found, scope = status(live, method, address, session), ACCESS[name]
            if scope == PUBLIC or scope in scopes:
                assert found not in (401, 500), (name, found)
                assert found != 403 or scope != PUBLIC, (name, found)
            else:
                assert found == (401 if who == "visitor" else 403), (name, scope, found)


def test_a_browser_session_changes_nothing_without_the_sign_of_our_pages(live) -> None:
    """Mallory's page sends a form to the API from the browser in which Alice is signed in."""
    from live_server import PASSWORD

    live.token("browser@example.org")
    with requests.Session() as browser:
        browser.get(f"{live.url}/sign-in").raise_for_status()
        sign = browser.cookies.get("dop2i_csrf")
        form = {"email": "browser@example.org", "username": "browser@example.org", "password": PASSWORD}
        browser.post(f"{live.url}/sign-in", data={**form, "csrfmiddlewaretoken": sign}, headers={"Referer": live.url})
        assert browser.get(f"{live.url}/api/user").status_code == 200
        forged = browser.post(f"{live.url}/api/records", json={"metadata": {"title": "forged"}})
        assert forged.status_code == 403
        headers = {"X-CSRFToken": browser.cookies.get("dop2i_csrf"), "Referer": f"{live.url}/deposit"}
        ours = browser.post(f"{live.url}/api/records", json={"metadata": {"title": "ours"}}, headers=headers)
        assert ours.status_code == 201, ours.text
