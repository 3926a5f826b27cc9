"""Mallory runs a provider, or stands between: forged, old, borrowed and replayed answers sign nobody in."""

from __future__ import annotations

import dataclasses
import json
import time
import urllib.parse
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from openid_providers import Hostile, hostile

from dop2i.server.people.providers import read_providers
from dop2i.server.people.rules import read_rules


@pytest.fixture(scope="module")
def provider() -> Iterator[Hostile]:
    """The provider of the tests, honest at first."""
    with hostile() as running:
        yield running


@pytest.fixture
def configure(instance: Any, settings: Any, provider: Hostile) -> Iterator[Callable[..., None]]:
    """``configure(trust_email=True)``: the provider stands in dop2i.toml with these keys."""
    provider.reset()
    before = settings.DOP2I

    def make(*, rules: list[dict[str, Any]] | None = None, **keys: Any) -> None:
        entry = {"name": "lab", "title": "The laboratory", "issuer": provider.issuer, "client_id": "dop2i"}
        providers = read_providers([{**entry, "client_secret": "s", **keys}])
        settings.DOP2I = dataclasses.replace(before, sign_in=providers, rules=read_rules(rules or []))

    make()
    yield make
    settings.DOP2I = before


@pytest.fixture
def to_provider(browser: Any, configure: Any) -> Callable[..., tuple[Any, str]]:
    """Begins a sign-in: the browser, and the address that the provider sends it back to."""

    def go(client: Any = None, *, query: str = "") -> tuple[Any, str]:
        client = client or browser()
        there = client.get(f"/sign-in/with/lab{query}")
        assert there.status_code == 302, there.content
        back = requests.get(there["Location"], allow_redirects=False, timeout=5).headers["Location"]
        parts = urllib.parse.urlsplit(back)
        return client, f"{parts.path}?{parts.query}"

    return go


def is_signed_in(client: Any) -> bool:
    return client.get("/work").status_code == 200


def known(*, email: str) -> bool:
    from dop2i.server.people.models import Person

    return Person.objects.filter(email=email).exists()


PERSON = {"email": "chloe@example.org", "name": "Chloé Durand", "given_name": "Chloé", "family_name": "Durand"}


def test_an_honest_answer_signs_chloe_in_and_makes_her_account(to_provider: Any, provider: Hostile) -> None:
    provider.user_info = PERSON
    client, back = to_provider(query="?next=/search")
    answer = client.get(back)
    assert (answer.status_code, answer["Location"]) == (302, "/search")
    assert is_signed_in(client)
    from dop2i.server.people.models import Person

    chloe = Person.objects.get(email="chloe@example.org")
    assert (chloe.name, chloe.email_verified, chloe.has_usable_password()) == ("Chloé Durand", False, False)


def unsigned(claims: dict[str, Any], header: dict[str, Any]) -> str:
    parts = [json.dumps({"alg": "none", "typ": "JWT"}), json.dumps(claims)]
    return ".".join([*(urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts), ""])


def signed_by_hand(provider: Hostile) -> Callable[..., str]:
    """The provider's public key as the secret of an HMAC: the old confusion of algorithms."""
    import hashlib
    import hmac

    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    pem = provider.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def make(claims: dict[str, Any], header: dict[str, Any]) -> str:
        parts = [json.dumps({"alg": "HS256", "kid": "one"}), json.dumps(claims)]
        head = ".".join(urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts)
        mark = hmac.new(pem, head.encode(), hashlib.sha256).digest()
        return f"{head}.{urlsafe_b64encode(mark).rstrip(b'=').decode()}"

    return make


