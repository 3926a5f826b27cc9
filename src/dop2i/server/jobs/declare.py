"""How a function becomes a job, and how a function is run now and then."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from dop2i.server.jobs.models import Job


class Progress(Protocol):
    """What a job is given as its first argument: tells how far it is, and hears whether to stop."""

    def __call__(self, done: int, total: int, message: str = "") -> None:
        """Says that ``done`` of ``total`` (0: unknown) is done; raises when the job was cancelled or taken over."""


JOBS: dict[str, JobFunction] = {}
PERIODIC: dict[str, PeriodicTask] = {}


class JobFunction:
    """A declared job. Calling it runs it here and now (``progress`` first); ``enqueue`` puts it in the queue."""

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        name: str,
        attempts: int,
        priority: int,
        lease_seconds: float,
        backoff: float,
    ) -> None:
        self.function = function
        self.name = name
        self.attempts = attempts
        self.priority = priority
        self.lease_seconds = lease_seconds
        self.backoff = backoff
        functools.update_wrapper(self, function)

    def __call__(self, progress: Progress, **arguments: Any) -> Any:
        return self.function(progress, **arguments)

    def enqueue(
        self, *, unique: str | None = None, about: str = "", person: int = 0, delay: float = 0.0, **arguments: Any
    ) -> Job:
        """A waiting row, in the caller's transaction: rolled back with it, seen by workers after its commit.

        ``unique`` (``describe:12``): while a job with this key waits, that job is returned and no other is made.
        ``about`` names what it works on (``record:12``), ``person`` the id of who asked, ``delay`` is in seconds.
        ``arguments`` must be JSON.
        """
        from dop2i.server.jobs.actions import enqueue

        return enqueue(job=self, arguments=arguments, unique=unique, about=about, person=person, delay=delay)


@dataclass(frozen=True, slots=True)
class PeriodicTask:
    """A function without arguments that every worker runs each ``seconds``; it must bear to run twice at once."""

    name: str
    seconds: float
    function: Callable[[], Any]


def job(
    *, name: str, attempts: int = 5, priority: int = 0, lease_seconds: float = 60.0, backoff: float = 10.0
) -> Callable[[Callable[..., Any]], JobFunction]:
    """Declares a function of an application's ``jobs`` module as a job.

    The function takes ``progress`` first, then JSON keywords. It runs at least once: a worker may die at any
    moment and another take the job over after ``lease_seconds``, so it must be idempotent. An exception is tried
    again, ``attempts`` times in all, after about ``backoff`` seconds and then three times as long each time (an
    hour at most); ``InvalidInput``, ``NotFound``, ``NotPermitted`` and ``UnreadableFile`` are final. A higher
    ``priority`` goes first. Names are unique: ``ValueError``.
    """

    def declare(function: Callable[..., Any]) -> JobFunction:
        known = JOBS.get(name)
        if known is not None and known.function.__module__ != function.__module__:
            raise ValueError(f"Two jobs are called {name!r}: {known.function} and {function}.")
        JOBS[name] = JobFunction(
            function,
            name=name,
            attempts=attempts,
            priority=priority,
            lease_seconds=lease_seconds,
            backoff=backoff,
        )
        return JOBS[name]

    return declare


def every(seconds: float, *, name: str = "") -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """Declares a function of an application's ``jobs`` module as a periodic task of the worker."""

    def declare(function: Callable[[], Any]) -> Callable[[], Any]:
        task_name = name or f"{function.__module__}.{function.__qualname__}"
        PERIODIC[task_name] = PeriodicTask(name=task_name, seconds=seconds, function=function)
        return function

    return declare
