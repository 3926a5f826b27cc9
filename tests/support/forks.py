"""Our programs in processes of their own, without what takes longest: a process that has loaded the libraries forks.

A process is forked for each program; it then loads the program and everything that depends on settings, has its own
arguments, environment, folder, input and output, and ends as any other. What is tested is not how the interpreter
starts: a test about that (what is imported, how much memory is taken) starts the program itself.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from functools import cache
from pathlib import Path
from typing import Any

LIBRARIES = """
    click requests sqlparse gunicorn.arbiter gunicorn.app.base gunicorn.workers.gthread
    django.contrib.auth.hashers django.core.cache django.core.mail django.core.management.sql django.core.signing
    django.core.validators django.db.backends.sqlite3.base django.db.migrations.executor django.db.models.sql.compiler
    django.forms.models django.middleware.csrf django.template.context_processors django.template.defaulttags
    django.template.loader_tags django.urls django.views.decorators.http django.views.generic
    dop2i.core.ethics dop2i.core.mappings dop2i.core.model dop2i.core.packages.ocfl dop2i.core.vocabularies
"""
"""What our programs load, and what depends on no settings."""

LARGEST_REQUEST = 1 << 20


class Forked:
    """A running program; used like a ``subprocess.Popen``."""

    def __init__(self, pid: int, line: socket.socket) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._line = line

    def poll(self) -> int | None:
        """How it ended, or None while it runs."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """How it ended. Raises ``subprocess.TimeoutExpired`` after so many seconds."""
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """Nothing happens when it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Asks it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it."""
        self.send_signal(signal.SIGKILL)

    def _ended(self, seconds: float | None) -> int | None:
        if self.returncode is None and select.select([self._line], [], [], seconds)[0]:
            self.returncode = int(self._line.recv(100) or -signal.SIGKILL)
            self._line.close()
        return self.returncode


def run_module(
    name: str, *arguments: str, stdin: str = "", check: bool = True, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Like ``subprocess.run`` of ``python -m name …``: what it wrote, as text, and how it ended."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as given:
        given.write(stdin)
        given.seek(0)
        with (
            tempfile.TemporaryFile("w+", encoding="utf-8") as out,
            tempfile.TemporaryFile("w+", encoding="utf-8") as err,
        ):
            handles = (given.fileno(), out.fileno(), err.fileno())
            code = fork(name, *arguments, environment=environment, handles=handles).wait()
            for file in (out, err):
                file.seek(0)
            done = subprocess.CompletedProcess([name, *arguments], code, out.read(), err.read())
    if check:
        done.check_returncode()
    return done


def fork(
    name: str, *arguments: str, environment: dict[str, str], handles: tuple[int, int, int], session: bool = False
) -> Forked:
    """Begins ``python -m name …`` with these as its input, output and error output; ``session``: in one of its own."""
    line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    line.connect(str(_parent()))
    wanted = {"name": name, "argv": arguments, "env": environment, "cwd": str(Path.cwd()), "session": session}
    socket.send_fds(line, [json.dumps(wanted).encode()], list(handles))
    return Forked(int(line.recv(100)), line)


@cache
def _parent() -> Path:
    """Where the process listens that has loaded the libraries; it ends with this one."""
    folder = tempfile.TemporaryDirectory(prefix="forks-")
    address = Path(folder.name) / "line"
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(address))
        listener.listen(64)
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("DOP2I_", "DJANGO_"))}
        process = subprocess.Popen(
            [sys.executable, __file__, str(listener.fileno())],
            stdin=subprocess.PIPE,
            pass_fds=[listener.fileno()],
            env={**environment, "LC_ALL": "C.UTF-8"},
        )

    def end() -> None:
        process.communicate()
        folder.cleanup()

    atexit.register(end)
    return address


def _listen(handle: int) -> None:
    """The parent: for each line that comes in a process that forks the program and waits for it."""
    for name in LIBRARIES.split():
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listener = socket.socket(fileno=handle)
    while sys.stdin not in (ready := select.select([listener, sys.stdin], [], [])[0]):
        if listener not in ready:
            continue
        line, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _wait_for_one(line)
            os._exit(0)
        line.close()


def _wait_for_one(line: socket.socket) -> None:
    """Forks the program, tells its number, waits for it, tells how it ended."""
    text, handles, _, _ = socket.recv_fds(line, LARGEST_REQUEST, 3)
    if not text:
        return
    pid = os.fork()
    if pid == 0:
        line.close()
        os._exit(_become(json.loads(text), handles))
    for handle in handles:
        os.close(handle)
    line.send(str(pid).encode())
    _, status = os.waitpid(pid, 0)
    with contextlib.suppress(OSError):  # nobody asks any more
        line.send(str(os.waitstatus_to_exitcode(status)).encode())


def _become(wanted: dict[str, Any], handles: list[int]) -> int:
    """Runs the program in this process; returns how it ended."""
    if wanted["session"]:
        os.setsid()
    for number, handle in enumerate(handles):
        os.dup2(handle, number)
        os.close(handle)
    sys.stdin = sys.__stdin__ = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = sys.__stdout__ = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = sys.__stderr__ = os.fdopen(2, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)
    os.chdir(wanted["cwd"])
    os.environ.clear()
    os.environ.update(wanted["env"])
    time.tzset()
    sys.argv = [wanted["name"], *wanted["argv"]]
    sys.path.insert(0, wanted["cwd"])
    code = 0
    try:
        runpy.run_module(wanted["name"], run_name="__main__", alter_sys=True)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
    except BaseException:
        traceback.print_exc()
        code = 1
    # what an interpreter does at its end, but for taking everything apart that the parent has loaded
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    return code


if __name__ == "__main__":
    _listen(int(sys.argv[1]))
