"""Secrets that the database keeps and that must be read again: sealed with a key made from the instance's own.

Refresh tokens of sign-in providers and the secrets of authenticator applications are not readable from a copy of the
database alone: the key comes from the file ``secret_key`` of the instance's folder.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING

from django.conf import settings

from dop2i.errors import InvalidInput

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

_PURPOSE = b"dop2i sealed secrets"


def seal(text: str) -> str:
    """The text, encrypted and authenticated (Fernet: AES-128-CBC with HMAC-SHA256)."""
    return _box().encrypt(text.encode("utf-8")).decode("ascii")


def unseal(sealed: str) -> str:
    """What was sealed. Raises ``InvalidInput`` when it was changed, or sealed with another instance's key."""
    from cryptography.fernet import InvalidToken

    try:
        return _box().decrypt(sealed.encode("ascii")).decode("utf-8")
    except (InvalidToken, UnicodeError) as error:
        raise InvalidInput(
            "A secret of the database cannot be read with this instance's secret_key.",
            hint="Put back the secret_key file that belongs to the database.",
        ) from error


def _box() -> Fernet:
    from cryptography.fernet import Fernet

    key = hmac.new(settings.SECRET_KEY.encode(), _PURPOSE, hashlib.sha256).digest()
    return Fernet(base64.urlsafe_b64encode(key))
