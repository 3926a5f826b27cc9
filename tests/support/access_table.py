"""The access matrix: who gets in where. Read it as the policy, line by line; ``test_access_matrix.py`` asks every cell.

Three things hold everywhere and are not repeated: an expired token is told 401; who came without a name is told 401 by
the API and sent to the sign-in page by the pages, where others would be refused; a token of another scope gets no
further than a stranger. And nobody is ever told a word of what they may not read, whatever the status.

A cell says who gets in, and what the others are told: ``own, inside 403, else 404``. A rule with one cell answers alike
for every state of a record.
"""

from __future__ import annotations

import io
import shlex
import tarfile


def _rules(text: str) -> dict[str, list[str]]:
    rows = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()[1:]]
    return {row[0]: row[1:] for row in rows}


GROUPS = {
    "none": (),
    "people": (
        *("stranger", "reader", "contributor", "curator", "manager", "owner", "granted", "revoked"),
        *("steward", "administrator"),
    ),
    "inside": ("reader", "contributor", "curator", "manager", "owner", "granted", "steward", "administrator"),
    "members": ("reader", "contributor", "curator", "manager", "steward", "administrator"),
    "team": ("curator", "manager", "owner", "steward", "administrator"),
    "curators": ("curator", "manager", "steward", "administrator"),
    "managers": ("manager", "steward", "administrator"),
    "own": ("owner", "steward", "administrator"),
    "self": ("owner",),
    "keepers": ("owner", "administrator"),
    "stranger": ("stranger",),
    "asked": ("stranger", "curator", "manager", "owner", "steward", "administrator"),
    "reviewers": ("curator", "manager", "owner", "steward", "administrator"),
    "stewards": ("steward", "administrator"),
    "administrators": ("administrator",),
}
"""``all`` is everybody, with or without a name."""

RULES = _rules("""
    rule           | public         | embargoed        | restricted                 | draft          | withdrawn
    description    | all            | all              | inside, else 404           | none, else 404 | none, else 410
    files          | all            | inside, else 403 | inside, else 404           | none, else 404 | none, else 410
    identifier     | all            | all              | inside, else 404           | none, else 404 | all
    draft          | own, else 403  | own, else 403    | own, inside 403, else 404  | own, else 404  | own, else 410
    shown          | people         | people           | inside, else 404           | none, else 404 | none, else 410
    taken out      | team, else 403 | team, else 403   | team, inside 403, else 404 | none, else 404 | none, else 410
    only published | all            | all              | inside, else 404           | none, else 404 | none, else 404
    withdrawal     | own, else 403  | own, else 403    | own, inside 403, else 404  | stewards, self 403, else 404 | stewards, self 403/409, else 410
    restoring      | stewards, else 403 | stewards, else 403 | stewards, inside 403, else 404 | stewards, self 403, else 404 | stewards, self 403/404, else 410
    link           | team, else 404 | team, else 404   | team, else 404             | own, else 404  | team, else 404
    terms          | all            | all              | inside, else 404           | own, else 404  | own, else 410
    looked after   | team, else 403 | team, else 403   | team, inside 403, else 404 | own, else 404  | team, else 410
    everybody      | all
    people         | people
    joining        | people
    stewards       | stewards, else 403
    administrators | administrators, else 403
    curators       | curators, else 403
    members        | members, else 403
    team           | team, else 403
    managers       | managers, else 403
    reviewers      | reviewers, else 404
    decisions      | curators, self 403, else 404
    asked          | asked, else 404
    answering      | team, else 404
    own comment    | self, reviewers 403, else 404
    keepers        | keepers, else 404
    own            | own, else 404
    nothing there  | none, else 404
""")  # noqa: E501 a table is read across

