"""The address of a search: all that it asks, as a query string, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from dop2i.server.catalogue.queries import FILTERS, MOST_FILTER_VALUES, SORTS

LONGEST_Q = 2100
LAST_PAGE = 10_000


@dataclass(frozen=True, slots=True)
class Address:
    """A search as its address says it: the words, the filters, the order and the page."""

    q: str = ""
    filters: dict[str, list[str]] = field(default_factory=dict)
    sort: str = ""
    page: int = 1

    @classmethod
    def read(cls, text: str) -> Address:
        """Reads a query string; what it does not know is left out, and nothing is an error."""
        return cls.of(parse_qsl(text.lstrip("?"), max_num_fields=2000) if text.count("&") < 2000 else [])

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> Address:
        """The same of pairs of name and value."""
        q, sort, page = "", "", 1
        filters: dict[str, list[str]] = {}
        for name, value in pairs:
            value = value.replace("\0", " ").strip()
            if name == "q":
                q = value[:LONGEST_Q]
            elif name == "sort":
                sort = value if value in SORTS else ""
            elif name == "page":
                page = int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else 1
            elif name in FILTERS and value:
                chosen = filters.setdefault(name, [])
                if value not in chosen and len(chosen) < MOST_FILTER_VALUES:
                    chosen.append(value)
        return cls(q=q, filters=filters, sort=sort, page=max(page, 1))

    def pairs(self) -> list[tuple[str, str]]:
        """Name and value of everything that it asks."""
        pairs = [("q", self.q)] if self.q else []
        pairs += [(name, value) for name, values in self.filters.items() for value in values]
        pairs += [("sort", self.sort)] if self.sort else []
        return pairs + ([("page", str(self.page))] if self.page > 1 else [])

    def written(self) -> str:
        """The query string."""
        return urlencode(self.pairs())

    def replaced(self, **changes: Any) -> Address:
        """Another search: with these parts changed, on its first page."""
        return replace(self, **{"page": 1, **changes})

    def without_page(self) -> Address:
        """The same from its first page on."""
        return self.replaced()

    def with_filter(self, name: str, value: str, *, alone: bool = False) -> Address:
        """Narrowed by one more value; ``alone``: instead of the filter's others."""
        before = [] if alone else [one for one in self.filters.get(name, []) if one != value]
        return self.replaced(filters={**self.filters, name: [*before, value]})

    def without_filter(self, name: str, value: str | None = None) -> Address:
        """Without one value of a filter, or without the filter."""
        left = [one for one in self.filters.get(name, []) if value is not None and one != value]
        others: Mapping[str, list[str]] = {other: values for other, values in self.filters.items() if other != name}
        return self.replaced(filters={**others, **({name: left} if left else {})})
