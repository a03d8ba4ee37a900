"""Results as datasets: coordinates, units and where the numbers come from."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.model.epochs import utc_iso
from lunarplan.terrain.times import utc_stamps

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from lunarplan.model.surface import Place
    from lunarplan.terrain.horizons import Horizons
    from lunarplan.terrain.profile import HorizonProfiles
    from lunarplan.terrain.projection import Grid

    Floats = NDArray[np.float64]

_TOLD = ("observer_height_m", "distance_km")


def provenance(ground: Horizons | HorizonProfiles, **more: Any) -> dict[str, Any]:
    """Return attributes that say where the numbers come from; those of the horizons begin with ``horizon_``."""
    told = {name: getattr(ground, name) for name in _TOLD} | dict(ground.provenance)
    plain = {f"horizon_{n}": v if isinstance(v, int | float | str) else str(v) for n, v in told.items()}
    return {**program(), **plain, **more}


def program() -> dict[str, str]:
    return {"program": f"lunarplan {version('lunarplan')}"}


def series(
    variables: dict[str, tuple[Floats, str, str]], places: Place, tdb: Floats, attributes: dict[str, Any]
) -> xr.Dataset:
    """Return values float64[N, T] with their units and names over places and time."""
    import xarray as xr

    count = len(next(iter(variables.values()))[0])
    columns = {name: (("place", "time"), values, words(unit, text)) for name, (values, unit, text) in variables.items()}
    coordinates = {
        "time": ("time", utc_stamps(tdb), {"long_name": "UTC"}),
        "tdb": ("time", tdb, words("s", "TDB seconds past J2000")),
        **{
            name: (
                "place",
                np.broadcast_to(np.asarray(getattr(places, name), float).ravel(), count).copy(),
                words(unit, ""),
            )
            for name, unit in (("latitude_deg", "deg"), ("longitude_deg", "deg"), ("height_km", "km"))
        },
    }
    return xr.Dataset(columns, coordinates, attributes)


def rasters(variables: dict[str, tuple[Any, str, str]], grid: Grid, attributes: dict[str, Any]) -> xr.Dataset:
    """Return values [rows, columns] with their units and names over x and y of a map."""
    import xarray as xr

    columns = {name: (("y", "x"), values, words(unit, text)) for name, (values, unit, text) in variables.items()}
    x, y = grid.xy_m(np.arange(grid.shape[0]), np.arange(grid.shape[1]))
    latitude, longitude = grid.centers_deg()
    coordinates = {
        "x": ("x", x, words("m", "map east")),
        "y": ("y", y, words("m", "map north")),
        "latitude_deg": (("y", "x"), latitude, words("deg", "planetocentric")),
        "longitude_deg": (("y", "x"), longitude, words("deg", "east")),
    }
    return xr.Dataset(columns, coordinates, {"map": str(grid.projection), **attributes})


def words(unit: str, text: str) -> dict[str, str]:
    """Return attributes of a variable, those that are not empty."""
    return {name: word for name, word in (("units", unit), ("long_name", text)) if word}


def told_span(start_tdb: float, end_tdb: float) -> dict[str, str]:
    return {"start": utc_iso(start_tdb), "end": utc_iso(end_tdb)}
