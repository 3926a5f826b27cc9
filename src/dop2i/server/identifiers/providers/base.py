"""The contract of an identifier provider: who makes persistent identifiers, and how they are registered."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar


class IdentifierProvider(ABC):
    """Makes and registers the pids of one scheme. One module a provider in ``server/identifiers/providers``.

    The first configured provider in the order of ``rank`` is in use. ``local`` says that a pid resolves through this
    server alone, so that nothing is sent. Errors of ``register`` tell what comes next: ``InvalidInput`` is final (the
    service understood and refused), ``NotPermitted`` waits for the operator, ``ServiceUnavailable`` is tried again,
    after its ``retry_after`` seconds when it carries them.
    """

    name: ClassVar[str] = ""
    label: ClassVar[dict[str, str]] = {}
    scheme: ClassVar[str] = ""
    rank: ClassVar[int] = 50
    local: ClassVar[bool] = False

    @abstractmethod
    def configured(self) -> bool:
        """Whether this instance has what the provider needs (an account, a prefix)."""

    @abstractmethod
    def value_for(self, number: int) -> str:
        """The pid of record or concept ``number``. Always the same for the same number."""

    @abstractmethod
    def register(self, *, value: str, url: str, payload: dict[str, Any], known: bool) -> None:
        """Makes ``value`` resolve to ``url``, with its metadata; twice is the same as once.

        ``known`` says that it was registered before and is brought up to date.
        """

    @abstractmethod
    def state_of(self, value: str) -> str:
        """What the service says: ``findable``, ``registered``, ``draft``, or an empty text when unknown to it."""
