"""What the log may say: no token and no password, whoever wrote the line; and no line that somebody else made up."""

from __future__ import annotations

import logging
import re

_SECRETS = re.compile(r"(dop2i_[A-Za-z0-9_-]{8})[A-Za-z0-9_-]+|((?:access_token|password|Bearer)[=: ]+)[^\s&\"']+")


class NoSecrets(logging.Filter):
    """Replaces what looks like a token or a password in the finished message."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always true: the line is kept, its secrets are not."""
        message = record.getMessage()
        cleaned = _SECRETS.sub(lambda match: f"{match.group(1) or match.group(2)}…", message)
        if cleaned != message:
            record.msg, record.args = cleaned, None
        return True


_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class OneLine(logging.Filter):
    """Writes out what would begin a new line or steer a terminal: a file's name cannot forge a line of the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always true: the line is kept. A traceback, which we make ourselves, keeps its lines."""
        message = record.getMessage()
        cleaned = _STEERING.sub(lambda match: match.group().encode("unicode_escape").decode("ascii"), message)
        if cleaned != message:
            record.msg, record.args = cleaned, None
        return True
