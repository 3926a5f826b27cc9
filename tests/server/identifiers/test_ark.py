"""ARKs need no account, cannot be mistyped unnoticed, and are found however people write them."""

from __future__ import annotations

import dataclasses

from django.db import transaction
from hypothesis import given
from hypothesis import strategies as some

from dop2i.server.identifiers import actions, queries
from dop2i.server.identifiers.models import Pid
from dop2i.server.identifiers.providers import PROVIDERS, provider_in_use
from dop2i.server.identifiers.providers.ark import BETANUMERIC, betanumeric, check_character
from dop2i.server.jobs.models import Job


def test_the_check_character_is_that_of_noids_documentation():
    assert check_character("13030/xf93gt2") == "q"


@given(some.integers(0, 10**15))
def test_each_number_has_its_own_ark_without_vowels(number):
    text = betanumeric(number)
    assert set(text) <= set(BETANUMERIC)
    value = 0
    for char in text:
        value = value * 29 + BETANUMERIC.index(char)
    assert value == number


@given(some.integers(0, 10**9), some.data())
def test_one_wrong_character_is_noticed(number, data):
    name = f"99999/d{betanumeric(number)}"
    whole = name + check_character(name)
    place = data.draw(some.integers(6, len(whole) - 1))
    other = data.draw(some.sampled_from([char for char in BETANUMERIC if char != whole[place]]))
    wrong = f"{whole[:place]}{other}{whole[place + 1 :]}"
    assert check_character(wrong[:-1]) != wrong[-1]


def test_alices_record_gets_an_ark_that_resolves_at_once(instance):
    pid = actions.reserve(target="record:12")
    assert pid.value.startswith("ark:/99999/d")
    assert check_character(pid.value.removeprefix("ark:/")[:-1]) == pid.value[-1]
    assert actions.reserve(target="record:12").pk == pid.pk
    assert actions.reserve(target="concept:11").value != pid.value
    actions.register(pid=pid, url="https://data.example.org/records/12", payload={"titles": []})
    found = Pid.objects.get(target="record:12")
    assert (found.state, found.payload) == ("registered", {})
    assert not Job.objects.exists(), "nobody has to be told"


def test_the_naan_of_the_institute_is_used(instance, settings):
    settings.DOP2I = dataclasses.replace(settings.DOP2I, ark={"naan": "12345"})
    assert actions.reserve(target="record:1").value.startswith("ark:/12345/d")


def test_an_ark_is_found_however_chloe_writes_it(instance):
    pid = actions.reserve(target="record:4711")
    name = pid.value.removeprefix("ark:/")
    spellings = [
        pid.value,
        f"ark:{name}",
        f"https://n2t.net/ark:/{name}",
        f"ARK:/{name}",
        f"ark:/{name[:8]}-{name[8:]}/",
        f"  {pid.value} ",
        pid.value.upper(),
    ]
    assert {queries.find(text).pk for text in spellings} == {pid.pk}
    assert queries.find("ark:/99999/nothing") is None
    assert queries.find("\x00" * 3 + "x" * 10_000) is None


def test_a_deleted_draft_gives_its_reservation_back_and_a_publication_never_does(instance):
    actions.reserve(target="record:12")
    actions.release(target="record:12")
    assert not Pid.objects.exists()
    pid = actions.reserve(target="record:13")
    actions.register(pid=pid, url="https://data.example.org/records/13")
    actions.release(target="record:13")
    assert Pid.objects.filter(target="record:13").exists()


def test_a_pid_of_a_rolled_back_publication_never_was(instance):
    with transaction.atomic():
        actions.reserve(target="record:12")
        transaction.set_rollback(True)
    assert not Pid.objects.exists()


def test_every_provider_has_its_labels():
    for provider in PROVIDERS.values():
        assert provider.label["en"]
        assert provider.label["fr"]
        assert provider.scheme


def test_dois_are_in_use_once_there_is_an_account(instance, settings):
    assert provider_in_use().name == "ark"
    settings.DOP2I = dataclasses.replace(settings.DOP2I, datacite={"user": "A.B", "prefix": "10.5072"})
    assert provider_in_use().name == "datacite"
    assert actions.reserve(target="record:12").value == "10.5072/dop2i.12"