LIES: dict[str, Callable[[Hostile], None]] = {
    "forged with another key": lambda p: setattr(
        p, "make_token", lambda claims, header: p.signed(claims, header, key=p.other_key)
    ),
    "forged with an unknown key": lambda p: setattr(
        p, "make_token", lambda claims, header: p.signed(claims, {"kid": "mine"}, key=p.other_key)
    ),
    "not signed at all": lambda p: setattr(p, "make_token", unsigned),
    "signed with the public key as a secret": lambda p: setattr(p, "make_token", signed_by_hand(p)),
    "expired": lambda p: p.claims.update(exp=int(time.time()) - 3600),
    "without an end": lambda p: setattr(p, "change", lambda claims, header: claims.pop("exp")),
    "made long ago": lambda p: p.claims.update(iat=int(time.time()) - 7200, exp=int(time.time()) + 300),
    "made in the future": lambda p: p.claims.update(iat=int(time.time()) + 7200, exp=int(time.time()) + 9000),
    "for another audience": lambda p: p.claims.update(aud="somebody else"),
    "for two audiences, authorised for the other": lambda p: p.claims.update(aud=["dop2i", "other"], azp="other"),
    "for two audiences, authorised for nobody": lambda p: p.claims.update(aud=["dop2i", "other"]),
    "of another issuer": lambda p: p.claims.update(iss="https://accounts.example.org"),
    "with another nonce": lambda p: p.claims.update(nonce="an older one"),
    "without a nonce": lambda p: setattr(p, "change", lambda claims, header: claims.pop("nonce")),
    "about nobody": lambda p: p.claims.update(sub=""),
    "about somebody else than the user info": lambda p: p.user_info.update(sub="alice"),
    "with another access token": lambda p: p.claims.update(at_hash="bm90IHRoZSBoYXNo"),
    "no token but a sentence": lambda p: setattr(p, "make_token", lambda claims, header: "believe me"),
    "none at all": lambda p: setattr(p, "make_token", lambda claims, header: ""),
}


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_mallorys_id_token_signs_nobody_in(to_provider: Any, provider: Hostile, lie: str) -> None:
    provider.user_info = dict(PERSON)
    LIES[lie](provider)
    client, back = to_provider()
    answer = client.get(back)
    assert answer.status_code == 400
    assert "could not be verified" in answer.content.decode()
    assert not is_signed_in(client)
    assert not known(email="chloe@example.org")


def test_an_answer_is_good_once(to_provider: Any, provider: Hostile, browser: Any) -> None:
    provider.user_info = PERSON
    client, back = to_provider()
    assert client.get(back).status_code == 302
    client.post("/sign-out")
    replayed = client.get(back)
    assert replayed.status_code == 400
    assert not is_signed_in(client)
    stranger = browser()
    assert stranger.get(back).status_code == 400, "the state belongs to the browser that began"
    assert not is_signed_in(stranger)


def test_the_state_of_one_sign_in_does_not_serve_another(to_provider: Any, provider: Hostile) -> None:
    """The code of Mallory's own sign-in, put into Chloé's browser with her state, carries the wrong nonce."""
    provider.user_info = PERSON
    chloe, of_chloe = to_provider()
    _, of_mallory = to_provider()
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(of_chloe).query))
    query["code"] = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(of_mallory).query))["code"]
    answer = chloe.get(f"/sign-in/with/lab/answer?{urllib.parse.urlencode(query)}")
    assert answer.status_code == 400, "the PKCE verifier is not that of the code"
    assert not is_signed_in(chloe)


def test_an_answer_of_another_issuer_is_not_believed(to_provider: Any, provider: Hostile) -> None:
    client, back = to_provider()
    mixed = back.replace(urllib.parse.quote(provider.issuer, safe=""), "https%3A%2F%2Faccounts.example.org")
    assert mixed != back
    assert client.get(mixed).status_code == 400
    assert not is_signed_in(client)


def test_who_stops_at_the_provider_reads_so(to_provider: Any) -> None:
    client, back = to_provider()
    state = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back).query))["state"]
    answer = client.get(f"/sign-in/with/lab/answer?error=access_denied&state={state}")
    assert (answer.status_code, "You stopped at The laboratory" in answer.content.decode()) == (400, True)


@pytest.mark.parametrize("status", [500, 503])
def test_a_provider_that_is_down_is_a_page_that_says_so(
    browser: Any, configure: Any, provider: Hostile, status: int
) -> None:
    provider.refuse = status
    answer = browser().get("/sign-in/with/lab")
    assert (answer.status_code, "The laboratory does not answer" in answer.content.decode()) == (503, True)


