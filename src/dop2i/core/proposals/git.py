"""What a ``.git`` folder tells, read as plain files: no git program is run, so no hook or filter of others is.

Formats: https://git-scm.com/docs/gitrepository-layout and https://git-scm.com/docs/git-config (syntax).
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

_LIMIT = 1 << 20
_HASH = re.compile(r"^[0-9a-f]{40}(?:[0-9a-f]{24})?$")
_SCP = re.compile(r"^(?:[\w.-]+@)?([\w.-]+):(?!//)(.+)$")
_AUTHOR = re.compile(r"^(?:author|committer) (.*?) <[^>]*> \d+ [+-]\d{4}$", re.M)


@dataclass(slots=True)
class GitFacts:
    """``remote`` without credentials; ``commit`` in hexadecimal; ``authors`` by name, never their addresses."""

    remote: str = ""
    branch: str = ""
    commit: str = ""
    tags: list[str] = field(default_factory=list)
    authors: list[str] = field(default_factory=list)


def read_git(path: str | Path) -> GitFacts | None:
    """The facts of the repository whose work tree is ``path``; None where there is none or it cannot be read."""
    folder = _git_folder(Path(path))
    if folder is None:
        return None
    facts = GitFacts()
    facts.remote = _remote(_read(folder / "config"))
    packed = _packed(_read(folder / "packed-refs"))
    head = _read(folder / "HEAD").strip()
    if head.startswith("ref: "):
        name = head[5:].strip()
        if _safe_ref(name):
            facts.branch = name.removeprefix("refs/heads/")
            facts.commit = _read(folder / name).strip() or packed.get(name, "")
    else:
        facts.commit = head
    if not _HASH.match(facts.commit):
        facts.commit = ""
    if facts.commit:
        facts.tags = _tags_at(folder, packed, facts.commit)
    facts.authors = _authors(folder, facts.commit)
    return facts


def _git_folder(work_tree: Path) -> Path | None:
    """``.git`` itself; the file form (``gitdir: …``) of worktrees only when it stays inside the work tree."""
    place = work_tree / ".git"
    if place.is_symlink():
        return None
    if place.is_file():
        named = _read(place).strip()
        if not named.startswith("gitdir: "):
            return None
        target = (work_tree / named[8:].strip()).resolve()
        place = target if target.is_relative_to(work_tree.resolve()) else place
    return place if place.is_dir() and (place / "HEAD").is_file() else None


def _read(path: Path) -> str:
    try:
        if path.is_symlink() or not path.is_file():
            return ""
        with path.open("rb") as file:
            return file.read(_LIMIT).decode("utf-8", "replace")
    except OSError:
        return ""


def _safe_ref(name: str) -> bool:
    return name.startswith("refs/") and ".." not in name and "\x00" not in name and "\\" not in name


def _remote(config: str) -> str:
    """The address of ``origin`` (else of the first remote), as https and without user or password."""
    section, first, origin = "", "", ""
    for line in config.splitlines():
        stripped = line.strip()
        if stripped.startswith("["):
            match = re.match(r'^\[remote "([^"]*)"\]', stripped)
            section = match.group(1) if match else ""
        elif section and re.match(r"^url\s*=", stripped):
            address = without_credentials(stripped.split("=", 1)[1].strip().strip('"'))
            first = first or address
            if section == "origin":
                origin = origin or address
    return origin or first


def without_credentials(address: str) -> str:
    """A remote's address as a person may see it: no user, no password, no query; ``git@host:path`` as https."""
    if "://" not in address:
        match = _SCP.match(address)
        return f"https://{match.group(1)}/{match.group(2).lstrip('/')}" if match else ""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if parts.scheme not in {"https", "http", "ssh", "git"} or not host:
        return ""
    scheme = "http" if parts.scheme == "http" else "https"
    where = f"{host}:{port}" if port and parts.scheme in {"http", "https"} else host
    return urlunsplit((scheme, where, parts.path, "", ""))


def _packed(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    last = ""
    for line in text.splitlines():
        if line.startswith("^") and last:
            found[f"{last}^{{}}"] = line[1:].strip()
        elif not line.startswith("#") and " " in line:
            commit, last = line.split(" ", 1)
            found[last] = commit
    return found


def _tags_at(root: Path, packed: dict[str, str], commit: str) -> list[str]:
    tags = {name[10:] for name, target in packed.items() if name.startswith("refs/tags/") and target == commit}
    tags = {name.removesuffix("^{}") for name in tags}
    folder = root / "refs" / "tags"
    if folder.is_dir() and not folder.is_symlink():
        for place in sorted(folder.iterdir())[:1000]:
            if _read(place).strip() == commit:
                tags.add(place.name)
    return sorted(tags)


def _authors(folder: Path, commit: str) -> list[str]:
    """Authors of the last commit (when it is a loose object) and of the local log, in order, once."""
    found: dict[str, None] = {}
    if commit:
        loose = folder / "objects" / commit[:2] / commit[2:]
        try:
            if loose.is_file() and not loose.is_symlink() and loose.stat().st_size < _LIMIT:
                body = zlib.decompressobj().decompress(loose.read_bytes(), 64 << 10).decode("utf-8", "replace")
                found |= dict.fromkeys(name.strip() for name in _AUTHOR.findall(body)[:1])
        except (OSError, zlib.error):
            pass
    for line in _read(folder / "logs" / "HEAD").splitlines()[-2000:]:
        match = re.match(r"^\S+ \S+ (.*?) <[^>]*> \d+ [+-]\d{4}\t(commit|merge)", line)
        if match:
            found[match.group(1).strip()] = None
    return [name for name in found if name][:50]