ROUTES = {
    "everybody": """
        api:get_vocabulary api:get_term api:health api:explain_problem api:search_records api:list_exports
        api:tus_capabilities api:openapi protocols:oai protocols:dcat protocols:sitemap web:home web:asset
        web:favicon web:robots web:search web:sign-in web:sign-out web:language web:api-reader web:about
        web:how-to-cite web:how-to-deposit web:how-to-use web:accessibility web:personal-data web:search-suggest
        web:accept-terms
        "web:confirm-access GET" api:list_closures api:export_closures api:search_suggestions web:closures
        web:closures-csv api:search_communities api:read_community api:list_collections api:list_community_records
        api:list_public_members api:list_source_kinds web:communities web:community web:forgotten
        web:compare-chosen web:sign-in-passkey web:new-password web:confirm-address web:sign-in-newcomer web:second-step
    """,
    "description": """
        api:get_record api:export_record api:get_access api:list_record_communities web:record web:linkset
        web:picture web:export web:compare api:compare_versions
    """,
    "files": """
        api:list_files api:list_folder api:get_content api:describe_file api:get_file web:file web:archive web:crate
        web:look web:look-figure api:list_views api:get_figure
    """,
    "draft": """
        api:get_draft api:update_draft api:delete_draft api:edit_record api:publish_draft api:import_files
        api:list_draft_files api:start_draft_files api:list_draft_folder api:put_files_bundle api:put_draft_content
        api:get_draft_content api:commit_draft_file api:describe_draft_file api:get_draft_file api:delete_draft_file
        api:new_version api:create_draft_upload api:get_draft_review api:choose_draft_review api:delete_draft_review
        api:submit_review api:add_record_communities api:set_record_default_community api:get_draft_ethics
        api:clean_draft_files api:ask_about_draft_ethics web:draft-ethics api:put_access api:preview_lift
        "web:record-communities POST" web:edit web:new-version web:draft web:draft-files web:draft-delete
        api:list_draft_views api:get_draft_figure
        web:draft-files-held web:draft-files-announce web:draft-files-state
        web:draft-stand web:draft-creators web:draft-import api:import_description
    """,
    "shown": """
        "web:record-communities GET"
    """,
    "taken out": """
        api:remove_record_communities
    """,
    "decisions": """
        api:act_on_request
    """,
    "own comment": """
        api:edit_comment api:delete_comment
    """,
    "identifier": """
        api:resolve_pid web:pid
    """,
    "only published": """
        api:list_versions api:latest_version web:latest web:graph web:ask-access api:request_access api:get_graph
        api:get_provenance
    """,
    "link": """
        api:get_access_link api:change_access_link api:revoke_access_link
    """,
    "terms": """
        api:accept_access_terms
    """,
    "asked": """
        api:get_access_request
    """,
    "answering": """
        api:answer_access_request
    """,
    "withdrawal": """
        web:withdraw api:withdraw_record
    """,
    "restoring": """
        web:restore api:restore_record api:override_draft_ethics
    """,
    "looked after": """
        api:get_record_history web:record-history web:record-access api:list_access_links api:create_access_link
        api:list_access_grants api:create_access_grant api:get_access_grant api:revoke_access_grant
        api:list_record_access_requests
    """,
    "people": """
        api:list_completions web:deposit-complete
        api:get_user api:list_jobs api:my_history api:my_records api:create_record api:list_notices api:read_notices
        api:list_tokens api:create_token api:create_upload api:upload_state api:append_upload api:end_upload
        web:deposit web:work web:tokens web:my-history web:profile web:notices web:notices-read web:signing-in
        web:password web:application web:passkey web:recovery-codes web:send-address web:end-sessions
        web:identity-remove web:factor-remove api:list_access_requests api:my_access_grants api:list_searches
        api:save_search api:change_search api:delete_search api:list_broken_links api:list_community_requests
        api:my_communities api:my_invitations api:my_membership_requests api:answer_invitation api:list_requests
        web:broken-links web:searches
        web:search-change web:search-delete web:my-access web:cancel-access-request web:requests
        web:invitation-answer web:community-ask
    """,
    "joining": """
        api:ask_to_join
    """,
    "administrators": """
        api:list_audit api:list_mails api:get_mail api:retry_mail web:journal web:jobs web:job-retry web:mails
        web:mail web:mail-retry
    """,
    "stewards": """
        api:create_community web:community-new api:list_harvests api:add_harvest api:get_harvest api:change_harvest
        api:remove_harvest api:run_harvest api:pause_harvest api:resume_harvest api:split_entry api:join_entry
        web:closures-to-review web:harvests web:harvest-new web:harvest-settle web:harvest web:harvest-change
    """,
    "curators": """
        web:desk
    """,
    "members": """
        api:list_members web:community-members web:community-queue
    """,
    "team": """
        api:remove_community_records
    """,
    "managers": """
        api:update_community api:delete_community api:rename_community api:put_logo api:delete_logo
        api:put_collection api:delete_collection api:add_members api:change_members api:remove_members
        api:list_invitations api:invite_members api:change_invitation api:cancel_invitation api:add_robot
        api:list_membership_requests api:answer_membership_request web:community-answer
        web:community-settings web:community-change-logo web:community-collection web:community-delete
        web:community-member web:community-add web:invitation-cancel
    """,
    "reviewers": """
        api:get_request api:request_timeline api:request_changes api:comment_on_request api:get_comment
        api:settle_comment api:unsettle_comment web:review
    """,
    "keepers": """
        api:revoke_token web:token-revoke
    """,
    "own": """
        api:get_job web:draft-withdraw
    """,
    "nothing there": """
        protocols:sitemap-file web:sign-in-with web:sign-in-answer api:get_logo web:community-logo api:get_entry
        api:get_raw api:list_entry_files "web:confirm-access POST" api:search_feed api:search_list web:entry
        web:invitation web:search-feed web:search-list
        web:design
    """,
}
"""Rule → the routes under it. A route of the server that stands nowhere fails the test."""

