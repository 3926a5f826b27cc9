"""A tree of lines: what an archive holds, the particles of an event (with their drawing), the groups of a file."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from urllib.parse import parse_qsl

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dop2i.core.views import VIEWS
from dop2i.core.views.figures import Node, Outline
from dop2i.faces.web import figures
from dop2i.faces.web.icons import icon
from dop2i.faces.web.looking.address import Look
from dop2i.faces.web.plots import event as event_plots
from dop2i.faces.web.plots.standalone import on_paper
from dop2i.faces.web.plots.svg import element
from dop2i.faces.web.rendering import language

_OPEN_DEPTH = 2
_OPEN_LINES = 60


def markup(figure: Outline, look: Look) -> str:
    """The lines, below what belongs to their whole."""
    if look.view == "event":
        return _event(figure, look)
    above = _way_up(figure, look) if look.view == "members" else ""
    if not figure.nodes:
        nothing = _("No path holds these words.") if look.values.get("find") else _("There is nothing here.")
        return f'{above}<p class="muted">{escape(nothing)}</p>'
    return f"{above}{_lines(figure.nodes, look)}{_pages(figure, look)}"


def drawing(figure: Outline) -> str:
    """An event across the beams and unrolled, side by side; nothing else has a plot."""
    if not figure.drawing:
        return ""
    left, right = _plots(figure)
    pair = [
        element("svg", plot, x=x, y="0", width="304", height="304") for x, plot in (("0", left), ("304", right)) if plot
    ]
    return on_paper("".join(pair))


def _lines(nodes: Sequence[Node], look: Look) -> str:
    opened = _OPEN_DEPTH if _count(nodes) > _OPEN_LINES else 20
    rows = "".join(_line(node, look, 0, opened) for node in nodes)
    return f'<ul class="outline list">{rows}</ul>'


def _count(nodes: Sequence[Node]) -> int:
    return sum(1 + _count(node.children) for node in nodes)


def _line(node: Node, look: Look, depth: int, opened: int) -> str:
    row = _row(node, look)
    if not node.children:
        return f'<li class="outline-leaf">{row}</li>'
    rows = "".join(_line(child, look, depth + 1, opened) for child in node.children)
    state = " open" if depth < opened else ""
    branch = f'<details{state}><summary>{row}</summary><ul class="list">{rows}</ul></details>'
    href = _href(node, look)
    if not href:
        return f"<li>{branch}</li>"
    # what opens and shuts holds no link: a keyboard and a screen reader could not tell the two apart
    words = f'{escape(_("Look closer"))}<span class="visually-hidden"> {escape(node.name)}</span>'
    way = f'<a class="outline-way" href="{escape(href, quote=True)}" rel="nofollow">{words}</a>'
    return f'<li class="outline-branch">{branch}{way}</li>'


def _row(node: Node, look: Look) -> str:
    here = language()
    shape = {"folder": icon("folder"), "file": icon("file")}.get(node.kind, "")
    if not shape and node.kind in event_plots.GROUPS:
        shape = f'<span class="swatch-c c{event_plots.GROUPS.index(node.kind) + 1}" aria-hidden="true"></span>'
    name, href = f"<bdi>{escape(node.name)}</bdi>", "" if node.children else _href(node, look)
    if href:
        name = f'<a class="outline-name" href="{escape(href, quote=True)}" rel="nofollow">{name}</a>'
    else:
        name = f'<span class="outline-name">{name}</span>'
    value = node.value
    if node.kind == "folder" and value.isdecimal():
        value = ngettext("%(n)s file", "%(n)s files", int(value)) % {"n": figures.integer(int(value), here)}
    if node.kind == "link":
        value = _("link, not followed")
    if value:
        words = figures.localise(value, here) if node.kind != "attribute" and _is_number(value) else value
        name += f'<span class="outline-value">{escape(words)}</span>'
    if node.size is not None:
        name += f'<span class="num outline-size">{escape(figures.size(node.size, here))}</span>'
    return f'<span class="outline-row">{shape}{name}</span>'


def _is_number(value: str) -> bool:
    return value.replace(".", "", 1).replace("-", "", 1).isdecimal()


def _href(node: Node, look: Look) -> str:
    """Where a line leads: values of this view, a member, another part, or another view's part."""
    if not node.link:
        return ""
    if node.link.startswith("?"):
        values = dict(parse_qsl(node.link[1:], keep_blank_values=True))
        if "member" in values:
            return look.entering(values["member"])
        return look.href(**{"start": None, "find": None, **values})
    view, colon, part = node.link.partition(":")
    if colon and view in VIEWS:
        return look.href(view=view, part=part)
    return look.href(part=node.link)


