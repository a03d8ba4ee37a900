"""Every pixel of a region judged by a set of criteria, as one dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.sites.criteria import Criteria
from lunarplan.sites.evidence import RegionEvidence
from lunarplan.sites.region import Region

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

OUTSIDE = -2
_STATUS = "1 feasible, 0 not decided by this terrain, -1 not feasible, -2 outside or without data"
_TOLD = ("unit", "at_least", "at_most", "scale", "basis", "source")
_RASTER, _STACK = ("y", "x"), ("criterion", "y", "x")


def judged_rasters(place: Region, asked: Criteria, evidence: RegionEvidence) -> xr.Dataset:
    """Return values and margins of every criterion, what follows from them, and where the pixels are.

    See `lunarplan.sites.survey.Survey` for the variables.
    """
    import xarray as xr

    found, why = zip(*(one.value(evidence) for one in asked), strict=True)
    values = np.array(found, float)
    margins = np.array([one.margin(value) for one, value in zip(asked, values, strict=True)])
    inside = place.mask(evidence.grid) & np.isfinite(evidence.height_m)
    data: dict[str, Any] = {
        "value": (_STACK, values),
        "margin": (_STACK, margins, {"long_name": "how far inside its limit, in the unit of the criterion"}),
        "overall": (_RASTER, np.where(inside, least(margins, asked), np.nan), {"long_name": "least margin, in scales"}),
        "status": (_RASTER, np.where(inside, _status(margins), OUTSIDE).astype(np.int8), {"long_name": _STATUS}),
        **{name: ("criterion", [getattr(one, name) for one in asked]) for name in _TOLD},
        "why": ("criterion", np.array(why, dtype=str)),
        **_ground(evidence),
    }
    return xr.Dataset(data, _coordinates(asked, evidence), _attributes(place, asked, evidence))


def least(margins: Floats, asked: Criteria) -> Floats:
    """Least of the margins that are known, each in its criterion's scale, along the first axis; NaN where none is."""
    scaled = margins / np.array([one.scale for one in asked]).reshape(-1, *[1] * (margins.ndim - 1))
    known = np.isfinite(scaled)
    return np.where(known.any(axis=0), np.where(known, scaled, np.inf).min(axis=0), np.nan)


def _status(margins: Floats) -> NDArray[np.int64]:
    """What fails anywhere fails; what is not known anywhere leaves the rest undecided."""
    return np.where((margins < 0.0).any(axis=0), -1, np.where(np.isnan(margins).any(axis=0), 0, 1))


def _ground(evidence: RegionEvidence) -> dict[str, Any]:
    latitude, longitude = evidence.grid.centers_deg()
    found: dict[str, Any] = {
        "height": (_RASTER, evidence.height_m, {"units": "m", "long_name": "over the sphere of 1737.4 km"}),
        "latitude": (_RASTER, latitude, {"units": "degrees_north"}),
        "longitude": (_RASTER, longitude, {"units": "degrees_east"}),
    }
    if evidence.looked_at_the_sky:
        found["shadowed"] = (_RASTER, evidence.shadowed, {"long_name": "1: never any part of the Sun in 18.6 years"})
    return found


def _coordinates(asked: Criteria, evidence: RegionEvidence) -> dict[str, Any]:
    rows, columns = evidence.grid.shape
    x, y = evidence.grid.xy_m(0.0, np.arange(columns))[0], evidence.grid.xy_m(np.arange(rows), 0.0)[1]
    metres = {"units": "m", "long_name": "on the map"}
    return {"criterion": [one.name for one in asked], "y": ("y", y, metres), "x": ("x", x, metres)}


def _attributes(place: Region, asked: Criteria, evidence: RegionEvidence) -> dict[str, Any]:
    told = {"region": place.name, "criteria": asked.title, "map": repr(evidence.grid.projection)}
    return told | {name: str(value) for name, value in evidence.provenance.items()}
