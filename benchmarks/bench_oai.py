"""Serving OAI-PMH: records a second of ListRecords, beside pycsw on the same records in the same run.

    python benchmarks/bench_oai.py --records 20000 [--pycsw /path/to/an/environment/with/pycsw/bin/python]

pycsw is not a dependency: give the Python of an environment with ``pycsw`` and ``sqlalchemy<2`` (its 2.6 needs that)
and ``gunicorn``. Both servers run under gunicorn with one process, on SQLite, with pages of 200 records; the same
client follows the resumption tokens of each, in turns, and counts the records. What the worker writes beforehand
(oai_dc) is written before the server starts, as pycsw's records are loaded as XML; the other formats are listed twice.
"""

from __future__ import annotations

import argparse
import http.client
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import requests
from lxml import etree

from _catalogue import Generator
from _serving import free_port

OAI = "{http://www.openarchives.org/OAI/2.0/}"
_TOKEN = re.compile(rb"<(?:\w+:)?resumptionToken[^<>]*>([^<>]+)</")
DC = "http://purl.org/dc/elements/1.1/"
CSW = "http://www.opengis.net/cat/csw/2.0.2"
PAGE = 200
_SERVE = "import sys; from dop2i.faces.serve import serve; serve(sys.argv[1], '127.0.0.1', int(sys.argv[2]))"
_CONFIGURATION = """
[server]
home={home}
url=http://127.0.0.1:{port}/
mimetype=application/xml; charset=UTF-8
encoding=UTF-8
language=en-US
maxrecords={page}
pretty_print=false
gzip_compresslevel=0
[manager]
transactions=false
allowed_ips=127.0.0.1
[metadata:main]
{main}
[metadata:inspire]
enabled=false
[repository]
database=sqlite:///{home}/records.db
table=records
"""
_MAIN = "identification_title", "identification_abstract", "identification_keywords", "identification_keywords_type"
_MORE = "identification_fees", "identification_accessconstraints", "provider_name", "provider_url"
_CONTACT = "name position address city stateorprovince postalcode country phone fax email url hours instructions role"


class Server(NamedTuple):
    """A server that runs: its port, the path of its provider, its first process."""

    port: int
    path: str
    process: int


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--pycsw", help="the Python of an environment with pycsw")
    parser.add_argument("--pycsw-records", type=int, default=2_000, help="how many of them pycsw is given")
    parser.add_argument("--rounds", type=int, default=5, help="how often each server is asked for all")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dop2i-bench-") as folder, ExitStack() as running:
        ours = running.enter_context(_ours(Path(folder), asked.records))
        if asked.pycsw:
            theirs = running.enter_context(_pycsw(Path(folder), asked.pycsw, asked.pycsw_records))
            _compare(ours, theirs, asked)
        for prefix in ("oai_dc", "datacite", "datacite", "oai_datacite"):
            rate, cost = _rate(ours, {"verb": "ListRecords", "metadataPrefix": prefix}, asked.records)
            print(f"dop2i, {prefix}: {rate:,.0f} records/s of {asked.records:,}; the server {cost:,.0f} µs a record")


def _compare(ours: Server, theirs: Server, asked: argparse.Namespace) -> None:
    """Both by turns: the machine is faster in one minute than in the next."""
    question = {"verb": "ListRecords", "metadataPrefix": "oai_dc"}
    turns = []
    for _ in range(asked.rounds):
        mine = _rate(ours, question, asked.records)
        other = _rate(theirs, {"mode": "oaipmh", **question}, asked.pycsw_records)
        turns.append((mine[0], other[0], mine[0] / other[0], mine[1], other[1], other[1] / mine[1]))
        print(f"dop2i {mine[0]:,.0f}, pycsw {other[0]:,.0f} records/s: {turns[-1][2]:.1f} times", flush=True)
    mine, other, ratio, cost, their_cost, by_cost = (statistics.median(column) for column in zip(*turns, strict=True))
    print(f"medians: dop2i {mine:,.0f}, pycsw {other:,.0f} records/s, {cost:.0f} and {their_cost:.0f} µs a record")
    print(f"dop2i / pycsw by the clock, client included: {ratio:.1f}")
    print(f"pycsw / dop2i by processor time of the server: {by_cost:.1f}")


@contextmanager
def _ours(folder: Path, count: int) -> Iterator[Server]:
    home = folder / "home"
    subprocess.run([sys.executable, __file__, "--fill", str(home), str(count)], check=True)
    port = free_port()
    with _running([sys.executable, "-c", _SERVE, str(home), str(port)], {}) as process:
        _wait(f"http://127.0.0.1:{port}/oai2d?verb=Identify")
        yield Server(port, "/oai2d", process)


@contextmanager
def _running(command: list[str], environment: dict[str, str]) -> Iterator[int]:
    """A server in a session of its own; its process."""
    quiet = subprocess.DEVNULL
    server = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=quiet, stderr=quiet, start_new_session=True
    )
    try:
        yield server.pid
    finally:
        server.terminate()
        server.wait(30)


