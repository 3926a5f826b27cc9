"""ROOT files: trees, RNTuples, histograms, profiles and graphs in nested directories, read by uproot."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from dop2i.core.formats import _root_flavours as flavours
from dop2i.core.formats._findings import MOST_HEADERS, MOST_MEMBERS, Findings, tidy
from dop2i.core.formats.base import Description, FormatReader, Member, Source, Values, kept
from dop2i.core.formats.limits import LARGEST_MAPPED, Budget
from dop2i.errors import NotFound, UnreadableFile

_TREES = frozenset({"TTree", "TNtuple", "TNtupleD", "TChain"})
_RNTUPLES = frozenset({"ROOT::RNTuple", "ROOT::Experimental::RNTuple"})
_FOLDERS = frozenset({"TDirectory", "TDirectoryFile"})
_TEXTS = frozenset({"TNamed", "TObjString"})
_MOST_HISTOGRAMS = 300
_MOST_BINS_KEPT = 100_000
_MOST_KEYS = 20_000
_DEEPEST = 30


class RootReader(FormatReader):
    """Lists every key, streams the columns of trees, keeps histograms; names no class it cannot read.

    Format: ROOT's TFile, https://root.cern/doc/v636/classTFile.html (magic ``root``); RNTuple binary format 1.0.
    """

    name = "root"
    label = {"en": "ROOT file", "fr": "Fichier ROOT"}
    media_types = ("application/x-root",)
    suffixes = (".root",)
    rank = 10

    def recognises(self, name: str, head: bytes) -> float:
        """The four letters ``root`` and a plausible version."""
        if len(head) < 12 or head[:4] != b"root":
            return 0.0
        return 1.0 if int.from_bytes(head[8:12], "big") >= 64 else 0.6

    def describe(self, source: Source) -> Description:
        """Trees, histograms, graphs, notes and members. Raises ``UnreadableFile`` when the directory is damaged."""
        description = Description(format=self.name, label=self.label["en"], media_type=self.media_types[0])
        budget = Budget.of(source)
        with opened(source) as directory:
            _header(directory, source, description)
            found = _walk(directory, description)
            for path, key in found:
                if budget.out_of_time:
                    description.warnings.append("Not all objects were read: the time allowed is used up.")
                    break
                _add_object(path, key, description, budget)
        findings = Findings(description, source.name)
        findings.dataset(key="")
        flavours.recognise_experiment({path: key.fClassName for path, key in found}, description, findings)
        description.summary = _summary(description)
        return description

    def preview(self, source: Source, *, table: str, start: int = 0, stop: int = 50) -> dict[str, Any]:
        """Rows of a TTree or an RNTuple. Raises ``NotFound`` when the file has none of that name."""
        from dop2i.core.formats._root_trees import preview_tree

        with opened(source) as directory:
            key = key_at(directory, table)
            if key is not None and key.fClassName in _TREES | _RNTUPLES:
                return preview_tree(key.get(), start=start, stop=stop)
        raise NotFound(f"{source.name} has no tree {table!r}.")

    def blocks(self, source: Source, *, table: str, columns: Sequence[str]) -> list[tuple[int, int]]:
        """The baskets of the first column, or the clusters of an RNTuple."""
        from dop2i.core.formats._root_arrays import blocks_of

        return blocks_of(_tree(source, table), columns)

    def arrays(
        self, source: Source, *, table: str, columns: Sequence[str], start: int = 0, stop: int | None = None
    ) -> dict[str, Values]:
        """Branches of a TTree or fields of an RNTuple; only their baskets of these entries are read."""
        from dop2i.core.formats._root_arrays import read_columns

        return read_columns(_tree(source, table), table, columns, start, stop)


def _tree(source: Source, table: str) -> Any:
    """The tree of that name. Raises ``NotFound``."""

    def find() -> Any:
        key = key_at(kept(source, "root file", lambda: opened(source)), table)
        if key is None:
            raise NotFound(f"{source.name} has no tree {table!r}.")
        if key.fClassName not in _TREES | _RNTUPLES:
            raise NotFound(f"{table} in {source.name} is a {key.fClassName}, not a tree.")
        return key.get()

    return kept(source, f"tree {table}", find)


def opened(source: Source) -> Any:
    """The directory of a file, to be closed. Raises ``UnreadableFile`` where it cannot be read.

    What a file says of its classes holds for itself alone: uproot would read the next file's by them.
    """
    import uproot

    classes = dict(uproot.classes)
    try:
        if source.local_path is not None:
            small = source.size <= LARGEST_MAPPED
            kinds = uproot.source.file
            handler = kinds.MemmapSource if small else kinds.MultithreadedFileSource
            return uproot.open({source.local_path: None}, handler=handler, custom_classes=classes)
        return uproot.open(source.open(), custom_classes=classes)
    except Exception as problem:
        raise UnreadableFile(
            f"{source.name} begins like a ROOT file, but its directory cannot be read ({_reason(problem)}).",
            hint="It is damaged or cut short: compare its size and checksum with the original.",
        ) from problem


def _header(directory: Any, source: Source, description: Description) -> None:
    file = directory.file
    description.headers["ROOT version"] = file.root_version
    description.headers["compression"] = str(file.compression)
    if file.fEND > source.size:
        description.error = (
            f"{source.name} is cut short: its header announces {file.fEND:,} bytes and {source.size:,} are there."
        )


def _walk(directory: Any, description: Description) -> list[tuple[str, Any]]:
    """``(path, key)`` of all objects, the newest cycle of each, folders listed as members; loops are cut by depth."""
    found: list[tuple[str, Any]] = []
    waiting = [("", directory, 0)]
    seen = set()
    while waiting and len(found) < _MOST_KEYS:
        prefix, folder, depth = waiting.pop(0)
        newest: dict[str, Any] = {}
        for key in _keys_of(folder):
            if key.fName not in newest or key.fCycle > newest[key.fName].fCycle:
                newest[key.fName] = key
        for name, key in itertools.islice(newest.items(), _MOST_KEYS):
            path = f"{prefix}{name}"
            if len(description.members) < MOST_MEMBERS:
                description.members.append(Member(path, int(key.fNbytes), tidy(key.fClassName)))
            if key.fClassName in _FOLDERS:
                if key.fSeekKey in seen or depth >= _DEEPEST:
                    continue
                seen.add(key.fSeekKey)
                try:
                    waiting.append((f"{path}/", key.get(), depth + 1))
                except Exception as problem:
                    description.warnings.append(f"The folder {path} cannot be read: {_reason(problem)}.")
            else:
                found.append((path, key))
    if len(found) >= _MOST_KEYS:
        description.warnings.append(f"The file holds more than {_MOST_KEYS} objects; the first are described.")
    return found


def _keys_of(folder: Any) -> list[Any]:
    # uproot's own way to a key takes a slash in a name (``chi2/NDF``) for a folder
    return list(folder._keys)


def key_at(directory: Any, path: str) -> Any:
    """The key of an object, the newest cycle; None where there is none of that path."""
    try:
        key = directory.key(path)
    except Exception:
        # letters in the path mean something to uproot
        return next((key for known, key in _walk(directory, Description()) if known == path), None)
    return key if hasattr(key, "fClassName") else None


def _add_object(path: str, key: Any, description: Description, budget: Budget) -> None:
    """Reads one object by its class; a damaged one gives a warning and the next is read."""
    from dop2i.core.formats import _root_histograms as histograms
    from dop2i.core.formats import _root_trees as trees

    kind = key.fClassName
    try:
        if kind in _TREES:
            description.tables.append(
                trees.describe_tree(key.get(), path, budget=budget, warnings=description.warnings)
            )
        elif kind in _RNTUPLES:
            description.tables.append(
                trees.describe_rntuple(key.get(), path, budget=budget, warnings=description.warnings)
            )
        elif histograms.HISTOGRAM.match(kind):
            if len(description.histograms) < _MOST_HISTOGRAMS:
                left = _MOST_BINS_KEPT - sum(len(known.counts) for known in description.histograms)
                description.histograms.append(histograms.describe_histogram(key.get(), path, bins_left=left))
        elif histograms.GRAPH.match(kind):
            if budget.take_columns(2) == 2:
                description.tables.append(histograms.describe_graph(key.get(), path))
        elif (kind in _TEXTS or kind.startswith("TParameter<")) and len(description.headers) < MOST_HEADERS:
            description.headers[path] = _note(key)
    except Exception as problem:
        description.warnings.append(f"{path} ({tidy(kind)}) cannot be read: {_reason(problem)}.")


def _note(key: Any) -> Any:
    """The text or number of a small object."""
    if key.fClassName == "TNamed":
        return tidy(key.fTitle)
    value = key.get()
    if key.fClassName == "TObjString":
        return tidy(str(value))
    return value.member("fVal")


def _summary(description: Description) -> str:
    counts = [
        (sum(table.kind == "tree" for table in description.tables), "tree"),
        (len(description.histograms), "histogram"),
        (sum(table.kind == "series" for table in description.tables), "graph"),
    ]
    parts = [f"{count} {word}{'s' if count > 1 else ''}" for count, word in counts if count]
    rows = max((table.rows or 0 for table in description.tables if table.kind == "tree"), default=0)
    if rows:
        parts.append(f"up to {rows:,} entries")
    listing = ", ".join(parts) if parts else f"{len(description.members)} objects"
    return f"{description.label}: {listing}"


def _reason(problem: BaseException) -> str:
    lines = [line.strip() for line in str(problem).splitlines() if line.strip()]
    return (lines[0] if lines else type(problem).__name__)[:200].rstrip(". :")
