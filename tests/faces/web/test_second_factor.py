"""Alice's second factor, her password, her sessions; and what Mallory, who knows the password, gets of it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
import time
from collections.abc import Callable
from typing import Any

import pytest

PASSWORD = "Faraday cage 1836"


def code_of(secret: str, *, step: int = 0) -> str:
    """The code of RFC 6238 for now, or ``step`` times thirty seconds later."""
    counter = struct.pack(">Q", int(time.time()) // 30 + step)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


def by_password(client: Any, *, password: str = PASSWORD) -> Any:
    return client.post("/sign-in", {"email": "alice@example.org", "password": password})


@pytest.fixture
def signed_in(browser: Any, alice: Any) -> Any:
    """Alice's browser, just signed in."""
    client = browser()
    assert by_password(client)["Location"] == "/work"
    return client


@pytest.fixture
def application(signed_in: Any) -> tuple[str, list[str]]:
    """Alice adds an application: its key and her recovery codes."""
    page = signed_in.get("/profile/signing-in/application").content.decode()
    secret = re.findall(r'id="secret" value="([A-Z2-7]+)"', page)[0]
    assert signed_in.post("/profile/signing-in/application", {"code": "000000"}).status_code == 400
    shown = signed_in.post("/profile/signing-in/application", {"code": code_of(secret)}).content.decode()
    codes = re.findall(r'<li class="mono">([\d ]+)</li>', shown)
    assert len(codes) == 10
    return secret, codes


def text_of(answer: Any) -> str:
    return answer.content.decode()


def test_the_password_alone_does_not_sign_mallory_in(application: Any, browser: Any) -> None:
    mallory = browser()
    assert by_password(mallory)["Location"] == "/sign-in/second-step"
    for path in ("/work", "/profile", "/profile/signing-in", "/deposit", "/api/user/records"):
        assert mallory.get(path).status_code in (302, 401, 403), path
    for guess in ("000000", "", "123456 123456", "٠٠٠٠٠٠"):
        assert mallory.post("/sign-in/second-step", {"code": guess}).status_code == 400


def test_a_session_that_begins_is_in_the_journal(application: Any, alice: Any, browser: Any) -> None:
    from looking_up import history_of

    def lines() -> int:
        return history_of(f"person:{alice.pk}").filter(action="sign in").count()

    secret, _ = application
    before = lines()
    client = browser()
    by_password(client)
    assert lines() == before, "half a sign-in is none"
    client.post("/sign-in/second-step", {"code": code_of(secret, step=1)})
    assert lines() == before + 1


def test_guessing_codes_comes_to_an_end(application: Any, browser: Any) -> None:
    secret, _ = application
    mallory = browser()
    by_password(mallory)
    statuses = [mallory.post("/sign-in/second-step", {"code": f"{number:06d}"}).status_code for number in range(10)]
    assert (statuses[0], statuses[-1]) == (400, 429)
    assert mallory.post("/sign-in/second-step", {"code": code_of(secret, step=1)}).status_code == 429


def test_a_code_is_good_once(application: Any, browser: Any) -> None:
    secret, _ = application
    first, second = browser(), browser()
    by_password(first)
    by_password(second)
    code = code_of(secret, step=1)
    assert first.post("/sign-in/second-step", {"code": code})["Location"] == "/work"
    assert second.post("/sign-in/second-step", {"code": code}).status_code == 400


def test_a_recovery_code_stands_in_once(application: Any, browser: Any) -> None:
    _, codes = application
    for expected in (302, 400):
        client = browser()
        by_password(client)
        assert client.post("/sign-in/second-step", {"code": codes[3]}).status_code == expected


def test_the_second_step_needs_the_first_and_not_too_long_ago(application: Any, browser: Any) -> None:
    client = browser()
    assert client.get("/sign-in/second-step")["Location"] == "/sign-in"
    by_password(client)
    session = client.session
    session["second_step"] = {**session["second_step"], "at": time.time() - 3600}
    session.save()
    assert client.get("/sign-in/second-step")["Location"] == "/sign-in"


def test_secrets_are_sealed_in_the_database(application: Any) -> None:
    from allauth.mfa.models import Authenticator

    secret, codes = application
    kept = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in kept
    assert not any(code.replace(" ", "") in kept for code in codes)


def test_removing_the_last_factor_takes_the_codes_along(application: Any, signed_in: Any, browser: Any) -> None:
    from allauth.mfa.models import Authenticator

    factor = Authenticator.objects.get(type="totp")
    assert signed_in.post(f"/profile/signing-in/factors/{factor.pk}/remove").status_code == 302
    assert not Authenticator.objects.exists()
    assert by_password(browser())["Location"] == "/work"


def test_mallory_removes_nothing_of_alices(application: Any, person: Any, browser: Any) -> None:
    from allauth.mfa.models import Authenticator

    factor = Authenticator.objects.get(type="totp")
    person("Mallory")
    mallory = browser()
    mallory.post("/sign-in", {"email": "mallory@example.org", "password": PASSWORD})
    assert mallory.post(f"/profile/signing-in/factors/{factor.pk}/remove").status_code == 404
    assert Authenticator.objects.filter(type="totp").exists()


