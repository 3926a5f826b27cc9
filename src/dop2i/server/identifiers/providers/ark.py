"""Archival Resource Keys: free, without an account, resolved by this server.

Source: "The ARK Identifier Scheme" (draft-kunze-ark); check character by the NOID Check Digit Algorithm
(the ``noid`` command's documentation).
"""

from __future__ import annotations

from typing import Any

from dop2i.server.identifiers.providers.base import IdentifierProvider

BETANUMERIC = "0123456789bcdfghjkmnpqrstvwxz"
SHOULDER = "d"
TEST_NAAN = "99999"


class ArkProvider(IdentifierProvider):
    """ARKs under the instance's name assigning authority number (99999, the test number, by default)."""

    name = "ark"
    label = {"en": "ARK (Archival Resource Key)", "fr": "ARK (Archival Resource Key)"}
    scheme = "ark"
    rank = 90
    local = True

    def configured(self) -> bool:
        """Always: an ARK needs no account."""
        return True

    def value_for(self, number: int) -> str:
        """``ark:/99999/d`` + the number in base 29 without vowels + a check character."""
        from django.conf import settings

        name = f"{settings.DOP2I.ark.get('naan', TEST_NAAN)}/{SHOULDER}{betanumeric(number)}"
        return f"ark:/{name}{check_character(name)}"

    def register(self, *, value: str, url: str, payload: dict[str, Any], known: bool) -> None:
        """Nothing to send: this server resolves ``/ark:/…`` itself."""

    def state_of(self, value: str) -> str:
        """An ARK of ours is findable as soon as it exists."""
        return "findable"


def betanumeric(number: int) -> str:
    """A natural number in base 29, in digits and consonants that cannot be misread or make a word."""
    digits = ""
    while True:
        number, digit = divmod(number, len(BETANUMERIC))
        digits = BETANUMERIC[digit] + digits
        if number == 0:
            return digits


def check_character(name: str) -> str:
    """The NOID check character of ``99999/d12``: catches one wrong character or two neighbours exchanged."""
    total = sum(position * max(BETANUMERIC.find(char), 0) for position, char in enumerate(name, start=1))
    return BETANUMERIC[total % len(BETANUMERIC)]