def test_a_provider_that_goes_down_half_way_is_a_page_too(to_provider: Any, provider: Hostile) -> None:
    client, back = to_provider()
    provider.refuse = 502
    answer = client.get(back)
    assert (answer.status_code, "does not answer" in answer.content.decode()) == (503, True)


def test_nobody_listening_is_a_page_too(browser: Any, configure: Any) -> None:
    configure(issuer="http://127.0.0.1:9")
    answer = browser(language="fr").get("/sign-in/with/lab")
    assert (answer.status_code, "ne répond pas" in answer.content.decode()) == (503, True)


@pytest.mark.parametrize(
    "description",
    [
        {"issuer": "https://accounts.example.org"},
        {"token_endpoint": "http://tokens.example.org/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
)
def test_a_description_of_somebody_else_is_not_believed(
    browser: Any, configure: Any, provider: Hostile, description: dict[str, str]
) -> None:
    provider.description = description
    answer = browser().get("/sign-in/with/lab")
    assert (answer.status_code, "could not be verified" in answer.content.decode()) == (400, True)


def test_the_description_is_read_once(to_provider: Any, provider: Hostile) -> None:
    for _ in range(3):
        to_provider()
    assert provider.asked.count("/.well-known/openid-configuration") == 1


def test_nothing_of_the_query_reaches_the_provider(browser: Any, configure: Any) -> None:
    there = browser().get("/sign-in/with/lab?scope=admin&auth_params=prompt%3Dnone&next=https://evil.example.org/")
    asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(there["Location"]).query))
    assert asked["scope"] == "openid profile email"
    assert "prompt" not in asked
    assert (asked["code_challenge_method"], len(asked["nonce"]) > 20, len(asked["state"]) > 20) == ("S256", True, True)


def test_signing_in_with_a_provider_leads_nowhere_else(to_provider: Any, provider: Hostile) -> None:
    provider.user_info = PERSON
    client, back = to_provider(query="?next=https://evil.example.org/")
    assert client.get(back)["Location"] == "/work"


def test_an_unknown_provider_is_not_found(browser: Any, configure: Any) -> None:
    assert browser().get("/sign-in/with/nobody").status_code == 404


@pytest.mark.parametrize("verified", [False, True])
def test_an_address_alone_opens_nobodys_account(
    to_provider: Any, provider: Hostile, alice: Any, verified: bool
) -> None:
    provider.user_info = {**PERSON, "email": alice.email, "email_verified": verified}
    client, back = to_provider()
    answer = client.get(back)
    assert (answer.status_code, "There is an account with your e-mail address" in answer.content.decode()) == (
        409,
        True,
    )
    assert not is_signed_in(client)


def test_a_trusted_provider_s_verified_address_opens_the_account(
    to_provider: Any, configure: Any, provider: Hostile, alice: Any
) -> None:
    configure(trust_email=True)
    provider.user_info = {**PERSON, "email": "ALICE@example.org", "email_verified": True}
    client, back = to_provider()
    assert client.get(back).status_code == 302
    assert "Alice" in client.get("/profile").content.decode()


def test_a_trusted_provider_s_unverified_address_opens_nothing(
    to_provider: Any, configure: Any, provider: Hostile, alice: Any
) -> None:
    configure(trust_email=True)
    provider.user_info = {**PERSON, "email": alice.email, "email_verified": "yes, surely"}
    client, back = to_provider()
    assert client.get(back).status_code == 409


def test_who_proves_an_address_gets_it_from_who_only_said_so(
    to_provider: Any, configure: Any, provider: Hostile
) -> None:
    from dop2i.server.people.models import Person

    provider.subject, provider.user_info = "mallory", {**PERSON, "name": "Mallory"}
    client, back = to_provider()
    assert client.get(back).status_code == 302
    configure(trust_email=True)
    provider.subject, provider.user_info = "chloe", {**PERSON, "email_verified": True}
    client, back = to_provider()
    assert client.get(back).status_code == 302
    assert Person.objects.get(email="chloe@example.org").name == "Chloé Durand"
    assert Person.objects.get(name="Mallory").email.endswith("@unconfirmed.invalid")


