"""Serving an instance: the web server and the job worker, started and stopped together.

gunicorn with threads (``threads.py``): downloads leave by sendfile, uploads are read from the socket. The job worker
is a process beside it; it is started again when it ends and stops when the server is gone, however that went.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from dop2i.errors import Conflict, InvalidInput, NotPermitted
from dop2i.faces.threads import Worker

THREADS = 8
GRACE_SECONDS = 25
RESTART_SECONDS = 5.0
_WORKER = "from dop2i.faces.serve import run_job_worker; run_job_worker()"


class JobWorker:
    """The process that runs the jobs of an instance."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0

    def keep(self) -> None:
        """Starts it, or starts it again after it ended (not more often than every few seconds)."""
        if self._process is not None and self._process.poll() is None:
            return
        if time.monotonic() - self._started < RESTART_SECONDS:
            return
        self._started = time.monotonic()
        environment = {**os.environ, "DOP2I_HOME": str(self._home)}
        # the pipe's end is the sign for the worker that the server is gone
        self._process = subprocess.Popen(  # noqa: S603 our own interpreter and code
            [sys.executable, "-c", _WORKER], stdin=subprocess.PIPE, env=environment, start_new_session=True
        )

    def stop(self) -> None:
        """Asks it to end, and ends it when it does not."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()


def run_job_worker() -> None:
    """The job worker's process: works until it is told to stop, or until whoever holds its standard input is gone."""
    from dop2i.server.instance import configure

    configure(os.environ["DOP2I_HOME"])
    from dop2i.server.jobs.worker import run_worker

    stop = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: stop.set())

    def watch() -> None:
        while os.read(0, 1024):
            pass
        stop.set()

    threading.Thread(target=watch, daemon=True).start()
    run_worker(stop)


class _Arbiter(Arbiter):
    """gunicorn's master process, which also keeps the job worker running."""

    def __init__(self, app: _Server) -> None:
        self._job_worker = app.job_worker
        super().__init__(app)

    def manage_workers(self) -> None:
        super().manage_workers()
        if self._job_worker is not None:
            self._job_worker.keep()

    def stop(self, graceful: bool = True) -> None:
        super().stop(graceful)
        if self._job_worker is not None:
            self._job_worker.stop()


class _Server(BaseApplication):
    """gunicorn, told everything by us: it reads no file, no environment and no command line of its own."""

    def __init__(self, options: dict[str, Any], job_worker: JobWorker | None) -> None:
        self._options = options
        self.job_worker = job_worker
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        from dop2i.faces.wsgi import application

        return application

    def run(self) -> None:
        _Arbiter(self).run()


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket, or a sentence that says why there is none."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # accepted connections inherit it; without it each answer waits 40 ms for the client's acknowledgement
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind((host, port))
        listener.listen(1024)
    except PermissionError:
        listener.close()
        raise NotPermitted(
            f"This user may not listen at port {port}.", hint="Choose one above 1023 with --port."
        ) from None
    except OSError as error:
        listener.close()
        if error.errno in (98, 48):
            raise Conflict(
                f"Port {port} of {host} is in use by another program.", hint="Stop that, or choose another with --port."
            ) from None
        raise InvalidInput(f"Nothing can listen at {host}, port {port}: {error.strerror or error}.") from None
    except OverflowError:
        listener.close()
        raise InvalidInput(f"{port} is not a port.", hint="Choose one from 1 to 65535.") from None
    return listener


def serve(
    home: Path | str,
    host: str = "127.0.0.1",
    port: int = 8000,
    threads: int = THREADS,
    *,
    with_worker: bool = True,
    processes: int = 1,
) -> None:
    """Serves the instance at ``home`` until SIGTERM or SIGINT; makes the instance or brings it up to date first.

    Raises ``Conflict`` when the port is in use. ``processes`` is for machines with many cores and PostgreSQL.
    """
    listener = _listen(host, port)
    home = Path(home).absolute()
    _initialise(home)
    os.environ["DOP2I_HOME"] = str(home)
    # gunicorn takes the open handle over, and closes it
    handle = listener.detach()
    options = {
        "bind": f"fd://{handle}",
        "worker_class": Worker,
        "workers": processes,
        "threads": threads,
        "keepalive": 15,
        "timeout": 120,
        "graceful_timeout": GRACE_SECONDS,
        "loglevel": "warning",
        "proc_name": "dop2i",
        # whom to believe is decided by faces/middleware.py alone
        "forwarded_allow_ips": "",
        "control_socket_disable": True,
        # names of files are long when they are percent-encoded; this is the most that gunicorn takes
        "limit_request_line": 8190,
    }
    _Server(options, JobWorker(home) if with_worker else None).run()


def _initialise(home: Path) -> None:
    """In a process of its own, so that the server's master holds neither Django nor an open database."""
    code = "import sys; from dop2i.server.instance import initialise; initialise(sys.argv[1])"
    done = subprocess.run(  # noqa: S603 our own interpreter and code
        [sys.executable, "-c", code, str(home)], check=False, stderr=subprocess.PIPE, text=True
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no reason was given"]
        raise InvalidInput(f"The instance at {home} cannot be made ready: {last[0]}")
