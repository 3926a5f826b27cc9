"""Copies the front-end libraries of ``packages.json`` into the product: ``python requirements/front-end/vendor.py``.

Each package comes through ``npm pack`` at its pinned version, its archive is checked against the pinned integrity
(Subresource Integrity, sha512), and only the listed files are copied. With ``--check`` nothing is fetched or written:
it tells whether what lies in the product is what ``packages.json`` and ``sums.txt`` say.
"""

from __future__ import annotations

import argparse
import base64
import fnmatch
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
TARGET = HERE.parents[1] / "src" / "dop2i" / "faces" / "web" / "static" / "vendor"
SUMS = HERE / "sums.txt"


def main() -> int:
    """0 when all is as pinned, 1 with a line for each difference."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--check", action="store_true", help="compare only")
    packages = json.loads((HERE / "packages.json").read_text("utf-8"))
    if not arguments.parse_args().check:
        for folder, package in packages.items():
            renew(folder, package)
        SUMS.write_text("".join(f"{digest}  {name}\n" for name, digest in sums(packages).items()), encoding="utf-8")
    wrong = differences(packages)
    for line in wrong:
        print(line, file=sys.stderr)  # noqa: T201 - a command speaks to its terminal
    return 1 if wrong else 0


def renew(folder: str, package: dict[str, Any]) -> None:
    """Fetch one package, check it, and put its files in place of the old ones. Raises ``SystemExit`` with a reason."""
    with tempfile.TemporaryDirectory() as place:
        name = f"{package['package']}@{package['version']}"
        npm = shutil.which("npm") or sys.exit("npm is not installed; it fetches the packages.")
        packing = [npm, "pack", "--silent", "--ignore-scripts", "--pack-destination", place, name]
        subprocess.run(packing, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own pinned names
        archive = next(Path(place).glob("*.tgz"))
        found = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if found != package["integrity"]:
            sys.exit(f"{name} is not what was pinned: its integrity is {found}.")
        target = TARGET / folder
        shutil.rmtree(target, ignore_errors=True)
        with tarfile.open(archive) as opened:
            for member in opened.getmembers():
                into = place_of(member.name.partition("/")[2], package["files"])
                content = opened.extractfile(member) if into and member.isfile() else None
                if content is not None:
                    (target / into).parent.mkdir(parents=True, exist_ok=True)
                    (target / into).write_bytes(content.read())


def place_of(name: str, files: dict[str, str]) -> str:
    """Where a file of a package goes, empty when it is not listed."""
    for pattern, into in files.items():
        if fnmatch.fnmatchcase(name, pattern):
            return into + name.rpartition("/")[2] if into.endswith("/") else into
    return ""


def sums(packages: dict[str, Any]) -> dict[str, str]:
    """sha256 of every file of the packages that lies in the product."""
    paths = sorted(path for folder in packages for path in (TARGET / folder).rglob("*") if path.is_file())
    return {path.relative_to(TARGET).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def differences(packages: dict[str, Any]) -> list[str]:
    """What is changed, missing or too much in the product."""
    pinned = dict(reversed(line.split("  ", 1)) for line in SUMS.read_text("utf-8").splitlines())
    there = sums(packages)
    changed = [f"{name} is changed." for name in pinned if name in there and there[name] != pinned[name]]
    missing = [f"{name} is missing." for name in pinned if name not in there]
    return changed + missing + [f"{name} is not listed in sums.txt." for name in there if name not in pinned]


if __name__ == "__main__":
    sys.exit(main())
