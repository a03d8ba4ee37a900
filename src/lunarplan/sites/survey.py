"""A region judged pixel by pixel: margins of every criterion, and the best sites apart from one another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.rows import scalar
from lunarplan.sites.criteria import Criteria, Given, criteria
from lunarplan.sites.evidence import RegionEvidence
from lunarplan.sites.rasters import OUTSIDE, judged_rasters
from lunarplan.sites.region import Region, region
from lunarplan.sites.setting import Say, Setting
from lunarplan.sites.site import Site
from lunarplan.sites.span import span_tdb
from lunarplan.sites.verdict import FEASIBLE, INFEASIBLE, UNDECIDED, Overall
from lunarplan.terrain.arcs import unit_vectors

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from lunarplan.terrain.projection import Grid

    Floats = NDArray[np.float64]

_OVERALL: dict[int, Overall] = {1: FEASIBLE, 0: UNDECIDED, -1: INFEASIBLE}
_MOST_BEST = 1000


@dataclass(frozen=True)
class Spot:
    """One of the best pixels.

    overall : least margin of what is known, each in units of its criterion's scale
    values, margins : of each criterion in order, in its unit; NaN where it is not known
    """

    rank: int
    latitude_deg: float
    longitude_deg: float
    height_m: float
    status: Overall
    overall: float
    values: tuple[float, ...]
    margins: tuple[float, ...]

    def site(self, name: str = "") -> Site:
        """The middle of the pixel as a `Site`."""
        title = name or f"{self.latitude_deg:.4f}, {self.longitude_deg:.4f}"
        return Site(title, self.latitude_deg, self.longitude_deg, f"pixel ranked {self.rank} of a survey")


@dataclass(frozen=True, eq=False)
class Survey:
    """What every pixel of a region is worth.

    dataset : y, x in metres on the map of `grid`; value and margin (criterion, y, x) in the unit of each; overall, the
              least margin of what is known in units of the criteria's scales; status: 1 feasible, 0 not decided by this
              terrain, -1 not feasible, -2 outside the region or without data; latitude, longitude, height
    apart_km, count : of the best sites
    """

    region: Region
    criteria: Criteria
    grid: Grid
    dataset: xr.Dataset
    provenance: dict[str, Any]
    apart_km: float = 2.0
    count: int = 10

    @property
    def pixel_m(self) -> float:
        return self.grid.pixel_m

    @property
    def counts(self) -> dict[Overall, int]:
        """How many pixels are feasible, not decided by this terrain, not feasible."""
        status = self.dataset["status"].values
        return {overall: int((status == code).sum()) for code, overall in _OVERALL.items()}

    @cached_property
    def best(self) -> tuple[Spot, ...]:
        """The best sites, `apart_km` or more from one another: feasible ones first, then by the least margin."""
        status, overall = self.dataset["status"].values.ravel(), self.dataset["overall"].values.ravel()
        inside = np.flatnonzero(status > OUTSIDE)
        order = inside[np.lexsort((inside, -overall[inside], -status[inside]))]
        vectors = unit_vectors(*(self.dataset[name].values.ravel() for name in ("latitude", "longitude")))
        nearest = np.cos(self.apart_km / RADIUS_KM["moon"])
        taken: list[int] = []
        free = np.ones(len(status), bool)
        for pixel in order:
            if free[pixel]:
                taken.append(int(pixel))
                free &= vectors @ vectors[pixel] <= nearest
                if len(taken) == self.count:
                    break
        return tuple(self._spot(rank, pixel) for rank, pixel in enumerate(taken, start=1))

    def shares(self) -> Iterator[dict[str, Any]]:
        """Of each criterion: the share of pixels that pass, the best value and the median, or why it is not known."""
        inside = self.dataset["status"].values > OUTSIDE
        for k, one in enumerate(self.criteria):
            value = self.dataset["value"].values[k][inside]
            margin, known = one.margin(value), np.isfinite(value)
            why = str(self.dataset["why"].values[k])
            found = {"percent": np.nan, "best": np.nan, "median": np.nan}
            if known.any():
                found = {
                    "percent": float(100.0 * (margin[known] >= 0.0).mean()),
                    "best": float(value[np.nanargmax(margin)]),
                    "median": float(np.median(value[known])),
                }
            yield {"criterion": one, "why": why, **found}

    def plot(self) -> Figure:
        """The overall margin over the relief, what fails, and the best sites, as a figure."""
        from lunarplan.plot.survey import survey_map

        return survey_map(self).figure  # type: ignore[return-value]

    def plot_margins(self) -> Figure:
        """The margin of each criterion, as a figure."""
        from lunarplan.plot.survey import margin_maps

        return margin_maps(self)

    def to_netcdf(self, path: str | Path) -> Path:
        """Write the dataset; raises InputError for a path that cannot be written."""
        from lunarplan.io.netcdf import write_netcdf

        return write_netcdf(self.dataset, Path(path))

    def to_dict(self) -> dict[str, Any]:
        """The counts and the best sites as one object for JSON."""
        return {
            "region": {"name": self.region.name, "source": self.region.source, "confidence": self.region.confidence,
                       "corners_deg": [list(corner) for corner in self.region.corners_deg]},
            "criteria": self.criteria.title,
            "pixels": self.counts,
            "by_criterion": [
                {"criterion": row["criterion"].name, "unit": row["criterion"].unit, "basis": row["criterion"].basis,
                 "source": row["criterion"].source, "why": row["why"],
                 **{key: _or_none(row[key]) for key in ("percent", "best", "median")}}
                for row in self.shares()
            ],
            "best": [self._told(spot) for spot in self.best],
            "provenance": self.provenance,
        }  # fmt: skip

    def _told(self, spot: Spot) -> dict[str, Any]:
        names = [one.name for one in self.criteria]
        return {
            "rank": spot.rank, "latitude_deg": spot.latitude_deg, "longitude_deg": spot.longitude_deg,
            "height_m": spot.height_m, "overall": spot.status, "overall_margin": _or_none(spot.overall),
            "values": dict(zip(names, map(_or_none, spot.values), strict=True)),
            "margins": dict(zip(names, map(_or_none, spot.margins), strict=True)),
        }  # fmt: skip

    def _spot(self, rank: int, pixel: int) -> Spot:
        data = self.dataset
        i, j = np.unravel_index(pixel, data["status"].shape)
        return Spot(
            rank, float(data["latitude"][i, j]), float(data["longitude"][i, j]), float(data["height"][i, j]),
            _OVERALL[int(data["status"][i, j])], float(data["overall"][i, j]),
            tuple(data["value"].values[:, i, j].tolist()), tuple(data["margin"].values[:, i, j].tolist()),
        )  # fmt: skip


def survey(
    where: str | Region,
    given: Given,
    start: Any,
    end: Any,
    setting: Setting | None = None,
    *,
    pixel_m: float | None = None,
    apart_km: float = 2.0,
    count: int = 10,
    progress: Say | None = None,
) -> Survey:
    """Judge every pixel of a region by criteria over a span of days.

    where    : a region of the catalogue, "LAT,LON,KM" for a square of that half width, or a `Region`
    given    : a name such as "luna-27", the path of a TOML file, or a list of `Criterion`
    pixel_m  : side of the pixels, by default that of the terrain there
    apart_km : least distance between the best sites; count: how many of them

    Raises InputError for regions, criteria and dates that cannot be used, and a region without pixels.
    """
    place, asked, setting = region(where), criteria(given), setting or Setting()
    scalar("apart_km", apart_km, 0.0, 5000.0, "km")
    scalar("count", count, 1, _MOST_BEST)
    first, last = span_tdb(start, end, setting.ephemeris)
    grid = place.grid(setting.terrain, pixel_m)
    evidence = RegionEvidence(grid, first, last, setting, progress)
    dataset = judged_rasters(place, asked, evidence)
    if not (dataset["status"].values > OUTSIDE).any():
        raise InputError("no pixel inside has data", where=f"region {place.name!r}", remedy="lay a wider DEM under it")
    return Survey(place, asked, grid, dataset, evidence.provenance, apart_km, int(count))


def _or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
