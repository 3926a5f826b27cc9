"""What the log may say: no token and no password, whoever wrote the line."""

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
