"""News of communities, for the folders below this one: Django signals, sent inside the transaction."""

from __future__ import annotations

from django.dispatch import Signal

records_concerned = Signal()
"""The catalogue has to tell a community's records anew: its name, who may know of it, or who reads what is closed in it
is not what it was. Arguments: ``community``, ``actor``."""

member_left = Signal()
"""Somebody is no longer a member. Arguments: ``community``, ``person``, ``actor``."""
