"""What can go wrong, as one tree.

::

    Dop2iError
    ├── InvalidInput            the caller can mend it
    │   ├── InvalidDocument     a record document; carries ``problems`` (path, message)
    │   ├── InvalidName         a file name that would leave its folder, or cannot be kept
    │   ├── InvalidQuery        a search that cannot be understood
    │   └── InvalidValue        one value of several that were given; ``parameter`` names it
    ├── UnreadableFile          a file that lies about its format, or is cut short
    │   └── LimitExceeded       reading on would cost more time or memory than allowed
    ├── NotFound                there is no such thing, or it is not yours to see
    │   └── Gone                it was there and was withdrawn; its tombstone says why
    ├── NotPermitted            it is there, and you may not do that
    │   └── NotAuthenticated    say who you are first
    ├── Conflict                somebody or something else changed it meanwhile
    │   ├── RevisionConflict    the draft is not the one that was read
    │   └── WrongState          the object is in a state that does not allow this
    ├── ChecksumMismatch        the bytes are not those that were announced
    ├── TooManyRequests         the caller asks too often; ``seconds`` says when to go on
    ├── StorageFull             no room left; nothing was lost
    └── ServiceUnavailable      a program elsewhere did not answer; it will be tried again

No class knows of HTTP or of exit codes: the faces translate.
"""

from __future__ import annotations

from dataclasses import dataclass


class Dop2iError(Exception):
    """The root. ``str(error)`` is a sentence for a person: what, where, what next."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class InvalidInput(Dop2iError):
    """The caller gave something that cannot be used and can mend it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a document: ``path`` in dotted form (``metadata.creators.0.name``)."""

    path: str
    message: str
    severity: str = "error"


class InvalidDocument(InvalidInput):
    """A record document breaks its schema; ``problems`` says where."""

    def __init__(self, problems: list[Problem], message: str = "") -> None:
        self.problems = problems
        listing = "; ".join(f"{p.path}: {p.message}" for p in problems[:5])
        more = f" (and {len(problems) - 5} more)" if len(problems) > 5 else ""
        super().__init__(message or f"The document is not valid: {listing}{more}.")


class InvalidName(InvalidInput):
    """A file name that would leave its folder, or that cannot be kept everywhere."""


class InvalidQuery(InvalidInput):
    """A search that cannot be understood."""


class InvalidValue(InvalidInput):
    """One of several values cannot be used; ``parameter`` is its name."""

    def __init__(self, message: str, *, hint: str = "", parameter: str = "") -> None:
        self.parameter = parameter
        super().__init__(message, hint=hint)


class UnreadableFile(Dop2iError):
    """A file is cut short, damaged or not of the format that it claims."""


class LimitExceeded(UnreadableFile):
    """Reading on would cost more time or memory than allowed (a bomb, or a lie)."""


class NotFound(Dop2iError):
    """There is no such thing, or it is not the caller's to see."""


class Gone(NotFound):
    """It was there, everybody may know, and it was withdrawn; its tombstone says when and why."""


class NotPermitted(Dop2iError):
    """The caller may not do this."""


class NotAuthenticated(NotPermitted):
    """The caller has to say who they are first."""


class Conflict(Dop2iError):
    """Somebody or something else changed the object meanwhile."""


class RevisionConflict(Conflict):
    """The draft is no longer the one that the caller read."""


class WrongState(Conflict):
    """The object is in a state that does not allow this action."""


class ChecksumMismatch(Dop2iError):
    """The bytes that arrived are not those that were announced."""


class TooManyRequests(Dop2iError):
    """The caller asks too often, or was wrong too often; they may go on after ``seconds``."""

    def __init__(self, message: str, *, seconds: float = 30.0, hint: str = "") -> None:
        self.seconds = max(1, -int(-seconds // 1))
        super().__init__(message, hint=hint or f"Try again in {self.seconds} s.")


class StorageFull(Dop2iError):
    """There is no room left; what was there before is untouched."""


class ServiceUnavailable(Dop2iError):
    """A program elsewhere did not answer; the work will be tried again."""
