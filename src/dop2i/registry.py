"""The one registry: the modules of a folder, plus what other distributions add by entry point.

A contract (format reader, export writer, store, identifier provider, command) is a folder with one module
per member. A module declares its members in ``__all__``-like fashion: every public class of the module that
carries a non-empty ``name`` attribute and is a subclass of the contract's base is a member. Nothing is
registered by importing: the folder is listed, so adding a file is all there is to do.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from importlib.metadata import entry_points
from typing import Generic, TypeVar

Member = TypeVar("Member")


class Registry(Mapping[str, Member], Generic[Member]):
    """Members of one contract by name, in the order of ``rank`` (lowest first), then name.

    Parameters: ``package`` is the dotted folder that holds the built-in modules, ``base`` the contract's class,
    ``group`` the entry-point group for other distributions (each entry point loads a subclass of ``base``).
    Members are instantiated once, without arguments. Raises ``ValueError`` when two members share a name.
    """

    def __init__(self, package: str, base: type[Member], *, group: str) -> None:
        self.package = package
        self.base = base
        self.group = group

    def _classes(self) -> Iterator[type[object]]:
        folder = importlib.import_module(self.package)
        for module_info in pkgutil.iter_modules(folder.__path__):
            if module_info.name.startswith("_") or module_info.name == "base":
                continue
            module = importlib.import_module(f"{self.package}.{module_info.name}")
            # The type is asked, not the member: a lazy object (Django's settings) would wake up to answer.
            for _, member in sorted(vars(module).items()):
                if issubclass(type(member), type) and member.__module__ == module.__name__:
                    yield member
        for entry_point in entry_points(group=self.group):
            yield entry_point.load()

    @cached_property
    def _members(self) -> dict[str, Member]:
        found: dict[str, Member] = {}
        for member_class in self._classes():
            if not issubclass(member_class, self.base) or inspect.isabstract(member_class):
                continue
            name = getattr(member_class, "name", "")
            if not name:
                continue
            if name in found:
                raise ValueError(
                    f"Two members of {self.group} are called {name!r}: "
                    f"{type(found[name]).__qualname__} and {member_class.__qualname__}."
                )
            found[name] = member_class()
        return dict(sorted(found.items(), key=lambda item: (getattr(item[1], "rank", 50), item[0])))

    def one(self, name: str) -> Member:
        """The member of that name without loading the others, where a built-in module is named as it is.

        For processes that start often and need one member. Raises ``KeyError``.
        """
        if "_members" not in self.__dict__ and name.isidentifier() and not name.startswith("_") and name != "base":
            with suppress(ModuleNotFoundError):
                module = importlib.import_module(f"{self.package}.{name}")
                for _, member in inspect.getmembers(module, inspect.isclass):
                    if member.__module__ != module.__name__ or inspect.isabstract(member):
                        continue
                    if issubclass(member, self.base) and getattr(member, "name", "") == name:
                        return member()
        return self[name]

    def __getitem__(self, name: str) -> Member:
        return self._members[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)
