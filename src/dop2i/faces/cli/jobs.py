"""``dop2i jobs``: the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dop2i.faces.cli._options import home_option, json_option, open_instance

if TYPE_CHECKING:
    from dop2i.server.jobs.models import Job

STATES = ["waiting", "running", "done", "failed", "cancelled"]


@click.group(short_help="Show the jobs of an instance; try one again.")
def command() -> None:
    """Show the jobs of an instance, and try again those that failed."""


@command.command("list")
@click.option("--state", type=click.Choice(STATES), default=None, help="Only those in this state.")
@click.option("--about", default="", metavar="WHAT", help="Only those about this: record:12.")
@click.option("--size", default=30, show_default=True, type=click.IntRange(1, 200), help="How many, newest first.")
@json_option
@home_option
def list_jobs(home: str, state: str | None, about: str, size: int, as_json: bool) -> None:
    """List jobs, newest first, and tell how the queue stands."""
    from dop2i.faces.cli._terminal import aligned, clean, note, print_json

    open_instance(home)
    from dop2i.server.jobs.queries import jobs_for, queue_state

    page, queue = jobs_for(state=state or "", about=about, size=size), queue_state()
    if as_json:
        print_json({"counts": queue.counts, "workers": queue.workers, "jobs": [_document(job) for job in page.jobs]})
        return
    rows = [
        [
            str(job.pk),
            job.state,
            job.name,
            job.about,
            f"{job.attempts}/{job.max_attempts}",
            f"{job.created:%Y-%m-%d %H:%M:%S}",
            clean(job.error or job.message, limit=70),
        ]
        for job in page.jobs
    ]
    for line in aligned(rows, indent=0, right=frozenset({0})):
        click.echo(line)
    note(", ".join(f"{count} {name}" for name, count in queue.counts.items()) + f"; workers: {len(queue.workers)}")


@command.command("show")
@click.argument("job_id", type=int)
@home_option
def show(job_id: int, home: str) -> None:
    """Show all there is to know of a job, as JSON."""
    from dop2i.faces.cli._terminal import print_json

    open_instance(home)
    from dop2i.server.jobs.queries import get_job

    print_json(_document(get_job(job_id)))


@command.command("retry")
@click.argument("job_ids", metavar="JOB_ID…", type=int, nargs=-1)
@click.option("--failed", is_flag=True, help="All that failed.")
@home_option
def retry(job_ids: tuple[int, ...], failed: bool, home: str) -> None:
    """Put failed or cancelled jobs back in the queue, with all their attempts."""
    if not job_ids and not failed:
        raise click.UsageError("Which job? Give its number, or --failed.")
    from dop2i.faces.cli._terminal import note

    open_instance(home)
    from dop2i.server.jobs import actions
    from dop2i.server.jobs.queries import jobs_for

    if failed:
        job_ids = (*job_ids, *(job.pk for job in jobs_for(state="failed", size=200).jobs))
    for job_id in dict.fromkeys(job_ids):
        job = actions.retry(job_id=job_id)
        note(f"{job.name} waits again as job {job.pk}.")


def _document(job: Job) -> dict[str, Any]:
    def moment(value: Any) -> str | None:
        return value.isoformat() if value else None

    return {
        "id": job.pk,
        "name": job.name,
        "state": str(job.state),
        "about": job.about,
        "arguments": job.arguments,
        "attempts": job.attempts,
        "max_attempts": job.max_attempts,
        "progress": {"done": job.progress_done, "total": job.progress_total, "message": job.message},
        "error": job.error,
        "created": moment(job.created),
        "run_after": moment(job.run_after),
        "started": moment(job.started),
        "finished": moment(job.finished),
    }
