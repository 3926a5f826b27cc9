"""gunicorn's threaded worker, which stays with a connection while its client keeps asking.

gunicorn gives a connection back to its poller after each answer, and hands it to a thread again for the next request:
two changes of thread, most of the time that a small answer takes. This worker waits a moment for the next request where
it stands, as long as there are threads to spare, and lets the fast lane answer before anything is parsed.
"""

from __future__ import annotations

import errno
import select
import threading
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from dop2i.faces.fast_lane import LINGER, Asked
from dop2i.faces.ready import make_ready

_FIRST_SECONDS = 0.05
_GONE = frozenset({errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN, errno.EBADF})


class Worker(ThreadWorker):  # type: ignore[misc]
    """One connection a thread for as long as requests follow each other closely."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._busy = 0
        # gunicorn looks a setting up anew each time, and that takes a while
        self._threads = int(self.cfg.threads)
        self._counting = threading.Lock()

    def run(self) -> None:
        """Serves from the first moment on, and meanwhile loads what the first visitors would wait for."""
        threading.Thread(target=make_ready, name="make-ready", daemon=True).start()
        super().run()

    def handle(self, conn: TConn) -> Any:
        """Answers the requests of a connection; tells gunicorn what to do with it then, as its own method does."""
        with self._counting:
            self._busy += 1
        try:
            return self._stay(conn)
        finally:
            with self._counting:
                self._busy -= 1

    def _stay(self, conn: TConn) -> Any:
        if not conn.initialized and not conn.wait_for_data(_FIRST_SECONDS):
            return super().handle(conn)
        while True:
            asked = None
            if self.alive and not conn.is_http2:
                try:
                    asked, done = self._hasten(conn)
                except OSError as error:
                    if error.errno not in _GONE:
                        self.log.exception("A range could not be sent.")
                    return False
                if done:
                    return True
            self.wsgi.expect(asked)
            kept = super().handle(conn)
            if kept is not True or not (_has_read(conn) or self._another(conn)):
                return kept

    def _hasten(self, conn: TConn) -> tuple[Asked | None, bool]:
        """Lets the fast lane answer; what it does not is given to gunicorn's buffer. True when all is answered."""
        conn.sock.setblocking(True)
        conn.init()
        if conn.is_http2 or _has_read(conn):
            return None, False
        data, asked = self.wsgi.answer(conn.sock, may_wait=self._can_wait)
        if data is None:
            return None, True
        conn.parser.unreader.unread(data)
        return asked, False

    def _another(self, conn: TConn) -> bool:
        """Whether another request begins within a moment."""
        waiting = select.poll()
        waiting.register(conn.sock, select.POLLIN)
        return self._can_wait() and bool(waiting.poll(LINGER))

    def _can_wait(self) -> bool:
        """Whether there is a thread for whoever else comes."""
        return bool(self.alive) and self._busy < self._threads


def _has_read(conn: TConn) -> bool:
    """Whether gunicorn has already read some of the next request."""
    return bool(conn.parser.unreader.buf.getbuffer().nbytes)
