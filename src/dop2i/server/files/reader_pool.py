"""The processes that look inside files: bounded in time and memory, and started again when they die.

Starting one takes longer than reading most files, so that it waits a minute for the next question.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from django.conf import settings

MISSING = "its bytes are missing on the server"
_PROCESSES = 4
_WORTH_SHARING = 50
IDLE_SECONDS = 60.0


def processes_for(total: int) -> int:
    """How many processes share so many files."""
    return 1 if total < _WORTH_SHARING else max(1, min(_PROCESSES, os.cpu_count() or 1))


class ReaderProcess:
    """One reading process, started when first needed and started again after it died.

    ``memory`` is the address space that it may take, in bytes; what the configuration gives to readers by default.
    """

    def __init__(self, *, memory: int | None = None) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._memory = memory
        self._arguments: list[str] = []
        self._waiting = b""

    def ask(self, request: dict[str, Any], *, seconds: float) -> dict[str, Any]:
        """The answer to one request; a process that dies or takes too long answers ``{"failed": why}``."""
        try:
            if "path" in request and not Path(request["path"]).exists():
                return {"failed": MISSING}
            process = self._running()
            process.stdin.write(json.dumps({**request, "seconds": seconds}).encode() + b"\n")
            process.stdin.flush()
            answer: dict[str, Any] = json.loads(self._line(deadline=time.monotonic() + seconds))
        except TimeoutError:
            self.stop()
            return {"failed": f"the reader was still busy after {seconds:.0f} s"}
        except (OSError, EOFError, ValueError):
            self.stop()
            return {"failed": "the reader ended unexpectedly; the file may be damaged"}
        except BaseException:
            # its late answer would be taken for that to the next question
            self.stop()
            raise
        return answer

    def _running(self) -> Any:
        limits = settings.DOP2I.limits
        arguments = [str(self._memory or limits.description_bytes), str(limits.description_seconds)]
        if self._process is None or self._process.poll() is not None or arguments != self._arguments:
            self.stop()
            module = "dop2i.server.files.reader_process"
            self._waiting, self._arguments = b"", arguments
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        return self._process

    def _line(self, *, deadline: float) -> bytes:
        output = self._process.stdout.fileno()
        while b"\n" not in self._waiting:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([output], [], [], left)[0]:
                raise TimeoutError
            piece = os.read(output, 1 << 16)
            if not piece:
                raise EOFError
            self._waiting += piece
        line, _, self._waiting = self._waiting.partition(b"\n")
        return line

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


class IdleReaders:
    """Reading processes between two questions; one that nobody asked for a minute ends, and all with this process."""

    def __init__(self, *, memory: int | None = None) -> None:
        self.waiting: list[tuple[float, ReaderProcess]] = []
        self._memory = memory
        self._guard = threading.Lock()
        self._looks_again = False
        atexit.register(self.stop)
        # those of the parent answer the parent
        os.register_at_fork(after_in_child=self._begin_anew)

    def _begin_anew(self) -> None:
        self._guard, self.waiting, self._looks_again = threading.Lock(), [], False

    def take(self) -> ReaderProcess:
        """The one that was asked last, or a new one, which starts with its first question."""
        with self._guard:
            return self.waiting.pop()[1] if self.waiting else ReaderProcess(memory=self._memory)

    def give_back(self, reader: ReaderProcess) -> None:
        """It waits for the next who takes it."""
        with self._guard:
            self.waiting.append((time.monotonic(), reader))
            if not self._looks_again:
                self._look_later()

    def stop(self) -> None:
        """End those that wait."""
        with self._guard:
            idle, self.waiting = self.waiting, []
        for _since, reader in idle:
            reader.stop()

    def _look_later(self) -> None:
        self._looks_again = True
        timer = threading.Timer(IDLE_SECONDS, self._let_go)
        timer.daemon = True
        timer.start()

    def _let_go(self) -> None:
        with self._guard:
            limit = time.monotonic() - IDLE_SECONDS
            old = [reader for since, reader in self.waiting if since <= limit]
            self.waiting = [(since, reader) for since, reader in self.waiting if since > limit]
            self._looks_again = False
            if self.waiting:
                self._look_later()
        for reader in old:
            reader.stop()


_readers = IdleReaders()


def stop_readers() -> None:
    """End the processes that wait for files to read (a test or a server that ends)."""
    _readers.stop()


class ReaderPool:
    """A few reading processes that share the requests of a batch. Use it as a context."""

    def __init__(self, *, processes: int) -> None:
        self._idle: SimpleQueue[ReaderProcess] = SimpleQueue()
        self._all = [_readers.take() for _ in range(processes)]
        self._threads = ThreadPoolExecutor(max_workers=processes, thread_name_prefix="dop2i-read")
        for process in self._all:
            self._idle.put(process)

    def __enter__(self) -> ReaderPool:
        return self

    def __exit__(self, *exception: object) -> None:
        self._threads.shutdown(cancel_futures=True)
        for process in self._all:
            _readers.give_back(process)

    def ask(self, requests: Sequence[tuple[dict[str, Any], float]]) -> list[dict[str, Any]]:
        """The answers to requests, each with the seconds that it may take, in their order."""
        return list(self._threads.map(self._one, requests))

    def _one(self, asked: tuple[dict[str, Any], float]) -> dict[str, Any]:
        request, seconds = asked
        process = self._idle.get()
        try:
            return process.ask(request, seconds=seconds)
        finally:
            self._idle.put(process)
