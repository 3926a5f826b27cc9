"""Records, drafts and their files as Python objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from dop2i.client.session import Session, json_of, quote_key
from dop2i.errors import ChecksumMismatch, NotFound, ServiceUnavailable

if TYPE_CHECKING:
    import io

PUBLISH_SECONDS = 900.0
"""How long a publication may take to be acknowledged: a record of 100,000 files is written and flushed."""

PAGE = 1000
"""Files asked for at once when a record's files are listed."""


class Client:
    """A server as one person sees it.

    ``url`` is the server's address; ``token`` a personal access token (none: what is public). Both default to the
    variables DOP2I_URL and DOP2I_TOKEN. Every method raises the classes of :mod:`dop2i.errors`.
    """

    def __init__(
        self, url: str | None = None, token: str | None = None, *, retries: int = 5, timeout: float = 60.0
    ) -> None:
        import os

        self.session = Session(
            url or os.environ.get("DOP2I_URL", "http://127.0.0.1:8000"),
            os.environ.get("DOP2I_TOKEN", "") if token is None else token,
            retries=retries,
            timeout=timeout,
        )

    @property
    def url(self) -> str:
        """The address of the server."""
        return self.session.url

    def person(self) -> dict[str, Any]:
        """Whose token it is: ``{"id", "email", "profile"}``; the profile is a creator, as in a record's metadata."""
        found: dict[str, Any] = self.session.get_json("api/user")
        return found

    def record(self, identifier: str | int) -> Record:
        """A published record by its number, its concept's number (the latest version), its PID or its address."""
        from dop2i.client.resolve import record_number

        number = record_number(self.session, str(identifier))
        return Record(self.session, self.session.get_json(f"api/records/{number}"))

    def search(self, q: str = "", *, sort: str = "", size: int = 100, **filters: str | list[str]) -> Iterator[Record]:
        """Public records that match, best first; ``filters`` are facets (``theme="nuclear"``, ``format="root"``)."""
        page = 1
        while True:
            params = {"q": q, "page": page, "size": size, **({"sort": sort} if sort else {}), **filters}
            found = self.session.get_json("api/records", params=params)["hits"]
            for hit in found["hits"]:
                yield Record(self.session, hit)
            total = found["total"] if isinstance(found["total"], int) else found["total"]["value"]
            if not found["hits"] or page * size >= total:
                return
            page += 1

    def create(self, document: dict[str, Any]) -> Draft:
        """A new draft from a record document (``{"metadata": …, "custom_fields": …, "access": …}``)."""
        return Draft(self.session, json_of(self.session.request("POST", "api/records", json=document)))

    def draft(self, number: str | int) -> Draft:
        """A draft of yours by its number."""
        return Draft(self.session, self.session.get_json(f"api/records/{number}/draft"))

    def drafts(self) -> Iterator[Record]:
        """What you own, drafts and published records, newest first."""
        found = self.session.get_json("api/user/records", params={"size": 100})["hits"]
        for hit in found["hits"]:
            yield (Draft if hit.get("is_draft") else Record)(self.session, hit)


