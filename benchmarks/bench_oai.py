"""Serving OAI-PMH: records a second of ListRecords, beside pycsw on the same records in the same run.

    python benchmarks/bench_oai.py --records 20000 [--pycsw /path/to/an/environment/with/pycsw/bin/python]

pycsw is not a dependency: give the Python of an environment with ``pycsw`` and ``sqlalchemy<2`` (its 2.6 needs that)
and ``gunicorn``. Both servers run under gunicorn with one process, on SQLite, with pages of 200 records; the same
client follows the resumption tokens of each and counts the records. What the worker writes beforehand (oai_dc) is
written before the server starts, as pycsw's records are loaded as XML; the other formats are listed twice.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any

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


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--pycsw", help="the Python of an environment with pycsw")
    parser.add_argument("--pycsw-records", type=int, default=2_000, help="how many of them pycsw is given")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dop2i-bench-") as folder:
        ours = {}
        for prefix in ("oai_dc", "datacite", "datacite", "oai_datacite"):
            ours[prefix] = rate, cost = _ours(Path(folder), asked.records, prefix)
            print(f"dop2i, {prefix}: {rate:,.0f} records/s of {asked.records:,}; the server {cost:,.0f} µs a record")
        if asked.pycsw:
            rate, cost = _pycsw(Path(folder), asked.pycsw, asked.pycsw_records)
            print(
                f"pycsw, oai_dc: {rate:,.0f} records/s of {asked.pycsw_records:,}; the server {cost:,.0f} µs a record"
            )
            print(f"dop2i / pycsw by the clock, client included: {ours['oai_dc'][0] / rate:.1f}")
            print(f"pycsw / dop2i by processor time of the server: {cost / ours['oai_dc'][1]:.1f}")


def _ours(folder: Path, count: int, prefix: str) -> tuple[float, float]:
    home = folder / "home"
    if not home.exists():
        subprocess.run([sys.executable, __file__, "--fill", str(home), str(count)], check=True)
    port = free_port()
    server = subprocess.Popen([sys.executable, "-c", _SERVE, str(home), str(port)], start_new_session=True)
    try:
        address = f"http://127.0.0.1:{port}/oai2d"
        _wait(f"{address}?verb=Identify")
        return _rate(address, {"verb": "ListRecords", "metadataPrefix": prefix}, count, server=server.pid)
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


def _rate(address: str, question: dict[str, str], count: int, *, server: int) -> tuple[float, float]:
    """Records a second, all pages, and microseconds of the server's processor time a record; the median of three
    listings is not needed, a listing is long. The answers are parsed and counted afterwards."""
    session = requests.Session()
    session.headers["Accept-Encoding"] = "identity"  # pycsw is told not to compress either
    pages: list[bytes] = []
    of_pycsw = "mode" in question
    asked: dict[str, Any] = question
    _settle(server)
    begun, before = time.perf_counter(), _spent(server)
    while True:
        pages.append(session.get(address, params=asked, timeout=300).content)
        token = _TOKEN.search(pages[-1], max(len(pages[-1]) - 1000, 0))
        if not token or (of_pycsw and len(pages) * PAGE >= count):
            break
        asked = {**{k: v for k, v in question.items() if k in ("verb", "mode")}, "resumptionToken": token[1].decode()}
        if of_pycsw:
            asked["metadataPrefix"] = question["metadataPrefix"]
    spent, cost = time.perf_counter() - begun, _spent(server) - before
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


def _pycsw(folder: Path, python: str, count: int) -> tuple[float, float]:
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
    bind = [
        "-m",
        "gunicorn",
        "--bind",
        f"127.0.0.1:{port}",
        "--workers",
        "1",
        "--timeout",
        "300",
        "pycsw.wsgi:application",
    ]
    environment = {**os.environ, "PYCSW_CONFIG": str(configuration), "PYTHONWARNINGS": "ignore"}
    quiet = subprocess.DEVNULL
    server = subprocess.Popen([python, *bind], env=environment, stdout=quiet, stderr=quiet, start_new_session=True)
    try:
        address = f"http://127.0.0.1:{port}/"
        _wait(f"{address}?mode=oaipmh&verb=Identify")
        question = {"mode": "oaipmh", "verb": "ListRecords", "metadataPrefix": "oai_dc"}
        return _rate(address, question, count, server=server.pid)
    finally:
        server.terminate()
        server.wait(30)


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
