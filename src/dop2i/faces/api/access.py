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
    "search_suggestions": PUBLIC,
    "search_feed": PUBLIC,
    "search_list": PUBLIC,
    "list_searches": "read",
    "save_search": "read",
    "change_search": "read",
    "delete_search": "read",
    "create_record": "deposit",
    "get_record": PUBLIC,
    "export_record": PUBLIC,
    "list_versions": PUBLIC,
    "latest_version": PUBLIC,
    "compare_versions": PUBLIC,
    "new_version": "deposit",
    "get_draft": "read",
    "edit_record": "deposit",
    "update_draft": "deposit",
    "delete_draft": "deposit",
    "publish_draft": "deposit",
    "import_files": "deposit",
    "import_description": "deposit",
    "list_completions": "read",
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
    "list_views": PUBLIC,
    "get_figure": PUBLIC,
    "list_draft_views": "read",
    "get_draft_figure": "read",
    "get_graph": PUBLIC,
    "get_provenance": PUBLIC,
    "list_broken_links": "read",
    "get_access": PUBLIC,
    "put_access": "read",
    "preview_lift": "read",
    "list_closures": PUBLIC,
    "export_closures": PUBLIC,
    "withdraw_record": "read",
    "restore_record": "read",
    "list_access_links": "read",
    "create_access_link": "read",
    "get_access_link": "read",
    "change_access_link": "read",
    "revoke_access_link": "read",
    "list_access_grants": "read",
    "create_access_grant": "read",
    "get_access_grant": "read",
    "revoke_access_grant": "read",
    "accept_access_terms": PUBLIC,
    "request_access": PUBLIC,
    "list_record_access_requests": "read",
    "list_access_requests": "read",
    "get_access_request": "read",
    "answer_access_request": "read",
    "my_access_grants": "read",
    "my_records": "read",
    "my_history": "read",
    "get_record_history": "read",
    "list_audit": "admin",
    "list_tokens": "read",
    "create_token": "read",
    "revoke_token": "read",
    "get_user": "read",
    "get_vocabulary": PUBLIC,
    "get_term": PUBLIC,
    "list_exports": PUBLIC,
    "resolve_pid": PUBLIC,
    "list_jobs": "read",
    "get_job": "read",
    "get_draft_ethics": "read",
    "clean_draft_files": "deposit",
    "override_draft_ethics": "curate",
    "ask_about_draft_ethics": "deposit",
    "list_notices": "read",
    "read_notices": "read",
    "list_mails": "admin",
    "get_mail": "admin",
    "retry_mail": "admin",
    "search_communities": PUBLIC,
    "my_communities": "read",
    "create_community": "curate",
    "read_community": PUBLIC,
    "update_community": "curate",
    "delete_community": "curate",
    "rename_community": "curate",
    "get_logo": PUBLIC,
    "put_logo": "curate",
    "delete_logo": "curate",
    "list_collections": PUBLIC,
    "put_collection": "curate",
    "delete_collection": "curate",
    "list_community_records": PUBLIC,
    "remove_community_records": "curate",
    "list_members": "read",
    "list_public_members": PUBLIC,
    "add_members": "curate",
    "change_members": "deposit",
    "remove_members": "deposit",
    "list_invitations": "curate",
    "invite_members": "curate",
    "change_invitation": "curate",
    "cancel_invitation": "curate",
    "my_invitations": "read",
    "answer_invitation": "deposit",
    "ask_to_join": "deposit",
    "list_membership_requests": "curate",
    "answer_membership_request": "deposit",
    "my_membership_requests": "read",
    "add_robot": "curate",
    "get_draft_review": "read",
    "choose_draft_review": "deposit",
    "delete_draft_review": "deposit",
    "submit_review": "deposit",
    "list_record_communities": PUBLIC,
    "add_record_communities": "deposit",
    "set_record_default_community": "deposit",
    "remove_record_communities": "read",
    "list_requests": "read",
    "list_community_requests": "read",
    "get_request": "read",
    "act_on_request": "read",
    "request_timeline": "read",
    "request_changes": "read",
    "comment_on_request": "read",
    "get_comment": "read",
    "edit_comment": "read",
    "delete_comment": "read",
    "settle_comment": "read",
    "unsettle_comment": "read",
    "list_source_kinds": PUBLIC,
    "list_harvests": "harvest",
    "add_harvest": "harvest",
    "get_harvest": "harvest",
    "change_harvest": "harvest",
    "remove_harvest": "harvest",
    "run_harvest": "harvest",
    "pause_harvest": "harvest",
    "resume_harvest": "harvest",
    "get_entry": PUBLIC,
    "get_raw": PUBLIC,
    "list_entry_files": PUBLIC,
    "split_entry": "harvest",
    "join_entry": "harvest",
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