def _fill(home: str, count: int) -> None:
    from dop2i.server.instance import configure, initialise

    initialise(home)
    configure(home)
    from dop2i.server.catalogue.actions import NewEntry, put_entries
    from dop2i.server.catalogue.index import rebuild_index
    from dop2i.server.catalogue.prepared import prepare

    made = Generator().records(count)
    while batch := list(islice(made, 500)):
        for _key, document, _text in batch:
            document["links"] = {"self_html": f"/records/{document['id']}"}
        put_entries(NewEntry(key, document) for key, document, _text in batch)
    started = time.perf_counter()
    while prepare(seconds=60):
        pass
    print(f"dop2i, oai_dc written beforehand: {count / (time.perf_counter() - started):,.0f} records/s", flush=True)
    # else the worker would do it while the first listing is measured
    rebuild_index()


def _rate(server: Server, question: dict[str, str], count: int) -> tuple[float, float]:
    """Records a second of one listing, all pages, and microseconds of the server's processor time a record. The answers
    are parsed and counted afterwards; the client is Python's plainest, which takes little of the time."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)
    pages: list[bytes] = []
    of_pycsw = "mode" in question
    asked: dict[str, Any] = question
    _settle(server.process)
    begun, before = time.perf_counter(), _spent(server.process)
    while True:
        connection.request("GET", f"{server.path}?{urlencode(asked)}")
        pages.append(connection.getresponse().read())
        token = _TOKEN.search(pages[-1], max(len(pages[-1]) - 1000, 0))
        if not token or (of_pycsw and len(pages) * PAGE >= count):
            break
        asked = {**{k: v for k, v in question.items() if k in ("verb", "mode")}, "resumptionToken": token[1].decode()}
        if of_pycsw:
            asked["metadataPrefix"] = question["metadataPrefix"]
    spent, cost = time.perf_counter() - begun, _spent(server.process) - before
    connection.close()
    # pycsw's listings are not always well formed; ours are read strictly
    parser = etree.XMLParser(recover=of_pycsw)
    seen = sum(len(etree.fromstring(page, parser).findall(f".//{OAI}record")) for page in pages)
    assert seen >= count, f"{seen} records of {count}"
    return seen / spent, cost / seen * 1e6


def _settle(session: int) -> None:
    """Waits until nothing is started any more, nor done in the background, for a minute at most."""
    for _ in range(60):
        before = _spent(session)
        time.sleep(1)
        if _spent(session) - before < 0.05:
            return


def _spent(session: int) -> float:
    """Seconds of processor time of a process and of all that it started (they share its session)."""
    ticks = 0
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            facts = file.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        if int(facts[3]) == session:
            ticks += int(facts[11]) + int(facts[12])
    return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def _pycsw(folder: Path, python: str, count: int) -> Iterator[Server]:
    home, port = folder / "pycsw", free_port()
    (home / "xml").mkdir(parents=True)
    configuration = home / "pycsw.cfg"
    names = [*_MAIN, *_MORE, *(f"contact_{name}" for name in _CONTACT.split())]
    main = "\n".join(f"{name}=bench" for name in names)
    configuration.write_text(_CONFIGURATION.format(home=home, port=port, page=PAGE, main=main))
    _write_csw_records(home / "xml", count)
    admin = str(Path(python).with_name("pycsw-admin.py"))
    for command in (["-c", "setup_db"], ["-c", "load_records", "-p", str(home / "xml")]):
        subprocess.run(
            [python, "-W", "ignore", admin, *command, "-f", str(configuration)], check=True, capture_output=True
        )
    bind = ["-m", "gunicorn", f"--bind=127.0.0.1:{port}", "--workers=1", "--timeout=300", "pycsw.wsgi:application"]
    with _running([python, *bind], {"PYCSW_CONFIG": str(configuration), "PYTHONWARNINGS": "ignore"}) as process:
        _wait(f"http://127.0.0.1:{port}/?mode=oaipmh&verb=Identify")
        yield Server(port, "/", process)


def _write_csw_records(folder: Path, count: int) -> None:
    """The same records as csw:Record, which is what pycsw keeps Dublin Core as."""
    from dop2i.core.exports import EXPORTS

    for key, document, _ in Generator().records(count):
        document["links"] = {"self_html": f"http://127.0.0.1/records/{document['id']}"}
        source = etree.fromstring(EXPORTS["dublincore"].write(document))
        record = etree.Element(f"{{{CSW}}}Record", nsmap={"csw": CSW, "dc": DC})
        etree.SubElement(record, f"{{{DC}}}identifier").text = key
        record.extend(child for child in source if not child.tag.endswith("identifier"))
        (folder / f"{document['id']}.xml").write_bytes(etree.tostring(record))


def _wait(address: str) -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until:
        try:
            if requests.get(address, timeout=10).ok:
                return
        except requests.RequestException:
            time.sleep(0.2)
    raise SystemExit(f"{address} does not answer")


if __name__ == "__main__":
    if "--fill" in sys.argv:
        _fill(sys.argv[2], int(sys.argv[3]))
    else:
        main()