class RemoteFile:
    """One file of a record: ``key`` (its path in the record), ``size``, ``sha256``, ``media_type``."""

    def __init__(self, session: Session, base: str, entry: dict[str, Any]) -> None:
        self._session = session
        self.entry = entry
        self.key: str = entry["key"]
        self.size = int(entry.get("size") or 0)
        self.media_type: str = entry.get("mimetype") or "application/octet-stream"
        self.path = f"{base}/files/{quote_key(self.key)}"

    def __repr__(self) -> str:
        return f"<RemoteFile {self.key!r} {self.size} bytes>"

    @property
    def checksums(self) -> dict[str, str]:
        """Hexadecimal digests by algorithm: always sha256, and md5 and adler32 when they are known."""
        known = dict(self.entry.get("checksums") or {})
        algorithm, _, digest = str(self.entry.get("checksum") or "").partition(":")
        if digest:
            known.setdefault(algorithm, digest)
        return {name: value for name, value in known.items() if value}

    @property
    def sha256(self) -> str:
        """The digest in hexadecimal, empty where the server does not tell it."""
        return self.checksums.get("sha256", "")

    def open(self) -> io.BufferedIOBase:
        """A seekable file object that fetches only what is read: give it to uproot, h5py or astropy."""
        from dop2i.stores._reading import BlockCache, RangeFile

        return RangeFile(BlockCache(self._fetch, self.size).read, self.size, name=self.key)

    def _fetch(self, start: int, length: int) -> bytes:
        last = start + length - 1
        headers = {"Range": f"bytes={start}-{last}", "Accept": "*/*"}
        with self._session.request("GET", f"{self.path}/content", headers=headers, stream=True) as answer:
            partial = answer.status_code == 206
            if partial or (start == 0 and length == self.size):
                data: bytes = answer.content
                if len(data) == length:
                    return data
        raise ServiceUnavailable(
            f"{self.key}: the server did not answer a request for bytes {start} to {last} with those bytes.",
            hint="It has to serve ranges; download the whole file instead.",
        )

    def read(self) -> bytes:
        """All of the bytes, checked against sha256. For small files."""
        import hashlib

        data = self._session.request("GET", f"{self.path}/content", headers={"Accept": "*/*"}).content
        if self.sha256 and hashlib.sha256(data).hexdigest() != self.sha256:
            raise ChecksumMismatch(f"{self.key}: the bytes that came do not have the sha256 that the record tells.")
        return data

    def download(self, to: str | Path = ".", *, progress: Callable[[int], None] | None = None) -> Path:
        """Fetches the file into the folder ``to``, below which its path is kept; resumes and checks sha256."""
        from dop2i.client.download import download_file

        return download_file(self._session, self, Path(to), progress=progress).path