TOLERATED: dict[str, tuple[str, ...]] = {
    "draft": ("404", "409", "410"),
    "restoring": ("404",),
    "own": ("404",),
    "looked after": ("404",),
    "people": ("404",),
    "joining": ("409",),
    "administrators": ("404",),
    "stewards": ("404",),
    "managers": ("404",),
}
"""What who gets in may be told instead by some routes of a rule: there is no draft, no upload, no such letter."""

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def _bundle() -> str:
    """A tar of one small file, as text that is sent byte for byte."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        member = tarfile.TarInfo("bundled.txt")
        member.size = 1
        archive.addfile(member, io.BytesIO(b"x"))
    return packed.getvalue().decode("latin-1")


SAMPLES: dict[str, tuple[str, str]] = {
    "api:create_community": (JSON, '{"slug": "another", "metadata": {"title": "Another"}}'),
    "api:rename_community": (JSON, '{"slug": "muon-runs"}'),
    "api:put_collection": (JSON, '{"title": {"en": "Runs"}, "query": "muon"}'),
    "api:remove_community_records": (JSON, '{"records": [{"id": "{record_id}"}]}'),
    "api:add_members": (JSON, '{"members": [{"type": "user", "id": "{person_id}"}], "role": "reader"}'),
    "api:change_members": (JSON, '{"members": [{"type": "user", "id": "{person_id}"}], "role": "reader"}'),
    "api:remove_members": (JSON, '{"members": [{"type": "user", "id": "{person_id}"}]}'),
    "api:invite_members": (JSON, '{"members": [{"type": "email", "id": "new@example.org"}], "role": "reader"}'),
    "api:change_invitation": (JSON, '{"request_id": "1", "role": "reader"}'),
    "api:add_robot": (JSON, '{"name": "Night shift"}'),
    "api:choose_draft_review": (JSON, '{"receiver": {"community": "muons"}}'),
    "api:add_record_communities": (JSON, '{"communities": [{"id": "muons"}]}'),
    "api:remove_record_communities": (JSON, '{"communities": [{"id": "muons"}]}'),
    "api:set_record_default_community": (JSON, '{"default": "muons"}'),
    "api:comment_on_request": (JSON, '{"payload": {"content": "Well."}}'),
    "api:edit_comment": (JSON, '{"payload": {"content": "Better."}}'),
    "api:put_access": (JSON, '{"record": "public", "files": "public"}'),
    "api:create_access_grant": (JSON, '{"subject": {"type": "user", "id": "{person_id}"}}'),
    "api:change_access_link": (JSON, '{"expires_at": "2999-01-01"}'),
    "api:request_access": (JSON, '{"message": "To compare.", "full_name": "Dora", "email": "dora@example.org"}'),
    "api:withdraw_record": (JSON, '{"removal_reason": {"id": "error"}}'),
    "api:add_harvest": (JSON, '{"kind": "zenodo", "slug": "another", "title": "Another"}'),
    "api:join_entry": (JSON, '{"entry": "own:12"}'),
    "api:save_search": (JSON, '{"address": "/search?q=muon"}'),
    "api:override_draft_ethics": (JSON, '{"reason": "These are the names of the authors."}'),
    "api:start_draft_files": (JSON, '[{"key": "another.txt"}]'),
    "api:put_draft_content": ("application/octet-stream", "bytes"),
    "api:put_files_bundle": ("application/x-tar", _bundle()),
    "api:create_draft_upload": ("application/offset+octet-stream", ""),
    "api:create_token": (JSON, '{"scopes": ["read"]}'),
    "web:draft-files": (FORM, "delete={key}"),
    "web:draft-files-announce": (JSON, '[["another.txt", 1, ""]]'),
    "api:import_description": (JSON, '{"identifier": "of no known form"}'),
    "web:draft-import": (FORM, "forget=nothing"),
    "web:draft-creators": (FORM, "creators=Curie%2C+Marie"),
    "web:sign-in": (FORM, "email=nobody@example.org&password=x"),
}
"""What is sent with a request that needs a body to come as far as the question of rights."""

HEADERS = {"Tus-Resumable": "1.0.0", "Upload-Length": "1", "Upload-Offset": "0", "Upload-Metadata": "key YQ=="}


def rule_of(route: str) -> str | None:
    """The rule that the table gives a route (``web:record GET``, or without its method), None without a row."""
    return _ROWS.get(route) or _ROWS.get(route.partition(" ")[0])


def cell_of(rule: str, state_index: int) -> str:
    """One cell of a rule."""
    cells = RULES[rule]
    return cells[state_index] if len(cells) > 1 else cells[0]


def expected(rule: str, actor: str, state_index: int) -> set[str]:
    """What ``actor`` may be told: ``in``, ``sign in``, or a status."""
    first, *others = [part.strip() for part in cell_of(rule, state_index).split(",")]
    if first == "all":
        return {"in"}
    if actor in GROUPS[first]:
        return {"in", *TOLERATED.get(rule, ())}
    for part in others:
        group, code = part.rsplit(" ", 1)
        if group == "else" or actor in GROUPS[group]:
            codes = set(code.split("/"))
            return codes | {"sign in", "401"} if actor == "anonymous" else codes
    return {"401", "sign in"}


def rows() -> dict[str, str]:
    """Each route of the table with its rule."""
    return {route: rule for rule, names in ROUTES.items() for route in shlex.split(names)}


_ROWS = rows()