def _way_up(figure: Outline, look: Look) -> str:
    """The folders above, and how much lies here."""
    within = str(look.values.get("within") or "").strip("/")
    if look.values.get("find") or not within:
        return ""
    names = within.split("/")
    steps = [(_("Archive"), look.href(within=None, start=None))]
    steps += [(name, look.href(within="/".join(names[: place + 1]), start=None)) for place, name in enumerate(names)]
    *above, (last, _own) = steps
    links = "".join(
        f'<li><a href="{escape(href, quote=True)}" rel="nofollow">{escape(name)}</a></li>' for name, href in above
    )
    trail = f'<ol class="breadcrumb list">{links}<li aria-current="page">{escape(last)}</li></ol>'
    return f'<nav aria-label="{escape(_("Folders above"), quote=True)}">{trail}</nav>'


def _pages(figure: Outline, look: Look) -> str:
    shown, total = len(figure.nodes), figure.total
    if total is None or total <= shown:
        return ""
    here = language()
    words = _("Lines %(first)s to %(last)s of %(total)s") % {
        "first": figures.integer(figure.start + 1, here),
        "last": figures.integer(figure.start + shown, here),
        "total": figures.integer(total, here),
    }
    links = []
    if figure.start > 0:
        links.append((_("Previous"), look.href(start=max(0, figure.start - 500) or None)))
    if figure.start + shown < total:
        links.append((_("Next"), look.href(start=figure.start + shown)))
    return f'<p class="small muted mt-s2">{escape(words)}</p>{turning(links)}'


def turning(links: Sequence[tuple[str, str]]) -> str:
    """Links that turn pages."""
    made = "".join(f'<a href="{escape(href, quote=True)}" rel="nofollow">{escape(words)}</a>' for words, href in links)
    return f'<nav class="mt-s2 pagination" aria-label="{escape(_("Pages"), quote=True)}">{made}</nav>' if made else ""


# ── Events ─────────────────────────────────────────────────────────────────────


def _event(figure: Outline, look: Look) -> str:
    here = language()
    title = _("Event %(number)s") % {"number": figures.integer(figure.start, here)}
    links = [(_("Previous event"), look.href(event=figure.start - 1 or None))] if figure.start else []
    links.append((_("Next event"), look.href(event=figure.start + 1)))
    told = [fact for fact in figure.facts if fact != ["number", str(figure.start)]]
    facts = "".join(f"<dt>{escape(_fact(name))}</dt><dd>{escape(_said(value, here))}</dd>" for name, value in told)
    plots = [(plot, words) for plot, words in zip(_plots(figure), _captions(), strict=True) if plot]
    drawn = "".join(
        f'<figure><div class="plate event-plate">{plot}</div><figcaption>{escape(words)}</figcaption></figure>'
        for plot, words in plots
    )
    legend = "".join(
        f'<li><span class="swatch-c c{place + 1}" aria-hidden="true"></span>{escape(_group(group))}</li>'
        for place, group in enumerate(event_plots.GROUPS)
        if any(one.get("group") == group for one in figure.drawing)
    )
    return (
        f'<div class="cut-head"><h2 class="h-small">{escape(title)}</h2>{turning(links)}</div>'
        f'<dl class="facts event-facts mb-s3">{facts}</dl>'
        f'<div class="event-plots">{drawn}</div><ul class="list event-legend small">{legend}</ul>'
        f'<h3 class="h-small mt-s5 mb-s2">{escape(_("Particles"))}</h3>{_lines(figure.nodes, look)}'
    )


def _plots(figure: Outline) -> tuple[str, str]:
    here = language()
    if not figure.drawing:
        return "", ""
    hardest = figure.drawing[0]
    words = {
        "n": figures.integer(len(figure.drawing), here),
        "name": str(hardest["name"]),
        "momentum": f"{figures.number((hardest['x'] ** 2 + hardest['y'] ** 2) ** 0.5, here, 3)} {figure.unit}",
    }
    across = _("Across the beams: %(n)s particles leave, the hardest is %(name)s with %(momentum)s") % words
    unrolled = _("Pseudorapidity and azimuth of %(n)s particles, the hardest is %(name)s with %(momentum)s") % words
    return (
        event_plots.across(figure.drawing, name=across, unit=figure.unit, language=here),
        event_plots.unrolled(figure.drawing, name=unrolled, language=here),
    )


def _captions() -> tuple[str, str]:
    return (
        _("Across the beams: momenta as square roots, neutrinos dashed"),
        _("Pseudorapidity η and azimuth φ; areas are transverse momenta"),
    )


def _fact(name: str) -> str:
    return {
        "number": _("number"),
        "process": _("process"),
        "weight": _("weight"),
        "scale": _("scale"),
        "particles": _("particles"),
        "final": _("particles that leave"),
    }.get(name, name)


def _group(name: str) -> str:
    return {
        "leptons": _("charged leptons"),
        "photons": _("photons"),
        "neutrinos": _("neutrinos"),
        "quarks and gluons": _("quarks and gluons"),
        "hadrons": _("hadrons"),
        "bosons and others": _("bosons and others"),
    }[name]


def _said(value: str, here: str) -> str:
    number, _blank, unit = value.partition(" ")
    return f"{figures.localise(number, here)} {unit}".strip() if _is_number(number) else value
