"""The operator's commands about people, and what claims would give."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from live_server import dop2i

from dop2i.testing.instances import put_ready_made

RULES = """
[[sign_in]]
name = "egi"
issuer = "https://aai.example.org/"
client_id = "dop2i"

[[rules]]
claim = "eduperson_entitlement"
match = "urn:geant:example.org:group:atlas"
gives = ["group:atlas", "community:atlas:contributor"]

[[rules]]
claim = "groups"
match = "stewards"
provider = "egi"
gives = ["role:steward"]
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance with Alice, and two rules."""
    home = tmp_path_factory.mktemp("people") / "home"
    put_ready_made(home)
    (home / "dop2i.toml").write_text(RULES)
    dop2i("person", "add", "alice@example.org", "--name", "Alice Martin", "--home", str(home))
    return home


def check(home: Path, claims: Any, *arguments: str) -> Any:
    text = claims if isinstance(claims, str) else json.dumps(claims)
    return dop2i("check", "access", "--claims", "-", "--home", str(home), *arguments, check=False, stdin=text)


def test_claims_are_judged_rule_by_rule(home: Path) -> None:
    carried = "urn:geant:example.org:group:atlas:production:role=member#aai.example.org"
    done = check(home, {"sub": "alice", "eduperson_entitlement": [carried, "urn:mace:other"]})
    assert done.returncode == 0
    assert f"  matched: {carried}" in done.stdout
    assert "  gives:   group:atlas" in done.stdout
    assert "  nothing: there is no claim groups" in done.stdout
    assert "In all: groups atlas; contributor of atlas." in done.stderr


def test_claims_are_judged_as_json(home: Path) -> None:
    done = check(home, {"groups": "stewards"}, "--json")
    assert done.returncode == 0
    told = json.loads(done.stdout)
    assert told["rights"] == {"groups": [], "roles": ["steward"], "communities": {}}
    assert [bool(rule["gives"]) for rule in told["rules"]] == [False, True]


def test_claims_that_give_nothing_are_told_by_the_exit_code(home: Path) -> None:
    assert check(home, {"groups": ["visitors"]}).returncode == 1
    assert check(home, {"groups": ["stewards"]}, "--provider", "egi").returncode == 0
    unknown = check(home, {"groups": ["stewards"]}, "--provider", "iam")
    assert (unknown.returncode, "no sign-in provider 'iam'" in unknown.stderr) == (4, True)


@pytest.mark.parametrize("text", ["", "[]", "{", "1"])
def test_what_is_no_claims_is_said(home: Path, text: str) -> None:
    done = check(home, text)
    assert (done.returncode, "claims" in done.stderr or "JSON" in done.stderr) == (2, True)


def test_a_rule_that_cannot_be_used_stops_the_instance_with_its_number(tmp_path: Path) -> None:
    home = tmp_path / "home"
    put_ready_made(home)
    (home / "dop2i.toml").write_text('[[rules]]\nclaim = "groups"\nmatch = "x"\ngives = ["role:king"]\n')
    done = dop2i("person", "list", "--home", str(home), check=False)
    assert (done.returncode, "[[rules]] number 1" in done.stderr) == (2, True)


def test_roles_groups_and_closing(home: Path) -> None:
    def person(*arguments: str) -> Any:
        return dop2i("person", *arguments, "--home", str(home))

    person("change", "alice@example.org", "--steward", "--add-to", "board")
    shown = json.loads(person("show", "alice@example.org", "--json").stdout)
    assert (shown["roles"], shown["groups"]) == (["steward"], [{"name": "board", "source": "", "until": None}])
    assert "alice@example.org" in person("list", "--role", "steward").stdout
    assert person("groups").stdout.split() == ["1", "board"]
    person("disable", "alice@example.org")
    assert [one["open"] for one in json.loads(person("list", "--closed", "--json").stdout)] == [False]
    person("enable", "alice@example.org")
    person("change", "alice@example.org", "--no-steward", "--remove-from", "board")
    assert json.loads(person("show", "alice@example.org", "--json").stdout)["roles"] == []


def test_check_itself_still_compares(home: Path) -> None:
    done = dop2i("check", "--home", str(home))
    assert "everything agrees" in done.stderr
    assert dop2i("check", check=False).returncode == 2


def test_providers_are_asked_whether_they_answer(tmp_path: Path) -> None:
    from openid_providers import hostile

    home = tmp_path / "home"
    put_ready_made(home)
    with hostile() as provider:
        entry = f'[[sign_in]]\nname = "lab"\nissuer = "{provider.issuer}"\nclient_id = "x"\n'
        (home / "dop2i.toml").write_text(f'public_url = "https://data.example.org"\n{entry}')
        told = dop2i("check", "sign-in", "--home", str(home)).stdout
        assert f"lab: {provider.issuer} answers as it should" in told
        assert "https://data.example.org/sign-in/with/lab/answer" in told
        provider.description = {"issuer": f"{provider.issuer}/"}
        done = dop2i("check", "sign-in", "--home", str(home), check=False)
        assert (done.returncode, "describes the issuer" in done.stdout) == (1, True)
