"""``dop2i search``: what a catalogue holds."""

from __future__ import annotations

from typing import Any

import click

from dop2i.faces.cli._options import json_option, server_option, token_option

LISTS = ("csv", "jsonl", "bibtex", "datacite")


@click.command()
@click.argument("query", default="")
@server_option("--from")
@token_option
@click.option("--filter", "filters", multiple=True, metavar="NAME=VALUE", help="theme=nuclear, 'sqrt_s=7..8 TeV' …")
@click.option("--sort", default="", metavar="ORDER", help="bestmatch, newest, size-desc, mostdownloaded …")
@click.option("--size", default=20, type=click.IntRange(1, 200), help="How many (20).")
@click.option("--page", default=1, type=click.IntRange(1, 10_000), help="From 1.")
@click.option("--facets", is_flag=True, help="Count facets as well.")
@click.option("--keep", default="", metavar="NAME", help="Keep this search among yours under a name.")
@click.option("--news", is_flag=True, help="With --keep: be told of new results.")
@click.option("--as", "kind", type=click.Choice(LISTS), help="Write all results (10,000 at most) as this.")
@json_option
def command(
    query: str,
    server: str | None,
    token: str,
    filters: tuple[str, ...],
    sort: str,
    size: int,
    page: int,
    facets: bool,
    keep: str,
    news: bool,
    kind: str | None,
    as_json: bool,
) -> None:
    """Search a catalogue.

    QUERY is what you would write in the box of the page: words, "phrases", creator:Curie, 'sqrt_s:7..8 TeV',
    nuclide:56Fe, 'cone:83.63,22.01,0.5deg'. Without it, everything is listed, the newest first.
    """
    from dop2i.client import Client
    from dop2i.faces.cli._terminal import note, print_json

    asked: dict[str, Any] = {"q": query, **({"sort": sort} if sort else {}), **_pairs(filters)}
    session = Client(server, token).session
    if keep:
        _keep_search(session, keep, asked, news=news)
    if kind:
        _write_list(session, kind, asked)
        return
    if facets:
        asked["facets"] = "all"
    found = session.get_json("api/records", params={**asked, "size": size, "page": page})
    if as_json:
        print_json(found)
        return
    for remark in found.get("notes", []):
        note(remark["message"])
    for hit in found["hits"]["hits"]:
        click.echo(_line(hit))
    total = found["hits"]["total"]
    note(f"{total:,} found" + (f", understood as {found['understood']}" if found.get("understood") else "") + ".")
    if facets:
        _print_facets(found["aggregations"])


def _pairs(filters: tuple[str, ...]) -> dict[str, list[str]]:
    chosen: dict[str, list[str]] = {}
    for one in filters:
        name, equals, value = one.partition("=")
        if not equals or not name or not value:
            raise click.BadParameter(f"{one!r} is no NAME=VALUE.", param_hint="--filter")
        chosen.setdefault("file_size" if name == "size" else name, []).append(value)
    return chosen


def _line(hit: dict[str, Any]) -> str:
    from dop2i.core.marked import as_text
    from dop2i.faces.cli._terminal import clean

    metadata = hit.get("metadata") or {}
    pids = (pid.get("identifier", "") for pid in (hit.get("pids") or {}).values())
    year = str(metadata.get("publication_date") or "")[:4]
    return "\t".join(
        clean(part) for part in (str(hit["id"]), year, as_text(str(metadata.get("title") or "")), next(pids, ""))
    )


def _print_facets(counted: dict[str, Any]) -> None:
    from dop2i.faces.cli._terminal import clean

    for facet in counted.values():
        values = [f"{clean(str(one['label']))} {one['doc_count']:,}" for one in facet["buckets"][:10]]
        if values:
            click.echo(f"{facet['label']}: {', '.join(values)}")


def _keep_search(session: Any, name: str, asked: dict[str, Any], *, news: bool) -> None:
    from urllib.parse import urlencode

    from dop2i.faces.cli._terminal import note

    # an address of the pages calls size what the API calls file_size
    pairs = {"size" if key == "file_size" else key: value for key, value in asked.items() if value}
    body = {"address": urlencode(pairs, doseq=True), "name": name, "notify": news}
    held = session.request("POST", "api/user/searches", json=body).json()
    note(f"Kept as “{held['name']}”: {held['links']['self_html']}; its feed is {held['links']['atom']}")


def _write_list(session: Any, kind: str, asked: dict[str, Any]) -> None:
    answer = session.request("GET", f"api/search/lists/{kind}", params=asked, stream=True)
    out = click.get_binary_stream("stdout")
    for piece in answer.iter_content(1 << 16):
        out.write(piece)
