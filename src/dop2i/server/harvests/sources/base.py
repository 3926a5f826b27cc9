"""The contract of a source: how its records are listed, and how one is mapped.

::

    class Zoo(Source):
        name = "zoo"
        label = {"en": "Zoo", "fr": "Zoo"}
        about = {"en": "What it is.", "fr": "Ce que c’est."}

        def pages(self, order):
            for number in itertools.count(order.cursor.get("page", 1)):
                answer = order.fetcher.json(f"{order.address}/animals", params={"page": number})
                yield Page([Raw(a["id"], dump(a), parsed=a) for a in answer], cursor={"page": number + 1})
                if not answer:
                    return

        def map(self, raw, order):
            return from_zoo(raw.json())

``pages`` begins anew with an empty cursor and goes on from one that it gave before: the engine commits each page with
its cursor, so a killed harvest loses nothing. A pass that ends by itself was complete.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from dop2i.core.mappings import Mapped
from dop2i.errors import InvalidInput, UnreadableFile

if TYPE_CHECKING:
    from dop2i.server.fetching import Fetcher


COMMON_OPTIONS = ("theme", "pause")
"""What every harvest may be told: the theme of records that say none, and seconds between requests."""


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that a harvest of a source may be told. ``choices`` are (value, {"en", "fr"}); none means free text."""

    name: str
    label: dict[str, str]
    help: dict[str, str] = field(default_factory=dict)
    choices: tuple[tuple[str, dict[str, str]], ...] = ()
    default: str = ""
    required: bool = False


@dataclass(slots=True)
class Raw:
    """One record as it came. ``content`` is kept; ``parsed`` spares reading it again; ``problem`` says it is broken."""

    identifier: str
    content: bytes = b""
    media_type: str = "application/json"
    modified: str = ""
    deleted: bool = False
    problem: str = ""
    parsed: Any = None

    def json(self) -> dict[str, Any]:
        """The content as a JSON object. Raises ``UnreadableFile``."""
        if isinstance(self.parsed, dict):
            return self.parsed
        try:
            found = json.loads(self.content)
        except (ValueError, RecursionError) as error:
            raise UnreadableFile(f"{self.identifier} is not JSON: {error}.") from None
        if not isinstance(found, dict):
            raise UnreadableFile(f"{self.identifier} is not a JSON object.")
        return found

    def xml(self) -> Any:
        """The content as an XML element, read without entities or network. Raises ``UnreadableFile``."""
        if self.parsed is not None:
            return self.parsed
        from dop2i.core.mappings.xml import element_of

        return element_of(self.content, name=self.identifier)


@dataclass(slots=True)
class Page:
    """Some records and the cursor from which the pass goes on once they are kept."""

    records: list[Raw]
    cursor: dict[str, Any]
    total: int | None = None


@dataclass(slots=True)
class Order:
    """What a source is asked to do.

    ``cursor`` is where the pass stands ({} at its beginning), ``marks`` what the last complete pass left, ``full`` asks
    for everything again. During a pass the source keeps in ``cursor["marks"]`` what the next one needs, and in
    ``cursor["full"]`` whether this one sees everything (True by default): then what it did not see is gone.
    """

    address: str
    fetcher: Fetcher
    options: dict[str, str] = field(default_factory=dict)
    cursor: dict[str, Any] = field(default_factory=dict)
    marks: dict[str, Any] = field(default_factory=dict)
    full: bool = True

    def option(self, name: str, default: str = "") -> str:
        """The value of an option, as text."""
        return str(self.options.get(name) or default)


class Source(ABC):
    """A kind of source. Without state: one instance serves every harvest of its kind."""

    name: ClassVar[str] = ""
    label: ClassVar[dict[str, str]] = {}
    about: ClassVar[dict[str, str]] = {}
    rank: ClassVar[int] = 50
    address: ClassVar[str] = ""
    """Where it is, when there is one such place; the form offers it."""
    example: ClassVar[str] = ""
    options: ClassVar[tuple[Option, ...]] = ()
    theme: ClassVar[str] = ""
    """The theme of records that say none."""

    def check(self, *, address: str, options: dict[str, str]) -> None:
        """Raises ``InvalidInput`` for an address or options with which nothing can be harvested. Asks nobody."""
        if not address.startswith(("http://", "https://")):
            raise InvalidInput(
                f"{address!r} is no address of a source.", hint=f"It looks like {self.example or self.address}."
            )
        known = {option.name: option for option in self.options}
        for name, value in options.items():
            if name not in known and name not in COMMON_OPTIONS:
                raise InvalidInput(
                    f"A {self.name} source has no option {name!r}.", hint=f"It has {', '.join(known) or 'none'}."
                )
            choices = [choice for choice, _ in known[name].choices] if name in known else []
            if choices and value and value not in choices:
                raise InvalidInput(f"{name} cannot be {value!r}.", hint=f"It is one of {', '.join(choices)}.")
        for option in self.options:
            if option.required and not options.get(option.name):
                raise InvalidInput(f"A {self.name} source needs the option {option.name}.")

    @abstractmethod
    def pages(self, order: Order) -> Iterator[Page]:
        """The records, a page at a time. Raises ``ServiceUnavailable``, ``UnreadableFile``, ``InvalidInput``."""

    @abstractmethod
    def map(self, raw: Raw, order: Order) -> Mapped:
        """One record in our shape; pure. Raises ``UnreadableFile``."""


def part(found: Any, name: str) -> dict[str, Any]:
    """The object at a member of an answer; empty where there is none, or no answer of the expected form."""
    inner = found.get(name) if isinstance(found, dict) else None
    return inner if isinstance(inner, dict) else {}


def dump(value: Any) -> bytes:
    """A JSON value as the raw document that is kept: the same record gives the same bytes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=str).encode(
        "utf-8", "replace"
    )
