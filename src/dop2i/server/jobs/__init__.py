"""Work that runs later: a table of jobs, a worker, retries. ``job`` declares one, ``every`` a periodic task."""

from dop2i.server.jobs.declare import JobFunction, Progress, every, job

__all__ = ["JobFunction", "Progress", "every", "job"]