def test_a_closed_account_is_not_opened(to_provider: Any, provider: Hostile) -> None:
    from dop2i.server.people.models import Person

    provider.user_info = PERSON
    client, back = to_provider()
    client.get(back)
    Person.objects.filter(email="chloe@example.org").update(is_active=False)
    assert not is_signed_in(client), "the session ends at once"
    client, back = to_provider()
    answer = client.get(back)
    assert (answer.status_code, "This account is closed" in answer.content.decode()) == (403, True)


def test_a_provider_may_be_for_those_who_are_known(to_provider: Any, configure: Any, provider: Hostile) -> None:
    configure(new_people=False)
    provider.user_info = PERSON
    client, back = to_provider()
    assert client.get(back).status_code == 403
    assert not known(email="chloe@example.org")


def test_mallory_cannot_add_an_identity_to_alices_account(
    to_provider: Any, provider: Hostile, alice: Any, browser: Any
) -> None:
    """A link on another site, or an answer that began in another session, adds nothing."""
    client = browser(alice)
    session = client.session
    session["signed_in_at"] = time.time()
    session.save()
    crossed = client.get("/sign-in/with/lab?link=1", headers={"Sec-Fetch-Site": "cross-site"})
    assert crossed.status_code == 400
    _, of_mallory = to_provider(browser())
    assert client.get(of_mallory).status_code == 400
    from allauth.socialaccount.models import SocialAccount

    assert not SocialAccount.objects.exists()


def test_who_signed_in_long_ago_is_asked_again_before_adding_one(browser: Any, configure: Any, alice: Any) -> None:
    answer = browser(alice).get("/profile/signing-in")
    assert answer["Location"].startswith("/sign-in?again=1")


def test_an_answer_that_leaves_its_issuer_out_is_not_believed(to_provider: Any, provider: Hostile) -> None:
    provider.description = {"authorization_response_iss_parameter_supported": True}
    client, back = to_provider()
    assert client.get(back.split("&iss=")[0]).status_code == 400
    assert not is_signed_in(client)


@pytest.mark.parametrize("there", [False, True])
def test_the_second_factor_is_asked_after_the_provider_too(
    to_provider: Any, configure: Any, provider: Hostile, there: bool
) -> None:
    """But where the operator says that the provider has asked for one already."""
    from allauth.mfa.models import Authenticator

    from dop2i.server.people.models import Person

    provider.user_info = PERSON
    client, back = to_provider()
    client.get(back)
    Authenticator.objects.create(user=Person.objects.get(email="chloe@example.org"), type="totp", data={})
    configure(second_factor_there=there)
    client, back = to_provider()
    assert client.get(back)["Location"] == ("/work" if there else "/sign-in/second-step")
    assert is_signed_in(client) is there


GROUPS = [{"claim": "groups", "match": "*", "gives": ["group:{value}"]}]


@pytest.fixture
def chloe(to_provider: Any, configure: Any, provider: Hostile) -> Any:
    """Chloé, who is in the group atlas by the provider's word, which gave a refresh token."""
    from dop2i.server.people.models import Person

    configure(rules=GROUPS)
    provider.user_info = {**PERSON, "groups": ["atlas"]}
    provider.refresh_token = "refresh me if you can"
    client, back = to_provider()
    client.get(back)
    person = Person.objects.get(email="chloe@example.org")
    assert groups(person) == ["atlas"]
    return person


def groups(person: Any) -> list[str]:
    from dop2i.server.people.queries import memberships_of

    return [member.group.name for member in memberships_of(person)]


def refresh() -> None:
    from allauth.socialaccount.models import SocialAccount

    from dop2i.server.people.jobs import refresh_identity

    refresh_identity(lambda *_: None, identity=SocialAccount.objects.get().pk)


