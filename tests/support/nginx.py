"""nginx as docs/operator/proxy.md advises it, before an instance on this machine; for tests and benchmarks."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

ADVICE = Path(__file__).parents[2] / "docs" / "operator" / "proxy.md"
_MAIN = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log; worker_processes 1; {user}
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
{server}
}}
"""


def program() -> str | None:
    """Where nginx is installed, None when it is not."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


def advised(home: Path, *, behind: int, port: int) -> str:
    """The configuration of the documentation, with the addresses of this machine and without a certificate."""
    text = ADVICE.read_text(encoding="utf-8").split("```nginx\n")[1].split("```")[0]
    lines = [line for line in text.splitlines() if "ssl_certificate" not in line]
    places = {
        "127.0.0.1:8000": f"127.0.0.1:{behind}",
        "listen 443 ssl": f"listen 127.0.0.1:{port}",
        "data.example.org": "_",
        "/srv/dop2i": str(home),
    }
    text = "\n".join(lines)
    for said, here in places.items():
        assert said in text, f"docs/operator/proxy.md no longer says {said!r}"
        text = text.replace(said, here)
    return text


@contextmanager
def nginx_before(home: Path, *, behind: int, port: int, folder: Path) -> Iterator[str]:
    """Runs nginx at ``port`` before the instance of ``home`` at the port ``behind``; yields its address."""
    user = "user root;" if os.geteuid() == 0 else ""
    configuration = folder / "nginx.conf"
    server = advised(home, behind=behind, port=port)
    configuration.write_text(_MAIN.format(folder=folder, user=user, server=server), encoding="utf-8")
    process = subprocess.Popen([str(program()), "-c", str(configuration)])
    url = f"http://127.0.0.1:{port}"
    try:
        for attempt in range(100):
            try:
                with urlopen(f"{url}/api/health", timeout=5):
                    break
            except OSError:
                if attempt == 99 or process.poll() is not None:
                    log = folder / "nginx.log"
                    raise RuntimeError(f"nginx did not start: {log.read_text() if log.exists() else ''}") from None
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(30)