@pytest.mark.parametrize(
    "path",
    ["", "/password", "/application", "/passkey", "/recovery-codes", "/sessions/end", "/factors/1/remove"],
)
def test_a_token_does_not_change_how_alice_signs_in(alice: Any, browser: Any, path: str) -> None:
    from dop2i.server.people.actions import make_token

    _, secret = make_token(person=alice, scopes=["read", "deposit"])
    client = browser()
    for send in (client.get, client.post):
        answer = send(f"/profile/signing-in{path}", headers={"Authorization": f"Bearer {secret}"})
        assert answer.status_code in (302, 405), answer
        assert answer.status_code == 405 or answer["Location"].startswith("/sign-in")
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_a_new_password_ends_the_sessions_elsewhere(signed_in: Any, browser: Any) -> None:
    elsewhere = browser()
    by_password(elsewhere)
    weak = signed_in.post("/profile/signing-in/password", {"password": "password", "again": "password"})
    differ = signed_in.post("/profile/signing-in/password", {"password": "one sentence", "again": "another"})
    assert (weak.status_code, differ.status_code) == (400, 400)
    new = "Ohm and Ampère, 1827"
    assert signed_in.post("/profile/signing-in/password", {"password": new, "again": new}).status_code == 302
    assert (signed_in.get("/work").status_code, elsewhere.get("/work").status_code) == (200, 302)
    assert by_password(browser(), password=new)["Location"] == "/work"


def test_alice_signs_out_everywhere(signed_in: Any, browser: Any) -> None:
    elsewhere = browser()
    by_password(elsewhere)
    signed_in.post("/profile/signing-in/sessions/end")
    assert (signed_in.get("/work").status_code, elsewhere.get("/work").status_code) == (302, 302)


def test_a_closed_account_ends_at_once_and_old_sessions_stay_ended(signed_in: Any, alice: Any, browser: Any) -> None:
    from dop2i.server.people.operating import set_active

    set_active(person=alice, active=False)
    assert signed_in.get("/work").status_code == 302
    assert by_password(browser()).status_code == 400
    set_active(person=alice, active=True)
    assert signed_in.get("/work").status_code == 302
    assert by_password(browser())["Location"] == "/work"


def mails() -> list[Any]:
    """What Django was given to send (its own test backend keeps it)."""
    from django.core import mail

    return list(mail.outbox)


def test_a_forgotten_password_is_replaced_by_a_link_that_is_good_once(alice: Any, browser: Any, instance: Any) -> None:
    client = browser()
    known = client.post("/sign-in/forgotten", {"email": "Alice@example.org"})
    unknown = browser().post("/sign-in/forgotten", {"email": "nobody@example.org"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"]) == (302, "/sign-in")
    assert len(mails()) == 1
    link = re.findall(r"http://localhost(/sign-in/forgotten/\S+)", mails()[0].body)[0]
    followed = client.get(link, follow=True)
    form = followed.redirect_chain[-1][0]
    assert followed.headers["Referrer-Policy"] == "no-referrer"
    new = "Ohm and Ampère, 1827"
    assert client.post(form, {"new_password1": new, "new_password2": "x"}).status_code == 400
    assert client.post(form, {"new_password1": new, "new_password2": new})["Location"] == "/sign-in"
    assert "was used already" in text_of(browser().get(link, follow=True))
    assert by_password(browser(), password=new)["Location"] == "/work"
    assert by_password(browser()).status_code == 400


def test_a_reset_does_not_go_round_the_second_factor(application: Any, alice: Any, browser: Any) -> None:
    client = browser()
    client.post("/sign-in/forgotten", {"email": "alice@example.org"})
    link = re.findall(r"http://localhost(/sign-in/forgotten/\S+)", mails()[-1].body)[0]
    form = client.get(link, follow=True).redirect_chain[-1][0]
    new = "Ohm and Ampère, 1827"
    client.post(form, {"new_password1": new, "new_password2": new})
    assert by_password(browser(), password=new)["Location"] == "/sign-in/second-step"


def test_the_mail_of_a_reset_is_in_the_readers_language_and_names_no_other_host(alice: Any, browser: Any) -> None:
    client = browser(language="fr")
    client.post("/sign-in/forgotten", {"email": "alice@example.org"})
    assert "nouveau mot de passe" in mails()[0].body


def test_an_address_is_confirmed_by_a_button_not_by_a_visit(alice: Any, browser: Any) -> None:
    from dop2i.server.people.identities import address_token
    from dop2i.server.people.models import Person

    Person.objects.filter(pk=alice.pk).update(email_verified=False)
    path = f"/sign-in/address/{address_token(alice)}"
    client = browser()
    assert client.get(path).status_code == 200
    assert not Person.objects.get(pk=alice.pk).email_verified
    assert client.post(path).status_code == 302
    assert Person.objects.get(pk=alice.pk).email_verified
    assert client.post(f"{path}x").status_code == 400
    Person.objects.filter(pk=alice.pk).update(email="alice@elsewhere.example.org")
    assert client.post(path).status_code == 400, "the token is for the address it was made for"


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_pages_say_what_is_so(signed_in: Any, browser: Any, language: str, fetch: Callable[..., str]) -> None:
    words = {"en": "A password is set.", "fr": "Un mot de passe est défini."}
    assert words[language] in fetch(signed_in, "/profile/signing-in", language)


@pytest.fixture
def fetch() -> Callable[..., str]:
    """The text of a page in a language."""

    def get(client: Any, path: str, language: str) -> str:
        return text_of(client.get(path, headers={"Accept-Language": language}))

    return get