def test_tokens_of_providers_are_sealed_or_not_kept(chloe: Any, provider: Hostile, instance: Any) -> None:
    from allauth.socialaccount.models import SocialAccount, SocialToken

    kept = SocialToken.objects.get()
    assert (kept.token, "refresh me" in kept.token_secret) == ("", False)
    assert "access token" not in str(SocialAccount.objects.values())
    provider.user_info["groups"] = ["atlas", "cms"]
    refresh()
    assert groups(chloe) == ["atlas", "cms"]


@pytest.mark.parametrize("status", [400, 401])
def test_a_person_whom_the_provider_forgets_loses_what_it_gave(chloe: Any, provider: Hostile, status: int) -> None:
    from allauth.socialaccount.models import SocialToken

    provider.refuse = status
    refresh()
    assert (groups(chloe), SocialToken.objects.count()) == ([], 0)


def test_a_provider_that_is_away_changes_nothing_for_two_hours(chloe: Any, provider: Hostile) -> None:
    from datetime import timedelta

    from django.utils import timezone

    from dop2i.errors import ServiceUnavailable
    from dop2i.server.people.models import GroupMember

    provider.refuse = 503
    with pytest.raises(ServiceUnavailable):
        refresh()
    assert groups(chloe) == ["atlas"]
    assert GroupMember.objects.get().until <= timezone.now() + timedelta(hours=2)


def test_another_persons_claims_are_not_given_to_chloe(chloe: Any, provider: Hostile) -> None:
    provider.user_info = {"sub": "mallory-2", "groups": ["board"]}
    refresh()
    assert groups(chloe) == []


def test_every_identity_is_asked_about_within_the_hour(chloe: Any, provider: Hostile) -> None:
    from allauth.socialaccount.models import SocialAccount

    from dop2i.server.jobs.models import Job
    from dop2i.server.people.jobs import refresh_claims

    refresh_claims()
    assert not Job.objects.filter(name="refresh-claims").exists(), "it was asked just now"
    account = SocialAccount.objects.get()
    account.extra_data = {**account.extra_data, "checked": "2026-01-01T00:00:00+00:00"}
    account.save()
    refresh_claims()
    refresh_claims()
    assert Job.objects.filter(name="refresh-claims").count() == 1


def test_a_provider_shaped_like_orcid_serves(to_provider: Any, configure: Any, provider: Hostile) -> None:
    """Its secret in the form, its only key without an algorithm, no address: the new person is asked for one."""
    from dop2i.server.people.models import Person

    configure(scopes=["openid"], claims={"orcid": "sub"})
    provider.description = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    provider.bare_keys = True
    provider.subject, provider.user_info = "0000-0002-1825-0097", {"name": "Josiah Carberry"}
    client, back = to_provider()
    assert client.get(back)["Location"] == "/sign-in/new"
    assert not Person.objects.exists()
    assert client.post("/sign-in/new", {"email": "not an address", "name": "x"}).status_code == 400
    assert client.post("/sign-in/new", {"email": "Josiah@example.org", "name": "x"}).status_code == 302
    josiah = Person.objects.get(email="josiah@example.org")
    assert (josiah.orcid, josiah.orcid_source, josiah.email_verified) == (provider.subject, provider.issuer, False)
    assert is_signed_in(client)


def test_a_new_person_cannot_take_the_address_of_another(
    to_provider: Any, configure: Any, provider: Hostile, alice: Any
) -> None:
    provider.user_info = {"name": "Mallory"}
    client, back = to_provider()
    client.get(back)
    answer = client.post("/sign-in/new", {"email": "alice@example.org", "name": "Mallory"})
    assert (answer.status_code, "There is an account with your" in answer.content.decode()) == (400, True)
    assert not is_signed_in(client)


def test_the_page_for_a_new_person_needs_an_answer_of_a_provider(browser: Any, configure: Any) -> None:
    assert browser().get("/sign-in/new")["Location"] == "/sign-in"
    assert browser().post("/sign-in/new", {"email": "a@b.org", "name": "x"})["Location"] == "/sign-in"
