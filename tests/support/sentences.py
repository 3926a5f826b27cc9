"""The sentences that the source says to people: messages and hints of errors, and warnings of readers."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import dop2i
from dop2i import errors

SOURCE = Path(dop2i.__file__).parent
ERRORS = {name for name, found in vars(errors).items() if isinstance(found, type)} | {"Refused"}
SAID_ELSEWHERE = ("client/", "demo/", "testing/", "stores/", "faces/cli/", "faces/api/", "faces/serve.py",
                  "faces/protocols/", "server/configuration.py", "server/backup.py", "server/database_copies.py",
                  "server/instance.py", "core/packages/")  # fmt: skip
"""On a terminal, to programs, or to the operator: in English."""


@functools.cache
def sentences() -> dict[str, str]:
    """Each sentence with ``{}`` where something varies, and the file that says it (one of them)."""
    found: dict[str, str] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(SOURCE).as_posix()
        if not name.startswith(SAID_ELSEWHERE):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            written = _written_in(tree) if name.startswith("core/model/") else ()
            noted = _noted_in(tree) if name.startswith(("core/mappings/", "server/harvests/")) else ()
            for text in (*_said_in(tree), *written, *noted):
                found.setdefault(text, name)
    return found


def _said_in(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name in ERRORS:
            given = [*node.args, *(k.value for k in node.keywords if k.arg in ("hint", "message"))]
        elif name == "append" and "warnings" in ast.unparse(node.func):
            given = node.args
        elif name == "_with":
            yield f"{ast.literal_eval(node.args[0])}: {{}}."
            continue
        else:
            continue
        for part in given:
            yield from filter(_is_sentence, _texts(part))


def _noted_in(tree: ast.Module) -> Iterator[str]:
    """What harvests note of a record, and why one could not be read."""
    for node in ast.walk(tree):
        given: list[ast.expr] = []
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).rpartition(".")[2] == "problem":
            given = [node.value]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("notes.append"):
            given = node.args
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Raw", "OaiRecord"):
            given = [*node.args[5:], *(k.value for k in node.keywords if k.arg == "problem")]
        for part in given:
            yield from filter(_is_sentence, _texts(part))


def _is_sentence(text: str) -> bool:
    return " " in text.strip() and bool(re.search(r"[^\W\d_]{3}", text.replace("{}", "")))


def _written_in(tree: ast.Module) -> Iterator[str]:
    """Whole sentences that stand in tables of the model, to be said later."""
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and id(node) not in documentation else None
        if isinstance(text, str) and re.fullmatch(r"[A-Z][^\n]* [^\n]*[.]", text):
            yield text


def _texts(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)
        return
    text = _template(node)
    if text is not None:
        yield text


def _template(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _template(node.left), _template(node.right)
        return None if left is None or right is None else left + right
    return None
