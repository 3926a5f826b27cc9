"""Our own SVG as a PNG, drawn with Pillow in the light colours and the fonts of the pages.

Only what ``plots/svg.py`` and its users write is known: nested ``svg`` with percentages and stretched boxes, ``line``,
``rect``, ``circle``, ``path`` of straight lines, ``text`` and embedded ``image``. No browser, no other library.
"""

from __future__ import annotations

import base64
import io
import itertools
import math
import re
from dataclasses import dataclass
from functools import cache
from typing import Any
from xml.etree.ElementTree import Element

from dop2i.faces.web.assets import STATIC
from dop2i.faces.web.plots.standalone import COLOURS, RULES

SCALE = 3
_FONTS = STATIC / "vendor" / "fonts"
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_STEP = re.compile(r"([MLHVZmlhvz])|([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)")
_MOST_POINTS = 200_000
_RAISED = 5 * SCALE
_SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "−0123456789")


@dataclass(frozen=True, slots=True)
class Box:
    """Where a (nested) ``svg`` lies, in pixels, and how many pixels its own unit is across and down."""

    x: float
    y: float
    width: float
    height: float
    across: float = 1.0
    down: float = 1.0

    def length(self, text: str | None, whole: float, unit: float, default: str = "0") -> float:
        """A length in pixels: a percentage of the box, or units."""
        said = default if text is None else text
        return float(said[:-1]) / 100 * whole if said.endswith("%") else float(said.removesuffix("px")) * unit

    def point(self, x: str | None, y: str | None) -> tuple[float, float]:
        """A point in pixels."""
        left = self.x + self.length(x, self.width, self.across)
        return left, self.y + self.length(y, self.height, self.down)


