"""Places on the Moon that have a name: landing sites, candidate regions and where spacecraft stand.

The places are TOML beside this module, each with its source and how far to trust it.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

from lunarplan.errors import InputError
from lunarplan.sites.outline import Corners, sector_corners, square_corners
from lunarplan.terrain.polygon import Polygon

_SUGGESTIONS = 3


@dataclass(frozen=True)
class Entry:
    """A named place, and its outline if it is a region.

    latitude_deg, longitude_deg : planetocentric, mean-Earth axes, east positive; of a region its middle
    corners_deg : (longitude, latitude) of the corners in order; empty for a point
    area_km2    : published area in the polar stereographic plane, if there is one
    group       : the file it comes from: "artemis_2024", "landers", ...
    criteria    : the set it is judged by if none is asked for
    confidence  : "surveyed" (to some 10 m), "published" or "estimate"
    """

    name: str
    latitude_deg: float
    longitude_deg: float
    group: str
    source: str
    confidence: str
    criteria: str
    corners_deg: Corners = ()
    area_km2: float | None = None
    note: str = ""

    @property
    def is_region(self) -> bool:
        return bool(self.corners_deg)


@cache
def entries() -> tuple[Entry, ...]:
    """Every place of the catalogue, in the order of its files."""
    return tuple(entry for file, table in _tables().items() for entry in _of_file(file, table))


def title(group: str) -> str:
    """What the places of a group are."""
    return str(_tables()[group]["title"])


def group(name: str) -> tuple[Entry, ...]:
    """The places of one group: "artemis_2024", "artemis_2022", "ilrs", "illumination", "luna" or "landers".

    Raises InputError for a group there is not.
    """
    members = tuple(entry for entry in entries() if entry.group == name)
    if not members:
        groups = list(dict.fromkeys(entry.group for entry in entries()))
        raise InputError(f"no group of places {name!r:.60}", where="group", allowed=", ".join(groups))
    return members


def find(name: str, *, region: bool = False) -> Entry:
    """Return a place by its name; letter case, blanks, hyphens and apostrophes do not matter.

    region : take regions only

    Raises InputError with the closest names if there is none.
    """
    known = {_key(entry.name): entry for entry in entries() if entry.is_region or not region}
    key = _key(name)
    if key in known:
        return known[key]
    kind = "region" if region else "place"
    close = [known[match].name for match in get_close_matches(key, known, n=_SUGGESTIONS, cutoff=0.5)]
    ways = "LAT,LON,KM" if region else "LAT,LON"
    remedy = f"did you mean {' or '.join(close)}?" if close else f"see `lunarplan sites`, or give {ways}"
    point = next((entry for entry in entries() if _key(entry.name) == key), None)
    if point is not None:  # asked as a region
        remedy = f"{point.name} is a place: {point.latitude_deg:g},{point.longitude_deg:g},5 is its surroundings"
    raise InputError(f'unknown {kind} "{name[:40]}"', where=kind, remedy=remedy)


@cache
def _tables() -> dict[str, dict[str, Any]]:
    """The files, by name."""
    folder = files("lunarplan.sites") / "places"
    found = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    return {file.name.removesuffix(".toml"): tomllib.loads(file.read_text(encoding="utf-8")) for file in found}


def _key(name: str) -> str:
    return " ".join(re.sub(r"[^a-z0-9]+", " ", re.sub(r"['’]", "", name.lower())).split())


def _of_file(file: str, table: dict[str, Any]) -> list[Entry]:
    defaults = {key: value for key, value in table.items() if key not in ("title", "place")}
    return [_entry(file, {**defaults, **place}) for place in table["place"]]


def _entry(file: str, place: dict[str, Any]) -> Entry:
    corners = _corners(place)
    if "latitude" in place:
        latitude, longitude = place["latitude"], place["longitude"]
    else:
        latitude, longitude = Polygon([lat for _, lat in corners], [lon for lon, _ in corners]).center_deg
    return Entry(
        name=place["name"],
        latitude_deg=latitude,
        longitude_deg=longitude,
        group=file,
        source=place["source"],
        confidence=place["confidence"],
        criteria=place["criteria"],
        corners_deg=corners,
        area_km2=place.get("area_km2"),
        note=place.get("note", ""),
    )


def _corners(place: dict[str, Any]) -> Corners:
    if "corners" in place:
        return tuple((float(longitude), float(latitude)) for longitude, latitude in place["corners"])
    if "sector" in place:
        return sector_corners(**place["sector"])
    if "half_width_km" in place:
        return square_corners(place["latitude"], place["longitude"], place["half_width_km"])
    return ()
