"""A real mail server on this machine's own address: aiosmtpd, which can be told to refuse."""

from __future__ import annotations

import email
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from live_server import free_port


@dataclass
class Letterbox:
    """What arrived; ``answer`` is what the server says to a recipient (``250 …``, ``450 …``, ``550 …``)."""

    port: int
    answer: str = "250 OK"
    mails: list[EmailMessage] = field(default_factory=list)
    users: list[str] = field(default_factory=list)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        """Takes or refuses a recipient."""
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Takes the message."""
        self.mails.append(email.message_from_bytes(envelope.content, policy=default))
        return "250 taken"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        """Lets in whoever says the password ``let me in``."""
        good = isinstance(data, LoginPassword) and data.password == b"let me in"
        if good:
            self.users.append(data.login.decode())
        return AuthResult(success=good, handled=False)


@contextmanager
def mail_server(*, with_password: bool = False) -> Iterator[Letterbox]:
    """Serves for the length of the block."""
    box = Letterbox(port=free_port())
    options: dict[str, Any] = {}
    if with_password:
        options = {"authenticator": box.authenticate, "auth_required": True, "auth_require_tls": False}
    controller = Controller(box, hostname="127.0.0.1", port=box.port, **options)
    with warnings.catch_warnings():
        # A password without TLS never leaves this machine here.
        warnings.filterwarnings("ignore", message="Requiring AUTH while not requiring TLS")
        controller.start()
        try:
            yield box
        finally:
            controller.stop()
