"""Who may call what: one line an operation of the API, and nothing is served that has none.

``public`` answers everybody (of what they may see), the others need a person whose token or session carries that
scope. What a person may do with one record is asked again by the policy of ``server.records``.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja.security.base import AuthBase

from dop2i.errors import NotPermitted

PUBLIC = "public"

ACCESS: dict[str, str] = {
    "search_records": PUBLIC,
    "create_record": "deposit",
    "get_record": PUBLIC,
    "export_record": PUBLIC,
    "list_versions": PUBLIC,
    "latest_version": PUBLIC,
    "new_version": "deposit",
    "get_draft": "read",
    "edit_record": "deposit",
    "update_draft": "deposit",
    "delete_draft": "deposit",
    "publish_draft": "deposit",
    "import_files": "deposit",
    "list_draft_files": "read",
    "start_draft_files": "deposit",
    "get_draft_file": "read",
    "delete_draft_file": "deposit",
    "get_draft_content": "read",
    "put_draft_content": "deposit",
    "commit_draft_file": "deposit",
    "put_files_bundle": "deposit",
    "list_draft_folder": "read",
    "describe_draft_file": "read",
    "list_files": PUBLIC,
    "list_folder": PUBLIC,
    "get_file": PUBLIC,
    "get_content": PUBLIC,
    "describe_file": PUBLIC,
    "my_records": "read",
    "get_user": "read",
    "get_vocabulary": PUBLIC,
    "get_term": PUBLIC,
    "list_exports": PUBLIC,
    "resolve_pid": PUBLIC,
    "list_jobs": "read",
    "get_job": "read",
    "health": PUBLIC,
    "explain_problem": PUBLIC,
    "tus_capabilities": PUBLIC,
    "create_upload": "deposit",
    "create_draft_upload": "deposit",
    "upload_state": "deposit",
    "append_upload": "deposit",
    "end_upload": "deposit",
}
"""Operation → scope. The matrix test calls each as everybody."""


class Bearer(AuthBase):
    """Lets a request through to an operation of one scope."""

    openapi_type = "http"
    openapi_scheme = "bearer"

    def __init__(self, scope: str) -> None:
        self.scope = scope
        super().__init__()

    def __call__(self, request: HttpRequest) -> Any:
        """The actor. Raises ``NotAuthenticated``, ``NotPermitted``."""
        from dop2i.server.people.policy import require_scope

        actor = request.actor
        if request.actor_by == "session" and request.method not in ("GET", "HEAD", "OPTIONS"):
            _refuse_forged(request)
        if self.scope != PUBLIC:
            require_scope(actor, self.scope)
        return actor


class Open(Bearer):
    """An operation that answers everybody, so that the document does not ask for a token."""

    openapi_type = ""


def _refuse_forged(request: HttpRequest) -> None:
    """A signed-in browser changes something only from a page of ours (a program sends a token)."""
    from ninja.utils import check_csrf

    if check_csrf(request) is not None:
        raise NotPermitted(
            "The request carries a browser's session but not the sign that it comes from a page of this server.",
            hint="Send X-CSRFToken, or a token.",
        )
