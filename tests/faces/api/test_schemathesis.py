"""schemathesis over the OpenAPI document: no 5xx, no undocumented answer, no shape that is not as said."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from dop2i.faces.api.access import ACCESS, PUBLIC

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,unsupported_method,ignored_auth"
)
ROLES = {
    "reader": ("read",),
    "depositor": ("read", "deposit"),
    "curator": ("read", "deposit", "curate"),
    "harvester": ("harvest",),
    "administrator": ("read", "deposit", "curate", "harvest", "run", "admin"),
}
"""Who asks, with a token of these scopes. That none gets further than its scopes: test_access.py."""

THOROUGH = bool(os.environ.get("DOP2I_THOROUGH"))
"""Everybody calls everything, with more examples. Otherwise each operation is called by the role that it is for."""
FOR = {
    "visitor": PUBLIC,
    "reader": "read",
    "depositor": "deposit",
    "curator": "curate",
    "harvester": "harvest",
    "administrator": "admin",
}
EXAMPLES = "20" if THOROUGH else "2"

HOOKS = """
import schemathesis

@schemathesis.hook
def before_call(context, case, kwargs):
    # whoever revokes the token of this run is a stranger to all that follows
    if case.operation.path.endswith("/tokens/{token_id}") and str(case.path_parameters.get("token_id", "")).isdigit():
        case.path_parameters["token_id"] = 10**6 + int(case.path_parameters["token_id"]) % 10**6
    # no registry can be asked here, and its silence is a 503 that says so
    if case.operation.path.endswith("/draft/import") and isinstance(case.body, dict):
        if isinstance(case.body.get("identifier"), str):
            case.body["identifier"] = "of no known form"

@schemathesis.serializer("application/offset+octet-stream", "application/x-tar")
def plain(context, value):
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
"""


@pytest.mark.outside
@pytest.mark.slow(130)
@pytest.mark.parametrize("who", ["visitor", *ROLES])
def test_schemathesis_finds_nothing(live, tmp_path: Path, who: str) -> None:
    program = shutil.which("st") or shutil.which("st", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("schemathesis is not installed: pip install schemathesis")
    live.published({"a.txt": b"hello", "data/b.bin": bytes(1000)})
    (tmp_path / "hooks.py").write_text(HOOKS)
    command = [program, "run", f"{live.url}/api/openapi.json", "--seed", "1", "--checks", CHECKS, "--warnings", "off"]
    command += ["--max-examples", os.environ.get("DOP2I_SCHEMATHESIS_EXAMPLES", EXAMPLES)]
    if not THOROUGH:
        command += [f"--include-operation-id={name}" for name, scope in ACCESS.items() if scope == FOR[who]]
        if who not in ("reader", "depositor"):
            command += ["--phases", "examples,coverage,fuzzing"]  # no link leads from one of these to another
    if who != "visitor":
        token = live.token(f"{who}@example.org", scopes=ROLES[who], admin=who == "administrator")
        command += ["-H", f"Authorization: Bearer {token}"]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(tmp_path), "NO_COLOR": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-12000:] + done.stderr[-2000:]
    assert "Traceback" not in live.log.read_text()


def test_the_document_is_openapi_31_and_names_every_scope(live) -> None:
    document = requests.get(f"{live.url}/api/openapi.json", timeout=10).json()
    assert document["openapi"].startswith("3.1")
    for address, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["x-scope"], (address, method)
            assert operation["summary"], (address, method)
            assert ("security" in operation) == (operation["x-scope"] != "public"), (address, method)