class Files(Mapping[str, RemoteFile]):
    """The files of a record by key. One file costs one request; the whole list is read in pages, once."""

    def __init__(self, session: Session, base: str, count: int | None) -> None:
        self._session = session
        self._base = base
        self._count = count
        self._listed: dict[str, RemoteFile] | None = None
        self._seen: dict[str, RemoteFile] = {}

    def _all(self) -> dict[str, RemoteFile]:
        if self._listed is None:
            self._listed = {
                entry["key"]: RemoteFile(self._session, self._base, entry)
                for entry in listed_entries(self._session, self._base)
            }
        return self._listed

    def __getitem__(self, key: str) -> RemoteFile:
        if self._listed is not None:
            return self._listed[key]
        if key not in self._seen:
            try:
                entry = self._session.get_json(f"{self._base}/files/{quote_key(key)}")
            except NotFound:
                raise KeyError(key) from None
            self._seen[key] = RemoteFile(self._session, self._base, entry)
        return self._seen[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return self._count if self._count is not None else len(self._all())

    def __repr__(self) -> str:
        return f"<Files of {self._base}: {len(self)}>"


def listed_entries(session: Session, base: str) -> Iterator[dict[str, Any]]:
    """Every file entry below ``base`` (a record's or a draft's address), page after page."""
    found = session.get_json(f"{base}/files", params={"size": PAGE})
    while True:
        yield from found.get("entries") or []
        following = (found.get("links") or {}).get("next")
        if not following:
            return
        found = session.get_json(session.below(following))


class Record:
    """A published record: ``document`` is all of it, the properties are what one asks most."""

    def __init__(self, session: Session, document: dict[str, Any]) -> None:
        self._session = session
        self.document = document
        self.id = str(document["id"])

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id} {self.title!r}>"

    @property
    def _base(self) -> str:
        return f"api/records/{self.id}"

    @property
    def metadata(self) -> dict[str, Any]:
        """The ``metadata`` of the document."""
        found: dict[str, Any] = self.document.get("metadata") or {}
        return found

    @property
    def title(self) -> str:
        """The title."""
        return str(self.metadata.get("title", ""))

    @property
    def pid(self) -> str:
        """The DOI or ARK of this version; empty before publication."""
        pids = self.document.get("pids") or {}
        for scheme in ("doi", "ark"):
            if (pids.get(scheme) or {}).get("identifier"):
                return str(pids[scheme]["identifier"])
        return ""

    @property
    def url(self) -> str:
        """The address of the record's page."""
        links = self.document.get("links") or {}
        return str(links.get("self_html") or f"{self._session.url}/records/{self.id}")

    @property
    def revision(self) -> int:
        """The revision, which changes with every edit."""
        return int(self.document.get("revision_id") or 0)

    @property
    def files(self) -> Files:
        """The files by key."""
        held = self.__dict__.get("_files")
        if held is None:
            count = (self.document.get("files") or {}).get("count")
            held = self.__dict__["_files"] = Files(self._session, self._base, count)
        return held

    def versions(self) -> list[Record]:
        """Every published version that you may see, latest first."""
        found = self._session.get_json(f"api/records/{self.id}/versions")["hits"]["hits"]
        return [Record(self._session, hit) for hit in found]

    def export(self, name: str) -> bytes:
        """The record in a public format (``bibtex``, ``datacite-json``, … as ``dop2i exports`` lists)."""
        path = f"records/{self.id}/export/{quote(name, safe='')}"
        return self._session.request("GET", path, headers={"Accept": "*/*"}).content

    def edit(self) -> Draft:
        """A draft of this very version, to correct its metadata."""
        answer = self._session.request("POST", f"{self._base}/draft", again=True)
        return Draft(self._session, json_of(answer))

    def new_version(self) -> Draft:
        """A draft of the next version (the one already begun, if there is one)."""
        answer = self._session.request("POST", f"{self._base}/versions", again=True)
        return Draft(self._session, json_of(answer))


class Draft(Record):
    """A draft of yours: change it, give it files, publish it."""

    @property
    def _base(self) -> str:
        return f"api/records/{self.id}/draft"

    @property
    def files(self) -> Files:
        """The files by key, as they are now on the server."""
        return Files(self._session, self._base, None)

    def update(self, document: dict[str, Any]) -> Draft:
        """Replaces the draft's document. Raises ``RevisionConflict`` when somebody changed it since it was read."""
        headers = {"If-Match": f'"{self.revision}"'} if self.revision else {}
        answer = self._session.request("PUT", self._base, json=document, headers=headers)
        self.document = json_of(answer)
        return self

    def upload(
        self, path: str | Path, *, key: str | None = None, progress: Callable[[int], None] | None = None
    ) -> None:
        """Sends a file, or a whole folder, resumably; what the server already holds does not travel."""
        from dop2i.client.upload import upload_path

        upload_path(self._session, self.id, Path(path), key=key, progress=progress)

    def import_files(self) -> None:
        """Takes over the files of the previous version."""
        self._session.request("POST", f"{self._base}/actions/files-import", again=True)

    def remove_file(self, key: str) -> None:
        """Takes a file out of the draft."""
        self._session.request("DELETE", f"{self._base}/files/{quote_key(key)}")

    def publish(self) -> Record:
        """Publishes; returns the record with its persistent identifier."""
        path = f"{self._base}/actions/publish"
        try:
            return Record(self._session, json_of(self._session.request("POST", path, timeout=PUBLISH_SECONDS)))
        except ServiceUnavailable as error:
            if self.document.get("is_published"):
                raise
            try:  # the answer may be lost where the publication is not
                return Record(self._session, self._session.get_json(f"api/records/{self.id}"))
            except NotFound:
                raise error from None

    def delete(self) -> None:
        """Discards the draft."""
        self._session.request("DELETE", self._base)
