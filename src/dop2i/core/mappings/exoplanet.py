"""Open Exoplanet Catalogue: one XML file a planetary system (https://github.com/OpenExoplanetCatalogue)."""

from __future__ import annotations

import re
from typing import Any

from dop2i.core.mappings.base import Mapped
from dop2i.core.mappings.dates import read_date
from dop2i.core.mappings.parts import file, filled, line, person, put_date, some, subjects
from dop2i.errors import UnreadableFile

_REPOSITORY = "https://github.com/OpenExoplanetCatalogue/open_exoplanet_catalogue"
_ANGLE = re.compile(r"([+-]?)(\d+)[\s:]+(\d+)[\s:]+(\d+(?:\.\d+)?)", re.A)


def from_exoplanet(system: Any, *, name: str = "", folder: str = "systems") -> Mapped:
    """The planetary system of a ``system`` element; ``name`` is the file's."""
    if system.tag != "system":
        raise UnreadableFile("This XML is no planetary system of the Open Exoplanet Catalogue.")
    notes: list[str] = []
    names = [text for node in system.findall("name") if (text := line(node.text))]
    planets = system.findall(".//planet")
    stars = system.findall(".//star")
    planet_names = [text for planet in planets for node in planet.findall("name") if (text := line(node.text))]
    star_names = [text for star in stars for node in star.findall("name") if (text := line(node.text))]
    title = f"{names[0]}: planetary system" if names else ""
    file_name = name or (f"{names[0]}.xml" if names else "")
    page = f"{_REPOSITORY}/blob/master/{folder}/{file_name.replace(' ', '%20')}" if file_name else _REPOSITORY
    metadata: dict[str, Any] = filled(
        title=title,
        resource_type={"id": "dataset"},
        description="\n\n".join(_sentences(system, stars, planets)),
        creators=some([person("Open Exoplanet Catalogue", kind="organizational")]),
        publisher="Open Exoplanet Catalogue",
        subjects=subjects(
            [
                "exoplanets",
                *_texts(system, ".//list"),
                *_texts(system, "constellation"),
                *_texts(system, ".//discoverymethod"),
            ]
        ),
        identifiers=[{"identifier": page, "scheme": "url"}],
        rights=[{"id": "mit"}],
    )
    others = [text for text in dict.fromkeys([*names[1:], *star_names, *planet_names]) if text not in names[:1]]
    if others:
        metadata["additional_titles"] = [{"title": text, "type": {"id": "alternative-title"}} for text in others[:100]]
    dates = sorted(
        found.plain for text in _texts(system, ".//lastupdate") if (found := read_date(_full_year(text))).plain
    )
    years = sorted(text for text in _texts(system, ".//discoveryyear") if read_date(text).plain)
    put_date(metadata, dates[-1] if dates else years[-1] if years else "", notes)
    if years and dates:
        metadata["dates"] = [{"date": years[0], "type": {"id": "collected"}, "description": "discovery"}]
    raw = (
        f"https://raw.githubusercontent.com/OpenExoplanetCatalogue/open_exoplanet_catalogue/master/{folder}/{file_name}"
    )
    return Mapped(
        metadata=metadata,
        custom_fields=_physics(system, [*names, *star_names, *planet_names]),
        files=[
            entry
            for entry in [file(raw.replace(" ", "%20"), key=file_name, mimetype="application/xml")]
            if entry and file_name
        ],
        url=page,
        modified=dates[-1] if dates else "",
        text="\n".join([*names, *star_names, *planet_names]),
        notes=notes,
    ).settled()


def _texts(element: Any, path: str) -> list[str]:
    return list(dict.fromkeys(text for node in element.findall(path) if (text := line(node.text))))


def _full_year(text: str) -> str:
    """``15/05/22`` (year, month, day) as ``2015-05-22``."""
    found = re.fullmatch(r"(\d{2})/(\d{2})/(\d{2})", text.strip(), re.A)
    return f"20{found[1]}-{found[2]}-{found[3]}" if found else text


def _sentences(system: Any, stars: list[Any], planets: list[Any]) -> list[str]:
    found = [
        f"Planetary system with {len(stars)} star{'s' * (len(stars) != 1)} "
        f"and {len(planets)} planet{'s' * (len(planets) != 1)}."
    ]
    for planet in planets:
        name = line(planet.findtext("name"))
        facts = [
            f"{label} {text} {unit}".strip()
            for tag, label, unit in (("mass", "mass", "Jupiter masses"), ("radius", "radius", "Jupiter radii"),
                                     ("period", "period", "days"), ("semimajoraxis", "semi-major axis", "au"))
            if (text := line(planet.findtext(tag)))
        ]  # fmt: skip
        words = line(planet.findtext("description"))
        found.append(f"{name}: {', '.join(facts)}. {words}".replace(": .", ":").strip())
    return found


def _physics(system: Any, names: list[str]) -> dict[str, Any]:
    made: dict[str, Any] = {"dop2i:theme": "astroparticle", "dop2i:objects": list(dict.fromkeys(names))[:1000]}
    ra, dec = _angle(system.findtext("rightascension"), 15.0), _angle(system.findtext("declination"), 1.0)
    if ra is not None and dec is not None and 0 <= ra <= 360 and -90 <= dec <= 90:
        made["dop2i:sky_region"] = {"ra": ra, "dec": dec}
    try:
        distance = float(line(system.findtext("distance")))
    except ValueError:
        return made
    return {**made, "dop2i:distance": {"minimum": distance, "maximum": distance, "unit": "pc"}}


def _angle(text: Any, factor: float) -> float | None:
    """``19 49 34`` in degrees (times 15 for hours)."""
    found = _ANGLE.search(line(text))
    if not found:
        return None
    value = (int(found[2]) + int(found[3]) / 60 + float(found[4]) / 3600) * factor
    return round(-value if found[1] == "-" else value, 6)
