"""How long low orbits live, by themselves, over altitudes, inclinations and nodes.

lives = lifetime_map([50.0, 100.0], [10.0, 50.0, 86.0], [0.0, 90.0], "2027-01-01", 90.0)
lives.life.sel(altitude=100.0, inclination=10.0)         # days
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.forces import ForceModel
from lunarplan.model.rows import numbers
from lunarplan.orbits.history import TOLERANCE, OrbitHistory, orbit_history
from lunarplan.orbits.lunar_axes import orbit_states

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_MOST_ROWS = 100_000


def lifetime_map(
    altitudes_km: ArrayLike,
    inclinations_deg: ArrayLike,
    node_longitudes_deg: ArrayLike,
    epoch: Any,
    duration_days: float,
    *,
    floor_km: float = 0.0,
    forces: ForceModel | None = None,
    tolerance: float = TOLERANCE,
    workers: int | None = None,
) -> xr.Dataset:
    """Fly circular orbits of every altitude, inclination and node until they end or the time is over.

    altitudes_km        : over 1737.4 km
    node_longitudes_deg : selenographic longitudes of the ascending node at the epoch
    floor_km            : an orbit ends with its first perilune below it; 0 for the surface alone
    forces              : the lunar field to degree 50 with Earth and Sun if not given

    Returns, over altitude, inclination and node: ``life`` (days; the whole span where ``fate`` is 0, alive),
    ``fate`` (`history.Fate`), ``lowest_altitude`` (km) and ``largest_eccentricity`` of daily means; these two are NaN
    for orbits that were gone at once.

    Raises InputError for axes that are empty or not of numbers, altitudes below the surface, and epochs outside the
    ephemeris.
    """
    named = {"altitude": altitudes_km, "inclination": inclinations_deg, "node": node_longitudes_deg}
    axes = {name: _axis(name, values) for name, values in named.items()}
    shape = tuple(len(values) for values in axes.values())
    if np.prod(shape) > _MOST_ROWS:
        raise InputError(f"{np.prod(shape)} orbits", where="lifetime_map", allowed=f"up to {_MOST_ROWS}")
    altitude, inclination, node = (mesh.ravel() for mesh in np.meshgrid(*axes.values(), indexing="ij"))
    if not (altitude > 0.0).all():
        raise InputError("below the surface", where="altitudes_km", allowed="> 0 km")
    states = orbit_states(altitude, altitude, inclination, node, 0.0, epoch)
    flown = orbit_history(
        states, epoch, duration_days, forces=forces, floor_km=floor_km, tolerance=tolerance, workers=workers
    )  # fmt: skip
    return _dataset(axes, shape, flown, {"epoch": str(epoch), "duration_days": duration_days, "floor_km": floor_km})


def _axis(name: str, values: ArrayLike) -> Floats:
    axis = np.atleast_1d(numbers(name, values, 1))
    if axis.ndim != 1 or not axis.size or not np.isfinite(axis).all():
        raise InputError(f"shape {axis.shape}, or not finite", where=name, allowed="one or more finite numbers")
    return axis


def _dataset(axes: dict[str, Floats], shape: tuple[int, ...], flown: OrbitHistory, facts: dict[str, Any]) -> xr.Dataset:
    import xarray as xr

    with np.errstate(invalid="ignore"):
        lowest = np.min(flown.lowest_altitude_km, axis=1, where=_known(flown), initial=np.inf)
        largest = np.max(flown.eccentricity, axis=1, where=_known(flown), initial=0.0)
    gone = ~_known(flown).any(axis=1)
    lowest[gone] = largest[gone] = np.nan
    columns = {
        "life": (flown.life_days, {"units": "day", "long_name": "Life"}),
        "fate": (flown.fate, {"flags": "history.Fate"}),
        "lowest_altitude": (lowest, {"units": "km", "long_name": "Lowest altitude"}),
        "largest_eccentricity": (largest, {"units": "1"}),
    }
    data = {name: (tuple(axes), value.reshape(shape), about) for name, (value, about) in columns.items()}
    units = {"altitude": "km", "inclination": "deg", "node": "deg"}
    coordinates = {name: (name, values, {"units": units[name]}) for name, values in axes.items()}
    return xr.Dataset(data, coordinates, facts | {"forces": str(flown.forces.describe())})


def _known(flown: OrbitHistory) -> NDArray[np.bool_]:
    return np.isfinite(flown.lowest_altitude_km)