def png_of(inner: str, *, width: int = 640, height: int = 360) -> bytes:
    """The drawing as a PNG, twice as fine as the screen."""
    from lxml import etree
    from PIL import Image, ImageDraw

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    document = f'<svg xmlns="http://www.w3.org/2000/svg">{inner}</svg>'.encode()
    root = etree.fromstring(document, parser)
    image = Image.new("RGB", (width * SCALE, height * SCALE), COLOURS["surface"][0])
    box = Box(0, 0, width * SCALE, height * SCALE, SCALE, SCALE)
    _Painter(image, ImageDraw.Draw(image)).inside(root, box)
    image = image.resize((width * 2, height * 2), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    image.save(stream, "PNG", optimize=True)
    return stream.getvalue()


@cache
def _styles() -> dict[str, dict[str, str]]:
    """Declarations by class, with the light colours put in."""
    found: dict[str, dict[str, str]] = {}
    for names, body in _RULE.findall(RULES):
        said = dict(part.split(":", 1) for part in body.split(";") if ":" in part)
        said = {key: COLOURS.get(value[6:-1], (value,))[0] if "var(" in value else value for key, value in said.items()}
        for name in names.split(","):
            found.setdefault(name.strip().removeprefix("."), {}).update(said)
    return found


def _style_of(element: Element, tag: str) -> dict[str, str]:
    made = dict(_styles().get(tag, {}))
    for name in ("fill", "stroke", "stroke-width", "opacity", "text-anchor", "font-size", "stroke-dasharray"):
        if element.get(name) is not None:
            made[name] = str(element.get(name))
    for name in (element.get("class") or "").split():
        made.update(_styles().get(name, {}))
    return made


class _Painter:
    """Draws elements one after the other."""

    def __init__(self, image: Any, draw: Any) -> None:
        self.image = image
        self.draw = draw

    def inside(self, parent: Element, box: Box) -> None:
        for element in parent:
            tag = str(element.tag).rpartition("}")[2]
            if tag in ("svg", "g", "a"):
                self.inside(element, self._nested(element, box) if tag == "svg" else box)
            elif tag in ("line", "rect", "circle", "path", "text", "image"):
                getattr(self, f"_{tag}")(element, box, _style_of(element, tag))

    def _nested(self, element: Element, box: Box) -> Box:
        x, y = box.point(element.get("x"), element.get("y"))
        width = box.length(element.get("width"), box.width, box.across, "100%")
        height = box.length(element.get("height"), box.height, box.down, "100%")
        made = Box(x, y, width, height, SCALE, SCALE)
        if element.get("viewBox"):
            left, top, wide, tall = (float(part) for part in str(element.get("viewBox")).replace(",", " ").split())
            across, down = width / (wide or 1), height / (tall or 1)
            if element.get("preserveAspectRatio") != "none":
                across = down = min(across, down)
                x, y = x + (width - wide * across) / 2, y + (height - tall * down) / 2
                width, height = wide * across, tall * down
            made = Box(x - left * across, y - top * down, width, height, across, down)
        return made

    def _line(self, element: Element, box: Box, style: dict[str, str]) -> None:
        start = box.point(element.get("x1"), element.get("y1"))
        self._stroke([start, box.point(element.get("x2"), element.get("y2"))], style)

    def _rect(self, element: Element, box: Box, style: dict[str, str]) -> None:
        x, y = box.point(element.get("x"), element.get("y"))
        wide = box.length(element.get("width"), box.width, box.across)
        tall = box.length(element.get("height"), box.height, box.down)
        if wide > 0 and tall > 0 and style.get("fill", "#000000") != "none":
            self.draw.rectangle((x, y, x + wide, y + tall), fill=_colour(style.get("fill", "#000000")))

    def _circle(self, element: Element, box: Box, style: dict[str, str]) -> None:
        x, y = box.point(element.get("cx"), element.get("cy"))
        radius = float(element.get("r") or 0) * SCALE
        outline = _colour(style["stroke"]) if style.get("stroke", "none") != "none" else None
        fill = style.get("fill", "#000000")
        self.draw.ellipse(
            (x - radius, y - radius, x + radius, y + radius),
            fill=None if fill == "none" else _colour(fill),
            outline=outline,
            width=SCALE,
        )

    def _path(self, element: Element, box: Box, style: dict[str, str]) -> None:
        for points, closed in _subpaths(element.get("d") or ""):
            pixels = [(box.x + x * box.across, box.y + y * box.down) for x, y in points]
            fill = style.get("fill", "#000000")
            if fill != "none" and len(pixels) > 2:
                self.draw.polygon(pixels, fill=_colour(fill))
            self._stroke([*pixels, pixels[0]] if closed else pixels, style)

    def _stroke(self, points: list[tuple[float, float]], style: dict[str, str]) -> None:
        colour = style.get("stroke", "none")
        if colour == "none" or len(points) < 2:
            return
        width = max(1, round(float(style.get("stroke-width", "1").removesuffix("px")) * SCALE))
        pattern = [float(part) * SCALE for part in style.get("stroke-dasharray", "").split()]
        for run in _dashes(points, pattern) if sum(pattern) > 0 else [points]:
            self.draw.line(run, fill=_colour(colour), width=width, joint="curve")

    def _text(self, element: Element, box: Box, style: dict[str, str]) -> None:
        x, y = box.point(element.get("x"), element.get("y"))
        words = "".join(element.itertext())
        bold = style.get("font-weight") == "600"
        runs = [
            (run, _font(name, bold, raised=raised), -_RAISED if raised else 0)
            for part, raised in _levels(words)
            for run, name in _runs(part, bold=bold)
        ]
        wide = sum(font.getlength(run) for run, font, _ in runs)
        x -= {"middle": wide / 2, "end": wide}.get(style.get("text-anchor", "start"), 0.0)
        fill = _colour(style.get("fill", "#000000"))
        for run, font, up in runs:
            halo = {"stroke_width": 2 * SCALE, "stroke_fill": COLOURS["surface"][0]} if "paint-order" in style else {}
            if halo:
                self.draw.text((x, y + up), run, font=font, fill=fill, anchor="ls", **halo)
            self.draw.text((x, y + up), run, font=font, fill=fill, anchor="ls")
            x += font.getlength(run)

    def _image(self, element: Element, box: Box, style: dict[str, str]) -> None:
        from PIL import Image

        href = element.get("href") or ""
        if not href.startswith("data:image/png;base64,"):
            return
        picture = Image.open(io.BytesIO(base64.b64decode(href.partition(",")[2]))).convert("RGB")
        x, y = box.point(element.get("x"), element.get("y"))
        wide = box.length(element.get("width"), box.width, box.across, "100%")
        tall = box.length(element.get("height"), box.height, box.down, "100%")
        if element.get("preserveAspectRatio") != "none":
            scale = min(wide / picture.width, tall / picture.height)
            left, top = (wide - picture.width * scale) / 2, (tall - picture.height * scale) / 2
            x, y, wide, tall = x + left, y + top, picture.width * scale, picture.height * scale
        size = (max(1, round(wide)), max(1, round(tall)))
        self.image.paste(picture.resize(size, Image.Resampling.NEAREST), (round(x), round(y)))


def _dashes(points: list[tuple[float, float]], pattern: list[float]) -> list[list[tuple[float, float]]]:
    """The drawn pieces of a line that is dashed: lengths drawn and left out by turns, around its corners too."""
    made: list[list[tuple[float, float]]] = [[points[0]]]
    place, left = 0, pattern[0]
    for start, end in itertools.pairwise(points):
        length = math.dist(start, end)
        done = 0.0
        while length - done > left:
            done += left
            corner = tuple(a + (b - a) * done / length for a, b in zip(start, end, strict=True))
            if place % 2 == 0:
                made[-1].append((corner[0], corner[1]))
            else:
                made.append([(corner[0], corner[1])])
            place += 1
            left = max(pattern[place % len(pattern)], 0.5)
        left -= length - done
        if place % 2 == 0:
            made[-1].append(end)
    return [run for run in made if len(run) > 1]


def _colour(text: str) -> str:
    return text if re.fullmatch(r"#[0-9a-fA-F]{3,8}", text) else "#000000"


def _subpaths(text: str) -> list[tuple[list[tuple[float, float]], bool]]:
    """The corners of each part of a path made of straight lines, and whether it is closed."""
    made: list[tuple[list[tuple[float, float]], bool]] = []
    points: list[tuple[float, float]] = []
    command, numbers = "", []
    x = y = 0.0
    for letter, number in _STEP.findall(text)[:_MOST_POINTS]:
        if letter:
            command, numbers = letter, []
            if letter in "Zz" and points:
                made.append((points, True))
                x, y = points[0]
                points = []
            continue
        numbers.append(float(number))
        if len(numbers) < (1 if command in "HhVv" else 2):
            continue
        if command in "Mm" and points:
            made.append((points, False))
            points = []
        x, y = _moved(command, numbers, x, y)
        if not points and command not in "Mm":
            points.append((x, y))
        points.append((x, y))
        numbers = []
        command = {"M": "L", "m": "l"}.get(command, command)
    if points:
        made.append((points, False))
    return made


def _moved(command: str, numbers: list[float], x: float, y: float) -> tuple[float, float]:
    if command in "Hh":
        return (numbers[0] + (x if command == "h" else 0.0), y)
    if command in "Vv":
        return (x, numbers[0] + (y if command == "v" else 0.0))
    relative = command in "ml"
    return numbers[0] + (x if relative else 0.0), numbers[1] + (y if relative else 0.0)


@cache
def _font(name: str, bold: bool, *, raised: bool = False) -> Any:
    from PIL import ImageFont

    size = (9 if raised else 13) * SCALE
    if not name:
        return ImageFont.load_default(size)
    font = ImageFont.truetype(_FONTS / f"source-sans-3-{name}-wght-normal.woff2", size)
    font.set_variation_by_axes([600 if bold else 400])
    return font


@cache
def _holder(letter: str, bold: bool) -> str:
    """The font that has a letter: each file holds a part of the alphabet."""
    for name in ("latin", "latin-ext"):
        font = _font(name, bold)
        if bytes(font.getmask(letter)) != bytes(font.getmask("\U0010fffe")):
            return name
    return ""


def _levels(words: str) -> list[tuple[str, bool]]:
    """Pieces on the line and raised ones. No font here has every superscript, nor a root: small digits, and a word."""
    spelt = re.sub(r"√(\w+)", r"sqrt(\1)", words[:300])
    pieces = re.split(f"([{''.join(map(chr, _SUPERSCRIPTS))}]+)", spelt)
    return [(piece.translate(_SUPERSCRIPTS), bool(place % 2)) for place, piece in enumerate(pieces) if piece]


def _runs(words: str, *, bold: bool) -> list[tuple[str, str]]:
    """Pieces of a text that one font has."""
    made: list[tuple[str, str]] = []
    for letter in words[:300]:
        name = "latin" if letter.isascii() or letter.isspace() else _holder(letter, bold)
        if made and made[-1][1] == name:
            made[-1] = (made[-1][0] + letter, name)
        else:
            made.append((letter, name))
    return made
