"""The processes that look inside files: bounded in time and memory, and started again when they die."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from django.conf import settings

from dop2i.server.files.reader_process import SCRATCH

MISSING = "its bytes are missing on the server"
_PROCESSES = 4
_WORTH_SHARING = 50


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
        self._waiting = b""
        self._scratch: Path | None = None

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
        return answer

    def _running(self) -> Any:
        if self._process is None or self._process.poll() is not None:
            self.stop()
            limits = settings.DOP2I.limits
            module = "dop2i.server.files.reader_process"
            arguments = [str(self._memory or limits.description_bytes), str(limits.description_seconds)]
            self._waiting = b""
            # what a killed process had unpacked goes with its folder
            self._scratch = Path(tempfile.mkdtemp(prefix=SCRATCH))
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-m", module, *arguments],
                env={**os.environ, "TMPDIR": str(self._scratch)},
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
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)
            self._scratch = None


class ReaderPool:
    """A few reading processes that share the requests of a batch. Use it as a context."""

    def __init__(self, *, processes: int) -> None:
        self._idle: SimpleQueue[ReaderProcess] = SimpleQueue()
        self._all = [ReaderProcess() for _ in range(processes)]
        self._threads = ThreadPoolExecutor(max_workers=processes, thread_name_prefix="dop2i-read")
        for process in self._all:
            self._idle.put(process)

    def __enter__(self) -> ReaderPool:
        return self

    def __exit__(self, *exception: object) -> None:
        self._threads.shutdown(cancel_futures=True)
        for process in self._all:
            process.stop()

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
