"""How much of the Sun places see, and all pixels of a region.

    light = illumination(profiles, "2027-01-01", "2028-01-01")     # a series for every place
    light.fraction.mean("time"), (light.fraction > 0).mean("time")  # of the disc; of time with any part of it
    illumination_map(horizons, "2027-01-01", "2028-01-01").average  # the same for every pixel

Light time and aberration are in it. "Any part of the disc" is what most published maps mean by illuminated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.terrain import labels
from lunarplan.terrain.sight import Watch, part_code, profiles_of
from lunarplan.terrain.targets import target
from lunarplan.terrain.tiles import watch
from lunarplan.terrain.times import epochs

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


def illumination(
    ground: HorizonProfiles | Terrain | Dem,
    start: Any,
    end: Any,
    step_h: float = 1.0,
    *,
    places: Place | None = None,
    ephemeris: Ephemeris | None = None,
) -> xr.Dataset:
    """Return what places see of the Sun from a start on, by steps, before the end.

    ground : horizons of `horizon_at`, or a terrain with ``places``

    The dataset has dimensions place and time: ``fraction`` of the disc over the horizon, ``elevation_deg`` and
    ``azimuth_deg`` of its centre, ``distance_km``. The disc is cut by the horizon as it is, straight between its
    azimuths.

    Raises InputError for spans and steps that make no sense, epochs outside the ephemeris, and horizons that are not
    finite.
    """
    watching = Watch(profiles_of(ground, places), target("sun", ephemeris=ephemeris))
    return sky_series(watching, epochs(start, end, step_h))


def sky_series(watching: Watch, tdb: Floats) -> xr.Dataset:
    """Return what places see of a target at epochs (T,) as a dataset."""
    seen = list(watching.at(tdb))
    name = watching.target.name
    columns = {
        "fraction": (np.array([s.fraction for s in seen]), "1", f"of the disc of the {name} over the horizon"),
        "clearance_deg": (
            np.degrees([s.clearance_rad for s in seen]),
            "deg",
            f"of {watching.part} of the {name} over the horizon",
        ),
        "elevation_deg": (np.degrees([s.elevation_rad for s in seen]), "deg", f"of the {name}, without terrain"),
        "azimuth_deg": (np.degrees([s.azimuth_rad for s in seen]), "deg", f"of the {name}, from north over east"),
        "distance_km": (np.array([s.distance_km for s in seen]), "km", f"of the {name}"),
    }
    told = labels.provenance(watching.profiles, target=name, part=watching.part)
    return labels.series(columns, watching.profiles.places, tdb, told)


def illumination_map(
    horizons: Horizons,
    start: Any,
    end: Any,
    step_h: float = 1.0,
    *,
    part: str = "any",
    workers: int | None = None,
    progress: Progress | None = None,
    ephemeris: Ephemeris | None = None,
) -> xr.Dataset:
    """Return how the Sun lights every pixel of a region.

    The dataset has dimensions y and x: ``average`` of the disc's fraction, ``lit``, the part of the time with ``part``
    of the disc in view, ``longest_night_h`` and ``longest_day_h``, in whole steps. Each is a count of samples: what is
    shorter than a step is seen or missed by chance. The horizon is taken straight across the disc. ``progress`` is
    called with the tiles done and all tiles.

    Raises InputError for spans and steps that make no sense, an unknown part, horizons of another layout.
    """
    tdb = epochs(start, end, step_h)
    sun = target("sun", ephemeris=ephemeris)
    seen = watch(horizons, sun.seen_km(tdb), sun.radius_km, part_code(part), workers, progress)
    columns = {
        "average": (seen.average, "1", "average fraction of the Sun's disc over the horizon"),
        "lit": (seen.in_view, "1", f"part of the time with {part} of the Sun's disc over the horizon"),
        "longest_night_h": (seen.longest_gap * step_h, "h", f"longest time without {part} of the disc"),
        "longest_day_h": (seen.longest_view * step_h, "h", f"longest time with {part} of the disc"),
    }
    told = labels.provenance(
        horizons, target="sun", part=part, step_h=step_h, samples=len(tdb), **labels.told_span(tdb[0], tdb[-1])
    )
    return labels.rasters(columns, horizons.grid, told)
