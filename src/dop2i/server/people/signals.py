"""News about persons, for the folders below: Django signals."""

from __future__ import annotations

from django.dispatch import Signal

claims_applied = Signal()
"""A sign-in provider's claims were read, at a sign-in or by the hourly refresh. Sent inside the transaction.

Arguments: ``person``, ``provider`` (the name in ``dop2i.toml``), ``communities`` (slug → set of roles; all that this
provider's claims give now, so that whatever it gave before and is not in here ends), ``until`` (when they lapse).
"""
