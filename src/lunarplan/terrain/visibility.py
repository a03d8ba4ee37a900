"""What places can be reached by: the Earth, its stations, relays; contact tables, gaps, and light together with a link.

link = contacts(profiles, "DSN", "2027-01-01", "2028-01-01")
link.fraction, link.gaps().longest_s / 3600.0, link.dataset()
link.and_(days(profiles, "2027-01-01", "2028-01-01"))  # Sun and link at once
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.rows import scalar
from lunarplan.model.surface import Place
from lunarplan.terrain import labels
from lunarplan.terrain.illumination import sky_series
from lunarplan.terrain.intervals import Intervals, find
from lunarplan.terrain.sight import Watch, part_code, profiles_of, station_elevation_rad
from lunarplan.terrain.targets import LEAST_DEG, Target, target, targets
from lunarplan.terrain.tiles import watch
from lunarplan.terrain.times import epochs, span

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from lunarplan.model.ephemeris import Ephemeris
    from lunarplan.model.surface import Place
    from lunarplan.terrain.dem import Dem
    from lunarplan.terrain.horizons import Horizons
    from lunarplan.terrain.nested import Terrain
    from lunarplan.terrain.profile import HorizonProfiles
    from lunarplan.terrain.tiles import Progress

    Floats = NDArray[np.float64]

STEP_MIN = 10.0


def contacts(
    ground: HorizonProfiles | Terrain | Dem,
    what: Any,
    start: Any,
    end: Any,
    *,
    part: str = "center",
    least_deg: float = LEAST_DEG,
    to_earth: bool = False,
    step_min: float = STEP_MIN,
    places: Place | None = None,
    ephemeris: Ephemeris | None = None,
) -> Intervals:
    """Return when places have something in view, to a second.

    ground    : horizons of `horizon_at`, or a terrain with ``places``
    what      : what `targets.target` reads, a network of stations ("DSN"), or a list of these: then any of them will do
    part      : of the Earth's disc that must be over the horizon: "any", "center" or "whole"
    least_deg : elevation from which on a station is in use
    to_earth  : a relay counts only while it sees the Earth past the Moon, too
    step_min  : between samples; shorten it for relays that pass within minutes. See `intervals.find`

    Relays are where they are at that moment, without light time. Raises InputError for what is unknown, and for spans
    without length, outside the ephemeris or outside the relay's trajectory.
    """
    profiles, (first, last) = profiles_of(ground, places), span(start, end)
    step_s = 60.0 * scalar("step_min", step_min, 1e-3, 1e5, "min")
    found = []
    for each in targets(what, least_deg=least_deg, to_earth=to_earth, ephemeris=ephemeris):
        watching = Watch(profiles, each, part)
        found.append(find(each.name, watching, first, last, step_s))
    name = what if isinstance(what, str) else " or ".join(f.what for f in found)
    return found[0] if len(found) == 1 else found[0].or_(*found[1:], what=name)


def visibility(
    ground: HorizonProfiles | Terrain | Dem,
    what: Any,
    start: Any,
    end: Any,
    step_h: float = 1.0,
    *,
    part: str = "center",
    least_deg: float = LEAST_DEG,
    places: Place | None = None,
    ephemeris: Ephemeris | None = None,
) -> xr.Dataset:
    """Return what places see of one target from a start on, by steps, before the end: `illumination` by another.

    ``clearance_deg`` is positive where it is in view. Raises InputError as `contacts`.
    """
    watching = Watch(profiles_of(ground, places), target(what, least_deg=least_deg, ephemeris=ephemeris), part)
    return sky_series(watching, epochs(start, end, step_h))


def visibility_map(
    horizons: Horizons,
    what: Any,
    start: Any,
    end: Any,
    step_h: float = 1.0,
    *,
    part: str = "center",
    least_deg: float = LEAST_DEG,
    workers: int | None = None,
    progress: Progress | None = None,
    ephemeris: Ephemeris | None = None,
) -> xr.Dataset:
    """Return how every pixel of a region sees the Earth, a station or a relay.

    The dataset has dimensions y and x: ``average`` of the disc's fraction, ``in_view``, the part of the time with
    ``part`` of the disc in view, ``longest_gap_h`` and ``longest_contact_h``, in whole steps. Raises InputError as
    `contacts`.
    """
    tdb, each = epochs(start, end, step_h), target(what, least_deg=least_deg, ephemeris=ephemeris)
    seen = watch(horizons, _in_use(each, horizons, tdb), each.radius_km, part_code(part), workers, progress)
    columns = {
        "average": (seen.average, "1", f"average fraction of the disc of the {each.name} over the horizon"),
        "in_view": (seen.in_view, "1", f"part of the time with {part} of the {each.name} in view"),
        "longest_gap_h": (seen.longest_gap * step_h, "h", f"longest time without the {each.name}"),
        "longest_contact_h": (seen.longest_view * step_h, "h", f"longest time with the {each.name} in view"),
    }
    more = {"target": each.name, "part": part, "step_h": step_h, "samples": len(tdb)}
    told = labels.provenance(horizons, **more, **labels.told_span(tdb[0], tdb[-1]))
    return labels.rasters(columns, horizons.grid, told)


def _in_use(each: Target, horizons: Horizons, tdb: Floats) -> Floats:
    """Where the target is seen; below everything while a station does not see the region over its least elevation."""
    seen = each.seen_km(tdb)
    if each.up is None:
        return seen
    rows, columns = horizons.grid.shape
    latitude, longitude = horizons.grid.lat_lon_deg(0.5 * (rows - 1), 0.5 * (columns - 1))
    there = station_elevation_rad(seen - Place(latitude, longitude).position_km, each.up(tdb))
    return np.where((there > np.radians(each.least_deg))[:, None], seen, 0.0)


def availability(found: Mapping[str, Intervals]) -> xr.Dataset:
    """Return fractions and longest gaps of several kinds of intervals side by side, and of all at once (``together``).

    Raises InputError for intervals of other places or another span, and for none.
    """
    import xarray as xr

    every = list(found.values())
    if not every:
        raise InputError("nothing to compare", where="availability", allowed="at least one Intervals")
    listed = {**found, "together": every[0].and_(*every[1:])}
    names = np.array(list(listed))
    columns = {
        "fraction": (
            ("kind", "place"),
            np.array([i.fraction for i in listed.values()]),
            labels.words("1", "of the span"),
        ),
        "longest_h": (("kind", "place"), np.array([i.longest_s for i in listed.values()]) / 3600.0, {"units": "h"}),
        "longest_gap_h": (
            ("kind", "place"),
            np.array([i.gaps().longest_s for i in listed.values()]) / 3600.0,
            {"units": "h"},
        ),
    }
    return xr.Dataset(
        columns, {"kind": names}, labels.program() | labels.told_span(every[0].start_tdb, every[0].end_tdb)
    )
